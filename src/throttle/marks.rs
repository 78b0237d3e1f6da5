//! When our marks were begun, and how late they are: in our own stream, and on replicas that got them by replication.
//!
//! Only our own clock is used. A mark that has not come by yet is late by as long as it has waited, so a stream or a
//! replica that stands still shows a lag that grows, never one of 0.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::changes::Mark;

/// When a mark was begun is kept for so long: the largest lag that may be allowed.
const KEPT: Duration = Duration::from_millis(crate::config::MAX_LAG_MILLIS.max);
/// And of so many marks at most, 16 bytes each.
const KEPT_MAX: usize = 200_000;

/// The marks of a run.
#[derive(Clone, Debug, Default)]
pub struct MarkTimes {
    /// Ascending, without gaps at the end that is still of use.
    begun: VecDeque<(Mark, Instant)>,
    /// The newest whose time is not known any more.
    forgotten: Mark,
    seen: Mark,
    /// How long the newest that came by took.
    travel: Option<Duration>,
    /// Marks up to this one say nothing of lag: we did not read while they came by.
    unread: Mark,
}

impl MarkTimes {
    /// A mark is being written.
    pub fn begun(&mut self, mark: Mark, now: Instant) {
        while self.begun.len() >= KEPT_MAX || self.begun.front().is_some_and(|(_, at)| now - *at > KEPT) {
            self.forgotten = self.begun.pop_front().map_or(self.forgotten, |(mark, _)| mark);
        }
        self.begun.push_back((mark, now));
    }

    /// A mark came by in the stream. One that is not news says nothing.
    pub fn seen(&mut self, mark: Mark, now: Instant) {
        let place = self.begun.partition_point(|(known, _)| *known < mark);
        let known = self.begun.get(place).filter(|(known, _)| *known == mark);
        if let (true, Some((_, at))) = (mark > self.seen, known) {
            self.travel = Some(now - *at);
            self.seen = mark;
        }
    }

    /// We do not read the stream for a while, for a reason of our own: marks begun until now will come late, and that
    /// is nobody's lag.
    pub fn stopped_reading(&mut self) {
        self.unread = self.begun.back().map_or(self.unread, |(mark, _)| *mark);
    }

    /// How late the stream is. `None`: no mark has come by yet.
    pub fn lag(&self, now: Instant) -> Option<Duration> {
        let travel = self.travel?;
        Some(
            self.missing_since(self.seen)
                .map_or(travel, |at| travel.max(now - at)),
        )
    }

    /// The same as far as it is the server's or the network's doing.
    pub fn true_lag(&self, now: Instant) -> Duration {
        let travel = self
            .travel
            .filter(|_| self.seen > self.unread)
            .unwrap_or_default();
        let missing = self.missing_since(self.seen.max(self.unread));
        missing.map_or(travel, |at| travel.max(now - at))
    }

    /// How late somebody is who had all marks up to `newest` at the time `at`, and no other. `None`: more than we
    /// remember.
    pub fn behind(&self, newest: Mark, at: Instant) -> Option<Duration> {
        if newest < self.forgotten {
            return None;
        }
        let missing = self.missing_since(newest);
        Some(missing.map_or(Duration::ZERO, |begun| at.saturating_duration_since(begun)))
    }

    /// When the first mark after this one was begun.
    fn missing_since(&self, mark: Mark) -> Option<Instant> {
        let place = self.begun.partition_point(|(known, _)| *known <= mark);
        self.begun.get(place).map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Marks 1, 2 and 3, begun at 0, 100 and 200 ms.
    fn three() -> (MarkTimes, Instant) {
        let (mut marks, start) = (MarkTimes::default(), Instant::now());
        for n in 0..3 {
            marks.begun(Mark(u64::from(n) + 1), start + MS * 100 * n);
        }
        (marks, start)
    }

    #[test]
    fn a_mark_that_is_overdue_counts_as_lag() {
        let (mut marks, start) = three();
        assert_eq!(marks.lag(start + MS * 250), None, "none came by yet");
        assert_eq!(marks.true_lag(start + MS * 250), MS * 250);
        marks.seen(Mark(1), start + MS * 30);
        assert_eq!(marks.lag(start + MS * 110), Some(MS * 30));
        assert_eq!(
            marks.lag(start + MS * 250),
            Some(MS * 150),
            "mark 2 has not come by"
        );
        marks.seen(Mark(3), start + MS * 260);
        assert_eq!(marks.true_lag(start + MS * 9_000), MS * 60);
        marks.seen(Mark(2), start + MS * 9_000);
        assert_eq!(marks.lag(start + MS * 9_000), Some(MS * 60), "old news");
    }

    #[test]
    fn what_we_did_not_read_is_no_lag() {
        let (mut marks, start) = three();
        marks.seen(Mark(1), start + MS * 900);
        marks.stopped_reading();
        assert_eq!(marks.true_lag(start + MS * 5_000), Duration::ZERO);
        marks.seen(Mark(3), start + MS * 5_000);
        assert_eq!(marks.true_lag(start + MS * 5_000), Duration::ZERO);
        assert_eq!(
            marks.lag(start + MS * 5_000),
            Some(MS * 4_800),
            "but the status says it"
        );
        marks.begun(Mark(4), start + MS * 5_000);
        assert_eq!(marks.true_lag(start + MS * 7_000), MS * 2_000);
        marks.seen(Mark(4), start + MS * 7_000);
        assert_eq!(marks.true_lag(start + MS * 8_000), MS * 2_000);
    }

    #[test]
    fn a_replica_is_behind_by_the_age_of_the_first_mark_it_lacks() {
        let (mut marks, start) = three();
        let cases = [
            (0, 250, 250),
            (1, 250, 150),
            (2, 250, 50),
            (2, 199, 0),
            (3, 9_000, 0),
        ];
        for (newest, at, late) in cases {
            assert_eq!(
                marks.behind(Mark(newest), start + MS * at),
                Some(MS * late),
                "mark {newest} at {at} ms"
            );
        }
        marks.begun(Mark(4), start + KEPT + MS * 150);
        assert_eq!(marks.behind(Mark(1), start + KEPT * 2), None, "forgotten");
        assert!(marks.behind(Mark(2), start + KEPT * 2).is_some());
    }
}
