//! One event after another, boiled down to what concerns this run.

use std::collections::HashMap;
use std::sync::Arc;

use mysql_common::binlog::{
    consts::EventType,
    events::{Event, QueryEvent, RowsEventData},
};

use super::{Captured, Watch};
use crate::{
    binlog::{
        rows::{RowChange, RowLayout, Rows},
        statement::{Statement, XaStep, Xid, scan_event},
        stream::{Stream, table_id, table_name},
    },
    changes::{Change, Mark},
    error::Failure,
    fence,
    key::{Key, KeySpec},
};

/// Keys of prepared XA transactions that are kept until they commit. Each is some tens of bytes.
const XA_KEYS_MAX: usize = 1_000_000;

/// Something that makes the keys incomplete, or may.
#[derive(Debug)]
pub(super) struct Tripwire {
    pub(super) failure: Failure,
    /// The connection that did it.
    pub(super) session: Option<u32>,
}

impl Tripwire {
    fn saying(mut self, detail: String) -> Self {
        self.failure = self.failure.detail(detail);
        self
    }

    fn by(self, connection: u32) -> Self {
        Self {
            session: Some(connection),
            ..self
        }
    }
}

/// What a table id in the stream stands for.
enum Table {
    Source(RowLayout),
    Changelog(RowLayout),
    Ghost,
}

type Keys = Vec<(Key, Change)>;

/// The reader's memory between events.
pub(super) struct Reader {
    watch: Arc<Watch>,
    marks: Option<KeySpec>,
    /// The run's own announcement has come by.
    announced: bool,
    /// The transaction that is being read has had no content yet: its GTID.
    empty: Option<String>,
    /// By the ids of the table maps that came by on this connection. Tables of others are not in it.
    tables: HashMap<u64, Table>,
    /// The connection whose transaction is being read.
    writer: Option<u32>,
    /// Inside XA START … XA END.
    xa: Option<(Xid, Keys)>,
    /// Prepared, and neither committed nor rolled back.
    prepared: HashMap<Xid, Keys>,
    /// The last one that committed: a new connection may begin at that commit and deliver it again.
    committed: Option<(Xid, Keys)>,
}

impl Reader {
    pub(super) fn new(watch: Arc<Watch>) -> Self {
        let marks = fence::mark_key(&watch.changelog);
        Self {
            watch,
            marks,
            announced: false,
            empty: None,
            tables: HashMap::new(),
            writer: None,
            xa: None,
            prepared: HashMap::new(),
            committed: None,
        }
    }

    /// Table ids belong to a connection, and the next one begins at the start of a transaction. What was prepared
    /// stays prepared.
    pub(super) fn stream_lost(&mut self) {
        self.tables.clear();
        self.writer = None;
        self.xa = None;
        self.empty = None;
    }

