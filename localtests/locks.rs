//! `cargo test --test locks`: while a storm writes and an alter runs, `performance_schema.data_locks` is read over and over. Our sessions
//! (a MySQL user of their own) must never hold or want a row lock on the source.
//!
//! What the samples must have seen, so that seeing nothing means something: row locks of the writers on the source, and locks of ours
//! on the ghost.

mod storm;
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::sync::watch;

use storm::{Kind, Storm, Watch};
use support::{Finished, Outcome, Server, Tool, Trouble, ensure, trouble, turn};

const SCHEMA: &str = "storm_locks";
const USER: &str = "ghost_rs_locks";
const PASSWORD: &str = "For-the-test-1";
const ROWS: u64 = 60_000;
/// A rate, so that the server has room for the sampling.
const TRANSACTIONS_PER_SECOND: u64 = 400;
/// Transactions before the alter, and again while its swap is postponed.
const TRANSACTIONS_AROUND: u64 = 400;
const WAIT_SECONDS_MAX: u64 = 60;
const POLL: Duration = Duration::from_millis(20);

/// Who (user, table, RECORD or TABLE) was seen holding or wanting a lock, how often, and in which modes.
type Seen = BTreeMap<(String, String, String), (u64, String)>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_lock_of_ours_on_the_source() -> Outcome {
    let server = Server::from_env()?;
    let _turn = turn(&server).await?;
    let storm = storm(&server);
    storm::load(&storm).await.map_err(told)?;
    let ghost = user(&server).await?;
    let (stop, stopped) = watch::channel(false);
    let watch = Watch {
        stop: stopped,
        transactions: Arc::default(),
    };
    let altering = AtomicBool::new(true);
    let mut sampler = server.connect().await?;
    let samples = sample(&mut sampler, &altering);
    let alter = async {
        let finished = alter(&ghost, &storm, &watch).await;
        altering.store(false, Ordering::Relaxed);
        stop.send_replace(true);
        finished
    };
    let (report, seen, finished) = tokio::join!(storm.run(&watch), samples, alter);
    let (report, (count, seen), finished) = (report.map_err(told)?, seen?, finished?);
    println!(
        "{count} samples in {:.1} s: {seen:#?}",
        finished.took.as_secs_f64()
    );
    ensure(finished.code == Some(0), || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })?;
    ensure(report.ok, || format!("{report:#?}"))?;
    judge(&storm, &seen)
}

fn judge(storm: &Storm, seen: &Seen) -> Outcome {
    let times = |user: &str, table: &str, kind: &str| {
        seen.get(&(user.to_owned(), table.to_owned(), kind.to_owned()))
            .map_or(0, |(times, _)| *times)
    };
    let (source, ghost) = (storm.table.as_str(), format!("_{}_gho", storm.table));
    let writers = Server::from_env()?.user;
    ensure(times(&writers, source, "RECORD") > 0, || {
        "no row lock of a writer was seen: the samples prove nothing".to_owned()
    })?;
    let ours = times(USER, &ghost, "RECORD") + times(USER, &ghost, "TABLE");
    ensure(ours > 0, || {
        format!("no lock of ours on {ghost} was seen: the samples prove nothing")
    })?;
    ensure(times(USER, source, "RECORD") == 0, || {
        format!("row locks of ours on the source: {seen:#?}")
    })
}

/// An alter whose swap is postponed until the writers have changed many of the copied rows.
async fn alter(ghost: &Server, storm: &Storm, watch: &Watch) -> Outcome<Finished> {
    more_transactions(watch)
        .await
        .map_err(|trouble| trouble.at("before the alter"))?;
    let flag = tempfile::NamedTempFile::new()?;
    let args = [
        format!("--table={}", storm.table),
        "--alter=ADD COLUMN note VARCHAR(20) DEFAULT 'n', ADD INDEX by_c (c(20))".to_owned(),
        format!("--postpone-cut-over-flag-file={}", flag.path().display()),
    ];
    let mut tool = Tool::alter(ghost, &storm.schema, &args)?;
    if tool.says("postponed").await? {
        more_transactions(watch)
            .await
            .map_err(|trouble| trouble.at("after the copy"))?;
    }
    flag.close()?;
    tool.finish().await
}

async fn more_transactions(watch: &Watch) -> Outcome {
    let goal = watch.transactions.load(Ordering::Relaxed) + TRANSACTIONS_AROUND;
    let until = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
    while watch.transactions.load(Ordering::Relaxed) < goal {
        ensure(Instant::now() < until, || "the writers do not get on".to_owned())?;
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

fn told(error: storm::Error) -> Trouble {
    trouble(error.to_string())
}

/// Read the locks as fast as the server answers, until the alter has ended.
async fn sample(conn: &mut Conn, altering: &AtomicBool) -> Outcome<(u64, Seen)> {
    let query = "SELECT COALESCE(t.processlist_user, '?'), l.object_name, l.lock_type, l.lock_mode, COUNT(*) \
                 FROM performance_schema.data_locks l LEFT JOIN performance_schema.threads t USING (thread_id) \
                 WHERE l.object_schema = ? GROUP BY 1, 2, 3, 4";
    let (mut count, mut seen) = (0, Seen::new());
    while altering.load(Ordering::Relaxed) {
        let rows: Vec<(String, String, String, String, u64)> = conn.exec(query, (SCHEMA,)).await?;
        for (user, table, kind, mode, times) in rows {
            let (total, modes) = seen.entry((user, table, kind)).or_default();
            *total += times;
            if !modes.contains(&mode) {
                *modes = format!("{modes} {mode}");
            }
        }
        count += 1;
    }
    Ok((count, seen))
}

/// A user of ghost-rs' own, so that its sessions can be told from all others.
async fn user(server: &Server) -> Outcome<Server> {
    let mut conn = server.connect().await?;
    conn.query_drop(format!("DROP USER IF EXISTS {USER}")).await?;
    conn.query_drop(format!("CREATE USER {USER} IDENTIFIED BY '{PASSWORD}'"))
        .await?;
    conn.query_drop(format!("GRANT ALL ON *.* TO {USER}")).await?;
    Ok(Server {
        user: USER.to_owned(),
        password: PASSWORD.to_owned(),
        ..server.clone()
    })
}

fn storm(server: &Server) -> Storm {
    Storm {
        opts: server.opts(),
        schema: SCHEMA.to_owned(),
        table: "t".to_owned(),
        kind: Kind::Int,
        rows: ROWS,
        writers: 8,
        readers: 1,
        seed: 1,
        rate: TRANSACTIONS_PER_SECOND,
    }
}
