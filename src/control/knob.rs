//! What an operator may turn while a run is under way. Pure: old knobs and a value in, new knobs or a sentence out, so
//! nothing is changed by a value that is wrong. The bounds are those of the flags.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{
    config::{self, Address, Bounds, Thresholds},
    knobs::Knobs,
};

/// As a value: what the tool finds by measuring.
const AUTO: &str = "auto";

/// Everything that can be set. The names are the flags'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knob {
    /// Rows of a chunk.
    ChunkSize,
    /// Keys of a transaction.
    DmlBatchSize,
    /// Lag that throttles.
    MaxLagMillis,
    /// Status variables that throttle.
    MaxLoad,
    /// Status variables that end the run.
    CriticalLoad,
    /// Pause after each chunk.
    NiceRatio,
    /// A query that throttles.
    ThrottleQuery,
    /// A URL that throttles.
    ThrottleHttp,
    /// Replicas whose lag throttles.
    ThrottleControlReplicas,
    /// The file that holds the swap back.
    PostponeFile,
}

impl Knob {
    /// In the order of `help`.
    pub const ALL: [Self; 10] = [
        Self::ChunkSize,
        Self::DmlBatchSize,
        Self::MaxLagMillis,
        Self::MaxLoad,
        Self::CriticalLoad,
        Self::NiceRatio,
        Self::ThrottleQuery,
        Self::ThrottleHttp,
        Self::ThrottleControlReplicas,
        Self::PostponeFile,
    ];

    /// The name before `=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChunkSize => "chunk-size",
            Self::DmlBatchSize => "dml-batch-size",
            Self::MaxLagMillis => "max-lag-millis",
            Self::MaxLoad => "max-load",
            Self::CriticalLoad => "critical-load",
            Self::NiceRatio => "nice-ratio",
            Self::ThrottleQuery => "throttle-query",
            Self::ThrottleHttp => "throttle-http",
            Self::ThrottleControlReplicas => "throttle-control-replicas",
            Self::PostponeFile => "postpone-cut-over-flag-file",
        }
    }

    /// The knob of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|knob| knob.name() == name)
    }

    /// What stands behind `=`, as `help` writes it.
    pub fn usage(self) -> &'static str {
        match self {
            Self::ChunkSize => "ROWS",
            Self::DmlBatchSize => "KEYS",
            Self::MaxLagMillis => "MILLISECONDS",
            Self::MaxLoad | Self::CriticalLoad => "VARIABLE=NUMBER,…",
            Self::NiceRatio => "RATIO",
            Self::ThrottleQuery => "QUERY",
            Self::ThrottleHttp => "URL",
            Self::ThrottleControlReplicas => "HOST:PORT,…",
            Self::PostponeFile => "PATH",
        }
    }

    /// What it does.
    pub fn help(self) -> &'static str {
        match self {
            Self::ChunkSize => "rows of a chunk; auto: as many as fit into the target time",
            Self::DmlBatchSize => "changed keys applied by one transaction, at most",
            Self::MaxLagMillis => "lag of a replica that throttles",
            Self::MaxLoad => "status variables that throttle above a number; empty: none",
            Self::CriticalLoad => "status variables that end the run above a number; empty: none",
            Self::NiceRatio => "pause after each chunk, as a multiple of the time it took",
            Self::ThrottleQuery => "throttle while this gives more than 0; empty: none",
            Self::ThrottleHttp => "throttle while this answers anything but 200; empty: none",
            Self::ThrottleControlReplicas => "replicas whose lag throttles too; empty: none",
            Self::PostponeFile => "the swap waits while this file exists; it is created",
        }
    }

    /// What it stands at, as it would be set.
    pub fn shown(self, knobs: &Knobs) -> String {
        match self {
            Self::ChunkSize => knobs
                .chunk_rows
                .map_or_else(|| AUTO.to_owned(), |rows| rows.to_string()),
            Self::DmlBatchSize => knobs.flush_batch_keys.to_string(),
            Self::MaxLagMillis => knobs.max_lag.as_millis().to_string(),
            Self::MaxLoad => knobs.max_load.to_string(),
            Self::CriticalLoad => knobs.critical_load.to_string(),
            Self::NiceRatio => knobs.nice_ratio.to_string(),
            Self::ThrottleQuery => knobs.throttle_query.clone().unwrap_or_default(),
            Self::ThrottleHttp => knobs
                .throttle_http
                .as_deref()
                .map(without_password)
                .unwrap_or_default(),
            Self::ThrottleControlReplicas => replicas(&knobs.control_replicas),
            Self::PostponeFile => path(knobs.postpone_file.as_deref()),
        }
    }
}

