//! What a line means. Pure: any bytes in, an [`Order`] or a sentence that says what would be right out.
//!
//! A line is `name`, `name=value` or `name=?`, with gh-ost's names and second names. Blanks around either part and quotes
//! around the value do not count. In front of it may stand `json`: the answer is one JSON object then.

use std::fmt::Write as _;

use super::knob::Knob;

/// So much of what is no command is said back.
const NAME_CHARS_SHOWN_MAX: usize = 40;

/// What an operator wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Which commands there are.
    Help,
    /// The settings and the status line.
    Status,
    /// The status line alone.
    Sup,
    /// Where the binlog reader is.
    Coordinates,
    /// The server that is written.
    Applier,
    /// The server that is read.
    Inspector,
    /// What a knob stands at.
    Ask(Knob),
    /// Turn a knob; the value is checked by [`knob::turned`](super::knob::turned).
    Set(Knob, String),
    /// Hold back until told otherwise.
    Throttle(Named),
    /// Go on.
    NoThrottle(Named),
    /// Swap although the flag file is there.
    CutOver(Named),
    /// End the run now.
    Panic(Named),
    /// Of gh-ost's; there is none here.
    CpuProfile,
}

/// The table that a command names, as a guard against the wrong socket.
pub type Named = Option<String>;

/// A line that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The command's name as it was typed.
    pub name: String,
    /// The command.
    pub command: Command,
    /// The answer is to be one JSON object.
    pub json: bool,
}

/// Which table the run is about, and what must be named.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its schema.
    pub schema: &'a str,
    /// Its name.
    pub table: &'a str,
    /// `cut-over` must name it.
    pub force_named_cut_over: bool,
    /// `panic` must name it.
    pub force_named_panic: bool,
}

/// A command that is no knob.
struct Word {
    /// Its names, gh-ost's first.
    names: &'static [&'static str],
    /// What it means.
    make: fn(Named) -> Command,
    /// It may name the table.
    takes_table: bool,
    /// What it does.
    help: &'static str,
}

const fn word(names: &'static [&'static str], make: fn(Named) -> Command, help: &'static str) -> Word {
    Word {
        names,
        make,
        takes_table: false,
        help,
    }
}

const fn about_table(names: &'static [&'static str], make: fn(Named) -> Command, help: &'static str) -> Word {
    Word {
        takes_table: true,
        ..word(names, make, help)
    }
}

const WORDS: &[Word] = &[
    word(&["help"], |_| Command::Help, "this list"),
    word(
        &["status", "info"],
        |_| Command::Status,
        "settings and status line",
    ),
    word(&["sup"], |_| Command::Sup, "the status line alone"),
    word(
        &["coordinates"],
        |_| Command::Coordinates,
        "where the binlog reader is",
    ),
    word(&["applier"], |_| Command::Applier, "the server that is written"),
    word(&["inspector"], |_| Command::Inspector, "the server that is read"),
    about_table(
        &["throttle", "pause", "suspend"],
        Command::Throttle,
        "hold back until told otherwise",
    ),
    about_table(
        &["no-throttle", "unthrottle", "resume", "continue"],
        Command::NoThrottle,
        "go on, unless there is another reason to hold back",
    ),
    about_table(
        &["unpostpone", "no-postpone", "cut-over"],
        Command::CutOver,
        "swap although the flag file is there",
    ),
    about_table(
        &["panic"],
        Command::Panic,
        "end the run now; the table stays as it was",
    ),
    word(&["cpu-profile"], |_| Command::CpuProfile, "not available here"),
];

impl Order {
    /// Reads a line. The error says what would be right.
    pub fn read(line: &str) -> Result<Self, String> {
        let (json, line) = split_json(line);
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name.trim(), Some(unquoted(value.trim()))),
            None => (line.trim(), None),
        };
        let command = match Knob::named(name) {
            Some(knob) => about_knob(knob, value)?,
            None => plain(name, value)?,
        };
        Ok(Self {
            name: name.to_owned(),
            command,
            json,
        })
    }
}

