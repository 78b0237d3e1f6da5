//! The runner's own checks: a comparison that cannot fail proves nothing.

use libtest_mimic::{Failed, Trial};
use mysql_async::prelude::Queryable;

use super::image::{Image, neutral};
use super::{Suite, script};
use crate::support::{Outcome, Server, ensure};

const SCHEMA: &str = "case_runner_selftest";

/// Each makes two equal tables unequal in the smallest way.
const SMALLEST_CHANGES: [(&str, &str); 10] = [
    ("one bit of text", "UPDATE b SET c = 'B' WHERE id = 1"),
    ("a trailing blank", "UPDATE b SET c = 'b ' WHERE id = 1"),
    ("NULL for ''", "UPDATE b SET c = NULL WHERE id = 2"),
    (
        "two rows swapped",
        "UPDATE b SET c = IF(id = 1, '', 'b') WHERE id IN (1, 2)",
    ),
    ("a lost row", "DELETE FROM b WHERE id = 2"),
    ("a row too many", "INSERT INTO b (id, c) VALUES (9, 'b')"),
    // Not by UPDATE: the server finds the two equal there and leaves the old one.
    (
        "1.0 for 1 in JSON",
        "REPLACE b VALUES (1, 'b', '1.0', 16777216, 0)",
    ),
    ("the next float", "UPDATE b SET f = 16777218 WHERE id = 1"),
    (
        "a label for the invalid value",
        "UPDATE b SET e = '' WHERE id = 1",
    ),
    (
        "another collation",
        "ALTER TABLE b MODIFY c VARCHAR(9) COLLATE utf8mb4_bin",
    ),
];

/// All of them as trials.
pub fn selftests(suite: &Suite) -> Vec<Trial> {
    let suite = suite.clone();
    vec![
        Trial::test("runner: a script is cut into statements", || {
            cut().map_err(Failed::from)
        }),
        Trial::test("runner: the smallest difference is found", move || {
            suite.with_server(async |server| differences(server).await)
        }),
    ]
}

fn cut() -> Outcome {
    let script = "select ';' , \"a\\\";\" -- not; this\n; # nor; this\n\ndelimiter ;;\nbegin; end ;;\ndelimiter ;\nselect `;``` /* ; */";
    let expected = ["select ';' , \"a\\\";\"", "begin; end", "select `;``` /* ; */"];
    let found = script::statements(script);
    ensure(found.iter().map(|s| s.trim()).eq(expected), || {
        format!("{found:?}")
    })
}

async fn differences(server: &Server) -> Outcome {
    let mut conn = server.connect().await?;
    neutral(&mut conn).await?;
    for (what, change) in SMALLEST_CHANGES {
        conn.query_drop(format!("DROP DATABASE IF EXISTS {SCHEMA}"))
            .await?;
        conn.query_drop(format!("CREATE DATABASE {SCHEMA}")).await?;
        conn.query_drop(format!("USE {SCHEMA}")).await?;
        conn.query_drop(
            "CREATE TABLE a (id INT PRIMARY KEY, c VARCHAR(9), j JSON, f FLOAT, e ENUM('', 'x') NOT NULL)",
        )
        .await?;
        conn.query_drop("INSERT INTO a VALUES (1, 'b', '1', 16777216, 0), (2, '', '[]', 0, 'x')")
            .await?;
        conn.query_drop("CREATE TABLE b LIKE a").await?;
        conn.query_drop("INSERT INTO b SELECT * FROM a").await?;
        let one = Image::take(&mut conn, SCHEMA, "a").await?;
        let same = Image::take(&mut conn, SCHEMA, "b").await?;
        ensure(one.differs(&same).is_none(), || {
            format!("{:?}", one.differs(&same))
        })?;
        conn.query_drop(change).await?;
        let other = Image::take(&mut conn, SCHEMA, "b").await?;
        ensure(one.differs(&other).is_some(), || format!("{what} goes unseen"))?;
    }
    conn.query_drop(format!("DROP DATABASE {SCHEMA}")).await?;
    Ok(())
}
