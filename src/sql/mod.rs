//! SQL text: names and the predicates on an iteration key. Strings only; who sends them is decided elsewhere.
//!
//! Predicates are exact for the server's own comparison, whatever the type and collation of the key's columns, and are
//! written so that the range optimizer can use the key's index.

mod predicate;
#[cfg(test)]
mod tests;

pub use predicate::{Bound, key_in, key_range};

pub use crate::schema::quote_ident;

use crate::key::KeySpec;

/// The key's columns as a statement calls them: quoted, perhaps qualified, and in the ghost perhaps under other names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyColumns {
    columns: Vec<String>,
}

impl KeyColumns {
    /// The columns under the names that the key's own table has for them.
    pub fn of(spec: &KeySpec, qualifier: Option<&str>) -> Self {
        Self::named(spec.columns().iter().map(|part| part.name()), qualifier)
    }

    /// The columns under these names, in the key's order.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>, qualifier: Option<&str>) -> Self {
        let prefix = qualifier.map_or(String::new(), |table| format!("{}.", quote_ident(table)));
        Self {
            columns: names
                .into_iter()
                .map(|name| format!("{prefix}{}", quote_ident(name)))
                .collect(),
        }
    }

    /// Each column, ready for a statement.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str)
    }

    /// `a, b, c`.
    pub fn list(&self) -> String {
        self.columns.join(", ")
    }
}

/// A text literal that means the same under every sql_mode and connection character set.
pub fn text(value: &str) -> String {
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    if hex.is_empty() {
        "''".to_owned()
    } else {
        format!("_utf8mb4 0x{hex}")
    }
}

/// What to select for [`KeySpec::from_row`] where the columns have these names.
pub fn select_list(columns: &KeyColumns, spec: &KeySpec) -> String {
    let select = columns
        .iter()
        .zip(spec.columns())
        .map(|(column, part)| part.select(column));
    select.collect::<Vec<_>>().join(", ")
}

/// `ORDER BY` and the key's columns.
pub fn order_by(columns: &KeyColumns, desc: bool) -> String {
    let direction = if desc { " DESC" } else { "" };
    let columns = columns.iter().map(|column| format!("{column}{direction}"));
    format!("ORDER BY {}", columns.collect::<Vec<_>>().join(", "))
}
