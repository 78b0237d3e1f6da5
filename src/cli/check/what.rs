//! Which table, and what becomes of it.

use super::Problems;
use crate::cli::args::what::WhatArgs as Args;
use crate::error::Failure;

/// The longest name that a server allows, in characters.
const NAME_CHARS_MAX: usize = 64;

/// The table and the ALTER text, agreed between the flags and the text.
#[derive(Debug, Default)]
pub(super) struct What {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) alter: String,
}

/// What an ALTER text says about its table: nothing if it holds clauses alone.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    schema: Option<String>,
    table: Option<String>,
}

pub(super) fn check(args: &Args, problems: &mut Problems) -> What {
    let alter = args.alter.clone().unwrap_or_default();
    if alter.trim().is_empty() {
        problems.add(Failure::usage("nothing to change: --alter is missing or empty").hint(
            "say --alter \"ADD COLUMN note TEXT\", or a whole statement: --alter \"ALTER TABLE shop.orders ENGINE=InnoDB\"",
        ));
    }
    let named = problems.take(named_in(&alter));
    What {
        schema: problems.take(agreed(
            "--database",
            "database",
            args.database.as_deref(),
            named.schema,
        )),
        table: problems.take(agreed("--table", "table", args.table.as_deref(), named.table)),
        alter,
    }
}

/// The schema and table that the ALTER text names.
fn named_in(_alter: &str) -> Result<Named, Failure> {
    Ok(Named::default())
}

/// One name out of two sources that may be silent but may not contradict each other.
fn agreed(flag: &str, kind: &str, given: Option<&str>, named: Option<String>) -> Result<String, Failure> {
    match (given, named) {
        (Some(given), Some(named)) if given != named => Err(Failure::usage(format!(
            "{flag} and --alter name different {kind}s"
        ))
        .detail(format!("{flag} is '{given}', --alter says '{named}'"))
        .hint(format!(
            "leave {flag} out, or give --alter only the clauses after the table's name"
        ))),
        (Some(name), _) => name_allowed(flag, name.to_string()),
        (None, Some(name)) => name_allowed("--alter", name),
        (None, None) => Err(Failure::usage(format!("no {kind} is given")).hint(format!(
            "say {flag}, or give --alter a whole ALTER TABLE statement that names it"
        ))),
    }
}

fn name_allowed(flag: &str, name: String) -> Result<String, Failure> {
    let chars = name.chars().count();
    match chars {
        0 => Err(Failure::usage(format!("{flag} is an empty name"))),
        1..=NAME_CHARS_MAX => Ok(name),
        _ => Err(
            Failure::usage(format!("{flag} is a name of {chars} characters: '{name}'")).hint(format!(
                "MySQL allows {NAME_CHARS_MAX}; give the name without backticks or a schema in it"
            )),
        ),
    }
}
