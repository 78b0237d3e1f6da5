//! What a hook sees. Pure, but for [`Inherited::of_process`].
//!
//! Names and units are gh-ost's: seconds and per cent with six decimals, whole seconds for the ETA, `true` and `false`.
//! Of our own environment only what a script needs to run at all is handed on: passwords come to us through variables,
//! too (`GHOST_RS_PASSWORD`, `MYSQL_PWD`, and whatever an option file refers to), and must not travel further.

use std::ffi::OsString;
use std::time::Duration;

use super::Moment;

/// Variables of ours that a hook inherits, if they are set; besides these, those that begin with `LC_`.
const INHERITED: [&str; 11] = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TERM", "HOSTNAME",
];
/// What gh-ost says for an ETA that nobody knows.
const ETA_UNKNOWN: i64 = i64::MIN;

/// What the hooks of a run inherit from the process.
#[derive(Clone, Debug, Default)]
pub struct Inherited(Vec<(String, OsString)>);

impl Inherited {
    /// The harmless ones of this process's variables.
    pub fn of_process() -> Self {
        Self::of(std::env::vars_os())
    }

    /// The harmless ones of these variables.
    pub fn of(all: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let named = all.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.filter(|(name, _)| is_harmless(name)).collect())
    }
}

fn is_harmless(name: &str) -> bool {
    INHERITED.contains(&name) || name.starts_with("LC_")
}

/// `--hooks-hint` and its companions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// `GH_OST_HOOKS_HINT`
    pub hint: String,
    /// `GH_OST_HOOKS_HINT_OWNER`
    pub owner: String,
    /// `GH_OST_HOOKS_HINT_TOKEN`
    pub token: String,
}

/// A run at one moment, as hooks see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Schema of the table.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Name of the new table, until the swap.
    pub ghost: String,
    /// Name of the old table, after the swap.
    pub old: String,
    /// The ALTER as it was given.
    pub ddl: String,
    /// Time since the start.
    pub elapsed: Duration,
    /// Time spent copying rows.
    pub copy_elapsed: Duration,
    /// Rows of the table, guessed or counted.
    pub rows_estimate: u64,
    /// Rows copied.
    pub rows_copied: u64,
    /// How far the inspected server is behind.
    pub inspected_lag: Duration,
    /// How long a mark takes through the binlog.
    pub heartbeat_lag: Duration,
    /// Share of the rows copied, in per cent.
    pub progress: f64,
    /// Time until all rows are copied. `None`: nobody knows.
    pub eta: Option<Duration>,
    /// The server whose table is changed, as it calls itself; empty as long as it has not been asked.
    pub migrated_host: String,
    /// The server that is read.
    pub inspected_host: String,
    /// This machine.
    pub executing_host: String,
    /// What the user wants to be told.
    pub hints: Hints,
    /// Nothing is done.
    pub dry_run: bool,
}

/// All variables of a hook, the inherited ones first.
pub fn variables(inherited: &Inherited, facts: &Facts, moment: &Moment) -> Vec<(String, OsString)> {
    let ours = always(facts).into_iter().chain(at(moment));
    let ours = ours.map(|(name, value)| (format!("GH_OST_{name}"), OsString::from(without_nul(value))));
    inherited
        .0
        .iter()
        .cloned()
        .chain(ours)
        .chain(own(moment))
        .collect()
}

fn always(facts: &Facts) -> Vec<(&'static str, String)> {
    let seconds = |time: Duration| format!("{:.6}", time.as_secs_f64());
    let eta = facts.eta.map_or(ETA_UNKNOWN, |eta| {
        i64::try_from(eta.as_secs()).unwrap_or(i64::MAX)
    });
    vec![
        ("DATABASE_NAME", facts.schema.clone()),
        ("TABLE_NAME", facts.table.clone()),
        ("GHOST_TABLE_NAME", facts.ghost.clone()),
        ("OLD_TABLE_NAME", facts.old.clone()),
        ("DDL", facts.ddl.clone()),
        ("ELAPSED_SECONDS", seconds(facts.elapsed)),
        ("ELAPSED_COPY_SECONDS", seconds(facts.copy_elapsed)),
        ("ESTIMATED_ROWS", facts.rows_estimate.to_string()),
        ("COPIED_ROWS", facts.rows_copied.to_string()),
        ("MIGRATED_HOST", facts.migrated_host.clone()),
        ("INSPECTED_HOST", facts.inspected_host.clone()),
        ("EXECUTING_HOST", facts.executing_host.clone()),
        ("INSPECTED_LAG", seconds(facts.inspected_lag)),
        ("HEARTBEAT_LAG", seconds(facts.heartbeat_lag)),
        ("PROGRESS", format!("{:.6}", facts.progress)),
        ("ETA_SECONDS", eta.to_string()),
        ("HOOKS_HINT", facts.hints.hint.clone()),
        ("HOOKS_HINT_OWNER", facts.hints.owner.clone()),
        ("HOOKS_HINT_TOKEN", facts.hints.token.clone()),
        ("DRY_RUN", facts.dry_run.to_string()),
        ("REVERT", false.to_string()),
    ]
}

/// The quotes around command and status are gh-ost's.
fn at(moment: &Moment) -> Option<(&'static str, String)> {
    match moment {
        Moment::Status(line) => Some(("STATUS", format!("'{line}'"))),
        Moment::InteractiveCommand(name) => Some(("COMMAND", format!("'{name}'"))),
        Moment::Success { instant } => Some(("INSTANT_DDL", instant.to_string())),
        Moment::BatchCopyRetry(error) => Some(("LAST_BATCH_COPY_ERROR", error.clone())),
        _ => None,
    }
}

/// What gh-ost does not tell.
fn own(moment: &Moment) -> Vec<(String, OsString)> {
    match moment {
        Moment::Failure { exit, error } => vec![
            ("GHOST_RS_EXIT_CODE".to_owned(), exit.to_string().into()),
            ("GHOST_RS_ERROR".to_owned(), without_nul(error.clone()).into()),
        ],
        _ => Vec::new(),
    }
}

/// A variable ends at the first NUL; with one in it, the program could not be started at all.
fn without_nul(value: String) -> String {
    if value.contains('\0') {
        value.replace('\0', " ")
    } else {
        value
    }
}
