//! What a DBA reads when a run does not end well: what, which values, what to do, and the exit code.
//! The state of the server is added by the run itself, from what it has created so far.

use std::fmt;

/// Documented exit codes (`docs/errors.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// The table is changed (or the dry run found nothing against it).
    Done = 0,
    /// A defect of ours: please report.
    Internal = 1,
    /// Flags, configuration or the ALTER text are wrong; nothing was changed on a server.
    Usage = 2,
    /// The server says that this table cannot be changed this way; nothing was changed.
    Refused = 3,
    /// The run began and was stopped by the data, the server or a tripwire; the source is as it was.
    Failed = 4,
    /// Ctrl-C, SIGTERM or an operator's abort; the source is as it was.
    Interrupted = 5,
    /// The server cannot be reached, or does not let us in.
    Unreachable = 6,
    /// It is not known which table owns the name: look first.
    Unknown = 7,
    /// The table is changed; the hook that should have told of it failed.
    SuccessHook = 8,
}

/// Why a run ended, for people. Every part is a full sentence or a list of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, one line.
    pub what: String,
    /// The values: names, keys, server messages. One line each.
    pub detail: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The same values for programs, where text would have to be taken apart.
    pub data: Option<Box<serde_json::Value>>,
    /// The process's exit code.
    pub exit: Exit,
    /// What gh-ost says when this happens, without ERROR or FATAL: scripts look for it. One line each.
    pub gh_ost: Vec<String>,
}

impl Failure {
    /// A failure of some class.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            detail: Vec::new(),
            hint: None,
            data: None,
            exit,
            gh_ost: Vec::new(),
        }
    }

    /// Flags or ALTER text are wrong.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// This table cannot be changed this way.
    pub fn refused(what: impl Into<String>) -> Self {
        Self::new(Exit::Refused, what)
    }

    /// The run was stopped by the data or the server.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(Exit::Failed, what)
    }

    /// One more line of values.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.detail.push(line.into());
        self
    }

    /// What gh-ost says when this happens.
    #[must_use]
    pub fn in_gh_ost(mut self, words: impl Into<String>) -> Self {
        self.gh_ost.push(words.into());
        self
    }

    /// A value (`key = value`) that several rows want: gh-ost quotes the server's warning, and counts statements where
    /// here are rows.
    #[must_use]
    pub fn duplicate_in_gh_ost(self, wants: &str, rows: usize) -> Self {
        let (key, value) = wants.split_once(" = ").unwrap_or((wants, ""));
        self.in_gh_ost(format!(
            "warnings detected in statement 1 of {rows}: [Warning: Duplicate entry {value} for key '{key}' (1062)]"
        ))
    }

    /// The values for programs.
    #[must_use]
    pub fn data(mut self, data: serde_json::Value) -> Self {
        self.data = Some(Box::new(data));
        self
    }

    /// What to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        for line in &self.detail {
            write!(f, "; {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
