//! Triggers that go over to the new table: tried before a row is copied, and taken off the ghost again after an attempt at the
//! swap that failed.

use super::{
    begin::{Looked, request},
    run::Run,
};
use crate::{
    cleanup,
    config::{Config, Mode},
    error::Failure,
    mysql::{Class, Session, SqlError},
    plan::{triggers::Carried, work},
    prepare,
    retry::Retry,
    triggers,
};

impl Looked {
    /// The triggers that go over. The ghost is there and empty: whether they can be made on it is tried.
    pub(super) async fn carried(&mut self, config: &Config) -> Result<Vec<Carried>, Failure> {
        if !config.carry.triggers {
            return Ok(Vec::new());
        }
        let (tables, tag) = (&self.tables, work::tag(&self.run));
        let session = &mut self.session;
        let carried = triggers::plan(session, tables, &config.carry, &self.run, &tag).await?;
        triggers::rehearse(session, tables, &carried).await?;
        // A rehearsal gives the names back, so that the triggers stay where they are: it only finds out whether they could go.
        Ok(match config.topology.mode {
            Mode::TestOnReplica { .. } => Vec::new(),
            _ => carried,
        })
    }

    /// The same for a dry run, with a ghost that is gone again.
    pub(super) async fn try_carried(&mut self, config: &Config) -> Result<Vec<Carried>, Failure> {
        if self.source.triggers.is_empty() {
            return Ok(Vec::new());
        }
        let (clauses, marks) = (self.alter.ghost_sql(), self.marks());
        let ghost = request(&self.source, &self.tables, &clauses, &marks);
        prepare::create_ghost(&mut self.session, &ghost).await?;
        let carried = self.carried(config).await;
        cleanup::drop_ours(&mut self.session, &self.tables.ghost, &marks.ghost).await?;
        carried
    }
}

/// Takes the triggers off the ghost, before anybody writes into it again: each of our own writes would fire them.
pub(super) async fn disarm(run: &Run) -> Result<(), Failure> {
    let work = &run.work;
    if work.triggers.is_empty() {
        return Ok(());
    }
    let mut retry = Retry::default();
    loop {
        let mut session = run.sessions.open("triggers").await?;
        let done = triggers::disarm(&mut session, &work.tables.ghost, &work.triggers).await;
        session.close().await;
        let Err(error) = done else { return Ok(()) };
        if !matches!(error.class(), Class::Transient | Class::Lost) || !retry.again().await {
            return Err(still_armed(&error));
        }
    }
}

fn still_armed(error: &SqlError) -> Failure {
    error
        .failure("Triggers could not be taken off the new table after an attempt at the swap.")
        .hint("They go with it: drop the ghost table, then start again.")
}

/// Nobody has changed the triggers since the run began.
pub(super) async fn check(session: &mut Session, run: &Run) -> Result<Option<Failure>, SqlError> {
    let work = &run.work;
    Ok(
        match triggers::unchanged(session, &work.tables, &work.triggers).await? {
            true => None,
            false => Some(
                Failure::failed(format!(
                    "The triggers of {} have been changed since the run began.",
                    work.tables.source
                ))
                .hint("Start again when nobody changes them."),
            ),
        },
    )
}
