//! Rows that are not what they should be, for people and programs. Pure.

use serde::Serialize;
use serde_json::json;

use crate::{error::Failure, key::Key, schema::TableName};

/// So many rows are named.
pub(super) const SHOWN_MAX: usize = 10;
/// So many columns of each.
const COLUMNS_SHOWN_MAX: usize = 5;

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The row's key.
    pub key: Key,
    /// The key for people.
    pub name: String,
    /// What differs; empty if nobody looked closer.
    pub kind: Kind,
}

/// How a row differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is in the first table only.
    Missing,
    /// It is in the second table only.
    Extra,
    /// These columns differ.
    Columns(Vec<Cell>),
    /// Seen by its hash; nobody looked closer, or it was equal again by then.
    Unseen,
}

/// A value that differs, the beginning of both sides; `None` is NULL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The column, as the second table calls it.
    pub column: String,
    /// What the first table's row gives.
    pub expected: Option<String>,
    /// What the second table has.
    pub found: Option<String>,
}

impl Difference {
    /// One line.
    fn line(&self, [first, second]: [&TableName; 2]) -> String {
        match &self.kind {
            Kind::Missing => format!("{}: not in {second}", self.name),
            Kind::Extra => format!("{}: in {second}, not in {first}", self.name),
            Kind::Unseen => format!("{}: differs", self.name),
            Kind::Columns(cells) => {
                let shown = cells.iter().take(COLUMNS_SHOWN_MAX).map(Cell::text);
                let shown = shown.collect::<Vec<_>>().join("; ");
                let more = match cells.len().saturating_sub(COLUMNS_SHOWN_MAX) {
                    0 => String::new(),
                    more => format!("; and {more} columns more"),
                };
                format!("{}: {shown}{more}", self.name)
            }
        }
    }

    fn json(&self) -> serde_json::Value {
        match &self.kind {
            Kind::Missing => json!({ "key": self.name, "difference": "missing" }),
            Kind::Extra => json!({ "key": self.name, "difference": "extra" }),
            Kind::Unseen => json!({ "key": self.name, "difference": "values" }),
            Kind::Columns(cells) => {
                json!({ "key": self.name, "difference": "values", "columns": cells })
            }
        }
    }
}

impl Cell {
    fn text(&self) -> String {
        let value = |value: &Option<String>| {
            value
                .as_ref()
                .map_or("NULL".to_owned(), |text| format!("'{}'", printable(text)))
        };
        let (expected, found) = (value(&self.expected), value(&self.found));
        if expected == found {
            return format!(
                "`{}` differs behind {expected}, or in its bytes or type",
                self.column
            );
        }
        format!("`{}` is {found}, expected {expected}", self.column)
    }
}

/// Characters that a terminal would act upon are written as escapes.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() {
                c.escape_debug().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}

/// The differences as a run's end: `what` says it in a sentence.
pub fn differ(what: String, differences: &[Difference], tables: [&TableName; 2]) -> Failure {
    let shown = differences.iter().take(SHOWN_MAX);
    let mut failure = shown.clone().fold(Failure::failed(what), |failure, difference| {
        failure.detail(difference.line(tables))
    });
    if differences.len() > SHOWN_MAX {
        failure = failure.detail(format!("and {} rows more", differences.len() - SHOWN_MAX));
    }
    failure.data(json!({
        "rows": differences.len(),
        "differences": shown.map(Difference::json).collect::<Vec<_>>(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(kind: Kind) -> Difference {
        Difference {
            key: Key::from_encoded(*b"7", 1),
            name: "id=7".into(),
            kind,
        }
    }

    #[test]
    fn a_difference_names_key_column_and_both_values() {
        let (first, second) = (TableName::new("s", "t"), TableName::new("s", "_t_gho"));
        let cells = vec![
            Cell {
                column: "a".into(),
                expected: Some(String::new()),
                found: None,
            },
            Cell {
                column: "b".into(),
                expected: Some("x".into()),
                found: Some("x".into()),
            },
        ];
        let failure = differ(
            "Rows differ.".into(),
            &[
                difference(Kind::Columns(cells)),
                difference(Kind::Missing),
                difference(Kind::Extra),
            ],
            [&first, &second],
        );
        assert_eq!(
            failure.detail,
            [
                "id=7: `a` is NULL, expected ''; `b` differs behind 'x', or in its bytes or type",
                "id=7: not in `s`.`_t_gho`",
                "id=7: in `s`.`_t_gho`, not in `s`.`t`",
            ]
        );
        let data = failure.data.expect("for programs");
        assert_eq!(data["rows"], 3);
        assert_eq!(
            data["differences"][0]["columns"][0]["found"],
            serde_json::Value::Null
        );
    }
}
