//! Programs of the user's that are run at certain moments of a run: `gh-ost-on-NAME*` and `ghost-rs-on-NAME*` in one folder.
//!
//! Rules:
//!
//! * Every file whose name *begins* so is run, in the order of the names, one after the other; the folder is looked at
//!   each time, so hooks may come and go.
//! * A hook sees its moment's values and a few harmless variables of ours ([`environment`]), no password.
//! * A hook has a time limit, and ends early when the run does; then its whole process group goes ([`child`]).
//! * What it prints goes to the log, up to a limit.
//!
//! When a hook is run, what waits for it, and whose failure ends the run is the caller's business (`migrate`).

mod child;
pub mod environment;

use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use crate::{config, error::Failure};
use child::{Ended, Ran};
pub use environment::{Facts, Hints, Inherited};

/// What a hook's file name begins with, before the moment's name.
const PREFIXES: [&str; 2] = ["gh-ost-on-", "ghost-rs-on-"];
/// Of a hook's last words so many lines go into the failure.
const LAST_LINES_MAX: usize = 5;

/// When a hook is run, with the values that belong to that moment alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before anything is looked at.
    Startup,
    /// The new table is there, and nothing stands against the run.
    Validated,
    /// The rows were counted.
    RowcountComplete,
    /// The first row is about to be copied.
    BeforeRowCopy,
    /// Each status interval; the status line.
    Status(String),
    /// Somebody gave a command; its name.
    InteractiveCommand(String),
    /// All rows are copied.
    RowCopyComplete,
    /// A replica's replication is about to be stopped for the test swap.
    StopReplication,
    /// The test swap failed, and replication is about to be started again.
    StartReplication,
    /// Everything is there, and the flag file holds the swap back.
    BeginPostponed,
    /// Before the first attempt at the swap.
    BeforeCutOver,
    /// The table is changed.
    Success {
        /// The server did it in an instant: no row was copied.
        instant: bool,
    },
    /// The run has ended, and the table is not changed.
    Failure {
        /// The exit code.
        exit: u8,
        /// The message, one line.
        error: String,
    },
    /// A chunk's copy failed and is tried again; the error.
    BatchCopyRetry(String),
}

/// Every moment's name, for telling a mistyped file.
const NAMES: [&str; 14] = [
    "startup",
    "validated",
    "rowcount-complete",
    "before-row-copy",
    "status",
    "interactive-command",
    "row-copy-complete",
    "stop-replication",
    "start-replication",
    "begin-postponed",
    "before-cut-over",
    "success",
    "failure",
    "batch-copy-retry",
];

impl Moment {
    /// The name, as in `gh-ost-on-NAME`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Validated => "validated",
            Self::RowcountComplete => "rowcount-complete",
            Self::BeforeRowCopy => "before-row-copy",
            Self::Status(_) => "status",
            Self::InteractiveCommand(_) => "interactive-command",
            Self::RowCopyComplete => "row-copy-complete",
            Self::StopReplication => "stop-replication",
            Self::StartReplication => "start-replication",
            Self::BeginPostponed => "begin-postponed",
            Self::BeforeCutOver => "before-cut-over",
            Self::Success { .. } => "success",
            Self::Failure { .. } => "failure",
            Self::BatchCopyRetry(_) => "batch-copy-retry",
        }
    }
}

/// The hooks of a run.
#[derive(Clone, Debug)]
pub struct Hooks {
    folder: Option<PathBuf>,
    limit: Duration,
    inherited: Inherited,
}

impl Hooks {
    /// The hooks that the configuration names, with what they may see of this process's environment.
    pub fn new(settings: &config::Hooks) -> Self {
        Self {
            folder: settings.path.clone(),
            limit: settings.limit,
            inherited: Inherited::of_process(),
        }
    }

    /// Whether there is a folder of hooks at all.
    pub fn are_wanted(&self) -> bool {
        self.folder.is_some()
    }

