//! One run a table: a lock on the server, held by a session of its own for as long as the run lives. It goes when that
//! session goes, so a run that was killed keeps nobody out.

use crate::error::Failure;
use crate::mysql::catalog::literal;
use crate::mysql::{Session, Sessions, SqlError};
use crate::schema::TableName;

/// Proof that no other run works on the table, as long as [`GuardWitness::check`] says so.
#[derive(Debug)]
pub struct TableGuard {
    session: Session,
    lock: String,
}

/// Takes the lock of a table (named as the server spells it), or refuses and says who holds it.
pub async fn guard(sessions: &Sessions, table: &TableName) -> Result<TableGuard, Failure> {
    let mut session = sessions.open("guard").await?;
    let lock = lock_name(table);
    let failed = |error: SqlError| {
        error.failure(format!(
            "The lock that keeps other runs off {table} could not be taken."
        ))
    };
    let answer = session
        .one(&format!("SELECT GET_LOCK({}, 0)", literal(&lock)))
        .await
        .map_err(failed)?;
    if answer.and_then(|row| row.u64(0)) == Some(1) {
        return Ok(TableGuard { session, lock });
    }
    let holder = session
        .one(&format!("SELECT IS_USED_LOCK({})", literal(&lock)))
        .await
        .map_err(failed)?;
    session.close().await;
    Err(taken(table, &lock, holder.and_then(|row| row.u64(0))))
}

fn taken(table: &TableName, lock: &str, holder: Option<u64>) -> Failure {
    let holder = holder.map_or_else(
        || "a connection that has just gone".to_owned(),
        |id| format!("connection {id}"),
    );
    Failure::refused(format!("Another run of ghost-rs is working on {table}."))
        .detail(format!("{holder} holds the lock '{lock}'"))
        .hint("Wait for that run to end, or stop it; two cannot share the helper tables.")
}

/// Sees from any session whether the guard still stands.
#[derive(Clone, Debug)]
pub struct GuardWitness {
    lock: String,
    holder: u32,
}

impl GuardWitness {
    /// Why the run must not go on, if the lock is not ours any more: another run may have begun.
    pub async fn check(&self, session: &mut Session) -> Result<Option<Failure>, SqlError> {
        let row = session
            .one(&format!("SELECT IS_USED_LOCK({})", literal(&self.lock)))
            .await?;
        let holder = row.and_then(|row| row.u64(0));
        if holder == Some(u64::from(self.holder)) {
            return Ok(None);
        }
        let by = holder.map_or_else(|| "nobody".to_owned(), |id| format!("session {id}"));
        Ok(Some(
            Failure::failed("The lock that keeps other runs off the table is lost.")
                .detail(format!("it is held by {by}, and not by session {}", self.holder))
                .hint("Its session was ended by somebody. Make sure that no other run is under way, then start again."),
        ))
    }
}

impl TableGuard {
    /// What another session needs to know to see whether the lock is still held.
    pub fn witness(&self) -> GuardWitness {
        GuardWitness {
            lock: self.lock.clone(),
            holder: self.session.id(),
        }
    }

    /// The connection that holds it.
    pub fn id(&self) -> u32 {
        self.session.id()
    }

    /// Lets the next run in.
    pub async fn release(mut self) {
        // The server ends a closed session in its own time; whoever comes next may come at once.
        let sql = format!("DO RELEASE_LOCK({})", literal(&self.lock));
        if let Err(error) = self.session.exec(&sql).await {
            tracing::debug!(%error, "the lock goes with its session");
        }
        self.session.close().await;
    }
}

/// Lock names have at most 64 characters and no case; names of tables have up to 64 each, so they are hashed. A
/// collision would make two runs wait for each other without need, nothing worse.
fn lock_name(table: &TableName) -> String {
    format!(
        "ghost-rs:{:032x}",
        fnv1a(format!("{}\0{}", table.schema, table.table).as_bytes())
    )
}

/// FNV-1a of 128 bits: the same on every build and machine, which the standard library's hashers do not promise.
fn fnv1a(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv1a() {
        // The published test vector of "a".
        assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }

    #[test]
    fn lock_names_are_short_and_tell_tables_apart() {
        let name = lock_name(&TableName::new("a".repeat(64), "b".repeat(64)));
        assert!(name.len() <= 64, "{name}");
        assert_ne!(
            lock_name(&TableName::new("ab", "c")),
            lock_name(&TableName::new("a", "bc"))
        );
    }
}
