//! What the user wants changed: the text of `--alter`, understood as far as it matters here.
//!
//! The text is the clauses alone (`ADD COLUMN note TEXT, ADD INDEX (ref)`) or a whole `ALTER TABLE db.t …`. The server decides
//! whether it is right; it gets the clauses as they were written. Here we find what would lose rows or values when
//! the clauses meet an *empty* table and the rows follow: columns that change their name, and clauses that act on rows.
//!
//! What makes it right: texts, comments and names are read by the server's lexical rules ([`lexer`]); a clause is read twice, by its
//! reserved words and by a grammar, and a clause on whose columns the two differ counts as not understood; what is not understood
//! and might rename a column is refused ([`Alter::cannot_exclude_rename`]). Left to others: `plan` checks every finding
//! against the columns that the ghost really has.

mod clause;
mod error;
mod grammar;
pub mod lexer;
mod options;
mod refuse;
mod split;
#[cfg(test)]
mod tests;

pub use clause::{Action, Clause};
pub use error::AlterError;
pub use options::Options;

use error::place;
use lexer::{Kind, SqlMode, Token};

/// Version comments up to this run on every server we support (8.0.13).
const ALWAYS_EXECUTED_VERSION_MAX: u32 = 80013;

/// A column that keeps its values under another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The name before.
    pub from: String,
    /// The name after; may differ in case only.
    pub to: String,
}

/// One ALTER TABLE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alter {
    /// The schema, where the text names it.
    pub schema: Option<String>,
    /// The table, where the text names it.
    pub table: Option<String>,
    /// What follows `ALTER TABLE name`, as written; without the semicolon and what surrounds it.
    pub clauses_sql: String,
    /// The clauses in order.
    pub clauses: Vec<Clause>,
}

impl Alter {
    /// Reads the text, under the `sql_mode` in which it will be executed.
    pub fn parse(text: &str, mode: impl Into<SqlMode>) -> Result<Self, AlterError> {
        let tokens = lexer::lex(text, mode.into());
        check_pieces(text, &tokens)?;
        let statement = up_to_semicolon(text, &tokens)?;
        let (schema, table, rest) = name(text, statement)?;
        if !rest.iter().any(Token::is_code) {
            return Err(if table.is_some() {
                AlterError::NoClauses
            } else {
                AlterError::Empty
            });
        }
        let clauses: Vec<Clause> = split::split(text, rest)?.into_iter().map(Clause::read).collect();
        Ok(Self {
            schema,
            table,
            clauses_sql: clause::render(rest),
            clauses,
        })
    }

    /// The clauses for the server, to stand behind `ALTER TABLE ghost`. As written, but for clauses that say how the server
    /// is to work (see [`Alter::notes`]): the table is empty, and `ALGORITHM=INSTANT` could even fail.
    pub fn ghost_sql(&self) -> String {
        if !self.clauses.iter().any(is_modifier) {
            return self.clauses_sql.clone();
        }
        let mut sql = String::new();
        for clause in self.clauses.iter().filter(|clause| !is_modifier(clause)) {
            // Partitioning follows without a comma; a line of its own keeps a `--` comment from swallowing what follows.
            let first = clause.sql.split_whitespace().next().unwrap_or_default();
            let joins = first.eq_ignore_ascii_case("PARTITION") || first.eq_ignore_ascii_case("REMOVE");
            sql.push_str(if sql.is_empty() {
                ""
            } else if joins {
                "\n"
            } else {
                ",\n"
            });
            sql.push_str(&clause.sql);
        }
        if sql.is_empty() { "FORCE".to_owned() } else { sql }
    }

    /// The clauses for the server, to stand behind `ALTER TABLE name`, to be done at once or not at all.
    pub fn instant_sql(&self) -> String {
        // In front: behind PARTITION BY no other clause may follow.
        format!("ALGORITHM=INSTANT,\n{}", self.ghost_sql())
    }

    /// The algorithm that the text asks for, in capitals; the last one counts.
    pub fn algorithm(&self) -> Option<String> {
        let mut modifiers = self.clauses.iter().rev().filter(|clause| is_modifier(clause));
        let asked = |clause: &Clause| {
            let sql = clause.sql.to_ascii_uppercase();
            let value = sql.strip_prefix("ALGORITHM")?;
            Some(value.trim_start_matches([' ', '\t', '\r', '\n', '=']).to_owned())
        };
        modifiers.find_map(asked)
    }

    /// What was left out of [`Alter::ghost_sql`] and why, one line each.
    pub fn notes(&self) -> Vec<String> {
        let note = |clause: &Clause| {
            format!(
                "{} is left out: it says how the server is to work, and it works on an empty table",
                clause.sql
            )
        };
        self.clauses
            .iter()
            .filter(|clause| is_modifier(clause))
            .map(note)
            .collect()
    }

    /// Columns that change their name, swaps and changes of case included.
    pub fn renames(&self) -> Vec<Rename> {
        let rename = |clause: &Clause| match &clause.action {
            Action::RenameColumn { from, to } if from != to => Some(Rename {
                from: from.clone(),
                to: to.clone(),
            }),
            _ => None,
        };
        self.clauses.iter().filter_map(rename).collect()
    }

