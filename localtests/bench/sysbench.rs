//! sysbench's write-only mix as the application: started, told when to end, and its summary read.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::arena::{Arena, SCHEMA};
use crate::process::{Ended, Process};
use crate::tools::{RUN_MAX, behind_bench_tools};
use crate::{Error, Outcome};

/// Connections, caches and the first pages: not part of any figure.
const WARM_UP: Duration = Duration::from_secs(3);
/// sysbench waits for a time as well as for its file.
const SECONDS_MAX: u64 = 600;
const LOOK: Duration = Duration::from_millis(5);

/// A load that runs.
pub struct Load {
    process: Process,
    stop_file: PathBuf,
}

/// What the application saw since the warm-up.
#[derive(Clone, Debug)]
pub struct Seen {
    pub per_second: f64,
    /// With the time that a transaction stood in sysbench's queue: a stall is not hidden by the ones it delays.
    pub p95_ms: f64,
    pub max_ms: f64,
    /// Deadlocks, which sysbench repeats.
    pub repeated: f64,
    /// sysbench ends at any other error, and says which.
    pub error: Option<String>,
}

/// One table of so many rows.
pub fn prepare(arena: &mut Arena, rows: u64) -> Outcome {
    let words = words(
        arena,
        "oltp_write_only",
        &[format!("--table-size={rows}"), "prepare".into()],
    );
    let ended = Process::start(&mut behind_bench_tools(&words), arena.log("prepare"))?.wait(RUN_MAX)?;
    if ended.ok {
        Ok(())
    } else {
        Err(format!("sysbench could not make the table: {}", ended.output.display()).into())
    }
}

impl Load {
    /// Starts and warms up. A lock wait that ends in an error counts as one; only deadlocks are repeated.
    pub fn start(arena: &mut Arena, rows: u64, more: &[&str]) -> Outcome<Self> {
        let log = arena.log("sysbench");
        let stop_file = log.with_extension("stop");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("localtests/bench/until_told.lua");
        let mut flags = vec![
            format!("--table-size={rows}"),
            format!("--stop_file={}", stop_file.display()),
            format!("--time={SECONDS_MAX}"),
            format!("--report-checkpoints={}", WARM_UP.as_secs()),
            "--mysql-ignore-errors=1213".into(),
            "--percentile=95".into(),
            "--histogram".into(),
        ];
        flags.extend(more.iter().map(|flag| (*flag).to_owned()));
        flags.push("run".into());
        let words = words(arena, &script.to_string_lossy(), &flags);
        let process = Process::start(&mut behind_bench_tools(&words), log)?;
        let mut load = Self { process, stop_file };
        load.warm_up()?;
        Ok(load)
    }

    /// sysbench forgets what it has seen at its checkpoint; figures begin there.
    fn warm_up(&mut self) -> Outcome {
        let until = Instant::now() + WARM_UP * 10;
        while !self.said()?.contains("Checkpoint report") {
            if !self.process.is_running() || Instant::now() > until {
                return Err(format!("sysbench does not run: {}", self.process.output().display()).into());
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    fn said(&self) -> Outcome<String> {
        Ok(std::fs::read_to_string(self.process.output())?)
    }

    /// Tells it to end and reads what it saw.
    pub fn stop(self) -> Outcome<Seen> {
        std::fs::write(&self.stop_file, "")?;
        let ended = self.process.wait(RUN_MAX * 2)?;
        read(&std::fs::read_to_string(&ended.output)?, &ended)
    }
}

fn words(arena: &Arena, test: &str, flags: &[String]) -> Vec<String> {
    let mut words = vec![
        "sysbench_on".into(),
        arena.cli.port.to_string(),
        SCHEMA.into(),
        test.into(),
    ];
    words.extend(["--tables=1".into()]);
    words.extend_from_slice(flags);
    words
}

/// The summary at the end; the one of the checkpoint comes before it.
fn read(said: &str, ended: &Ended) -> Result<Seen, Error> {
    let error = said
        .lines()
        .find(|line| line.contains("FATAL"))
        .map(str::to_owned);
    let summary = said.rsplit("SQL statistics:").next().unwrap_or_default();
    // `    name:   number   (number per sec.)`
    let value = |name: &str| -> Option<f64> {
        let line = summary
            .lines()
            .find_map(|line| line.trim_start().strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let need = |name: &str| {
        let missing = || {
            Error::from(format!(
                "sysbench says nothing of {name} in {}",
                ended.output.display()
            ))
        };
        value(name)
            .or(error.is_some().then_some(f64::NAN))
            .ok_or_else(missing)
    };
    Ok(Seen {
        per_second: rate(summary).unwrap_or(f64::NAN),
        p95_ms: need("95th percentile:")?,
        max_ms: need("max:")?,
        repeated: need("ignored errors:")?,
        error: error.clone(),
    })
}

/// `transactions:   2520   (300.1 per sec.)`: the total time that it prints is not the time since the checkpoint.
fn rate(summary: &str) -> Option<f64> {
    let line = summary
        .lines()
        .find(|line| line.trim_start().starts_with("transactions:"))?;
    line.split('(').nth(1)?.split_whitespace().next()?.parse().ok()
}
