//! Go's spelling of flags, which gh-ost's users have in their scripts, made into clap's.
//!
//! `-execute` is `--execute`; a switch may say `=false` (or 0, f, F, False, FALSE, and the same for true) and takes no
//! value after a blank; any other flag takes the argument after it, whatever that begins with; a flag given twice counts
//! as it was said last. Which flags are switches is asked of the clap command, so nothing here knows a flag by name.
//!
//! Two things are not as in Go, on purpose. What is no flag does not silently end the flags: it stays where it is, and
//! clap refuses it. And where a value is missing because another flag of ours follows (`--host --port 3306`), that
//! is an error and not a host named `--port`.
//!
//! No message of this module shows a value: a password may be among them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::{Arg, ArgAction};

use crate::error::Failure;

/// What a flag does with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// There or not.
    Switch,
    /// Yes, no, or nothing said.
    Choice,
    /// It has one. `any`: which may begin like a flag.
    Valued { any: bool },
}

/// The long flags of a command.
pub(super) struct Flags(Vec<(String, Kind)>);

impl Flags {
    pub(super) fn of(command: &clap::Command) -> Self {
        let own = command
            .get_arguments()
            .filter_map(|arg| Some((arg.get_long()?, kind(arg))));
        let of_clap = [("help", Kind::Switch), ("version", Kind::Switch)];
        Self(
            own.chain(of_clap)
                .map(|(name, kind)| (name.to_owned(), kind))
                .collect(),
        )
    }

    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, kind)| *kind)
    }

    /// Whether an argument is a flag of ours, with one dash or two.
    pub(super) fn know(&self, arg: &OsStr) -> bool {
        Spelled::read(arg).is_some_and(|flag| self.kind(flag.name).is_some())
    }
}

fn kind(arg: &Arg) -> Kind {
    match arg.get_action() {
        ArgAction::Set | ArgAction::Append => match arg.get_num_args() {
            Some(range) if range.min_values() == 0 => Kind::Choice,
            _ => Kind::Valued {
                any: arg.is_allow_hyphen_values_set(),
            },
        },
        _ => Kind::Switch,
    }
}

/// `-name`, `--name`, `--name=value`.
pub(super) struct Spelled<'a> {
    pub(super) name: &'a str,
    pub(super) value: Option<&'a OsStr>,
}

impl<'a> Spelled<'a> {
    /// `None`: it does not look like a flag.
    pub(super) fn read(arg: &'a OsStr) -> Option<Self> {
        let bytes = arg.as_bytes().strip_prefix(b"-")?;
        let bytes = bytes.strip_prefix(b"-").unwrap_or(bytes);
        let mut parts = bytes.splitn(2, |byte| *byte == b'=');
        let name = parts.next().and_then(|name| std::str::from_utf8(name).ok())?;
        let wrong = name.is_empty() || name.starts_with('-');
        (!wrong).then(|| Self {
            name,
            value: parts.next().map(OsStr::from_bytes),
        })
    }
}

enum Token {
    Switch(String, bool),
    Other(OsString),
}

/// The arguments (without the program's name) as clap takes them. The error names a switch whose value is neither yes
/// nor no.
pub fn rewritten(args: &[OsString], command: &clap::Command) -> Result<Vec<OsString>, Failure> {
    let flags = Flags::of(command);
    let mut tokens = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if arg == "--" {
            tokens.push(Token::Other(arg.clone()));
            tokens.extend(rest.by_ref().cloned().map(Token::Other));
            break;
        }
        let spelled = Spelled::read(arg);
        let Some((flag, kind)) = spelled.and_then(|flag| flags.kind(flag.name).map(|kind| (flag, kind)))
        else {
            tokens.push(Token::Other(arg.clone()));
            continue;
        };
        tokens.push(match kind {
            Kind::Switch => Token::Switch(
                flag.name.to_owned(),
                flag.value.map_or(Ok(true), |it| yes(flag.name, it))?,
            ),
            Kind::Choice => {
                let yes = flag.value.map_or(Ok(true), |it| yes(flag.name, it))?;
                Token::Other(format!("--{}={yes}", flag.name).into())
            }
            Kind::Valued { any } => {
                let follows = rest.as_slice().first().filter(|next| any || !flags.know(next));
                let value = flag.value.or(follows.map(OsString::as_os_str));
                if flag.value.is_none() && value.is_some() {
                    rest.next();
                }
                Token::Other(with_value(flag.name, value))
            }
        });
    }
    Ok(last_said(tokens))
}

fn with_value(name: &str, value: Option<&OsStr>) -> OsString {
    let mut arg = OsString::from(format!("--{name}"));
    if let Some(value) = value {
        arg.push("=");
        arg.push(value);
    }
    arg
}

