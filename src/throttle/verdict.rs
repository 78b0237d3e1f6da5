//! Whether a run is held back, and by what: from the latest readings, the knobs and the time. Pure.
//!
//! Every reason has a name that never changes and a text with the values. What is not known, or was found out too long
//! ago, is a reason. Where several hold, the first of this list is named: what people want, then lag, then load.

use std::time::{Duration, Instant};

use super::{
    marks::MarkTimes,
    readings::{Reading, Readings},
};
use crate::{
    config::{Thresholds, Throttling},
    knobs::Knobs,
    status::Reason,
};

/// An operator has said so.
pub const COMMAND: &str = "command";
/// A flag file is there.
pub const FLAG_FILE: &str = "flag-file";
/// Our marks come late in the stream.
pub const LAG: &str = "lag";
/// A control replica has our marks late, or says nothing.
pub const CONTROL_REPLICA: &str = "control-replica";
/// A status variable has reached its limit.
pub const MAX_LOAD: &str = "max-load";
/// A status variable was critical: the run sleeps, or looks again before it ends.
pub const CRITICAL_LOAD: &str = "critical-load";
/// The throttle query gave more than 0.
pub const QUERY: &str = "throttle-query";
/// The URL answered something but 200, or nothing.
pub const HTTP: &str = "throttle-http";

/// A reading older than this is not known any more: a source has several periods and a question's time limit.
const AGE_MAX: Duration = Duration::from_secs(5);
/// Of a replica, so old at least may a reading be.
const REPLICA_AGE_MIN: Duration = Duration::from_secs(2);

/// Everything that counts, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// What an operator may change.
    pub knobs: &'a Knobs,
    /// What stays as it was asked for.
    pub limits: &'a Throttling,
    /// What the sources have found out.
    pub readings: &'a Readings,
    /// When our marks were begun, and which came by.
    pub marks: &'a MarkTimes,
    /// The moment.
    pub now: Instant,
}

/// Why the run is held back; `None`: it is not. A critical load is `critical`'s business.
pub fn verdict(view: &View<'_>) -> Option<Reason> {
    let reasons = [command, flag_file, lag, control_replica, max_load, query, http];
    reasons.iter().find_map(|reason| reason(view))
}

/// The first threshold that is reached, in words; an error where a variable is not known.
pub fn reached(thresholds: &Thresholds, view: &View<'_>) -> Result<Option<String>, String> {
    if thresholds.0.is_empty() {
        return Ok(None);
    }
    let load = Reading::fresh(view.readings.load.as_ref(), view.now, AGE_MAX)?;
    for (name, limit) in &thresholds.0 {
        let value = load.get(&name.to_ascii_lowercase());
        let value = value.ok_or_else(|| format!("{name}: not known yet"))?;
        if value >= limit {
            return Ok(Some(format!("{name} is {value}, the limit {limit}")));
        }
    }
    Ok(None)
}

fn command(view: &View<'_>) -> Option<Reason> {
    view.knobs
        .paused
        .then(|| Reason::new(COMMAND, "an operator has paused the run"))
}

fn flag_file(view: &View<'_>) -> Option<Reason> {
    view.limits.flag_files.iter().find_map(|file| {
        let text = match Reading::fresh(view.readings.files.get(file), view.now, AGE_MAX) {
            Ok(false) => return None,
            Ok(true) => format!("{} is there", file.display()),
            Err(why) => format!("{}: {why}", file.display()),
        };
        Some(Reason::new(FLAG_FILE, text))
    })
}

fn lag(view: &View<'_>) -> Option<Reason> {
    let lag = view.marks.true_lag(view.now);
    let limit = view.knobs.max_lag;
    (lag > limit).then(|| Reason::new(LAG, format!("{}, the limit {}", seconds(lag), seconds(limit))))
}

fn control_replica(view: &View<'_>) -> Option<Reason> {
    view.knobs.control_replicas.iter().find_map(|replica| {
        let reading = view.readings.replicas.get(replica);
        let limit = view.knobs.max_lag;
        let text = match Reading::fresh(reading, view.now, limit.max(REPLICA_AGE_MIN)) {
            Err(why) => why,
            Ok(newest) => match view.marks.behind(*newest, reading?.at) {
                Some(lag) if lag <= limit => return None,
                Some(lag) => format!("lag {}, the limit {}", seconds(lag), seconds(limit)),
                None => "its lag is longer than is remembered".to_owned(),
            },
        };
        Some(Reason::new(CONTROL_REPLICA, format!("{replica}: {text}")))
    })
}

fn max_load(view: &View<'_>) -> Option<Reason> {
    let text = match reached(&view.knobs.max_load, view) {
        Ok(reached) => reached?,
        Err(why) => why,
    };
    Some(Reason::new(MAX_LOAD, text))
}

fn query(view: &View<'_>) -> Option<Reason> {
    let query = view.knobs.throttle_query.as_ref()?;
    let text = match answer(view.readings.query.as_ref(), query, view.now, AGE_MAX) {
        Ok(value) if *value <= 0.0 => return None,
        Ok(value) => format!("the query gives {value}"),
        Err(why) => why,
    };
    Some(Reason::new(QUERY, text))
}

/// The URL itself is not shown: there may be a password in it.
fn http(view: &View<'_>) -> Option<Reason> {
    let url = view.knobs.throttle_http.as_ref()?;
    let asked = view.readings.http.as_ref();
    let silent = asked.is_some_and(|(asked, reading)| asked == url && reading.found.is_err());
    let age_max = AGE_MAX + view.limits.http_interval + view.limits.http_timeout;
    let text = match answer(asked, url, view.now, age_max) {
        Ok(200) => return None,
        Ok(status) => format!("the answer is {status}"),
        Err(_) if silent && view.limits.ignore_http_errors => return None,
        Err(why) => why,
    };
    Some(Reason::new(HTTP, text))
}

/// The answer to this very question.
fn answer<'a, T>(
    asked: Option<&'a (String, Reading<T>)>,
    question: &str,
    now: Instant,
    age_max: Duration,
) -> Result<&'a T, String> {
    let reading = asked
        .filter(|(asked, _)| asked == question)
        .map(|(_, reading)| reading);
    Reading::fresh(reading, now, age_max)
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
