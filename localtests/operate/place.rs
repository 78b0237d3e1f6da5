//! One table of its own for each test, a run on it that holds still, and what is said to that run.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::support::{Finished, Outcome, Server, Tool, Trouble, ensure, trouble, turn};

const ALTER: &str = "--alter=ADD COLUMN note VARCHAR(20) DEFAULT 'n'";
/// An answer, or a state, that takes longer never comes.
const WAIT_SECONDS_MAX: u64 = 60;
const LOOK: Duration = Duration::from_millis(10);

/// A table `t` in a schema of its own.
pub struct Place {
    pub server: Server,
    pub schema: String,
    rows: u64,
}

impl Place {
    pub async fn new(name: &str, rows: u64) -> Outcome<Self> {
        static TURN: OnceCell<Conn> = OnceCell::const_new();
        let server = Server::from_env()?;
        TURN.get_or_try_init(|| turn(&server)).await?;
        let schema = format!("operate_{name}");
        let mut conn = server.connect().await?;
        conn.query_drop(format!("DROP DATABASE IF EXISTS {schema}"))
            .await?;
        conn.query_drop(format!("CREATE DATABASE {schema}")).await?;
        conn.query_drop(format!("USE {schema}")).await?;
        conn.query_drop("CREATE TABLE t (id INT PRIMARY KEY, c VARCHAR(64) NOT NULL)")
            .await?;
        conn.query_drop("SET SESSION cte_max_recursion_depth = 1000000")
            .await?;
        conn.query_drop(format!(
            "INSERT INTO t WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < {rows}) \
             SELECT n, SHA2(n, 224) FROM r"
        ))
        .await?;
        Ok(Self { server, schema, rows })
    }

    /// Starts a run.
    pub fn alter(&self, more: &[&str]) -> Outcome<Tool> {
        let mut args = vec!["--table=t".to_owned(), ALTER.to_owned()];
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        Tool::alter(&self.server, &self.schema, &args)
    }

    /// Starts a run that will wait with its swap, and waits until it takes commands.
    pub async fn begun(&self, more: &[&str]) -> Outcome<Held> {
        let flag = std::env::temp_dir().join(format!("{}-{}.flag", self.schema, std::process::id()));
        let argument = format!("--postpone-cut-over-flag-file={}", flag.display());
        let more: Vec<&str> = more.iter().copied().chain([argument.as_str()]).collect();
        let mut held = Held {
            tool: self.alter(&more)?,
            flag: Flag(flag),
        };
        ensure(held.tool.says("commands are taken").await?, || {
            "the run did not begin".to_owned()
        })?;
        Ok(held)
    }

    /// The same, and waits until all is copied and its swap is postponed.
    pub async fn postponed(&self, more: &[&str]) -> Outcome<Held> {
        let held = self.begun(more).await?;
        held.comes_to("postponed").await?;
        Ok(held)
    }

    /// Whether the table has been altered, with every row as it was.
    pub async fn is_altered(&self) -> Outcome<bool> {
        let mut conn = self.server.connect().await?;
        let schema = &self.schema;
        let new: Option<mysql_async::Row> = conn
            .query_first(format!("SHOW COLUMNS FROM {schema}.t LIKE 'note'"))
            .await?;
        let right: Option<u64> = conn
            .query_first(format!("SELECT COUNT(*) FROM {schema}.t WHERE c = SHA2(id, 224)"))
            .await?;
        ensure(right == Some(self.rows), || {
            format!("{right:?} of {} rows are right", self.rows)
        })?;
        Ok(new.is_some())
    }

    /// A session with a transaction that has read the table: its metadata lock stays until it is dropped.
    pub async fn reader(&self) -> Outcome<Conn> {
        let mut conn = self.server.connect().await?;
        conn.query_drop("BEGIN").await?;
        conn.query_drop(format!("SELECT id FROM {}.t LIMIT 1", self.schema))
            .await?;
        Ok(conn)
    }

    /// The schema goes: its name is that of one test run.
    pub async fn forget(&self) -> Outcome {
        let mut conn = self.server.connect().await?;
        Ok(conn.query_drop(format!("DROP DATABASE {}", self.schema)).await?)
    }

    /// The run ended well, its socket is gone, and every row is there.
    pub async fn ended_well(&self, finished: &Finished, socket: &Path) -> Outcome {
        ensure(finished.code == Some(0), || {
            format!("exit {:?}:\n{}", finished.code, finished.output)
        })?;
        ensure(self.is_altered().await?, || {
            "exit 0, and the table is not altered".to_owned()
        })?;
        ensure(!socket.exists(), || {
            format!("{} is still there", socket.display())
        })
    }
}

/// A run whose swap waits for its flag file.
pub struct Held {
    pub tool: Tool,
    pub flag: Flag,
}

/// The flag file; it goes with the test.
pub struct Flag(pub PathBuf);

impl Drop for Flag {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Held {
    /// Says one line and gives the answer.
    pub fn say(&self, line: &str) -> Outcome<String> {
        say(self.tool.socket(), line)
    }

    /// The run as a program sees it.
    pub fn object(&self) -> Outcome<Value> {
        Ok(serde_json::from_str::<Value>(&self.say("json status")?)?["run"].take())
    }

    /// Waits for a state.
    pub async fn comes_to(&self, state: &str) -> Outcome {
        until(|| Ok(self.object()?["status"]["state"] == state))
            .await
            .map_err(|trouble: Trouble| trouble.at(state))
    }

    /// What `ghost-rs ctl` says.
    pub fn ctl(&self, args: &[&str]) -> Outcome<Output> {
        let socket = self.tool.socket().display().to_string();
        ctl(&[&[socket.as_str()], args].concat())
    }
}

/// Runs `ghost-rs ctl`.
pub fn ctl(args: &[&str]) -> Outcome<Output> {
    Ok(Command::new(Tool::program()).arg("ctl").args(args).output()?)
}

/// Whether a run answers there.
pub fn is_listening(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

/// Says one line as `nc -N` does: our side is closed, then the answer is read to its end.
pub fn say(socket: &Path, line: &str) -> Outcome<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(WAIT_SECONDS_MAX)))?;
    stream.write_all(format!("{line}\n").as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    read(stream)
}

/// The same as a client that waits for the run to close.
pub fn say_and_wait(socket: &Path, line: &str) -> Outcome<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(WAIT_SECONDS_MAX)))?;
    stream.write_all(format!("{line}\n").as_bytes())?;
    read(stream)
}

/// The same over TCP.
pub fn say_over_tcp(port: u16, line: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(WAIT_SECONDS_MAX)))?;
    stream.write_all(format!("{line}\n").as_bytes())?;
    read(stream)
}

fn read(mut stream: impl Read) -> Outcome<String> {
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Waits until something holds.
pub async fn until(holds: impl Fn() -> Outcome<bool>) -> Outcome {
    let begun = Instant::now();
    while !holds()? {
        if begun.elapsed().as_secs() > WAIT_SECONDS_MAX {
            return Err(trouble(format!("waited {WAIT_SECONDS_MAX} s")));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
