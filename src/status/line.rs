//! A status as one plain line, for pipes and logs: short, fixed order, nothing that needs a legend.

use std::fmt::Write;
use std::time::Duration;

use super::{Phase, Snapshot};

/// `copying 45.2%: 452000/1000000 rows, 61200 rows/s, ETA 9s; changes 1203 dirty, 50210 applied, lag 0.1s; …`
pub fn line(snapshot: &Snapshot) -> String {
    let mut text = state(snapshot);
    match snapshot.state {
        Phase::Preparing => {}
        _ => {
            let _ = write!(text, "; {}", rows(snapshot));
            let _ = write!(text, "; {}", changes(snapshot));
        }
    }
    if !snapshot.position.is_empty() {
        let _ = write!(text, "; binlog {}", snapshot.position);
    }
    if let Some(limit) = &snapshot.limit {
        let _ = write!(text, "; held by {limit}");
    }
    let _ = write!(text, "; {}", clock(snapshot.elapsed));
    text
}

/// The state with what belongs to it: a share of the copy, the reason of a throttle.
fn state(snapshot: &Snapshot) -> String {
    match &snapshot.state {
        Phase::Copying => format!("copying {:.1}%", snapshot.progress() * 100.0),
        Phase::Throttled(reason) => format!("throttled: {reason}"),
        other => other.name().to_string(),
    }
}

fn rows(snapshot: &Snapshot) -> String {
    if snapshot.state != Phase::Copying {
        return format!("{} rows copied", snapshot.rows_copied);
    }
    format!(
        "rows {}/{}, {}/s, ETA {}, {} workers x {} rows",
        snapshot.rows_copied,
        snapshot.rows_estimate,
        snapshot.rows_per_s,
        snapshot.eta.map_or_else(|| "unknown".to_string(), clock),
        snapshot.workers,
        snapshot.chunk_rows,
    )
}

fn changes(snapshot: &Snapshot) -> String {
    let mut text = format!("keys {} dirty", snapshot.dirty_keys);
    if snapshot.held_keys > 0 {
        let _ = write!(text, " + {} held", snapshot.held_keys);
    }
    let _ = write!(text, ", {} applied", snapshot.applied_keys);
    match snapshot.lag {
        Some(lag) => write!(text, ", lag {:.1}s", lag.as_secs_f64()),
        None => write!(text, ", lag unknown"),
    }
    .unwrap_or_default();
    text
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
