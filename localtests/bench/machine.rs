//! Where the figures come from: without it, absolute numbers mean nothing.

use std::process::Command;

use serde::Serialize;

use crate::Outcome;
use crate::arena::Arena;

#[derive(Serialize)]
pub struct Machine {
    cores: usize,
    processor: String,
    memory_gib: f64,
    kernel: String,
    /// Runnable tasks when the benchmark began: a busy machine measures its other work.
    load_average: String,
    mysql: String,
    settings: Vec<(String, String)>,
    ghost_rs: String,
    quick: bool,
}

const SETTINGS: [&str; 7] = [
    "innodb_buffer_pool_size",
    "innodb_redo_log_capacity",
    "innodb_flush_log_at_trx_commit",
    "sync_binlog",
    "innodb_flush_method",
    "innodb_io_capacity",
    "binlog_row_image",
];

/// This machine and its server.
pub fn describe(arena: &mut Arena) -> Outcome<Machine> {
    let mut settings = Vec::new();
    for name in SETTINGS {
        settings.push((name.to_owned(), arena.db.text(&format!("SELECT @@{name}"))?));
    }
    let memory = field("/proc/meminfo", "MemTotal:");
    let kib: f64 = memory
        .split_whitespace()
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0.0);
    Ok(Machine {
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        processor: field("/proc/cpuinfo", "model name")
            .trim_start_matches([':', ' ', '\t'])
            .to_owned(),
        memory_gib: (kib / f64::from(1 << 20) * 10.0).round() / 10.0,
        kernel: first_line("/proc/sys/kernel/osrelease"),
        load_average: first_line("/proc/loadavg"),
        mysql: arena.db.text("SELECT VERSION()")?,
        settings,
        ghost_rs: version(arena)?,
        quick: arena.cli.quick,
    })
}

fn version(arena: &Arena) -> Outcome<String> {
    let output = Command::new(&arena.cli.ghost_rs).arg("--version").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn first_line(path: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

fn field(path: &str, name: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
}

impl Machine {
    pub fn text(&self) -> String {
        let Self {
            cores,
            processor,
            memory_gib,
            kernel,
            load_average,
            mysql,
            ghost_rs,
            ..
        } = self;
        let settings: Vec<String> = self
            .settings
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let quick = if self.quick {
            "QUICK: sizes too small for any conclusion.\n"
        } else {
            ""
        };
        format!(
            "{quick}{cores} cores ({processor}), {memory_gib} GiB, Linux {kernel}, load average at the start {load_average}\n\
             MySQL {mysql}: {}\n{ghost_rs}\n",
            settings.join(" ")
        )
    }
}
