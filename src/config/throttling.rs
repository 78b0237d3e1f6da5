//! When to hold back: what the user said about load, lag and other people's wishes.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Bounds;

/// What throttles a run, as asked for. An operator may change a part of it while the run is under way (`knobs`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Throttling {
    /// Replication lag above which the run is throttled ([`MAX_LAG_MILLIS`]).
    pub max_lag: Duration,
    /// Replicas whose lag is watched besides the inspected one.
    pub control_replicas: Vec<Address>,
    /// Status variables of the server that throttle when they exceed a value.
    pub max_load: Thresholds,
    /// The same, ending the run.
    pub critical_load: Thresholds,
    /// A critical load must still be there after this; zero: the first one counts.
    pub critical_load_interval: Duration,
    /// Instead of ending the run, a critical load makes it sleep for so long; zero: it ends.
    pub critical_load_hibernate: Duration,
    /// A query on the primary; a first column above 0 throttles.
    pub query: Option<String>,
    /// A URL that is asked; any answer but 200 throttles.
    pub http: Option<String>,
    /// Time between two requests.
    pub http_interval: Duration,
    /// How long an answer may take.
    pub http_timeout: Duration,
    /// No answer at all does not throttle; any answer but 200 still does.
    pub ignore_http_errors: bool,
    /// While one of these files exists, the run is throttled.
    pub flag_files: Vec<PathBuf>,
    /// Pause after each chunk, as a multiple of the time the chunk took ([`NICE_RATIO_MAX`]).
    pub nice_ratio: f64,
}

/// `--max-lag-millis`, gh-ost's default.
pub const MAX_LAG_MILLIS: Bounds = Bounds::new(10, 1_500, 3_600_000);
/// `--critical-load-interval-millis`; zero: the first one counts.
pub const CRITICAL_LOAD_INTERVAL_MILLIS: Bounds = Bounds::new(0, 0, 3_600_000);
/// `--critical-load-hibernate-seconds`, a week at most; zero: the run ends.
pub const CRITICAL_LOAD_HIBERNATE_SECONDS: Bounds = Bounds::new(0, 0, 604_800);
/// `--throttle-http-interval-millis`, gh-ost's default.
pub const HTTP_INTERVAL_MILLIS: Bounds = Bounds::new(10, 100, 3_600_000);
/// `--throttle-http-timeout-millis`, gh-ost's default. A minute without an answer is no answer.
pub const HTTP_TIMEOUT_MILLIS: Bounds = Bounds::new(10, 1_000, 60_000);
/// `--nice-ratio`: a hundred times as long a pause as work is a stop by another name.
pub const NICE_RATIO_MAX: f64 = 100.0;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::address(&self.host, self.port))
    }
}

/// `Threads_running=25,Threads_connected=500`: status variables and the values that they must not exceed, in the order
/// given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thresholds(pub Vec<(String, u64)>);

impl Thresholds {
    /// Reads a list; empty text is an empty list. The error says what is wrong with which item.
    pub fn parse(text: &str) -> Result<Self, String> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(threshold).collect::<Result<_, _>>().map(Self)
    }
}

fn threshold(item: &str) -> Result<(String, u64), String> {
    let wrong = || format!("{item:?} is not NAME=NUMBER, as in Threads_running=25");
    let (name, value) = item.split_once('=').ok_or_else(wrong)?;
    let known = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(known) {
        return Err(wrong());
    }
    Ok((name.to_owned(), value.parse().map_err(|_| wrong())?))
}

impl fmt::Display for Thresholds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        f.write_str(&items.join(","))
    }
}

/// Whether a text is a URL that can be asked.
pub fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    let begins_well = rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['));
    begins_well && !text.contains(char::is_whitespace)
}

/// `host[:port]` items of a list, separated by commas; a missing port is 3306. The error says which item is wrong.
pub fn addresses(text: &str) -> Result<Vec<Address>, String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(Address::parse).collect()
}

impl Address {
    /// Reads `host`, `host:port` or `[v6]:port`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not HOST or HOST:PORT");
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.starts_with('[') && host.ends_with(']') => {
                (host, port.parse().map_err(|_| wrong())?)
            }
            _ => (text, 3306),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let plain = !host.is_empty() && !host.contains(char::is_whitespace) && port > 0;
        plain.then_some(Self { host, port }).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_read_and_written_alike() {
        let text = "Threads_running=25,Threads_connected=500";
        let read = Thresholds::parse(" Threads_running=25 , Threads_connected=500,").expect("a list");
        assert_eq!(read.to_string(), text);
        assert_eq!(Thresholds::parse(""), Ok(Thresholds::default()));
        for wrong in ["Threads_running", "=3", "a=", "a=-1", "a=1.5", "a b=1", "a==1"] {
            assert!(
                Thresholds::parse(wrong).is_err_and(|why| why.contains(wrong)),
                "{wrong}"
            );
        }
    }

    #[test]
    fn addresses_are_hosts_with_or_without_a_port() {
        let read = addresses("db1, db2:3307,[::1]:3308,fe80::1").expect("a list");
        let shown: Vec<String> = read.iter().map(Address::to_string).collect();
        assert_eq!(shown, ["db1:3306", "db2:3307", "[::1]:3308", "[fe80::1]:3306"]);
        for wrong in [":3306", "db1:", "db1:x", "db1:0", "a b", "db1:70000"] {
            assert!(addresses(wrong).is_err(), "{wrong}");
        }
    }
}
