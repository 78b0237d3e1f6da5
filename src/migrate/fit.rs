//! Whether a plan can be carried out, and what it needs first: values from the server, the flag file.

use crate::{
    error::Failure,
    mysql::{Session, SqlError},
    plan::{KeyChoice, Supply, work::Work},
    schema::Column,
};

/// As in gh-ost: who asks for a postponed swap gets one, and removes the file when it may happen.
pub(super) fn touch(file: &std::path::Path) -> Result<(), Failure> {
    let created = std::fs::OpenOptions::new().create(true).append(true).open(file);
    created.map(drop).map_err(|error| {
        Failure::usage(format!("The flag file {} cannot be created.", file.display()))
            .detail(error.to_string())
            .hint("--postpone-cut-over-flag-file names a file that this run creates and you remove.")
    })
}

/// A unique index over the elements of an array: which rows hold an element that another one wants cannot be asked.
pub(super) fn check_arrays(work: &Work) -> Result<(), Failure> {
    let is_array = |expression: &str| expression.to_ascii_lowercase().contains(" array)");
    let key = work.other_unique.iter().find(|key| {
        key.parts
            .iter()
            .any(|part| part.expression.as_deref().is_some_and(is_array))
    });
    match key {
        None => Ok(()),
        Some(key) => Err(Failure::refused(format!(
            "The new table has a unique multi-valued index ({}).",
            key.name
        ))
        .hint("ghost-rs cannot follow changes under such an index. Add it afterwards, by a native ALTER.")),
    }
}

/// Without order the copy meets rows that a flush has put in place, and without a unique key in the ghost nothing
/// would keep the two apart.
pub(super) fn check_reach(work: &Work, choice: &KeyChoice) -> Result<(), Failure> {
    if choice.ghost_unique || !work.flush_runs_ahead() {
        return Ok(());
    }
    Err(Failure::refused(format!("The key {} cannot order the copy.", choice.source_key.name))
        .detail("its text columns compare by a collation that only the server knows, and the new table has no unique key on its columns")
        .hint("Keep a unique key on these columns in the new table."))
}

/// Expressions that the server's own ALTER evaluates once for all rows.
pub(super) async fn supplied(
    session: &mut Session,
    supplied: &[(Column, Supply)],
) -> Result<Vec<(String, String)>, Failure> {
    let mut values = Vec::new();
    for (column, supply) in supplied {
        let value = match supply {
            Supply::Literal(literal) => (*literal).to_owned(),
            Supply::AtStart(expression) => once(session, column, expression).await.map_err(|error| {
                error.failure(format!("The default {expression} could not be evaluated."))
            })?,
        };
        values.push((column.name.clone(), value));
    }
    Ok(values)
}

/// A moment is carried as such, because the sessions that write it may live in another time zone.
async fn once(session: &mut Session, column: &Column, expression: &str) -> Result<String, SqlError> {
    if column.data_type != "timestamp" {
        let row = session.one(&format!("SELECT {expression}")).await?;
        let value = row.and_then(|row| row.text(0));
        return Ok(value.map_or_else(|| "NULL".to_owned(), |value| crate::sql::text(&value)));
    }
    session.exec("SET time_zone = '+00:00'").await?;
    let row = session
        .one(&format!("SELECT UNIX_TIMESTAMP({expression})"))
        .await?;
    session.exec("SET time_zone = @@GLOBAL.time_zone").await?;
    let value = row.and_then(|row| row.text(0));
    Ok(value.map_or_else(
        || "NULL".to_owned(),
        |seconds| format!("FROM_UNIXTIME({seconds})"),
    ))
}
