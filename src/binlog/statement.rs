//! Statements in the binlog, as far as they matter to a run: where transactions begin and end, XA, and which tables a statement
//! could change.
//!
//! In row format, rows come as rows and only DDL, transaction control and XA come as text. DML as text means that a session switched to statement
//! format: its rows are missing from the stream. The scan errs on one side only: it may suspect a statement that is harmless, it must
//! never call one harmless that touches our table. What it cannot read is suspected if the table's name occurs anywhere in it.
//! Left to others: what to do about it, and which of the statements were our own.

mod touched;
mod xid;

#[cfg(test)]
mod tests;

pub use xid::{XaStep, Xid};

use std::fmt;

use mysql_common::binlog::consts::StatusVarKey;
use mysql_common::binlog::events::{QueryEvent, StatusVarVal};
use mysql_common::constants::SqlMode as ServerMode;

use crate::alter::lexer::{Kind as Piece, SqlMode, Token, lex};
use crate::schema::TableName;

/// What a query event's text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`.
    Commit,
    /// `ROLLBACK` of the whole transaction.
    Rollback,
    /// `ROLLBACK TO …`: part of the transaction's rows, already seen, do not count. Their keys may be refetched without harm.
    RollbackTo,
    /// `SAVEPOINT`, `RELEASE SAVEPOINT`.
    Savepoint,
    /// `XA …`.
    Xa {
        /// What happens.
        step: XaStep,
        /// To which transaction.
        xid: Xid,
    },
    /// Changes no table's rows or definition: accounts, views, routines, `ANALYZE`, temporary tables, …
    Harmless,
    /// Changes definitions, or all rows at once.
    Ddl {
        /// The tables that it names to change, or to refer to by foreign keys.
        tables: Vec<TableName>,
        /// Schemas that go as a whole.
        schemas: Vec<String>,
    },
    /// Changes rows, in statement format.
    Dml {
        /// Every name in it: tables, aliases, columns.
        names: Vec<String>,
    },
    /// Not understood.
    Unknown {
        /// The text; what is not UTF-8 in it is replaced.
        text: String,
        /// Something was replaced.
        lossy: bool,
    },
}

/// How a statement could touch a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// It changes the table's definition, its name, or all of its rows: ALTER, DROP, TRUNCATE, RENAME, indexes, triggers, foreign keys.
    Ddl,
    /// It is DML in statement format that names the table.
    Dml,
    /// It is DML in statement format that does not name the table; a view or a trigger could lead to it.
    IndirectDml,
    /// It is not understood, and the table's name occurs in it.
    Suspected,
}

impl fmt::Display for Touch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ddl => "a change of the definition (DDL)",
            Self::Dml => "a change of rows in statement format",
            Self::IndirectDml => "a change of rows in statement format, perhaps through a view or a trigger,",
            Self::Suspected => "a statement that cannot be read",
        })
    }
}

impl Statement {
    /// Could this statement change the table? `fold_case`: table names compare without case (`lower_case_table_names` is not 0).
    pub fn may_touch(&self, table: &TableName, fold_case: bool) -> Option<Touch> {
        let same = |one: &str, other: &str| {
            one == other || (fold_case && one.to_lowercase() == other.to_lowercase())
        };
        match self {
            Self::Ddl { tables, schemas } => {
                let named = tables
                    .iter()
                    .any(|one| same(&one.schema, &table.schema) && same(&one.table, &table.table));
                let gone = schemas.iter().any(|schema| same(schema, &table.schema));
                (named || gone).then_some(Touch::Ddl)
            }
            Self::Dml { names } => {
                let named = names.iter().any(|name| same(name, &table.table));
                Some(if named { Touch::Dml } else { Touch::IndirectDml })
            }
            Self::Unknown { text, lossy } => mentions(text, *lossy, &table.table).then_some(Touch::Suspected),
            _ => None,
        }
    }
}

/// Quoted or not, in any case; a name that is not ASCII may be among what could not be decoded.
fn mentions(text: &str, lossy: bool, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let spellings = [name.clone(), name.replace('`', "``"), name.replace('"', "\"\"")];
    (lossy && !name.is_ascii()) || spellings.iter().any(|spelling| text.contains(spelling.as_str()))
}

