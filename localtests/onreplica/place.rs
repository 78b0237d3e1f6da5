//! A table on the primary, its copy on the replica, and somebody who writes.

use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::{Finished, Outcome, Server, Tool, Trouble, caught_up, ensure, trouble, turn};

const ROWS: u64 = 5_000;
const ALTER: &str = "ADD COLUMN note VARCHAR(20) DEFAULT 'n', ADD INDEX by_n (n)";
const PASSWORD: &str = "For-the-test-1";
const WAIT_SECONDS_MAX: u64 = 30;
const LOOK: Duration = Duration::from_millis(20);

/// Where a test plays.
pub struct Place {
    pub primary: Server,
    pub replica: Server,
    pub schema: String,
    /// Held as long as the test has the servers.
    _turn: Conn,
}

/// Somebody who writes on the primary.
pub struct Writing {
    stop: watch::Sender<bool>,
    running: JoinSet<Outcome<u64>>,
}

/// Keeps the swap from getting its lock.
pub struct Held(#[expect(dead_code, reason = "its transaction lives as long as it")] Conn);

impl Place {
    /// A table of its own, replicated, and the replica as it should be, whatever another test left.
    pub async fn new(name: &str) -> Outcome<Self> {
        let (primary, replica) = (Server::from_env()?, Server::replica_from_env()?);
        let place = Self {
            _turn: turn(&primary).await?,
            schema: format!("onreplica_{name}"),
            primary,
            replica,
        };
        place.set("super_read_only = OFF").await?;
        place.set("read_only = ON").await?;
        place.start().await?;
        let mut conn = place.primary.connect().await?;
        let schema = &place.schema;
        conn.query_drop(format!("DROP DATABASE IF EXISTS {schema}"))
            .await?;
        conn.query_drop(format!("CREATE DATABASE {schema}")).await?;
        conn.query_drop(format!(
            "CREATE TABLE {schema}.t (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL, v VARCHAR(40)) COMMENT 'mine'"
        ))
        .await?;
        conn.query_drop(format!("SET SESSION cte_max_recursion_depth = {ROWS}"))
            .await?;
        conn.query_drop(format!(
            "INSERT INTO {schema}.t (n, v) WITH RECURSIVE i AS (SELECT 1 n UNION ALL SELECT n + 1 FROM i WHERE n < {ROWS}) \
             SELECT n, CONCAT('row ', n) FROM i"
        ))
        .await?;
        caught_up(&place.primary, &place.replica).await?;
        Ok(place)
    }

    pub fn alter(&self, more: &[&str]) -> Outcome<Tool> {
        self.alter_by(ALTER, more)
    }

    pub fn alter_by(&self, alter: &str, more: &[&str]) -> Outcome<Tool> {
        self.start_on(&self.replica, alter, more)
    }

    pub fn on_primary(&self, more: &[&str]) -> Outcome<Tool> {
        self.start_on(&self.primary, ALTER, more)
    }

    fn start_on(&self, server: &Server, alter: &str, more: &[&str]) -> Outcome<Tool> {
        let mut args = vec!["--table=t".to_owned(), format!("--alter={alter}")];
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        Tool::alter(server, &self.schema, &args)
    }

    /// Without `--execute`: the last one counts.
    pub async fn dry(&self, more: &[&str]) -> Outcome<Finished> {
        let args: Vec<&str> = more.iter().copied().chain(["--execute=false"]).collect();
        self.alter(&args)?.finish().await
    }

    /// As an account that may change the table, and has these privileges besides; none of them lets it see who holds a
    /// table, so it asks for the swap's lock at once.
    pub async fn as_account(&self, name: &str, privileges: &str, more: &[&str]) -> Outcome<Tool> {
        let mut conn = self.primary.connect().await?;
        for statement in [
            format!("DROP USER IF EXISTS {name}"),
            format!("CREATE USER {name} IDENTIFIED BY '{PASSWORD}'"),
            format!("GRANT ALL ON {}.* TO {name}", self.schema),
            format!("GRANT REPLICATION CLIENT, REPLICATION SLAVE{privileges} ON *.* TO {name}"),
        ] {
            conn.query_drop(statement).await?;
        }
        caught_up(&self.primary, &self.replica).await?;
        let account = Server {
            user: name.to_owned(),
            password: PASSWORD.to_owned(),
            ..self.replica.clone()
        };
        self.start_on(&account, ALTER, more)
    }

    /// A global of the replica's.
    pub async fn set(&self, assignment: &str) -> Outcome {
        let mut conn = self.replica.connect().await?;
        Ok(conn.query_drop(format!("SET GLOBAL {assignment}")).await?)
    }

    /// Inserts, updates and deletes, one after the other, until it is told to stop.
    pub async fn writing(&self) -> Outcome<Writing> {
        let (stop, stopped) = watch::channel(false);
        let mut conn = self.primary.connect().await?;
        let table = format!("{}.t", self.schema);
        let mut running = JoinSet::new();
        running.spawn(async move {
            let mut times = 0;
            while !*stopped.borrow() {
                times += 1;
                let id = times * 37 % ROWS + 1;
                conn.query_drop(format!("INSERT INTO {table} (n, v) VALUES ({times}, 'new')"))
                    .await?;
                conn.query_drop(format!(
                    "UPDATE {table} SET v = 'changed {times}' WHERE id = {id}"
                ))
                .await?;
                conn.query_drop(format!("DELETE FROM {table} WHERE id = {}", id + 1))
                    .await?;
            }
            Ok(times)
        });
        Ok(Writing { stop, running })
    }

    /// A transaction on the replica that has read the table and does not end.
    pub async fn held_back(&self) -> Outcome<Held> {
        let mut conn = self.replica.connect().await?;
        conn.query_drop("BEGIN").await?;
        conn.query_drop(format!("SELECT COUNT(*) FROM {}.t", self.schema))
            .await?;
        Ok(Held(conn))
    }

    pub async fn start(&self) -> Outcome {
        let mut conn = self.replica.connect().await?;
        Ok(conn.query_drop("START REPLICA").await?)
    }

    pub async fn stop(&self) -> Outcome {
        let mut conn = self.replica.connect().await?;
        Ok(conn.query_drop("STOP REPLICA").await?)
    }

    pub async fn replicates(&self) -> Outcome<bool> {
        self.runs("replication_applier_status").await
    }

    pub async fn receives(&self) -> Outcome<bool> {
        self.runs("replication_connection_status").await
    }

    async fn runs(&self, table: &str) -> Outcome<bool> {
        let mut conn = self.replica.connect().await?;
        let state: Option<String> = conn
            .query_first(format!("SELECT service_state FROM performance_schema.{table}"))
            .await?;
        Ok(state.as_deref() == Some("ON"))
    }

    pub async fn until_it_replicates(&self) -> Outcome {
        let begun = Instant::now();
        while !self.replicates().await? {
            ensure(begun.elapsed().as_secs() < WAIT_SECONDS_MAX, || {
                "replication was not started again".to_owned()
            })?;
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// On the replica, exactly these tables are there.
    pub async fn only(&self, names: &[&str]) -> Outcome {
        let mut conn = self.replica.connect().await?;
        let found: Vec<String> = conn.query(format!("SHOW TABLES FROM {}", self.schema)).await?;
        ensure(found == names, || {
            format!("{found:?} are there, expected {names:?}")
        })
    }

    pub async fn is_altered(&self) -> Outcome<bool> {
        self.has_note("t").await
    }

    /// And it is marked as ours.
    pub async fn ghost_is_altered(&self) -> Outcome<bool> {
        let mut conn = self.replica.connect().await?;
        let comment: Option<String> = conn
            .exec_first(
                "SELECT table_comment FROM information_schema.tables WHERE table_schema = ? AND table_name = '_t_gho'",
                (&self.schema,),
            )
            .await?;
        let marked = comment
            .is_some_and(|text| text.starts_with("ghost-rs ghost of") && text.ends_with("; comment: mine"));
        Ok(marked && self.has_note("_t_gho").await? && !self.has_note("t").await?)
    }

    async fn has_note(&self, table: &str) -> Outcome<bool> {
        let mut conn = self.replica.connect().await?;
        let column: Option<mysql_async::Row> = conn
            .query_first(format!("SHOW COLUMNS FROM {}.{table} LIKE 'note'", self.schema))
            .await?;
        Ok(column.is_some())
    }

    /// The replica's two tables hold the same rows.
    pub async fn ghost_is_source(&self) -> Outcome {
        let mut conn = self.replica.connect().await?;
        let (source, ghost) = (
            self.rows(&mut conn, "t").await?,
            self.rows(&mut conn, "_t_gho").await?,
        );
        ensure(!source.is_empty() && source == ghost, || {
            format!(
                "{} rows in the source, {} in the ghost",
                source.len(),
                ghost.len()
            )
        })
    }

    /// The table has the same rows on both servers, once the replica has all; the writer wrote so many times.
    pub async fn source_is_whole(&self, written: u64) -> Outcome {
        let caught_up = caught_up(&self.primary, &self.replica).await;
        caught_up.map_err(|trouble: Trouble| trouble.at("after the run"))?;
        let here = self.rows(&mut self.primary.connect().await?, "t").await?;
        let there = self.rows(&mut self.replica.connect().await?, "t").await?;
        println!("{written} rounds of writing, {} rows", here.len());
        ensure(here == there, || {
            format!(
                "{} rows on the primary, {} on the replica",
                here.len(),
                there.len()
            )
        })
    }

    async fn rows(&self, conn: &mut Conn, table: &str) -> Outcome<Vec<(u64, i64, Option<String>)>> {
        Ok(conn
            .query(format!(
                "SELECT id, n, v FROM {}.{table} ORDER BY id",
                self.schema
            ))
            .await?)
    }
}

impl Writing {
    /// How often it wrote.
    pub async fn stop(mut self) -> Outcome<u64> {
        self.stop.send_replace(true);
        let ended = self.running.join_next().await;
        ended.ok_or_else(|| trouble("nobody writes"))??
    }
}
