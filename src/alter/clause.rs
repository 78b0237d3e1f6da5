//! One clause of an ALTER TABLE, and what it means for us.
//!
//! Two readers look at a clause. The grammar (`grammar`) knows whole clauses, but not all of MySQL's; this file reads
//! how a clause *begins*, which in MySQL's grammar is decided by reserved words. Where both have an opinion about columns and the
//! two differ, the clause counts as not understood. Names in clauses always mean columns of the table before the ALTER: the server
//! knows no chains (`RENAME a TO b, RENAME b TO c` is an error or a rotation).

use super::grammar;
use super::lexer::{Kind, Token};
use super::options::{self, Options};

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// It, as written; marks of version comments taken out.
    pub sql: String,
    /// What it does.
    pub action: Action,
}

/// What a clause does. Names are unquoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `ADD [COLUMN] a …`, `ADD (a …, b …)`.
    AddColumns(Vec<String>),
    /// `DROP [COLUMN] a`.
    DropColumn(String),
    /// `RENAME COLUMN a TO b`, `CHANGE a b …` with two names that differ, in case at least.
    RenameColumn {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// `MODIFY a …`, `CHANGE a a …`, `ALTER a SET DEFAULT …`.
    ChangeColumn(String),
    /// Indexes, checks: added, dropped, renamed, made invisible. Not foreign keys.
    Index,
    /// A foreign key is added, also as `REFERENCES` behind a column.
    AddForeignKey,
    /// A foreign key is dropped.
    DropForeignKey,
    /// `RENAME [TO|AS] b`.
    RenameTable(String),
    /// `ENGINE=…`, `COMMENT=…`, …; several may stand in one clause.
    Options(Options),
    /// `ALGORITHM=…`, `LOCK=…`, `WITH[OUT] VALIDATION`: how the server is to work, without effect on an empty table.
    Modifier,
    /// `ORDER BY …`.
    OrderBy,
    /// `DISCARD|IMPORT [PARTITION …] TABLESPACE`.
    Tablespace,
    /// `PARTITION BY …`, `REMOVE PARTITIONING`, `ADD|COALESCE|REORGANIZE|REBUILD PARTITION …`: rows stay.
    Partitioning,
    /// `DROP|TRUNCATE|EXCHANGE PARTITION …`: rows go.
    PartitionRows,
    /// `ANALYZE|CHECK|OPTIMIZE|REPAIR PARTITION …`: maintenance, no change of the table.
    Maintenance,
    /// `CONVERT TO CHARACTER SET …`, `FORCE`, `ENABLE|DISABLE KEYS`, `SECONDARY_LOAD`: nothing to us.
    Harmless,
    /// Not understood.
    Other {
        /// It could rename a column.
        may_rename: bool,
    },
}

