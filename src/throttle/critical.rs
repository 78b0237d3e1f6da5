//! A critical load: ends the run, at once or after a second look, or makes it sleep. Pure.

use std::time::Instant;

use super::verdict::{self, CRITICAL_LOAD, View};
use crate::status::Reason;

/// What follows from the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Load {
    /// Nothing.
    Fine,
    /// The run is held back: it sleeps, it looks again in a moment, or nobody knows the load.
    Rests(Reason),
    /// The run ends, because of these values.
    Ends(String),
}

/// What has been seen so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Critical {
    /// The load was critical then, and has been since.
    since: Option<Instant>,
    /// The run sleeps until then.
    asleep_until: Option<Instant>,
}

impl Critical {
    /// Looks at the latest reading.
    pub fn look(&mut self, view: &View<'_>) -> Load {
        if let Some(until) = self.asleep_until.filter(|until| view.now < *until) {
            return rests(format!(
                "asleep for another {} s",
                (until - view.now).as_secs() + 1
            ));
        }
        self.asleep_until = None;
        match verdict::reached(&view.knobs.critical_load, view) {
            Ok(Some(what)) => self.met(what, view),
            Ok(None) => {
                self.since = None;
                Load::Fine
            }
            // What is not known ends nothing.
            Err(why) => rests(why),
        }
    }

    /// `what` is reached: for the first time, or still.
    fn met(&mut self, what: String, view: &View<'_>) -> Load {
        let asked = view.readings.load.as_ref().map_or(view.now, |reading| reading.at);
        let since = *self.since.get_or_insert(asked);
        if asked < since + view.limits.critical_load_interval {
            return rests(format!("{what}; looked at once more before the run ends"));
        }
        let sleep = view.limits.critical_load_hibernate;
        if sleep.is_zero() {
            return Load::Ends(what);
        }
        self.since = None;
        self.asleep_until = Some(view.now + sleep);
        rests(format!("{what}; asleep for {} s", sleep.as_secs()))
    }
}

fn rests(text: String) -> Load {
    Load::Rests(Reason::new(CRITICAL_LOAD, text))
}
