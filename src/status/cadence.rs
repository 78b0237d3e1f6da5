//! When the next status is due: each second at first, then more rarely, and at once when the state changes.

use std::time::Duration;

use super::Phase;

/// From this age on, so long between two status lines. Somebody watches the first minute; after that it is a log.
const STEPS: [(Duration, Duration); 4] = [
    (Duration::from_secs(600), Duration::from_secs(30)),
    (Duration::from_secs(180), Duration::from_secs(10)),
    (Duration::from_secs(60), Duration::from_secs(5)),
    (Duration::ZERO, Duration::from_secs(1)),
];

/// What has been printed and what has changed. Times are ages of the run.
#[derive(Clone, Debug, Default)]
pub struct Cadence {
    state: Option<Phase>,
    changed: Duration,
    printed: Option<Duration>,
}

impl Cadence {
    /// Whether a status is due now, at this age of the run. If it is, it counts as printed.
    pub fn due(&mut self, state: &Phase, now: Duration) -> bool {
        let named = |state: &Phase| (state.name(), state.reason().map(|reason| reason.name));
        let news = self.state.as_ref().map(named) != Some(named(state));
        if news {
            self.changed = now;
        }
        self.state = Some(state.clone());
        let due = news
            || self
                .printed
                .is_none_or(|printed| now.saturating_sub(printed) >= self.interval(now));
        if due {
            self.printed = Some(now);
        }
        due
    }

    /// Time between two lines. The end of a run is news, however old the run is: it is followed from its own beginning.
    fn interval(&self, now: Duration) -> Duration {
        let age = match self.state {
            Some(Phase::CatchingUp | Phase::Swapping) => now.saturating_sub(self.changed),
            _ => now,
        };
        STEPS
            .iter()
            .find(|(from, _)| age >= *from)
            .map_or(Duration::from_secs(1), |(_, every)| *every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Reason;

    /// The seconds at which a run prints; `states` are the beginnings of its states.
    fn printed(seconds: u64, states: &[(u64, Phase)]) -> Vec<u64> {
        let mut cadence = Cadence::default();
        let state = |now| {
            states
                .iter()
                .rev()
                .find(|(from, _)| *from <= now)
                .map_or(Phase::Preparing, |it| it.1.clone())
        };
        (0..seconds)
            .filter(|now| cadence.due(&state(*now), Duration::from_secs(*now)))
            .collect()
    }

    #[test]
    fn each_second_at_first_then_more_rarely() {
        let printed = printed(3600, &[(0, Phase::Copying)]);
        assert_eq!(printed.iter().filter(|at| **at < 60).count(), 60);
        assert_eq!(printed.iter().filter(|at| (60..180).contains(*at)).count(), 24);
        assert_eq!(printed.iter().filter(|at| (180..600).contains(*at)).count(), 42);
        assert_eq!(printed.iter().filter(|at| **at >= 600).count(), 100);
    }

    #[test]
    fn a_change_of_state_is_printed_at_once() {
        let printed = printed(1000, &[(0, Phase::Copying), (907, Phase::Postponed)]);
        assert!(printed.contains(&907) && !printed.contains(&908), "{printed:?}");
    }

    #[test]
    fn the_end_of_a_long_run_is_followed_each_second() {
        let printed = printed(
            1020,
            &[
                (0, Phase::Copying),
                (1001, Phase::CatchingUp),
                (1007, Phase::Swapping),
            ],
        );
        assert!((1001..1020).all(|at| printed.contains(&at)), "{printed:?}");
    }

    #[test]
    fn other_values_of_a_throttle_are_no_change_and_another_reason_is() {
        let mut cadence = Cadence::default();
        let late = Duration::from_secs(1000);
        let throttled = |name, text| Phase::Throttled(Reason::new(name, text));
        assert!(cadence.due(&throttled("lag", "1.2s"), late));
        let later = late + Duration::from_secs(1);
        assert!(!cadence.due(&throttled("lag", "1.3s"), later));
        assert!(cadence.due(&throttled("command", "1.3s"), later));
    }
}