/// Whether a line asks for JSON, and the line without that word. For answers to lines that are no command as well.
pub fn split_json(line: &str) -> (bool, &str) {
    let line = line.trim();
    match line.strip_prefix("json ") {
        Some(rest) => (true, rest.trim_start()),
        None => (false, line),
    }
}

fn about_knob(knob: Knob, value: Option<&str>) -> Result<Command, String> {
    match value {
        None => Err(format!(
            "{0} wants a value: {0}={1}, or {0}=? to see what it is",
            knob.name(),
            knob.usage()
        )),
        Some("?") => Ok(Command::Ask(knob)),
        Some(value) => Ok(Command::Set(knob, value.to_owned())),
    }
}

fn plain(name: &str, value: Option<&str>) -> Result<Command, String> {
    let word = WORDS.iter().find(|word| word.names.contains(&name));
    let word = word.ok_or_else(|| unknown(name))?;
    match value.filter(|value| !value.is_empty()) {
        None => Ok((word.make)(None)),
        Some("?") if !word.takes_table => Ok((word.make)(None)),
        Some(table) if word.takes_table => Ok((word.make)(Some(table.to_owned()))),
        // As in gh-ost, a duration and options; there is no profile whatever they are.
        Some(_) if name == "cpu-profile" => Ok((word.make)(None)),
        Some(_) => Err(format!("{name} takes no value: say {name} alone")),
    }
}

