//! The table that our marks are written to.

use crate::error::Failure;
use crate::fence::CHANGELOG_COLUMNS;
use crate::mysql::Session;
use crate::schema::TableName;

/// Makes the changelog table, empty, with the run's mark as its comment.
pub async fn create_changelog(session: &mut Session, name: &TableName, mark: &str) -> Result<(), Failure> {
    // It is rewritten ten times a second: that must not make the server count its rows again and again.
    let sql = format!(
        "CREATE TABLE {name} ({CHANGELOG_COLUMNS}) ENGINE=InnoDB STATS_AUTO_RECALC=0 COMMENT={}",
        comment(mark)
    );
    session
        .exec(&sql)
        .await
        .map(drop)
        .map_err(|error| error.failure(format!("The changelog table {name} could not be created.")))
}

/// A comment takes a plain string only: no hex, no introducer. Doubling quotes is right in every `sql_mode` as long as
/// there is no backslash in it, which a backslash would make either one character or two.
pub(super) fn comment(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The statement that sets a table's comment.
pub(super) fn set_comment(name: &TableName, text: &str) -> String {
    debug_assert!(!text.contains('\\'), "a mark has no backslash");
    format!("ALTER TABLE {name} COMMENT={}", comment(text))
}
