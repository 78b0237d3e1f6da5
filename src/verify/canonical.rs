//! A column's value as bytes that are equal exactly where the values are: no collation, no rounding, no session setting
//! between them. Pure.
//!
//! A row is its fields, joined by `|`. Numbers and times are text that holds none; in front of text stands its length;
//! NULL is `~`, which no other value is. So two rows have the same bytes only if they are the same, column by column.

use crate::schema::{Column, quote_ident};

/// NULL's place in a row's bytes.
const NULL: &str = "'~'";
/// Of a value, so many characters are shown.
const SHOWN_CHARS: u32 = 48;
/// Of a binary value, so many bytes.
const SHOWN_BYTES: u32 = 24;

/// The SQL expressions that are a column's fields; none of them is ever NULL.
pub(super) fn fields(column: &Column, name: &str) -> Vec<String> {
    let c = quote_ident(name);
    match column.data_type.as_str() {
        // Text of FLOAT has six digits; of a DOUBLE all it needs.
        "float" | "double" => vec![or_null(column, &format!("({c} * 1e0)"))],
        // In a night in autumn an hour comes twice.
        "timestamp" => vec![or_null(column, &format!("UNIX_TIMESTAMP({c})"))],
        "bit" | "enum" | "set" => vec![or_null(column, &format!("CAST({c} AS UNSIGNED)"))],
        _ if column.column_type.to_ascii_lowercase().contains("zerofill") => {
            vec![or_null(column, &format!("({c} + 0)"))]
        }
        // CONCAT_WS would convert text of one charset to another's.
        "char" | "varchar" => text(column, &c, &format!("CAST({c} AS BINARY)")),
        "binary" | "varbinary" => text(column, &c, &c),
        // Two values of other types may be written alike: 1.0 as DOUBLE and as DECIMAL. A patched value has no gaps.
        "json" => vec![
            or_null(column, &format!("SHA2({c}, 256)")),
            or_null(column, &format!("JSON_TYPE({c})")),
            or_null(
                column,
                &format!("JSON_STORAGE_SIZE(JSON_MERGE_PATCH('{{}}', {c}))"),
            ),
        ],
        kind if is_large(kind) => vec![or_null(column, &format!("SHA2({c}, 256)"))],
        _ => vec![or_null(column, &c)],
    }
}

/// Values that may be larger than a packet go into the row by their own hash.
fn is_large(kind: &str) -> bool {
    kind.ends_with("text")
        || kind.ends_with("blob")
        || matches!(
            kind,
            "vector"
                | "geometry"
                | "point"
                | "linestring"
                | "polygon"
                | "multipoint"
                | "multilinestring"
                | "multipolygon"
                | "geometrycollection"
                | "geomcollection"
        )
}

fn or_null(column: &Column, expression: &str) -> String {
    if column.nullable {
        format!("IFNULL({expression}, {NULL})")
    } else {
        expression.to_owned()
    }
}

fn text(column: &Column, c: &str, bytes: &str) -> Vec<String> {
    if column.nullable {
        vec![
            or_null(column, &format!("LENGTH({c})")),
            format!("IFNULL({bytes}, '')"),
        ]
    } else {
        vec![format!("LENGTH({c})"), bytes.to_owned()]
    }
}

/// The beginning of a value, for people; NULL for NULL.
pub(super) fn shown(column: &Column, name: &str) -> String {
    let c = quote_ident(name);
    let text = match column.data_type.as_str() {
        "float" | "double" => format!("({c} * 1e0)"),
        "bit" => format!("CAST({c} AS UNSIGNED)"),
        kind if kind.ends_with("binary") || kind.ends_with("blob") => hex(&c),
        kind if is_large(kind) && !kind.ends_with("text") => hex(&format!("CAST({c} AS BINARY)")),
        kind if kind.ends_with("text") || kind.ends_with("char") || kind == "json" => {
            format!("LEFT({c}, {SHOWN_CHARS})")
        }
        _ => c,
    };
    format!("CAST({text} AS CHAR CHARACTER SET utf8mb4)")
}

fn hex(bytes: &str) -> String {
    format!("CONCAT('0x', HEX(LEFT({bytes}, {SHOWN_BYTES})))")
}

/// Values are equal exactly where [`fields`] of both are, whatever the server would do to one of them on the way: the
/// same type in both tables, or a wider one of the same family.
pub(super) fn comparable(source: &Column, ghost: &Column) -> bool {
    let (old, new) = (source.data_type.as_str(), ghost.data_type.as_str());
    let is_int = |kind: &str| matches!(kind, "tinyint" | "smallint" | "mediumint" | "int" | "bigint");
    if is_int(old) && is_int(new) {
        return true;
    }
    let same_text = source.charset == ghost.charset && old == new;
    match old {
        "char" | "varchar" | "varbinary" => same_text,
        kind if kind.ends_with("text") => same_text && source.column_type == ghost.column_type,
        _ => same_text && source.column_type == ghost.column_type,
    }
}
