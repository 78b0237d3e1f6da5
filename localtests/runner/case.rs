//! The files of one case folder. Names and meanings are gh-ost's own, plus four of ours (see `localtests/README.md`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Outcome, ensure, trouble};

/// The table that a case is about unless its arguments name another.
const TABLE: &str = "gh_ost_test";
/// The alteration of a case that gives none.
const ALTER: &str = "engine=innodb";

/// When the statements of `changes.sql` run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// There are none.
    Still,
    /// Before the run: the rows they leave are only copied.
    Copied,
    /// After the copy, while the swap is postponed.
    After,
    /// Again and again from before the run until the copy is done.
    During,
}

/// What a run is to end with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Exit 0, and the table is what the server's own ALTER makes.
    Altered,
    /// Not exit 0, all these texts in the output, nothing changed.
    Refused(Vec<String>),
    /// One of the two above. For what the tool is free to refuse.
    Either(Vec<String>),
}

/// One folder.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub dir: PathBuf,
    pub placements: Vec<Placement>,
    pub ending: Ending,
    /// The arguments after the runner's own.
    pub args: Vec<String>,
}

impl Case {
    /// All folders that hold a `create.sql`, by name.
    pub fn all() -> Outcome<Vec<Self>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("localtests/cases");
        let mut dirs = Vec::new();
        for entry in fs::read_dir(&root)? {
            let dir = entry?.path();
            if dir.join("create.sql").exists() {
                dirs.push(dir);
            }
        }
        dirs.sort();
        dirs.into_iter().map(Self::load).collect()
    }

    fn load(dir: PathBuf) -> Outcome<Self> {
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut case = Self {
            name,
            dir,
            placements: vec![Placement::Still],
            ending: Ending::Altered,
            args: Vec::new(),
        };
        case.placements = case.read_placements()?;
        case.ending = case.read_ending();
        case.args = case
            .file("extra_args")
            .map_or(Ok(Vec::new()), |text| shell_words(&text))?;
        Ok(case)
    }

    /// A file's text without its last line end; none if the case has no such file.
    pub fn file(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.dir.join(name)).ok()?;
        Some(text.trim_end().to_owned())
    }

    /// The value of `--flag=value` among the arguments; the last one counts.
    pub fn flag(&self, flag: &str) -> Option<&str> {
        let start = format!("--{flag}=");
        self.args.iter().rev().find_map(|arg| arg.strip_prefix(&start))
    }

    pub fn table(&self) -> &str {
        self.flag("table").unwrap_or(TABLE)
    }

    pub fn alter(&self) -> &str {
        self.flag("alter").unwrap_or(ALTER)
    }

    /// The arguments with the defaults filled in.
    pub fn full_args(&self) -> Vec<String> {
        let mut args = vec![
            "--initially-drop-old-table".to_owned(),
            "--initially-drop-ghost-table".to_owned(),
        ];
        for (flag, value) in [("table", self.table()), ("alter", self.alter())] {
            if self.flag(flag).is_none() {
                args.push(format!("--{flag}={value}"));
            }
        }
        args.extend_from_slice(&self.args);
        args
    }

    /// Whether it sets what all sessions see, so that no other case may run beside it.
    pub fn changes_globals(&self) -> bool {
        let global = |file: &str| {
            self.file(file)
                .is_some_and(|text| text.to_lowercase().contains("set global"))
        };
        self.file("sql_mode").is_some() || global("before.sql") || global("create.sql")
    }

    /// How it is rehearsed on a replica: its rows are only copied. None where what it is about is not replicated (globals,
    /// events), or where it does the run itself. What is refused says so before it matters where; so it is not asked twice.
    pub fn rehearsed(&self) -> Option<Placement> {
        let create = self.file("create.sql").unwrap_or_default().to_lowercase();
        let elsewhere =
            self.changes_globals() || self.dir.join("test.sh").exists() || create.contains("create event");
        let refused = matches!(self.ending, Ending::Refused(_));
        if elsewhere || refused {
            return None;
        }
        match self.placements.contains(&Placement::Still) {
            true => Some(Placement::Still),
            false => Some(Placement::Copied),
        }
    }

    fn read_placements(&self) -> Outcome<Vec<Placement>> {
        if self.file("changes.sql").is_none() {
            return Ok(vec![Placement::Still]);
        }
        let words = self
            .file("placements")
            .unwrap_or_else(|| "copied after during".to_owned());
        words.split_whitespace().map(placement).collect()
    }

    fn read_ending(&self) -> Ending {
        let lines = |text: String| {
            text.lines()
                .map(str::to_owned)
                .filter(|line| !line.is_empty())
                .collect()
        };
        match (self.file("expect_failure"), self.file("may_refuse")) {
            (Some(text), _) => Ending::Refused(lines(text)),
            (None, Some(text)) => Ending::Either(lines(text)),
            (None, None) => Ending::Altered,
        }
    }
}

impl Placement {
    /// What a trial of a case is called.
    pub fn trial_name(self, case: &str) -> String {
        match self {
            Self::Still => case.to_owned(),
            Self::Copied => format!("{case}/copied"),
            Self::After => format!("{case}/after"),
            Self::During => format!("{case}/during"),
        }
    }
}

fn placement(word: &str) -> Outcome<Placement> {
    match word {
        "copied" => Ok(Placement::Copied),
        "after" => Ok(Placement::After),
        "during" => Ok(Placement::During),
        other => Err(trouble(format!(
            "placements: {other:?} is none of copied, after, during"
        ))),
    }
}

/// Cut a line of arguments as a shell does, by asking one: the format's files are written for bash.
fn shell_words(text: &str) -> Outcome<Vec<String>> {
    let script = format!("args=( {text}\n); ((${{#args[@]}})) && printf '%s\\0' \"${{args[@]}}\"; exit 0");
    let output = Command::new("bash").arg("-c").arg(script).output()?;
    ensure(output.status.success(), || {
        String::from_utf8_lossy(&output.stderr).into_owned()
    })?;
    let words = String::from_utf8(output.stdout)?;
    Ok(words.split_terminator('\0').map(str::to_owned).collect())
}
