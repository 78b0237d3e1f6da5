//! `cargo test --test stream`: what the binlog can hold besides plain row events, and what must end a run. The numbers
//! are those of the design's list of traps.

mod support;
#[path = "stream/table.rs"]
mod table;

use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use support::{Outcome, Trouble, ensure, trouble};
use table::Table;

/// A transaction of so many bytes is spilled to disk and compressed in one piece.
const LARGE_BYTES: u64 = 20 << 20;
/// Times that the connection which reads the binlog is killed.
const KILLS: u32 = 20;
const BINLOG_FILES: u32 = 60;
const WAIT_SECONDS_MAX: u64 = 60;
const LOOK: Duration = Duration::from_millis(5);
/// Connections that read the binlog.
const DUMPS: &str = "performance_schema.processlist WHERE command LIKE 'Binlog Dump%'";

async fn all(conn: &mut Conn, statements: &[&str]) -> Outcome {
    for statement in statements {
        conn.query_drop(*statement)
            .await
            .map_err(|error| trouble(format!("{statement}: {error}")))?;
    }
    Ok(())
}

/// Waits until a query gives a row.
async fn until(conn: &mut Conn, what: &str, sql: &str) -> Outcome<u64> {
    let until = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
    loop {
        if let Some(value) = conn.query_first(sql).await? {
            return Ok(value);
        }
        ensure(Instant::now() < until, || {
            format!("{what} was not seen within {WAIT_SECONDS_MAX} s")
        })?;
        tokio::time::sleep(LOOK).await;
    }
}

/// Changes of each kind, on rows that are copied already.
const CHANGES: [&str; 6] = [
    "UPDATE t SET v = v + 1 WHERE id < 50",
    "UPDATE t SET doc = JSON_SET(doc, '$.n', id * 2) WHERE id BETWEEN 40 AND 60",
    "UPDATE t SET body = CONCAT(body, 'c') WHERE id BETWEEN 55 AND 70",
    "UPDATE t SET id = id + 1000 WHERE id BETWEEN 71 AND 80",
    "DELETE FROM t WHERE id BETWEEN 81 AND 90",
    "INSERT INTO t (id, v) VALUES (0, 0), (500, 5)",
];

