//! The statements of the comparison. On purpose nothing of the copy's and the flush's is used here, not even how rows
//! are found by key: what is wrong there must not be wrong here in the same way.
//!
//! A statement reads both tables, so it has one snapshot of them (READ COMMITTED), and takes no row lock.

use super::{
    Depth, Part,
    subject::{Compared, Converted, Side, Subject},
};
use crate::{key::Key, plan::work::KeyText, schema::quote_ident};

/// Which rows.
pub(super) enum Rows<'a> {
    Part(&'a Part),
    Keys(&'a [Key]),
}

/// Rows and their hash, for both tables: two rows of `side, count, hash`.
pub(super) fn digest(subject: &Subject, part: &Part, depth: Depth) -> String {
    let of = |side: usize| {
        let sum = match depth {
            // A row that cannot be hashed makes a difference, and is then found and named.
            Depth::Columns => format!(
                "HEX(BIT_XOR(UNHEX(IFNULL({}, REPEAT('{}', 64)))))",
                row_hash(subject, side, depth),
                if side == 0 { '0' } else { 'f' }
            ),
            Depth::Presence => "''".to_owned(),
        };
        format!(
            "SELECT {side} AS side, COUNT(*), {sum} FROM {}",
            rows_of(subject, side, &Rows::Part(part))
        )
    };
    format!("{} UNION ALL {}", of(0), of(1))
}

/// `side, hash, key …` of each row, for both tables.
pub(super) fn list(subject: &Subject, rows: &Rows<'_>, depth: Depth) -> String {
    let of = |side: usize| {
        format!(
            "SELECT {side} AS side, {}, {} FROM {}",
            row_hash(subject, side, depth),
            keys(subject, side),
            rows_of(subject, side, rows)
        )
    };
    format!("{} UNION ALL {}", of(0), of(1))
}

/// `side, key …`, then for each column its hash and its beginning.
pub(super) fn explain(subject: &Subject, asked: &[Key]) -> String {
    let of = |side: usize| {
        let cells = subject.columns.iter().map(|column| {
            let hash = hash_of(expressions(column, side));
            let [first, second] = &column.shown;
            format!(", {hash}, {}", if side == 0 { first } else { second })
        });
        format!(
            "SELECT {side} AS side, {}{} FROM {}",
            keys(subject, side),
            cells.collect::<String>(),
            rows_of(subject, side, &Rows::Keys(asked))
        )
    };
    format!("{} UNION ALL {}", of(0), of(1))
}

/// The last key of a part of so many rows behind `after`.
pub(super) fn boundary(subject: &Subject, after: Option<&Key>, rows: u64) -> String {
    let side = &subject.first;
    let columns = key_columns(side);
    let which = after.map_or("TRUE".to_owned(), |key| {
        behind(&columns, &subject.key.literals(key))
    });
    format!(
        "SELECT {} FROM {} FORCE INDEX ({}) WHERE {which} ORDER BY {} LIMIT 1 OFFSET {}",
        key_values(subject, &columns),
        side.table,
        quote_ident(&side.index),
        columns.join(", "),
        rows.saturating_sub(1)
    )
}

/// Makes the table of converted rows: the second table's columns with their types, without its keys and rules.
pub(super) fn make_converted(subject: &Subject, converted: &Converted) -> String {
    let columns = converted.columns.iter().map(|(column, _)| quote_ident(column));
    // Some servers want a key for every table. Rows that the second table calls equal may both be there.
    let key = if subject.buckets == 0 {
        format!("(PRIMARY KEY ({})) ", key_columns(&subject.second).join(", "))
    } else {
        String::new()
    };
    format!(
        "CREATE TEMPORARY TABLE {} {key}AS SELECT {} FROM {} WHERE FALSE",
        converted.table,
        columns.collect::<Vec<_>>().join(", "),
        subject.second.table
    )
}

/// Fills it: the server assigns as it does in an ALTER.
pub(super) fn convert(subject: &Subject, converted: &Converted, rows: &Rows<'_>) -> String {
    let (columns, feeds): (Vec<_>, Vec<_>) = converted
        .columns
        .iter()
        .map(|(column, feed)| (quote_ident(column), feed.as_str()))
        .unzip();
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {}",
        converted.table,
        columns.join(", "),
        feeds.join(", "),
        found(subject, 0, rows)
    )
}

fn expressions(column: &Compared, side: usize) -> &[String] {
    if side == 0 { &column.first } else { &column.second }
}

fn row_hash(subject: &Subject, side: usize, depth: Depth) -> String {
    match depth {
        Depth::Presence => "''".to_owned(),
        Depth::Columns => {
            // The key as the first table has it is part of the row, whatever columns are compared.
            let keys = key_values_of(subject, side);
            let columns = subject
                .columns
                .iter()
                .flat_map(|column| expressions(column, side));
            hash_of(&keys.into_iter().chain(columns.cloned()).collect::<Vec<_>>())
        }
    }
}

/// The first field makes the whole binary, so that nothing is converted between charsets.
fn hash_of(fields: &[String]) -> String {
    format!("SHA2(CONCAT_WS('|', _binary '', {}), 256)", fields.join(", "))
}

/// Where rows of a side come from: the converted ones stand for those of the first table.
fn rows_of(subject: &Subject, side: usize, rows: &Rows<'_>) -> String {
    match &subject.converted {
        Some(converted) if side == 0 => converted.table.to_string(),
        _ => found(subject, side, rows),
    }
}

