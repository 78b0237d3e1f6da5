//! MySQL option files (`my.cnf`), as far as `[client]` goes.
//!
//! The grammar is the server's own, because a password read differently from how `mysql` reads it is a wrong password:
//! `#` and `;` start a line that is a comment, `#` also ends a value unless it is quoted; a value may stand in single
//! or double quotes; `\b \t \n \r \s \\ \' \"` are escapes and any other backslash is itself; `-` and `_` in option names
//! are the same; an option may have no value. Options that we have no use for are passed over, as are other groups.
//! Beyond it, as in gh-ost, a value of the form `${NAME}` is taken from the environment.
//!
//! `!include` and `!includedir` are refused rather than overlooked: what they hold may be what the user relies on.

use std::collections::HashMap;

use crate::error::Failure;

/// The options of `[client]`; a later line beats an earlier one.
#[derive(Clone, Default)]
pub struct ClientOptions {
    values: HashMap<String, String>,
}

impl ClientOptions {
    /// Reads a file's text. All that is wrong with it is reported.
    pub fn parse(bytes: &[u8], env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Failure>> {
        let text = std::str::from_utf8(bytes).map_err(|error| vec![not_utf8(&error)])?;
        let mut options = Self::default();
        let mut problems = Vec::new();
        let mut group = String::new();
        for (at, line) in text.lines().enumerate() {
            match Line::read(line) {
                Line::Group(name) => group = name,
                Line::Include => problems.push(included(at + 1)),
                Line::Broken => problems.push(broken(at + 1)),
                Line::Option(name, value) if group == "client" => match expand(&value, env) {
                    Ok(value) => drop(options.values.insert(name, value)),
                    Err(missing) => problems.push(unset(at + 1, &name, &missing)),
                },
                Line::Option(..) | Line::Nothing => {}
            }
        }
        if problems.is_empty() {
            Ok(options)
        } else {
            Err(problems)
        }
    }

    /// An option's value; names are written with `-`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

enum Line {
    Nothing,
    Group(String),
    Option(String, String),
    Include,
    Broken,
}

impl Line {
    fn read(line: &str) -> Self {
        let line = line.trim();
        match line.chars().next() {
            None | Some('#' | ';') => Self::Nothing,
            Some('!') => Self::Include,
            Some('[') => match line.split_once(']') {
                Some((name, _)) => Self::Group(name.trim_start_matches('[').to_string()),
                None => Self::Broken,
            },
            Some(_) => Self::option(without_comment(line)),
        }
    }

    fn option(line: &str) -> Self {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let name = name.trim().replace('_', "-");
        if name.is_empty() {
            return Self::Broken;
        }
        Self::Option(name, unescaped(unquoted(value.trim())))
    }
}

/// Cuts a comment off that begins outside of quotes. A backslash keeps the character after it from being a quote.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            '#' if quote.is_none() => return line.get(..at).unwrap_or(line).trim_end(),
            '\'' | '"' if !escaped && quote.is_none() => quote = Some(c),
            _ if !escaped && quote == Some(c) => quote = None,
            _ => {}
        }
        escaped = quote.is_some() && c == '\\' && !escaped;
    }
    line
}

