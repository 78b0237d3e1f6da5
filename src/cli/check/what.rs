//! Which table, and what becomes of it.

use super::Problems;
use crate::alter::lexer::SqlMode;
use crate::alter::{Alter, AlterError};
use crate::cli::args::what::WhatArgs;
use crate::error::Failure;

/// The longest name that a server allows, in characters.
const NAME_CHARS_MAX: usize = 64;

/// The table and the ALTER text, agreed between the flags and the text.
pub(super) struct What {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) alter: String,
}

/// What an ALTER text says about its table: nothing if it holds clauses alone.
#[derive(Default)]
struct Named {
    schema: Option<String>,
    table: Option<String>,
    /// The text could not be read, so what it does not say may yet stand in it.
    unread: bool,
}

pub(super) fn check(args: &WhatArgs, problems: &mut Problems) -> What {
    let alter = args.alter.clone().unwrap_or_default();
    let named = named_in(args.alter.as_deref()).unwrap_or_else(|problem| {
        problems.add(problem);
        Named {
            unread: args.alter.is_some(),
            ..Named::default()
        }
    });
    let mut agreed = |flag, kind, given: &Option<String>, said| {
        if given.is_none() && named.unread {
            return String::new();
        }
        problems.take(agreed(flag, kind, given.as_deref(), said))
    };
    What {
        schema: agreed("--database", "database", &args.database, named.schema.as_deref()),
        table: agreed("--table", "table", &args.table, named.table.as_deref()),
        alter,
    }
}

/// The schema and table that the ALTER text names.
fn named_in(alter: Option<&str>) -> Result<Named, Failure> {
    let Some(alter) = alter else {
        return Err(Failure::usage("nothing to change: --alter is missing").hint(
            "say --alter \"ADD COLUMN note TEXT\", or --alter \"ALTER TABLE shop.orders ENGINE=InnoDB\"",
        ));
    };
    let Alter { schema, table, .. } = read(alter)?;
    Ok(Named {
        schema,
        table,
        unread: false,
    })
}

/// Reads the text without knowing the server's `sql_mode`, which decides what quotes and backslashes mean: whatever
/// can be read in one of its modes passes here, and the plan reads it again in the right one.
fn read(alter: &str) -> Result<Alter, AlterError> {
    let modes = [(false, false), (true, false), (false, true), (true, true)];
    let mut readings = modes.into_iter().map(|(ansi_quotes, no_backslash_escapes)| {
        Alter::parse(
            alter,
            SqlMode {
                ansi_quotes,
                no_backslash_escapes,
            },
        )
    });
    let usual = readings.next().unwrap_or(Err(AlterError::Empty));
    usual.or_else(|error| readings.find_map(Result::ok).ok_or(error))
}

/// One name out of two sources that may be silent but may not contradict each other.
fn agreed(flag: &str, kind: &str, given: Option<&str>, named: Option<&str>) -> Result<String, Failure> {
    match (given, named) {
        (Some(given), Some(named)) if given != named => Err(Failure::usage(format!(
            "{flag} and --alter name different {kind}s"
        ))
        .detail(format!("{flag} is '{given}', --alter says '{named}'"))
        .hint(format!(
            "leave {flag} out, or give --alter only the clauses after the table's name"
        ))),
        (Some(name), _) => name_allowed(flag, name),
        (None, Some(name)) => name_allowed("--alter", name),
        (None, None) => Err(Failure::usage(format!("no {kind} is given")).hint(format!(
            "say {flag}, or give --alter a whole ALTER TABLE statement that names it"
        ))),
    }
}

fn name_allowed(flag: &str, name: &str) -> Result<String, Failure> {
    match name.chars().count() {
        0 => Err(Failure::usage(format!("{flag} is an empty name")).hint("give the name without quotes")),
        1..=NAME_CHARS_MAX => Ok(name.to_string()),
        chars => Err(
            Failure::usage(format!("{flag} is a name of {chars} characters: '{name}'")).hint(format!(
                "MySQL allows {NAME_CHARS_MAX}; give the name without backticks or a schema in it"
            )),
        ),
    }
}
