//! A status in words: one plain line for pipes and logs, and a shorter one beside the progress bar.

use std::time::Duration;

use super::{Phase, Snapshot};

/// For pipes and logs: fixed order, nothing that needs a legend.
///
/// `copying 45.2%; rows 452000/1000000, 61200/s, ETA 9s, 2 workers x 20000; keys 1203 dirty, 50210 applied, lag 0.1s;
/// binlog binlog.000007:1234; 12s`
pub fn line(snapshot: &Snapshot) -> String {
    let mut parts = vec![state(snapshot)];
    if snapshot.state != Phase::Preparing {
        parts.push(rows(snapshot));
        parts.push(changes(snapshot));
    }
    if !snapshot.position.is_empty() {
        parts.push(format!("binlog {}", snapshot.position));
    }
    parts.extend(
        snapshot
            .limit
            .as_ref()
            .map(|limit| format!("held back by {limit}")),
    );
    parts.push(clock(snapshot.elapsed));
    parts.join("; ")
}

/// Beside the bar, the most wanted first: a narrow terminal cuts the end off.
///
/// `copying 45.2%, 452k/1.0M rows, 61.2k/s, ETA 9s, 1203 dirty, lag 0.1s, 12s`
pub fn short(snapshot: &Snapshot) -> String {
    let mut parts = vec![state(snapshot)];
    if snapshot.state != Phase::Preparing {
        parts.push(format!(
            "{}/{} rows",
            scaled(snapshot.rows_copied),
            scaled(snapshot.rows_estimate)
        ));
    }
    if snapshot.state == Phase::Copying {
        parts.push(format!("{}/s", scaled(snapshot.rows_per_s)));
        parts.push(format!("ETA {}", eta(snapshot)));
    }
    if snapshot.state != Phase::Preparing {
        parts.push(format!("{} dirty", snapshot.dirty_keys + snapshot.held_keys));
        parts.push(format!("lag {}", lag(snapshot)));
    }
    parts.extend(
        snapshot
            .limit
            .as_ref()
            .map(|limit| format!("held back by {limit}")),
    );
    parts.push(clock(snapshot.elapsed));
    parts.join(", ")
}

/// The state with what belongs to it: the share of the copy, the reason of a throttle.
fn state(snapshot: &Snapshot) -> String {
    match &snapshot.state {
        Phase::Copying => format!("copying {:.1}%", snapshot.progress() * 100.0),
        Phase::Throttled(reason) => format!("throttled: {reason}"),
        Phase::Verifying => format!("verifying {:.1}%", snapshot.verified() * 100.0),
        other => other.name().to_string(),
    }
}

fn rows(snapshot: &Snapshot) -> String {
    let Snapshot {
        rows_copied,
        rows_estimate,
        rows_per_s,
        workers,
        chunk_rows,
        ..
    } = snapshot;
    match snapshot.state {
        Phase::Copying => format!(
            "rows {rows_copied}/{rows_estimate}, {rows_per_s}/s, ETA {}, {workers} workers x {chunk_rows}",
            eta(snapshot)
        ),
        Phase::Throttled(_) => format!("rows {rows_copied}/{rows_estimate}"),
        Phase::Verifying => format!(
            "rows {rows_copied}, {} verified, {} keys to verify",
            snapshot.verified_rows, snapshot.keys_to_verify
        ),
        _ => format!("rows {rows_copied}"),
    }
}

fn changes(snapshot: &Snapshot) -> String {
    let held = match snapshot.held_keys {
        0 => String::new(),
        held => format!(" + {held} held"),
    };
    let (dirty, applied) = (snapshot.dirty_keys, snapshot.applied_keys);
    format!(
        "keys {dirty} dirty{held}, {applied} applied, lag {}",
        lag(snapshot)
    )
}

fn eta(snapshot: &Snapshot) -> String {
    snapshot.eta.map_or_else(|| "unknown".to_string(), clock)
}