    pub(super) fn read(&mut self, event: &Event, stream: &Stream) -> Result<Vec<Captured>, Tripwire> {
        let kind = event.header().event_type().map_err(|error| {
            self.tripwire(stream, &format!("an event of a type that is not known: {error}"))
        })?;
        match kind {
            EventType::TABLE_MAP_EVENT => {
                self.empty = None;
                self.table_map(event, stream).map(|()| Vec::new())
            }
            EventType::WRITE_ROWS_EVENT
            | EventType::UPDATE_ROWS_EVENT
            | EventType::DELETE_ROWS_EVENT
            | EventType::PARTIAL_UPDATE_ROWS_EVENT
            | EventType::WRITE_ROWS_EVENT_V1
            | EventType::UPDATE_ROWS_EVENT_V1
            | EventType::DELETE_ROWS_EVENT_V1 => self.rows(event, stream),
            EventType::QUERY_EVENT => self.query(event, stream),
            EventType::XA_PREPARE_LOG_EVENT => Ok(self.xa_prepared(event)),
            EventType::GTID_EVENT | EventType::ANONYMOUS_GTID_EVENT | EventType::GTID_TAGGED_LOG_EVENT => {
                self.transaction_begins(stream)
            }
            EventType::INCIDENT_EVENT => {
                Err(self.tripwire(stream, "the server says that events were lost (incident event)"))
            }
            EventType::EXECUTE_LOAD_QUERY_EVENT | EventType::BEGIN_LOAD_QUERY_EVENT if self.announced => {
                Err(self.tripwire(stream, "LOAD DATA in statement format"))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// On a replica, a transaction that was filtered or skipped leaves an empty one with its GTID.
    fn transaction_begins(&mut self, stream: &Stream) -> Result<Vec<Captured>, Tripwire> {
        if let Some(gtid) = self.empty.take() {
            return Err(self
                .tripwire(
                    stream,
                    "a transaction of the primary came out of the replica empty",
                )
                .saying(format!("GTID {gtid}")));
        }
        self.xa = None;
        let whole = self.watch.whole.as_deref().filter(|_| self.announced);
        let of_primary = stream
            .transaction()
            .filter(|(source, _)| whole.is_some_and(|uuid| source.split(':').next() == Some(uuid)));
        self.empty = of_primary.map(|(source, number)| format!("{source}:{number}"));
        Ok(vec![Captured::At(stream.restart().clone())])
    }

    fn table_map(&mut self, event: &Event, stream: &Stream) -> Result<(), Tripwire> {
        let (Some(id), Some((schema, table))) = (table_id(event), table_name(event)) else {
            return Err(self.tripwire(stream, "a table map that is cut off"));
        };
        if !self.announced {
            return Ok(());
        }
        let is = |name: &crate::schema::TableName| {
            self.same_name(name.schema.as_bytes(), schema) && self.same_name(name.table.as_bytes(), table)
        };
        let known = if is(&self.watch.source) {
            Table::Source(self.layout(id, &self.watch.key, stream)?)
        } else if is(&self.watch.changelog) {
            let key = self
                .marks
                .as_ref()
                .ok_or_else(|| self.tripwire(stream, "the changelog's key is not known"))?;
            Table::Changelog(self.layout(id, key, stream)?)
        } else if is(&self.watch.ghost) {
            Table::Ghost
        } else {
            self.tables.remove(&id);
            return Ok(());
        };
        self.tables.insert(id, known);
        Ok(())
    }

    fn same_name(&self, ours: &[u8], theirs: &[u8]) -> bool {
        ours == theirs
            || self.watch.names_fold_case
                && String::from_utf8_lossy(ours).to_lowercase()
                    == String::from_utf8_lossy(theirs).to_lowercase()
    }

    fn layout(&self, id: u64, key: &KeySpec, stream: &Stream) -> Result<RowLayout, Tripwire> {
        let map = stream
            .table_map(id)
            .ok_or_else(|| self.tripwire(stream, "rows without a table map"))?;
        if key == &self.watch.key && map.columns_count() != self.watch.columns as u64 {
            let message = format!(
                "the table has {} columns there, and {} here",
                map.columns_count(),
                self.watch.columns
            );
            return Err(self.tripwire(stream, &message));
        }
        RowLayout::of_table_map(map, key).map_err(|error| self.tripwire(stream, &error.to_string()))
    }

    fn rows(&mut self, event: &Event, stream: &Stream) -> Result<Vec<Captured>, Tripwire> {
        let known = table_id(event).and_then(|id| self.tables.get(&id));
        let (layout, is_mark) = match known {
            None => return Ok(Vec::new()),
            Some(Table::Ghost) => {
                self.check_server(event, stream)?;
                return self.check_session(stream).map(|()| Vec::new());
            }
            Some(Table::Source(layout)) => {
                self.check_server(event, stream)?;
                (layout, false)
            }
            Some(Table::Changelog(layout)) => (layout, true),
        };
        let data = event
            .read_data()
            .map_err(|error| self.tripwire(stream, &error.to_string()))?;
        let Some(mysql_common::binlog::events::EventData::RowsEvent(rows)) = data else {
            return Err(self.tripwire(stream, "a rows event that cannot be read"));
        };
        let changes = changes(layout, &rows).map_err(|error| self.tripwire(stream, &error))?;
        if is_mark {
            let marks = changes.into_iter().filter_map(|row| row.after);
            return Ok(stream
                .missing()
                .map(Captured::Gap)
                .into_iter()
                .chain(marks.filter_map(|key| mark(&key)))
                .collect());
        }
        let keys = changes.into_iter().flat_map(keys_of);
        match &mut self.xa {
            Some((_, held)) => held.extend(keys),
            None => return Ok(delivered(keys)),
        }
        self.check_xa(stream).map(|()| Vec::new())
    }

    /// Another server's changes are not fenced by marks on the primary, nor kept out by its lock.
    fn check_server(&self, event: &Event, stream: &Stream) -> Result<(), Tripwire> {
        let by = event.header().server_id();
        if self.watch.writer.is_none_or(|writer| writer == by) {
            return Ok(());
        }
        Err(self
            .tripwire(
                stream,
                &format!(
                    "rows of {} or of the new table that another server changed",
                    self.watch.source
                ),
            )
            .saying(format!(
                "server_id {by}; the primary has {}, and while the table is being changed it may be written there only",
                self.watch.writer.unwrap_or(0)
            )))
    }

    /// Nobody but us writes into the ghost: what others put there would be swapped in with the rest.
    fn check_session(&self, stream: &Stream) -> Result<(), Tripwire> {
        let Some(ours) = &self.watch.ours else {
            return Ok(());
        };
        match self.writer {
            Some(connection) if ours.has(connection) => Ok(()),
            Some(connection) => Err(self
                .tripwire(
                    stream,
                    &format!(
                        "rows of the new table {} were changed by another session",
                        self.watch.ghost
                    ),
                )
                .by(connection)),
            None => Err(self.tripwire(stream, "rows of the new table outside of any transaction")),
        }
    }

    fn check_xa(&self, stream: &Stream) -> Result<(), Tripwire> {
        let held = self.xa.iter().map(|(_, keys)| keys.len()).sum::<usize>();
        let prepared = self.prepared.values().map(Vec::len).sum::<usize>();
        if held + prepared <= XA_KEYS_MAX {
            return Ok(());
        }
        Err(self.tripwire(
            stream,
            &format!("XA transactions that are not committed changed more than {XA_KEYS_MAX} rows"),
        ))
    }

    fn query(&mut self, event: &Event, stream: &Stream) -> Result<Vec<Captured>, Tripwire> {
        let query = event
            .read_event::<QueryEvent<'_>>()
            .map_err(|error| self.tripwire(stream, &error.to_string()))?;
        self.writer = Some(query.thread_id());
        let statement = scan_event(&query, self.watch.server_version);
        if !matches!(statement, Statement::Begin | Statement::Commit) {
            self.empty = None;
        }
        if !self.announced {
            self.announced = self.announces(&query, &statement);
            return Ok(Vec::new());
        }
        match statement {
            Statement::Xa { step, xid } => return self.xa(step, xid, stream),
            Statement::Begin | Statement::Commit | Statement::Rollback | Statement::RollbackTo => {}
            Statement::Savepoint | Statement::Harmless => {}
            _ if query.query().contains(&self.watch.tag) => {}
            other => self.check_statement(&other, &query, stream)?,
        }
        Ok(Vec::new())
    }

    /// The statement that makes this run's changelog. What was prepared before it, commits unknown; see `xa_committed`.
    fn announces(&self, query: &QueryEvent<'_>, statement: &Statement) -> bool {
        let (changelog, fold) = (&self.watch.changelog, self.watch.names_fold_case);
        query.query().contains(&self.watch.run) && statement.may_touch(changelog, fold).is_some()
    }

    fn xa(&mut self, step: XaStep, xid: Xid, stream: &Stream) -> Result<Vec<Captured>, Tripwire> {
        match step {
            XaStep::Start => self.xa = Some((xid, Keys::new())),
            XaStep::Rollback => {
                self.prepared.remove(&xid);
            }
            XaStep::Commit { .. } => return self.xa_committed(&xid, stream),
            XaStep::End | XaStep::Prepare => {}
        }
        Ok(Vec::new())
    }

    fn check_statement(
        &self,
        statement: &Statement,
        query: &QueryEvent<'_>,
        stream: &Stream,
    ) -> Result<(), Tripwire> {
        for table in [&self.watch.source, &self.watch.ghost, &self.watch.changelog] {
            if let Some(touch) = statement.may_touch(table, self.watch.names_fold_case) {
                let text: String = query.query().chars().take(300).collect();
                return Err(self
                    .tripwire(stream, &format!("{touch} {table} by another session"))
                    .saying(format!("statement: {text}"))
                    .by(query.thread_id()));
            }
        }
        Ok(())
    }

    /// The first byte says whether the transaction was committed in one phase.
    fn xa_prepared(&mut self, event: &Event) -> Vec<Captured> {
        let Some((xid, keys)) = self.xa.take() else {
            return Vec::new();
        };
        if event.data().first().is_some_and(|one_phase| *one_phase != 0) {
            return delivered(keys);
        }
        self.prepared.insert(xid, keys);
        Vec::new()
    }

    /// A transaction that was prepared before we began to read has no keys here, and they may be ours.
    fn xa_committed(&mut self, xid: &Xid, stream: &Stream) -> Result<Vec<Captured>, Tripwire> {
        if let Some(keys) = self.prepared.remove(xid) {
            self.committed = Some((xid.clone(), keys));
        }
        match &self.committed {
            Some((last, keys)) if last == xid => Ok(delivered(keys.iter().cloned())),
            _ if self.watch.early_xa_is_harmless => Ok(Vec::new()),
            _ => Err(self.tripwire(
                stream,
                &format!("XA transaction {xid:?} was prepared before the run began, and committed during it"),
            )),
        }
    }

    fn tripwire(&self, stream: &Stream, what: &str) -> Tripwire {
        let failure = Failure::failed(
            "The binlog holds something from which changes of the table cannot be told with certainty.",
        );
        Tripwire {
            failure: failure
                .detail(format!("at {}: {what}", stream.position()))
                .hint("Start again when this cannot happen any more."),
            session: None,
        }
    }
}

fn changes(layout: &RowLayout, rows: &RowsEventData<'_>) -> Result<Vec<RowChange>, String> {
    let rows = Rows::of_event(layout, rows).map_err(|error| error.to_string())?;
    rows.collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())
}

/// An update that leaves the key alone is a write; one that moves it is a delete and a write.
fn keys_of(row: RowChange) -> impl Iterator<Item = (Key, Change)> {
    let moved = row.before != row.after;
    let gone = row.before.filter(|_| moved).map(|key| (key, Change::Gone));
    gone.into_iter()
        .chain(row.after.map(|key| (key, Change::Written)))
}

fn delivered(keys: impl IntoIterator<Item = (Key, Change)>) -> Vec<Captured> {
    keys.into_iter()
        .map(|(key, change)| Captured::Changed { key, change })
        .collect()
}

fn mark(key: &Key) -> Option<Captured> {
    fence::mark_of(key).map(Mark).map(Captured::Mark)
}
