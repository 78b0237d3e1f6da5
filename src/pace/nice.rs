//! Pauses after chunks, as long as the user wants them: `--nice-ratio` times as long as the chunk took.
//!
//! Each worker pauses after its own chunk, so with a ratio of 1 half of the workers' time is the server's own.

use std::time::Duration;

/// Keeps the pauses of all workers.
#[derive(Clone, Debug, Default)]
pub struct Nice {
    ratio: f64,
    /// Pauses that are owed and not begun.
    owed: Vec<Duration>,
    /// Ends of those under way, on the run's clock.
    until: Vec<Duration>,
}

impl Nice {
    /// From now on this is the ratio; 0: no pauses. Pauses under way end as they were to, or at once with 0.
    pub fn set(&mut self, ratio: f64) {
        self.ratio = ratio;
        if ratio <= 0.0 {
            *self = Self::default();
        }
    }

    /// A chunk took its worker so long.
    pub fn copied(&mut self, took: Duration) {
        if self.ratio > 0.0 {
            let pause = took.as_secs_f64() * self.ratio;
            self.owed.extend(Duration::try_from_secs_f64(pause));
        }
    }

    /// Workers that pause now, on the run's clock.
    pub fn resting(&mut self, now: Duration) -> u32 {
        let begun = self.owed.drain(..).map(|pause| now.saturating_add(pause));
        self.until.extend(begun);
        self.until.retain(|until| *until > now);
        self.until.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_worker_pauses_in_proportion_to_its_chunk() {
        let mut nice = Nice::default();
        nice.copied(S);
        assert_eq!(nice.resting(Duration::ZERO), 0, "nobody asked for it");
        nice.set(0.5);
        nice.copied(S * 2);
        nice.copied(S * 4);
        assert_eq!(nice.resting(S * 10), 2);
        assert_eq!(nice.resting(S * 11 - Duration::from_nanos(1)), 2);
        assert_eq!(nice.resting(S * 11), 1);
        assert_eq!(nice.resting(S * 12), 0);
    }

    #[test]
    fn without_a_ratio_pauses_end_at_once() {
        let mut nice = Nice::default();
        nice.set(100.0);
        nice.copied(S * 60);
        assert_eq!(nice.resting(S), 1);
        nice.set(0.0);
        assert_eq!(nice.resting(S), 0);
    }
}