fn found(subject: &Subject, side: usize, rows: &Rows<'_>) -> String {
    let table = if side == 0 {
        &subject.first
    } else {
        &subject.second
    };
    let which = match rows {
        Rows::Part(part) => of_part(subject, side, part),
        Rows::Keys(keys) => of_keys(subject, side, keys),
    };
    let index = if matches!(rows, Rows::Part(Part::Bucket { .. })) {
        String::new()
    } else {
        format!(" FORCE INDEX ({})", quote_ident(&table.index))
    };
    format!("{}{index} WHERE {which}", table.table)
}

fn of_part(subject: &Subject, side: usize, part: &Part) -> String {
    let columns = key_columns(if side == 0 {
        &subject.first
    } else {
        &subject.second
    });
    match part {
        Part::Range { after, to } => {
            let after = after
                .as_ref()
                .map(|key| behind(&columns, &subject.key.literals(key)));
            let to = to.as_ref().map(|key| up_to(&columns, &subject.key.literals(key)));
            match (after, to) {
                (Some(after), Some(to)) => format!("{after} AND {to}"),
                (one, other) => one.or(other).unwrap_or_else(|| "TRUE".to_owned()),
            }
        }
        Part::Bucket { number, of } => {
            let values = key_values_in(subject, side, &columns).join(", ");
            format!("CRC32(CONCAT_WS('|', _binary '', {values})) % {of} = {number}")
        }
    }
}

/// Equalities alone, however many.
fn of_keys(subject: &Subject, side: usize, keys: &[Key]) -> String {
    let columns = key_columns(if side == 0 {
        &subject.first
    } else {
        &subject.second
    });
    let rows: Vec<String> = keys
        .iter()
        .map(|key| {
            let literals = subject.key.literals(key);
            let texts = subject.key_texts.iter().chain(std::iter::repeat(&None));
            let equal = columns
                .iter()
                .zip(&literals)
                .zip(texts)
                .map(|((column, literal), text)| {
                    let literal = match text {
                        Some(text) if side == 1 => as_in_second(literal, text),
                        _ => literal.clone(),
                    };
                    format!("{column} = {literal}")
                });
            format!("({})", equal.collect::<Vec<_>>().join(" AND "))
        })
        .collect();
    if rows.is_empty() {
        return "FALSE".to_owned();
    }
    format!("({})", rows.join(" OR "))
}

/// Text that the second table writes in another charset.
fn as_in_second(literal: &str, text: &KeyText) -> String {
    format!(
        "CONVERT({literal} USING {}) COLLATE {}",
        text.ghost_charset, text.ghost_collation
    )
}

/// Rows behind a key: `a >= 1 AND (a > 1 OR (a = 1 AND b > 2))`; the first half is what the optimizer looks at.
fn behind(columns: &[String], literals: &[String]) -> String {
    beside(columns, literals, (">=", ">", ">"))
}

/// Rows up to a key, and that one.
fn up_to(columns: &[String], literals: &[String]) -> String {
    beside(columns, literals, ("<=", "<", "<="))
}

fn beside(columns: &[String], literals: &[String], (near, beyond, last): (&str, &str, &str)) -> String {
    let pairs: Vec<(&String, &String)> = columns.iter().zip(literals).collect();
    let count = pairs.len();
    let alternatives = (0..count).map(|depth| {
        let operator = if depth + 1 == count { last } else { beyond };
        let terms = pairs
            .iter()
            .take(depth + 1)
            .enumerate()
            .map(|(place, (column, literal))| {
                let operator = if place == depth { operator } else { "=" };
                format!("{column} {operator} {literal}")
            });
        format!("({})", terms.collect::<Vec<_>>().join(" AND "))
    });
    let alternatives = alternatives.collect::<Vec<_>>().join(" OR ");
    match pairs.first() {
        Some((column, literal)) if count > 1 => format!("{column} {near} {literal} AND ({alternatives})"),
        _ => alternatives,
    }
}

fn key_columns(side: &Side) -> Vec<String> {
    side.key.iter().map(|column| quote_ident(column)).collect()
}

/// The key's columns of the rows that stand for a side.
fn key_values_of(subject: &Subject, side: usize) -> Vec<String> {
    let converted = side == 0 && subject.converted.is_some();
    let columns = key_columns(if side == 0 && !converted {
        &subject.first
    } else {
        &subject.second
    });
    key_values_in(subject, if converted { 1 } else { side }, &columns)
}

/// Each value so that a key can be made of it: as text, with the bytes that the first table has for it.
fn key_values_in(subject: &Subject, side: usize, columns: &[String]) -> Vec<String> {
    let texts = subject.key_texts.iter().chain(std::iter::repeat(&None));
    columns
        .iter()
        .zip(subject.key.columns())
        .zip(texts)
        .map(|((column, part), text)| {
            let value = match text {
                Some(text) if side == 1 && text.source_charset != text.ghost_charset => {
                    format!("CONVERT({column} USING {})", text.source_charset)
                }
                _ => column.clone(),
            };
            format!("CAST({} AS CHAR)", part.select(&value))
        })
        .collect()
}

fn key_values(subject: &Subject, columns: &[String]) -> String {
    key_values_in(subject, 0, columns).join(", ")
}

fn keys(subject: &Subject, side: usize) -> String {
    key_values_of(subject, side).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn ranges_meet_without_gap_or_overlap() {
        assert_eq!(behind(&names(&["a"]), &names(&["7"])), "(a > 7)");
        assert_eq!(up_to(&names(&["a"]), &names(&["7"])), "(a <= 7)");
        let (columns, values) = (names(&["a", "b"]), names(&["1", "2"]));
        assert_eq!(
            behind(&columns, &values),
            "a >= 1 AND ((a > 1) OR (a = 1 AND b > 2))"
        );
        assert_eq!(
            up_to(&columns, &values),
            "a <= 1 AND ((a < 1) OR (a = 1 AND b <= 2))"
        );
    }
}
