//! Runs that succeed: every way from a replica to the primary.

use crate::stage::{SCHEMA, Stage, change_source, until};
use crate::support::{Outcome, Server, ensure, trouble};

/// The default: a replica is named, the primary is found.
pub async fn through_a_replica(stage: &Stage) -> Outcome {
    let said = stage.succeeds(&stage.replica, &[]).await?;
    let from = format!("rows are written on 127.0.0.1:{}", stage.primary.port);
    ensure(said.contains(&from), || format!("no {from:?} in:\n{said}"))
}

/// Without GTIDs.
pub async fn by_file_and_position(stage: &Stage) -> Outcome {
    stage.succeeds(&stage.leaf, &["--gtid=false"]).await.map(drop)
}

/// The leaf replicates from the replica.
pub async fn through_two_replicas(stage: &Stage) -> Outcome {
    stage.move_leaf().await?;
    let said = stage.succeeds(&stage.leaf, &["--gtid"]).await?;
    let through = format!("through 127.0.0.1:{}", stage.replica.port);
    ensure(said.contains(&through), || format!("no {through:?} in:\n{said}"))
}

/// Under another name than the replica knows it by.
pub async fn the_primary_is_named(stage: &Stage) -> Outcome {
    let named = format!("--assume-master-host=localhost:{}", stage.primary.port);
    stage.succeeds(&stage.leaf, &[&named]).await.map(drop)
}

/// The account of the replica may read there and nothing else, and is unknown to the primary.
pub async fn the_primary_has_another_account(stage: &Stage) -> Outcome {
    stage
        .run(
            &stage.leaf,
            &[
                "SET SESSION sql_log_bin = 0",
                "DROP USER IF EXISTS replica_reader",
                "CREATE USER replica_reader IDENTIFIED BY 'For-the-test-2'",
                "GRANT REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO replica_reader",
                &format!("GRANT SELECT ON {SCHEMA}.* TO replica_reader"),
                "GRANT SELECT ON performance_schema.* TO replica_reader",
            ],
        )
        .await?;
    let reader = Server {
        user: "replica_reader".to_owned(),
        password: "For-the-test-2".to_owned(),
        ..stage.leaf.clone()
    };
    stage
        .refusal(&reader, &[], &["--assume-master-host", "--master-user"])
        .await?;
    stage
        .succeeds(&reader, &["--master-user=ghost", "--master-password=ghost"])
        .await
        .map(drop)
}

/// Refused, switched on request, or taken on trust.
pub async fn a_replica_in_mixed_format(stage: &Stage) -> Outcome {
    let mixed = [
        "STOP REPLICA",
        "SET GLOBAL binlog_format = 'MIXED'",
        "START REPLICA",
    ];
    stage.run(&stage.leaf, &mixed).await?;
    stage
        .refusal(&stage.leaf, &[], &["MIXED", "--switch-to-rbr"])
        .await?;
    stage.succeeds(&stage.leaf, &["--switch-to-rbr"]).await?;
    let format: String = stage.ask(&stage.leaf, "SELECT @@GLOBAL.binlog_format").await?;
    ensure(format == "ROW", || {
        format!("the replica has {format} after --switch-to-rbr")
    })?;
    stage.run(&stage.leaf, &mixed).await?;
    let more = ["--assume-rbr", "--initially-drop-old-table"];
    stage
        .run(
            &stage.primary,
            &[&format!("ALTER TABLE {SCHEMA}.t DROP COLUMN note")],
        )
        .await?;
    stage.await_caught_up(&stage.leaf).await?;
    let finished = stage.alter(&stage.leaf, &more)?.finish().await?;
    ensure(finished.code == Some(0), || finished.output.clone())
}

/// The replica makes rows of the primary's statements; our own are rows everywhere.
pub async fn a_primary_that_logs_statements(stage: &Stage) -> Outcome {
    let format = format!("CREATE TABLE {SCHEMA}.u (id INT PRIMARY KEY, a INT)");
    let fill = format!("INSERT INTO {SCHEMA}.u VALUES (1, 1), (2, 2), (3, 3)");
    stage
        .run(
            &stage.primary,
            &[&format, &fill, "SET GLOBAL binlog_format = 'STATEMENT'"],
        )
        .await?;
    stage.await_caught_up(&stage.leaf).await?;
    stage
        .refusal(&stage.leaf, &[], &["STATEMENT", "--assume-rbr"])
        .await?;
    let flag = tempfile::TempDir::new()?;
    let postpone = format!(
        "--postpone-cut-over-flag-file={}",
        flag.path().join("flag").display()
    );
    let mut tool = stage.alter(
        &stage.leaf,
        &[
            "--table=u",
            "--assume-rbr",
            &postpone,
            "--alter=ADD COLUMN b INT DEFAULT 3",
        ],
    )?;
    if !tool.says("postponed").await? {
        return Err(trouble(tool.finish().await?.output));
    }
    // Under REPEATABLE READ: the engine logs no statements otherwise.
    let statements = [
        format!("UPDATE {SCHEMA}.u SET a = a + 10 WHERE id = 1"),
        format!("DELETE FROM {SCHEMA}.u WHERE id = 2"),
        format!("UPDATE {SCHEMA}.u SET id = 9 WHERE id = 3"),
    ];
    for statement in &statements {
        stage.run(&stage.primary, &[statement]).await?;
    }
    let applied = format!(
        "SELECT 1 FROM {SCHEMA}._u_gho WHERE id = 9 HAVING (SELECT COUNT(*) FROM {SCHEMA}._u_gho) = 2"
    );
    until(&stage.primary, "the changes in the new table", &applied).await?;
    std::fs::remove_file(flag.path().join("flag"))?;
    let finished = tool.finish().await?;
    ensure(finished.code == Some(0), || finished.output.clone())?;
    let rows: String = stage
        .ask(
            &stage.primary,
            &format!("SELECT GROUP_CONCAT(CONCAT_WS(':', id, a, b) ORDER BY id) FROM {SCHEMA}.u"),
        )
        .await?;
    ensure(rows == "1:11:3,9:3:3", || rows.clone())
}

/// The leaf and the primary replicate from each other; the primary alone takes writes.
pub async fn co_primaries(stage: &Stage) -> Outcome {
    stage
        .run(&stage.primary, &[&change_source(&stage.leaf), "START REPLICA"])
        .await?;
    until(
        &stage.primary,
        "the primary to replicate from the leaf",
        "SELECT 1 FROM performance_schema.replication_connection_status \
         WHERE SERVICE_STATE = 'ON' AND SOURCE_UUID <> ''",
    )
    .await?;
    stage
        .refusal(
            &stage.leaf,
            &[],
            &[
                "replicates from another server",
                "--allow-master-master",
                "(read_only)",
            ],
        )
        .await?;
    stage
        .succeeds(&stage.leaf, &["--allow-master-master"])
        .await
        .map(drop)
}