/// The same quote on both sides goes; what stands between them stays as it is.
fn unquoted(value: &str) -> &str {
    ['\'', '"']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

fn unknown(name: &str) -> String {
    let shown: String = name.chars().take(NAME_CHARS_SHOWN_MAX).collect();
    format!("unknown command {shown:?}; help lists the commands")
}

impl Command {
    /// Whether this run is meant. The error says what to write instead.
    pub fn check(&self, subject: Subject<'_>) -> Result<(), String> {
        let (named, forced, what) = match self {
            Self::Throttle(named) => (named, false, "throttle"),
            Self::NoThrottle(named) => (named, false, "no-throttle"),
            Self::CutOver(named) => (named, subject.force_named_cut_over, "cut-over"),
            Self::Panic(named) => (named, subject.force_named_panic, "panic"),
            _ => return Ok(()),
        };
        let Subject { schema, table, .. } = subject;
        match named {
            None if forced => Err(format!(
                "--force-named-{what} is set: say {what}={table}, so that no other run is meant"
            )),
            Some(name) if name != table && *name != format!("{schema}.{table}") => Err(format!(
                "this run is about {schema}.{table}, not about {name:?}; nothing was done"
            )),
            _ => Ok(()),
        }
    }
}

/// The list of commands, a line each.
pub fn help() -> String {
    let mut text = String::from("available commands:\n");
    let mut line = |left: String, right: &str| {
        let _ = writeln!(text, "{left:<44} # {right}");
    };
    for word in WORDS {
        let table = if word.takes_table { "[=TABLE]" } else { "" };
        line(format!("{}{table}", word.names.join(", ")), word.help);
    }
    for knob in Knob::ALL {
        line(format!("{}={}", knob.name(), knob.usage()), knob.help());
    }
    line("NAME=?".to_owned(), "what it is now");
    line("json COMMAND".to_owned(), "the same, answered as one JSON object");
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> Result<Command, String> {
        Order::read(line).map(|order| order.command)
    }

    #[test]
    fn what_a_line_means() {
        let table = || Some("orders".to_owned());
        let cases = [
            ("help", Command::Help),
            (" status ", Command::Status),
            ("info", Command::Status),
            ("sup\r", Command::Sup),
            ("coordinates=?", Command::Coordinates),
            ("applier", Command::Applier),
            ("inspector", Command::Inspector),
            ("throttle", Command::Throttle(None)),
            ("pause", Command::Throttle(None)),
            ("suspend=orders", Command::Throttle(table())),
            ("no-throttle", Command::NoThrottle(None)),
            ("unthrottle", Command::NoThrottle(None)),
            ("resume", Command::NoThrottle(None)),
            ("continue", Command::NoThrottle(None)),
            ("unpostpone", Command::CutOver(None)),
            ("no-postpone = orders", Command::CutOver(table())),
            ("cut-over=", Command::CutOver(None)),
            ("panic=orders", Command::Panic(table())),
            ("cpu-profile=5s,gzip", Command::CpuProfile),
            ("chunk-size=?", Command::Ask(Knob::ChunkSize)),
            ("chunk-size = 500", Command::Set(Knob::ChunkSize, "500".into())),
            (
                "max-load=Threads_running=50,Threads_connected=1000",
                Command::Set(Knob::MaxLoad, "Threads_running=50,Threads_connected=1000".into()),
            ),
            (
                "throttle-control-replicas='r1,r2'",
                Command::Set(Knob::ThrottleControlReplicas, "r1,r2".into()),
            ),
            (
                "throttle-query=select a = '1'",
                Command::Set(Knob::ThrottleQuery, "select a = '1'".into()),
            ),
            ("throttle-http=", Command::Set(Knob::ThrottleHttp, String::new())),
        ];
        for (line, wanted) in cases {
            assert_eq!(read(line), Ok(wanted), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_told_what_would_be_one() {
        let cases = [
            ("", "help lists"),
            ("=", "help lists"),
            ("STATUS", "help lists"),
            ("statuss", "help lists"),
            ("chunk-size", "chunk-size=?"),
            ("status=now", "say status alone"),
            ("coordinates=binlog.1:4", "say coordinates alone"),
        ];
        for (line, wanted) in cases {
            let said = read(line).expect_err(line);
            assert!(said.contains(wanted), "{line}: {said}");
        }
    }

    #[test]
    fn json_is_asked_for_in_front() {
        let order = Order::read(" json  chunk-size=? ").expect("a command");
        assert_eq!((order.name.as_str(), order.json), ("chunk-size", true));
        assert!(!Order::read("chunk-size=?").expect("a command").json);
    }

    #[test]
    fn a_command_for_another_table_is_refused() {
        let subject = |force| Subject {
            schema: "shop",
            table: "orders",
            force_named_cut_over: force,
            force_named_panic: force,
        };
        let cases = [
            ("cut-over", false, true),
            ("cut-over", true, false),
            ("cut-over=orders", true, true),
            ("cut-over=shop.orders", true, true),
            ("cut-over=Orders", false, false),
            ("panic", true, false),
            ("panic=orders", true, true),
            ("panic=other", false, false),
            ("throttle=other", false, false),
            ("throttle", true, true),
            ("no-throttle=orders", false, true),
            ("status", true, true),
        ];
        for (line, force, wanted) in cases {
            let checked = read(line).expect(line).check(subject(force));
            assert_eq!(checked.is_ok(), wanted, "{line} {force}: {checked:?}");
        }
    }

    #[test]
    fn help_names_every_command() {
        let help = help();
        let names = WORDS.iter().flat_map(|word| word.names.iter().copied());
        for name in names.chain(Knob::ALL.map(Knob::name)) {
            assert!(help.contains(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let line = String::from_utf8_lossy(&bytes);
            if let Err(said) = Order::read(&line) {
                prop_assert!(!said.is_empty() && said.chars().count() < 400, "{said}");
            }
        }

        #[test]
        fn any_value_is_kept_whole(value in "[^'\"\\s?][^'\"]{0,40}[^'\"\\s]") {
            let line = format!("throttle-query={value}");
            prop_assert_eq!(read(&line), Ok(Command::Set(Knob::ThrottleQuery, value)));
        }
    }
}
