//! Two tables compared by hand, with the engine that compares before the swap: after a run on a replica, or to see
//! whether a table and its copy still hold the same.
//!
//! The tables may be in use. A row that differs is looked at again, some times, with a pause between: a change that is
//! seen in one table only must be a lasting one to count.

use std::time::Duration;

use super::{Report, stop::Stop, subject::subject};
use crate::{
    config::{Connection, Verify},
    error::{Exit, Failure},
    inspect,
    key::Key,
    mysql::{Class, Session, SessionSettings, Sessions, SqlError, connect},
    pace::ChunkSizer,
    plan::{
        self, ColumnMap,
        work::{Parts, Tables, Work},
    },
    retry::Retry,
    schema::{Table, TableName, same_name},
    verify::{self, Depth, Difference, Eye, Part, PartSeen, Subject, Summary},
};

/// A row that differs is looked at so often.
const LOOKS_MAX: u32 = 5;
/// Between two looks.
const PAUSE_MS: u64 = 200;
/// Keys of one look.
const KEYS_MAX: usize = 500;
/// So many rows that differ are enough to know.
const DIFFERING_MAX: usize = 10_000;
/// The time that one statement should take.
const TARGET_MS: u64 = 500;

/// What is compared.
#[derive(Clone, Debug)]
pub struct Request {
    /// The table whose rows are taken for right.
    pub first: TableName,
    /// The other one.
    pub second: TableName,
    /// Columns of the first and of the second that belong together, besides those of the same name.
    pub map: Vec<(String, String)>,
    /// Rows of one statement. `None`: found by measuring.
    pub chunk_rows: Option<u64>,
}

/// Compares; a failure with exit code 4 names the rows that differ.
pub async fn compare(connection: &Connection, request: &Request) -> Result<Report, Failure> {
    let mut stop = Stop::listen().map_err(|error| {
        Failure::new(Exit::Internal, "Signals cannot be listened for.").detail(error.to_string())
    })?;
    tokio::select! {
        biased;
        failure = stop.asked() => Err(failure),
        report = compared(connection, request) => report,
    }
}

async fn compared(connection: &Connection, request: &Request) -> Result<Report, Failure> {
    let settings = SessionSettings {
        time_zone: Some("+00:00".to_owned()),
        ..SessionSettings::rows()
    };
    let settings = SessionSettings {
        sql_mode: settings
            .sql_mode
            .map(|mode| format!("{mode},ALLOW_INVALID_DATES")),
        ..settings
    };
    let sessions = Sessions::new(connect::opts(connection)?, connection.connect_timeout, settings);
    let mut session = sessions.open("verify").await?;
    let first = inspect::source(&mut session, &request.first).await?.table;
    let second = inspect::source(&mut session, &request.second).await?.table;
    let subject = matched(&first, &second, &request.map)?;
    let rows_known = (first.rows_estimate > 0).then_some(first.row_bytes_estimate);
    let mut desk = Desk {
        session,
        sessions,
        eye: Eye::default(),
        subject,
        sizer: ChunkSizer::new(Duration::from_millis(TARGET_MS), rows_known, request.chunk_rows),
        summary: Summary::new(Verify::Full),
    };
    let result = desk.all().await;
    desk.session.close().await;
    let differences = result?;
    desk.summary.not_compared.clone_from(&desk.subject.uncompared);
    report(desk.summary, request, &differences)
}

fn report(mut summary: Summary, request: &Request, differences: &[Difference]) -> Result<Report, Failure> {
    let (first, second) = (&request.first, &request.second);
    if !differences.is_empty() {
        let what = format!("{second} does not hold what {first} holds.");
        return Err(verify::differ(what, differences, [first, second]));
    }
    summary.at = Some("no particular place of the log".to_owned());
    let mut lines = vec![format!(
        "{first} and {second} are equal: {} rows compared, {} of them more than once.",
        summary.rows_verified, summary.second_looks
    )];
    lines.extend(
        summary
            .not_compared
            .iter()
            .map(|column| format!("Not compared: {column}.")),
    );
    Ok(Report {
        lines,
        verified: Some(summary),
        instant: false,
    })
}

