//! `cargo test --test onreplica`: a table changed on a replica, and the change rehearsed there.
//!
//! The primary writes, replication applies, ghost-rs works on the replica. Whatever a test does to replication, it is put
//! right again at its end, and one test at a time has the servers.

#[path = "onreplica/place.rs"]
mod place;
mod support;

use std::os::unix::fs::PermissionsExt;

use mysql_async::prelude::Queryable;

use place::Place;
use support::{Finished, Outcome, caught_up, ensure};

const TEST: &str = "--test-on-replica";
const SKIP_STOP: &str = "--test-on-replica-skip-replica-stop";
const MIGRATE: &str = "--migrate-on-replica";
/// To write where it is read-only, and to stop replication.
const ADMIN: &str = ", CONNECTION_ADMIN, REPLICATION_SLAVE_ADMIN";

fn ended(finished: &Finished, code: i32, says: &[&str]) -> Outcome {
    println!("exit {:?} after {:?}", finished.code, finished.took);
    ensure(finished.code == Some(code), || {
        format!("exit {:?}, expected {code}:\n{}", finished.code, finished.output)
    })?;
    for words in says {
        ensure(finished.output.contains(words), || {
            format!("it does not say {words:?}:\n{}", finished.output)
        })?;
    }
    Ok(())
}

/// Replication stands still at the end, both tables are there and equal, and the replica catches up when it is started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_with_replication_stopped() -> Outcome {
    let place = Place::new("stopped").await?;
    let writing = place.writing().await?;
    // An instant ALTER would stay: it is not tried.
    let finished = place.alter(&[TEST, "--attempt-instant-ddl"])?.finish().await?;
    let written = writing.stop().await?;
    ended(
        &finished,
        0,
        &["was rehearsed", "START REPLICA;", "DROP TABLE", "SELECT `id`"],
    )?;
    ensure(!place.replicates().await?, || {
        "the applier runs at the end".to_owned()
    })?;
    ensure(place.receives().await?, || {
        "the receiver was stopped too".to_owned()
    })?;
    ensure(place.ghost_is_altered().await?, || {
        "the ghost has another structure".to_owned()
    })?;
    place.ghost_is_source().await?;
    place.only(&["_t_gho", "t"]).await?;
    place.start().await?;
    place.source_is_whole(written).await
}

/// While the primary goes on writing: the tables were equal at the moment of the rename, and replication never stood.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_without_stopping_replication() -> Outcome {
    let place = Place::new("not_stopped").await?;
    let writing = place.writing().await?;
    let finished = place.alter(&[SKIP_STOP, TEST])?.finish().await?;
    let written = writing.stop().await?;
    ended(&finished, 0, &["was rehearsed"])?;
    ensure(!finished.output.contains("START REPLICA"), || {
        format!("nothing was stopped:\n{}", finished.output)
    })?;
    ensure(place.replicates().await?, || "replication stands".to_owned())?;
    place.only(&["_t_gho", "t"]).await?;
    place.source_is_whole(written).await
}

/// With replication stopped by whoever asks for the test, the two tables are equal afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_on_a_standing_replica() -> Outcome {
    let place = Place::new("standing").await?;
    place.stop().await?;
    let finished = place.alter(&[SKIP_STOP, TEST])?.finish().await?;
    ended(
        &finished,
        0,
        &["replication is stopped on this replica", "was rehearsed"],
    )?;
    place.ghost_is_source().await?;
    ensure(!place.replicates().await?, || {
        "somebody else's stop was undone".to_owned()
    })
}

/// The first test leaves replication stopped and its ghost behind; the second one says both, and then works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_rehearsal() -> Outcome {
    let place = Place::new("second").await?;
    ended(&place.alter(&[TEST])?.finish().await?, 0, &[])?;
    let refused = place.alter(&[TEST])?.finish().await?;
    ended(
        &refused,
        3,
        &[
            "START REPLICA;",
            "--initially-drop-ghost-table",
            "applier does not run",
        ],
    )?;
    place.start().await?;
    let again = place
        .alter(&[TEST, "--initially-drop-ghost-table"])?
        .finish()
        .await?;
    ended(&again, 0, &["was rehearsed"])?;
    place.ghost_is_source().await
}

/// The table is held, so the rehearsal waits with replication stopped; Ctrl-C then starts it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupted_while_replication_is_stopped() -> Outcome {
    let place = Place::new("interrupted").await?;
    let held = place.held_back().await?;
    let mut tool = place
        .as_account("onreplica_blind", ADMIN, &[TEST, "--default-retries=1000"])
        .await?;
    ensure(tool.says("replication is stopped").await?, || {
        "it ended before it stopped replication".to_owned()
    })?;
    tool.signal("INT")?;
    let finished = tool.finish().await?;
    drop(held);
    ended(&finished, 5, &["Stopped by Ctrl-C", "is as it was"])?;
    place.until_it_replicates().await?;
    place.source_is_whole(0).await
}

