//! The command line, flag by flag, as it was typed: nothing is checked here but its shape.
//!
//! One file a group, in the order of `--help`. A flag that means what it means in gh-ost has gh-ost's name. Numbers
//! are range-checked later, with everything else, so that one run reports all that is wrong.

pub mod carry;
pub mod compare;
pub mod compat;
pub mod connection;
pub mod ctl;
pub mod operate;
pub mod output;
pub mod pace;
pub mod resume;
pub mod safety;
pub mod swap;
pub mod throttle;
pub mod topology;
pub mod verification;
pub mod what;

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Parser, Subcommand};

use crate::config::Secret;

/// Changes the structure of a MySQL table while the application keeps writing to it.
#[derive(Parser, Debug)]
#[command(
    name = "ghost-rs",
    version,
    disable_help_subcommand = true,
    max_term_width = 110
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Change a table, or (without --execute) say what would happen.
    /// A second table with the new structure is filled while the application goes on reading and writing the first;
    /// when both hold the same, they swap names in one step. Until then, nothing of ours locks a row of your table.
    Alter(Box<AlterArgs>),
    /// Compare two tables, row by row and column by column: a table with its copy, or with what a run has left.
    /// Exit code 0: they are equal; 4: they are not, and the rows that differ are named.
    Verify(Box<compare::CompareArgs>),
    /// Talk to a run that is under way: pause, resume, status, set, cut-over, abort.
    Ctl(ctl::CtlArgs),
}

const EXAMPLES: &str = "\
Examples:
  Say what would happen, change nothing:
    ghost-rs alter --host db2 --user admin --ask-pass --database shop --table orders \\
      --alter \"ADD COLUMN note TEXT, ADD INDEX (ref)\"

  Do it, with the account from an option file, reading from a replica (the primary is found by itself):
    ghost-rs alter --conf ~/.my.cnf --host db2 --alter \"ALTER TABLE shop.orders DROP INDEX ref\" --execute

  Where there is no replica to read from, on the primary itself:
    ghost-rs alter --conf ~/.my.cnf --host db1 --allow-on-master --alter … --execute

  Copy now, swap when the file is removed:
    touch /tmp/wait
    ghost-rs alter … --execute --postpone-cut-over-flag-file /tmp/wait

gh-ost's command line works as it is through a link named gh-ost: docs/coming-from-gh-ost.md

Exit codes and what to do about them: docs/errors.md";

/// The flags of `alter`, group by group.
#[derive(clap::Args, Debug)]
#[command(version, display_name = "ghost-rs", after_help = EXAMPLES, args_override_self = true)]
pub struct AlterArgs {
    /// How to reach the server.
    #[command(flatten)]
    pub connection: connection::ConnectionArgs,
    /// Table and ALTER text.
    #[command(flatten)]
    pub what: what::WhatArgs,
    /// Which server is read, which written.
    #[command(flatten)]
    pub topology: topology::TopologyArgs,
    /// What must be said aloud.
    #[command(flatten)]
    pub safety: safety::SafetyArgs,
    /// Triggers, foreign keys, names.
    #[command(flatten)]
    pub carry: carry::CarryArgs,
    /// How fast.
    #[command(flatten)]
    pub pace: pace::PaceArgs,
    /// When to hold back.
    #[command(flatten)]
    pub throttle: throttle::ThrottleArgs,
    /// What is compared before the swap.
    #[command(flatten)]
    pub verification: verification::VerificationArgs,
    /// The end of the run.
    #[command(flatten)]
    pub swap: swap::SwapArgs,
    /// After a run that ended early, or that one wants to undo.
    #[command(flatten)]
    pub resume: resume::ResumeArgs,
    /// Commands, hooks, metrics.
    #[command(flatten)]
    pub operate: operate::OperateArgs,
    /// What is printed.
    #[command(flatten)]
    pub output: output::OutputArgs,
    /// What needs nothing of the kind here.
    #[command(flatten)]
    pub compat: compat::CompatArgs,
}

/// Never fails, so that clap never has a reason to print the value.
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// A path as it is. An empty one passes here: in gh-ost it means "none", and the check knows.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}