/// Columns by name, the key as a run would choose it.
fn matched(first: &Table, second: &Table, map: &[(String, String)]) -> Result<Subject, Failure> {
    for (from, to) in map {
        if first.column(from).is_none() || second.column(to).is_none() {
            return Err(
                Failure::usage(format!("--map {from}={to}: there is no such pair of columns")).detail(
                    format!("{} is the first table, {} the second", first.name, second.name),
                ),
            );
        }
    }
    let (pairs, alone) = verify::by_name(first, second, map);
    let (written, computed): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(_, to)| to.generated.is_none());
    let columns = ColumnMap {
        pairs: written
            .into_iter()
            .map(|(from, to)| (from.clone(), to.clone()))
            .collect(),
        dropped: Vec::new(),
        added: Vec::new(),
        computed: computed.into_iter().map(|(_, to)| to.name.clone()).collect(),
        renamed: Vec::new(),
        supplied: Vec::new(),
        becomes_auto_increment: None,
    };
    let choice = plan::iteration_key(first, second, &columns)?;
    let tables = Tables {
        source: first.name.clone(),
        ghost: second.name.clone(),
        changelog: second.name.clone(),
        old: first.name.clone(),
    };
    let work = Work::new(Parts {
        tables,
        source: first,
        ghost: second,
        columns: &columns,
        supplied: Vec::new(),
        choice: &choice,
        comment: String::new(),
        mark: String::new(),
        carry_auto_increment: false,
        lock_reads: false,
        no_zero_in: None,
        pads_char: false,
        run: String::new(),
        triggers: Vec::new(),
    })
    .map_err(|error| Failure::refused("The rows cannot be told by their key.").detail(error.to_string()))?;
    let mut subject = subject(first, second, &columns, &work);
    subject.leave_out_added();
    let is_said = |name: &String| columns.computed.iter().any(|column| same_name(column, name));
    let alone = alone.into_iter().filter(|name| !is_said(name));
    subject
        .uncompared
        .extend(alone.map(|name| format!("{name}, which the other table does not have")));
    Ok(subject)
}

/// One session, going through both tables.
struct Desk {
    session: Session,
    sessions: Sessions,
    eye: Eye,
    subject: Subject,
    sizer: ChunkSizer,
    summary: Summary,
}

enum Look<'a> {
    Find(Option<&'a Key>, u64),
    Part(&'a Part),
    Keys(&'a [Key]),
}

enum Found {
    End(Option<Key>),
    Part(PartSeen),
    Keys(Vec<Difference>),
}

impl Desk {
    async fn all(&mut self) -> Result<Vec<Difference>, Failure> {
        let whole = self.subject.whole();
        let mut differing = Vec::new();
        if whole.is_empty() {
            self.ranges(&mut differing).await?;
        }
        for part in whole {
            self.part(&part, &mut differing).await?;
        }
        let mut lasting = Vec::new();
        for keys in differing.chunks(KEYS_MAX) {
            lasting.extend(self.lasting(keys.to_vec()).await?);
        }
        Ok(lasting)
    }

    async fn ranges(&mut self, differing: &mut Vec<Key>) -> Result<(), Failure> {
        let mut after: Option<Key> = None;
        while differing.len() < DIFFERING_MAX {
            let rows = self.sizer.rows();
            let Found::End(to) = self.look(Look::Find(after.as_ref(), rows)).await? else {
                break;
            };
            let part = Part::Range {
                after: after.take(),
                to: to.clone(),
            };
            self.part(&part, differing).await?;
            match to {
                Some(to) => after = Some(to),
                None => break,
            }
        }
        Ok(())
    }

    async fn part(&mut self, part: &Part, differing: &mut Vec<Key>) -> Result<(), Failure> {
        if let Found::Part(seen) = self.look(Look::Part(part)).await? {
            self.sizer.copied(seen.rows, seen.took);
            self.summary.parts += 1;
            self.summary.rows_counted += seen.rows;
            self.summary.rows_verified += seen.rows;
            self.summary.second_looks += seen.differing.len() as u64;
            differing.extend(seen.differing);
        }
        Ok(())
    }

    /// Rows that differ every time.
    async fn lasting(&mut self, mut keys: Vec<Key>) -> Result<Vec<Difference>, Failure> {
        let mut found = Vec::new();
        for look in 0..LOOKS_MAX {
            if look > 0 {
                tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
            }
            found = match self.look(Look::Keys(&keys)).await? {
                Found::Keys(differences) => differences,
                _ => Vec::new(),
            };
            if found.is_empty() {
                break;
            }
            keys = found.iter().map(|difference| difference.key.clone()).collect();
        }
        Ok(found)
    }

    /// Only reads, so it may be done again.
    async fn look(&mut self, look: Look<'_>) -> Result<Found, Failure> {
        let mut retry = Retry::default();
        loop {
            let error = match self.once(&look).await {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            if !matches!(error.class(), Class::Transient | Class::Lost) || !retry.again().await {
                return Err(error.failure("The tables could not be compared."));
            }
            if error.lost {
                let new = self.sessions.open("verify").await?;
                std::mem::replace(&mut self.session, new).close().await;
                self.eye = Eye::default();
            }
        }
    }

    async fn once(&mut self, look: &Look<'_>) -> Result<Found, SqlError> {
        let Self {
            session,
            eye,
            subject,
            ..
        } = self;
        match look {
            Look::Find(after, rows) => eye
                .boundary(session, subject, *after, *rows)
                .await
                .map(Found::End),
            Look::Part(part) => eye
                .part(session, subject, part, Depth::Columns)
                .await
                .map(Found::Part),
            Look::Keys(keys) => eye
                .keys(session, subject, keys, Depth::Columns)
                .await
                .map(Found::Keys),
        }
    }
}
