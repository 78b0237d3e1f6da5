//! `--check-flag`: are the other flags known? For scripts that must run with several versions.
//!
//! Values are not looked at, nothing is read and nobody is connected to. As in gh-ost a flag that takes a value should have
//! one; if it has none, that is no reason to call the flag unknown.

use std::ffi::{OsStr, OsString};

use super::go_style::{Flags, Kind, Spelled};
use crate::error::Failure;

/// What is to be said of flags that are not known; `None` if there are none.
pub fn problem(args: &[OsString], command: &clap::Command) -> Option<Failure> {
    let unknown = unknown(args, &Flags::of(command));
    (!unknown.is_empty()).then(|| {
        Failure::usage(format!("not known: {}", unknown.join(", ")))
            .hint("docs/flags.md and --help list all flags of this version")
    })
}

/// What looks like a flag and is none, in the order given.
fn unknown(args: &[OsString], flags: &Flags) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let Some(flag) = Spelled::read(arg) else { continue };
        match flags.kind(flag.name) {
            None => found.push(format!("--{}", flag.name)),
            Some(Kind::Valued { any }) if flag.value.is_none() => {
                let next = rest.as_slice().first();
                if next.is_some_and(|next| is_value(next, any, flags)) {
                    rest.next();
                }
            }
            Some(_) => {}
        }
    }
    found
}

/// A flag that may take anything takes what is no flag of ours; others do not take what looks like one.
fn is_value(next: &OsStr, any: bool, flags: &Flags) -> bool {
    if any {
        return !flags.know(next);
    }
    let number = |flag: &Spelled| flag.name.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    Spelled::read(next).is_none_or(|flag| number(&flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str]) -> Option<String> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        problem(&args, &crate::cli::alter_command()).map(|problem| problem.what)
    }

    #[test]
    fn flags_are_known_with_or_without_a_value() {
        let known: [&[&str]; 6] = [
            &["--cut-over-lock-timeout-seconds", "1", "--nice-ratio", "0"],
            &["--cut-over-lock-timeout-seconds", "--nice-ratio", "0"],
            &["-execute=true", "-gtid", "-help"],
            &["--alter", "-x", "--password", "-y", "--nice-ratio", "-1"],
            &["--chunk-size=x"],
            &["--execute", "true"],
        ];
        for args in known {
            let args = [&["--check-flag"], args].concat();
            assert_eq!(check(&args), None, "{args:?}");
        }
    }

    #[test]
    fn those_that_are_not_known_are_named() {
        let found = check(&[
            "--nonsense=1",
            "--check-flag",
            "--chunk-size",
            "--other",
            "-third",
            "4",
        ]);
        assert_eq!(found.as_deref(), Some("not known: --nonsense, --other, --third"));
    }
}
