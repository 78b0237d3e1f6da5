use super::*;
use crate::inspect::server::tests::server;

const STOPS: Mode = Mode::TestOnReplica {
    stop_replication: true,
};
const STOPS_NOTHING: Mode = Mode::TestOnReplica {
    stop_replication: false,
};

fn channel(name: &str, applier_runs: bool) -> ReplicaOf {
    ReplicaOf {
        address: "db0:3306".into(),
        channel: name.into(),
        applier_runs,
        error: String::new(),
    }
}

fn replica(changes: &[(&str, &str)], channels: Vec<ReplicaOf>) -> Server {
    let mut changes = changes.to_vec();
    changes.push(("log_replica_updates", "ON"));
    Server {
        replica_of: channels,
        ..server(&changes)
    }
}

fn said(problems: &[Failure]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("{problem}; hint: {}", problem.hint.as_deref().unwrap_or("none")))
        .collect();
    lines.join("\n")
}

#[test]
fn a_replica_that_replicates_is_fine_and_read_only_too() {
    for mode in [Mode::MigrateOnReplica, STOPS, STOPS_NOTHING] {
        let good = replica(&[("read_only", "ON")], vec![channel("", true)]);
        assert_eq!(good.problems("shop", mode, true), []);
    }
}

#[test]
fn a_primary_is_none() {
    let text = said(&server(&[]).problems("shop", STOPS, true));
    assert!(
        text.contains("no replica") && text.contains("--test-on-replica"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn what_is_refused() {
    let mut no_log = replica(&[], vec![channel("", true)]);
    no_log.log_replica_updates = false;
    let mut broken = channel("", false);
    broken.error = "Duplicate entry '7'".into();
    for (server, words) in [
        (no_log, "log_replica_updates = OFF"),
        (
            replica(&[("super_read_only", "ON")], vec![channel("", true)]),
            "super_read_only = ON",
        ),
        (replica(&[], vec![channel("", false)]), "hint: START REPLICA;"),
        (replica(&[], vec![broken]), "its last error: Duplicate entry '7'"),
        (
            replica(&[], vec![channel("a", true), channel("b'c", false)]),
            "START REPLICA SQL_THREAD FOR CHANNEL 'b''c';",
        ),
        (
            replica(&[("binlog_format", "MIXED")], vec![channel("", true)]),
            "MIXED",
        ),
    ] {
        let text = said(&server.problems("shop", Mode::MigrateOnReplica, true));
        assert!(
            text.contains(words) && text.lines().count() == 1,
            "{words}: {text}"
        );
    }
}

#[test]
fn whoever_stops_replication_himself_may_have_done_so() {
    let standing = replica(&[], vec![channel("", false)]);
    assert_eq!(standing.problems("shop", STOPS_NOTHING, true), []);
    assert_eq!(standing.problems("shop", STOPS, true).len(), 1);
    assert!(notes(&standing).iter().any(|note| note.contains("is stopped")));
}

#[test]
fn privileges_for_what_the_mode_does() {
    let read_only = replica(&[("read_only", "ON")], vec![channel("", true)]);
    let writable = replica(&[], vec![channel("", true)]);
    let missing = |server: &Server, grant: &str, mode| {
        let line = format!("GRANT {grant} ON *.* TO `u`@`%`");
        let grants = Grants::parse(&[line], false);
        said(&Vec::from_iter(grants_problem(server, &grants, "u@%", mode)))
    };
    assert_eq!(missing(&writable, "SELECT", Mode::MigrateOnReplica), "");
    assert_eq!(missing(&writable, "SELECT", STOPS_NOTHING), "");
    assert_eq!(missing(&read_only, "SUPER", STOPS), "");
    let all = missing(&read_only, "SELECT", STOPS);
    let grant = "hint: GRANT CONNECTION_ADMIN, REPLICATION_SLAVE_ADMIN ON *.* TO `u`@`%`;";
    assert!(all.ends_with(grant), "{all}");
    assert!(missing(&writable, "CONNECTION_ADMIN", STOPS).contains("GRANT REPLICATION_SLAVE_ADMIN ON"));
    assert!(missing(&read_only, "REPLICATION_SLAVE_ADMIN", STOPS).contains("GRANT CONNECTION_ADMIN ON"));
}

#[test]
fn statements_name_their_channel_and_people_need_not() {
    let new = Version::new(8, 4, 0);
    let old = Version::new(8, 0, 21);
    assert_eq!(
        statement("STOP", new, ""),
        "STOP REPLICA SQL_THREAD FOR CHANNEL ''"
    );
    assert_eq!(
        statement("STOP", old, "x"),
        "STOP SLAVE SQL_THREAD FOR CHANNEL 'x'"
    );
    let replication = Replication {
        stopped: vec![String::new()],
    };
    assert_eq!(replication.to_start(new), "START REPLICA;");
    assert_eq!(replication.to_start(old), "START SLAVE;");
    assert!(replication.is_stopped() && !Replication::default().is_stopped());
}
