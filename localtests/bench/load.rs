//! An application writes at a fixed rate: how long an alteration takes then, and what the application feels of it.

use crate::arena::Arena;
use crate::figures::{Figure, Report, Target};
use crate::process::Ended;
use crate::sysbench::{Load, Seen};
use crate::tools::Tool;
use crate::{Outcome, status};

const RATE: &str = "--rate=300";
const THREADS: &str = "--threads=8";
const CLAUSES: &str = "ENGINE=InnoDB";

/// A load with or without an alteration.
struct Felt {
    seen: Seen,
    alteration: Option<Ended>,
}

pub fn measure(arena: &mut Arena, report: &mut Report) -> Outcome {
    let rows = arena.sizes.rows;
    report.section(format!(
        "{rows} rows, 300 transactions/s of sysbench's write-only mix"
    ));
    arena.make_table(rows)?;
    let mut contestants = vec![None, Some(Tool::GhostRs)];
    contestants.extend(Tool::peers().into_iter().map(Some));
    let mut felt: Vec<Vec<Felt>> = contestants.iter().map(|_| Vec::new()).collect();
    for turn in 0..arena.sizes.loads {
        for (who, felt) in contestants.iter().zip(&mut felt) {
            let is_peer = who.is_some_and(|tool| tool != Tool::GhostRs);
            if turn > 0 && (arena.is_late() || (is_peer && turn >= arena.sizes.loads_peers)) {
                continue;
            }
            arena.say(&format!("under load: {}, turn {}", name(*who), turn + 1));
            felt.extend(feel(arena, report, *who)?);
        }
    }
    for (who, felt) in contestants.iter().zip(&felt) {
        figures(report, *who, felt)?;
    }
    compare(report, &contestants, &felt);
    Ok(())
}

fn name(who: Option<Tool>) -> &'static str {
    who.map_or("no alteration", Tool::name)
}

/// One load, and within it one alteration from its first to its last moment.
fn feel(arena: &mut Arena, report: &mut Report, who: Option<Tool>) -> Outcome<Option<Felt>> {
    arena.level("")?;
    let rows = arena.sizes.rows;
    let load = Load::start(arena, rows, &[RATE, THREADS])?;
    let alteration = match who {
        Some(tool) => Some(tool.alter(arena, CLAUSES)?),
        None => {
            std::thread::sleep(arena.sizes.baseline);
            None
        }
    };
    let seen = load.stop()?;
    if let Some(error) = &seen.error {
        report.problem(format!(
            "the application met an error with {}: {error}",
            name(who)
        ));
    }
    let there = arena.count()?;
    if there != rows {
        report.problem(format!(
            "{there} rows instead of {rows} after {} under load",
            name(who)
        ));
    }
    if let Some(failed) = alteration.as_ref().filter(|run| !run.ok) {
        report.problem(format!(
            "{} failed under load: {}",
            name(who),
            failed.output.display()
        ));
        return Ok(None);
    }
    Ok(Some(Felt { seen, alteration }))
}

fn figures(report: &mut Report, who: Option<Tool>, felt: &[Felt]) -> Outcome {
    let figure = |what: &str, unit, of: fn(&Felt) -> f64| {
        Figure::new(
            format!("{}: {what}", name(who)),
            unit,
            felt.iter().map(of).collect(),
        )
    };
    let is_ours = who == Some(Tool::GhostRs);
    if who.is_some() {
        let took = |felt: &Felt| {
            felt.alteration
                .as_ref()
                .map_or(f64::NAN, |run| run.took.as_secs_f64())
        };
        report.add(figure("time of the alteration", "s", took));
    }
    report.add(figure("writers' p95", "ms", |felt| felt.seen.p95_ms));
    let stall = figure("longest stall", "ms", |felt| felt.seen.max_ms);
    report.add(if is_ours {
        stall.target(Target::AtMost(150.0))
    } else {
        stall
    });
    report.add(figure("transactions", "/s", |felt| felt.seen.per_second));
    report.add(figure("deadlocks repeated by sysbench", "", |felt| {
        felt.seen.repeated
    }));
    let last = felt
        .last()
        .and_then(|felt| felt.alteration.as_ref())
        .filter(|_| is_ours);
    if let Some(last) = last {
        report.note(format!("ghost-rs's last run: {}", status::story(&last.output)?));
    }
    Ok(())
}

/// ghost-rs over each of the others. gh-ost's are the ones with targets.
fn compare(report: &mut Report, contestants: &[Option<Tool>], felt: &[Vec<Felt>]) {
    let medians = |who: Option<Tool>, of: fn(&Felt) -> f64| {
        let of_who = contestants
            .iter()
            .zip(felt)
            .filter(|(which, _)| **which == who)
            .flat_map(|(_, felt)| felt);
        Figure::new("", "", of_who.map(of).collect())
    };
    let took = |felt: &Felt| {
        felt.alteration
            .as_ref()
            .map_or(f64::NAN, |run| run.took.as_secs_f64())
    };
    for other in contestants.iter().filter(|who| **who != Some(Tool::GhostRs)) {
        let ratio = |what: &str, target: f64, of: fn(&Felt) -> f64| {
            let ratio = medians(Some(Tool::GhostRs), of).median_over(
                &medians(*other, of),
                format!("ghost-rs / {}: {what}", name(*other)),
            );
            if *other == Some(Tool::GhOst) {
                ratio.target(Target::AtMost(target))
            } else {
                ratio
            }
        };
        if other.is_some() {
            report.add(ratio("time", 0.5, took));
        }
        report.add(ratio("writers' p95", 1.0, |felt| felt.seen.p95_ms));
        report.add(ratio("longest stall", 1.0, |felt| felt.seen.max_ms));
    }
}
