//! `--include-triggers`: every change of a row fires its triggers once, before, through and after the swap, and whatever is lost on the way;
//! the triggers of the new table are those of the old one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::task::JoinSet;

use crate::proxy::{Cut, Lose, Proxy};
use crate::stage::{Flag, Stage, ended, said};
use crate::support::{Outcome, Trouble, ensure};

const CARRY: &str = "--include-triggers";
const ADD: &str = "--alter=ADD COLUMN x INT, ADD INDEX (a)";
const WRITERS: u64 = 4;
/// Changes that each writer makes after the swap, at least.
const CHANGES_AFTER: u64 = 50;

/// A table whose triggers write one row for each of its changes, and note in which order they fire.
const AUDITED: &[&str] = &[
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT NOT NULL, b VARCHAR(20) NOT NULL DEFAULT '')",
    "CREATE TABLE audit (n INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(10), id INT)",
    "INSERT INTO t (a) WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n",
    "CREATE TRIGGER tr_second BEFORE INSERT ON t FOR EACH ROW SET NEW.b = CONCAT(NEW.b, '2')",
    "CREATE TRIGGER tr_first BEFORE INSERT ON t FOR EACH ROW PRECEDES tr_second SET NEW.b = CONCAT(NEW.b, '1')",
    "CREATE TRIGGER tr_insert AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (what, id) VALUES ('insert', NEW.id)",
    "CREATE TRIGGER tr_update AFTER UPDATE ON t FOR EACH ROW INSERT INTO audit (what, id) VALUES ('update', NEW.id)",
    "CREATE TRIGGER tr_delete AFTER DELETE ON t FOR EACH ROW INSERT INTO audit (what, id) VALUES ('delete', OLD.id)",
];

/// Everything about the triggers of `t` but when they were made.
const TRIGGERS: &str = "SELECT CONCAT_WS(' ', TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER, DEFINER, SQL_MODE, \
     CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION, HEX(ACTION_STATEMENT)) \
     FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = 't' ORDER BY 1";
const ELSEWHERE: &str = "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE <> 't'";

/// Writers that count what they change.
struct Storm {
    stop: Arc<AtomicBool>,
    changes: Arc<AtomicU64>,
    writers: JoinSet<Outcome>,
}

