//! `cargo test --test verify`: the command `ghost-rs verify`, two tables compared by hand.

#[allow(
    dead_code,
    unused_imports,
    reason = "this test runs no alter, which is what most of it is for"
)]
mod support;

use std::process::{Command, Output};

use mysql_async::prelude::Queryable;

use support::{Outcome, Server, Tool, ensure, turn};

const SCHEMA: &str = "verify_by_hand";

/// Two tables of every type, the second with wider types, another name for a column and a column of its own.
const TABLES: &str = "
CREATE TABLE a (
  id BIGINT UNSIGNED NOT NULL PRIMARY KEY, f FLOAT, d DOUBLE, de DECIMAL(20,4), b BIT(9), e ENUM('x','y'), s SET('p','q'),
  dt DATETIME(6), ts TIMESTAMP(3) NULL, ti TIME(2), y YEAR, c CHAR(5) CHARACTER SET latin1, v VARCHAR(20), vb VARBINARY(20),
  bl BLOB, te TEXT, j JSON, g GEOMETRY, small TINYINT);
INSERT INTO a VALUES
  (1, 16777217, 0.1, 1.5, b'101', 'x', 'p,q', '2020-01-01 00:00:00.000001', '2020-01-01 00:00:00.5', '-01:00:00.1', 2020, 'é', 'ü', 'a\\0',
   'bl', 'te', '{\"a\": 1.0, \"b\": [1, null]}', ST_GeomFromText('POINT(1 2)', 4326), -5),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (18446744073709551615, -0e0, 1e308, 0, 0, 'y', '', '9999-12-31', '2038-01-01', '838:59:59', 1901, '', '', '', '', '', 'null', NULL, 0);
CREATE TABLE b LIKE a;
ALTER TABLE b MODIFY small BIGINT, MODIFY c CHAR(5) CHARACTER SET utf8mb4, RENAME COLUMN v TO w, ADD COLUMN more INT DEFAULT 3;
INSERT INTO b SELECT a.*, 4 FROM a";

fn verify(server: &Server, more: &[&str]) -> Outcome<Output> {
    let output = Command::new(Tool::program())
        .args(["verify", "--table=a", "--with=b"])
        .arg(format!("--database={SCHEMA}"))
        .arg(format!("--host={}", server.host))
        .arg(format!("--port={}", server.port))
        .arg(format!("--user={}", server.user))
        .arg(format!("--password={}", server.password))
        .args(more)
        .output()?;
    Ok(output)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn equal_tables_are_equal_and_every_difference_is_one() -> Outcome {
    let server = Server::from_env()?;
    let _turn = turn(&server).await?;
    let mut conn = server.connect().await?;
    conn.query_drop(format!("DROP DATABASE IF EXISTS {SCHEMA}"))
        .await?;
    conn.query_drop(format!("CREATE DATABASE {SCHEMA}")).await?;
    conn.query_drop(format!("USE {SCHEMA}")).await?;
    for statement in TABLES.split(';') {
        conn.query_drop(statement).await?;
    }
    let map = "--map=v=w";
    let equal = verify(&server, &[map])?;
    ensure(equal.status.code() == Some(0), || said(&equal))?;
    for words in [
        "are equal: 3 rows compared",
        "`more`, which the other table does not have",
    ] {
        ensure(said(&equal).contains(words), || {
            format!("does not say {words:?}: {}", said(&equal))
        })?;
    }
    for (change, back, words) in CHANGES {
        // The server passes over an UPDATE to a JSON value that it calls equal, whatever its type.
        if change.starts_with("j ") {
            conn.query_drop("UPDATE b SET j = NULL WHERE id = 1").await?;
        }
        conn.query_drop(format!("UPDATE b SET {change} WHERE id = 1"))
            .await?;
        let found = verify(&server, &[map])?;
        ensure(found.status.code() == Some(4), || {
            format!("{change}: {}", said(&found))
        })?;
        ensure(said(&found).contains(words), || {
            format!("{change}: no {words:?} in {}", said(&found))
        })?;
        conn.query_drop("UPDATE b SET j = NULL WHERE id = 1").await?;
        conn.query_drop(format!(
            "UPDATE b, a SET b.j = a.j, {back} WHERE b.id = 1 AND a.id = 1"
        ))
        .await?;
    }
    let back = verify(&server, &[map, "--log-format=json"])?;
    ensure(
        back.status.code() == Some(0) && said(&back).contains(r#""rows_verified":3"#),
        || said(&back),
    )?;
    conn.query_drop("DELETE FROM b WHERE id = 2").await?;
    let found = verify(&server, &[map, "--log-format=json"])?;
    let words = r#""differences":[{"difference":"missing","key":"id=2"}]"#;
    ensure(
        found.status.code() == Some(4) && said(&found).contains(words),
        || said(&found),
    )?;
    let wrong = verify(&server, &["--map=v=nothing"])?;
    ensure(wrong.status.code() == Some(2), || said(&wrong))?;
    conn.query_drop(format!("DROP DATABASE {SCHEMA}")).await?;
    Ok(())
}

/// A change of one column, the way back, and what is said of it.
const CHANGES: &[(&str, &str, &str)] = &[
    (
        "f = 16777218",
        "b.f = a.f",
        "id=1: `f` is '16777218', expected '16777216'",
    ),
    ("w = 'Ü'", "b.w = a.v", "id=1: `w` is 'Ü', expected 'ü'"),
    ("te = 'te '", "b.te = a.te", "id=1: `te` is 'te ', expected 'te'"),
    (
        "vb = 'a'",
        "b.vb = a.vb",
        "id=1: `vb` is '0x61', expected '0x6100'",
    ),
    (
        "small = 251",
        "b.small = a.small",
        "id=1: `small` is '251', expected '-5'",
    ),
    ("ti = '-01:00:00.11'", "b.ti = a.ti", "id=1: `ti`"),
    ("g = ST_GeomFromText('POINT(1 2)', 0)", "b.g = a.g", "id=1: `g`"),
    (
        "j = JSON_OBJECT('a', CAST(1.0 AS DECIMAL(10,1)), 'b', JSON_ARRAY(1, NULL))",
        "b.j = a.j",
        "id=1: `j` differs behind '{\"a\": 1.0, \"b\": [1, null]}', or in its bytes or type",
    ),
    (
        "j = '{\"a\": 1.0, \"b\": [\"1\", null]}'",
        "b.j = a.j",
        "id=1: `j`",
    ),
    ("s = 'p'", "b.s = a.s", "id=1: `s` is 'p', expected 'p,q'"),
    ("c = 'e'", "b.c = a.c", "id=1: `c` is 'e', expected 'é'"),
    (
        "bl = NULL",
        "b.bl = a.bl",
        "id=1: `bl` is NULL, expected '0x626C'",
    ),
];
