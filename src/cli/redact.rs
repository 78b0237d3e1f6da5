//! Keeps passwords out of messages about flags that could not be parsed.
//!
//! clap quotes the arguments that it does not understand, and one of them may be a password: `--ask-pass hunter2`,
//! `-phunter2`, `--pasword=hunter2`. So whatever stands in or after a password flag, or an argument that is no flag of
//! ours and may have been meant as one, is blotted out wherever the text quotes it.

use std::cmp::Reverse;
use std::ffi::OsString;

/// The text without what may be a password among the arguments.
pub fn passwords(text: &str, argv: &[OsString]) -> String {
    let mut secrets = suspects(argv);
    // Longest first: a secret may contain another.
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    secrets
        .iter()
        .fold(text.to_string(), |text, secret| without(&text, secret))
}

/// Only whole quoted arguments: a password of one letter must not take the text apart.
fn without(text: &str, secret: &str) -> String {
    ["'", "=", " "].iter().fold(text.to_string(), |text, before| {
        text.replace(&format!("{before}{secret}'"), &format!("{before}***'"))
    })
}

fn suspects(argv: &[OsString]) -> Vec<String> {
    let harmless = harmless_flags();
    let args: Vec<String> = argv
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let suspicious = |arg: &str| arg.starts_with('-') && !is_flag(arg, &harmless);
    let glued = args
        .iter()
        .filter(|arg| suspicious(arg))
        .filter_map(|arg| glued(arg));
    let follows = args.windows(2).filter_map(|pair| match pair {
        [flag, value] if suspicious(flag) && !is_flag(value, &harmless) => Some(value.as_str()),
        _ => None,
    });
    glued
        .chain(follows)
        .filter(|secret| !secret.is_empty())
        .map(str::to_string)
        .collect()
}

/// The value in `--password=value` and `-pvalue`.
fn glued(arg: &str) -> Option<&str> {
    arg.split_once('=')
        .map(|(_, value)| value)
        .or_else(|| arg.strip_prefix("-p"))
}

fn is_flag(arg: &str, flags: &[String]) -> bool {
    let name = arg.split('=').next().unwrap_or(arg);
    let name = name.strip_prefix("--").or_else(|| name.strip_prefix('-'));
    name.is_some_and(|name| flags.iter().any(|flag| flag == name))
}

/// Our flags that never come with a password.
fn harmless_flags() -> Vec<String> {
    let alter = super::alter_command();
    let names = alter.get_arguments().filter_map(|arg| arg.get_long());
    names
        .filter(|name| !name.contains("pass"))
        .map(str::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str, argv: &[&str]) -> String {
        let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
        passwords(text, &argv)
    }

    #[test]
    fn whatever_may_be_a_password_is_blotted_out() {
        let cases: [&[&str]; 11] = [
            &["--password=hunter2"],
            &["-password", "hunter2"],
            &["-password=hunter2"],
            &["--master-password", "hunter2"],
            &["-master-password=hunter2"],
            &["--pasword", "hunter2"],
            &["--ask-pass", "hunter2"],
            &["-phunter2"],
            &["-p", "hunter2"],
            &["--MYSQL_PWD=hunter2"],
            &["-pass=hunter2"],
        ];
        for argv in cases {
            let text = "unexpected argument 'hunter2' found, to pass it use '-- hunter2' or '--x=hunter2'";
            let wanted = "unexpected argument '***' found, to pass it use '-- ***' or '--x=***'";
            assert_eq!(redacted(text, argv), wanted, "{argv:?}");
        }
    }

    #[test]
    fn the_rest_stays_readable() {
        let text = "invalid value 'x' for '--workers <N>', '--port=y'";
        assert_eq!(
            redacted(text, &["--ask-pass", "--workers", "x", "--port=y"]),
            text
        );
        assert_eq!(redacted(text, &["-workers", "x", "-port=y"]), text);
        let text = "unexpected argument '-pa' found";
        assert_eq!(redacted(text, &["-pa"]), text);
    }

    #[test]
    fn a_secret_within_a_secret() {
        assert_eq!(redacted("'ab cd'", &["-pab cd", "--password=cd"]), "'***'");
    }
}
