//! Changes: how many keys a second ghost-rs applies, whether a backlog drains, and whether an alteration ends while
//! the application writes as fast as it can.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::arena::{Arena, TABLE};
use crate::figures::{Figure, Report, Target};
use crate::process::Process;
use crate::status::{self, Status};
use crate::sysbench::{Load, Seen};
use crate::tools::{RUN_MAX, Tool};
use crate::{Outcome, bare};

const CLAUSES: &str = "ENGINE=InnoDB";
/// The burst is made of so many statements; the keys of each are spread over the whole table.
const BURST_STATEMENTS: u64 = 20;
/// Many rows a transaction: a commit costs the same as with one, and it is rows that have to be kept up with.
const HAMMER: [&str; 5] = [
    "--threads=8",
    "--rand-type=uniform",
    "--index_updates=5",
    "--non_index_updates=10",
    "--delete_inserts=1",
];
/// Rows that such a transaction changes; the row that it deletes it inserts again.
const HAMMER_ROWS: f64 = 16.0;

pub fn measure(arena: &mut Arena, report: &mut Report) -> Outcome {
    let rows = arena.sizes.rows;
    report.section(format!("Changes, {rows} rows"));
    arena.make_table(rows)?;
    for (lanes, target) in [(1, 24_000.0), (4, 36_000.0)] {
        let bare = bare(arena, report, lanes)?;
        let ours = postponed(arena, report, lanes, target)?;
        report.add(ours.over(
            &bare,
            format!("{lanes} lane(s): ghost-rs / bare REPLACE … SELECT"),
        ));
    }
    hammered(arena, report, Tool::GhostRs)?;
    for peer in Tool::peers() {
        hammered(arena, report, peer)?;
    }
    Ok(())
}

/// The keys of the burst refetched by plain statements.
fn bare(arena: &mut Arena, report: &mut Report, lanes: usize) -> Outcome<Figure> {
    arena.say(&format!("bare changes on {lanes} session(s)"));
    arena.level("")?;
    let every = every(arena);
    let ids: Vec<u64> = (1..=arena.sizes.rows)
        .filter(|id| id % every < BURST_STATEMENTS)
        .collect();
    let rate = bare::refetch(arena, &ids, &burst_statements(arena), lanes)?;
    let figure = Figure::new(
        format!("{lanes} session(s): bare REPLACE … SELECT"),
        "keys/s",
        vec![rate],
    );
    report.add(figure.clone());
    Ok(figure)
}

/// Changes of an index as well: `k` is in one.
fn burst_statements(arena: &Arena) -> Vec<String> {
    let every = every(arena);
    let one = |number| format!("UPDATE {TABLE} SET k = k + 1 WHERE id % {every} = {number}");
    (0..BURST_STATEMENTS).map(one).collect()
}

/// A statement of the burst takes one row of so many.
fn every(arena: &Arena) -> u64 {
    arena.sizes.rows * BURST_STATEMENTS / arena.sizes.keys_burst
}

/// Copied, with the swap postponed: a burst of changes with nobody else writing, then a writer at full rate.
fn postponed(arena: &mut Arena, report: &mut Report, lanes: usize, target: f64) -> Outcome<Figure> {
    arena.say(&format!("changes with {lanes} lane(s)"));
    arena.level("")?;
    let mut held = Held::start(arena, lanes)?;
    let name = format!(
        "{lanes} lane(s): a burst of {} keys applied",
        arena.sizes.keys_burst
    );
    let rate = burst(arena, &mut held.process)?;
    let figure = Figure::new(name, "keys/s", vec![rate]).target(Target::AtLeast(target));
    report.add(figure.clone());
    sustained(arena, report, held, lanes)?;
    expect_all_rows(arena, report, &format!("changes with {lanes} lane(s)"))?;
    Ok(figure)
}

/// A ghost-rs that has copied and waits for its flag file to go.
struct Held {
    process: Process,
    flag: PathBuf,
}

impl Held {
    fn start(arena: &mut Arena, lanes: usize) -> Outcome<Self> {
        let flag = arena.out().join("postpone");
        std::fs::write(&flag, "")?;
        let more = [
            format!("--postpone-cut-over-flag-file={}", flag.display()),
            format!("--flush-lanes={lanes}"),
        ];
        let mut process = Tool::GhostRs.start(arena, CLAUSES, &more)?;
        status::wait_for(&mut process, RUN_MAX, |status| status.state == "postponed")?;
        Ok(Self { process, flag })
    }
}

/// One transaction of many keys, which reach the stream at its commit all at once: keys applied per second.
fn burst(arena: &mut Arena, process: &mut Process) -> Outcome<f64> {
    let keys = arena.sizes.keys_burst;
    arena.db.run("BEGIN")?;
    burst_statements(arena)
        .iter()
        .try_for_each(|statement| arena.db.run(statement))?;
    let before = status::read(process.output())?
        .last()
        .map_or(0, |status| status.applied_keys);
    arena.db.run("COMMIT")?;
    let all = status::wait_for(process, RUN_MAX, |status| {
        status.applied_keys >= before + keys && status.backlog() == 0
    })?;
    Ok(rate(&all, before))
}

