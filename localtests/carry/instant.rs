//! `--attempt-instant-ddl`: done at once, or the table is not touched and its rows are copied.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::stage::{Stage, ended, said};
use crate::support::{Outcome, ensure};

const ATTEMPT: &str = "--attempt-instant-ddl";
const ADD: &str = "--alter=ADD COLUMN x INT";
/// The server's limit of instant changes since 9.1.
const ROW_VERSIONS_MAX: u32 = 255;

async fn table(name: &str) -> Outcome<Stage> {
    let rows = "INSERT INTO t WITH RECURSIVE n AS (SELECT 1 id UNION ALL SELECT id + 1 FROM n WHERE id < 500) SELECT id, id FROM n";
    Stage::new(name, &["CREATE TABLE t (id INT PRIMARY KEY, a INT)", rows]).await
}

/// How often the server was asked to alter the table itself, instantly.
async fn asked(stage: &mut Stage) -> Outcome<u64> {
    let sql = format!(
        "SELECT COALESCE(SUM(COUNT_STAR), 0) FROM performance_schema.events_statements_summary_by_digest \
         WHERE DIGEST_TEXT LIKE 'ALTER TABLE `{}` . `t` ALGORITHM = %INSTANT%'",
        stage.schema
    );
    stage.until("the digests", &sql).await
}

async fn row_versions(stage: &mut Stage) -> Outcome<u32> {
    let sql = format!(
        "SELECT TOTAL_ROW_VERSIONS FROM information_schema.INNODB_TABLES WHERE NAME = '{}/t'",
        stage.schema
    );
    stage.until("the table", &sql).await
}

#[tokio::test]
async fn done_at_once() -> Outcome {
    let mut stage = table("at_once").await?;
    let dry = stage.dry_run(&[ADD, ATTEMPT]).await?;
    said(&dry, &["Dry run", "can be altered instantly"])?;
    ensure(asked(&mut stage).await? == 0, || {
        "a dry run alters the table".to_owned()
    })?;
    let finished = stage.done(&[ADD, ATTEMPT]).await?;
    said(&finished, &["did it instantly"])?;
    ensure(asked(&mut stage).await? == 1, || {
        "it was asked more than once".to_owned()
    })?;
    ensure(row_versions(&mut stage).await? == 1, || {
        "rows were copied".to_owned()
    })?;
    ensure(stage.tables().await? == ["t"], || "something is left".to_owned())
}

/// Triggers, foreign keys and renames are nothing to the server's own ALTER.
#[tokio::test]
async fn what_only_a_copy_cannot_do() -> Outcome {
    let mut stage = table("only").await?;
    for sql in [
        "CREATE TABLE kid (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES t (id))",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 7",
    ] {
        stage.conn.query_drop(sql).await?;
    }
    let alter = "--alter=ADD COLUMN y INT, RENAME COLUMN a TO b";
    stage.done(&["--alter=ADD COLUMN x INT", ATTEMPT]).await?;
    // The trigger names the column, so this wants a copy, and a copy is refused.
    let finished = stage.run(&["--alter=ENGINE=InnoDB", ATTEMPT]).await?;
    ended(&finished, 3)?;
    said(&finished, &["not instantly", "trigger tr", "refers to"])?;
    stage.conn.query_drop("DROP TRIGGER tr").await?;
    stage.done(&[alter, ATTEMPT]).await?;
    let rows: Vec<i32> = stage.all("SELECT b FROM t WHERE id = 3").await?;
    ensure(rows == [3], || format!("{rows:?}"))?;
    ensure(stage.tables().await? == ["kid", "t"], || {
        "something is left".to_owned()
    })
}