/// Of several words about a switch, only the last one stays, and only if it is yes.
fn last_said(tokens: Vec<Token>) -> Vec<OsString> {
    let mut said: Vec<String> = Vec::new();
    let mut args: Vec<OsString> = Vec::new();
    for token in tokens.into_iter().rev() {
        match token {
            Token::Other(arg) => args.push(arg),
            Token::Switch(name, _) if said.contains(&name) => {}
            Token::Switch(name, yes) => {
                if yes {
                    args.push(format!("--{name}").into());
                }
                said.push(name);
            }
        }
    }
    args.reverse();
    args
}

/// What Go takes for a truth value.
fn yes(name: &str, value: &OsStr) -> Result<bool, Failure> {
    match value.as_bytes() {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Ok(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Ok(false),
        _ => Err(
            Failure::usage(format!("--{name} has a value that is neither yes nor no"))
                .hint(format!("say --{name}, or --{name}=false")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(args: &[&str]) -> Vec<String> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        let args = rewritten(&args, &crate::cli::alter_command()).expect("switches that say yes or no");
        args.into_iter()
            .map(|arg| arg.into_string().expect("UTF-8"))
            .collect()
    }

    #[test]
    fn one_dash_is_two() {
        assert_eq!(
            go(&["-execute", "-max-lag-millis=5"]),
            ["--execute", "--max-lag-millis=5"]
        );
        assert_eq!(go(&["-help"]), ["--help"]);
        assert_eq!(
            go(&["-host", "db1", "--port", "3307"]),
            ["--host=db1", "--port=3307"]
        );
    }

    #[test]
    fn a_switch_may_say_yes_or_no_but_not_after_a_blank() {
        for yes in ["1", "t", "T", "true", "TRUE", "True"] {
            assert_eq!(go(&[&format!("--execute={yes}")]), ["--execute"]);
            assert_eq!(go(&[&format!("-gtid={yes}")]), ["--gtid=true"]);
        }
        for no in ["0", "f", "F", "false", "FALSE", "False"] {
            assert!(go(&[&format!("-execute={no}")]).is_empty());
            assert_eq!(go(&[&format!("--gtid={no}")]), ["--gtid=false"]);
        }
        assert_eq!(go(&["--gtid", "--verbose"]), ["--gtid=true", "--verbose"]);
        assert_eq!(go(&["--execute", "false"]), ["--execute", "false"]);
    }

    #[test]
    fn the_last_word_about_a_switch_counts() {
        assert_eq!(go(&["--execute", "--debug", "--execute=false"]), ["--debug"]);
        assert_eq!(go(&["-execute=0", "--execute"]), ["--execute"]);
        assert_eq!(go(&["-execute", "--execute"]), ["--execute"]);
    }

    #[test]
    fn values_stay_whole_whatever_they_begin_with() {
        assert_eq!(go(&["--alter", "-x"]), ["--alter=-x"]);
        assert_eq!(go(&["--alter", "--execute"]), ["--alter=--execute"]);
        assert_eq!(go(&["--password", "-abc"]), ["--password=-abc"]);
        assert_eq!(go(&["--password", "--"]), ["--password=--"]);
        assert_eq!(
            go(&["-password=a=b", "-password="]),
            ["--password=a=b", "--password="]
        );
        assert_eq!(go(&["--alter=", "-alter", ""]), ["--alter=", "--alter="]);
        assert_eq!(go(&["--nice-ratio", "-1"]), ["--nice-ratio=-1"]);
        let bytes = OsStr::from_bytes(b"/tmp/\xff").to_owned();
        let args = ["-serve-socket-file".into(), bytes];
        let args = rewritten(&args, &crate::cli::alter_command()).expect("no switches");
        assert_eq!(args, [OsStr::from_bytes(b"--serve-socket-file=/tmp/\xff")]);
    }

    #[test]
    fn a_value_that_is_not_there_is_not_made_of_the_next_flag() {
        assert_eq!(go(&["--host", "--port", "3306"]), ["--host", "--port=3306"]);
        assert_eq!(go(&["--host", "-execute"]), ["--host", "--execute"]);
        assert_eq!(go(&["--host"]), ["--host"]);
    }

    #[test]
    fn what_is_no_flag_of_ours_stays_as_it_is() {
        let args = [
            "orders",
            "-",
            "-p",
            "-phunter2",
            "---execute",
            "--nonsense=1",
            "-=x",
        ];
        assert_eq!(go(&args), args);
        assert_eq!(go(&["--", "-execute"]), ["--", "-execute"]);
    }

    #[test]
    fn neither_yes_nor_no() {
        let args = [OsString::from("-ask-pass=hunter2")];
        let failure = rewritten(&args, &crate::cli::alter_command()).expect_err("a failure");
        let said = format!("{failure:?}");
        assert!(said.contains("--ask-pass") && !said.contains("hunter2"), "{said}");
    }
}
