//! SQL files cut into statements, as the mysql client would: quotes, comments and `DELIMITER` lines.
//! Literals are read with backslash escapes; a case for NO_BACKSLASH_ESCAPES must not end a literal with a backslash.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::support::{Outcome, Trouble};

/// What the cutter is inside of.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Nothing,
    Quote(char),
    LineComment,
    BlockComment,
}

/// The statements of a script, without their delimiters and without empty ones.
pub fn statements(script: &str) -> Vec<String> {
    let mut cutter = Cutter {
        delimiter: ";".to_owned(),
        inside: Inside::Nothing,
        now: String::new(),
        done: Vec::new(),
    };
    for line in script.lines() {
        cutter.line(line);
    }
    cutter.cut();
    cutter.done
}

/// Run a whole script on a session.
pub async fn run(conn: &mut Conn, script: &str) -> Outcome {
    for statement in statements(script) {
        conn.query_drop(&statement)
            .await
            .map_err(|error| Trouble::from(error).at(&shortened(&statement)))?;
    }
    Ok(())
}

/// A statement for a message.
pub fn shortened(statement: &str) -> String {
    let one_line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", one_line.get(..end).unwrap_or_default()),
        None => one_line,
    }
}

struct Cutter {
    delimiter: String,
    inside: Inside,
    now: String,
    done: Vec<String>,
}

impl Cutter {
    fn line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if self.inside == Inside::Nothing && first.eq_ignore_ascii_case("delimiter") {
            self.delimiter = words.next().unwrap_or(";").to_owned();
            return;
        }
        let mut rest = line;
        while let Some(step) = self.step(rest) {
            rest = rest.get(step..).unwrap_or_default();
        }
        if self.inside == Inside::LineComment {
            self.inside = Inside::Nothing;
        }
        self.now.push('\n');
    }

    /// Take the next character (or delimiter) of a line; how many bytes it had, none at the line's end.
    fn step(&mut self, rest: &str) -> Option<usize> {
        let c = rest.chars().next()?;
        if self.inside == Inside::Nothing && rest.starts_with(&self.delimiter) {
            self.cut();
            return Some(self.delimiter.len());
        }
        let mut taken = c.len_utf8();
        match self.inside {
            Inside::Nothing => self.inside = opened_by(rest),
            // A doubled quote closes and opens again, which is the same thing.
            Inside::Quote(quote) if c == quote => self.inside = Inside::Nothing,
            Inside::Quote(quote) if c == '\\' && quote != '`' => {
                taken += rest.chars().nth(1).map_or(0, char::len_utf8);
            }
            Inside::BlockComment if rest.starts_with("*/") => {
                self.inside = Inside::Nothing;
                taken = 2;
            }
            _ => {}
        }
        if self.inside != Inside::LineComment {
            self.now.push_str(rest.get(..taken).unwrap_or_default());
        }
        Some(taken)
    }

    fn cut(&mut self) {
        let statement = std::mem::take(&mut self.now);
        if !statement.trim().is_empty() {
            self.done.push(statement.trim().to_owned());
        }
    }
}

fn opened_by(rest: &str) -> Inside {
    match rest.chars().next() {
        Some(quote @ ('\'' | '"' | '`')) => Inside::Quote(quote),
        Some('#') => Inside::LineComment,
        _ if rest == "--" || rest.starts_with("-- ") => Inside::LineComment,
        _ if rest.starts_with("/*") => Inside::BlockComment,
        _ => Inside::Nothing,
    }
}
