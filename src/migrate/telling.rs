//! A run and its [`moments`]: what it lets go on beside itself, what it waits for, what comes of it.

use super::{
    conductor::Readiness,
    moments::{self, News, Now},
    run::Run,
};
use crate::{
    config::Mode,
    error::{Exit, Failure},
    hooks::Moment,
    status::header,
};

impl Run {
    /// Lets hooks and count go on where they can. They are told what was reported last.
    pub(super) fn advance(&mut self) {
        self.moments.advance(Now {
            snapshot: &self.snapshot,
            copied: self.conductor.readiness() != Readiness::Copying,
            postponed: self.is_postponed(),
            sessions: &self.sessions,
            work: &self.work,
        });
    }

    pub(super) fn moment_ended(&mut self, ended: Result<moments::Ended, String>) -> Result<(), Failure> {
        let ended = ended.map_err(|panic| Failure::new(Exit::Internal, panic))?;
        match self.moments.ended(ended)? {
            News::None => {}
            News::Rows(rows) => self.snapshot.rows_estimate = rows,
            News::OrderTold(told) => self.desk.order_told(told),
        }
        Ok(())
    }

    /// Runs the hooks of a moment that the caller has come to, and waits for them; marks and stream go on meanwhile.
    ///
    /// # Errors
    /// One of them failed, or something else ended the run.
    pub(super) async fn tell(&mut self, moment: Moment) -> Result<(), Failure> {
        self.moments.wait_for(moment);
        loop {
            self.report(self.phase());
            self.advance();
            if self.moments.are_clear() {
                return Ok(());
            }
            self.way.look_if_due();
            self.start_marks();
            self.pump().await?;
        }
    }

    /// Before a rehearsal, hooks are told that replication is about to stop; once, until it goes on again. `true`: they
    /// were told just now, and the run has to catch up first.
    pub(super) async fn tell_stop(&mut self) -> Result<bool, Failure> {
        let rehearses = matches!(self.config.topology.mode, Mode::TestOnReplica { .. });
        if !rehearses || self.stop_told {
            return Ok(false);
        }
        self.stop_told = true;
        self.tell(Moment::StopReplication).await?;
        Ok(true)
    }

    /// After an attempt that did not succeed, replication goes on; hooks are told first.
    pub(super) async fn replication_goes_on(&mut self) -> Result<(), Failure> {
        if self.stop_told {
            self.tell(Moment::StartReplication).await?;
            // Not before: a hook that was ended by a signal has to be told again.
            self.stop_told = false;
        }
        self.standstill.end().await
    }

    /// The lines above the status line.
    pub(super) fn header(&self) -> Vec<String> {
        header::lines(&self.title, &self.knobs.borrow(), &self.snapshot)
    }
}
