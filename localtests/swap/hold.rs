//! Holding the swap at a place where the test can look at it: what blocks it is ours, so nothing is left to chance but
//! the moment in which the table is asked for.

use std::path::PathBuf;
use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::task::JoinSet;

use super::place::{Place, until, within};
use crate::support::{Outcome, Tool, ensure, trouble};

/// Longer than a transaction may use the table without being waited for by name.
const HELD_MS_MAX: u64 = 900;
/// The fence is asked for as soon as the lock is granted.
const FENCE_MS_MAX: u64 = 500;
const TRIES_MAX: u32 = 30;

/// A file that postpones the swap while it exists.
pub struct Flag(PathBuf);

impl Flag {
    pub fn raise(place: &Place) -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("{}-{}.flag", place.name, std::process::id()));
        std::fs::write(&path, "")?;
        Ok(Self(path))
    }

    pub fn argument(&self) -> String {
        format!("--postpone-cut-over-flag-file={}", self.0.display())
    }

    /// From now on the swap may be tried.
    pub fn lower(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        self.lower();
    }
}

/// Starts a run and waits until all is copied and the swap is postponed.
pub async fn postponed(place: &Place, more: &[&str]) -> Outcome<(Tool, Flag)> {
    let flag = Flag::raise(place)?;
    let argument = flag.argument();
    let more: Vec<&str> = more.iter().copied().chain([argument.as_str()]).collect();
    let mut tool = place.alter(&more)?;
    ensure(tool.says("postponed").await?, || {
        "the run ended before the swap".to_owned()
    })?;
    Ok((tool, flag))
}

/// The swap waits for its lock: a transaction has read the table. Gives that transaction's session, and the swap's.
pub async fn at_lock(place: &Place, flag: &Flag) -> Outcome<(Conn, u64)> {
    let (mut reader, mut eye) = (place.conn().await?, place.conn().await?);
    for _ in 0..TRIES_MAX {
        reader.query_drop("BEGIN").await?;
        reader.query_drop("SELECT id FROM t LIMIT 1").await?;
        flag.lower();
        let limit = Duration::from_millis(HELD_MS_MAX);
        if let Some(session) = within(&mut eye, limit, &place.lock_waits()).await? {
            return Ok((reader, session));
        }
        reader.query_drop("ROLLBACK").await?;
    }
    Err(trouble("the swap was never seen to wait for its lock"))
}

/// The swap has its lock and waits for a mark: the changelog is locked. Gives the session that locks it, and the swap's.
pub async fn in_fence(place: &Place, flag: &Flag) -> Outcome<(Conn, u64)> {
    let (mut blocker, mut eye) = (place.conn().await?, place.conn().await?);
    let mark_waits = place.metadata_lock("_t_ghc", "SHARED_WRITE", "PENDING");
    let in_fence = format!("{} AND EXISTS ({mark_waits})", place.lock_is_held());
    for _ in 0..TRIES_MAX {
        let (mut reader, _) = at_lock(place, flag).await?;
        blocker.query_drop("LOCK TABLES _t_ghc READ").await?;
        reader.query_drop("ROLLBACK").await?;
        if let Some(session) = within(&mut eye, Duration::from_millis(FENCE_MS_MAX), &in_fence).await? {
            return Ok((blocker, session));
        }
        blocker.query_drop("UNLOCK TABLES").await?;
    }
    Err(trouble("the swap was never seen to wait for a mark"))
}

/// Somebody who is making a table for a long time.
pub struct Maker {
    pub session: u64,
    _making: JoinSet<mysql_async::Result<()>>,
}

/// The swap has sent RENAME, and the name of the old table is not free: somebody is making a table of that name.
/// Gives that somebody, and the swap's session.
pub async fn at_rename(place: &Place, flag: &Flag) -> Outcome<(Maker, u64)> {
    let (mut maker, mut eye) = (place.conn().await?, place.conn().await?);
    let (session, mut making) = (u64::from(maker.id()), JoinSet::new());
    // A SLEEP that is killed ends like one that is over, so there have to be more of them.
    let make = "CREATE TABLE _t_del AS SELECT SLEEP(10) AS a FROM information_schema.COLUMNS";
    making.spawn(async move { maker.query_drop(make).await });
    let made = format!(
        "SELECT 1 FROM performance_schema.metadata_locks WHERE object_schema = '{}' AND object_name = '_t_del' \
         AND lock_type = 'EXCLUSIVE' AND lock_status = 'GRANTED'",
        place.name
    );
    until::<u64>(&mut eye, "a table in the making", &made).await?;
    flag.lower();
    let waits = place.metadata_lock("_t_del", "EXCLUSIVE", "PENDING");
    let swap = until(&mut eye, "RENAME waiting", &waits).await?;
    Ok((
        Maker {
            session,
            _making: making,
        },
        swap,
    ))
}
