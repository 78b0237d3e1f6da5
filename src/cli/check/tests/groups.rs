//! The groups that came from gh-ost: servers, throttling, control, what goes along, restart.

use std::path::Path;
use std::time::Duration;

use super::{Fake, good, problems, said};
use crate::config::{Config, Mode};

fn of(flags: &[&str]) -> Config {
    good(&[&["--user", "u"], flags].concat(), &Fake::default())
}

fn wrong(flags: &[&str]) -> String {
    let found = problems(&[&["--user", "u"], flags].concat(), &Fake::default());
    assert_eq!(found.len(), 1, "{found:?}");
    found.concat()
}

#[test]
fn the_mode_is_what_the_flags_say() {
    assert_eq!(of(&[]).topology.mode, Mode::Primary);
    assert_eq!(
        of(&["--migrate-on-replica"]).topology.mode,
        Mode::MigrateOnReplica
    );
    let testing = |flags| match of(flags).topology.mode {
        Mode::TestOnReplica { stop_replication } => stop_replication,
        other => panic!("{other:?}"),
    };
    assert!(testing(&["--test-on-replica"]));
    assert!(!testing(&[
        "--test-on-replica",
        "--test-on-replica-skip-replica-stop"
    ]));
}

#[test]
fn flags_that_exclude_each_other() {
    let pairs = [
        ["--allow-on-master", "--test-on-replica"],
        ["--allow-on-master", "--migrate-on-replica"],
        ["--migrate-on-replica", "--test-on-replica"],
        ["--switch-to-rbr", "--assume-rbr"],
    ];
    for pair in pairs {
        let said = wrong(&pair);
        assert!(pair.iter().all(|flag| said.contains(flag)), "{said}");
    }
}

#[test]
fn flags_that_need_another() {
    let needy: [(&[&str], &str); 3] = [
        (&["--test-on-replica-skip-replica-stop"], "not --test-on-replica"),
        (&["--trigger-suffix", "_v2"], "not --include-triggers"),
        (
            &["--include-triggers", "--remove-trigger-suffix-if-exists"],
            "not --trigger-suffix",
        ),
    ];
    for (flags, missing) in needy {
        assert!(wrong(flags).contains(missing), "{flags:?}");
    }
}

#[test]
fn the_account_at_the_primary() {
    let mut world = Fake::default();
    let topology = |flags: &[&str], world: &Fake| good(&[&["--user", "u"], flags].concat(), world).topology;
    let password = |flags: &[&str], world: &Fake| {
        topology(flags, world)
            .master_password
            .map(|password| password.expose().to_owned())
    };
    assert_eq!(password(&[], &world), None);
    world.env.insert("GHOST_RS_MASTER_PASSWORD", "env");
    assert_eq!(password(&[], &world).as_deref(), Some("env"));
    assert_eq!(
        password(&["--master-password", "-given"], &world).as_deref(),
        Some("-given")
    );
    let found = topology(&["--assume-master-host", "db1", "--master-user", "m"], &world);
    assert_eq!(
        found.assume_master.map(|at| at.to_string()).as_deref(),
        Some("db1:3306")
    );
    assert_eq!(found.master_user.as_deref(), Some("m"));
}

#[test]
fn throttling_as_in_gh_ost_if_nothing_is_said() {
    let throttling = of(&[]).throttling;
    assert_eq!(throttling.max_lag, Duration::from_millis(1_500));
    assert_eq!(throttling.http_interval, Duration::from_millis(100));
    assert_eq!(throttling.http_timeout, Duration::from_secs(1));
    assert_eq!(throttling.flag_files, [Path::new("/tmp/gh-ost.throttle")]);
    assert_eq!((throttling.query, throttling.http), (None, None));
    assert!(throttling.max_load.0.is_empty() && throttling.control_replicas.is_empty());
}

