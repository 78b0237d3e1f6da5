//! Those who compete: the server itself, ghost-rs, and the peers that are there.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::arena::{Arena, SCHEMA, TABLE};
use crate::process::{Ended, Process};
use crate::{Cli, Outcome, bare};

/// A run that takes longer is ended.
pub const RUN_MAX: Duration = Duration::from_secs(300);
const BARE_SESSIONS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Native,
    /// Plain statements on two sessions: not a tool, but what one can be measured by.
    Bare,
    GhostRs,
    PtOsc,
    GhOst,
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native COPY",
            Self::Bare => "bare INSERT … SELECT",
            Self::GhostRs => "ghost-rs",
            Self::PtOsc => "pt-osc",
            Self::GhOst => "gh-ost",
        }
    }

    /// The peers that can be asked here.
    pub fn peers() -> Vec<Self> {
        let there = |program: &str| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
        };
        [(Self::PtOsc, "pt-online-schema-change"), (Self::GhOst, "gh-ost")]
            .into_iter()
            .filter(|(_, program)| there(program))
            .map(|(tool, _)| tool)
            .collect()
    }

    /// Alters the table, with the old one dropped at the end, as the server's own ALTER does.
    pub fn alter(self, arena: &mut Arena, clauses: &str) -> Outcome<Ended> {
        match self {
            Self::Native => native(arena, clauses),
            Self::Bare => Ok(on_the_server(bare::alter(arena, clauses, BARE_SESSIONS)?)),
            _ => self.start(arena, clauses, &[])?.wait(RUN_MAX),
        }
    }

    /// The same as a process that somebody else waits for.
    pub fn start(self, arena: &mut Arena, clauses: &str, more: &[String]) -> Outcome<Process> {
        let log = arena.log(self.name());
        let command = match self {
            Self::Native | Self::Bare => return Err(format!("{} is no process", self.name()).into()),
            Self::GhostRs => ghost_rs(&arena.cli, clauses, more),
            Self::PtOsc => pt_osc(&arena.cli, clauses),
            Self::GhOst => gh_ost(&arena.cli, clauses),
        };
        Process::start(&mut { command }, log)
    }
}

fn native(arena: &mut Arena, clauses: &str) -> Outcome<Ended> {
    let started = Instant::now();
    arena
        .db
        .run(&format!("ALTER TABLE {TABLE} {clauses}, ALGORITHM=COPY"))?;
    Ok(on_the_server(started.elapsed()))
}

fn on_the_server(took: Duration) -> Ended {
    Ended {
        ok: true,
        overran: false,
        took,
        cpu: Duration::ZERO,
        rss_kib: 0,
        output: "".into(),
    }
}

fn ghost_rs(cli: &Cli, clauses: &str, more: &[String]) -> Command {
    let mut command = Command::new(&cli.ghost_rs);
    command
        .args([
            "alter",
            "--execute",
            "--allow-on-master",
            "--ok-to-drop-table",
            "--log-format=json",
        ])
        .arg(format!("--host={}", cli.host))
        .arg(format!("--port={}", cli.port))
        .args([
            "--user=root",
            "--database",
            SCHEMA,
            "--table",
            TABLE,
            "--alter",
            clauses,
        ])
        .args(more);
    command
}

fn pt_osc(cli: &Cli, clauses: &str) -> Command {
    let words = ["pt_osc_on", &cli.port.to_string(), SCHEMA, TABLE, clauses];
    behind_bench_tools(&words.map(String::from))
}

fn gh_ost(cli: &Cli, clauses: &str) -> Command {
    let mut command = Command::new("gh-ost");
    command
        .args([
            "--execute",
            "--allow-on-master",
            "--ok-to-drop-table",
            "--initially-drop-ghost-table",
        ])
        .args([
            "--initially-drop-old-table",
            "--initially-drop-socket-file",
            "--password=",
        ])
        .arg(format!("--host={}", cli.host))
        .arg(format!("--port={}", cli.port))
        .args([
            "--user=root",
            "--database",
            SCHEMA,
            "--table",
            TABLE,
            "--alter",
            clauses,
        ]);
    command
}

/// A function of `scripts/bench-tools` with its arguments.
pub fn behind_bench_tools(words: &[String]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/bench-tools");
    let mut command = Command::new("bash");
    command.args(["-c", ". \"$0\" && \"$@\""]).arg(script).args(words);
    command
}