impl Storm {
    async fn begin(stage: &Stage) -> Outcome<Self> {
        let (stop, changes) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let mut writers = JoinSet::new();
        for number in 0..WRITERS {
            let (conn, stop, changes) = (stage.another().await?, Arc::clone(&stop), Arc::clone(&changes));
            writers.spawn(async move { write(conn, number, &stop, &changes).await });
        }
        Ok(Self {
            stop,
            changes,
            writers,
        })
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// The writers have made some more changes.
    async fn goes_on(&self) {
        let enough = self.changes() + WRITERS * CHANGES_AFTER;
        while self.changes() < enough && !self.writers.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// The writers have ended: there is one row of audit for each of their changes.
    async fn each_fired_once(mut self, stage: &mut Stage) -> Outcome {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.writers.join_next().await {
            ended??;
        }
        let changes = self.changes();
        let fired: u64 = stage.until("the audit", "SELECT COUNT(*) FROM audit").await?;
        ensure(fired == changes, || {
            format!("{changes} changes fired {fired} times")
        })?;
        let odd: Vec<i32> = stage.all("SELECT id FROM t WHERE b NOT IN ('', '12')").await?;
        ensure(odd.is_empty(), || {
            format!("not in their order, or not once: {odd:?}")
        })
    }
}

/// Own rows, so that each statement changes exactly one.
async fn write(mut conn: Conn, number: u64, stop: &AtomicBool, changes: &AtomicU64) -> Outcome {
    let mut id = number + 1;
    while !stop.load(Ordering::SeqCst) {
        let update = format!("UPDATE t SET a = a + 1 WHERE id = {id}");
        let delete = format!("DELETE FROM t WHERE id = {id}");
        for sql in [update.as_str(), "INSERT INTO t (a) VALUES (0)", delete.as_str()] {
            let done: Result<(), Trouble> = conn.query_drop(sql).await.map_err(Into::into);
            done.map_err(|trouble| trouble.at(sql))?;
            ensure(conn.affected_rows() == 1, || {
                format!("{sql} changed {} rows", conn.affected_rows())
            })?;
            id = conn.last_insert_id().unwrap_or(id);
            changes.fetch_add(1, Ordering::SeqCst);
        }
    }
    Ok(())
}

/// The triggers of `t` are what they were, and no other table has one.
async fn as_before(stage: &mut Stage, before: &[String]) -> Outcome {
    let now: Vec<String> = stage.all(TRIGGERS).await?;
    ensure(now == before, || format!("before: {before:#?}\nnow: {now:#?}"))?;
    let elsewhere: Vec<String> = stage.all(ELSEWHERE).await?;
    ensure(elsewhere.is_empty(), || format!("left: {elsewhere:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_fires_once() -> Outcome {
    let mut stage = Stage::new("storm", AUDITED).await?;
    let before: Vec<String> = stage.all(TRIGGERS).await?;
    let storm = Storm::begin(&stage).await?;
    stage.done(&[ADD, CARRY]).await?;
    storm.goes_on().await;
    storm.each_fired_once(&mut stage).await?;
    as_before(&mut stage, &before).await
}

/// Somebody holds the table for so long that attempts fail; the triggers stay where they are until one succeeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_stopped_leaves_them() -> Outcome {
    let mut stage = Stage::new("stopped", AUDITED).await?;
    let before: Vec<String> = stage.all(TRIGGERS).await?;
    let storm = Storm::begin(&stage).await?;
    let flag = Flag::new()?;
    let mut tool = stage.start(&[ADD, CARRY, &flag.argument()])?;
    ensure(tool.says("postponed").await?, || "it is not postponed".to_owned())?;
    tool.signal("TERM")?;
    ended(&tool.finish().await?, 5)?;
    as_before(&mut stage, &before).await?;
    storm.goes_on().await;
    storm.each_fired_once(&mut stage).await
}

/// The network is cut at each statement that has to do with triggers, and at the one between them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_lost_each_fires_once() -> Outcome {
    for at in [
        "TRIGGER /* ghost-rs",
        "RENAME TABLE",
        "DROP TRIGGER",
        "UNLOCK TABLES",
    ] {
        for lose in [Lose::Statement, Lose::Answer] {
            let cut = Cut { at, lose };
            cut_at(cut)
                .await
                .map_err(|trouble| trouble.at(&format!("{cut:?}")))?;
        }
    }
    Ok(())
}

async fn cut_at(cut: Cut) -> Outcome {
    let mut stage = Stage::new("cut", AUDITED).await?;
    let before: Vec<String> = stage.all(TRIGGERS).await?;
    let storm = Storm::begin(&stage).await?;
    let proxy = Proxy::to(&stage.server, &[cut]).await?;
    let finished = stage.start_through(proxy.port, &[ADD, CARRY])?.finish().await?;
    ended(&finished, 0)?;
    ensure(proxy.left().is_empty(), || {
        format!("never made: {:?}", proxy.left())
    })?;
    storm.goes_on().await;
    storm.each_fired_once(&mut stage).await?;
    as_before(&mut stage, &before).await
}

/// Charset, `sql_mode`, definer and every character of the text.
#[tokio::test]
async fn they_are_the_same_to_the_last_character() -> Outcome {
    let mut stage = Stage::new(
        "same",
        &[
            "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(50) CHARACTER SET utf8mb4)",
            "DROP USER IF EXISTS carry_definer",
            "CREATE USER carry_definer",
            "GRANT ALL ON carry_same.* TO carry_definer",
            "CREATE DEFINER = carry_definer TRIGGER `odd ``name` BEFORE INSERT ON t FOR EACH ROW BEGIN\n  -- a ß; DROP TRIGGER x;\n  SET NEW.a = CONCAT('😀;', \"it's\", NEW.a);\nEND",
            "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'",
            "CREATE TRIGGER modes BEFORE UPDATE ON t FOR EACH ROW SET NEW.\"a\" = '\\' || NEW.a -- the end",
            "SET NAMES latin1",
        ],
    )
    .await?;
    // Two characters in latin1, and one in UTF-8: a run beside this one can read the statement in the binlog.
    let latin1 =
        b"CREATE TRIGGER latin1 BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = CONCAT(NEW.a, '\xc3\xa4')";
    stage.conn.query_drop(&latin1[..]).await?;
    stage
        .conn
        .query_drop("SET NAMES utf8mb4, sql_mode = DEFAULT")
        .await?;
    let (before, shown) = (stage.all(TRIGGERS).await?, texts(&mut stage).await?);
    let dry = stage.dry_run(&["--alter=ADD COLUMN x INT", CARRY]).await?;
    said(&dry, &["trigger carried over: odd `name (BEFORE INSERT)"])?;
    as_before(&mut stage, &before).await?;
    stage.done(&["--alter=ADD COLUMN x INT", CARRY]).await?;
    as_before(&mut stage, &before).await?;
    let now = texts(&mut stage).await?;
    ensure(now == shown, || format!("before: {shown:#?}\nnow: {now:#?}"))?;
    stage
        .conn
        .query_drop("INSERT INTO t (id, a) VALUES (1, 'x')")
        .await?;
    stage.conn.query_drop("UPDATE t SET a = 'y'").await?;
    let rows: Vec<String> = stage.all("SELECT a FROM t").await?;
    ensure(rows == ["\\yÃ¤"], || format!("{rows:?}"))
}

/// The statement of each trigger, from its timing on; 4-byte characters too.
async fn texts(stage: &mut Stage) -> Outcome<Vec<String>> {
    let mut texts = Vec::new();
    for name in ["`odd ``name`", "modes", "latin1"] {
        let row: mysql_async::Row = stage
            .until("a trigger", &format!("SHOW CREATE TRIGGER {name}"))
            .await?;
        let text: String = row.get(2).unwrap_or_default();
        texts.push(
            text.split_once("FOR EACH ROW")
                .map_or(text.clone(), |(_, body)| body.to_owned()),
        );
    }
    Ok(texts)
}

#[tokio::test]
async fn suffixes() -> Outcome {
    let mut stage = Stage::new("suffix", AUDITED).await?;
    for (args, expected) in [
        (&["--trigger-suffix=_v2"][..], "tr_insert_v2"),
        (
            &["--trigger-suffix=_v2", "--remove-trigger-suffix-if-exists"][..],
            "tr_insert",
        ),
    ] {
        let more = [&[CARRY, "--ok-to-drop-table"], args].concat();
        stage
            .done(&[&["--alter=ENGINE=InnoDB"], &more[..]].concat())
            .await?;
        let names: Vec<String> = stage
            .all("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND ACTION_TIMING = 'AFTER' AND EVENT_MANIPULATION = 'INSERT'")
            .await?;
        ensure(names == [expected], || format!("{names:?}, not {expected}"))?;
    }
    Ok(())
}

/// What cannot be made on the new table is found before a row is copied.
#[tokio::test]
async fn what_cannot_be_made_is_refused_early() -> Outcome {
    let mut stage = Stage::new("early", AUDITED).await?;
    let before: Vec<String> = stage.all(TRIGGERS).await?;
    let cases = [
        ("--alter=DROP COLUMN b", "1054"),
        ("--alter=RENAME COLUMN b TO c", "1054"),
    ];
    for (alter, error) in cases {
        let finished = stage.run(&[alter, CARRY, "--approve-renamed-columns"]).await?;
        ended(&finished, 3)?;
        said(&finished, &[error, "a column that a trigger names"])?;
    }
    stage.modest().await?;
    let finished = stage.run(&[ADD, CARRY]).await?;
    ended(&finished, 3)?;
    said(&finished, &["The triggers of `carry_early`.`t` cannot be made"])?;
    as_before(&mut stage, &before).await?;
    ensure(stage.tables().await? == ["audit", "t"], || {
        "something is left".to_owned()
    })
}

/// Somebody changes them while the rows are copied.
#[tokio::test]
async fn changed_on_the_way() -> Outcome {
    let mut stage = Stage::new("changed", AUDITED).await?;
    let flag = Flag::new()?;
    let mut tool = stage.start(&[ADD, CARRY, &flag.argument()])?;
    ensure(tool.says("postponed").await?, || "it is not postponed".to_owned())?;
    stage.conn.query_drop("DROP TRIGGER tr_update").await?;
    let before: Vec<String> = stage.all(TRIGGERS).await?;
    flag.lower();
    let finished = tool.finish().await?;
    ended(&finished, 4)?;
    said(
        &finished,
        &["The triggers of `carry_changed`.`t` have been changed"],
    )?;
    as_before(&mut stage, &before).await
}
