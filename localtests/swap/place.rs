//! One table, writers on it, one run of ghost-rs, and eyes on the server. Everything of a test has a schema and an account of its own, by
//! which its sessions and locks are told from all others.

use std::time::{Duration, Instant};

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, OptsBuilder};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::storm::{self, Kind, Storm, Watch};
use crate::support::{Finished, Outcome, Server, Tool, ensure, trouble};

const PASSWORD: &str = "For-the-test-1";
const ALTER: &str = "--alter=ADD COLUMN note VARCHAR(20) DEFAULT 'n', ADD INDEX by_c (c(20))";
const WAIT_SECONDS_MAX: u64 = 30;
const LOOK: Duration = Duration::from_millis(2);

/// Where a test plays.
#[derive(Clone)]
pub struct Place {
    /// The schema, and the account of ghost-rs.
    pub name: String,
    /// The server as ghost-rs is to reach it.
    pub ours: Server,
    storm: Storm,
}

/// Writers that know what the table must hold.
pub struct Weather {
    stop: watch::Sender<bool>,
    running: JoinSet<Result<storm::Report, storm::Error>>,
}

impl Place {
    /// A table of so many rows; `rate`: transactions a second, 0 for as many as go.
    pub async fn new(server: &Server, name: &str, rows: u64, rate: u64) -> Outcome<Self> {
        let name = format!("swap_{name}");
        let storm = Storm {
            opts: server.opts(),
            schema: name.clone(),
            table: "t".to_owned(),
            kind: Kind::Int,
            rows,
            writers: 4,
            readers: 1,
            seed: 1,
            rate,
        };
        let mut conn = server.connect().await?;
        conn.query_drop(format!("DROP DATABASE IF EXISTS {name}")).await?;
        conn.query_drop(format!("DROP USER IF EXISTS {name}")).await?;
        conn.query_drop(format!("CREATE USER {name} IDENTIFIED BY '{PASSWORD}'"))
            .await?;
        conn.query_drop(format!("GRANT ALL ON *.* TO {name}")).await?;
        storm::load(&storm)
            .await
            .map_err(|error| trouble(error.to_string()))?;
        let ours = Server {
            user: name.clone(),
            password: PASSWORD.to_owned(),
            ..server.clone()
        };
        Ok(Self { name, ours, storm })
    }

    /// The table as it was at the start, for another run.
    pub async fn again(&self) -> Outcome {
        storm::load(&self.storm)
            .await
            .map_err(|error| trouble(error.to_string()))
    }

    /// A session of the test's own, in the schema.
    pub async fn conn(&self) -> Outcome<Conn> {
        let opts = OptsBuilder::from_opts(self.storm.opts.clone()).db_name(Some(self.name.clone()));
        Ok(Conn::new(opts).await?)
    }

    /// Starts ghost-rs.
    pub fn alter(&self, more: &[&str]) -> Outcome<Tool> {
        self.alter_through(self.ours.port, more)
    }

    /// Starts ghost-rs on another port than the server's.
    pub fn alter_through(&self, port: u16, more: &[&str]) -> Outcome<Tool> {
        let mut args = vec!["--table=t".to_owned(), ALTER.to_owned()];
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        Tool::alter(
            &Server {
                port,
                ..self.ours.clone()
            },
            &self.name,
            &args,
        )
    }

    /// Writers begin.
    pub fn weather(&self) -> Weather {
        let (stop, stopped) = watch::channel(false);
        let storm = self.storm.clone();
        let watch = Watch {
            stop: stopped,
            transactions: Default::default(),
        };
        let mut running = JoinSet::new();
        running.spawn(async move { storm.run(&watch).await });
        Weather { stop, running }
    }

    /// Our sessions' metadata locks of a kind on a table: who holds or wants one.
    pub fn metadata_lock(&self, table: &str, kind: &str, status: &str) -> String {
        format!(
            "SELECT t.processlist_id FROM performance_schema.metadata_locks l \
             JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id \
             WHERE l.object_type = 'TABLE' AND l.object_schema = '{0}' AND l.object_name = '{table}' \
             AND l.lock_type = '{kind}' AND l.lock_status = '{status}' AND t.processlist_user = '{0}'",
            self.name
        )
    }

    /// The swap's session waits for its lock on the source.
    pub fn lock_waits(&self) -> String {
        self.metadata_lock("t", "SHARED_NO_READ_WRITE", "PENDING")
    }

    /// The swap's session has its lock on the source.
    pub fn lock_is_held(&self) -> String {
        self.metadata_lock("t", "SHARED_NO_READ_WRITE", "GRANTED")
    }

    /// All sessions of ours.
    pub fn sessions(&self) -> String {
        format!(
            "SELECT processlist_id FROM performance_schema.threads WHERE processlist_user = '{}' ORDER BY 1",
            self.name
        )
    }

