//! Replication stands still while a swap is rehearsed: stopped right before the lock is asked for, and left so when the
//! rehearsal took place, for the two tables to be compared. After anything else it is started again, if it was we who
//! stopped it.

use crate::{
    config::Mode,
    cutover::Attempt,
    error::{Exit, Failure},
    inspect::{Replication, Version},
    mysql::{Class, Sessions, SqlError},
    retry::Retry,
};

/// What a run does to replication.
pub(super) struct Standstill {
    wanted: bool,
    sessions: Sessions,
    version: Version,
    replication: Replication,
}

impl Standstill {
    /// Nothing is stopped yet. `sessions` and `version` are the replica's.
    pub(super) fn new(mode: Mode, sessions: &Sessions, version: Version) -> Self {
        Self {
            wanted: matches!(
                mode,
                Mode::TestOnReplica {
                    stop_replication: true
                }
            ),
            sessions: sessions.clone(),
            version,
            replication: Replication::default(),
        }
    }

    /// Stops replication, if that is asked for. An error says how the attempt at the swap has ended by it.
    pub(super) async fn begin(&mut self) -> Result<(), Attempt> {
        if !self.wanted {
            return Ok(());
        }
        self.stop().await.map_err(|failure| match failure.exit {
            Exit::Unreachable => Attempt::NotYet(failure.to_string()),
            _ => Attempt::Stop(failure),
        })?;
        tracing::info!("replication is stopped for the rehearsal");
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), Failure> {
        let mut session = self.sessions.open("replication").await?;
        let stopped = self.replication.stop(&mut session, self.version).await;
        session.close().await;
        stopped.map_err(|error| self.failure(&error, "Replication could not be stopped for the rehearsal."))
    }

    /// Starts what was stopped. The failure says what to do by hand.
    pub(super) async fn end(&mut self) -> Result<(), Failure> {
        if !self.replication.is_stopped() {
            return Ok(());
        }
        let mut retry = Retry::default();
        loop {
            match self.start().await {
                Ok(()) => {
                    tracing::info!("replication is started again");
                    return Ok(());
                }
                Err(failure) if failure.exit == Exit::Unreachable && retry.again().await => {}
                Err(failure) => return Err(failure.hint(self.replication.to_start(self.version))),
            }
        }
    }

    async fn start(&mut self) -> Result<(), Failure> {
        let mut session = self.sessions.open("replication").await?;
        let started = self.replication.start(&mut session, self.version).await;
        session.close().await;
        started.map_err(|error| self.failure(&error, "Replication could not be started again."))
    }

    /// What may work at another time counts as not reached.
    fn failure(&self, error: &SqlError, what: &str) -> Failure {
        let failure = error.failure(what);
        match error.class() {
            Class::Lost | Class::Transient => Failure {
                exit: Exit::Unreachable,
                ..failure
            },
            _ => failure,
        }
    }

    /// The statements that start what is still stopped by us.
    pub(super) fn to_start(&self) -> Option<String> {
        let stopped = self.replication.is_stopped();
        stopped.then(|| self.replication.to_start(self.version))
    }

    /// The end of a run without a rehearsal: replication goes on, and a line says so. Where it is not known which table
    /// bears the name, it stays stopped: its writes could go into the wrong one.
    pub(super) async fn after(&mut self, failure: &Failure) -> Vec<String> {
        let Some(statements) = self.to_start() else {
            return Vec::new();
        };
        if failure.exit == Exit::Unknown {
            return vec![format!(
                "replication is stopped on this replica; when the tables are in order: {statements}"
            )];
        }
        vec![match self.end().await {
            Ok(()) => "replication, which this run had stopped, runs again".to_owned(),
            Err(trouble) => format!(
                "replication is stopped on this replica, by this run: {trouble} Start it with: {statements}"
            ),
        }]
    }
}
