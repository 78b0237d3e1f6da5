//! One writer's session: transactions of a few moves, some of them rolled back, with a look at a row of its own in between.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as MysqlError};
use rand::RngExt;

use super::model::{Pools, Share};
use super::moves::{Hand, Step};
use super::stats::Stats;
use super::table::FORMS;
use super::{Storm, Watch};

const MOVES_MAX: usize = 5;
const DEADLOCK: u16 = 1213;
/// Between two attempts to connect again.
const RECONNECT: Duration = Duration::from_millis(200);
/// A server that is away for longer ends the writer.
const RECONNECTS_MAX: usize = 100;

/// Write until told to stop; what the writer owns then, and what it saw.
pub async fn run(
    storm: Arc<Storm>,
    share: Share,
    pools: Arc<Pools>,
    watch: Watch,
    started: Instant,
) -> (Share, Stats) {
    let mut writer = Writer {
        stats: Stats::new(started),
        conn: None,
        storm,
        share,
        pools,
    };
    writer.reconnect().await;
    let mut due = Instant::now();
    while !*watch.stop.borrow() && writer.conn.is_some() {
        writer.transaction().await;
        watch.transactions.fetch_add(1, Ordering::Relaxed);
        if writer.share.rng.random_ratio(1, 4) {
            writer.look().await;
        }
        if let Some(pace) = writer.storm.pace() {
            // Time lost in a stall is not made up: a rate is what an application asks for, not what it owes.
            due = (due + pace).max(Instant::now() - pace);
            tokio::time::sleep_until(due.into()).await;
        }
    }
    if let Some(conn) = writer.conn.take() {
        let _ = conn.disconnect().await;
    }
    (writer.share, writer.stats)
}

struct Writer {
    storm: Arc<Storm>,
    share: Share,
    pools: Arc<Pools>,
    stats: Stats,
    conn: Option<Conn>,
}

/// Why a transaction did not come to its end.
enum Broken {
    /// The server said no: it is rolled back, or we do that.
    Refused(u16, String),
    /// A statement did not find its rows. The model says that they are there.
    Astray(String),
    /// No answer. Whether a COMMIT took effect must be looked up.
    Lost(String),
}

impl Writer {
    async fn transaction(&mut self) {
        let begun = Instant::now();
        let outcome = self.attempt().await;
        self.stats.transaction(begun);
        match outcome {
            Ok(true) => {
                self.share.committed(&self.pools);
                self.stats.committed += 1;
            }
            Ok(false) => {
                self.share.rolled_back(&self.pools);
                self.stats.rolled_back += 1;
            }
            Err(broken) => self.broken(broken).await,
        }
    }

    /// One transaction; whether it is committed.
    async fn attempt(&mut self) -> Result<bool, Broken> {
        let moves = if self.share.rng.random_bool(0.5) {
            1
        } else {
            self.share.rng.random_range(2..=MOVES_MAX)
        };
        let commits = self.share.rng.random_ratio(9, 10);
        let mut begun = false;
        for number in 1..=moves {
            let Some(steps) = self.draw() else { continue };
            // A single statement that stays needs no BEGIN, as in most applications.
            if !begun && (moves > 1 || steps.len() > 1 || !commits) {
                self.execute("BEGIN").await?;
                begun = true;
            }
            for step in steps {
                self.step(step).await?;
            }
            debug_assert!(begun || number == moves);
        }
        if begun {
            self.execute(if commits { "COMMIT" } else { "ROLLBACK" }).await?;
        }
        Ok(commits || !begun)
    }

    fn draw(&mut self) -> Option<Vec<Step>> {
        let table = self.storm.table.clone();
        Hand {
            kind: self.storm.kind,
            table: &table,
            share: &mut self.share,
            pools: &self.pools,
        }
        .next()
    }