fn lag(snapshot: &Snapshot) -> String {
    snapshot.lag.map_or_else(
        || "unknown".to_string(),
        |lag| format!("{:.1}s", lag.as_secs_f64()),
    )
}

/// `42s`, `3m07s`, `2h05m07s`.
pub fn clock(time: Duration) -> String {
    let (hours, minutes, seconds) = (
        time.as_secs() / 3600,
        time.as_secs() / 60 % 60,
        time.as_secs() % 60,
    );
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds:02}s"),
        _ => format!("{hours}h{minutes:02}m{seconds:02}s"),
    }
}

/// A count in about four characters: `9999`, `12.3k`, `452k`, `4.5M`, `1.2G`.
fn scaled(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..100_000 => format!("{:.1}k", count as f64 / 1e3),
        100_000..1_000_000 => format!("{}k", count / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1}M", count as f64 / 1e6),
        _ => format!("{:.1}G", count as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Reason;

    fn copying() -> Snapshot {
        Snapshot {
            state: Phase::Copying,
            rows_copied: 452_000,
            rows_estimate: 1_000_000,
            rows_per_s: 61_200,
            eta: Some(Duration::from_secs(9)),
            chunks: 23,
            dirty_keys: 1203,
            held_keys: 0,
            applied_keys: 50_210,
            lag: Some(Duration::from_millis(120)),
            verified_rows: 113_000,
            keys_to_verify: 7,
            second_looks: 0,
            workers: 2,
            chunk_rows: 20_000,
            elapsed: Duration::from_secs(12),
            position: "binlog.000007:1234".into(),
            limit: None,
        }
    }

    #[test]
    fn lines_of_a_run() {
        let after = |state, held_keys| Snapshot {
            state,
            held_keys,
            lag: None,
            ..copying()
        };
        let cases = [
            (Snapshot::at_start(), "preparing; 0s"),
            (
                copying(),
                "copying 45.2%; rows 452000/1000000, 61200/s, ETA 9s, 2 workers x 20000; \
                 keys 1203 dirty, 50210 applied, lag 0.1s; binlog binlog.000007:1234; 12s",
            ),
            (
                after(
                    Phase::Throttled(Reason::new("max-load", "Threads_running is 90")),
                    0,
                ),
                "throttled: max-load: Threads_running is 90; rows 452000/1000000; \
                 keys 1203 dirty, 50210 applied, lag unknown; binlog binlog.000007:1234; 12s",
            ),
            (
                after(Phase::CatchingUp, 5),
                "catching up; rows 452000; keys 1203 dirty + 5 held, 50210 applied, lag unknown; \
                 binlog binlog.000007:1234; 12s",
            ),
        ];
        for (snapshot, wanted) in cases {
            assert_eq!(line(&snapshot), wanted);
        }
        let verifying = line(&after(Phase::Verifying, 0));
        let wanted = "verifying 25.0%; rows 452000, 113000 verified, 7 keys to verify; keys 1203 dirty";
        assert!(verifying.starts_with(wanted), "{verifying}");
        let held = Snapshot {
            limit: Some("dirty keys".into()),
            ..copying()
        };
        assert!(line(&held).ends_with("; held back by dirty keys; 12s"));
    }

    #[test]
    fn beside_the_bar() {
        let wanted = "copying 45.2%, 452k/1.0M rows, 61.2k/s, ETA 9s, 1203 dirty, lag 0.1s, 12s";
        assert_eq!(short(&copying()), wanted);
        assert_eq!(short(&Snapshot::at_start()), "preparing, 0s");
    }

    #[test]
    fn clocks_and_counts() {
        let clocks = [0, 59, 60, 187, 3600, 7507].map(|seconds| clock(Duration::from_secs(seconds)));
        assert_eq!(clocks, ["0s", "59s", "1m00s", "3m07s", "1h00m00s", "2h05m07s"]);
        let counts = [0, 9_999, 10_000, 999_999, 1_000_000, 2_500_000_000].map(scaled);
        assert_eq!(counts, ["0", "9999", "10.0k", "999k", "1.0M", "2.5G"]);
    }
}
