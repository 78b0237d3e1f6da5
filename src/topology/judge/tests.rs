use super::*;
use crate::topology::facts::Traces;

fn replica(changes: &[(&'static str, &str)]) -> Facts {
    let good = [
        ("version", "9.7.4"),
        ("log_bin", "ON"),
        ("log_replica_updates", "ON"),
        ("binlog_format", "ROW"),
        ("replica_parallel_workers", "4"),
        ("replica_preserve_commit_order", "ON"),
        ("replica_exec_mode", "STRICT"),
        ("replica_skip_errors", "OFF"),
    ];
    let settings = good.iter().chain(changes);
    Facts {
        address: "db2:3306".into(),
        settings: settings
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        may_ask: true,
        upstream: vec![Upstream {
            host: "db1".into(),
            port: 3306,
            uuid: "u1".into(),
            running: true,
            ..Upstream::default()
        }],
        traces: Some(Traces {
            applied_as_text: Some([(44, 3)].into()),
            ..Traces::default()
        }),
        ..Facts::default()
    }
}

fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = replica(&[]);
    change(&mut facts);
    facts
}

fn primary(format: &str) -> Facts {
    Facts {
        address: "db1:3306".into(),
        settings: [("binlog_format", format.to_owned())].into(),
        may_ask: true,
        ..Facts::default()
    }
}

fn refused(replica: Facts, primary: Facts, topology: &Topology) -> String {
    let route = Route {
        way: vec![replica],
        primary,
        co_primary: false,
    };
    let problems = problems(&route, topology);
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_good_way() {
    let said = refused(replica(&[]), primary("ROW"), &Topology::default());
    assert_eq!(said, "");
    let one = replica(&[
        ("replica_parallel_workers", "1"),
        ("replica_preserve_commit_order", "OFF"),
    ]);
    assert_eq!(refused(one, primary("ROW"), &Topology::default()), "");
}

#[test]
fn settings_that_lose_a_change_are_refused() {
    let cases: &[(&'static str, &str, &str)] = &[
        ("log_bin", "OFF", "log_bin = OFF"),
        ("log_replica_updates", "OFF", "log_replica_updates = OFF"),
        ("binlog_format", "MIXED", "binlog_format = MIXED"),
        (
            "replica_preserve_commit_order",
            "OFF",
            "replica_preserve_commit_order = OFF",
        ),
        ("version", "8.0.18", "version 8.0.18"),
        ("version", "5.7.44", "no MySQL"),
        ("version", "10.11.6-MARIADB", "no MySQL"),
        (
            "replica_exec_mode",
            "IDEMPOTENT",
            "replica_exec_mode = IDEMPOTENT",
        ),
        (
            "replica_skip_errors",
            "1032,1062",
            "replica_skip_errors = 1032,1062",
        ),
    ];
    for (name, value, words) in cases {
        let said = refused(replica(&[(name, value)]), primary("ROW"), &Topology::default());
        assert!(said.contains(words), "{name}: {said}");
    }
}

#[test]
fn states_that_lose_or_delay_a_change_are_refused() {
    let filter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let cases: Vec<(Facts, &str)> = vec![
        (
            with(|f| f.upstream[0].filters = vec![filter("Replicate_Do_DB", "shop")]),
            "Replicate_Do_DB = shop",
        ),
        (
            with(|f| f.upstream[0].filters = vec![filter("Replicate_Ignore_Table", "mysql.a,shop.t")]),
            "shop.t",
        ),
        (
            with(|f| f.binlog_filters = vec!["binlog_ignore_db = other".into()]),
            "binlog_ignore_db",
        ),
        (with(|f| f.upstream[0].delay = 60), "SQL_Delay = 60"),
        (
            with(|f| (f.upstream[0].running, f.upstream[0].error) = (false, "Error 1032".into())),
            "Error 1032",
        ),
    ];
    for (facts, words) in cases {
        let said = refused(facts, primary("ROW"), &Topology::default());
        assert!(said.contains(words), "{words}: {said}");
    }
    let own = with(|f| {
        f.upstream[0].filters = vec![filter("Replicate_Ignore_Table", "mysql.rds_configuration,sys.x")]
    });
    assert_eq!(refused(own, primary("ROW"), &Topology::default()), "");
}

#[test]
fn formats_other_than_row_need_a_word() {
    let rbr = |switch, assume| Topology {
        switch_to_rbr: switch,
        assume_rbr: assume,
        ..Topology::default()
    };
    let mixed = || replica(&[("binlog_format", "MIXED")]);
    assert!(
        refused(mixed(), primary("ROW"), &rbr(false, false)).contains("db2:3306 writes its binlog in MIXED")
    );
    assert!(refused(replica(&[]), primary("STATEMENT"), &rbr(false, false)).contains("The primary db1:3306"));
    for allowed in [rbr(true, false), rbr(false, true)] {
        assert_eq!(refused(mixed(), primary("STATEMENT"), &allowed), "");
    }
}

#[test]
fn a_primary_needs_the_flag() {
    let route = Route {
        way: Vec::new(),
        primary: primary("ROW"),
        co_primary: false,
    };
    let hint = on_primary(&route, &Topology::default()).and_then(|failure| failure.hint);
    assert!(hint.unwrap().contains("--allow-on-master"));
    let allowed = Topology {
        allow_on_master: true,
        ..Topology::default()
    };
    assert_eq!(on_primary(&route, &allowed), None);
}

fn change(change: impl FnOnce(&mut Facts)) -> String {
    changed(&replica(&[]), &with(change), false).map_or_else(String::new, |failure| failure.to_string())
}

#[test]
fn whatever_changes_on_the_way_is_noticed() {
    assert_eq!(change(|_| {}), "");
    assert_eq!(
        change(|f| f.upstream[0].running = false),
        "",
        "a pause is no change"
    );
    assert_eq!(change(|f| drop(f.settings.insert("read_only", "ON".into()))), "");
    let noticed: Vec<(String, &str)> = vec![
        (change(|f| f.upstream[0].uuid = "u9".into()), "u9"),
        (change(|f| f.upstream.clear()), "nothing"),
        (change(|f| f.upstream[0].delay = 5), "SQL_Delay 5"),
        (
            change(|f| f.upstream[0].filters = vec![("Replicate_Do_DB".into(), "x".into())]),
            "Replicate_Do_DB = x",
        ),
        (
            change(|f| drop(f.settings.insert("replica_exec_mode", "IDEMPOTENT".into()))),
            "was STRICT, and is IDEMPOTENT",
        ),
        (change(|f| f.traces = None), "performance_schema"),
    ];
    for (said, words) in noticed {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_was_set_and_taken_back_is_noticed() {
    let traces = |change: fn(&mut Traces)| change_traces(change);
    let set = traces(|traces| drop(traces.set_at.insert("replica_exec_mode".into(), "12:00".into())));
    assert!(set.contains("replica_exec_mode was set at 12:00"), "{set}");
    let sent = traces(|traces| {
        traces
            .commands
            .insert("statement/sql/change_repl_filter".into(), 2);
    });
    assert!(sent.contains("change_repl_filter: 2"), "{sent}");
}

fn change_traces(by: fn(&mut Traces)) -> String {
    change(|facts| by(facts.traces.as_mut().unwrap()))
}

#[test]
fn a_statement_that_is_run_again_is_noticed_unless_it_is_expected() {
    let ran = |threads: &[(u64, u64)]| {
        with(|f| f.traces.as_mut().unwrap().applied_as_text = Some(threads.iter().copied().collect()))
    };
    let noticed =
        |threads: &[(u64, u64)], expected| changed(&replica(&[]), &ran(threads), expected).is_some();
    assert!(!noticed(&[(44, 3)], false));
    assert!(noticed(&[(44, 4)], false));
    // Replication was stopped and started: new threads, which count from 0.
    assert!(!noticed(&[(90, 0)], false));
    assert!(noticed(&[(90, 1)], false));
    assert!(!noticed(&[(44, 4)], true));
}
