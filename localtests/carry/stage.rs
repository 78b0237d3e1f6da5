//! A schema of the test's own, sessions in it, and runs of ghost-rs on its table `t`.

use std::time::{Duration, Instant};

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, OptsBuilder};

use crate::support::{Finished, Outcome, Server, Tool, Trouble, ensure, trouble, turn};

const WAIT_SECONDS_MAX: u64 = 60;
const LOOK: Duration = Duration::from_millis(5);

/// Where a test plays.
pub struct Stage {
    pub schema: String,
    pub server: Server,
    pub conn: Conn,
}

impl Stage {
    /// An empty schema, and what the statements make in it.
    pub async fn new(name: &str, sql: &[&str]) -> Outcome<Self> {
        static TURN: tokio::sync::OnceCell<Conn> = tokio::sync::OnceCell::const_new();
        let server = Server::from_env()?;
        TURN.get_or_try_init(|| fresh_turn(&server)).await?;
        let schema = format!("carry_{name}");
        let mut conn = server.connect().await?;
        conn.query_drop(format!("DROP DATABASE IF EXISTS {schema}"))
            .await?;
        conn.query_drop(format!("CREATE DATABASE {schema}")).await?;
        let mut stage = Self {
            conn: Self::session(&server, &schema).await?,
            schema,
            server,
        };
        for &statement in sql {
            let made: Result<(), Trouble> = stage.conn.query_drop(statement).await.map_err(Into::into);
            made.map_err(|trouble| trouble.at(statement))?;
        }
        Ok(stage)
    }

    async fn session(server: &Server, schema: &str) -> Outcome<Conn> {
        let opts = OptsBuilder::from_opts(server.opts()).db_name(Some(schema));
        Ok(Conn::new(opts).await?)
    }

    /// Another session in the schema.
    pub async fn another(&self) -> Outcome<Conn> {
        Self::session(&self.server, &self.schema).await
    }

    /// Starts a run on `t`.
    pub fn start(&self, args: &[&str]) -> Outcome<Tool> {
        self.start_through(self.server.port, args)
    }

    /// The same on another port than the server's.
    pub fn start_through(&self, port: u16, args: &[&str]) -> Outcome<Tool> {
        let server = Server {
            port,
            ..self.server.clone()
        };
        Tool::alter(&server, &self.schema, &with_table(args))
    }

    /// What a run would do.
    pub async fn dry_run(&self, args: &[&str]) -> Outcome<Finished> {
        let finished = Tool::dry_run(&self.server, &self.schema, &with_table(args))?
            .finish()
            .await?;
        ended(&finished, 0)?;
        Ok(finished)
    }

    /// From now on runs have an account that sees nothing of the server's own schemas.
    pub async fn modest(&mut self) -> Outcome {
        let (user, password) = (self.schema.clone(), "For-the-test-1".to_owned());
        for sql in [
            format!("DROP USER IF EXISTS {user}"),
            format!("CREATE USER {user} IDENTIFIED BY '{password}'"),
            format!("GRANT ALL ON {}.* TO {user}", self.schema),
            format!("GRANT REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO {user}"),
        ] {
            self.conn.query_drop(sql).await?;
        }
        self.server = Server {
            user,
            password,
            ..self.server.clone()
        };
        Ok(())
    }

    /// A run from beginning to end.
    pub async fn run(&self, args: &[&str]) -> Outcome<Finished> {
        self.start(args)?.finish().await
    }

    /// A run that must end well.
    pub async fn done(&self, args: &[&str]) -> Outcome<Finished> {
        let finished = self.run(args).await?;
        ended(&finished, 0)?;
        Ok(finished)
    }

    /// The first column of each row.
    pub async fn all<T: FromRow + Send + 'static>(&mut self, sql: &str) -> Outcome<Vec<T>> {
        Ok(self.conn.query(sql).await?)
    }

    /// The names of all tables, in order.
    pub async fn tables(&mut self) -> Outcome<Vec<String>> {
        self.all("SHOW TABLES").await
    }

    /// Waits until a query has a row.
    pub async fn until<T: FromRow + Send + 'static>(&mut self, what: &str, sql: &str) -> Outcome<T> {
        let begun = Instant::now();
        loop {
            if let Some(row) = self.conn.query_first(sql).await? {
                return Ok(row);
            }
            ensure(begun.elapsed().as_secs() < WAIT_SECONDS_MAX, || {
                format!("waited {WAIT_SECONDS_MAX} s for: {what}")
            })?;
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Our turn on the server, which forgets the statements that it has seen.
async fn fresh_turn(server: &Server) -> Outcome<Conn> {
    let mut conn = turn(server).await?;
    conn.query_drop("TRUNCATE TABLE performance_schema.events_statements_summary_by_digest")
        .await?;
    Ok(conn)
}

fn with_table(args: &[&str]) -> Vec<String> {
    let args = ["--table=t"].iter().chain(args);
    args.map(|&arg| arg.to_owned()).collect()
}

/// The run ended with this code.
pub fn ended(finished: &Finished, code: i32) -> Outcome {
    ensure(finished.code == Some(code), || {
        format!(
            "exit {:?}, not {code}, after {:?}:\n{}",
            finished.code, finished.took, finished.output
        )
    })
}

/// The run said all of this.
pub fn said(finished: &Finished, words: &[&str]) -> Outcome {
    match words.iter().find(|word| !finished.output.contains(**word)) {
        None => Ok(()),
        Some(word) => Err(trouble(format!("no {word:?} in:\n{}", finished.output))),
    }
}

/// A file that holds the swap back as long as it exists; the tool creates it.
pub struct Flag(tempfile::TempDir);

impl Flag {
    pub fn new() -> Outcome<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    /// What to tell the tool.
    pub fn argument(&self) -> String {
        format!(
            "--postpone-cut-over-flag-file={}",
            self.0.path().join("wait").display()
        )
    }

    /// The swap may go on.
    pub fn lower(self) {}
}