/// Hooks hear of each stop before it, and of each start; the last word is the start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hooks_hear_of_replication_standing_still() -> Outcome {
    let place = Place::new("hooks").await?;
    let folder = tempfile::tempdir()?;
    let told = folder.path().join("told");
    for word in ["stop", "start"] {
        let hook = folder.path().join(format!("gh-ost-on-{word}-replication"));
        std::fs::write(&hook, format!("#!/bin/sh\necho {word} >>{}\n", told.display()))?;
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755))?;
    }
    let hooks = format!("--hooks-path={}", folder.path().display());
    let held = place.held_back().await?;
    let more = [TEST, "--default-retries=1000", &hooks];
    let mut tool = place.as_account("onreplica_blind", ADMIN, &more).await?;
    ensure(tool.says("replication is stopped").await?, || {
        "it ended before it stopped replication".to_owned()
    })?;
    ensure(std::fs::read_to_string(&told)?.starts_with("stop\n"), || {
        "the hook was not told before".to_owned()
    })?;
    tool.signal("INT")?;
    let finished = tool.finish().await?;
    drop(held);
    ended(&finished, 5, &["Stopped by Ctrl-C"])?;
    let told = std::fs::read_to_string(&told)?;
    let words: Vec<&str> = told.lines().collect();
    // Ctrl-C may have ended the hook of a start, which is told once more then.
    let each_stop_has_its_start = words.windows(2).all(|pair| pair != ["stop", "stop"]);
    let right = words.first() == Some(&"stop") && words.last() == Some(&"start") && each_stop_has_its_start;
    ensure(right, || format!("{words:?}:\n{}", finished.output))?;
    place.until_it_replicates().await
}

/// The same when the attempts are used up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_while_replication_is_stopped() -> Outcome {
    let place = Place::new("failed").await?;
    let held = place.held_back().await?;
    let tool = place
        .as_account("onreplica_blind", ADMIN, &[TEST, "--default-retries=2"])
        .await?;
    let finished = tool.finish().await?;
    drop(held);
    ended(
        &finished,
        4,
        &["The swap was tried 2 times", "replication is started again"],
    )?;
    place.until_it_replicates().await?;
    place.source_is_whole(0).await
}

/// The swap stays, and what the primary writes afterwards goes into the new table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrated_on_the_replica() -> Outcome {
    let place = Place::new("migrated").await?;
    let writing = place.writing().await?;
    let finished = place.alter(&[MIGRATE])?.finish().await?;
    let written = writing.stop().await?;
    ended(&finished, 0, &["is altered", "errant"])?;
    ensure(place.is_altered().await?, || {
        "exit 0, and the table is not altered".to_owned()
    })?;
    ensure(place.replicates().await?, || "replication stands".to_owned())?;
    place.only(&["_t_del", "t"]).await?;
    place.source_is_whole(written).await
}

/// Row events have no names: what would end in the wrong column is refused, what would stop replication is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_replication_could_not_follow() -> Outcome {
    let place = Place::new("columns").await?;
    let first = place
        .alter_by("ADD COLUMN note INT FIRST", &[MIGRATE])?
        .finish()
        .await?;
    ended(
        &first,
        3,
        &[
            "wrong values",
            "the values of `id` would go into `note`",
            "--test-on-replica",
        ],
    )?;
    place.only(&["t"]).await?;
    let wider = place.dry(&[MIGRATE, "--alter=MODIFY n BIGINT"]).await?;
    ended(&wider, 0, &["replica_type_conversions", "`n` int → bigint"])
}

/// A rehearsal leaves the triggers where they are, and tells nevertheless that they could not go over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_whose_new_name_is_taken() -> Outcome {
    let place = Place::new("triggers").await?;
    let schema = &place.schema;
    let mut conn = place.primary.connect().await?;
    for statement in [
        format!("CREATE TABLE {schema}.other (id INT PRIMARY KEY)"),
        format!("CREATE TRIGGER {schema}.seen AFTER INSERT ON {schema}.t FOR EACH ROW SET @seen = 1"),
        format!("CREATE TRIGGER {schema}.seen_v2 AFTER INSERT ON {schema}.other FOR EACH ROW SET @seen = 2"),
    ] {
        conn.query_drop(statement).await?;
    }
    caught_up(&place.primary, &place.replica).await?;
    let suffix = |suffix: &'static str| [TEST, "--include-triggers", suffix];
    let taken = place.alter(&suffix("--trigger-suffix=_v2"))?.finish().await?;
    ended(
        &taken,
        3,
        &[
            "`other` has a trigger of that name",
            "gh-ost: FATAL found gh-ost triggers (seen_v2)",
        ],
    )?;
    let free = place.alter(&suffix("--trigger-suffix=_v3"))?.finish().await?;
    ended(&free, 0, &[])?;
    let mut conn = place.replica.connect().await?;
    let triggers: Vec<String> = conn
        .query(format!(
            "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{schema}' ORDER BY TRIGGER_NAME"
        ))
        .await?;
    ensure(triggers == ["seen", "seen_v2"], || {
        format!("the triggers are {triggers:?}")
    })?;
    place.start().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused() -> Outcome {
    let place = Place::new("refused").await?;
    for mode in [TEST, MIGRATE] {
        let on_primary = place.on_primary(&[mode])?.finish().await?;
        ended(&on_primary, 3, &["This server is no replica"])?;
        let both = place.alter(&[mode, "--allow-on-master"])?.finish().await?;
        ended(&both, 2, &["exclude each other"])?;
    }
    let alone = place.alter(&[SKIP_STOP])?.finish().await?;
    ended(&alone, 2, &["but not --test-on-replica"])?;
    let few = place.as_account("onreplica_few", "", &[TEST]).await?;
    ended(
        &few.finish().await?,
        3,
        &["CONNECTION_ADMIN, REPLICATION_SLAVE_ADMIN", "GRANT"],
    )?;
    place.set("super_read_only = ON").await?;
    let super_read_only = place.alter(&[TEST])?.finish().await;
    place.set("super_read_only = OFF").await?;
    place.set("read_only = ON").await?;
    ended(
        &super_read_only?,
        3,
        &["super_read_only = ON", "read_only may stay ON"],
    )?;
    let mut conn = place.replica.connect().await?;
    let left: Option<String> = conn
        .query_first(format!("SHOW TABLES FROM {} LIKE '\\_%'", place.schema))
        .await?;
    ensure(left.is_none(), || format!("{left:?} is left"))
}