/// Two statuses with a backlog are exact. A flush too short for that lies between the last status before it and the
/// first after it, and is faster than this.
fn rate(all: &[Status], before: u64) -> f64 {
    let mut flushing = all
        .iter()
        .filter(|status| status.applied_keys > before && status.backlog() > 0);
    let exact = flushing.next().zip(flushing.next_back());
    let around = || {
        all.iter()
            .rfind(|status| status.applied_keys <= before)
            .zip(all.last())
    };
    exact
        .or_else(around)
        .map_or(f64::NAN, |(from, to)| applied_per_second(from, to))
}

fn applied_per_second(from: &Status, to: &Status) -> f64 {
    (to.applied_keys - from.applied_keys) as f64 / (to.elapsed_s - from.elapsed_s).max(0.001)
}

/// A writer at full rate for a while: what it wrote, what was applied meanwhile, and how soon after its end the
/// tables were swapped, which takes an empty backlog.
fn sustained(arena: &mut Arena, report: &mut Report, held: Held, lanes: usize) -> Outcome {
    let Held { mut process, flag } = held;
    let rows = arena.sizes.rows;
    let load = Load::start(arena, rows, &HAMMER)?;
    let known = status::read(process.output())?.len();
    std::thread::sleep(arena.sizes.hammer);
    let runs = process.is_running();
    let during = status::read(process.output())?.split_off(known);
    let seen = load.stop()?;
    let writer_ended = Instant::now();
    std::fs::remove_file(flag)?;
    let ended = process.wait(RUN_MAX)?;
    let rest = writer_ended.elapsed();
    if !ended.ok || !runs {
        report.problem(format!(
            "ghost-rs failed with {lanes} lane(s): {}",
            ended.output.display()
        ));
    }
    expect_no_error(report, &seen, "a full-rate writer and a postponed swap");
    let mut add = |what: &str, unit, value| {
        report.add(Figure::new(
            format!("{lanes} lane(s), writer at full rate: {what}"),
            unit,
            vec![value],
        ));
    };
    let mut spread = during.iter();
    let applied = spread.next().zip(spread.next_back());
    add("rows written", "rows/s", seen.per_second * HAMMER_ROWS);
    add(
        "keys applied",
        "keys/s",
        applied.map_or(f64::NAN, |(from, to)| applied_per_second(from, to)),
    );
    add(
        "largest backlog",
        "keys",
        during.iter().map(Status::backlog).max().unwrap_or(0) as f64,
    );
    add("from its end to the swap done", "s", rest.as_secs_f64());
    Ok(())
}

/// A whole alteration while a writer writes as fast as it can: does it end?
fn hammered(arena: &mut Arena, report: &mut Report, tool: Tool) -> Outcome {
    arena.say(&format!("{} under a writer at full rate", tool.name()));
    arena.level("")?;
    let (rows, limit) = (arena.sizes.rows, arena.sizes.hammered_max);
    let load = Load::start(arena, rows, &HAMMER)?;
    let ended = tool.start(arena, CLAUSES, &[])?.wait(limit)?;
    let seen = load.stop()?;
    expect_no_error(report, &seen, &format!("a full-rate writer and {}", tool.name()));
    let who = format!("{}, writer at full rate", tool.name());
    if ended.overran {
        report.note(format!(
            "{who}: had not ended after {} s and was stopped",
            limit.as_secs()
        ));
        clean_up_after(arena)?;
    } else if ended.ok {
        report.add(Figure::new(
            format!("{who}: whole alteration"),
            "s",
            vec![ended.took.as_secs_f64()],
        ));
    } else {
        report.problem(format!("{who}: failed: {}", ended.output.display()));
        clean_up_after(arena)?;
    }
    report.add(Figure::new(
        format!("{who}: rows written"),
        "rows/s",
        vec![seen.per_second * HAMMER_ROWS],
    ));
    report.add(Figure::new(format!("{who}: p95"), "ms", vec![seen.p95_ms]));
    report.add(Figure::new(
        format!("{who}: longest stall"),
        "ms",
        vec![seen.max_ms],
    ));
    if tool == Tool::GhostRs {
        report.note(format!(
            "ghost-rs under the full-rate writer: {}",
            status::story(&ended.output)?
        ));
    }
    expect_all_rows(arena, report, &who)
}

/// A tool that was stopped may have left tables and triggers.
fn clean_up_after(arena: &mut Arena) -> Outcome {
    std::thread::sleep(Duration::from_secs(1));
    let rows = arena.sizes.rows;
    arena.clear()?;
    arena.make_table(rows)
}

fn expect_no_error(report: &mut Report, seen: &Seen, when: &str) {
    if let Some(error) = &seen.error {
        report.problem(format!("the application met an error with {when}: {error}"));
    }
}

fn expect_all_rows(arena: &mut Arena, report: &mut Report, when: &str) -> Outcome {
    let (there, rows) = (arena.count()?, arena.sizes.rows);
    if there != rows {
        report.problem(format!("{there} rows instead of {rows} after {when}"));
    }
    Ok(())
}
