//! What is being done, in lines that begin with `#`, as gh-ost prints them: at the beginning, at the end, every ten
//! minutes, and to whoever asks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Zoned;

use super::Snapshot;
use crate::{knobs::Knobs, schema::TableName};

/// So long between two headers.
pub const EVERY: Duration = Duration::from_secs(600);
/// As `date` writes it with a numeric zone: `Wed Dec 07 17:03:22 +0800 2016`.
const DATE: &str = "%a %b %d %H:%M:%S %z %Y";

/// What does not change during a run.
#[derive(Clone, Debug)]
pub struct Title {
    /// The table.
    pub source: TableName,
    /// The new one.
    pub ghost: TableName,
    /// Where the table is changed, `host:port` as that server calls itself.
    pub migrated: String,
    /// Where the binlog is read.
    pub inspected: String,
    /// This machine's name.
    pub executing: String,
    /// When the run began, as it is shown.
    pub started: String,
    /// Files that throttle while they exist.
    pub throttle_flag_files: Vec<PathBuf>,
    /// When it appears, the run ends.
    pub panic_flag_file: Option<PathBuf>,
    /// Where commands are taken: the Unix socket, then TCP.
    pub serving: Vec<String>,
}

/// The present moment in the local zone, as [`Title::started`] wants it.
pub fn now() -> String {
    Zoned::now().strftime(DATE).to_string()
}

/// The lines, without line ends. Whether the flag files exist is asked of the file system now.
pub fn lines(title: &Title, knobs: &Knobs, snapshot: &Snapshot) -> Vec<String> {
    let mut lines = vec![
        format!("# Migrating {}; Ghost table is {}", title.source, title.ghost),
        format!(
            "# Migrating {}; inspecting {}; executing on {}",
            title.migrated, title.inspected, title.executing
        ),
        format!("# Migration started at {}", title.started),
        format!(
            "# chunk-size: {}; max-lag-millis: {}ms; dml-batch-size: {}; max-load: {}; critical-load: {}; nice-ratio: {:.6}",
            knobs.chunk_rows.unwrap_or(snapshot.chunk_rows),
            knobs.max_lag.as_millis(),
            knobs.flush_batch_keys,
            knobs.max_load,
            knobs.critical_load,
            knobs.nice_ratio
        ),
    ];
    let names = ["throttle-flag-file", "throttle-additional-flag-file"];
    let files = title.throttle_flag_files.iter().zip(names);
    lines.extend(files.map(|(file, name)| flag_file(name, file)));
    lines.extend(
        knobs
            .throttle_query
            .iter()
            .map(|query| format!("# throttle-query: {query}")),
    );
    if !knobs.control_replicas.is_empty() {
        lines.push(format!(
            "# throttle-control-replicas count: {}",
            knobs.control_replicas.len()
        ));
    }
    let postpone = knobs.postpone_file.iter();
    lines.extend(postpone.map(|file| flag_file("postpone-cut-over-flag-file", file)));
    let panic = title.panic_flag_file.iter();
    lines.extend(panic.map(|file| format!("# panic-flag-file: {}", file.display())));
    lines.extend(title.serving.iter().map(|place| format!("# Serving on {place}")));
    lines
}

fn flag_file(name: &str, file: &Path) -> String {
    let set = if file.exists() { "[set]" } else { "" };
    format!("# {name}: {} {set}", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Address, Thresholds};

    #[test]
    fn lines_as_gh_ost_prints_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = folder.path().join("wait");
        std::fs::write(&there, "").expect("written");
        let title = Title {
            source: TableName::new("shop", "orders"),
            ghost: TableName::new("shop", "_orders_gho"),
            migrated: "db1:3306".into(),
            inspected: "db2:3306".into(),
            executing: "admin".into(),
            started: "Wed Dec 07 17:03:22 +0800 2016".into(),
            throttle_flag_files: vec!["/no/such/a".into(), "/no/such/b".into()],
            panic_flag_file: Some("/no/such/c".into()),
            serving: vec!["unix socket: /tmp/s".into()],
        };
        let knobs = Knobs {
            max_load: Thresholds(vec![("Threads_running".into(), 25)]),
            nice_ratio: 0.5,
            throttle_query: Some("SELECT 0".into()),
            control_replicas: vec![Address {
                host: "db3".into(),
                port: 3306,
            }],
            postpone_file: Some(there.clone()),
            ..crate::knobs::fixture()
        };
        let snapshot = Snapshot {
            chunk_rows: 5_000,
            ..Snapshot::at_start()
        };
        let wanted = [
            "# Migrating `shop`.`orders`; Ghost table is `shop`.`_orders_gho`".to_owned(),
            "# Migrating db1:3306; inspecting db2:3306; executing on admin".to_owned(),
            "# Migration started at Wed Dec 07 17:03:22 +0800 2016".to_owned(),
            "# chunk-size: 5000; max-lag-millis: 1500ms; dml-batch-size: 1000; max-load: Threads_running=25; \
             critical-load: ; nice-ratio: 0.500000"
                .to_owned(),
            "# throttle-flag-file: /no/such/a ".to_owned(),
            "# throttle-additional-flag-file: /no/such/b ".to_owned(),
            "# throttle-query: SELECT 0".to_owned(),
            "# throttle-control-replicas count: 1".to_owned(),
            format!("# postpone-cut-over-flag-file: {} [set]", there.display()),
            "# panic-flag-file: /no/such/c".to_owned(),
            "# Serving on unix socket: /tmp/s".to_owned(),
        ];
        assert_eq!(lines(&title, &knobs, &snapshot), wanted);
    }

    #[test]
    fn a_date_has_six_words() {
        assert_eq!(now().split(' ').count(), 6, "{}", now());
    }
}
