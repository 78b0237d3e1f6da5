//! When the next status is due: each second at first and near the end, more rarely in between, and at once when the state
//! changes.

use std::time::Duration;

use super::{Phase, Snapshot};

/// Up to this age, and from so long before the end of the copy, so long between two status lines; beyond, [`RARELY`].
/// The steps are gh-ost's. Somebody watches the first minute; after that it is a log.
const STEPS: [(Duration, Duration); 2] = [
    (Duration::from_secs(60), Duration::from_secs(1)),
    (Duration::from_secs(180), Duration::from_secs(5)),
];
const RARELY: Duration = Duration::from_secs(30);

/// What has been printed and what has changed. Times are ages of the run.
#[derive(Clone, Debug, Default)]
pub struct Cadence {
    state: Option<Phase>,
    changed: Duration,
    printed: Option<Duration>,
}

impl Cadence {
    /// Whether this status is to be printed. If it is, it counts as printed.
    pub fn due(&mut self, snapshot: &Snapshot) -> bool {
        let (state, now) = (&snapshot.state, snapshot.elapsed);
        let named = |state: &Phase| (state.name(), state.reason().map(|reason| reason.name));
        let news = self.state.as_ref().map(named) != Some(named(state));
        if news {
            self.changed = now;
        }
        self.state = Some(state.clone());
        let due = news
            || self
                .printed
                .is_none_or(|printed| now.saturating_sub(printed) >= self.interval(snapshot));
        if due {
            self.printed = Some(now);
        }
        due
    }

    /// Time between two lines. The end of a run is news, however old the run is: it is followed from its own beginning.
    fn interval(&self, snapshot: &Snapshot) -> Duration {
        let age = match snapshot.state {
            Phase::CatchingUp | Phase::Swapping => snapshot.elapsed.saturating_sub(self.changed),
            _ => snapshot.elapsed,
        };
        let nearest = snapshot.eta.map_or(age, |eta| eta.min(age));
        STEPS
            .iter()
            .find(|(up_to, _)| nearest < *up_to)
            .map_or(RARELY, |(_, every)| *every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Reason;

    fn at(seconds: u64, state: Phase) -> Snapshot {
        Snapshot {
            state,
            elapsed: Duration::from_secs(seconds),
            ..Snapshot::at_start()
        }
    }

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
            .filter(|now| cadence.due(&at(*now, state(*now))))
            .collect()
    }

    #[test]
    fn each_second_at_first_then_more_rarely() {
        let printed = printed(3600, &[(0, Phase::Copying)]);
        assert_eq!(printed.iter().filter(|at| **at < 60).count(), 60);
        assert_eq!(printed.iter().filter(|at| (60..180).contains(*at)).count(), 24);
        assert_eq!(printed.iter().filter(|at| **at >= 180).count(), 114);
    }

    #[test]
    fn each_second_when_the_copy_is_about_to_end() {
        let mut cadence = Cadence::default();
        let mut due = |now, eta| {
            let eta = Some(Duration::from_secs(eta));
            cadence.due(&Snapshot {
                eta,
                ..at(now, Phase::Copying)
            })
        };
        assert!(due(1000, 500) && !due(1001, 400));
        assert!(due(1005, 170) && !due(1006, 160));
        assert!(due(1007, 50) && due(1008, 49));
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
        let throttled = |seconds, name, text| at(seconds, Phase::Throttled(Reason::new(name, text)));
        assert!(cadence.due(&throttled(1000, "lag", "1.2s")));
        assert!(!cadence.due(&throttled(1001, "lag", "1.3s")));
        assert!(cadence.due(&throttled(1001, "command", "1.3s")));
    }
}
