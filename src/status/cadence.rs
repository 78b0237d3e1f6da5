//! When the next status is due: each second at first, then more rarely, at once when the state changes.

use std::time::Duration;

/// From this age of the run on, this long between two status lines. Somebody watches the first minute; after that it
/// is a log.
const STEPS: [(Duration, Duration); 4] = [
    (Duration::from_secs(600), Duration::from_secs(30)),
    (Duration::from_secs(180), Duration::from_secs(10)),
    (Duration::from_secs(60), Duration::from_secs(5)),
    (Duration::ZERO, Duration::from_secs(1)),
];

/// How long the run has rested in one state before even the first minute's pace is too much.
const NEWS: Duration = Duration::from_secs(60);

/// Time between two status lines, for a run that is `elapsed` old and whose state changed `since_change` ago.
///
/// A fresh state is news: it is followed each second for a minute, however old the run is.
pub fn interval(elapsed: Duration, since_change: Duration) -> Duration {
    let age = if since_change < NEWS {
        since_change.min(elapsed)
    } else {
        elapsed
    };
    STEPS
        .iter()
        .find(|(from, _)| age >= *from)
        .map_or(Duration::from_secs(1), |(_, every)| *every)
}

/// Whether a status is due. Times are ages of the run: now, of the last status printed, of the last change of state.
pub fn due(now: Duration, printed: Option<Duration>, changed: Duration) -> bool {
    let Some(printed) = printed else { return true };
    changed > printed || now.saturating_sub(printed) >= interval(now, now.saturating_sub(changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// How many lines are printed in a run of so many seconds whose state changes at these ages.
    fn lines(seconds: u64, changes: &[u64]) -> usize {
        let mut printed = None;
        let mut count = 0;
        for now in 0..seconds {
            let changed = changes.iter().copied().filter(|at| *at <= now).max().unwrap_or(0);
            if due(s(now), printed, s(changed)) {
                printed = Some(s(now));
                count += 1;
            }
        }
        count
    }

    #[test]
    fn each_second_at_first_then_more_rarely() {
        assert_eq!(interval(s(0), s(0)), s(1));
        assert_eq!(interval(s(59), s(59)), s(1));
        assert_eq!(interval(s(60), s(60)), s(5));
        assert_eq!(interval(s(180), s(180)), s(10));
        assert_eq!(interval(s(600), s(600)), s(30));
    }

    #[test]
    fn an_hour_of_copying_is_not_a_thousand_lines() {
        assert_eq!(lines(60, &[0]), 60);
        assert!((220..=240).contains(&lines(3600, &[0])), "{}", lines(3600, &[0]));
    }

    #[test]
    fn a_change_of_state_is_printed_at_once_and_followed() {
        assert!(due(s(3001), Some(s(3000)), s(3001)));
        assert!(!due(s(3001), Some(s(3000)), s(0)));
        assert!(due(s(3002), Some(s(3001)), s(3001)));
    }
}
