//! The servers, and one table with writers on it. Each test begins with everything in order, whatever the last one did.

use std::process::Command;
use std::time::{Duration, Instant};

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, OptsBuilder};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Test;
use crate::storm::{self, Kind, Storm, Watch};
use crate::support::{Finished, Outcome, Server, Tool, ensure, trouble, turn};

/// The schema of these tests.
pub const SCHEMA: &str = "replica_test";
const ROWS: u64 = 1_000;
/// Transactions a second.
const RATE: u64 = 150;
const WAIT_SECONDS_MAX: u64 = 60;
const LOOK: Duration = Duration::from_millis(10);
/// What a test may have set on a server.
const DEFAULTS: &str = "SET GLOBAL binlog_format = 'ROW', replica_exec_mode = 'STRICT'";

/// Three servers.
pub struct Stage {
    runtime: Runtime,
    /// The sandbox's primary.
    pub primary: Server,
    /// The sandbox's replica. Nobody changes anything there.
    pub replica: Server,
    /// A replica of this test's own.
    pub leaf: Server,
    folder: TempDir,
    /// Held as long as the stage is open.
    turn: Conn,
}

/// A run that has begun, and its writers.
pub struct Running {
    pub tool: Tool,
    weather: JoinSet<Result<storm::Report, storm::Error>>,
    stop: watch::Sender<bool>,
    flag: TempDir,
}

impl Stage {
    /// Starts the leaf.
    pub fn open(runtime: Runtime) -> Outcome<Self> {
        let primary = Server::from_env()?;
        let port = std::env::var("GHOST_RS_TEST_REPLICA_PORT").unwrap_or_else(|_| "13307".to_owned());
        let folder = TempDir::new()?;
        let turn = runtime.block_on(turn(&primary))?;
        let up = sandbox(
            &folder,
            &["up", "--port", "0", "--no-replica", "--buffer-pool", "64M"],
        )?;
        let ours = sandbox(&folder, &["env"])?;
        let ours = ours
            .lines()
            .find_map(|line| line.strip_prefix("export GHOST_RS_TEST_PORT="));
        let at = |port: &str| -> Outcome<Server> {
            Ok(Server {
                port: port.parse().map_err(|_| trouble(format!("no port: {port}")))?,
                ..primary.clone()
            })
        };
        Ok(Self {
            replica: at(&port)?,
            leaf: at(ours.ok_or_else(|| trouble(format!("where is the leaf? {up}")))?)?,
            primary,
            runtime,
            folder,
            turn,
        })
    }

    /// Stops the leaf.
    pub fn close(&self) {
        let _ = self.runtime.block_on(self.clear_primary());
        let _ = sandbox(&self.folder, &["wipe"]);
        let _ = self.turn.id();
    }

    /// Plays one test, and puts in order what it left on the primary.
    pub fn play(&self, test: Test) -> Outcome {
        self.runtime.block_on(async {
            self.in_order()
                .await
                .map_err(|trouble| trouble.at("before the test"))?;
            let result = test(self).await;
            let cleared = self.clear_primary().await;
            result.and(cleared)
        })
    }

    /// A session.
    pub async fn conn(&self, server: &Server) -> Outcome<Conn> {
        server.connect().await
    }

    /// Statements on a server, one after another.
    pub async fn run(&self, server: &Server, statements: &[&str]) -> Outcome {
        let mut conn = server.connect().await?;
        for statement in statements {
            let ran = conn.query_drop(*statement).await;
            ran.map_err(|error| trouble(format!("{statement}: {error}")))?;
        }
        Ok(())
    }

