//! Does a literal of the source's key column name the same row in the ghost?
//!
//! The flush deletes and finds ghost rows by the source's key values, so for every value *v* of the old type that the new one accepts:
//! stored as the new type it must equal *v*, and equal no other old value. Only changes for which that is certain are usable.

use crate::schema::Column;

/// How a usable key column changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Text whose charset or collation differs: equal in one table need not be equal in the other.
    pub text_differs: bool,
    /// The new type may not hold every value: only in strict mode is that an error and not another value.
    pub needs_strict: bool,
    /// Text: only the server can order it, or tell which values are equal.
    pub is_text: bool,
}

/// The change from the source's column to the ghost's, or why it cannot be used.
pub(super) fn change(source: &Column, ghost: &Column) -> Result<Change, String> {
    let (old, new) = (source.data_type.as_str(), ghost.data_type.as_str());
    let same = Change::default();
    match (old, new) {
        ("float" | "double", _) | (_, "float" | "double") => {
            Err("floating point values do not compare exactly".to_owned())
        }
        (old, new) if int_bytes(old).is_some() && int_bytes(new).is_some() => Ok(int(source, ghost)),
        ("decimal", "decimal") => decimal(source, ghost),
        ("char", "char" | "varchar") | ("varchar", "varchar") => Ok(text(source, ghost)),
        ("binary", "binary") if source.octet_length != ghost.octet_length => {
            Err("a BINARY of another length is padded with zero bytes and is another value".to_owned())
        }
        ("binary", "binary") => Ok(same),
        ("binary" | "varbinary", "varbinary") => Ok(Change {
            needs_strict: ghost.octet_length < source.octet_length,
            ..same
        }),
        ("date", "date") | ("year", "year") => Ok(same),
        ("time", "time") | ("datetime", "datetime") | ("timestamp", "timestamp") => fraction(source, ghost),
        ("bit", "bit") => Ok(Change {
            needs_strict: ghost.precision < source.precision,
            ..same
        }),
        ("enum", "enum") | ("set", "set") => labels(source, ghost),
        _ if old == new => Err(format!("{old} columns cannot be keys")),
        _ => Err(format!(
            "`{}` changes from {} to {}, which may make other values of its values",
            source.name, source.column_type, ghost.column_type
        )),
    }
}

/// Bytes of an integer type.
pub(super) fn int_bytes(data_type: &str) -> Option<u32> {
    match data_type {
        "tinyint" => Some(1),
        "smallint" => Some(2),
        "mediumint" => Some(3),
        "int" => Some(4),
        "bigint" => Some(8),
        _ => None,
    }
}

fn int(source: &Column, ghost: &Column) -> Change {
    let (old, new) = (int_bytes(&source.data_type), int_bytes(&ghost.data_type));
    let holds_all = match (source.unsigned(), ghost.unsigned()) {
        (false, true) => false,
        (true, false) => new > old,
        _ => new >= old,
    };
    Change {
        needs_strict: !holds_all,
        ..Change::default()
    }
}

fn decimal(source: &Column, ghost: &Column) -> Result<Change, String> {
    let scale = |column: &Column| column.scale.unwrap_or(0);
    let whole = |column: &Column| column.precision.unwrap_or(10).saturating_sub(scale(column));
    if scale(ghost) < scale(source) {
        return Err(format!(
            "`{}` loses decimal places, so different values may become equal",
            source.name
        ));
    }
    let narrower = whole(ghost) < whole(source) || (ghost.unsigned() && !source.unsigned());
    Ok(Change {
        needs_strict: narrower,
        ..Change::default()
    })
}

fn text(source: &Column, ghost: &Column) -> Change {
    Change {
        text_differs: source.charset != ghost.charset || source.collation != ghost.collation,
        needs_strict: ghost.octet_length < source.octet_length || source.charset != ghost.charset,
        is_text: true,
    }
}

fn fraction(source: &Column, ghost: &Column) -> Result<Change, String> {
    if ghost.fsp < source.fsp {
        return Err(format!(
            "`{}` loses fractional digits, so different values may become equal",
            source.name
        ));
    }
    Ok(Change::default())
}

/// ENUM and SET values are places in the list of labels: old labels must keep theirs.
fn labels(source: &Column, ghost: &Column) -> Result<Change, String> {
    let inner = |column: &Column| {
        let list = column.column_type.split_once('(')?.1.strip_suffix(')')?;
        Some(list.to_owned())
    };
    let kept = match (inner(source), inner(ghost)) {
        // Both lists are whole quoted labels, so a common beginning that ends at a comma ends a label in both.
        (Some(old), Some(new)) => new
            .strip_prefix(&old)
            .is_some_and(|more| more.is_empty() || more.starts_with(',')),
        _ => false,
    };
    match kept {
        true => Ok(Change::default()),
        false => Err(format!("the labels of `{}` change their places", source.name)),
    }
}
