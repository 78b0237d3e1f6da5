//! MySQL's own lexical rules, without loss: the pieces of a text, put together, are the text again.
//!
//! Everything that looks at SQL (the ALTER's clauses, statements in the binlog) stands on this, because a single
//! quote or comment read differently from the server hides a rename from us. The grammar's own tokenizer is not used for
//! that: it skips version comments without looking at their number, takes Unicode spaces for spaces, knows no
//! `NO_BACKSLASH_ESCAPES`, and fails where a text is not finished.
//!
//! What is right here: `--` begins a comment only before a space, a control character or the end; a comment does not
//! nest; the inside of `/*! … */` is code; names may hold `$`, digits first and any non-ASCII character; `$tag$ … $tag$` is a text.
//! Left to others: what the pieces mean.

/// The parts of `sql_mode` that change where a text begins and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SqlMode {
    /// `"x"` is a name, not a text.
    pub ansi_quotes: bool,
    /// A backslash in a text is a backslash.
    pub no_backslash_escapes: bool,
}

impl From<bool> for SqlMode {
    /// From the question whether `ANSI_QUOTES` is on.
    fn from(ansi_quotes: bool) -> Self {
        Self {
            ansi_quotes,
            no_backslash_escapes: false,
        }
    }
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// White space.
    Space,
    /// `-- …`, `# …`, `/* … */`.
    Comment,
    /// `/*!` and its version: what follows is code on servers of that version and later. 0: it has none, every server
    /// executes it; `u32::MAX`: servers do not agree about it.
    VersionOpen(u32),
    /// The `*/` that ends such a piece of code.
    VersionClose,
    /// A bare word: a keyword, a name or a number.
    Word,
    /// A name in backticks (or double quotes under `ANSI_QUOTES`).
    QuotedName,
    /// A text in quotes.
    Text,
    /// Any other character.
    Symbol,
    /// A quote or comment that the text does not close.
    Unfinished,
}

/// One piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// It, as written.
    pub text: &'a str,
    /// Byte offset in the whole.
    pub start: usize,
}

impl<'a> Token<'a> {
    /// Code, as opposed to space, comments and the marks of version comments.
    pub fn is_code(&self) -> bool {
        !matches!(
            self.kind,
            Kind::Space | Kind::Comment | Kind::VersionOpen(_) | Kind::VersionClose
        )
    }

    /// Is this the keyword (given in upper case)? Quoted names never are.
    pub fn is_word(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Is this one of the keywords?
    pub fn is_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is_word(keyword))
    }

    /// Is this the symbol?
    pub fn is_symbol(&self, symbol: char) -> bool {
        self.kind == Kind::Symbol && self.text.starts_with(symbol)
    }

    /// The name that this piece stands for, quotes resolved; `None` if it can be no name.
    pub fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_owned()),
            Kind::QuotedName => {
                let quote = self.text.chars().next()?;
                let inner = self.text.strip_prefix(quote)?.strip_suffix(quote)?;
                Some(inner.replace(&format!("{quote}{quote}"), &quote.to_string()))
            }
            _ => None,
        }
    }

    /// Byte offset behind it.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// All pieces of a text.
pub fn lex(text: &str, mode: SqlMode) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        mode,
        in_version: false,
    };
    std::iter::from_fn(|| lexer.next()).collect()
}

/// The pieces that are code.
pub fn code(text: &str, mode: SqlMode) -> Vec<Token<'_>> {
    lex(text, mode).into_iter().filter(Token::is_code).collect()
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    mode: SqlMode,
    /// Inside `/*! … */`, where `*/` is an end and not two symbols.
    in_version: bool,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (kind, len) = self.piece(rest);
        let text = rest.get(..len).unwrap_or(rest);
        let token = Token {
            kind,
            text,
            start: self.at,
        };
        self.at += text.len();
        Some(token)
    }

    fn piece(&mut self, rest: &str) -> (Kind, usize) {
        let Some(first) = rest.chars().next() else {
            return (Kind::Space, 0);
        };
        match first {
            c if is_space(c) => (Kind::Space, leading(rest, is_space)),
            '\'' => quoted(rest, '\'', !self.mode.no_backslash_escapes, Kind::Text),
            '"' if self.mode.ansi_quotes => quoted(rest, '"', false, Kind::QuotedName),
            '"' => quoted(rest, '"', !self.mode.no_backslash_escapes, Kind::Text),
            '`' => quoted(rest, '`', false, Kind::QuotedName),
            '#' => (Kind::Comment, line(rest)),
            '-' if is_dash_comment(rest) => (Kind::Comment, line(rest)),
            '/' if rest.starts_with("/*!") => self.version_open(rest),
            '/' if rest.starts_with("/*") => until(rest, 2, "*/", Kind::Comment),
            '*' if self.in_version && rest.starts_with("*/") => {
                self.in_version = false;
                (Kind::VersionClose, 2)
            }
            '$' if dollar_tag(rest).is_some() => dollar_text(rest),
            c if is_name_part(c) => (Kind::Word, leading(rest, is_name_part)),
            c => (Kind::Symbol, c.len_utf8()),
        }
    }

    /// Five digits behind `/*!` are a version; fewer belong to the code. Six are one version on some servers, on others only before a
    /// space, and else five and a piece of code: a version that no server has.
    fn version_open(&mut self, rest: &str) -> (Kind, usize) {
        self.in_version = true;
        let behind = rest.get(3..).unwrap_or_default();
        match leading(behind, |c| c.is_ascii_digit()) {
            0..5 => (Kind::VersionOpen(0), 3),
            5 => {
                let version = behind.get(..5).and_then(|number| number.parse().ok());
                (Kind::VersionOpen(version.unwrap_or(u32::MAX)), 8)
            }
            digits => (Kind::VersionOpen(u32::MAX), 3 + digits),
        }
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii()
}

fn leading(rest: &str, wanted: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !wanted(c)).unwrap_or(rest.len())
}

fn line(rest: &str) -> usize {
    rest.find('\n').map_or(rest.len(), |end| end + 1)
}

fn is_dash_comment(rest: &str) -> bool {
    rest.strip_prefix("--").is_some_and(|behind| {
        behind
            .chars()
            .next()
            .is_none_or(|c| is_space(c) || c.is_ascii_control())
    })
}

/// Up to and with `end`, looked for from byte `from` on.
fn until(rest: &str, from: usize, end: &str, kind: Kind) -> (Kind, usize) {
    match rest.get(from..).and_then(|inner| inner.find(end)) {
        Some(found) => (kind, from + found + end.len()),
        None => (Kind::Unfinished, rest.len()),
    }
}

/// From a quote to the same quote; doubled it stands for itself.
fn quoted(rest: &str, quote: char, backslash: bool, kind: Kind) -> (Kind, usize) {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && backslash {
            chars.next();
        } else if c == quote && chars.next_if(|&(_, next)| next == quote).is_none() {
            return (kind, at + quote.len_utf8());
        }
    }
    (Kind::Unfinished, rest.len())
}

/// `$$` or `$tag$` at the beginning: its length.
fn dollar_tag(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('$')?;
    let tag = leading(inner, |c| c != '$' && is_name_part(c));
    inner.get(tag..)?.starts_with('$').then_some(tag + 2)
}

fn dollar_text(rest: &str) -> (Kind, usize) {
    let tag = dollar_tag(rest).unwrap_or(1);
    until(rest, tag, rest.get(..tag).unwrap_or("$"), Kind::Text)
}
