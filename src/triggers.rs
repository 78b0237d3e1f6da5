//! Triggers go over from the source to the new table.
//!
//! Rules: the ghost has no trigger while we write into it, so they are made on it under the swap's lock, behind its
//! last row, and taken away again before anybody writes into it after an attempt that failed. RENAME takes them along, so
//! from that moment each change fires once, whatever happens to us. Only then, still under the lock, do they get their names:
//! the old ones are dropped from the old table, and of each the interim twin is dropped and it is made again, in one packet
//! that the server works through even if we are gone. Tried on 9.7: all of this is allowed under LOCK TABLES.
//!
//! Whether the server lets us make them, and makes the same of them, is tried on the empty ghost before a row is copied.

mod read;
mod script;

use crate::config::Carry;
use crate::error::Failure;
use crate::mysql::{Session, SqlError, catalog::literal};
use crate::plan::triggers::{Carried, Trigger, names};
use crate::plan::work::{Tables, Work};
use crate::schema::{TableName, same_name};

pub use read::triggers;

/// The server's "You do not have the SUPER privilege and binary logging is enabled".
const NO_SUPER: u16 = 1419;
/// "Unknown column 'x' in 'NEW'".
const NO_COLUMN: u16 = 1054;

/// The source's triggers, with the statements that make them anew. `tag` stands in those for the ghost.
pub async fn plan(
    session: &mut Session,
    tables: &Tables,
    carry: &Carry,
    run: &str,
    tag: &str,
) -> Result<Vec<Carried>, Failure> {
    let source = &tables.source;
    let unread = |error: SqlError| error.failure(format!("The triggers of {source} could not be read."));
    let found = triggers(session, source).await.map_err(unread)?;
    let names = names(source, &found, carry, run)?;
    taken(session, source, &names).await?;
    let mut carried = Vec::new();
    for (original, (name, interim)) in found.into_iter().zip(names) {
        let on_ghost = original.made_on(&interim, &tables.ghost.table, &format!("{tag} "));
        let on_source = original.made_on(&name, &source.table, "");
        let (Some(on_ghost), Some(on_source)) = (on_ghost, on_source) else {
            return Err(not_carried(source, &original.name, "its text is not understood"));
        };
        let encode = async |session: &mut Session, sql: &str| {
            script::encoded(session, sql, &original.client_charset)
                .await
                .map_err(unread)
        };
        let encoded = (
            encode(session, &on_ghost).await?,
            encode(session, &on_source).await?,
        );
        let (Some(on_ghost), Some(on_source)) = encoded else {
            let why = format!("its text cannot be written in {}", original.client_charset);
            return Err(not_carried(source, &original.name, &why));
        };
        carried.push(Carried {
            original,
            interim,
            name,
            on_ghost,
            on_source,
        });
    }
    Ok(carried)
}

fn not_carried(source: &TableName, trigger: &str, why: &str) -> Failure {
    Failure::refused(format!("Trigger `{trigger}` of {source} cannot be carried over."))
        .detail(why)
        .hint("Drop it for the time of the change, if the application allows it.")
}

/// Names and tables of the triggers that other tables of the schema have.
async fn elsewhere(session: &mut Session, source: &TableName) -> Result<Vec<(String, String)>, SqlError> {
    let sql = format!(
        "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = {}",
        literal(&source.schema)
    );
    let rows = session.rows(&sql).await?;
    let all = rows.iter().filter_map(|row| Some((row.text(0)?, row.text(1)?)));
    Ok(all.filter(|(_, table)| *table != source.table).collect())
}

/// A name that a trigger of another table bears already.
async fn taken(session: &mut Session, source: &TableName, names: &[(String, String)]) -> Result<(), Failure> {
    let others = elsewhere(session, source)
        .await
        .map_err(|error| error.failure("The names of triggers could not be read."))?;
    let clash = others
        .into_iter()
        .find(|(name, _)| names.iter().any(|(wanted, _)| same_name(wanted, name)));
    match clash {
        None => Ok(()),
        Some((name, table)) => Err(not_carried(
            source,
            &name,
            &format!("`{table}` has a trigger of that name"),
        )
        .in_gh_ost(format!(
            "Found gh-ost triggers ({name}). Please use a different suffix or drop them. Bailing out"
        ))),
    }
}

/// Makes the triggers on the empty ghost, compares them with the source's, and takes them away.
pub async fn rehearse(session: &mut Session, tables: &Tables, carried: &[Carried]) -> Result<(), Failure> {
    if carried.is_empty() {
        return Ok(());
    }
    let result = rehearsed(session, tables, carried).await;
    let gone = disarm(session, &tables.ghost, carried).await;
    result?;
    gone.map_err(|error| error.failure(format!("Triggers could not be taken off {}.", tables.ghost)))
}

