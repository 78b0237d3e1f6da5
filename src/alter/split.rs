//! The clauses of an ALTER TABLE, as slices of its tokens.
//!
//! Commas outside parentheses separate clauses, with three exceptions of the server's grammar: `PARTITION BY …` and
//! `REMOVE PARTITIONING` follow the last clause without a comma; what manages partitions (`DROP PARTITION p0, p1`) stands alone and
//! its commas are lists of names; so does `ORDER BY a, b`. Nothing is lost: between two slices there is one comma or nothing.

use super::AlterError;
use super::error::place;
use super::lexer::Token;

/// First words of clauses that manage partitions, where the next word is PARTITION.
const PARTITION_VERBS: &[&str] = &[
    "ADD",
    "ANALYZE",
    "CHECK",
    "COALESCE",
    "DISCARD",
    "DROP",
    "EXCHANGE",
    "IMPORT",
    "OPTIMIZE",
    "REBUILD",
    "REORGANIZE",
    "REPAIR",
    "TRUNCATE",
];

/// The clauses in order; each slice holds at least one piece of code, as the whole must.
pub(super) fn split<'t, 'a>(text: &str, tokens: &'t [Token<'a>]) -> Result<Vec<&'t [Token<'a>]>, AlterError> {
    let mut clauses = Vec::new();
    let mut rest = tokens;
    loop {
        let (clause, end) = first_clause(text, rest)?;
        clauses.push(clause);
        match end {
            End::Text => return Ok(clauses),
            End::Comma => rest = rest.get(clause.len() + 1..).unwrap_or_default(),
            End::NoComma => rest = rest.get(clause.len()..).unwrap_or_default(),
        }
        if !rest.iter().any(Token::is_code) {
            let comma = tokens
                .len()
                .checked_sub(rest.len() + 1)
                .and_then(|at| tokens.get(at));
            return Err(empty_clause(text, comma.map_or(text.len(), |comma| comma.start)));
        }
    }
}

/// What ends a clause.
enum End {
    Comma,
    NoComma,
    Text,
}

fn first_clause<'t, 'a>(text: &str, tokens: &'t [Token<'a>]) -> Result<(&'t [Token<'a>], End), AlterError> {
    let to_the_end = stands_alone(tokens);
    let mut open: Vec<Token<'a>> = Vec::new();
    let mut begun = false;
    for (at, token) in tokens.iter().enumerate() {
        let clause = tokens.get(..at).unwrap_or_default();
        if open.is_empty() && !to_the_end {
            match token {
                comma if comma.is_symbol(',') && begun => return Ok((clause, End::Comma)),
                comma if comma.is_symbol(',') => return Err(empty_clause(text, comma.start)),
                _ if begun && begins_partitioning(tokens.get(at..).unwrap_or_default()) => {
                    return Ok((clause, End::NoComma));
                }
                _ => {}
            }
        }
        begun |= token.is_code();
        balance(text, token, &mut open)?;
    }
    match open.last() {
        Some(unclosed) => Err(unbalanced(text, unclosed)),
        None => Ok((tokens, End::Text)),
    }
}

fn balance<'a>(text: &str, token: &Token<'a>, open: &mut Vec<Token<'a>>) -> Result<(), AlterError> {
    if token.is_symbol('(') {
        open.push(*token);
    } else if token.is_symbol(')') && open.pop().is_none() {
        return Err(unbalanced(text, token));
    }
    Ok(())
}

fn begins_partitioning(tokens: &[Token<'_>]) -> bool {
    starts_with(tokens, &[&["PARTITION"], &["BY"]]) || starts_with(tokens, &[&["REMOVE"], &["PARTITIONING"]])
}

fn stands_alone(tokens: &[Token<'_>]) -> bool {
    starts_with(tokens, &[PARTITION_VERBS, &["PARTITION"]]) || starts_with(tokens, &[&["ORDER"], &["BY"]])
}

/// Do the first pieces of code match these words, one choice for each place?
fn starts_with(tokens: &[Token<'_>], words: &[&[&str]]) -> bool {
    let mut code = tokens.iter().filter(|token| token.is_code());
    words
        .iter()
        .all(|choice| code.next().is_some_and(|token| token.is_any(choice)))
}

fn empty_clause(text: &str, offset: usize) -> AlterError {
    let (position, near) = place(text, offset);
    AlterError::EmptyClause { position, near }
}

fn unbalanced(text: &str, token: &Token<'_>) -> AlterError {
    let (position, near) = place(text, token.start);
    AlterError::Unbalanced { position, near }
}
