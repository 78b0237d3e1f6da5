//! When to hold back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Problems, given_path};
use crate::cli::args::throttle::ThrottleArgs as Args;
use crate::config::{
    self, Address, CRITICAL_LOAD_HIBERNATE_SECONDS, CRITICAL_LOAD_INTERVAL_MILLIS, HTTP_INTERVAL_MILLIS,
    HTTP_TIMEOUT_MILLIS, MAX_LAG_MILLIS, NICE_RATIO_MAX, Thresholds, Throttling,
};
use crate::error::Failure;

/// The flag file that stops all runs of a machine; gh-ost's, so that one file stops both.
const ADDITIONAL_FLAG_FILE: &str = "/tmp/gh-ost.throttle";

pub(super) fn check(args: &Args, p: &mut Problems) -> Throttling {
    Throttling {
        max_lag: p.millis("--max-lag-millis", args.max_lag_millis, MAX_LAG_MILLIS),
        control_replicas: p.take(replicas(args)),
        max_load: p.take(thresholds("--max-load", args.max_load.as_deref())),
        critical_load: p.take(thresholds("--critical-load", args.critical_load.as_deref())),
        critical_load_interval: p.millis(
            "--critical-load-interval-millis",
            args.critical_load_interval_millis,
            CRITICAL_LOAD_INTERVAL_MILLIS,
        ),
        critical_load_hibernate: Duration::from_secs(p.or_default(
            "--critical-load-hibernate-seconds",
            args.critical_load_hibernate_seconds,
            CRITICAL_LOAD_HIBERNATE_SECONDS,
        )),
        query: args
            .throttle_query
            .clone()
            .filter(|query| !query.trim().is_empty()),
        http: p.take(url(args.throttle_http.as_deref())),
        http_interval: p.millis(
            "--throttle-http-interval-millis",
            args.throttle_http_interval_millis,
            HTTP_INTERVAL_MILLIS,
        ),
        http_timeout: p.millis(
            "--throttle-http-timeout-millis",
            args.throttle_http_timeout_millis,
            HTTP_TIMEOUT_MILLIS,
        ),
        ignore_http_errors: args.ignore_http_errors,
        flag_files: flag_files(args),
        nice_ratio: p.take(nice_ratio(args)),
    }
}

fn replicas(args: &Args) -> Result<Vec<Address>, Failure> {
    let text = args.throttle_control_replicas.as_deref().unwrap_or_default();
    config::addresses(text).map_err(|why| {
        Failure::usage("--throttle-control-replicas is no list of servers")
            .detail(why)
            .hint("say --throttle-control-replicas db2,db3:3307")
    })
}

fn thresholds(flag: &str, text: Option<&str>) -> Result<Thresholds, Failure> {
    Thresholds::parse(text.unwrap_or_default()).map_err(|why| {
        Failure::usage(format!("{flag} is no list of status variables and values"))
            .detail(why)
            .hint(format!("say {flag} Threads_running=25,Threads_connected=500"))
    })
}

fn url(text: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if config::is_url(text) {
        return Ok(Some(text.to_owned()));
    }
    // The text is not shown: a URL may hold a password.
    Err(Failure::usage("--throttle-http is no URL").hint("say --throttle-http http://host:port/path"))
}

fn nice_ratio(args: &Args) -> Result<f64, Failure> {
    let ratio = args.nice_ratio.unwrap_or(0.0);
    if (0.0..=NICE_RATIO_MAX).contains(&ratio) {
        return Ok(ratio);
    }
    Err(Failure::usage(format!("--nice-ratio is {ratio}")).hint(format!(
        "give a number from 0 to {NICE_RATIO_MAX}; 1 doubles the time of the copy"
    )))
}

/// gh-ost's second file is watched even if nobody names it; an empty name switches it off.
fn flag_files(args: &Args) -> Vec<PathBuf> {
    let additional = match &args.throttle_additional_flag_file {
        Some(path) => given_path(Some(path)),
        None => Some(Path::new(ADDITIONAL_FLAG_FILE).to_path_buf()),
    };
    let first = given_path(args.throttle_flag_file.as_ref());
    first.into_iter().chain(additional).collect()
}
