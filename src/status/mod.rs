//! How far a run is, for people and programs.
//!
//! The run fills a [`Snapshot`]; when to print one ([`cadence`]) and how it reads ([`line()`], serde) are pure.
//! Only [`reporter`] writes to a terminal or a pipe. Nothing here asks a server anything.

pub mod cadence;
pub mod header;
pub mod line;
pub mod reporter;
pub mod screen;

use std::fmt;
use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub use line::line;
pub use reporter::Reporter;
pub use screen::Screen;

/// What a run is doing. The names are those of the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Looking at the server, making the helper tables.
    Preparing,
    /// The rows are counted before the copy begins.
    CountingRows,
    /// Rows are being copied; changes are applied at the same time.
    Copying,
    /// All rows are copied, changes are still being applied.
    CatchingUp,
    /// All rows are copied; they are being compared, while changes are applied.
    Verifying,
    /// Everything is there; the flag file holds the swap back.
    Postponed,
    /// An attempt at the swap is under way.
    Swapping,
    /// Nothing but marks is written, for this reason.
    Throttled(Reason),
    /// The table is changed, or the dry run is over.
    Done,
}

/// Why a run is throttled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// By what, always the same word: `lag`, `max-load` …
    pub name: &'static str,
    /// The values, for people.
    pub text: String,
}

impl Reason {
    /// A reason with its values.
    pub fn new(name: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { name, text }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.text)
    }
}

impl Phase {
    /// One or two words; the reason of a throttle is not among them.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::CountingRows => "counting rows",
            Self::Copying => "copying",
            Self::CatchingUp => "catching up",
            Self::Verifying => "verifying",
            Self::Postponed => "postponed",
            Self::Swapping => "swapping",
            Self::Throttled(_) => "throttled",
            Self::Done => "done",
        }
    }

    /// Why we are throttled.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Throttled(reason) => Some(reason),
            _ => None,
        }
    }
}

/// What the copy shows at most while it goes on.
const NOT_YET_ALL: f64 = 0.999;

/// A run at one moment. Durations are written as seconds in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// What the run is doing. In JSON the state's name; while throttled the reason's name as `reason` and its values as
    /// `why`.
    #[serde(flatten)]
    pub state: Phase,
    /// Rows copied from the source, committed.
    pub rows_copied: u64,
    /// Rows that the source has, as the server's statistics guess (often off by a tenth), or as they were counted.
    pub rows_estimate: u64,
    /// All rows are copied, whatever the run is doing now.
    pub all_copied: bool,
    /// Rows copied in a second, lately.
    pub rows_per_s: u64,
    /// Time until all rows are copied, if the rate stays. `None`: nobody knows.
    #[serde(rename = "eta_s", serialize_with = "seconds_or_null")]
    pub eta: Option<Duration>,
    /// Chunks committed.
    pub chunks: u64,
    /// Keys that changed and are not yet applied, the held ones not counted.
    pub dirty_keys: u64,
    /// Keys that changed in chunks being copied; they become dirty when those have committed.
    pub held_keys: u64,
    /// Both together, at most ([`crate::config::Config::dirty_keys_max`]).
    pub dirty_keys_max: u64,
    /// Keys applied since the start; a key that is applied twice counts twice.
    pub applied_keys: u64,
    /// Age of the newest mark that has come back through the binlog. `None`: none yet.
    #[serde(rename = "lag_s", serialize_with = "seconds_or_null")]
    pub lag: Option<Duration>,
    /// Rows compared with the source's, or counted where the verification counts only.
    pub verified_rows: u64,
    /// Changed keys that are to be looked at again before the swap.
    pub keys_to_verify: u64,
    /// Rows that differed while their change was on its way, and were looked at again.
    pub second_looks: u64,
    /// Sessions copying now.
    pub workers: u32,
    /// Rows of the chunks being handed out now.
    pub chunk_rows: u64,
    /// Time since the run began.
    #[serde(rename = "elapsed_s", serialize_with = "seconds")]
    pub elapsed: Duration,
    /// Time spent copying rows so far.
    #[serde(rename = "copy_s", serialize_with = "seconds")]
    pub copy_elapsed: Duration,
    /// Where the binlog reader is: `file:position`.
    pub position: String,
    /// The limit that holds the run back at this moment, if one does.
    pub limit: Option<String>,
}

