//! Whether anybody but us commits on this server, told from the binlog: its transactions less our own.

use std::time::Duration;

/// So many transactions a second are an application.
const PER_SECOND_BUSY: u32 = 5;
/// Counted over so long.
const PERIOD: Duration = Duration::from_millis(500);

/// Counts transactions.
#[derive(Clone, Debug, Default)]
pub struct Others {
    since: Duration,
    logged: u32,
    ours: u32,
    busy: bool,
}

impl Others {
    /// A transaction came by in the stream.
    pub fn logged(&mut self) {
        self.logged += 1;
    }

    /// A transaction of ours has committed.
    pub fn ours(&mut self) {
        self.ours += 1;
    }

    /// Whether others commit, as of the last period. `now` is the run's clock.
    pub fn busy(&mut self, now: Duration) -> bool {
        let period = now.saturating_sub(self.since);
        if period >= PERIOD {
            let theirs = f64::from(self.logged.saturating_sub(self.ours));
            self.busy = theirs / period.as_secs_f64() >= f64::from(PER_SECOND_BUSY);
            *self = Self {
                since: now,
                busy: self.busy,
                ..Self::default()
            };
        }
        self.busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_transactions_are_not_others() {
        let mut others = Others::default();
        for _ in 0..100 {
            others.logged();
            others.ours();
        }
        assert!(!others.busy(Duration::from_secs(1)));
        for _ in 0..100 {
            others.logged();
        }
        assert!(others.busy(Duration::from_secs(2)));
        assert!(!others.busy(Duration::from_secs(3)), "it has become quiet");
    }
}
