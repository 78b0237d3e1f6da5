//! Predicates on an iteration key: these rows, or this range of rows.

use std::collections::BTreeMap;

use super::KeyColumns;
use crate::key::{Key, KeySpec, Kind, Literal};

/// ENUM and SET columns with at most so many values have ranges written as lists: the optimizer uses an index for
/// their numbers only in equalities.
const LISTED_DOMAIN: u64 = 256;

/// A bound of a range: the key, and whether its row belongs to the range.
pub type Bound<'a> = Option<(&'a Key, bool)>;

/// The rows with these keys: `a IN (1, 2)`, `(a, b) IN ((1, 2), (3, 4))`. No keys: `FALSE`.
///
/// Values that the server would misread in a list stand before it: `(e = 1 AND (a, b) IN ((1, 2)))`.
pub fn key_in<'a>(columns: &KeyColumns, spec: &KeySpec, keys: impl IntoIterator<Item = &'a Key>) -> String {
    let mut lists: BTreeMap<String, List> = BTreeMap::new();
    for key in keys {
        let literals = spec.typed_literals(key);
        let (listed, apart): (Vec<_>, Vec<_>) = columns
            .iter()
            .zip(&literals)
            .partition(|(_, literal)| literal.lists_among(literals.len()));
        let equalities = apart
            .iter()
            .map(|(column, literal)| format!("{column} = {}", literal.sql));
        let list = lists
            .entry(equalities.collect::<Vec<_>>().join(" AND "))
            .or_default();
        list.push(&listed);
    }
    let alternatives: Vec<_> = lists
        .iter()
        .map(|(equalities, list)| list.predicate(equalities))
        .collect();
    match alternatives.as_slice() {
        [] => "FALSE".to_owned(),
        [only] => only.clone(),
        several => format!("({})", several.join(" OR ")),
    }
}

/// Keys that share what stands before an `IN`, and the columns on its left.
#[derive(Default)]
struct List {
    left: String,
    rows: String,
}

impl List {
    fn push(&mut self, row: &[(&str, &Literal)]) {
        let values = join(row.iter().map(|(_, literal)| literal.sql.as_str()));
        if self.rows.is_empty() {
            self.left = join(row.iter().map(|(column, _)| *column));
        } else {
            self.rows.push_str(", ");
        }
        self.rows.push_str(&values);
    }

    fn predicate(&self, equalities: &str) -> String {
        match (equalities, self.left.as_str()) {
            ("", left) => format!("{left} IN ({})", self.rows),
            (_, "") => format!("({equalities})"),
            (_, left) => format!("({equalities} AND {left} IN ({}))", self.rows),
        }
    }
}

/// One value as it is, several as a row.
fn join<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<_> = values.collect();
    match values.as_slice() {
        [one] => (*one).to_owned(),
        [] => String::new(),
        several => format!("({})", several.join(", ")),
    }
}

/// The rows between two keys, in the server's order. Without bounds: `TRUE`.
pub fn key_range(columns: &KeyColumns, spec: &KeySpec, lower: Bound<'_>, upper: Bound<'_>) -> String {
    let lower = lower.map(|(key, inclusive)| Edge::new(columns, spec, key, inclusive, Side::Above));
    let upper = upper.map(|(key, inclusive)| Edge::new(columns, spec, key, inclusive, Side::Below));
    match (&lower, &upper) {
        (None, None) => "TRUE".to_owned(),
        (Some(edge), None) | (None, Some(edge)) => edge.predicate(&edge.parts),
        (Some(lower), Some(upper)) => between(lower, upper),
    }
}

/// Parts that both bounds share are equalities; the ranges begin behind them, and so on both sides within one index
/// prefix.
fn between(lower: &Edge<'_>, upper: &Edge<'_>) -> String {
    let same = |(low, high): &(&Comparison<'_>, &Comparison<'_>)| low.literal == high.literal;
    // The last part stays a range: it alone says whether the bounds themselves belong to it.
    let shared = lower
        .parts
        .iter()
        .zip(&upper.parts)
        .take_while(same)
        .count()
        .min(lower.parts.len().saturating_sub(1));
    let mut all: Vec<String> = lower.parts.iter().take(shared).map(Comparison::equal).collect();
    for edge in [lower, upper] {
        all.push(edge.predicate(edge.parts.get(shared..).unwrap_or_default()));
    }
    all.join(" AND ")
}

#[derive(Clone, Copy)]
enum Side {
    Above,
    Below,
}

/// One end of a range.
struct Edge<'a> {
    parts: Vec<Comparison<'a>>,
    side: Side,
    inclusive: bool,
}

/// A column and the value at an end of the range.
struct Comparison<'a> {
    column: &'a str,
    kind: &'a Kind,
    literal: Literal,
}

impl<'a> Edge<'a> {
    fn new(columns: &'a KeyColumns, spec: &'a KeySpec, key: &Key, inclusive: bool, side: Side) -> Self {
        let literals = spec.typed_literals(key);
        let parts = columns.iter().zip(spec.columns()).zip(literals);
        let parts = parts.map(|((column, part), literal)| Comparison {
            column,
            kind: part.kind(),
            literal,
        });
        Self {
            parts: parts.collect(),
            side,
            inclusive,
        }
    }

    /// `(a > 1 OR (a = 1 AND b > 2))`: the optimizer makes ranges of this, but not of `(a, b) > (1, 2)`.
    fn predicate(&self, parts: &[Comparison<'_>]) -> String {
        match parts {
            [] => "TRUE".to_owned(),
            [last] => last.beyond(self.side, self.inclusive),
            [first, rest @ ..] => {
                let beyond = first.beyond(self.side, false);
                format!("({beyond} OR ({} AND {}))", first.equal(), self.predicate(rest))
            }
        }
    }
}

impl Comparison<'_> {
    fn equal(&self) -> String {
        format!("{} = {}", self.column, self.literal.sql)
    }

    fn beyond(&self, side: Side, inclusive: bool) -> String {
        let listed = self.kind.domain().filter(|values| *values <= LISTED_DOMAIN);
        if let (Some(domain), Some(ordinal)) = (listed, self.literal.ordinal) {
            return self.listed(side, inclusive, ordinal, domain);
        }
        let operator = match (side, inclusive) {
            (Side::Above, true) => ">=",
            (Side::Above, false) => ">",
            (Side::Below, true) => "<=",
            (Side::Below, false) => "<",
        };
        format!("{} {operator} {}", self.column, self.literal.sql)
    }

    fn listed(&self, side: Side, inclusive: bool, ordinal: u64, domain: u64) -> String {
        let next = ordinal.saturating_add(1);
        let values = match side {
            Side::Above => (if inclusive { ordinal } else { next })..domain,
            Side::Below => 0..(if inclusive { next } else { ordinal }),
        };
        if values.is_empty() {
            return "FALSE".to_owned();
        }
        let values = values.map(|value| value.to_string()).collect::<Vec<_>>();
        format!("{} IN ({})", self.column, values.join(", "))
    }
}
