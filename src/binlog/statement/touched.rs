//! Which tables a DDL statement names to change. `None` anywhere: not understood, so not called harmless.

use super::Statement;
use crate::alter::lexer::Token;
use crate::schema::TableName;

/// Words in front of the kind of thing that a statement is about.
const MODIFIERS: &[&str] = &[
    "AGGREGATE",
    "FULLTEXT",
    "IGNORE",
    "OFFLINE",
    "ONLINE",
    "OR",
    "REPLACE",
    "SPATIAL",
    "UNIQUE",
    "UNDO",
];

/// Things that are no tables and hold no rows of any. Dropping a trigger does not name its table; it changes no row.
const HARMLESS: &[&str] = &[
    "ALGORITHM",
    "EVENT",
    "FUNCTION",
    "INSTANCE",
    "LIBRARY",
    "LOGFILE",
    "PROCEDURE",
    "REFERENCE",
    "RESOURCE",
    "ROLE",
    "SERVER",
    "SQL",
    "TABLESPACE",
    "USER",
    "VIEW",
];

/// Reads what follows ALTER, CREATE, DROP, RENAME or TRUNCATE.
pub(super) fn read(verb: &Token<'_>, rest: &[Token<'_>], default_schema: &str) -> Option<Statement> {
    let mut words = Words { rest, default_schema };
    words.skip_modifiers();
    if verb.is_word("TRUNCATE") {
        words.eat(&["TABLE"]);
        return words.table().map(|table| ddl(vec![table]));
    }
    if words.eat(&["TEMPORARY"]) && words.sees(&["TABLE", "TABLES"]) {
        return Some(Statement::Harmless);
    }
    if words.eat(&["TABLE", "TABLES"]) {
        return tables(verb, words).map(ddl);
    }
    if words.eat(&["INDEX"]) || (verb.is_word("CREATE") && words.eat(&["TRIGGER"])) {
        return words.behind("ON")?.table().map(|table| ddl(vec![table]));
    }
    if words.eat(&["DATABASE", "SCHEMA"]) {
        return schema(verb, words);
    }
    (words.sees(HARMLESS) || (verb.is_word("DROP") && words.sees(&["TRIGGER"])))
        .then_some(Statement::Harmless)
}

fn ddl(tables: Vec<TableName>) -> Statement {
    Statement::Ddl {
        tables,
        schemas: Vec::new(),
    }
}

fn schema(verb: &Token<'_>, mut words: Words<'_, '_>) -> Option<Statement> {
    if !verb.is_word("DROP") {
        return Some(Statement::Harmless);
    }
    words.skip_if_exists();
    let schema = words.name()?;
    Some(Statement::Ddl {
        tables: Vec::new(),
        schemas: vec![schema],
    })
}

fn tables(verb: &Token<'_>, mut words: Words<'_, '_>) -> Option<Vec<TableName>> {
    words.skip_if_exists();
    let mut tables = vec![words.table()?];
    if verb.is_word("DROP") {
        while words.eat_symbol(',') {
            tables.push(words.table()?);
        }
    } else if verb.is_word("RENAME") {
        loop {
            if !words.eat(&["TO"]) {
                return None;
            }
            tables.push(words.table()?);
            if !words.eat_symbol(',') {
                break;
            }
            tables.push(words.table()?);
        }
    } else {
        also_named(words, &mut tables)?;
    }
    Some(tables)
}

/// Tables that ALTER TABLE and CREATE TABLE name besides the first: a new name, a partition's exchange, foreign keys.
fn also_named(mut words: Words<'_, '_>, tables: &mut Vec<TableName>) -> Option<()> {
    while !words.rest.is_empty() {
        if words.eat(&["RENAME"]) {
            if words.eat(&["COLUMN", "INDEX", "KEY"]) {
                continue;
            }
            let _to = words.eat(&["TO", "AS"]) || words.eat_symbol('=');
            tables.push(words.table()?);
        } else if words.eat(&["REFERENCES"]) {
            tables.push(words.table()?);
        } else if words.eat(&["WITH"]) {
            if words.eat(&["TABLE"]) {
                tables.push(words.table()?);
            }
        } else {
            words.next();
        }
    }
    Some(())
}

/// What is left of a statement.
struct Words<'t, 'a> {
    rest: &'t [Token<'a>],
    default_schema: &'t str,
}

impl<'t, 'a> Words<'t, 'a> {
    fn next(&mut self) -> Option<&'t Token<'a>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn sees(&self, words: &[&str]) -> bool {
        self.rest.first().is_some_and(|token| token.is_any(words))
    }

    fn eat(&mut self, words: &[&str]) -> bool {
        self.sees(words) && self.next().is_some()
    }

    fn eat_symbol(&mut self, symbol: char) -> bool {
        self.rest.first().is_some_and(|token| token.is_symbol(symbol)) && self.next().is_some()
    }

    fn name(&mut self) -> Option<String> {
        self.next()?.name()
    }

    /// `t`, `s.t` or `.t`.
    fn table(&mut self) -> Option<TableName> {
        let first = if self.eat_symbol('.') {
            return self.in_default();
        } else {
            self.name()?
        };
        if self.eat_symbol('.') {
            return Some(TableName::new(first, self.name()?));
        }
        Some(TableName::new(self.default_schema, first))
    }

    fn in_default(&mut self) -> Option<TableName> {
        Some(TableName::new(self.default_schema, self.name()?))
    }

    fn skip_if_exists(&mut self) {
        if self.eat(&["IF"]) {
            self.eat(&["NOT"]);
            self.eat(&["EXISTS"]);
        }
    }

    /// The rest behind the first such word.
    fn behind(mut self, word: &str) -> Option<Self> {
        loop {
            if self.next()?.is_word(word) {
                return Some(self);
            }
        }
    }

    /// `OR REPLACE`, `UNIQUE`, `DEFINER = user@host`, … (an account may be called like a kind of thing).
    fn skip_modifiers(&mut self) {
        loop {
            if self.eat(&["DEFINER"]) {
                self.eat_symbol('=');
                self.next();
                if self.eat_symbol('@') || (self.eat_symbol('(') && self.eat_symbol(')')) {
                    self.skip_host();
                }
            } else if !self.eat(MODIFIERS) {
                return;
            }
        }
    }

    /// A quoted host, or the pieces of a bare one, up to the next word that belongs to the statement.
    fn skip_host(&mut self) {
        if !self.sees(&["TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "SQL", "VIEW"]) {
            self.next();
        }
        while self.eat_symbol('.') || self.eat_symbol('-') {
            self.next();
        }
    }
}