async fn rehearsed(session: &mut Session, tables: &Tables, carried: &[Carried]) -> Result<(), Failure> {
    arm(session, tables, carried)
        .await
        .map_err(|error| refused(&tables.source, &error))?;
    let made = triggers(session, &tables.ghost)
        .await
        .map_err(|error| error.failure(format!("The triggers of {} could not be read.", tables.ghost)))?;
    for carried in carried {
        let twin = made.iter().find(|made| made.name == carried.interim);
        let differs = twin.map_or(Some("that it is not there"), |twin| {
            twin.differs_from(&carried.original)
        });
        if let Some(fact) = differs {
            let why = format!("made anew it would be another one; what differs is {fact}");
            return Err(not_carried(&tables.source, &carried.original.name, &why));
        }
    }
    Ok(())
}

fn refused(source: &TableName, error: &SqlError) -> Failure {
    let failure = Failure::refused(format!(
        "The triggers of {source} cannot be made on the altered table."
    ))
    .detail(error.to_string());
    match error.code {
        Some(NO_SUPER) => {
            failure.hint("SET GLOBAL log_bin_trust_function_creators = ON, or use an account with SUPER.")
        }
        Some(NO_COLUMN) => failure
            .hint("The ALTER drops or renames a column that a trigger names: change the trigger first."),
        _ => failure.hint("It was tried on an empty copy of the table, which is gone again."),
    }
}

/// Makes the triggers on the ghost.
pub async fn arm(session: &mut Session, tables: &Tables, carried: &[Carried]) -> Result<(), SqlError> {
    if carried.is_empty() {
        return Ok(());
    }
    script::send(session, &tables.ghost.schema, &script::arm(carried)).await
}

/// Whether the source's triggers are still those that were planned with, and the names that they will have are free.
pub async fn unchanged(
    session: &mut Session,
    tables: &Tables,
    carried: &[Carried],
) -> Result<bool, SqlError> {
    if carried.is_empty() {
        return Ok(true);
    }
    let now: Vec<(String, String)> = read::moments(session, &tables.source).await?;
    let planned = carried
        .iter()
        .map(|carried| (&carried.original.name, &carried.original.created));
    if !now.iter().map(|(name, created)| (name, created)).eq(planned) {
        return Ok(false);
    }
    let others = elsewhere(session, &tables.source).await?;
    let is_taken = |carried: &Carried| others.iter().any(|(name, _)| same_name(&carried.name, name));
    Ok(!carried.iter().any(is_taken))
}

/// Takes the triggers off the ghost, if they are there and it is.
pub async fn disarm(session: &mut Session, ghost: &TableName, carried: &[Carried]) -> Result<(), SqlError> {
    if carried.is_empty() {
        return Ok(());
    }
    for (name, _) in read::moments(session, ghost).await? {
        if carried.iter().any(|carried| carried.interim == name) {
            session.exec(&script::drop(&ghost.schema, &name)).await?;
        }
    }
    Ok(())
}

/// Gives the triggers their names, under the swap's lock and behind RENAME.
pub async fn name(session: &mut Session, work: &Work) -> Result<(), SqlError> {
    if work.triggers.is_empty() {
        return Ok(());
    }
    let on = |table: &TableName, names: Vec<String>| (table.table.clone(), names);
    let originals = work.triggers.iter().map(|carried| carried.original.name.clone());
    let interim = work.triggers.iter().map(|carried| carried.interim.clone());
    let found = [
        on(&work.tables.old, originals.collect()),
        on(&work.tables.source, interim.collect()),
    ];
    script::send(
        session,
        &work.tables.source.schema,
        &script::name(&work.tables, &work.triggers, &found),
    )
    .await
}

/// The same after a swap whose session was lost on the way: it looks first what is done already. The caller holds the lock.
pub async fn finish(session: &mut Session, work: &Work) -> Result<(), SqlError> {
    let tables = &work.tables;
    let mut found = Vec::new();
    for table in [&tables.old, &tables.source] {
        let names = read::moments(session, table).await?;
        found.push((
            table.table.clone(),
            names.into_iter().map(|(name, _)| name).collect(),
        ));
    }
    script::send(
        session,
        &tables.source.schema,
        &script::name(tables, &work.triggers, &found),
    )
    .await
}

/// What is said in a dry run: each trigger with its name.
pub fn lines(carried: &[Carried]) -> Vec<String> {
    let line = |carried: &Carried| {
        let Trigger {
            name, timing, event, ..
        } = &carried.original;
        match carried.name == *name {
            true => format!("trigger carried over: {name} ({timing} {event})"),
            false => format!(
                "trigger carried over: {name} ({timing} {event}), as {}",
                carried.name
            ),
        }
    };
    carried.iter().map(line).collect()
}
