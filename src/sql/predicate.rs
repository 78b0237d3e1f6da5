//! Predicates on an iteration key: these rows, or this range of rows.

use super::KeyColumns;
use crate::key::{Key, KeySpec, Kind, Literal};

/// ENUM and SET columns with at most so many values have ranges written as lists: the optimizer uses an index for
/// their numbers only in equalities.
const LISTED_DOMAIN: u64 = 256;

/// A bound of a range: the key, and whether its row belongs to the range.
pub type Bound<'a> = Option<(&'a Key, bool)>;

/// The rows with these keys: `a IN (1, 2)`, `(a, b) IN ((1, 2), (3, 4))`. No keys: `FALSE`.
pub fn key_in<'a>(columns: &KeyColumns, spec: &KeySpec, keys: impl IntoIterator<Item = &'a Key>) -> String {
    let mut list = String::new();
    let mut alone = Vec::new();
    for key in keys {
        let literals = spec.typed_literals(key);
        if literals.iter().all(|literal| literal.listable) {
            push_row(&mut list, &literals);
        } else {
            alone.push(equal(columns, &literals));
        }
    }
    if !list.is_empty() {
        let left = if columns.columns.len() == 1 {
            columns.list()
        } else {
            format!("({})", columns.list())
        };
        alone.insert(0, format!("{left} IN ({list})"));
    }
    any(alone)
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

fn equal(columns: &KeyColumns, literals: &[Literal]) -> String {
    let equalities = columns
        .iter()
        .zip(literals)
        .map(|(column, literal)| format!("{column} = {}", literal.sql));
    equalities.collect::<Vec<_>>().join(" AND ")
}

fn push_row(list: &mut String, literals: &[Literal]) {
    if !list.is_empty() {
        list.push_str(", ");
    }
    let row = literals
        .iter()
        .map(|literal| literal.sql.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    match literals {
        [_] => list.push_str(&row),
        _ => list.push_str(&format!("({row})")),
    }
}

/// Alternatives, safe to be joined to others by AND.
fn any(alternatives: Vec<String>) -> String {
    match alternatives.as_slice() {
        [] => "FALSE".to_owned(),
        [only] => only.clone(),
        several => format!("({})", several.join(" OR ")),
    }
}
