//! The server of a whole run, who may run beside whom, and the trials.

use std::process::Command;
use std::sync::{Arc, PoisonError, RwLock};

use libtest_mimic::{Failed, Trial};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::runtime::{Builder, Runtime};

use super::case::{Case, Placement};
use super::play::Play;
use crate::support::{Outcome, Server, trouble, turn};

/// What the trials share.
#[derive(Clone)]
pub struct Suite(Arc<Shared>);

struct Shared {
    server: Option<Server>,
    replica: Option<Server>,
    version: String,
    /// Written by a case that changes globals, read by the others.
    globals: RwLock<()>,
    /// Holds the lock that keeps a second run waiting.
    _turn: Option<(Runtime, Conn)>,
}

impl Suite {
    /// For listing only.
    pub fn offline() -> Self {
        Self(Arc::new(Shared {
            server: None,
            replica: None,
            version: String::new(),
            globals: RwLock::new(()),
            _turn: None,
        }))
    }

    /// Wait for our turn on the server.
    pub fn open(server: Server, replica: Server) -> Outcome<Self> {
        let runtime = runtime()?;
        let (conn, version) = runtime.block_on(take_turn(&server))?;
        let turn = Some((runtime, conn));
        Ok(Self(Arc::new(Shared {
            server: Some(server),
            replica: Some(replica),
            version,
            globals: RwLock::new(()),
            _turn: turn,
        })))
    }

    /// The trials of a case: one for each of its placements, and its rehearsal on the replica.
    pub fn trials(&self, case: Case) -> Vec<Trial> {
        let ignored = case
            .file("ignore_versions")
            .is_some_and(|pattern| self.version_matches(&pattern));
        let case = Arc::new(case);
        let trial = |placement: Placement| {
            let (suite, case) = (self.clone(), Arc::clone(&case));
            let name = placement.trial_name(&case.name);
            Trial::test(name, move || suite.play(&case, placement)).with_ignored_flag(ignored)
        };
        let rehearsal = |placement: Placement| {
            let (suite, case) = (self.clone(), Arc::clone(&case));
            let name = format!("{}/on-replica", case.name);
            Trial::test(name, move || suite.rehearse(&case, placement)).with_ignored_flag(ignored)
        };
        let placements = case.placements.iter().copied();
        placements
            .map(trial)
            .chain(case.rehearsed().map(rehearsal))
            .collect()
    }

    /// Run something of the runner's own on the server.
    pub fn with_server(&self, check: impl AsyncFnOnce(&Server) -> Outcome) -> Result<(), Failed> {
        let _reading = self.0.globals.read().unwrap_or_else(PoisonError::into_inner);
        let server = self.0.server.as_ref().ok_or("no server")?;
        runtime()
            .and_then(|runtime| runtime.block_on(check(server)))
            .map_err(Failed::from)
    }

    fn rehearse(&self, case: &Case, placement: Placement) -> Result<(), Failed> {
        let replica = self.0.replica.as_ref();
        self.with_server(async |server| Play::new(server, replica, case, placement).run().await)
    }

    fn play(&self, case: &Case, placement: Placement) -> Result<(), Failed> {
        let play = async |server: &Server| Play::new(server, None, case, placement).run().await;
        if !case.changes_globals() {
            return self.with_server(play);
        }
        let _alone = self.0.globals.write().unwrap_or_else(PoisonError::into_inner);
        let server = self.0.server.as_ref().ok_or("no server")?;
        runtime()
            .and_then(|runtime| runtime.block_on(play(server)))
            .map_err(Failed::from)
    }

    /// gh-ost's rule: an extended regular expression at the start of the version.
    fn version_matches(&self, pattern: &str) -> bool {
        let test = Command::new("bash")
            .args(["-c", "[[ $1 =~ ^($2) ]]", "bash", &self.0.version, pattern])
            .status();
        test.is_ok_and(|status| status.success())
    }
}

fn runtime() -> Outcome<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

async fn take_turn(server: &Server) -> Outcome<(Conn, String)> {
    let mut conn = turn(server).await?;
    // What a run that was killed in the middle of a case may have left behind.
    conn.query_drop("SET GLOBAL sql_mode = DEFAULT, GLOBAL time_zone = DEFAULT")
        .await?;
    let version: Option<String> = conn.query_first("SELECT @@version").await?;
    version
        .map(|version| (conn, version))
        .ok_or_else(|| trouble("the server has no version"))
}
