//! The table that our marks are written to.

use super::comment::with_comment;
use crate::error::Failure;
use crate::fence::CHANGELOG_COLUMNS;
use crate::mysql::Session;
use crate::schema::TableName;

/// Makes the changelog table, empty, with the run's mark as its comment.
pub async fn create_changelog(session: &mut Session, name: &TableName, mark: &str) -> Result<(), Failure> {
    // It is rewritten ten times a second: that must not make the server count its rows again and again.
    let sql = format!("CREATE TABLE {name} ({CHANGELOG_COLUMNS}) ENGINE=InnoDB STATS_AUTO_RECALC=0");
    with_comment(session, &sql, mark)
        .await
        .map_err(|error| error.failure(format!("The changelog table {name} could not be created.")))
}