    /// Nothing of ours is left that could hold a lock, and the table can be locked at once.
    pub async fn is_unlocked(&self) -> Outcome {
        let mut conn = self.conn().await?;
        gone(&mut conn, "locks of ours on the source", &self.lock_is_held()).await?;
        conn.query_drop("SET SESSION lock_wait_timeout = 5").await?;
        conn.query_drop("LOCK TABLES t WRITE").await?;
        conn.query_drop("UNLOCK TABLES").await?;
        Ok(())
    }

    /// The session whose lock keeps other runs off the table.
    pub fn guard(&self) -> String {
        format!(
            "SELECT t.processlist_id FROM performance_schema.metadata_locks l \
             JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id \
             WHERE l.object_type = 'USER LEVEL LOCK' AND t.processlist_user = '{}'",
            self.name
        )
    }

    /// All sessions of ours that a run can do without for a moment: without its guard it stops, by intention.
    pub fn replaceable(&self) -> String {
        format!(
            "SELECT processlist_id FROM ({}) s WHERE processlist_id NOT IN ({})",
            self.sessions(),
            self.guard()
        )
    }

    /// The ALTER took place and the old table is there; or neither.
    pub async fn is_swapped(&self) -> Outcome<bool> {
        let mut conn = self.conn().await?;
        let new: Option<String> = conn
            .query_first("SHOW COLUMNS FROM t LIKE 'note'")
            .await?
            .map(first_of);
        let old: Option<String> = conn.query_first("SHOW TABLES LIKE '\\_t\\_del'").await?;
        Ok(new.is_some() && old.is_some())
    }

    /// The run ended well: table altered, no lock left, every row of the writers' there.
    pub async fn ended_well(&self, finished: &Finished, weather: Weather) -> Outcome<storm::Report> {
        let report = weather.calm().await?;
        ensure(finished.code == Some(0), || {
            format!("exit {:?}:\n{}", finished.code, finished.output)
        })?;
        ensure(self.is_swapped().await?, || {
            "exit 0, and the table is not altered".to_owned()
        })?;
        ensure(report.ok, || format!("{report}\n{}", finished.output))?;
        let tables: Vec<String> = self.conn().await?.query("SHOW TABLES").await?;
        let clean = tables == ["_t_del", "t"] || finished.output.contains("Not cleaned up");
        ensure(clean, || format!("{tables:?} are left:\n{}", finished.output))?;
        self.is_unlocked().await?;
        Ok(report)
    }

    /// The run ended otherwise: the source is as it was, and nothing of ours holds a lock.
    pub async fn source_is_as_it_was(&self) -> Outcome {
        ensure(!self.is_swapped().await?, || {
            "the run failed, and the table is altered".to_owned()
        })?;
        let mut conn = self.conn().await?;
        gone(&mut conn, "sessions of ours", &self.sessions()).await?;
        self.is_unlocked().await
    }

    /// Another run clears away what the last one left, and succeeds. The writers have gone on all the time.
    pub async fn another_run_succeeds(&self, more: &[&str], weather: Weather) -> Outcome {
        let finished = self.alter(more)?.finish().await?;
        let ended = self.ended_well(&finished, weather).await;
        ended.map(drop).map_err(|trouble| trouble.at("the run after it"))
    }
}

fn first_of(row: mysql_async::Row) -> String {
    row.get(0).unwrap_or_default()
}

impl Weather {
    /// Writers end, and the table is compared with what they know.
    pub async fn calm(mut self) -> Outcome<storm::Report> {
        self.stop.send_replace(true);
        let ended = self
            .running
            .join_next()
            .await
            .ok_or_else(|| trouble("there are no writers"))?;
        ended?.map_err(|error| trouble(error.to_string()))
    }
}

/// Waits until a query has a row.
pub async fn until<T: FromRow + Send + 'static>(conn: &mut Conn, what: &str, sql: &str) -> Outcome<T> {
    let limit = Duration::from_secs(WAIT_SECONDS_MAX);
    within(conn, limit, sql)
        .await?
        .ok_or_else(|| trouble(format!("waited {limit:?} for: {what}")))
}

/// The same, for no longer than `limit`.
pub async fn within<T: FromRow + Send + 'static>(
    conn: &mut Conn,
    limit: Duration,
    sql: &str,
) -> Outcome<Option<T>> {
    let begun = Instant::now();
    loop {
        match conn.query_first(sql).await? {
            Some(row) => return Ok(Some(row)),
            None if begun.elapsed() > limit => return Ok(None),
            None => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Waits until a query has no row any more.
pub async fn gone(conn: &mut Conn, what: &str, sql: &str) -> Outcome {
    let begun = Instant::now();
    while let Some(row) = conn.query_first::<mysql_async::Row, _>(sql).await? {
        ensure(begun.elapsed().as_secs() < WAIT_SECONDS_MAX, || {
            format!("still there: {what} ({row:?})")
        })?;
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// KILL, or KILL QUERY; whether the session was still there.
pub async fn kill(conn: &mut Conn, what: &str, session: u64) -> Outcome<bool> {
    match conn.query_drop(format!("KILL {what} {session}")).await {
        Ok(()) => Ok(true),
        Err(mysql_async::Error::Server(error)) if error.code == 1094 => Ok(false),
        Err(error) => Err(error.into()),
    }
}
