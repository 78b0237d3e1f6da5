//! Table options: `ENGINE=InnoDB COMMENT 'x' AUTO_INCREMENT 5`. A clause may hold several, without commas.

use super::lexer::{Kind, Token};

/// The options of one clause that matter to us; values as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `AUTO_INCREMENT=…`
    pub auto_increment: Option<String>,
    /// `COMMENT=…`, a text with its quotes.
    pub comment: Option<String>,
    /// `ENGINE=…`, without quotes.
    pub engine: Option<String>,
}

/// Words in front of an option's own word.
const PREFIXES: &[&str] = &["DEFAULT", "CHARACTER", "CHAR", "DATA", "INDEX"];

const NAMES: &[&str] = &[
    "AUTOEXTEND_SIZE",
    "AUTO_INCREMENT",
    "AVG_ROW_LENGTH",
    "CHARSET",
    "CHECKSUM",
    "COLLATE",
    "COMMENT",
    "COMPRESSION",
    "CONNECTION",
    "DELAY_KEY_WRITE",
    "DIRECTORY",
    "ENCRYPTION",
    "ENGINE",
    "ENGINE_ATTRIBUTE",
    "INSERT_METHOD",
    "KEY_BLOCK_SIZE",
    "MAX_ROWS",
    "MIN_ROWS",
    "PACK_KEYS",
    "PASSWORD",
    "ROW_FORMAT",
    "SECONDARY_ENGINE",
    "SECONDARY_ENGINE_ATTRIBUTE",
    "SET",
    "STATS_AUTO_RECALC",
    "STATS_PERSISTENT",
    "STATS_SAMPLE_PAGES",
    "STORAGE",
    "TABLESPACE",
    "UNION",
];

/// Reads a clause made of table options; `None` if a word in it is not known as one.
pub(super) fn read(code: &[Token<'_>]) -> Option<Options> {
    let mut options = Options::default();
    let mut rest = code;
    while let Some(first) = rest.first() {
        if first.is_any(PREFIXES) {
            rest = rest.get(1..)?;
            continue;
        }
        if !first.is_any(NAMES) {
            return None;
        }
        let (value, behind) = value(rest.get(1..)?)?;
        options.set(first, value);
        rest = behind;
    }
    Some(options)
}

impl Options {
    fn set(&mut self, name: &Token<'_>, value: &Token<'_>) {
        let text = value.text.to_owned();
        match name {
            option if option.is_word("AUTO_INCREMENT") => self.auto_increment = Some(text),
            option if option.is_word("COMMENT") => self.comment = Some(text),
            option if option.is_word("ENGINE") => {
                self.engine = Some(text.trim_matches(['\'', '"', '`']).to_owned());
            }
            _ => {}
        }
    }
}

/// One value and what follows it: a word, a text, or a list in parentheses.
fn value<'t, 'a>(code: &'t [Token<'a>]) -> Option<(&'t Token<'a>, &'t [Token<'a>])> {
    let code = if code.first()?.is_symbol('=') {
        code.get(1..)?
    } else {
        code
    };
    let (first, rest) = code.split_first()?;
    if first.is_symbol('(') {
        let close = rest.iter().position(|token| token.is_symbol(')'))?;
        return Some((first, rest.get(close + 1..)?));
    }
    (first.kind != Kind::Symbol).then_some((first, rest))
}
