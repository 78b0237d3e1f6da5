//! What the server gives to plain statements: the same rows copied and refetched by a few sessions, with no tool around
//! them. A figure of ghost-rs that is near this one can only be bettered by asking the server for something else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::arena::{Arena, SCHEMA, TABLE};
use crate::server::Db;

const COPY: &str = "bare_copy";
const CHUNK_ROWS: u64 = 20_000;
const BATCH_KEYS: usize = 1_000;

/// All rows into a new table by so many sessions, which replaces the table at the end: how long that took.
pub fn alter(arena: &mut Arena, clauses: &str, sessions: usize) -> Outcome<Duration> {
    let started = Instant::now();
    make_copy(arena, clauses)?;
    let rows = arena.db.number(&format!("SELECT MAX(id) FROM {TABLE}"))?;
    run(arena, sessions, &copying(rows))?;
    let old = "bare_old";
    arena
        .db
        .run(&format!("RENAME TABLE {TABLE} TO {old}, {COPY} TO {TABLE}"))?;
    arena.db.run(&format!("DROP TABLE {old}"))?;
    Ok(started.elapsed())
}

/// Rows that changed since they were copied, refetched sorted and a thousand at a time: keys per second. `change` makes the
/// difference, without which the server sees that there is nothing to replace.
pub fn refetch(arena: &mut Arena, ids: &[u64], change: &[String], sessions: usize) -> Outcome<f64> {
    make_copy(arena, "ENGINE=InnoDB")?;
    let rows = arena.db.number(&format!("SELECT MAX(id) FROM {TABLE}"))?;
    run(arena, sessions, &copying(rows))?;
    change.iter().try_for_each(|statement| arena.db.run(statement))?;
    let batches = ids.chunks(BATCH_KEYS).map(|ids| {
        let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
        format!(
            "REPLACE INTO {COPY} SELECT * FROM {TABLE} FORCE INDEX (PRIMARY) WHERE id IN ({})",
            ids.join(",")
        )
    });
    let took = run(arena, sessions, &batches.collect::<Vec<_>>())?;
    arena.db.run(&format!("DROP TABLE {COPY}"))?;
    Ok(ids.len() as f64 / took.as_secs_f64())
}

fn make_copy(arena: &mut Arena, clauses: &str) -> Outcome {
    arena.db.run(&format!("DROP TABLE IF EXISTS {COPY}"))?;
    arena.db.run(&format!("CREATE TABLE {COPY} LIKE {TABLE}"))?;
    arena.db.run(&format!("ALTER TABLE {COPY} {clauses}"))
}

fn copying(rows: u64) -> Vec<String> {
    let firsts = (0..rows.div_ceil(CHUNK_ROWS)).map(|chunk| chunk * CHUNK_ROWS + 1);
    let chunk = |first: u64| {
        let last = first + CHUNK_ROWS - 1;
        format!(
            "INSERT INTO {COPY} (id, k, c, pad) SELECT id, k, c, pad FROM {TABLE} WHERE id BETWEEN {first} AND {last}"
        )
    };
    firsts.map(chunk).collect()
}

/// Each statement once, by whichever session is free.
fn run(arena: &Arena, sessions: usize, statements: &[String]) -> Outcome<Duration> {
    let open = || {
        let mut db = Db::open(&arena.cli.host, arena.cli.port, SCHEMA)?;
        db.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")?;
        Outcome::Ok(db)
    };
    let sessions: Vec<Db> = (0..sessions).map(|_| open()).collect::<Result<_, _>>()?;
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    thread::scope(|scope| {
        let workers: Vec<_> = sessions
            .into_iter()
            .map(|db| scope.spawn(|| work(db, &next, statements)))
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| "a session panicked")?)
    })?;
    Ok(started.elapsed())
}

fn work(mut db: Db, next: &AtomicUsize, statements: &[String]) -> Outcome {
    while let Some(statement) = statements.get(next.fetch_add(1, Ordering::Relaxed)) {
        db.run(statement)?;
    }
    Ok(())
}