    /// The first value that a query gives.
    pub async fn ask<T: FromRow + Send + 'static>(&self, server: &Server, sql: &str) -> Outcome<T> {
        let mut conn = server.connect().await?;
        let row = conn.query_first(sql).await?;
        row.ok_or_else(|| trouble(format!("no row: {sql}")))
    }

    async fn in_order(&self) -> Outcome {
        self.clear_primary().await?;
        self.attach_leaf(&self.primary).await?;
        storm::load(&self.storm())
            .await
            .map_err(|error| trouble(error.to_string()))?;
        self.await_caught_up(&self.replica).await?;
        self.await_caught_up(&self.leaf).await
    }

    async fn clear_primary(&self) -> Outcome {
        self.run(
            &self.primary,
            &[
                "STOP REPLICA",
                "RESET REPLICA ALL",
                DEFAULTS,
                &format!("DROP DATABASE IF EXISTS {SCHEMA}"),
            ],
        )
        .await
    }

    /// The leaf as if it had been made from a copy of the source, a moment ago.
    pub async fn attach_leaf(&self, source: &Server) -> Outcome {
        let executed: String = self.ask(source, "SELECT @@GLOBAL.gtid_executed").await?;
        self.run(
            &self.leaf,
            &[
                "STOP REPLICA",
                "RESET REPLICA ALL",
                "CHANGE REPLICATION FILTER REPLICATE_DO_DB = (), REPLICATE_IGNORE_TABLE = ()",
                "SET GLOBAL super_read_only = OFF",
                "SET GLOBAL read_only = OFF",
                DEFAULTS,
                "SET GLOBAL replica_preserve_commit_order = ON",
                &format!("DROP DATABASE IF EXISTS {SCHEMA}"),
                "RESET BINARY LOGS AND GTIDS",
                &format!("SET GLOBAL gtid_purged = '{executed}'"),
                &change_source(source),
                "SET GLOBAL read_only = ON",
                "START REPLICA",
            ],
        )
        .await?;
        self.await_caught_up(&self.leaf).await
    }

    /// The leaf replicates from the sandbox's replica from now on. What only that one has executed (other tests leave
    /// such transactions) does not matter.
    pub async fn move_leaf(&self) -> Outcome {
        let here: String = self.ask(&self.primary, "SELECT @@GLOBAL.gtid_executed").await?;
        let errant = format!("SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, '{here}')");
        self.await_caught_up(&self.replica).await?;
        self.run(&self.leaf, &["STOP REPLICA"]).await?;
        let errant: String = self.ask(&self.replica, &errant).await?;
        let ours = errant
            .split(',')
            .map(str::trim)
            .filter(|set| !set.is_empty() && !here.contains(set.split(':').next().unwrap_or(set)));
        let ours: Vec<&str> = ours.collect();
        if !ours.is_empty() {
            let purge = format!("SET GLOBAL gtid_purged = '+{}'", ours.join(","));
            self.run(&self.leaf, &[&purge]).await?;
        }
        self.run(&self.leaf, &[&change_source(&self.replica), "START REPLICA"])
            .await
    }

    /// Until a replica has everything that the primary has now.
    pub async fn await_caught_up(&self, replica: &Server) -> Outcome {
        let executed: String = self.ask(&self.primary, "SELECT @@GLOBAL.gtid_executed").await?;
        let sql = format!("SELECT WAIT_FOR_EXECUTED_GTID_SET('{executed}', {WAIT_SECONDS_MAX})");
        let waited: i32 = self.ask(replica, &sql).await?;
        ensure(waited == 0, || {
            format!("the server on port {} does not catch up", replica.port)
        })
    }

    fn storm(&self) -> Storm {
        Storm {
            opts: OptsBuilder::from_opts(self.primary.opts()).into(),
            schema: SCHEMA.to_owned(),
            table: "t".to_owned(),
            kind: Kind::Int,
            rows: ROWS,
            writers: 3,
            readers: 0,
            seed: 7,
            rate: RATE,
        }
    }

    /// Starts a run through a server, without writers.
    pub fn alter(&self, through: &Server, more: &[&str]) -> Outcome<Tool> {
        let mut args = vec![
            "--execute".to_owned(),
            "--table=t".to_owned(),
            "--alter=ADD COLUMN note INT DEFAULT 3, ADD INDEX by_note (note)".to_owned(),
        ];
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        Tool::through(through, SCHEMA, &args)
    }

    /// A run that is to be refused: what it says.
    pub async fn refusal(&self, through: &Server, more: &[&str], words: &[&str]) -> Outcome {
        let finished = self.alter(through, more)?.finish().await?;
        for word in words {
            ensure(finished.output.contains(word), || {
                format!("no {word:?} in:\n{}", finished.output)
            })?;
        }
        ensure(finished.code == Some(3) || finished.code == Some(6), || {
            format!("exit {:?}:\n{}", finished.code, finished.output)
        })
    }

    /// Writers begin, and a run that does not swap before it is told.
    pub async fn begin(&self, through: &Server, more: &[&str]) -> Outcome<Running> {
        let flag = TempDir::new()?;
        let postpone = format!(
            "--postpone-cut-over-flag-file={}",
            flag.path().join("flag").display()
        );
        let mut args = vec![postpone.as_str()];
        args.extend(more);
        let (stop, stopped) = watch::channel(false);
        let (storm, mut weather) = (self.storm(), JoinSet::new());
        let watch = Watch {
            stop: stopped,
            transactions: Default::default(),
        };
        weather.spawn(async move { storm.run(&watch).await });
        let mut tool = self.alter(through, &args)?;
        if !tool.says("postponed").await? {
            let finished = tool.finish().await?;
            return Err(trouble(format!("exit {:?}:\n{}", finished.code, finished.output)));
        }
        Ok(Running {
            tool,
            weather,
            stop,
            flag,
        })
    }

    /// A run through a server that succeeds under writers; rows are the same everywhere.
    pub async fn succeeds(&self, through: &Server, more: &[&str]) -> Outcome<String> {
        let running = self.begin(through, more).await?;
        self.ends_well(running).await
    }

    /// The swap may come, it comes, and every row is there on all servers.
    pub async fn ends_well(&self, running: Running) -> Outcome<String> {
        let (finished, report) = running.finish().await?;
        ensure(finished.code == Some(0), || {
            format!("exit {:?}:\n{}", finished.code, finished.output)
        })?;
        ensure(report.ok, || format!("{report}\n{}", finished.output))?;
        for server in [&self.replica, &self.leaf] {
            self.await_caught_up(server).await?;
            let checksum = format!("CHECKSUM TABLE {SCHEMA}.t EXTENDED");
            let here: (String, u64) = self.ask(&self.primary, &checksum).await?;
            let there: (String, u64) = self.ask(server, &checksum).await?;
            ensure(here == there, || format!("other rows on port {}", server.port))?;
        }
        let altered: String = self.ask(&self.primary, &format!("SELECT GROUP_CONCAT(column_name) FROM information_schema.columns WHERE table_schema = '{SCHEMA}' AND table_name = 't'")).await?;
        ensure(altered.contains("note"), || {
            "exit 0, and the table is not altered".to_owned()
        })?;
        Ok(finished.output)
    }

    /// The run ends by itself, says so, and the table is as it was.
    pub async fn is_stopped(&self, running: Running, words: &[&str]) -> Outcome {
        let (finished, report) = running.give_up().await?;
        for word in words {
            ensure(finished.output.contains(word), || {
                format!("no {word:?} in:\n{}", finished.output)
            })?;
        }
        ensure(finished.code == Some(4), || {
            format!("exit {:?}:\n{}", finished.code, finished.output)
        })?;
        ensure(report.ok, || report.to_string())?;
        let columns: String = self.ask(&self.primary, &format!("SELECT GROUP_CONCAT(column_name) FROM information_schema.columns WHERE table_schema = '{SCHEMA}' AND table_name = 't'")).await?;
        ensure(!columns.contains("note"), || {
            "the run failed, and the table is altered".to_owned()
        })
    }
}