/// The knobs with one of them turned. The error says what would be right.
pub fn turned(knobs: &Knobs, knob: Knob, value: &str) -> Result<Knobs, String> {
    let mut new = knobs.clone();
    let wrong = |why: String| format!("{}: {why}", knob.name());
    match knob {
        Knob::ChunkSize if value == AUTO => new.chunk_rows = None,
        Knob::ChunkSize => new.chunk_rows = Some(number(knob, value, config::CHUNK_ROWS)?),
        Knob::DmlBatchSize => {
            new.flush_batch_keys = config::flush_batch_keys(number(knob, value, config::FLUSH_BATCH_KEYS)?);
        }
        Knob::MaxLagMillis => {
            new.max_lag = Duration::from_millis(number(knob, value, config::MAX_LAG_MILLIS)?);
        }
        Knob::MaxLoad => new.max_load = Thresholds::parse(value).map_err(wrong)?,
        Knob::CriticalLoad => new.critical_load = Thresholds::parse(value).map_err(wrong)?,
        Knob::NiceRatio => new.nice_ratio = ratio(knob, value)?,
        Knob::ThrottleQuery => new.throttle_query = some(value),
        Knob::ThrottleHttp => new.throttle_http = url(knob, value)?,
        Knob::ThrottleControlReplicas => new.control_replicas = config::addresses(value).map_err(wrong)?,
        Knob::PostponeFile => {
            let file = some(value).ok_or_else(|| wrong("give a path, as in /tmp/wait".to_owned()))?;
            new.postpone_file = Some(PathBuf::from(file));
            new.unpostponed = false;
        }
    }
    Ok(new)
}

fn number<T: TryFrom<u64>>(knob: Knob, value: &str, bounds: Bounds) -> Result<T, String> {
    let number: Option<u64> = value.parse().ok();
    let number = number.filter(|number| bounds.contain(*number));
    number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
        format!(
            "{}: {value:?} is not a number from {} to {}",
            knob.name(),
            bounds.min,
            bounds.max
        )
    })
}

fn ratio(knob: Knob, value: &str) -> Result<f64, String> {
    let ratio: Option<f64> = value.parse().ok();
    ratio
        .filter(|ratio| (0.0..=config::NICE_RATIO_MAX).contains(ratio))
        .ok_or_else(|| {
            format!(
                "{}: {value:?} is not a number from 0 to {}, as in 0.5",
                knob.name(),
                config::NICE_RATIO_MAX
            )
        })
}

fn url(knob: Knob, value: &str) -> Result<Option<String>, String> {
    match some(value) {
        // It is not said back: a URL may hold a password.
        Some(url) if !config::is_url(&url) => {
            Err(format!("{}: say a URL, as in http://host/check", knob.name()))
        }
        url => Ok(url),
    }
}

fn some(value: &str) -> Option<String> {
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn replicas(replicas: &[Address]) -> String {
    let replicas: Vec<String> = replicas.iter().map(Address::to_string).collect();
    replicas.join(",")
}

/// Whoever may ask what is asked need not know with which password.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split('/').next().unwrap_or_default();
    match host.rsplit_once('@') {
        Some((account, _)) => format!("{scheme}://***{}", rest.get(account.len()..).unwrap_or_default()),
        None => url.to_owned(),
    }
}

