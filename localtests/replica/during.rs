//! What happens on the way while a run is under way: waited for, or the run stops.

use mysql_async::prelude::Queryable;

use crate::stage::{SCHEMA, Stage, until};
use crate::support::{Outcome, ensure, trouble};

/// The replica lags: what it hands out first happened to the table before the run began, whole lives of it.
pub async fn old_events_do_not_count(stage: &Stage) -> Outcome {
    let mut applier = stage.conn(&stage.leaf).await?;
    applier.query_drop("FLUSH TABLES WITH READ LOCK").await?;
    let table = format!("{SCHEMA}.t");
    let old = [
        format!("UPDATE {table} SET k = k + 1 WHERE id < 10"),
        format!("RENAME TABLE {table} TO {SCHEMA}.kept"),
        format!("CREATE TABLE {table} (x INT PRIMARY KEY)"),
        format!("INSERT INTO {table} VALUES (1), (2)"),
        format!("TRUNCATE TABLE {table}"),
        format!("DROP TABLE {table}"),
        format!("RENAME TABLE {SCHEMA}.kept TO {table}"),
    ];
    let old: Vec<&str> = old.iter().map(String::as_str).collect();
    stage.run(&stage.primary, &old).await?;
    let tool = stage.alter(&stage.leaf, &[])?;
    let changelog = format!(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = '{SCHEMA}' AND table_name = '_t_ghc'"
    );
    until(&stage.primary, "the changelog", &changelog).await?;
    until(
        &stage.primary,
        "marks",
        &format!("SELECT 1 FROM {SCHEMA}._t_ghc WHERE mark BETWEEN 5 AND 1000000"),
    )
    .await?;
    drop(applier);
    let finished = tool.finish().await?;
    ensure(finished.code == Some(0), || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })
}

/// Lag grows, the run says why, does not swap, and goes on when the replica does.
pub async fn a_replica_that_stops_is_waited_for(stage: &Stage) -> Outcome {
    let mut running = stage.begin(&stage.leaf, &[]).await?;
    stage.run(&stage.leaf, &["STOP REPLICA"]).await?;
    ensure(
        running.tool.says("does not replicate: it was stopped").await?,
        || "the run ended".to_owned(),
    )?;
    running.unpostpone()?;
    let swapped: Option<(i32,)> = {
        let mut conn = stage.conn(&stage.primary).await?;
        let sql = format!(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = '{SCHEMA}' AND table_name = '_t_del'"
        );
        conn.query_first(sql).await?
    };
    ensure(swapped.is_none(), || "swapped without the replica".to_owned())?;
    stage.run(&stage.leaf, &["START REPLICA"]).await?;
    let said = stage.ends_well(running).await?;
    ensure(said.contains("goes on"), || said.clone())
}

/// From now on changes of the table do not arrive: their empty transactions may be seen before the filter is.
pub async fn a_filter_on_the_table_stops_the_run(stage: &Stage) -> Outcome {
    filtered(stage, &format!("{SCHEMA}.t"), &[]).await
}

/// It could be meant for any table.
pub async fn a_filter_stops_the_run(stage: &Stage) -> Outcome {
    filtered(
        stage,
        "other.t",
        &["was changed during the run", "Replicate_Ignore_Table"],
    )
    .await
}

async fn filtered(stage: &Stage, table: &str, words: &[&str]) -> Outcome {
    let running = stage.begin(&stage.leaf, &[]).await?;
    let filter = format!("CHANGE REPLICATION FILTER REPLICATE_IGNORE_TABLE = ({table})");
    stage
        .run(
            &stage.leaf,
            &["STOP REPLICA SQL_THREAD", &filter, "START REPLICA SQL_THREAD"],
        )
        .await?;
    stage.is_stopped(running, words).await
}