    /// Looks at the folder before anything else is done. Files that look like hooks and are none are told in the log.
    ///
    /// # Errors
    /// The folder cannot be read, or a hook in it cannot be executed.
    pub fn check(&self) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        for name in names(folder).map_err(|error| unreadable(folder, &error))? {
            match moment_of(&name) {
                Some(false) => tracing::warn!(
                    "{name} in {} is the name of no hook; there are {}",
                    folder.display(),
                    NAMES.join(", ")
                ),
                Some(true) => executable(&folder.join(name))?,
                None => {}
            }
        }
        Ok(())
    }

    /// Runs all hooks of a moment, one after the other. When `end` is ready, the one that is running is ended.
    ///
    /// # Errors
    /// The first hook that could not be started, ended with anything but 0, took too long, or was ended early; those
    /// after it are not run.
    pub async fn run(
        &self,
        moment: &Moment,
        facts: &Facts,
        end: impl Future<Output = ()> + Send,
    ) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut end = pin!(end);
        let variables = environment::variables(&self.inherited, facts, moment);
        for program in find(folder, moment.name()).map_err(|error| unreadable(folder, &error))? {
            let name = file_name(&program);
            tracing::info!("executing hook: {}", program.display());
            let ran = child::run(&program, &variables, self.limit, end.as_mut()).await;
            ran.said.lines().for_each(|line| tracing::info!("{name}: {line}"));
            judge(&name, &ran, self.limit)?;
        }
        Ok(())
    }
}

fn unreadable(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!(
        "The folder of hooks {} cannot be read.",
        folder.display()
    ))
    .detail(error.to_string())
    .hint("--hooks-path names a folder with executables called gh-ost-on-startup, gh-ost-on-success, …")
}

/// File names in the folder, sorted.
fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = std::fs::read_dir(folder)?;
    let mut names: Vec<String> = entries
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()?;
    names.sort();
    Ok(names)
}

/// Whether a name that begins as a hook's does is the name of one. `None`: it is another file's.
fn moment_of(name: &str) -> Option<bool> {
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    Some(NAMES.iter().any(|moment| rest.starts_with(moment)))
}

fn find(folder: &Path, moment: &str) -> std::io::Result<Vec<PathBuf>> {
    let is_hook = |name: &String| {
        PREFIXES.iter().any(|prefix| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with(moment))
        })
    };
    Ok(names(folder)?
        .into_iter()
        .filter(is_hook)
        .map(|name| folder.join(name))
        .collect())
}

fn executable(program: &Path) -> Result<(), Failure> {
    let wrong = |why: String| {
        Failure::usage(format!("The hook {} cannot be executed.", program.display()))
            .detail(why)
            .hint("Make it executable (chmod +x), or give it another name: every file called gh-ost-on-… is run.")
    };
    let meta = std::fs::metadata(program).map_err(|error| wrong(error.to_string()))?;
    let mode = meta.permissions().mode();
    if !meta.is_file() {
        return Err(wrong("it is no file".to_owned()));
    }
    if mode & 0o111 == 0 {
        return Err(wrong(format!("nobody may execute it (mode {:o})", mode & 0o777)));
    }
    Ok(())
}

fn file_name(program: &Path) -> String {
    program
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn judge(name: &str, ran: &Ran, limit: Duration) -> Result<(), Failure> {
    let failure = match &ran.ended {
        Ended::Well => return Ok(()),
        Ended::Badly(status) => Failure::failed(format!("The hook {name} failed.")).detail(status.clone()),
        Ended::NotStarted(why) => Failure::failed(format!("The hook {name} could not be started."))
            .detail(why.clone())
            .hint("A script needs #! and an interpreter in its first line, and must be executable."),
        Ended::TooLong => Failure::failed(format!(
            "The hook {name} did not end within {limit:?}; it was ended."
        ))
        .hint("Let it do its work in the background, or raise --hooks-timeout-seconds."),
        Ended::Early => Failure::failed(format!("The hook {name} was ended early, because the run ends.")),
    };
    let lines: Vec<&str> = ran.said.lines().collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LAST_LINES_MAX));
    Err(last.fold(failure, |failure, line| {
        failure.detail(format!("it said: {line}"))
    }))
}

#[cfg(test)]
mod tests;
