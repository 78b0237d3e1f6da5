//! Ways that could lose a change, each refused with its reason before anything is made.

use tokio::net::{TcpListener, TcpStream};

use crate::stage::{SCHEMA, Stage, change_source, until};
use crate::support::{Outcome, Server, trouble};

/// Settings of a replica, one after another.
pub async fn replicas_that_do_not_hand_on_everything(stage: &Stage) -> Outcome {
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["SET GLOBAL replica_preserve_commit_order = OFF"],
            &[
                "does not commit in its source's order",
                "replica_preserve_commit_order = OFF",
            ],
        ),
        (
            &["SET GLOBAL replica_exec_mode = 'IDEMPOTENT'"],
            &["replica_exec_mode = IDEMPOTENT"],
        ),
        (
            &["CHANGE REPLICATION FILTER REPLICATE_IGNORE_TABLE = (other.t)"],
            &["filters what it replicates", "other.t"],
        ),
        (
            &["CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 600"],
            &["with a delay", "600"],
        ),
    ];
    for (set, words) in cases {
        let statements: Vec<&str> = ["STOP REPLICA"]
            .iter()
            .chain(*set)
            .chain(&["START REPLICA"])
            .copied()
            .collect();
        stage.run(&stage.leaf, &statements).await?;
        running(&stage.leaf).await?;
        let refused = stage.refusal(&stage.leaf, &[], words).await;
        refused.map_err(|trouble| trouble.at(set[0]))?;
        stage.attach_leaf(&stage.primary).await?;
    }
    stage.run(&stage.leaf, &["STOP REPLICA SQL_THREAD"]).await?;
    stage
        .refusal(&stage.leaf, &[], &["does not replicate now", "START REPLICA"])
        .await
}

async fn running(server: &Server) -> Outcome {
    let sql = "SELECT 1 FROM performance_schema.replication_connection_status c \
        JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME) \
        WHERE c.SERVICE_STATE = 'ON' AND a.SERVICE_STATE = 'ON' AND c.SOURCE_UUID <> ''";
    until(server, "replication", sql).await
}

/// Which of them has the table?
pub async fn a_replica_with_two_sources(stage: &Stage) -> Outcome {
    let second = format!("{} FOR CHANNEL 'second'", change_source(&stage.replica));
    stage.run(&stage.leaf, &[&second]).await?;
    let words = ["several sources", "channel 'second'"];
    stage.refusal(&stage.leaf, &[], &words).await
}

/// Keys are read by the place of their columns.
pub async fn another_table_than_on_the_primary(stage: &Stage) -> Outcome {
    let alter = format!("ALTER TABLE {SCHEMA}.t ADD COLUMN before_all INT FIRST");
    stage
        .run(
            &stage.leaf,
            &[
                "SET SESSION sql_log_bin = 0",
                "SET GLOBAL read_only = OFF",
                &alter,
            ],
        )
        .await?;
    stage
        .refusal(&stage.leaf, &[], &["other columns", "before_all"])
        .await
}

/// By its uuid: that it answers, and has the table, is not enough.
pub async fn a_primary_that_is_not_the_replicas(stage: &Stage) -> Outcome {
    let other = format!("--assume-master-host=127.0.0.1:{}", stage.leaf.port);
    let words = ["does not replicate from the assumed primary", "server_uuid"];
    stage.refusal(&stage.replica, &[&other], &words).await
}

/// The replica's own words for its source do not lead anywhere from here, and then to another server.
pub async fn a_source_that_cannot_be_reached_from_here(stage: &Stage) -> Outcome {
    let door = TcpListener::bind("127.0.0.1:0").await?;
    let by_door = Server {
        port: door.local_addr()?.port(),
        ..stage.primary.clone()
    };
    let change = change_source(&by_door);
    stage
        .run(&stage.leaf, &["STOP REPLICA", &change, "START REPLICA IO_THREAD"])
        .await?;
    // Kept open for the replica, and closed for everybody after it.
    let (mut inside, _) = door.accept().await?;
    let mut outside = TcpStream::connect(("127.0.0.1", stage.primary.port)).await?;
    let copying = tokio::io::copy_bidirectional(&mut inside, &mut outside);
    let test = async {
        stage.run(&stage.leaf, &["START REPLICA SQL_THREAD"]).await?;
        running(&stage.leaf).await?;
        drop(door);
        let words = ["cannot connect to", "--assume-master-host"];
        stage.refusal(&stage.leaf, &[], &words).await?;
        let named = format!("--assume-master-host=127.0.0.1:{}", stage.primary.port);
        stage.succeeds(&stage.leaf, &[&named]).await.map(drop)
    };
    tokio::select! {
        result = test => result,
        _ = copying => Err(trouble("the replica's connection ended")),
    }
}

/// As before: a primary is not worked on by accident.
pub async fn a_primary_without_the_flag(stage: &Stage) -> Outcome {
    let words = ["not allowed", "--allow-on-master"];
    stage.refusal(&stage.primary, &[], &words).await
}
