//! `cargo test --test verified`: the new table is compared before the swap, and whatever is wrong there is found, every time.
//!
//! The negative control of the verification: a row of the new table is changed behind the run's back (outside the binlog, so that nothing
//! else can notice) while the copy is still under way, and the run must end before the swap and name key and column. The copy is
//! held by a lock on the end of the new table meanwhile, so that no clock decides.

mod support;

use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::sync::OnceCell;

use support::{Finished, Outcome, Server, Tool, Trouble, ensure, trouble, turn};

const ROWS: u64 = 3_000;
/// From here on the new table is held.
const HELD_FROM: u64 = 2_500;
/// A run may be through before it is held: then another one is tried.
const ATTEMPTS_MAX: u32 = 8;
/// A run that has no rows by then has ended otherwise.
const HOLD_SECONDS_MAX: u64 = 60;
const FAILED: Option<i32> = Some(4);
const ALTER: &str = "--alter=ADD COLUMN added INT NOT NULL DEFAULT 7";

/// The tests of this run share a turn on the server.
async fn server() -> Outcome<Server> {
    static TURN: OnceCell<Conn> = OnceCell::const_new();
    let server = Server::from_env()?;
    TURN.get_or_try_init(|| turn(&server)).await?;
    Ok(server)
}

/// A schema with one table.
struct Place {
    server: Server,
    schema: String,
    conn: Conn,
}

impl Place {
    async fn new(name: &str) -> Outcome<Self> {
        let server = server().await?;
        let schema = format!("verified_{name}");
        let mut conn = server.connect().await?;
        conn.query_drop(format!("DROP DATABASE IF EXISTS {schema}"))
            .await?;
        conn.query_drop(format!("CREATE DATABASE {schema}")).await?;
        conn.query_drop(format!("USE {schema}")).await?;
        conn.query_drop(
            "CREATE TABLE t (id INT PRIMARY KEY, c VARCHAR(40) COLLATE utf8mb4_0900_ai_ci, n INT, KEY (n))",
        )
        .await?;
        conn.query_drop(format!("SET SESSION cte_max_recursion_depth = {ROWS}"))
            .await?;
        conn.query_drop(format!(
            "INSERT INTO t WITH RECURSIVE i AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM i WHERE id < {ROWS}) \
             SELECT id, IF(id = 5, '', CONCAT('c', id)), id FROM i"
        ))
        .await?;
        Ok(Self { server, schema, conn })
    }

    fn alter(&self, more: &[&str]) -> Outcome<Tool> {
        let mut args = vec![
            "--table=t".to_owned(),
            "--chunk-size=10".into(),
            "--workers=1".into(),
            "--verify=full".into(),
        ];
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        Tool::alter(&self.server, &self.schema, &args)
    }

    /// Holds the end of the new table as soon as it has rows; `false`: the copy was faster.
    async fn hold(&mut self) -> Outcome<bool> {
        let conn = &mut self.conn;
        conn.query_drop("SET SESSION sql_log_bin = 0").await?;
        let until = Instant::now() + Duration::from_secs(HOLD_SECONDS_MAX);
        loop {
            if Instant::now() > until {
                return Ok(false);
            }
            // There is no such table at first.
            let first: Result<Option<u64>, _> = conn.query_first("SELECT id FROM _t_gho LIMIT 1").await;
            if matches!(first, Ok(Some(_))) {
                break;
            }
            let over: Option<String> = conn.query_first("SHOW TABLES LIKE '\\_t\\_del'").await?;
            if over.is_some() {
                return Ok(false);
            }
        }
        conn.query_drop("START TRANSACTION").await?;
        let held: Result<Vec<u64>, _> = conn
            .query(format!(
                "SELECT id FROM _t_gho WHERE id >= {HELD_FROM} FOR UPDATE"
            ))
            .await;
        match held {
            Ok(ids) if !ids.contains(&ROWS) => Ok(true),
            _ => {
                conn.query_drop("ROLLBACK").await?;
                Ok(false)
            }
        }
    }