impl Snapshot {
    /// The moment before anything has happened.
    pub fn at_start() -> Self {
        Self {
            state: Phase::Preparing,
            rows_copied: 0,
            rows_estimate: 0,
            all_copied: false,
            rows_per_s: 0,
            eta: None,
            chunks: 0,
            dirty_keys: 0,
            held_keys: 0,
            dirty_keys_max: 0,
            applied_keys: 0,
            lag: None,
            verified_rows: 0,
            keys_to_verify: 0,
            second_looks: 0,
            workers: 0,
            chunk_rows: 0,
            elapsed: Duration::ZERO,
            copy_elapsed: Duration::ZERO,
            position: String::new(),
            limit: None,
        }
    }

    /// Share of the copied rows that are verified, 0 to 1; changed rows make it inexact.
    pub fn verified(&self) -> f64 {
        if self.rows_copied == 0 {
            return 0.0;
        }
        (self.verified_rows as f64 / self.rows_copied as f64).min(NOT_YET_ALL)
    }

    /// Rows of the source: what was copied, once all are; else the estimate.
    pub fn rows_known(&self) -> u64 {
        if self.all_copied {
            self.rows_copied
        } else {
            self.rows_estimate
        }
    }

    /// How long a mark takes through the binlog. As long as none has come back, they are as late as the run is old.
    pub fn heartbeat_lag(&self) -> Duration {
        self.lag.unwrap_or(self.elapsed)
    }

    /// How far the inspected server is behind: marks are written at the primary and come back through its binlog.
    pub fn inspected_lag(&self) -> Duration {
        self.heartbeat_lag()
    }

    /// Share of the rows copied, 0 to 1. The estimate may be low, so only a run that has left the copy says 1.
    pub fn progress(&self) -> f64 {
        if self.all_copied {
            1.0
        } else if self.rows_estimate == 0 {
            0.0
        } else {
            (self.rows_copied as f64 / self.rows_estimate as f64).min(NOT_YET_ALL)
        }
    }
}

impl Serialize for Phase {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("state", self.name())?;
        if let Some(reason) = self.reason() {
            map.serialize_entry("reason", reason.name)?;
            map.serialize_entry("why", &reason.text)?;
        }
        map.end()
    }
}

fn seconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((time.as_secs_f64() * 1000.0).round() / 1000.0)
}

fn seconds_or_null<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => seconds(time, to),
        None => to.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_as_json() {
        let snapshot = Snapshot {
            state: Phase::Throttled(Reason::new("lag", "2.0s")),
            lag: Some(Duration::from_micros(1_234_567)),
            ..Snapshot::at_start()
        };
        let json = serde_json::to_string(&snapshot).expect("json");
        assert!(
            json.starts_with(r#"{"state":"throttled","reason":"lag","why":"2.0s","rows_copied":0,"#),
            "{json}"
        );
        assert!(
            json.contains(r#""eta_s":null"#) && json.contains(r#""lag_s":1.235"#),
            "{json}"
        );
        assert!(json.contains(r#""elapsed_s":0.0"#), "{json}");
    }

    #[test]
    fn a_low_estimate_never_says_all_while_rows_are_copied() {
        let mut snapshot = Snapshot {
            state: Phase::Copying,
            rows_copied: 12,
            ..Snapshot::at_start()
        };
        assert_eq!(snapshot.progress(), 0.0);
        snapshot.rows_estimate = 10;
        assert!(snapshot.progress() < 1.0);
        snapshot.all_copied = true;
        assert_eq!(snapshot.progress(), 1.0);
    }
}