impl Running {
    /// The swap may come now.
    pub fn unpostpone(&self) -> Outcome {
        Ok(std::fs::remove_file(self.flag.path().join("flag"))?)
    }

    async fn finish(self) -> Outcome<(Finished, storm::Report)> {
        if self.flag.path().join("flag").exists() {
            self.unpostpone()?;
        }
        self.give_up().await
    }

    async fn give_up(mut self) -> Outcome<(Finished, storm::Report)> {
        let finished = self.tool.finish().await?;
        println!(
            "exit {:?} after {:.1} s",
            finished.code,
            finished.took.as_secs_f64()
        );
        self.stop.send_replace(true);
        let report = self
            .weather
            .join_next()
            .await
            .ok_or_else(|| trouble("there are no writers"))?;
        Ok((finished, report?.map_err(|error| trouble(error.to_string()))?))
    }
}

/// How a replica of the sandbox is told where to replicate from.
pub fn change_source(source: &Server) -> String {
    format!(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {}, SOURCE_USER = 'repl', \
         SOURCE_PASSWORD = 'repl', SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_DELAY = 0",
        source.port
    )
}

/// Waits until a query gives a row.
pub async fn until(server: &Server, what: &str, sql: &str) -> Outcome {
    let mut conn = server.connect().await?;
    let begun = Instant::now();
    while conn.query_first::<mysql_async::Row, _>(sql).await?.is_none() {
        ensure(begun.elapsed().as_secs() < WAIT_SECONDS_MAX, || {
            format!("waited {WAIT_SECONDS_MAX} s for: {what}")
        })?;
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn sandbox(folder: &TempDir, args: &[&str]) -> Outcome<String> {
    let (command, more) = args.split_first().ok_or_else(|| trouble("no command"))?;
    let done = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sandbox"))
        .arg(command)
        .arg("--dir")
        .arg(folder.path().join("leaf"))
        .args(more)
        .output()?;
    ensure(done.status.success(), || {
        format!(
            "scripts/sandbox {command}: {}",
            String::from_utf8_lossy(&done.stderr)
        )
    })?;
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