/// A path for people; empty where there is none.
fn path(path: Option<&Path>) -> String {
    path.map(|path| path.display().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knobs::fixture;

    #[test]
    fn a_value_that_is_right_is_what_the_knob_then_says() {
        let cases = [
            (Knob::ChunkSize, "10", "10"),
            (Knob::ChunkSize, "100000", "100000"),
            (Knob::ChunkSize, "auto", "auto"),
            (Knob::DmlBatchSize, "200", "200"),
            (Knob::DmlBatchSize, "1", "100"),
            (Knob::MaxLagMillis, "2500", "2500"),
            (
                Knob::MaxLoad,
                "Threads_running=25, Threads_connected=500",
                "Threads_running=25,Threads_connected=500",
            ),
            (Knob::MaxLoad, "", ""),
            (Knob::CriticalLoad, "Threads_running=1000", "Threads_running=1000"),
            (Knob::NiceRatio, "0.5", "0.5"),
            (Knob::NiceRatio, "0", "0"),
            (Knob::ThrottleQuery, "select 0", "select 0"),
            (Knob::ThrottleQuery, "", ""),
            (
                Knob::ThrottleHttp,
                "http://localhost:8080/ok",
                "http://localhost:8080/ok",
            ),
            (Knob::ThrottleHttp, "", ""),
            (
                Knob::ThrottleHttp,
                "https://ops:s3cret@web/a@b",
                "https://***@web/a@b",
            ),
            (Knob::ThrottleControlReplicas, "r1,r2:3307", "r1:3306,r2:3307"),
            (Knob::ThrottleControlReplicas, "", ""),
            (Knob::PostponeFile, "/tmp/wait", "/tmp/wait"),
        ];
        for (knob, value, wanted) in cases {
            let new = turned(&fixture(), knob, value).expect(value);
            assert_eq!(knob.shown(&new), wanted, "{}", knob.name());
            for other in Knob::ALL.into_iter().filter(|other| *other != knob) {
                assert_eq!(
                    other.shown(&new),
                    other.shown(&fixture()),
                    "{} by {}",
                    other.name(),
                    knob.name()
                );
            }
        }
    }

    #[test]
    fn a_value_that_is_wrong_is_named_with_what_would_be_right() {
        let cases = [
            (Knob::ChunkSize, "9", "10 to 100000"),
            (Knob::ChunkSize, "100001", "10 to 100000"),
            (Knob::ChunkSize, "-1", "10 to 100000"),
            (Knob::ChunkSize, "many", "10 to 100000"),
            (Knob::DmlBatchSize, "", "is not a number from"),
            (Knob::DmlBatchSize, "18446744073709551616", "is not a number from"),
            (Knob::MaxLagMillis, "1.5", "is not a number from"),
            (Knob::MaxLoad, "Threads_running", "Threads_running=25"),
            (Knob::CriticalLoad, "a b=1", "Threads_running=25"),
            (Knob::NiceRatio, "NaN", "0 to 100"),
            (Knob::NiceRatio, "-0.1", "0 to 100"),
            (Knob::NiceRatio, "inf", "0 to 100"),
            (Knob::ThrottleHttp, "localhost", "http://"),
            (Knob::ThrottleControlReplicas, "r1:port", "HOST:PORT"),
            (Knob::PostponeFile, " ", "give a path"),
        ];
        for (knob, value, wanted) in cases {
            let said = turned(&fixture(), knob, value).expect_err(value);
            assert!(said.starts_with(knob.name()) && said.contains(wanted), "{said}");
        }
    }

    #[test]
    fn another_flag_file_postpones_again() {
        let gone_on = Knobs {
            unpostponed: true,
            ..fixture()
        };
        let new = turned(&gone_on, Knob::PostponeFile, "/tmp/wait").expect("a path");
        assert!(!new.unpostponed);
    }
}
