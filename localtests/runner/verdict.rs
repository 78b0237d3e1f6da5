//! The verdict on a run: altered as the server itself would have, or not at all.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::case::{Ending, Placement};
use super::image::{Image, neutral, quoted, show_create};
use super::play::{Images, Play};
use super::twin::{self, AlterError};
use crate::support::{Finished, Outcome, Trouble, ensure, trouble};

/// A lock that is still held after this long was left behind.
const LOCK_WAIT_SECONDS_MAX: u64 = 5;

impl Play<'_> {
    pub(super) async fn judge(&self, before: Images, finished: &Finished) -> Outcome {
        ensure(!finished.output.contains("panicked at"), || {
            "ghost-rs panicked".to_owned()
        })?;
        self.native_error_is_as_said().await?;
        match (&self.case.ending, finished.code) {
            (_, None) => Err(trouble("ghost-rs was ended by a signal")),
            (Ending::Altered | Ending::Either(_), Some(0)) => self.is_altered(before).await,
            (Ending::Refused(_), Some(0)) => Err(trouble("exit 0 where a refusal was expected")),
            (Ending::Altered, Some(code)) => Err(trouble(format!("exit {code}"))),
            (Ending::Refused(texts) | Ending::Either(texts), Some(_)) => {
                says_all(texts, &finished.output)?;
                self.is_untouched(before).await
            }
        }
    }

    /// Where a case says which error the server's own ALTER gives, it must: else the case tests something else.
    async fn native_error_is_as_said(&self) -> Outcome {
        let Some(said) = self.case.file("native_error") else {
            return Ok(());
        };
        if self.replica.is_some() {
            return Ok(());
        }
        let code: u16 = said.parse()?;
        let copy = format!("{}_probe", self.case.table());
        twin::make(
            self.server,
            (&self.twin_schema, self.case.table()),
            (&self.twin_schema, &copy),
        )
        .await?;
        match self.native_alter(&copy).await {
            Err(AlterError::Server(found, _)) if found == code => Ok(()),
            Err(other) => Err(Trouble::from(other).at(&format!("expected error {code}"))),
            Ok(()) => Err(trouble(format!(
                "the server's own ALTER works; expected its error {code}"
            ))),
        }
    }

    async fn native_alter(&self, table: &str) -> Result<(), AlterError> {
        let setup = self.case.file("native_session.sql").unwrap_or_default();
        twin::alter(self.scene(), &self.twin_schema, table, self.case.alter(), &setup).await
    }

    async fn is_altered(&self, before: Images) -> Outcome {
        let table = self.case.table();
        let mut conn = self.scene().connect().await?;
        neutral(&mut conn).await?;
        let source = Image::take(&mut conn, &self.twin_schema, table).await?;
        self.native_alter(table).await?;
        let expected = Image::take(&mut conn, &self.twin_schema, table).await?;
        let mut after = self.images().await?;
        let new = self.new_table(&before, &after);
        let got = after
            .remove(&new)
            .ok_or_else(|| trouble(format!("there is no {new}")))?
            .without_our_mark();
        expected.differs(&got).map_or(Ok(()), |how| {
            Err(trouble(how).at("against the server's own ALTER"))
        })?;
        self.next_id_fits(&expected, &got)?;
        self.old_is_source(&source, &mut after)?;
        self.others_are_untouched(&before, &after)?;
        ensure(after.keys().all(|name| before.contains_key(name)), || {
            format!(
                "left behind: {:?}",
                after
                    .keys()
                    .filter(|name| !before.contains_key(*name))
                    .collect::<Vec<_>>()
            )
        })?;
        self.has_expected_structure(&mut conn, &new).await?;
        self.ghost_columns_match(&mut conn, &new).await
    }

    /// Where the new rows are at the end: after a rehearsal, in the only table that was not there before.
    fn new_table(&self, before: &Images, after: &Images) -> String {
        let made = after.keys().find(|name| !before.contains_key(*name));
        match (self.replica, made) {
            (Some(_), Some(ghost)) => ghost.clone(),
            (Some(_), None) => format!("_{}_gho", self.case.table()),
            (None, _) => self.case.table().to_owned(),
        }
    }

    /// And where the old ones are.
    fn old_table(&self) -> String {
        match self.replica {
            None => format!("_{}_del", self.case.table()),
            Some(_) => self.case.table().to_owned(),
        }
    }

    /// The next id must never be lower than the server's own ALTER leaves it, and is the same where nobody wrote.
    fn next_id_fits(&self, expected: &Image, got: &Image) -> Outcome {
        let quiet = matches!(self.placement, Placement::Still | Placement::Copied);
        let fits = if quiet {
            got.next_id == expected.next_id
        } else {
            got.next_id >= expected.next_id
        };
        ensure(fits, || {
            format!(
                "AUTO_INCREMENT is {:?}, expected {:?}",
                got.next_id, expected.next_id
            )
        })
    }

    fn old_is_source(&self, source: &Image, after: &mut Images) -> Outcome {
        let name = self.old_table();
        match after.remove(&name) {
            Some(old) if self.replica.is_some() => source
                .differs(&old)
                .map_or(Ok(()), |how| Err(trouble(how).at("the source was touched"))),
            Some(old) => source
                .rows_differ(&old)
                .map_or(Ok(()), |how| Err(trouble(how).at(&name))),
            None if self.replica.is_some() => Err(trouble("the source is gone")),
            None if name.chars().count() > 64 => {
                after.retain(|name, image| !name.starts_with('_') || image.rows != source.rows);
                Ok(())
            }
            None => ensure(
                self.case.args.iter().any(|arg| arg == "--ok-to-drop-table"),
                || format!("there is no {name}"),
            ),
        }
    }

    async fn has_expected_structure(&self, conn: &mut Conn, new: &str) -> Outcome {
        let Some(part) = self.case.file("expect_table_structure") else {
            return Ok(());
        };
        let create = show_create(conn, &self.schema, new).await?;
        ensure(create.contains(&part), || {
            format!("{part:?} is not in the structure:\n{create}")
        })
    }

    /// gh-ost's comparison: some columns of the source against some of the new table, both as the client shows them.
    async fn ghost_columns_match(&self, conn: &mut Conn, new: &str) -> Outcome {
        let (orig, ghost) = (self.case.file("orig_columns"), self.case.file("ghost_columns"));
        if orig.is_none() && ghost.is_none() && self.case.flag("alter").is_some() {
            return Ok(());
        }
        let order = self
            .case
            .file("order_by")
            .map(|by| format!(" ORDER BY {by}"))
            .unwrap_or_default();
        let mut seen = Vec::new();
        for (columns, table) in [(orig, self.old_table().as_str()), (ghost, new)] {
            let columns = columns.unwrap_or_else(|| "*".to_owned());
            let query = format!(
                "SELECT {columns} FROM {}.{}{order}",
                quoted(&self.schema),
                quoted(table)
            );
            let rows: Vec<Row> = conn.query(query).await?;
            seen.push(rows.into_iter().map(Row::unwrap).collect::<Vec<_>>());
        }
        ensure(seen.first() == seen.last(), || {
            format!("orig_columns and ghost_columns differ: {seen:?}")
        })
    }

    async fn is_untouched(&self, before: Images) -> Outcome {
        let table = self.case.table();
        let after = self.images().await?;
        self.others_are_untouched(&before, &after)?;
        let Some(was) = before.get(table) else {
            return Ok(());
        };
        let now = after.get(table).ok_or_else(|| trouble("the source is gone"))?;
        let mut conn = self.scene().connect().await?;
        if self.placement == Placement::Still {
            was.differs(now)
                .map_or(Ok(()), |how| Err(trouble(how).at("the source was touched")))?;
        } else {
            neutral(&mut conn).await?;
            let twin = Image::take(&mut conn, &self.twin_schema, table).await?;
            twin.differs(now)
                .map_or(Ok(()), |how| Err(trouble(how).at("the source was touched")))?;
        }
        conn.query_drop(format!("SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS_MAX}"))
            .await?;
        let lock = format!("LOCK TABLES {}.{} WRITE", quoted(&self.schema), quoted(table));
        conn.query_drop(lock)
            .await
            .map_err(|error| Trouble::from(error).at("a lock was left behind"))
    }

    /// Every table and view that was there and is not the source is as it was.
    fn others_are_untouched(&self, before: &Images, after: &Images) -> Outcome {
        for (name, was) in before.iter().filter(|(name, _)| *name != self.case.table()) {
            let now = after
                .get(name)
                .ok_or_else(|| trouble(format!("table {name} is gone, and it was not ours")))?;
            was.differs(now).map_or(Ok(()), |how| {
                Err(trouble(how).at(&format!("table {name} was touched")))
            })?;
        }
        Ok(())
    }
}

/// Every line of `expect_failure` is in the output, in any case.
fn says_all(texts: &[String], output: &str) -> Outcome {
    let output = output.to_lowercase();
    for text in texts {
        ensure(output.contains(&text.to_lowercase()), || {
            format!("the refusal does not say {text:?}")
        })?;
    }
    Ok(())
}
