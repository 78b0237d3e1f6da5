//! The summary of a storm, for people and (as JSON) for scripts.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::Storm;
use super::check::Check;
use super::stats::{Spread, Stall, Stats};

/// What a storm saw, and what it left.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// No error at any session, and the table is what was written.
    pub ok: bool,
    pub kind: &'static str,
    pub seed: u64,
    pub seconds: f64,
    pub transactions: u64,
    pub transactions_per_second: f64,
    pub rolled_back: u64,
    pub deadlocks: u64,
    pub reads: u64,
    pub errors: u64,
    pub first_errors: Vec<String>,
    pub statement_ms: Spread,
    pub transaction_ms: Spread,
    pub longest_stall: Option<Stall>,
    pub table: Check,
}

impl Report {
    pub fn new(storm: &Storm, took: Duration, stats: Vec<Stats>, table: Check) -> Self {
        let stats = Stats::merged(stats);
        let seconds = took.as_secs_f64();
        Self {
            ok: stats.errors == 0 && table.holds(),
            kind: storm.kind.name(),
            seed: storm.seed,
            seconds,
            transactions: stats.committed,
            transactions_per_second: stats.committed as f64 / seconds.max(f64::MIN_POSITIVE),
            rolled_back: stats.rolled_back,
            deadlocks: stats.deadlocks,
            reads: stats.reads,
            errors: stats.errors,
            statement_ms: stats.statement_spread(),
            transaction_ms: stats.transaction_spread(),
            first_errors: stats.first_errors,
            longest_stall: stats.longest,
            table,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (table, time) = (&self.table, &self.transaction_ms);
        writeln!(
            f,
            "table:    {} rows; {} missing, {} extra, {} wrong",
            table.rows, table.missing, table.extra, table.wrong
        )?;
        for example in &table.examples {
            writeln!(f, "          {example}")?;
        }
        writeln!(
            f,
            "sessions: {} transactions committed in {:.1} s, {} rolled back on purpose, {} reads; {} errors, {} deadlocks among themselves",
            self.transactions, self.seconds, self.rolled_back, self.reads, self.errors, self.deadlocks
        )?;
        for error in &self.first_errors {
            writeln!(f, "          {error}")?;
        }
        writeln!(
            f,
            "latency:  a transaction took {:.1} ms (median), {:.1} ms (p95), {:.1} ms (p99)",
            time.p50, time.p95, time.p99
        )?;
        match &self.longest_stall {
            Some(stall) => write!(
                f,
                "longest stall of a statement: {:.0} ms, {:.1} s after the writers' start: {}",
                stall.ms, stall.at_s, stall.statement
            ),
            None => write!(f, "longest stall of a statement: none was sent"),
        }
    }
}
