//! A status in words: the line that gh-ost's users parse for pipes and logs, and a shorter one beside the progress bar.

use std::time::Duration;

use super::{Phase, Snapshot};

/// For pipes and logs: gh-ost's line, field by field, with nothing before, between or behind them. What gh-ost does
/// not have (workers, rows a second) is in the bar and in JSON.
///
/// `Copy: 460900/752865 61.2%; Applied: 0; Backlog: 0/2000000; Time: 2m35s(total), 2m6s(copy); streamer:
/// mysql-bin.000123:4567; Lag: 0.01s, HeartbeatLag: 0.02s, State: migrating; ETA: 2m1s`
pub fn line(snapshot: &Snapshot) -> String {
    let heartbeat = snapshot.heartbeat_lag().as_secs_f64();
    format!(
        "Copy: {}/{} {:.1}%; Applied: {}; Backlog: {}/{}; Time: {}(total), {}(copy); streamer: {}; Lag: {:.2}s, \
         HeartbeatLag: {heartbeat:.2}s, State: {}; ETA: {}",
        snapshot.rows_copied,
        snapshot.rows_known(),
        snapshot.progress() * 100.0,
        snapshot.applied_keys,
        snapshot.dirty_keys + snapshot.held_keys,
        snapshot.dirty_keys_max,
        clock(snapshot.elapsed),
        clock(snapshot.copy_elapsed),
        snapshot.position,
        snapshot.inspected_lag().as_secs_f64(),
        ghosts_state(snapshot),
        ghosts_eta(snapshot),
    )
}

/// gh-ost knows three states; a limit that binds is told as the reason of a throttle is.
fn ghosts_state(snapshot: &Snapshot) -> String {
    let state = match &snapshot.state {
        Phase::Throttled(reason) => return format!("throttled, {reason}"),
        Phase::CountingRows => "counting rows",
        Phase::Postponed => "postponing cut-over",
        _ => "migrating",
    };
    match &snapshot.limit {
        Some(limit) => format!("{state}, held back by {limit}"),
        None => state.to_owned(),
    }
}

fn ghosts_eta(snapshot: &Snapshot) -> String {
    match snapshot.eta {
        _ if snapshot.all_copied => "due".to_owned(),
        Some(eta) => clock(eta),
        None => "N/A".to_owned(),
    }
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

fn eta(snapshot: &Snapshot) -> String {
    snapshot.eta.map_or_else(|| "unknown".to_string(), clock)
}

fn lag(snapshot: &Snapshot) -> String {
    snapshot.lag.map_or_else(
        || "unknown".to_string(),
        |lag| format!("{:.1}s", lag.as_secs_f64()),
    )
}

/// As Go writes a duration, in whole seconds: `42s`, `3m7s`, `2h5m7s`.
pub fn clock(time: Duration) -> String {
    let (hours, minutes, seconds) = (
        time.as_secs() / 3600,
        time.as_secs() / 60 % 60,
        time.as_secs() % 60,
    );
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
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
            all_copied: false,
            rows_per_s: 61_200,
            eta: Some(Duration::from_secs(121)),
            chunks: 23,
            dirty_keys: 1203,
            held_keys: 5,
            dirty_keys_max: 2_000_000,
            applied_keys: 50_210,
            lag: Some(Duration::from_millis(126)),
            verified_rows: 113_000,
            keys_to_verify: 7,
            second_looks: 0,
            workers: 2,
            chunk_rows: 20_000,
            elapsed: Duration::from_millis(155_900),
            copy_elapsed: Duration::from_secs(126),
            position: "mysql-bin.000007:1234".into(),
            limit: None,
        }
    }

    #[test]
    fn lines_of_a_run() {
        let cases = [
            (
                copying(),
                "Copy: 452000/1000000 45.2%; Applied: 50210; Backlog: 1208/2000000; Time: 2m35s(total), 2m6s(copy); \
                 streamer: mysql-bin.000007:1234; Lag: 0.13s, HeartbeatLag: 0.13s, State: migrating; ETA: 2m1s",
            ),
            (
                Snapshot {
                    state: Phase::Postponed,
                    all_copied: true,
                    eta: None,
                    ..copying()
                },
                "Copy: 452000/452000 100.0%; Applied: 50210; Backlog: 1208/2000000; Time: 2m35s(total), 2m6s(copy); \
                 streamer: mysql-bin.000007:1234; Lag: 0.13s, HeartbeatLag: 0.13s, State: postponing cut-over; ETA: due",
            ),
            (
                Snapshot {
                    dirty_keys_max: 7,
                    rows_estimate: 5,
                    elapsed: Duration::from_millis(3_500),
                    ..Snapshot::at_start()
                },
                "Copy: 0/5 0.0%; Applied: 0; Backlog: 0/7; Time: 3s(total), 0s(copy); streamer: ; \
                 Lag: 3.50s, HeartbeatLag: 3.50s, State: migrating; ETA: N/A",
            ),
        ];
        for (snapshot, wanted) in cases {
            assert_eq!(line(&snapshot), wanted);
        }
    }

    #[test]
    fn states_as_gh_ost_names_them() {
        let with = |state, limit: Option<&str>| Snapshot {
            state,
            limit: limit.map(str::to_owned),
            ..copying()
        };
        let cases = [
            (
                with(Phase::Throttled(Reason::new("lag", "2.1s")), None),
                "throttled, lag: 2.1s",
            ),
            (with(Phase::CountingRows, None), "counting rows"),
            (with(Phase::Swapping, None), "migrating"),
            (with(Phase::CatchingUp, None), "migrating"),
            (
                with(Phase::Copying, Some("dirty-keys-max")),
                "migrating, held back by dirty-keys-max",
            ),
        ];
        for (snapshot, wanted) in cases {
            let line = line(&snapshot);
            assert!(line.contains(&format!(", State: {wanted}; ETA: ")), "{line}");
        }
    }

    #[test]
    fn beside_the_bar() {
        let wanted = "copying 45.2%, 452k/1.0M rows, 61.2k/s, ETA 2m1s, 1208 dirty, lag 0.1s, 2m35s";
        assert_eq!(short(&copying()), wanted);
        assert_eq!(short(&Snapshot::at_start()), "preparing, 0s");
    }

    #[test]
    fn clocks_and_counts() {
        let clocks = [0, 59, 60, 187, 3600, 7507].map(|seconds| clock(Duration::from_secs(seconds)));
        assert_eq!(clocks, ["0s", "59s", "1m0s", "3m7s", "1h0m0s", "2h5m7s"]);
        let counts = [0, 9_999, 10_000, 999_999, 1_000_000, 2_500_000_000].map(scaled);
        assert_eq!(counts, ["0", "9999", "10.0k", "999k", "1.0M", "2.5G"]);
    }
}
