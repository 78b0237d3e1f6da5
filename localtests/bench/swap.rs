//! The swap: how long writers wait for it. Sessions write one row after the other without a pause; what counts is the
//! longest wait between the moment at which the swap is let loose and the end of the run.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::arena::{Arena, SCHEMA, TABLE};
use crate::figures::{Figure, Report, Target};
use crate::server::Db;
use crate::tools::{RUN_MAX, Tool};
use crate::{Outcome, status};

const WRITERS: u64 = 4;
/// What the same writers wait at most while nothing happens, looked at for so long before each swap.
const CALM: Duration = Duration::from_millis(700);
/// 1213 is not possible here: one row a transaction. Nothing is forgiven.
const ERRORS_KEPT: usize = 3;

/// What the writers share.
#[derive(Default)]
struct Watch {
    over: AtomicBool,
    longest_us: AtomicU64,
    written: AtomicU64,
    errors: Mutex<Vec<String>>,
}

pub fn measure(arena: &mut Arena, report: &mut Report) -> Outcome {
    let (rows, swaps) = (arena.sizes.rows_swap, arena.sizes.swaps);
    report.section(format!("Swap, {rows} rows, {WRITERS} writers without a pause"));
    arena.make_table(rows)?;
    let watch = Watch::default();
    let sessions: Vec<Db> = (0..WRITERS)
        .map(|_| Db::open(&arena.cli.host, arena.cli.port, SCHEMA))
        .collect::<Result<_, _>>()?;
    let (calm, stalls) = thread::scope(|scope| {
        for (number, db) in (0..).zip(sessions) {
            let watch = &watch;
            scope.spawn(move || write(db, number, rows, watch));
        }
        let waits = swap_often(arena, report, &watch, swaps);
        watch.over.store(true, Ordering::Relaxed);
        waits
    })?;
    report.add(Figure::new("longest wait before the swap", "ms", calm));
    report.add(Figure::new("longest wait at the swap", "ms", stalls).target(Target::AtMost(100.0)));
    report.note(format!(
        "{} rows written in all",
        watch.written.load(Ordering::Relaxed)
    ));
    for error in watch.errors().iter() {
        report.problem(format!("a writer met an error around a swap: {error}"));
    }
    Ok(())
}

/// The longest waits before and at each swap.
fn swap_often(
    arena: &mut Arena,
    report: &mut Report,
    watch: &Watch,
    swaps: usize,
) -> Outcome<(Vec<f64>, Vec<f64>)> {
    let mut waits = (Vec::new(), Vec::new());
    for number in 0..swaps {
        arena.say(&format!("swap {} of {swaps}", number + 1));
        let (before, during) = swap(arena, report, watch)?;
        waits.0.push(before);
        waits.1.push(during);
    }
    Ok(waits)
}

/// One alteration up to its swap, the calm before it, and the swap.
fn swap(arena: &mut Arena, report: &mut Report, watch: &Watch) -> Outcome<(f64, f64)> {
    let flag = arena.out().join("postpone");
    std::fs::write(&flag, "")?;
    let more = [format!("--postpone-cut-over-flag-file={}", flag.display())];
    let mut process = Tool::GhostRs.start(arena, "ENGINE=InnoDB", &more)?;
    status::wait_for(&mut process, RUN_MAX, |status| status.state == "postponed")?;
    watch.take_longest();
    thread::sleep(CALM);
    let before = watch.take_longest();
    std::fs::remove_file(&flag)?;
    let ended = process.wait(RUN_MAX)?;
    if !ended.ok {
        report.problem(format!("ghost-rs failed at a swap: {}", ended.output.display()));
    }
    Ok((before, watch.take_longest()))
}

fn write(mut db: Db, number: u64, rows: u64, watch: &Watch) {
    let mut id = number;
    while !watch.over.load(Ordering::Relaxed) {
        // A step that is prime to the number of rows meets all of them, each writer its own.
        id = (id + WRITERS * 7919) % rows;
        let sent = Instant::now();
        let answer = db.run(&format!("UPDATE {TABLE} SET k = k + 1 WHERE id = {}", id + 1));
        watch.written(sent.elapsed(), answer);
    }
}

impl Watch {
    fn written(&self, took: Duration, answer: Outcome) {
        self.longest_us
            .fetch_max(took.as_micros() as u64, Ordering::Relaxed);
        self.written.fetch_add(1, Ordering::Relaxed);
        let Err(error) = answer else { return };
        let mut errors = self.errors();
        if errors.len() < ERRORS_KEPT {
            errors.push(error.to_string());
        } else {
            self.over.store(true, Ordering::Relaxed);
        }
    }

    /// The longest wait since the last call, in milliseconds.
    fn take_longest(&self) -> f64 {
        self.longest_us.swap(0, Ordering::Relaxed) as f64 / 1e3
    }

    fn errors(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.errors
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