    /// Columns that are dropped. One that is also added is another column of that name: it gets no value of the old one.
    pub fn dropped_columns(&self) -> Vec<&str> {
        self.clauses
            .iter()
            .filter_map(|clause| match &clause.action {
                Action::DropColumn(name) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Columns that are added.
    pub fn added_columns(&self) -> Vec<&str> {
        self.clauses
            .iter()
            .filter_map(|clause| match &clause.action {
                Action::AddColumns(names) => Some(names.iter().map(String::as_str)),
                _ => None,
            })
            .flatten()
            .collect()
    }

    /// A clause that is not understood and could rename a column.
    pub fn cannot_exclude_rename(&self) -> Option<&str> {
        let suspect = |clause: &&Clause| clause.action == Action::Other { may_rename: true };
        self.clauses
            .iter()
            .find(suspect)
            .map(|clause| clause.sql.as_str())
    }

    /// `RENAME TO`, `RENAME AS`, `RENAME b`.
    pub fn renames_table(&self) -> bool {
        self.clauses
            .iter()
            .any(|clause| matches!(clause.action, Action::RenameTable(_)))
    }

    /// The value of `AUTO_INCREMENT=…`, as written; the last one counts.
    pub fn sets_auto_increment(&self) -> Option<&str> {
        self.options()
            .filter_map(|options| options.auto_increment.as_deref())
            .last()
    }

    /// The text of `COMMENT=…` with its quotes, as written; the last one counts.
    pub fn sets_comment(&self) -> Option<&str> {
        self.options()
            .filter_map(|options| options.comment.as_deref())
            .last()
    }

    fn options(&self) -> impl Iterator<Item = &Options> {
        self.clauses.iter().filter_map(|clause| match &clause.action {
            Action::Options(options) => Some(options),
            _ => None,
        })
    }
}

fn is_modifier(clause: &Clause) -> bool {
    clause.action == Action::Modifier
}

/// Refuses pieces that have no certain meaning.
fn check_pieces(text: &str, tokens: &[Token<'_>]) -> Result<(), AlterError> {
    for token in tokens {
        let (position, near) = place(text, token.start);
        match token.kind {
            Kind::Unfinished => return Err(AlterError::Unfinished { position, near }),
            Kind::VersionOpen(version) if version > ALWAYS_EXECUTED_VERSION_MAX => {
                return Err(AlterError::VersionComment { position, near });
            }
            _ => {}
        }
    }
    let open = tokens
        .iter()
        .filter(|token| matches!(token.kind, Kind::VersionOpen(_)))
        .count();
    let closed = tokens
        .iter()
        .filter(|token| token.kind == Kind::VersionClose)
        .count();
    let last_open = tokens
        .iter()
        .rfind(|token| matches!(token.kind, Kind::VersionOpen(_)));
    match last_open {
        Some(token) if open != closed => {
            let (position, near) = place(text, token.start);
            Err(AlterError::Unfinished { position, near })
        }
        _ => Ok(()),
    }
}

/// The statement without its semicolon; nothing may follow that.
fn up_to_semicolon<'t, 'a>(text: &str, tokens: &'t [Token<'a>]) -> Result<&'t [Token<'a>], AlterError> {
    let Some(end) = tokens.iter().position(|token| token.is_symbol(';')) else {
        return Ok(tokens);
    };
    let (statement, behind) = tokens.split_at(end);
    match behind
        .iter()
        .find(|token| token.is_code() && !token.is_symbol(';'))
    {
        Some(more) => {
            let (position, near) = place(text, more.start);
            Err(AlterError::SeveralStatements { position, near })
        }
        None => Ok(statement),
    }
}

/// First words of other statements; none of them begins a clause.
const OTHER_STATEMENTS: &[&str] = &[
    "BEGIN", "CALL", "CREATE", "DELETE", "EXPLAIN", "GRANT", "INSERT", "LOAD", "REPLACE", "REVOKE", "SELECT",
    "SET", "SHOW", "START", "UPDATE", "USE",
];

type Named<'t, 'a> = (Option<String>, Option<String>, &'t [Token<'a>]);

/// `ALTER TABLE [schema.]table`, if the text begins so, and what follows.
fn name<'t, 'a>(text: &str, tokens: &'t [Token<'a>]) -> Result<Named<'t, 'a>, AlterError> {
    let code: Vec<(usize, &Token<'a>)> = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| token.is_code())
        .collect();
    let mut code = code.into_iter().peekable();
    let Some((_, first)) = code.next() else {
        return Ok((None, None, tokens));
    };
    let (position, near) = place(text, first.start);
    if first.is_any(OTHER_STATEMENTS) {
        return Err(AlterError::NotAnAlter { near });
    }
    if !first.is_word("ALTER") || code.next_if(|(_, token)| token.is_word("TABLE")).is_none() {
        return Ok((None, None, tokens));
    }
    let no_name = || AlterError::NoTableName {
        position,
        near: near.clone(),
    };
    let (mut at, table) = code
        .next()
        .and_then(|(at, token)| Some((at, token.name()?)))
        .ok_or_else(no_name)?;
    let (mut schema, mut table) = (None, Some(table));
    if code.next_if(|(_, token)| token.is_symbol('.')).is_some() {
        schema = table;
        let (last, token) = code.next().ok_or_else(no_name)?;
        table = Some(token.name().ok_or_else(no_name)?);
        at = last;
    }
    Ok((schema, table, tokens.get(at + 1..).unwrap_or_default()))
}