/// The twin has said no, so the table itself is never asked.
#[tokio::test]
async fn what_the_twin_refuses_is_copied() -> Outcome {
    let mut stage = table("refused").await?;
    for alter in [
        "--alter=ADD COLUMN x INT, ADD INDEX (a)",
        "--alter=ADD COLUMN y INT, ALGORITHM=COPY",
    ] {
        let dry = stage.dry_run(&[alter, ATTEMPT]).await?;
        said(&dry, &["not instantly: ", "iteration key"])?;
        let finished = stage.done(&[alter, ATTEMPT, "--ok-to-drop-table"]).await?;
        said(&finished, &["not instantly: ", "500 rows copied"])?;
    }
    ensure(asked(&mut stage).await? == 0, || {
        "the table was locked in vain".to_owned()
    })?;
    ensure(stage.tables().await? == ["t"], || "something is left".to_owned())
}

/// Without the flag, `ALGORITHM=INSTANT` in the text is no reason to alter the table itself.
#[tokio::test]
async fn only_when_asked_for() -> Outcome {
    let mut stage = table("unasked").await?;
    let finished = stage
        .done(&[
            "--alter=ADD COLUMN x INT, ALGORITHM=INSTANT",
            "--ok-to-drop-table",
        ])
        .await?;
    said(&finished, &["500 rows copied"])?;
    ensure(asked(&mut stage).await? == 0, || {
        "the table itself was altered".to_owned()
    })
}

/// That the source has seen too many instant changes, its twin does not know.
#[tokio::test]
async fn too_many_row_versions() -> Outcome {
    let mut stage = table("versions").await?;
    for version in 0..ROW_VERSIONS_MAX {
        let change = ["ADD COLUMN z INT", "DROP COLUMN z"][(version % 2) as usize];
        let sql = format!("ALTER TABLE t {change}, ALGORITHM=INSTANT");
        stage.conn.query_drop(sql).await?;
    }
    let finished = stage.done(&[ADD, ATTEMPT, "--ok-to-drop-table"]).await?;
    said(&finished, &["not instantly", "4092", "500 rows copied"])?;
    ensure(row_versions(&mut stage).await? == 0, || {
        "it was not copied".to_owned()
    })
}

async fn reader(stage: &Stage) -> Outcome<Conn> {
    let mut reader = stage.another().await?;
    reader.query_drop("BEGIN").await?;
    reader.query_drop("SELECT a FROM t LIMIT 1").await?;
    Ok(reader)
}

/// Nobody waits for long behind us, and the copy does what the instant ALTER could not.
#[tokio::test]
async fn a_table_in_use_is_copied() -> Outcome {
    let stage = table("in_use").await?;
    let mut reader = reader(&stage).await?;
    let mut tool = stage.start(&[ADD, ATTEMPT])?;
    ensure(tool.says("not instantly").await?, || {
        "it waits for ever".to_owned()
    })?;
    reader.query_drop("ROLLBACK").await?;
    let finished = tool.finish().await?;
    ended(&finished, 0)?;
    said(&finished, &["attempt 3 of 3", "500 rows copied"])
}

/// The ALTER's session is killed while it waits for the table: it was not done, and the rows are copied.
#[tokio::test]
async fn its_session_is_killed() -> Outcome {
    let mut stage = table("killed").await?;
    // Who cannot see who uses the table goes and waits for it.
    stage.modest().await?;
    let mut reader = reader(&stage).await?;
    let tool = stage.start(&[ADD, ATTEMPT])?;
    let waits = format!(
        "SELECT t.processlist_id FROM performance_schema.metadata_locks l \
         JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id \
         WHERE l.object_schema = '{}' AND l.object_name = 't' AND l.lock_status = 'PENDING'",
        stage.schema
    );
    let session: u64 = stage.until("the ALTER to wait", &waits).await?;
    stage.conn.query_drop(format!("KILL {session}")).await?;
    reader.query_drop("ROLLBACK").await?;
    let finished = tool.finish().await?;
    ended(&finished, 0)?;
    said(&finished, &["it was not done", "500 rows copied"])?;
    ensure(row_versions(&mut stage).await? == 0, || {
        "it was not copied".to_owned()
    })
}
