//! How the helper tables of this run are called.

use crate::{
    config::Carry,
    error::Failure,
    mysql::{Session, SqlError},
    plan::{names::Names, work::Tables},
    schema::TableName,
};

/// What the user said about names, and the time that *old* is to carry.
pub(super) struct Naming {
    stem: Option<String>,
    /// The server's time when the run began, in its own zone, as fourteen digits.
    moment: Option<String>,
}

impl Naming {
    /// Asks the server for the time, where a name has it.
    pub(super) async fn of(session: &mut Session, carry: &Carry) -> Result<Self, Failure> {
        let unread = |error: SqlError| error.failure("The server's time could not be read.");
        let row = match carry.timestamp_old_table {
            true => session
                .one("SELECT DATE_FORMAT(NOW(), '%Y%m%d%H%i%S')")
                .await
                .map_err(unread)?,
            false => None,
        };
        Ok(Self {
            stem: carry.force_table_names.clone(),
            moment: row.and_then(|row| row.text(0)),
        })
    }

    /// The tables of a run on this source.
    pub(super) fn tables(&self, source: &TableName) -> Tables {
        let stem = self.stem.as_deref().unwrap_or(&source.table);
        let names = Names::of(stem, self.moment.as_deref());
        Tables {
            source: source.clone(),
            ghost: source.sibling(names.ghost),
            changelog: source.sibling(names.changelog),
            old: source.sibling(names.old),
        }
    }
}
