//! Names of helper tables, and foreign keys that are discarded.

use mysql_async::prelude::Queryable;

use crate::stage::{Flag, Stage, ended, said};
use crate::support::{Outcome, ensure};

const ADD: &str = "--alter=ADD COLUMN x INT";

#[tokio::test]
async fn a_stem_and_the_time() -> Outcome {
    let mut stage = Stage::new("stem", &["CREATE TABLE t (id INT PRIMARY KEY)"]).await?;
    let more = ["--force-table-names=mine", "--timestamp-old-table"];
    for run in 1..=2 {
        let alter = format!("--alter=ADD COLUMN c{run} INT");
        stage.done(&[&[alter.as_str()], &more[..]].concat()).await?;
        // The next old table has another second in its name.
        stage
            .until::<u32>(
                "another second",
                "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '%del' \
                 HAVING MAX(TABLE_NAME) < DATE_FORMAT(NOW(), '_mine_%Y%m%d%H%i%S_del')",
            )
            .await?;
    }
    let tables = stage.tables().await?;
    let dated = |name: &String| {
        let digits = name
            .strip_prefix("_mine_")
            .and_then(|name| name.strip_suffix("_del"));
        digits.is_some_and(|digits| digits.len() == 14 && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    ensure(
        tables.len() == 3 && tables[..2].iter().all(dated) && tables[2] == "t",
        || format!("{tables:?}"),
    )
}

/// Two tables may be given the same stem; the helpers of one are nothing to the run on the other.
#[tokio::test]
async fn a_stem_that_another_table_uses() -> Outcome {
    let theirs = "CREATE TABLE _mine_gho (id INT) COMMENT 'ghost-rs ghost of `carry_shared`.`u` run 1'";
    let mut stage = Stage::new("shared", &["CREATE TABLE t (id INT PRIMARY KEY)", theirs]).await?;
    let more = [ADD, "--force-table-names=mine", "--initially-drop-ghost-table"];
    let finished = stage.run(&more).await?;
    ended(&finished, 3)?;
    said(
        &finished,
        &["belongs to a run on another table, `carry_shared`.`u`"],
    )?;
    ensure(stage.tables().await? == ["_mine_gho", "t"], || {
        "their table is gone".to_owned()
    })
}

#[tokio::test]
async fn foreign_keys_are_discarded_and_told() -> Outcome {
    let mut stage = Stage::new(
        "discard",
        &[
            "CREATE TABLE p (id INT PRIMARY KEY)",
            "INSERT INTO p VALUES (1), (2), (3)",
            "CREATE TABLE t (id INT PRIMARY KEY, p INT, CONSTRAINT up FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL)",
            "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
        ],
    )
    .await?;
    let refused = stage.run(&[ADD]).await?;
    ended(&refused, 3)?;
    said(&refused, &["`up`", "--discard-foreign-keys"])?;
    let flag = Flag::new()?;
    let mut tool = stage.start(&[ADD, "--discard-foreign-keys", &flag.argument()])?;
    ensure(tool.says("postponed").await?, || "it is not postponed".to_owned())?;
    // The server changes a row of the table by itself, and this version of it logs that.
    stage.conn.query_drop("DELETE FROM p WHERE id = 2").await?;
    flag.lower();
    let finished = tool.finish().await?;
    ended(&finished, 0)?;
    said(
        &finished,
        &["`up` is discarded: CONSTRAINT `up` FOREIGN KEY (`p`) REFERENCES `p` (`id`) ON DELETE SET NULL"],
    )?;
    let rows: Vec<(i32, Option<i32>)> = stage.all("SELECT id, p FROM t ORDER BY id").await?;
    ensure(rows == [(1, Some(1)), (2, None), (3, Some(3))], || {
        format!("{rows:?}")
    })?;
    let (_, create): (String, String) = stage.until("the table", "SHOW CREATE TABLE t").await?;
    ensure(!create.contains("FOREIGN KEY"), || create)
}

/// Whatever is wished: its children would refer to the old table.
#[tokio::test]
async fn a_parent_is_refused() -> Outcome {
    let mut stage = Stage::new(
        "parent",
        &[
            "CREATE TABLE t (id INT PRIMARY KEY)",
            "CREATE TABLE kid (id INT PRIMARY KEY, CONSTRAINT down FOREIGN KEY (id) REFERENCES t (id))",
        ],
    )
    .await?;
    let finished = stage
        .run(&[ADD, "--discard-foreign-keys", "--skip-foreign-key-checks"])
        .await?;
    ended(&finished, 3)?;
    said(
        &finished,
        &["`down`: `carry_parent`.`kid` refers to `carry_parent`.`t`"],
    )?;
    ensure(stage.tables().await? == ["kid", "t"], || {
        "something is left".to_owned()
    })
}