    async fn step(&mut self, step: Step) -> Result<(), Broken> {
        let (found, id) = self.execute(&step.sql).await?;
        if let Some(row) = step.given {
            let id = id.ok_or_else(|| Broken::Astray(format!("no id for {}", step.sql)))?;
            self.share.put(id as i64, Some(row));
        }
        match step.rows {
            Some(rows) if rows != found => {
                Err(Broken::Astray(format!("{found} rows for {rows}: {}", step.sql)))
            }
            _ => Ok(()),
        }
    }

    /// Rows found or changed, and the id that the server gave.
    async fn execute(&mut self, sql: &str) -> Result<(u64, Option<u64>), Broken> {
        let conn = self
            .conn
            .as_mut()
            .ok_or_else(|| Broken::Lost("no session".to_owned()))?;
        let sent = Instant::now();
        let answer = conn.query_drop(sql).await;
        self.stats.statement(sent, sql);
        match answer {
            Ok(()) => Ok((conn.affected_rows(), conn.last_insert_id())),
            Err(MysqlError::Server(error)) => Err(Broken::Refused(error.code, format!("{error}: {sql}"))),
            Err(error) => Err(Broken::Lost(format!("{error}: {sql}"))),
        }
    }

    async fn broken(&mut self, broken: Broken) {
        match broken {
            Broken::Refused(code, what) => {
                if code == DEADLOCK {
                    self.stats.deadlocks += 1;
                } else {
                    self.stats.error(what);
                }
                let _ = self.execute("ROLLBACK").await;
                self.share.rolled_back(&self.pools);
            }
            Broken::Astray(what) => {
                self.stats.error(what);
                let _ = self.execute("ROLLBACK").await;
                self.share.rolled_back(&self.pools);
            }
            Broken::Lost(what) => {
                self.stats.error(what);
                self.reconnect().await;
                self.find_out().await;
            }
        }
    }

    async fn reconnect(&mut self) {
        self.conn = None;
        for _ in 0..RECONNECTS_MAX {
            match Conn::new(self.storm.session()).await {
                Ok(conn) => {
                    self.conn = Some(conn);
                    return;
                }
                Err(error) => self.stats.error(error.to_string()),
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    /// The answer to a COMMIT is lost: the first row of the transaction that tells before from after decides.
    async fn find_out(&mut self) {
        for (id, (before, after)) in self.share.touched() {
            let text = |row: Option<super::model::Row>| row.map(|row| self.storm.kind.expected(id, &row));
            let (before, after) = (text(before), text(after));
            if before == after {
                continue;
            }
            match self.read(id).await {
                Ok(found) if found == after => return self.share.committed(&self.pools),
                Ok(found) if found == before => return self.share.rolled_back(&self.pools),
                other => {
                    return self.stats.error(format!(
                        "the outcome of a COMMIT is not to be found: {other:?} for {id}"
                    ));
                }
            }
        }
        self.share.rolled_back(&self.pools);
    }

    /// Nobody but us changes our rows: one of them must read as we left it.
    async fn look(&mut self) {
        let Some((id, row)) = self.share.any() else {
            return;
        };
        self.stats.reads += 1;
        match self.read(id).await {
            Ok(found) if found == Some(self.storm.kind.expected(id, &row)) => {}
            Ok(found) => self
                .stats
                .error(format!("row {id} reads {found:?}, written was {row:?}")),
            Err(error) => {
                self.stats.error(error);
                self.reconnect().await;
            }
        }
    }

    async fn read(&mut self, id: i64) -> Result<Option<String>, String> {
        let kind = self.storm.kind;
        let form = self.share.rng.random_range(0..FORMS);
        let sql = format!(
            "SELECT {} FROM {} WHERE {}",
            kind.found_columns(),
            self.storm.table,
            kind.is(id, form)
        );
        let conn = self.conn.as_mut().ok_or("no session")?;
        let sent = Instant::now();
        let found = conn.query_first(&sql).await;
        self.stats.statement(sent, &sql);
        let found = found.map_err(|error| format!("{error}: {sql}"))?;
        Ok(found.and_then(|found| kind.as_found(found)).map(|(_, text)| text))
    }
}
