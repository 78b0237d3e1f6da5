//! What the sources have found out, each with its time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{
    changes::Mark,
    config::{Address, Throttling},
    knobs::Knobs,
};

/// An answer, or why there is none.
#[derive(Clone, Debug)]
pub struct Reading<T> {
    /// When the question was asked.
    pub at: Instant,
    /// The answer; in words why it is not known.
    pub found: Result<T, String>,
}

/// The latest readings of a run.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// Status variables, by lower-case name. One that the server does not know is missing.
    pub load: Option<Reading<BTreeMap<String, u64>>>,
    /// The throttle query that was asked, and the first column of its first row.
    pub query: Option<(String, Reading<f64>)>,
    /// The URL that was asked, and the status code of its answer.
    pub http: Option<(String, Reading<u16>)>,
    /// The newest mark on each control replica.
    pub replicas: BTreeMap<Address, Reading<Mark>>,
    /// Whether each file is there.
    pub files: BTreeMap<PathBuf, Reading<bool>>,
}

impl<T> Reading<T> {
    /// The answer, unless there is none or it is older than `age_max`.
    pub fn fresh(reading: Option<&Self>, now: Instant, age_max: Duration) -> Result<&T, String> {
        let reading = reading.ok_or("not asked yet")?;
        let age = now.saturating_duration_since(reading.at);
        match &reading.found {
            Err(why) => Err(why.clone()),
            Ok(_) if age > age_max => Err(format!("no answer for {:.1} s", age.as_secs_f64())),
            Ok(found) => Ok(found),
        }
    }
}

impl Readings {
    /// A file is known to be there.
    pub fn is_there(&self, file: &Path) -> bool {
        self.files
            .get(file)
            .is_some_and(|reading| reading.found == Ok(true))
    }

    /// Everything that is to be asked has been asked.
    pub fn are_complete(&self, knobs: &Knobs, limits: &Throttling) -> bool {
        let load_known =
            self.load.is_some() || (knobs.max_load.0.is_empty() && knobs.critical_load.0.is_empty());
        load_known
            && self.query.is_some() == knobs.throttle_query.is_some()
            && self.http.is_some() == knobs.throttle_http.is_some()
            && knobs
                .control_replicas
                .iter()
                .all(|replica| self.replicas.contains_key(replica))
            && limits.flag_files.iter().all(|file| self.files.contains_key(file))
    }
}
