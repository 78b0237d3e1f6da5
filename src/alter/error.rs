//! What can be wrong with an ALTER text before any server has seen it.

use thiserror::Error;

use crate::error::Failure;

/// The text of `--alter` cannot be used. Positions count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AlterError {
    /// Nothing but space and comments.
    #[error("the ALTER text is empty")]
    Empty,
    /// A whole statement that changes nothing.
    #[error("ALTER TABLE names a table but no change")]
    NoClauses,
    /// A clause is missing between two commas, or behind the last.
    #[error("a comma at character {position} has no clause behind it, near «{near}»")]
    EmptyClause {
        /// Where the comma is.
        position: usize,
        /// The text there.
        near: String,
    },
    /// A quote or comment is not closed.
    #[error("the quote or comment that begins at character {position} is not closed: «{near}»")]
    Unfinished {
        /// Where it begins.
        position: usize,
        /// The text there.
        near: String,
    },
    /// A parenthesis without its partner.
    #[error("the parenthesis at character {position} has no partner, near «{near}»")]
    Unbalanced {
        /// Where it is.
        position: usize,
        /// The text there.
        near: String,
    },
    /// Text behind a semicolon.
    #[error("more than one statement: text follows the semicolon at character {position}: «{near}»")]
    SeveralStatements {
        /// Where the text behind the semicolon begins.
        position: usize,
        /// The text there.
        near: String,
    },
    /// `/*!99999 … */`: code on some servers and a comment on others.
    #[error(
        "whether the comment at character {position} is executed depends on the server's version: «{near}»"
    )]
    VersionComment {
        /// Where it begins.
        position: usize,
        /// The text there.
        near: String,
    },
    /// Another statement than ALTER TABLE.
    #[error("this is not an ALTER TABLE: it begins with «{near}»")]
    NotAnAlter {
        /// How it begins.
        near: String,
    },
    /// ALTER TABLE without a name that can be read.
    #[error("no table name behind ALTER TABLE at character {position}, near «{near}»")]
    NoTableName {
        /// Where it should be.
        position: usize,
        /// The text there.
        near: String,
    },
}

impl AlterError {
    fn hint(&self) -> &'static str {
        match self {
            Self::Empty | Self::NoClauses | Self::EmptyClause { .. } => {
                "Give the clauses alone (ADD COLUMN note TEXT, ADD INDEX (ref)) or a whole ALTER TABLE statement."
            }
            Self::Unfinished { .. } => {
                "Close it; mind what the shell does to quotes, backslashes and backticks."
            }
            Self::Unbalanced { .. } => "Add or remove a parenthesis.",
            Self::SeveralStatements { .. } => {
                "Give one ALTER TABLE a run; its clauses are separated by commas."
            }
            Self::VersionComment { .. } => "Write the code without the comment, or leave it out.",
            Self::NotAnAlter { .. } => {
                "Only ALTER TABLE can be run online; anything else belongs to the mysql client."
            }
            Self::NoTableName { .. } => {
                "Write ALTER TABLE name … or ALTER TABLE schema.name …, quoted where needed."
            }
        }
    }
}

impl From<AlterError> for Failure {
    fn from(error: AlterError) -> Self {
        Failure::usage(error.to_string()).hint(error.hint())
    }
}

/// The 1-based character position of a byte offset, and up to thirty characters of the text from there.
pub(super) fn place(text: &str, offset: usize) -> (usize, String) {
    let before = text.get(..offset).map_or(0, |before| before.chars().count());
    let near = text.get(offset..).unwrap_or_default().chars().take(30).collect();
    (before + 1, near)
}
