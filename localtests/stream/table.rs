//! A small table without writers, and a run on it that waits before its swap. The test alone changes the table, so it
//! knows what the binlog holds.

use std::path::PathBuf;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};

use crate::support::{Finished, Outcome, Server, Tool, ensure, turn};

const ROWS: u32 = 200;

/// Where a test plays.
pub struct Table {
    pub schema: String,
    server: Server,
    /// One test at a time: some kill every new reader of the binlog, or purge its files.
    _turn: Conn,
}

/// A run whose rows are copied and whose swap waits for the flag file to go.
pub struct Waiting {
    pub tool: Tool,
    flag: Flag,
}

/// A file that postpones the swap while it exists.
struct Flag(PathBuf);

/// What a test that failed has left prepared holds its table for ever.
async fn roll_back_leftovers(conn: &mut Conn) -> Outcome {
    let prepared: Vec<(u64, u64, u64, String)> = conn.query("XA RECOVER").await?;
    for (_, _, _, xid) in prepared.iter().filter(|(_, _, _, xid)| xid.starts_with("st_")) {
        conn.query_drop(format!("XA ROLLBACK '{xid}'")).await?;
    }
    Ok(())
}

impl Table {
    /// A table `t` of 200 rows in a schema of its own.
    pub async fn new(name: &str) -> Outcome<Self> {
        let server = Server::from_env()?;
        let table = Self {
            schema: format!("stream_{name}"),
            _turn: turn(&server).await?,
            server,
        };
        let mut conn = table.server.connect().await?;
        roll_back_leftovers(&mut conn).await?;
        let schema = &table.schema;
        conn.query_drop(format!("DROP DATABASE IF EXISTS {schema}"))
            .await?;
        conn.query_drop(format!("CREATE DATABASE {schema}")).await?;
        conn.query_drop(format!(
            "CREATE TABLE {schema}.t (id INT PRIMARY KEY, v INT NOT NULL DEFAULT 0, doc JSON, body LONGBLOB)"
        ))
        .await?;
        conn.query_drop(format!(
            "INSERT INTO {schema}.t WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {ROWS}) \
             SELECT n, n, JSON_OBJECT('n', n, 's', REPEAT('x', 100)), REPEAT('b', n) FROM n"
        ))
        .await?;
        Ok(table)
    }

    /// A session in the schema.
    pub async fn conn(&self) -> Outcome<Conn> {
        let opts = OptsBuilder::from_opts(self.server.opts()).db_name(Some(self.schema.clone()));
        Ok(Conn::new(opts).await?)
    }

    /// Starts a run.
    pub fn alter(&self, more: &[&str]) -> Outcome<Tool> {
        let fixed = ["--table=t", "--alter=ADD COLUMN note VARCHAR(20) DEFAULT 'n'"];
        let args: Vec<String> = fixed.iter().chain(more).map(|&arg| arg.to_owned()).collect();
        Tool::alter(&self.server, &self.schema, &args)
    }

    /// Starts a run and waits until its rows are copied.
    pub async fn waiting(&self) -> Outcome<Waiting> {
        let flag = std::env::temp_dir().join(format!("{}-{}.flag", self.schema, std::process::id()));
        let argument = format!("--postpone-cut-over-flag-file={}", flag.display());
        let mut waiting = Waiting {
            tool: self.alter(&[&argument])?,
            flag: Flag(flag),
        };
        let copied = waiting.tool.says("postponed").await?;
        ensure(copied, || "the run ended before the swap".to_owned())?;
        Ok(waiting)
    }

    /// The run ended well, and the new table holds what the old one held at the swap.
    pub async fn is_altered(&self, finished: &Finished) -> Outcome {
        ensure(finished.code == Some(0), || {
            format!("exit {:?}:\n{}", finished.code, finished.output)
        })?;
        let mut conn = self.conn().await?;
        let rows = |table: &str| {
            format!(
                "SELECT id, v, CAST(doc AS CHAR), JSON_TYPE(doc->'$.n'), HEX(body) FROM {table} ORDER BY id"
            )
        };
        type Row = (i32, i32, Option<String>, Option<String>, Option<String>);
        let new: Vec<Row> = conn.query(rows("t")).await?;
        let old: Vec<Row> = conn.query(rows("_t_del")).await?;
        conn.query_drop("SELECT note FROM t LIMIT 1").await?;
        ensure(new == old, || {
            let differs = old.iter().find(|row| !new.contains(row)).map(|row| row.0);
            let extra = new.iter().find(|row| !old.contains(row)).map(|row| row.0);
            format!("row {differs:?} is missing or differs, row {extra:?} should not be there")
        })
    }

    /// The run was stopped for a reason that it names, and the source is what it was.
    pub async fn is_not_altered(&self, finished: &Finished, words: &[&str]) -> Outcome {
        println!("ended after {:.1} s", finished.took.as_secs_f64());
        ensure(finished.code == Some(4), || {
            format!("exit {:?}:\n{}", finished.code, finished.output)
        })?;
        for word in words {
            ensure(finished.output.contains(word), || {
                format!("{word:?} is not said:\n{}", finished.output)
            })?;
        }
        let mut conn = self.conn().await?;
        let old: Option<String> = conn.query_first("SHOW TABLES LIKE '\\_t\\_del'").await?;
        ensure(old.is_none(), || "the swap took place".to_owned())?;
        conn.query_drop("SET SESSION lock_wait_timeout = 5").await?;
        conn.query_drop("LOCK TABLES t WRITE").await?;
        Ok(conn.query_drop("UNLOCK TABLES").await?)
    }
}

impl Waiting {
    /// The swap may happen now.
    pub fn go(&self) -> Outcome {
        Ok(std::fs::remove_file(&self.flag.0)?)
    }

    /// The swap may happen now; waits for the end of the run.
    pub async fn finish(self) -> Outcome<Finished> {
        drop(self.flag);
        self.tool.finish().await
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