// ---- what has to be understood -------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_20_compressed_transactions() -> Outcome {
    let table = Table::new("compressed").await?;
    let (run, mut conn) = (table.waiting().await?, table.conn().await?);
    all(&mut conn, &["SET SESSION binlog_transaction_compression = ON"]).await?;
    all(&mut conn, &CHANGES).await?;
    let large = format!("INSERT INTO t (id, body) VALUES (2000, REPEAT('x', {LARGE_BYTES}))");
    all(
        &mut conn,
        &[
            "BEGIN",
            &large,
            "UPDATE t SET v = -1 WHERE id IN (1, 150)",
            "COMMIT",
        ],
    )
    .await?;
    all(
        &mut conn,
        &[
            "SET SESSION binlog_transaction_compression = OFF",
            "DELETE FROM t WHERE id = 150",
        ],
    )
    .await?;
    table.is_altered(&run.finish().await?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_21_row_images_of_one_session() -> Outcome {
    for (name, setting) in [
        ("minimal", "SET SESSION binlog_row_image = MINIMAL"),
        ("noblob", "SET SESSION binlog_row_image = NOBLOB"),
        (
            "json",
            "SET SESSION binlog_row_value_options = PARTIAL_JSON, SESSION binlog_row_image = MINIMAL",
        ),
    ] {
        let table = Table::new(name).await?;
        let (run, mut conn) = (table.waiting().await?, table.conn().await?);
        all(&mut conn, &[setting]).await?;
        all(&mut conn, &CHANGES).await?;
        let altered = table.is_altered(&run.finish().await?).await;
        altered.map_err(|trouble| trouble.at(name))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_23_xa_rolled_back_and_committed_in_a_later_file() -> Outcome {
    let table = Table::new("xa").await?;
    let (run, mut conn) = (table.waiting().await?, table.conn().await?);
    for xid in ["'st_back'", "'st_on'"] {
        let ids = if xid == "'st_on'" {
            "BETWEEN 1 AND 9"
        } else {
            "BETWEEN 11 AND 19"
        };
        let change = format!("UPDATE t SET v = -7 WHERE id {ids}");
        let [start, end, prepare] = ["START", "END", "PREPARE"].map(|step| format!("XA {step} {xid}"));
        all(&mut conn, &[&start, &change, &end, &prepare]).await?;
    }
    all(
        &mut conn,
        &[
            "XA ROLLBACK 'st_back'",
            "FLUSH BINARY LOGS",
            "XA COMMIT 'st_on'",
            "UPDATE t SET v = 9 WHERE id = 20",
        ],
    )
    .await?;
    table.is_altered(&run.finish().await?).await
}

/// Its keys are nowhere in what the run reads: the run waits for it, and says for what.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_23_xa_prepared_before_the_run() -> Outcome {
    let table = Table::new("xa_early").await?;
    let mut conn = table.conn().await?;
    let early = [
        "XA START 'st_early'",
        "UPDATE t SET v = -7 WHERE id < 9",
        "XA END 'st_early'",
        "XA PREPARE 'st_early'",
    ];
    all(&mut conn, &early).await?;
    let mut tool = table.alter(&[])?;
    let said = tool.says("0x73745F6561726C79").await?;
    all(&mut conn, &["XA COMMIT 'st_early'"]).await?;
    ensure(said, || "it is not named".to_owned())?;
    table.is_altered(&tool.finish().await?).await
}

/// One that has nothing to do with the table is not waited for, and may be committed at any time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_23_xa_of_another_table_prepared_before_the_run() -> Outcome {
    let table = Table::new("xa_other").await?;
    let mut conn = table.conn().await?;
    let other = [
        "CREATE TABLE other (id INT PRIMARY KEY)",
        "XA START 'st_other'",
        "INSERT INTO other VALUES (1)",
        "XA END 'st_other'",
        "XA PREPARE 'st_other'",
    ];
    all(&mut conn, &other).await?;
    let run = table.waiting().await?;
    all(
        &mut conn,
        &["XA COMMIT 'st_other'", "UPDATE t SET v = 3 WHERE id = 3"],
    )
    .await?;
    table.is_altered(&run.finish().await?).await
}

/// The swap cannot have the table: it lets go, says which, and tries again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_23_xa_still_prepared_at_the_swap() -> Outcome {
    let table = Table::new("xa_late").await?;
    let (mut run, mut conn) = (table.waiting().await?, table.conn().await?);
    let late = [
        "XA START 'st_late'",
        "UPDATE t SET v = -7 WHERE id < 9",
        "XA END 'st_late'",
        "XA PREPARE 'st_late'",
    ];
    all(&mut conn, &late).await?;
    run.go()?;
    let said = run.tool.says("0x73745F6C617465").await?;
    // The application reads and writes meanwhile.
    let meanwhile = all(&mut conn, &["UPDATE t SET v = 4 WHERE id = 100"]).await;
    all(&mut conn, &["XA COMMIT 'st_late'"]).await?;
    meanwhile?;
    ensure(said, || "it is not named".to_owned())?;
    table.is_altered(&run.finish().await?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_26_the_stream_is_cut_again_and_again() -> Outcome {
    let table = Table::new("cut").await?;
    let mut conn = table.conn().await?;
    let before: Vec<u64> = conn.query(format!("SELECT id FROM {DUMPS}")).await?;
    let mut last = before.into_iter().max().unwrap_or(0);
    let run = table.waiting().await?;
    for round in 0..KILLS {
        // Connections are numbered upwards: the newest is the run's.
        let reader = format!("SELECT id FROM {DUMPS} AND id > {last}");
        last = until(&mut conn, "the reader of the binlog", &reader).await?;
        // A change before and one after: the reader is somewhere between them.
        let changes = [
            format!("UPDATE t SET v = {round} WHERE id = {}", round + 1),
            format!("KILL {last}"),
            format!("UPDATE t SET v = -{round} WHERE id = {}", round + 100),
        ];
        all(&mut conn, &changes.each_ref().map(String::as_str)).await?;
    }
    table.is_altered(&run.finish().await?).await
}

/// Nothing but new files: positions go on, and nobody changes the table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_26_binlog_files_change_on_an_idle_table() -> Outcome {
    let table = Table::new("files").await?;
    let (run, mut conn) = (table.waiting().await?, table.conn().await?);
    for _ in 0..BINLOG_FILES {
        all(&mut conn, &["FLUSH BINARY LOGS"]).await?;
    }
    all(&mut conn, &["UPDATE t SET v = 77 WHERE id = 7"]).await?;
    table.is_altered(&run.finish().await?).await
}

// ---- what has to end a run -----------------------------------------------------------------------------------------

/// Does something that must end a waiting run, and looks at how it ended.
async fn ends(name: &str, statements: &[&str], words: &[&str]) -> Outcome {
    let table = Table::new(name).await?;
    let (run, mut conn) = (table.waiting().await?, table.conn().await?);
    all(&mut conn, statements).await?;
    let finished = run.tool.finish().await?;
    let ended = table.is_not_altered(&finished, words).await;
    ended.map_err(|trouble: Trouble| trouble.at(name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_22_statements_instead_of_rows() -> Outcome {
    let update = "UPDATE t SET v = 8 WHERE id = 8";
    for (name, format) in [("statement", "STATEMENT"), ("mixed", "MIXED")] {
        let format = format!("SET SESSION binlog_format = {format}");
        ends(
            name,
            &[&format, update],
            &["SET v = 8", "by session", "root@", "at binlog."],
        )
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_22_load_data_as_a_statement() -> Outcome {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), "3000\t1\n")?;
    let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o644);
    std::fs::set_permissions(file.path(), open)?;
    let load = format!(
        "LOAD DATA INFILE '{}' INTO TABLE t (id, v)",
        file.path().display()
    );
    ends(
        "load",
        &["SET SESSION binlog_format = STATEMENT", &load],
        &["LOAD DATA"],
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_24_definitions_change() -> Outcome {
    ends("truncate", &["TRUNCATE TABLE t"], &["TRUNCATE", "by session"]).await?;
    ends(
        "alter",
        &["ALTER TABLE t ADD COLUMN mine INT"],
        &["ADD COLUMN mine"],
    )
    .await?;
    ends("ghost_dropped", &["DROP TABLE _t_gho"], &["_t_gho"]).await?;
    let away = ["RENAME TABLE t TO away", "CREATE TABLE t LIKE away"];
    ends("renamed", &away, &["RENAME TABLE t"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_24_a_row_put_into_the_ghost_by_hand() -> Outcome {
    let words = ["changed by another session", "by session", "root@"];
    ends("ghost_insert", &["INSERT INTO _t_gho (id) VALUES (4000)"], &words).await?;
    ends(
        "ghost_update",
        &["UPDATE _t_gho SET v = v + 1 WHERE id = 5"],
        &words,
    )
    .await?;
    ends("ghost_delete", &["DELETE FROM _t_gho WHERE id = 5"], &words).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_26_binlog_files_purged_before_they_were_read() -> Outcome {
    let table = Table::new("purged").await?;
    let mut conn = table.conn().await?;
    let before: Vec<u64> = conn.query(format!("SELECT id FROM {DUMPS}")).await?;
    let others = before.into_iter().max().unwrap_or(0);
    let run = table.waiting().await?;
    run.tool.signal("STOP")?;
    let reader = format!("SELECT id FROM {DUMPS} AND id > {others}");
    let reader = until(&mut conn, "the reader of the binlog", &reader).await?;
    all(
        &mut conn,
        &[
            &format!("KILL {reader}"),
            "UPDATE t SET v = 1 WHERE id = 2",
            "FLUSH BINARY LOGS",
        ],
    )
    .await?;
    purge(&mut conn).await?;
    run.tool.signal("CONT")?;
    table.is_not_altered(&run.tool.finish().await?, &["binlog"]).await
}

/// All binlog files but the newest go; a replica may have to read them first.
async fn purge(conn: &mut Conn) -> Outcome {
    let until = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
    loop {
        let files: Vec<mysql_async::Row> = conn.query("SHOW BINARY LOGS").await?;
        let names: Vec<String> = files.iter().filter_map(|row| row.get(0)).collect();
        match names.as_slice() {
            [] => return Err(trouble("there is no binlog")),
            [_] => return Ok(()),
            [.., newest] => {
                conn.query_drop(format!("PURGE BINARY LOGS TO '{newest}'"))
                    .await?
            }
        }
        ensure(Instant::now() < until, || format!("{names:?} are not purged"))?;
        tokio::time::sleep(LOOK).await;
    }
}
