//! What ghost-rs says of itself: the status objects in its output, and what they tell about a run.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use crate::process::Process;
use crate::{Error, Outcome};

const LOOK: Duration = Duration::from_millis(10);

/// The fields of a status object that matter here.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    pub state: String,
    pub dirty_keys: u64,
    pub held_keys: u64,
    pub applied_keys: u64,
    pub workers: u32,
    pub chunk_rows: u64,
    pub elapsed_s: f64,
}

impl Status {
    /// Changes read from the binlog that the ghost does not have yet.
    pub fn backlog(&self) -> u64 {
        self.dirty_keys + self.held_keys
    }
}

/// Every status of an output, in order.
pub fn read(output: &Path) -> Outcome<Vec<Status>> {
    let said = std::fs::read_to_string(output)?;
    Ok(said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect())
}

/// Waits until a status fits, and gives all statuses so far, the fitting one last.
pub fn wait_for(
    process: &mut Process,
    limit: Duration,
    fits: impl Fn(&Status) -> bool,
) -> Outcome<Vec<Status>> {
    let until = std::time::Instant::now() + limit;
    loop {
        let runs = process.is_running();
        let all = read(process.output())?;
        if let Some(place) = all.iter().position(&fits) {
            return Ok(all.into_iter().take(place + 1).collect());
        }
        if !runs || std::time::Instant::now() > until {
            return Err(never(process.output(), runs));
        }
        std::thread::sleep(LOOK);
    }
}

fn never(output: &Path, runs: bool) -> Error {
    let what = if runs {
        "did not get so far in time"
    } else {
        "ended early"
    };
    format!("ghost-rs {what}: {}", output.display()).into()
}

/// How a run went, in one line: its states with their seconds, its workers and its chunks.
pub fn story(output: &Path) -> Outcome<String> {
    let all = read(output)?;
    let mut parts: Vec<String> = Vec::new();
    for states in all.chunk_by(|a, b| a.state == b.state) {
        if let (Some(first), Some(begin)) = (states.first(), states.first().map(|first| first.elapsed_s)) {
            parts.push(format!("{} from {begin:.1} s", first.state));
        }
    }
    let copying = || all.iter().filter(|status| status.state == "copying");
    let workers = copying().map(|status| status.workers).max().unwrap_or(0);
    let chunks = || copying().map(|status| status.chunk_rows).filter(|rows| *rows > 0);
    let (least, most) = (chunks().min().unwrap_or(0), chunks().max().unwrap_or(0));
    parts.push(format!(
        "at most {workers} workers, chunks of {least} to {most} rows"
    ));
    Ok(parts.join(", "))
}