/// Within one session, faster than anybody looks.
pub async fn a_filter_that_is_taken_back_stops_the_run(stage: &Stage) -> Outcome {
    let running = stage.begin(&stage.leaf, &[]).await?;
    stage
        .run(
            &stage.leaf,
            &[
                "STOP REPLICA SQL_THREAD",
                "CHANGE REPLICATION FILTER REPLICATE_IGNORE_TABLE = (other.t)",
                "CHANGE REPLICATION FILTER REPLICATE_IGNORE_TABLE = ()",
                "START REPLICA SQL_THREAD",
            ],
        )
        .await?;
    stage
        .is_stopped(running, &["was changed during the run", "change_repl_filter"])
        .await
}

/// The same for a variable.
pub async fn a_setting_that_is_taken_back_stops_the_run(stage: &Stage) -> Outcome {
    let running = stage.begin(&stage.leaf, &[]).await?;
    stage
        .run(
            &stage.leaf,
            &[
                "SET GLOBAL replica_exec_mode = 'IDEMPOTENT'",
                "SET GLOBAL replica_exec_mode = 'STRICT'",
            ],
        )
        .await?;
    stage.is_stopped(running, &["replica_exec_mode was set at"]).await
}

/// Though it is a replica of the same primary.
pub async fn another_source_stops_the_run(stage: &Stage) -> Outcome {
    let running = stage.begin(&stage.leaf, &[]).await?;
    stage.move_leaf().await?;
    stage
        .is_stopped(running, &["was changed during the run", "it replicated from"])
        .await
}

/// An empty transaction in the place of one of the primary's.
pub async fn a_skipped_transaction_stops_the_run(stage: &Stage) -> Outcome {
    let running = stage.begin(&stage.leaf, &[]).await?;
    stage.run(&stage.leaf, &["STOP REPLICA SQL_THREAD"]).await?;
    let uuid: String = stage.ask(&stage.primary, "SELECT @@server_uuid").await?;
    let executed: String = stage.ask(&stage.leaf, "SELECT @@GLOBAL.gtid_executed").await?;
    let last = executed
        .replace('\n', "")
        .split(',')
        .find_map(|set| {
            set.strip_prefix(&format!("{uuid}:"))?
                .rsplit(['-', ':'])
                .next()?
                .parse::<u64>()
                .ok()
        })
        .ok_or_else(|| trouble(format!("{uuid} is not in {executed}")))?;
    stage
        .run(
            &stage.leaf,
            &[
                &format!("SET GTID_NEXT = '{uuid}:{}'", last + 1),
                "BEGIN",
                "COMMIT",
                "SET GTID_NEXT = 'AUTOMATIC'",
                "START REPLICA SQL_THREAD",
            ],
        )
        .await?;
    stage
        .is_stopped(running, &["came out of the replica empty"])
        .await
}

/// The replica logs rows for it, but which rows it changed on the primary only the primary knows.
pub async fn a_statement_on_the_primary_stops_the_run(stage: &Stage) -> Outcome {
    let running = stage.begin(&stage.leaf, &[]).await?;
    stage
        .run(
            &stage.primary,
            &[
                "SET SESSION binlog_format = 'STATEMENT'",
                &format!("CREATE TABLE {SCHEMA}.other (id INT PRIMARY KEY)"),
                &format!("INSERT INTO {SCHEMA}.other VALUES (1)"),
            ],
        )
        .await?;
    stage
        .is_stopped(running, &["by a statement on the primary"])
        .await
}

/// Of co-primaries, one takes the writes.
pub async fn a_write_on_another_server_stops_the_run(stage: &Stage) -> Outcome {
    let running = stage.begin(&stage.leaf, &[]).await?;
    let delete = format!("DELETE FROM {SCHEMA}.t ORDER BY id DESC LIMIT 1");
    stage
        .run(&stage.leaf, &["STOP REPLICA SQL_THREAD", &delete])
        .await?;
    stage
        .is_stopped(running, &["another server changed", "server_id"])
        .await
}