impl Clause {
    /// Reads one clause from its tokens (spaces and comments too).
    pub(super) fn read(tokens: &[Token<'_>]) -> Self {
        let code: Vec<Token<'_>> = tokens.iter().copied().filter(Token::is_code).collect();
        Self {
            sql: render(tokens),
            action: action(&code),
        }
    }
}

/// The text from the first to the last piece of code. A version comment may span clauses, so its marks become empty comments
/// (a space could make a comment of two minus signs).
pub(super) fn render(tokens: &[Token<'_>]) -> String {
    let begin = tokens.iter().position(Token::is_code).unwrap_or(0);
    let end = tokens.iter().rposition(Token::is_code).map_or(0, |last| last + 1);
    let within = tokens.get(begin..end).unwrap_or_default();
    within
        .iter()
        .map(|token| match token.kind {
            Kind::VersionOpen(_) | Kind::VersionClose => "/**/",
            _ => token.text,
        })
        .collect()
}

fn action(code: &[Token<'_>]) -> Action {
    let read = begin(code).unwrap_or_else(|| not_understood(code));
    match grammar::columns(code) {
        Some(parsed) if is_about_columns(&read) && parsed != read => Action::Other { may_rename: true },
        _ => foreign_key(code, read),
    }
}

fn is_about_columns(action: &Action) -> bool {
    matches!(
        action,
        Action::AddColumns(_) | Action::DropColumn(_) | Action::RenameColumn { .. } | Action::ChangeColumn(_)
    )
}

/// Since MySQL 9.0 `REFERENCES` behind a column makes a foreign key as well; FOREIGN and REFERENCES are reserved words.
fn foreign_key(code: &[Token<'_>], read: Action) -> Action {
    match read {
        Action::AddColumns(_) | Action::ChangeColumn(_) | Action::RenameColumn { .. } | Action::Index
            if code.iter().any(|token| token.is_word("REFERENCES")) =>
        {
            Action::AddForeignKey
        }
        read => read,
    }
}

fn not_understood(code: &[Token<'_>]) -> Action {
    Action::Other {
        may_rename: code
            .iter()
            .any(|token| token.is_any(&["CHANGE", "RENAME", "MODIFY"])),
    }
}

/// Reads how a clause begins. `None`: this beginning is not known.
fn begin(code: &[Token<'_>]) -> Option<Action> {
    let (first, rest) = code.split_first()?;
    if first.kind != Kind::Word {
        return None;
    }
    let second = rest.first();
    let then = |words: &[&str]| second.is_some_and(|token| token.is_any(words));
    match first.text.to_ascii_uppercase().as_str() {
        "ADD" => add(rest),
        "CHANGE" => change(skip(rest, "COLUMN")),
        "MODIFY" => name(skip(rest, "COLUMN")).map(Action::ChangeColumn),
        "DROP" => drop(rest),
        "RENAME" => rename(rest),
        "ALTER" if then(&["INDEX", "CHECK", "CONSTRAINT"]) => Some(Action::Index),
        "ALTER" => name(skip(rest, "COLUMN")).map(Action::ChangeColumn),
        "ALGORITHM" | "LOCK" => Some(Action::Modifier),
        "WITH" | "WITHOUT" if then(&["VALIDATION"]) => Some(Action::Modifier),
        "ORDER" if then(&["BY"]) => Some(Action::OrderBy),
        "DISCARD" | "IMPORT" => Some(Action::Tablespace),
        "PARTITION" if then(&["BY"]) => Some(Action::Partitioning),
        "REMOVE" if then(&["PARTITIONING"]) => Some(Action::Partitioning),
        "COALESCE" | "REORGANIZE" | "REBUILD" if then(&["PARTITION"]) => Some(Action::Partitioning),
        "TRUNCATE" | "EXCHANGE" if then(&["PARTITION"]) => Some(Action::PartitionRows),
        "ANALYZE" | "CHECK" | "OPTIMIZE" | "REPAIR" if then(&["PARTITION"]) => Some(Action::Maintenance),
        "CONVERT" if then(&["TO"]) => Some(Action::Harmless),
        "ENABLE" | "DISABLE" if then(&["KEYS"]) => Some(Action::Harmless),
        "FORCE" | "SECONDARY_LOAD" | "SECONDARY_UNLOAD" if rest.is_empty() => Some(Action::Harmless),
        _ => options::read(code).map(Action::Options),
    }
}

const INDEX_WORDS: &[&str] = &[
    "INDEX",
    "KEY",
    "FULLTEXT",
    "SPATIAL",
    "UNIQUE",
    "PRIMARY",
    "CONSTRAINT",
    "CHECK",
    "FOREIGN",
];

fn add(rest: &[Token<'_>]) -> Option<Action> {
    let first = rest.first()?;
    if first.is_word("PARTITION") {
        return Some(Action::Partitioning);
    }
    if first.is_any(INDEX_WORDS) {
        return Some(Action::Index);
    }
    let definition = skip(rest, "COLUMN");
    match definition.split_first()? {
        (open, inner) if open.is_symbol('(') => added_in_parentheses(inner),
        _ => name(definition).map(|column| Action::AddColumns(vec![column])),
    }
}

/// `ADD (a INT, INDEX (a), b INT)`: what begins an item and is not an index is a column.
fn added_in_parentheses(inner: &[Token<'_>]) -> Option<Action> {
    let (mut columns, mut depth, mut begins) = (Vec::new(), 1_usize, true);
    for (at, token) in inner.iter().enumerate() {
        if begins && !token.is_any(INDEX_WORDS) {
            columns.push(name(inner.get(at..)?)?);
        }
        begins = depth == 1 && token.is_symbol(',');
        match token {
            open if open.is_symbol('(') => depth += 1,
            close if close.is_symbol(')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            // Nothing may follow: `ADD (a INT) …` takes neither a place nor an option.
            return (at + 1 == inner.len()).then_some(Action::AddColumns(columns));
        }
    }
    None
}

fn change(rest: &[Token<'_>]) -> Option<Action> {
    let from = name(rest)?;
    let to = name(rest.get(1..)?)?;
    // A type must follow; without one the second word is not a name.
    rest.get(2)?;
    Some(if from == to {
        Action::ChangeColumn(from)
    } else {
        Action::RenameColumn { from, to }
    })
}

fn drop(rest: &[Token<'_>]) -> Option<Action> {
    let first = rest.first()?;
    if first.is_word("PARTITION") {
        return Some(Action::PartitionRows);
    }
    if first.is_word("FOREIGN") {
        return Some(Action::DropForeignKey);
    }
    if first.is_any(INDEX_WORDS) {
        return Some(Action::Index);
    }
    let column = skip(rest, "COLUMN");
    let behind = column.get(1..)?;
    let complete =
        behind.is_empty() || (behind.len() == 1 && behind.first()?.is_any(&["RESTRICT", "CASCADE"]));
    complete.then(|| name(column)).flatten().map(Action::DropColumn)
}

fn rename(rest: &[Token<'_>]) -> Option<Action> {
    let first = rest.first()?;
    if first.is_any(&["INDEX", "KEY"]) {
        return Some(Action::Index);
    }
    if first.is_word("COLUMN") {
        let [_, from, to, into] = rest else { return None };
        let (from, into) = (from.name()?, into.name()?);
        return to
            .is_word("TO")
            .then_some(Action::RenameColumn { from, to: into });
    }
    let table = if first.is_any(&["TO", "AS"]) || first.is_symbol('=') {
        rest.get(1..)?
    } else {
        rest
    };
    match table {
        [table] => table.name().map(Action::RenameTable),
        [_, dot, table] if dot.is_symbol('.') => table.name().map(Action::RenameTable),
        _ => None,
    }
}

/// The rest behind an optional keyword.
fn skip<'t, 'a>(code: &'t [Token<'a>], keyword: &str) -> &'t [Token<'a>] {
    match code.split_first() {
        Some((first, rest)) if first.is_word(keyword) => rest,
        _ => code,
    }
}

fn name(code: &[Token<'_>]) -> Option<String> {
    code.first()?.name()
}