    async fn done(mut self) -> Outcome {
        // The replica drops it as well.
        self.conn.query_drop("SET SESSION sql_log_bin = 1").await?;
        self.conn
            .query_drop(format!("DROP DATABASE {}", self.schema))
            .await?;
        self.conn.disconnect().await?;
        Ok(())
    }
}

/// A run whose new table is tampered with.
async fn tampered(name: &str, sql: &str, flags: &[&str]) -> Outcome<(Place, Finished)> {
    let mut said = String::new();
    for _ in 0..ATTEMPTS_MAX {
        let mut place = Place::new(name).await?;
        let tool = place.alter(flags)?;
        if place.hold().await? {
            place.conn.query_drop(sql).await?;
            ensure(place.conn.affected_rows() > 0, || {
                format!("{sql}: nothing was changed")
            })?;
            place.conn.query_drop("COMMIT").await?;
            let finished = tool.finish().await.map_err(|trouble: Trouble| trouble.at(name))?;
            return Ok((place, finished));
        }
        said = tool.finish().await?.output;
    }
    Err(trouble(format!(
        "the copy was faster {ATTEMPTS_MAX} times:\n{said}"
    )))
}

/// It ends before the swap, and says all of this.
async fn is_found(name: &str, sql: &str, flags: &[&str], says: &[&str]) -> Outcome {
    let (mut place, finished) = tampered(name, sql, flags).await?;
    let Finished { code, output, took } = finished;
    println!("{name}: exit {code:?} after {:.1} s", took.as_secs_f64());
    ensure(code == FAILED, || format!("{name}: exit {code:?}:\n{output}"))?;
    for words in says {
        ensure(output.contains(words), || {
            format!("{name}: does not say {words:?}:\n{output}")
        })?;
    }
    let old: Option<String> = place.conn.query_first("SHOW TABLES LIKE '\\_t\\_del'").await?;
    ensure(old.is_none(), || format!("{name}: it was swapped all the same"))?;
    let rows: Option<u64> = place.conn.query_first("SELECT COUNT(*) FROM t").await?;
    ensure(rows == Some(ROWS), || {
        format!("{name}: the source has {rows:?} rows")
    })?;
    place.done().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_changed_by_hand_are_found() -> Outcome {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "bit",
            "UPDATE _t_gho SET n = n ^ 1 WHERE id = 3",
            &["id=3: `n` is '2', expected '3'"],
        ),
        (
            "null",
            "UPDATE _t_gho SET c = NULL WHERE id = 5",
            &["id=5: `c` is NULL, expected ''"],
        ),
        (
            "case",
            "UPDATE _t_gho SET c = 'C6' WHERE id = 6",
            &["id=6: `c` is 'C6', expected 'c6'"],
        ),
        (
            "blank",
            "UPDATE _t_gho SET c = 'c6 ' WHERE id = 6",
            &["id=6: `c` is 'c6 ', expected 'c6'"],
        ),
        (
            "added",
            "UPDATE _t_gho SET added = 8 WHERE id = 4",
            &["id=4: `added` is '8', expected '7'"],
        ),
    ];
    for (name, sql, says) in cases {
        is_found(name, sql, &[ALTER], says).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_changed_by_hand_are_found() -> Outcome {
    let swapped = "UPDATE _t_gho SET c = IF(id = 3, 'c4', 'c3'), n = IF(id = 3, 4, 3) WHERE id IN (3, 4)";
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "swapped",
            swapped,
            &[
                "id=3: `c` is 'c4', expected 'c3'",
                "id=4: `c` is 'c3', expected 'c4'",
            ],
        ),
        (
            "extra",
            "INSERT INTO _t_gho (id, c, n) VALUES (-7, 'x', 1)",
            &["id=-7: in ", ", not in "],
        ),
        ("missing", "DELETE FROM _t_gho WHERE id = 4", &["id=4: not in "]),
    ];
    for (name, sql, says) in cases {
        is_found(name, sql, &[ALTER], says).await?;
    }
    is_found(
        "counted",
        "DELETE FROM _t_gho WHERE id = 4",
        &[ALTER, "--verify=count"],
        &["id=4: not in "],
    )
    .await?;
    let bit = "UPDATE _t_gho SET n = n ^ 1 WHERE id = 3";
    is_found(
        "sampled",
        bit,
        &[ALTER, "--verify=sample"],
        &["id=3: `n` is '2', expected '3'"],
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn converted_values_changed_by_hand_are_found() -> Outcome {
    let alter = "--alter=MODIFY c VARCHAR(40) CHARACTER SET latin1, MODIFY n DECIMAL(12,3)";
    let bit = "UPDATE _t_gho SET n = n + 0.001 WHERE id = 3";
    is_found(
        "converted",
        bit,
        &[alter],
        &["id=3: `n` is '3.001', expected '3.000'"],
    )
    .await?;
    let json: &[&str] = &[r#""differences":[{"#, r#""column":"n""#, r#""found":"3.001""#];
    is_found("json", bit, &[alter, "--log-format=json"], json).await
}

/// What nobody compares, nobody finds; and the last words say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_verification_it_passes_unseen() -> Outcome {
    let bit = "UPDATE _t_gho SET n = n ^ 1 WHERE id = 3";
    let (mut place, finished) = tampered("off", bit, &[ALTER, "--verify=off"]).await?;
    ensure(finished.code == Some(0), || finished.output.clone())?;
    ensure(finished.output.contains("Not verified: --verify=off"), || {
        finished.output.clone()
    })?;
    let n: Option<i32> = place.conn.query_first("SELECT n FROM t WHERE id = 3").await?;
    ensure(n == Some(2), || format!("n is {n:?}: the test tests nothing"))?;
    place.done().await
}

/// Whoever changes what we write is found when the row is flushed, long after its part was compared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_on_the_new_table_is_found_while_the_swap_is_postponed() -> Outcome {
    let mut place = Place::new("trigger").await?;
    let flag = std::env::temp_dir().join(format!("ghost-rs-verified-{}", std::process::id()));
    let mut tool = place.alter(&[
        ALTER,
        &format!("--postpone-cut-over-flag-file={}", flag.display()),
    ])?;
    ensure(tool.says("postponing").await?, || {
        "it is not postponed".to_owned()
    })?;
    place.conn.query_drop("SET SESSION sql_log_bin = 0").await?;
    place
        .conn
        .query_drop("CREATE TRIGGER spoil BEFORE INSERT ON _t_gho FOR EACH ROW SET NEW.c = 'spoilt'")
        .await?;
    place.conn.query_drop("SET SESSION sql_log_bin = 1").await?;
    place
        .conn
        .query_drop("UPDATE t SET n = n + 1 WHERE id = 9")
        .await?;
    let finished = tool.finish().await?;
    let _ = std::fs::remove_file(&flag);
    ensure(finished.code == FAILED, || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })?;
    let says = "id=9: `c` is 'spoilt', expected 'c9'";
    ensure(finished.output.contains(says), || finished.output.clone())?;
    place.done().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_run_says_what_was_compared() -> Outcome {
    for (name, flags, says) in [
        (
            "good",
            &[ALTER][..],
            "Verified 3000 of 3000 rows equal; 0 changed keys looked at again, 0 second looks; at ",
        ),
        (
            "good_count",
            &[ALTER, "--verify=count"][..],
            "Counted 3000 rows, in both tables the same",
        ),
        (
            "good_json",
            &[ALTER, "--log-format=json"][..],
            r#""rows_verified":3000"#,
        ),
    ] {
        let place = Place::new(name).await?;
        let finished = place.alter(flags)?.finish().await?;
        ensure(finished.code == Some(0), || finished.output.clone())?;
        ensure(finished.output.contains(says), || finished.output.clone())?;
        place.done().await?;
    }
    Ok(())
}
