//! When to hold back: what is known of load, lag and other people's wishes, and what follows from it.
//!
//! `sources` ask: each one thing, at its period, with a time limit for each question, and post a reading. `verdict` and
//! `critical` decide, purely, from the latest readings, the knobs and the time. Rules: what is not known, or was found
//! out too long ago, holds the run back; while it is held back nothing but marks is written, and the stream is still
//! read; nothing here acts while the swap is being tried, because the run does not ask then.
//!
//! What a pause means for jobs under way is `migrate`'s business; the pause of `--nice-ratio` is `pace`'s.

pub mod admission;
pub mod critical;
pub mod marks;
pub mod readings;
pub mod sources;
pub mod spell;
pub mod verdict;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::watch;

pub use admission::Admission;
pub use marks::MarkTimes;

use crate::{
    config::Throttling,
    error::{Exit, Failure},
    knobs::Knobs,
    status::Reason,
};
use critical::{Critical, Load};
use readings::Readings;
use sources::{Outside, Sources};
use spell::Spell;
use verdict::View;

/// A run begins when all sources have answered once, or after so long.
const FIRST_LOOK: Duration = Duration::from_secs(3);

/// What holds one run back.
pub struct Throttle {
    limits: Throttling,
    panic_file: Option<PathBuf>,
    sources: Sources,
    readings: watch::Receiver<Readings>,
    knobs: watch::Receiver<Knobs>,
    critical: Critical,
    spell: Spell,
    admission: Admission,
}

impl Throttle {
    /// Starts the sources.
    pub fn start(outside: Outside) -> Self {
        let (board, readings) = watch::channel(Readings::default());
        Self {
            limits: outside.limits.clone(),
            panic_file: outside.panic_file.clone(),
            knobs: outside.knobs.clone(),
            admission: Admission::new(outside.primary.clone(), outside.peers.clone()),
            sources: Sources::start(outside, board),
            readings,
            critical: Critical::default(),
            spell: Spell::default(),
        }
    }

    /// Waits until everything has been asked once, so that a run does not begin with a pause; not for long.
    pub async fn first_look(&mut self) {
        let (knobs, limits) = (self.knobs.borrow().clone(), &self.limits);
        let complete = self.readings.wait_for(|seen| seen.are_complete(&knobs, limits));
        // Whatever is not known by then holds the run back, and says so.
        let _ = tokio::time::timeout(FIRST_LOOK, complete).await;
    }

    /// Whether the run is held back now. Says so in the log when a reason begins and when it ends.
    ///
    /// Fails where the run has to end: the panic file is there, or a load is critical.
    pub fn look(&mut self, marks: &MarkTimes, now: Instant) -> Result<bool, Failure> {
        let knobs = self.knobs.borrow();
        let readings = self.readings.borrow();
        let view = View {
            knobs: &knobs,
            limits: &self.limits,
            readings: &readings,
            marks,
            now,
        };
        // That it is not known whether the file is there is no reason to end a run.
        if let Some(file) = self.panic_file.as_ref().filter(|file| readings.is_there(file)) {
            return Err(panic_failure(file));
        }
        let reason = match self.critical.look(&view) {
            Load::Fine => verdict::verdict(&view),
            Load::Rests(reason) => Some(reason),
            Load::Ends(what) => return Err(critical_failure(&what)),
        };
        self.spell.turn(reason, now).log();
        Ok(self.spell.reason().is_some())
    }

    /// Why the run is held back, as of the last look.
    pub fn reason(&self) -> Option<&Reason> {
        self.spell.reason()
    }

    /// Says whether a changed knob can be obeyed.
    pub fn admission(&self) -> &Admission {
        &self.admission
    }

    /// Ends the sources and closes their sessions.
    pub async fn close(self) {
        self.sources.close().await;
    }
}

fn panic_failure(file: &Path) -> Failure {
    Failure::new(
        Exit::Interrupted,
        format!("Stopped: the file {} is there.", file.display()),
    )
    .hint("--panic-flag-file names it. Remove it before the next run.")
}

fn critical_failure(what: &str) -> Failure {
    Failure::failed("The load of the server is critical.")
        .detail(what)
        .hint(
            "Start again at a quieter hour. --critical-load-interval-millis looks twice before it ends a run, \
             and --critical-load-hibernate-seconds makes it sleep instead.",
        )
}

#[cfg(test)]
mod tests;