/// Reads a query event, under the `sql_mode` that it carries. `server`: see [`scan`].
pub fn scan_event(event: &QueryEvent<'_>, server: u32) -> Statement {
    scan(event.query_raw(), &event.schema(), mode(event), server)
}

fn mode(event: &QueryEvent<'_>) -> SqlMode {
    let variable = event.status_vars().get_status_var(StatusVarKey::SqlMode);
    match variable.as_ref().and_then(|variable| variable.get_value().ok()) {
        Some(StatusVarVal::SqlMode(flags)) => SqlMode {
            ansi_quotes: flags.0 & ServerMode::MODE_ANSI_QUOTES.bits() != 0,
            no_backslash_escapes: flags.0 & ServerMode::MODE_NO_BACKSLASH_ESCAPES.bits() != 0,
        },
        _ => SqlMode::default(),
    }
}

/// Reads a statement: its text, its default schema, and what its `sql_mode` says about quotes. `server`: the version of
/// the server that ran it, as version comments write it (90704); what stands in a comment of a later version was not run.
pub fn scan(sql: &[u8], default_schema: &str, mode: SqlMode, server: u32) -> Statement {
    // The two that make up nearly all of a binlog.
    match sql {
        b"BEGIN" => return Statement::Begin,
        b"COMMIT" => return Statement::Commit,
        _ => {}
    }
    let text = String::from_utf8_lossy(sql);
    let tokens = lex(&text, mode);
    // In other charsets a quote may be half of a character, so nothing that was cut at quotes can be trusted.
    let lossy = std::str::from_utf8(sql).is_err();
    let code: Vec<Token<'_>> = tokens.iter().copied().filter(Token::is_code).collect();
    let read = if lossy || tokens.iter().any(|token| is_uncertain(token, server)) {
        None
    } else {
        read(&code, default_schema)
    };
    read.unwrap_or_else(|| Statement::Unknown {
        text: text.into_owned(),
        lossy,
    })
}

fn is_uncertain(token: &Token<'_>, server: u32) -> bool {
    match token.kind {
        Piece::Unfinished => true,
        Piece::VersionOpen(version) => version > server,
        _ => false,
    }
}

fn read(code: &[Token<'_>], default_schema: &str) -> Option<Statement> {
    let Some((first, rest)) = code.split_first() else {
        return Some(Statement::Harmless);
    };
    if first.kind != Piece::Word {
        // `(SELECT …)` and the like
        return None;
    }
    let then = |word: &str| rest.first().is_some_and(|token| token.is_word(word));
    match first.text.to_ascii_uppercase().as_str() {
        "BEGIN" => Some(Statement::Begin),
        "START" if then("TRANSACTION") => Some(Statement::Begin),
        "COMMIT" => Some(Statement::Commit),
        "ROLLBACK" if rest.iter().any(|token| token.is_word("TO")) => Some(Statement::RollbackTo),
        "ROLLBACK" => Some(Statement::Rollback),
        "SAVEPOINT" | "RELEASE" => Some(Statement::Savepoint),
        "XA" => xid::read(rest),
        "ALTER" | "CREATE" | "DROP" | "RENAME" | "TRUNCATE" => touched::read(first, rest, default_schema),
        "CALL" | "DELETE" | "DO" | "INSERT" | "LOAD" | "REPLACE" | "SELECT" | "UPDATE" | "WITH" => {
            Some(Statement::Dml {
                names: rest.iter().filter_map(Token::name).collect(),
            })
        }
        "ANALYZE" | "CACHE" | "CHECK" | "FLUSH" | "GRANT" | "INSTALL" | "KILL" | "LOCK" | "OPTIMIZE"
        | "PURGE" | "REPAIR" | "RESET" | "REVOKE" | "SET" | "UNINSTALL" | "UNLOCK" | "USE" => {
            Some(Statement::Harmless)
        }
        _ => None,
    }
}
