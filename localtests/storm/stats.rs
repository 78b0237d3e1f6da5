//! How long statements took, what they answered, and when the longest wait began.

use std::time::{Duration, Instant};

use serde::Serialize;

/// Error texts kept for a summary; the number counts all.
const ERRORS_KEPT: usize = 5;

/// What one session saw.
#[derive(Debug)]
pub struct Stats {
    storm_started: Instant,
    statements_us: Vec<u32>,
    transactions_us: Vec<u32>,
    pub longest: Option<Stall>,
    pub committed: u64,
    pub rolled_back: u64,
    /// Deadlocks among the writers themselves: an application tries again.
    pub deadlocks: u64,
    pub reads: u64,
    pub errors: u64,
    pub first_errors: Vec<String>,
}

/// The statement that took longest.
#[derive(Clone, Debug, Serialize)]
pub struct Stall {
    pub ms: f64,
    /// When it was sent, seconds after the storm's start.
    pub at_s: f64,
    pub statement: String,
}

/// A distribution, in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Spread {
    pub count: usize,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

impl Stats {
    pub fn new(storm_started: Instant) -> Self {
        Self {
            storm_started,
            statements_us: Vec::new(),
            transactions_us: Vec::new(),
            longest: None,
            committed: 0,
            rolled_back: 0,
            deadlocks: 0,
            reads: 0,
            errors: 0,
            first_errors: Vec::new(),
        }
    }

    /// A statement was sent at a moment and has been answered now.
    pub fn statement(&mut self, sent: Instant, sql: &str) {
        let took = sent.elapsed();
        self.statements_us.push(micros(took));
        let ms = took.as_secs_f64() * 1e3;
        if self.longest.as_ref().is_none_or(|longest| ms > longest.ms) {
            let at_s = (sent - self.storm_started).as_secs_f64();
            self.longest = Some(Stall {
                ms,
                at_s,
                statement: sql.chars().take(80).collect(),
            });
        }
    }

    pub fn transaction(&mut self, begun: Instant) {
        self.transactions_us.push(micros(begun.elapsed()));
    }

    pub fn error(&mut self, what: String) {
        self.errors += 1;
        if self.first_errors.len() < ERRORS_KEPT {
            self.first_errors.push(what);
        }
    }

    /// All sessions' as one.
    pub fn merged(all: Vec<Self>) -> Self {
        let mut sum = Self::new(Instant::now());
        for one in all {
            sum.statements_us.extend(one.statements_us);
            sum.transactions_us.extend(one.transactions_us);
            sum.committed += one.committed;
            sum.rolled_back += one.rolled_back;
            sum.deadlocks += one.deadlocks;
            sum.reads += one.reads;
            sum.errors += one.errors;
            sum.first_errors.extend(one.first_errors);
            let longer = |a: &Stall, b: &Stall| a.ms.total_cmp(&b.ms);
            sum.longest = sum.longest.into_iter().chain(one.longest).max_by(longer);
        }
        sum.first_errors.truncate(ERRORS_KEPT);
        sum
    }

    pub fn statement_spread(&self) -> Spread {
        Spread::of(&self.statements_us)
    }

    pub fn transaction_spread(&self) -> Spread {
        Spread::of(&self.transactions_us)
    }
}

impl Spread {
    fn of(micros: &[u32]) -> Self {
        let mut sorted = micros.to_vec();
        sorted.sort_unstable();
        let at = |share: f64| {
            let place = (sorted.len() as f64 * share) as usize;
            let place = place.min(sorted.len().saturating_sub(1));
            f64::from(sorted.get(place).copied().unwrap_or(0)) / 1e3
        };
        Self {
            count: sorted.len(),
            p50: at(0.50),
            p95: at(0.95),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

fn micros(took: Duration) -> u32 {
    u32::try_from(took.as_micros()).unwrap_or(u32::MAX)
}
