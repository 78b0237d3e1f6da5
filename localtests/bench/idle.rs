//! Nobody else writes: ghost-rs's whole process next to the server's own `ALGORITHM=COPY`, turn by turn.

use crate::arena::Arena;
use crate::figures::{Figure, Report, Target};
use crate::process::Ended;
use crate::tools::Tool;
use crate::{Outcome, status};

const REBUILD: &str = "ENGINE=InnoDB";
const ADD: &str = "ADD COLUMN added INT NOT NULL DEFAULT 7";
const UNDO_ADD: &str = "DROP COLUMN added";

/// One series of turns on one table.
struct Contest {
    rows: u64,
    turns: usize,
    /// Turns of all but the two that the ratio is made of.
    turns_peers: usize,
    clauses: &'static str,
    undo: &'static str,
}

/// A tool and its runs.
type Runs = Vec<(Tool, Vec<Ended>)>;

pub fn measure(arena: &mut Arena, report: &mut Report) -> Outcome {
    let (rows, rows_many) = (arena.sizes.rows, arena.sizes.rows_many);
    let (turns, turns_many, turns_peers) = (arena.sizes.idle, arena.sizes.idle_many, arena.sizes.idle_peers);
    let few = Contest {
        rows,
        turns,
        turns_peers,
        clauses: REBUILD,
        undo: "",
    };
    let adding = Contest {
        turns: turns.min(2),
        turns_peers: 0,
        clauses: ADD,
        undo: UNDO_ADD,
        ..few
    };
    let many = Contest {
        rows: rows_many,
        turns: turns_many,
        turns_peers: 1,
        ..few
    };
    arena.make_table(rows)?;
    let few = contest(arena, report, &few)?;
    contest(arena, report, &adding)?;
    arena.make_table(rows_many)?;
    let many = contest(arena, report, &many)?;
    for tool in [Tool::Native, Tool::GhostRs] {
        let per_row = |runs: &Runs, rows: u64| seconds(runs, tool).scaled(1e6 / rows as f64);
        let growth = per_row(&many, rows_many).median_over(
            &per_row(&few, rows),
            format!("{}: time per row, {rows_many} over {rows} rows", tool.name()),
        );
        report.add(if tool == Tool::GhostRs {
            growth.target(Target::AtMost(1.1))
        } else {
            growth
        });
    }
    Ok(())
}

fn contest(arena: &mut Arena, report: &mut Report, contest: &Contest) -> Outcome<Runs> {
    let Contest { rows, clauses, .. } = *contest;
    report.section(format!("Idle, {rows} rows, {clauses}"));
    let runs = play(arena, report, contest)?;
    let native = seconds(&runs, Tool::Native);
    for (tool, _) in &runs {
        report.add(seconds(&runs, *tool));
    }
    for (tool, _) in runs.iter().filter(|(tool, _)| *tool != Tool::Native) {
        let ratio = seconds(&runs, *tool).over(&native, format!("{} / native COPY", tool.name()));
        report.add(if *tool == Tool::GhostRs {
            ratio.target(Target::AtMost(1.3))
        } else {
            ratio
        });
    }
    report.add(
        seconds(&runs, Tool::GhostRs).over(&seconds(&runs, Tool::Bare), "ghost-rs / bare INSERT … SELECT"),
    );
    itself(report, &runs, rows)?;
    Ok(runs)
}

/// A B C A B C …: whatever the machine does meanwhile, it does to all of them.
fn play(arena: &mut Arena, report: &mut Report, contest: &Contest) -> Outcome<Runs> {
    let tools = [Tool::Native, Tool::GhostRs, Tool::Bare]
        .into_iter()
        .chain(Tool::peers());
    let mut runs: Runs = tools.map(|tool| (tool, Vec::new())).collect();
    arena.level("")?;
    let before = arena.fingerprint()?;
    for turn in 0..contest.turns {
        if turn > 0 && arena.is_late() {
            report.note(format!("the time was up after {turn} of {} turns", contest.turns));
            break;
        }
        for (tool, ended) in &mut runs {
            if is_peer(*tool) && turn >= contest.turns_peers {
                continue;
            }
            arena.say(&format!(
                "{}, {} rows, {}, turn {}",
                tool.name(),
                contest.rows,
                contest.clauses,
                turn + 1
            ));
            let run = tool.alter(arena, contest.clauses)?;
            arena.level(if run.ok { contest.undo } else { "" })?;
            if run.ok {
                ended.push(run)
            } else {
                report.problem(format!("{} failed: {}", tool.name(), run.output.display()))
            }
        }
    }
    if arena.fingerprint()? != before {
        report.problem(format!(
            "rows changed while nobody wrote ({} rows, {})",
            contest.rows, contest.clauses
        ));
    }
    Ok(runs)
}

fn is_peer(tool: Tool) -> bool {
    !matches!(tool, Tool::Native | Tool::GhostRs)
}

fn seconds(runs: &Runs, tool: Tool) -> Figure {
    let of_tool = runs
        .iter()
        .filter(|(which, _)| *which == tool)
        .flat_map(|(_, ended)| ended);
    Figure::new(
        tool.name(),
        "s",
        of_tool.map(|run| run.took.as_secs_f64()).collect(),
    )
}

/// What ghost-rs itself needs, and how its runs went.
fn itself(report: &mut Report, runs: &Runs, rows: u64) -> Outcome {
    let ours: Vec<&Ended> = runs
        .iter()
        .filter(|(tool, _)| *tool == Tool::GhostRs)
        .flat_map(|(_, ended)| ended)
        .collect();
    let millions = rows as f64 / 1e6;
    let cpu = ours.iter().map(|run| run.cpu.as_secs_f64() / millions).collect();
    report.add(Figure::new("ghost-rs: CPU, a million rows", "s", cpu).target(Target::AtMost(1.0)));
    let rss = ours.iter().map(|run| run.rss_kib as f64 / 1024.0).collect();
    report.add(Figure::new("ghost-rs: peak memory", "MiB", rss).target(Target::AtMost(64.0)));
    if let Some(last) = ours.last() {
        report.note(format!("ghost-rs's last run: {}", status::story(&last.output)?));
    }
    Ok(())
}