fn unquoted(value: &str) -> &str {
    ['\'', '"']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('b') => text.push('\u{8}'),
            Some('t') => text.push('\t'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('s') => text.push(' '),
            Some(quoted @ ('\\' | '\'' | '"')) => text.push(quoted),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

/// `${NAME}` from the environment, everything else as it is; the error is the name that is not set.
fn expand(value: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    match value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => env(name).ok_or_else(|| name.to_string()),
        None => Ok(value.to_string()),
    }
}

fn not_utf8(error: &std::str::Utf8Error) -> Failure {
    Failure::usage(format!(
        "the option file is not UTF-8: the byte at offset {}",
        error.valid_up_to()
    ))
    .hint("save it as UTF-8; passwords are sent as UTF-8, too")
}

fn included(line: usize) -> Failure {
    Failure::usage(format!(
        "line {line} of the option file includes another file, which is not followed"
    ))
    .hint("put the account into a file of its own, with a [client] section, and give that to --conf")
}

fn broken(line: usize) -> Failure {
    Failure::usage(format!(
        "line {line} of the option file is neither a [group] nor an option"
    ))
    .hint(
        "see that every line is of the form name=value; the line is not shown because it may hold a password",
    )
}

fn unset(line: usize, option: &str, name: &str) -> Failure {
    Failure::usage(format!(
        "line {line} of the option file takes {option} from ${{{name}}}, which is not set"
    ))
    .hint(format!("export {name}, or write the value into the file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ClientOptions, Vec<Failure>> {
        let env = |name: &str| (name == "SHOP_PASSWORD").then(|| "from env".to_string());
        ClientOptions::parse(text.as_bytes(), &env)
    }

    fn value(line: &str) -> String {
        let options = parse(&format!("[client]\n{line}\n")).unwrap_or_else(|found| panic!("{found:?}"));
        options.get("password").unwrap_or("(none)").to_string()
    }

    /// Each as `my_print_defaults client` of MySQL 9.7 reads it.
    #[test]
    fn values_are_read_as_mysql_reads_them() {
        let cases = [
            ("password=secret", "secret"),
            ("password = secret  ", "secret"),
            ("  password\t=\tsecret", "secret"),
            ("password=se cret", "se cret"),
            ("password=a=b", "a=b"),
            ("password=secret # comment", "secret"),
            ("password=secret#comment", "secret"),
            ("password=secret;no comment", "secret;no comment"),
            ("password='se#cret'", "se#cret"),
            ("password=\"se#cret\" # comment", "se#cret"),
            ("password='it''s'", "it''s"),
            ("password=it's", "it's"),
            ("password='\"'", "\""),
            (r"password=a\sb\tc\\d\qe", "a b\tc\\d\\qe"),
            (r"password='a\'b#c'", "a'b#c"),
            (r"password=a\'b", "a'b"),
            (r"password=a\#b", "a\\"),
            (r"password=abc\\", "abc\\"),
            ("password=it's # comment", "it's # comment"),
            ("password='a' 'b'", "a' 'b"),
            ("password=a'#'b", "a'#'b"),
            ("password=\"a\"#\"b\"", "a"),
            ("password='abc", "'abc"),
            ("password='", "'"),
            ("password=''", ""),
            ("password=", ""),
            ("password", ""),
            ("pass_word=x\npassword=y", "y"),
            ("password=first\npassword=second", "second"),
            ("password=${SHOP_PASSWORD}", "from env"),
            ("password=a${SHOP_PASSWORD}", "a${SHOP_PASSWORD}"),
        ];
        for (line, wanted) in cases {
            assert_eq!(value(line), wanted, "{line}");
        }
    }

    #[test]
    fn only_the_client_group_counts() {
        let text = "user=none\n[ client ]\nuser=spaces\n[mysqld]\nuser=mysql\nskip-name-resolve\n[client]\r\nuser=me\r\n; a comment\n[mysql]\nuser=other\n\
                    [client]\nssl_ca=/ca.pem\n";
        let options = parse(text).unwrap_or_else(|found| panic!("{found:?}"));
        assert_eq!(
            (options.get("user"), options.get("ssl-ca")),
            (Some("me"), Some("/ca.pem"))
        );
    }

    #[test]
    fn everything_wrong_is_reported_and_no_value_shown() {
        let text = "!include /etc/my.cnf\n[client\n[client]\n=hunter2\npassword=${NOT_SET}\n";
        let found = parse(text).err().unwrap_or_default();
        let said: Vec<&str> = found.iter().map(|problem| problem.what.as_str()).collect();
        assert_eq!(
            said,
            [
                "line 1 of the option file includes another file, which is not followed",
                "line 2 of the option file is neither a [group] nor an option",
                "line 4 of the option file is neither a [group] nor an option",
                "line 5 of the option file takes password from ${NOT_SET}, which is not set",
            ]
        );
    }

    #[test]
    fn bytes_that_are_no_text() {
        let found = ClientOptions::parse(b"[client]\npassword=\xff", &|_| None)
            .err()
            .unwrap_or_default();
        assert!(
            found.iter().any(|problem| problem.what.contains("offset 18")),
            "{found:?}"
        );
    }
}
