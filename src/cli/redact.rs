//! Keeps passwords out of messages about flags that could not be parsed.
//!
//! clap quotes the arguments that it does not understand, and one of them may be a password: `--ask-pass hunter2`,
//! `-phunter2`, `--passwort=hunter2`. So whatever stands in or after an argument that looks like a password flag is
//! blotted out of the text.

use std::ffi::OsString;

/// The text without what may be a password among the arguments.
pub fn passwords(text: &str, argv: &[OsString]) -> String {
    let mut secrets: Vec<String> = suspects(argv);
    // Longest first: a secret may contain another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.iter().fold(text.to_string(), |text, secret| {
        text.replace(secret.as_str(), "***")
    })
}

fn suspects(argv: &[OsString]) -> Vec<String> {
    let args: Vec<String> = argv
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let mut found = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        if let Some(glued) = glued(arg) {
            found.push(glued.to_string());
        }
        let follows = at
            .checked_sub(1)
            .and_then(|before| args.get(before))
            .is_some_and(|flag| names_password(flag));
        if follows && !known_flag(arg) {
            found.push(arg.clone());
        }
    }
    found.retain(|secret| !secret.is_empty());
    found
}

/// The value in `--password=value` and `-pvalue`.
fn glued(arg: &str) -> Option<&str> {
    match arg.split_once('=') {
        Some((flag, value)) if names_password(flag) => Some(value),
        _ => arg.strip_prefix("-p").filter(|_| !arg.starts_with("-port")),
    }
}

/// Flags that are, or were meant as, a password flag.
fn names_password(flag: &str) -> bool {
    let flag = flag.to_ascii_lowercase();
    flag == "-p" || flag.starts_with('-') && ["pass", "pwd", "psw"].iter().any(|part| flag.contains(part))
}

/// Whether an argument is a flag rather than the value of the one before.
fn known_flag(arg: &str) -> bool {
    arg.strip_prefix("--").is_some_and(|name| {
        let name = name.split('=').next().unwrap_or(name);
        super::flag_names().any(|known| known == name)
    })
}