#[test]
fn throttling_as_said() {
    let throttling = of(&[
        "--max-load=Threads_running=25",
        "--throttle-control-replicas=db2,db3:3307",
        "--throttle-http=https://[::1]:8080/ok",
        "--throttle-flag-file=/tmp/mine",
        "--throttle-additional-flag-file=",
        "--critical-load-hibernate-seconds=300",
        "--nice-ratio=0.5",
    ])
    .throttling;
    assert_eq!(throttling.max_load.to_string(), "Threads_running=25");
    assert_eq!(throttling.control_replicas.len(), 2);
    assert_eq!(throttling.http.as_deref(), Some("https://[::1]:8080/ok"));
    assert_eq!(throttling.flag_files, [Path::new("/tmp/mine")]);
    assert_eq!(throttling.critical_load_hibernate, Duration::from_secs(300));
    assert!((throttling.nice_ratio - 0.5).abs() < f64::EPSILON);
}

#[test]
fn commands_are_taken_on_this_machine_alone_unless_an_address_is_given() {
    let tcp = |text: &str| {
        of(&["--serve-tcp-port", text])
            .control
            .tcp
            .map(|at| at.to_string())
            .unwrap_or_default()
    };
    assert_eq!(tcp("9999"), "127.0.0.1:9999");
    assert_eq!(tcp("10.0.0.7:9999"), "10.0.0.7:9999");
    assert_eq!(tcp("[::1]:9999"), "[::1]:9999");
    assert_eq!((tcp("0"), tcp("")), (String::new(), String::new()));
    let long = format!("/tmp/{}", "x".repeat(103));
    assert!(wrong(&["--serve-socket-file", &long]).contains("108 bytes"));
}

#[test]
fn tags_add_up() {
    let metrics = of(&["--statsd-tags", "env:prod,team:shop", "--statsd-tags=a:b"]).metrics;
    assert_eq!(metrics.tags, ["env:prod", "team:shop", "a:b"]);
    assert_eq!(metrics.interval, Duration::from_secs(10));
    for address in ["127.0.0.1:8125", "unix:///run/statsd.sock", "[::1]:8125"] {
        assert_eq!(
            of(&["--statsd-addr", address]).metrics.statsd.as_deref(),
            Some(address)
        );
    }
}

#[test]
fn a_batch_is_never_smaller_than_is_useful() {
    let keys = |text| of(&["--dml-batch-size", text]).flush_batch_keys;
    assert_eq!(
        (keys("1"), keys("99"), keys("100"), keys("1000")),
        (100, 100, 100, 1000)
    );
}

#[test]
fn pauses_between_attempts_grow_as_far_as_one_says() {
    let seconds = |flags| of(flags).cut_over_backoff_max.as_secs();
    assert_eq!(seconds(&[]), 30);
    assert_eq!(seconds(&["--exponential-backoff-max-interval=100"]), 30);
    assert_eq!(seconds(&["--cut-over-exponential-backoff"]), 64);
    assert_eq!(
        seconds(&[
            "--cut-over-exponential-backoff",
            "--exponential-backoff-max-interval=100"
        ]),
        100
    );
}

#[test]
fn rows_are_counted_while_copying_unless_one_says_otherwise() {
    assert!(of(&["--concurrent-rowcount"]).carry.concurrent_row_count);
    assert!(of(&[]).carry.concurrent_row_count);
    assert!(!of(&["--concurrent-rowcount=false"]).carry.concurrent_row_count);
    assert_eq!(of(&["--gtid=false"]).topology.gtid, Some(false));
    assert_eq!(of(&["--gtid"]).topology.gtid, Some(true));
}

#[test]
fn what_is_not_there_yet_is_refused_with_the_reason() {
    assert!(wrong(&["--resume"]).contains("keeps nothing"));
    assert!(wrong(&["--revert", "--old-table", "_orders_del"]).contains("--revert: this version cannot"));
    assert!(wrong(&["--old-table", "_orders_del"]).contains("--old-table: this version cannot"));
    of(&["--checkpoint", "--checkpoint-seconds", "60"]);
}

#[test]
fn a_flag_given_twice_counts_as_it_was_said_last() {
    assert_eq!(
        of(&["--chunk-size", "10", "--chunk-size=20"]).chunk_rows,
        Some(20)
    );
    assert!(of(&["--execute", "--execute"]).execute);
    let none = said(&["--user", "u", "--user", ""], &Fake::default());
    assert!(none.contains(&"no account is given".to_owned()), "{none:?}");
}
