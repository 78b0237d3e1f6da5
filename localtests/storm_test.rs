//! `cargo test --test storm`: writers at full speed before, through and after an alter, for both kinds of keys and several seeds. Zero
//! rows lost, extra or wrong; no error at any writer or reader; the swap has happened.
//!
//! `STORM_SEEDS=1,2` (printed with every run), `STORM_ROWS`, `STORM_WRITERS`, `STORM_RATE` (transactions per second, 0: as many as go).

mod storm;
mod support;

use std::env;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use tokio::sync::watch;

use storm::{Kind, Storm, Watch};
use support::{Finished, Outcome, Server, Tool, Trouble, ensure, trouble, turn};

/// Transactions before the alter begins, and again after the swap.
const TRANSACTIONS_AROUND: u64 = 500;
const WAIT_SECONDS_MAX: u64 = 60;
const POLL: Duration = Duration::from_millis(20);
const ALTER: &str = "ADD COLUMN note VARCHAR(20) DEFAULT 'n', ADD INDEX by_c (c(20))";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn integer_key() -> Outcome {
    for seed in seeds()? {
        through_alter(Kind::Int, seed)
            .await
            .map_err(|trouble| trouble.at(&format!("seed {seed}")))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_insensitive_key() -> Outcome {
    for seed in seeds()? {
        through_alter(Kind::Vc, seed)
            .await
            .map_err(|trouble| trouble.at(&format!("seed {seed}")))?;
    }
    Ok(())
}

/// The comparison at the end can fail: one row changed behind the writers' back is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_changed_row_is_found() -> Outcome {
    let mut conn = turn(&Server::from_env()?).await?;
    let storm = storm(Kind::Int, "sabotage", 1, 200)?;
    storm::load(&storm).await.map_err(told)?;
    conn.query_drop(format!(
        "UPDATE {}.{} SET c = CONCAT(c, '!') LIMIT 1",
        storm.schema, storm.table
    ))
    .await?;
    let (watch, stop) = watch_pair();
    stop.send_replace(true);
    let report = storm.run(&watch).await.map_err(told)?;
    ensure(!report.ok && report.table.wrong == 1, || {
        format!("nobody noticed: {report:?}")
    })
}

async fn through_alter(kind: Kind, seed: u64) -> Outcome {
    let _turn = turn(&Server::from_env()?).await?;
    let storm = storm(kind, kind.name(), seed, number("STORM_ROWS", 20_000)?)?;
    storm::load(&storm).await.map_err(told)?;
    let (watch, stop) = watch_pair();
    let alter = async {
        let finished = alter_in_the_middle(&storm, &watch).await;
        stop.send_replace(true);
        finished
    };
    let (report, finished) = tokio::join!(storm.run(&watch), alter);
    let (report, finished) = (report.map_err(told)?, finished?);
    println!("{}", serde_json::to_string(&report)?);
    println!(
        "ghost-rs: exit {:?} after {:.1} s",
        finished.code,
        finished.took.as_secs_f64()
    );
    ensure(finished.code == Some(0), || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })?;
    ensure(report.ok, || format!("{report:#?}\n{}", finished.output))?;
    swapped(&storm).await
}

/// An alter between two stretches of writing. With an even seed the swap is postponed for a third one, so that many rows are
/// changed after they were copied.
async fn alter_in_the_middle(storm: &Storm, watch: &Watch) -> Outcome<Finished> {
    more_transactions(watch).await?;
    let flag = tempfile::NamedTempFile::new()?;
    let mut args = vec![format!("--table={}", storm.table), format!("--alter={ALTER}")];
    let postponed = storm.seed.is_multiple_of(2);
    if postponed {
        args.push(format!("--postpone-cut-over-flag-file={}", flag.path().display()));
    }
    let mut tool = Tool::alter(&Server::from_env()?, &storm.schema, &args)?;
    if postponed && tool.says("postponed").await? {
        more_transactions(watch).await?;
    }
    flag.close()?;
    let finished = tool.finish().await?;
    more_transactions(watch).await?;
    Ok(finished)
}

fn told(error: storm::Error) -> Trouble {
    trouble(error.to_string())
}

/// Wait until the writers have done some more.
async fn more_transactions(watch: &Watch) -> Outcome {
    let goal = watch.transactions.load(Ordering::Relaxed) + TRANSACTIONS_AROUND;
    let until = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
    while watch.transactions.load(Ordering::Relaxed) < goal {
        ensure(Instant::now() < until, || {
            format!("the writers do not get on: {TRANSACTIONS_AROUND} transactions in {WAIT_SECONDS_MAX} s")
        })?;
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// The new column is there, and so is the old table.
async fn swapped(storm: &Storm) -> Outcome {
    let mut conn = Server::from_env()?.connect().await?;
    conn.query_drop(format!(
        "SELECT note FROM {}.{} LIMIT 1",
        storm.schema, storm.table
    ))
    .await?;
    conn.query_drop(format!(
        "SELECT k FROM {}._{}_del LIMIT 1",
        storm.schema, storm.table
    ))
    .await?;
    Ok(())
}

fn storm(kind: Kind, name: &str, seed: u64, rows: u64) -> Outcome<Storm> {
    Ok(Storm {
        opts: Server::from_env()?.opts(),
        schema: format!("storm_{name}"),
        table: "t".to_owned(),
        kind,
        rows,
        writers: number("STORM_WRITERS", 8)?,
        readers: 2,
        seed,
        rate: number("STORM_RATE", 0)?,
    })
}

fn watch_pair() -> (Watch, watch::Sender<bool>) {
    let (stop, stopped) = watch::channel(false);
    (
        Watch {
            stop: stopped,
            transactions: Arc::default(),
        },
        stop,
    )
}

fn seeds() -> Outcome<Vec<u64>> {
    let seeds = env::var("STORM_SEEDS").unwrap_or_else(|_| "1,2".to_owned());
    seeds
        .split(',')
        .map(|seed| {
            seed.trim()
                .parse()
                .map_err(|_| trouble(format!("STORM_SEEDS={seeds}: {seed:?} is no number")))
        })
        .collect()
}

fn number(name: &str, default: u64) -> Outcome<u64> {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .map_err(|_| trouble(format!("{name}={text} is no number"))),
        Err(_) => Ok(default),
    }
}
