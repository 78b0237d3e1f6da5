//! Which unique key orders the copy and names a row.
//!
//! It is a unique key of the source: whole columns, NOT NULL, visible, of types that compare exactly, fed into ghost columns that are NOT
//! NULL as well. In the ghost a row must be found by the same values through an index, and there must be at most one:
//!
//! - [`GhostKey::Same`]: the ghost has a unique key on the same columns. The normal case.
//! - [`GhostKey::Narrower`]: the ghost has a unique key on some of them (PRIMARY KEY (id,dt) → (id)). What is unique on fewer columns is
//!   unique on more. Two source rows may now want one ghost row; that is a collision on another unique key, found as one.
//! - [`GhostKey::Wider`]: they are the first columns of a wider unique key (PRIMARY KEY (id) → (id,dt), as partitioning
//!   demands). The ghost does not keep a second row away; what keeps it away is that a row is only written after its key was
//!   deleted or for the first time. So a statement whose outcome is not known must not simply be sent again, and keys whose
//!   order only the server knows (where the copy meets flushed rows) are refused.

use super::columns::ColumnMap;
use super::key_types::{self, Change};
use crate::error::Failure;
use crate::schema::{Column, Table, UniqueKey, same_name};

/// How the ghost finds a row by the iteration key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GhostKey {
    /// By a unique key on the same columns.
    Same,
    /// By a unique key on some of them.
    Narrower,
    /// By the first columns of a wider unique key.
    Wider,
}

/// The chosen key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChoice {
    /// The source's unique key: the iteration key.
    pub source_key: UniqueKey,
    /// The ghost's unique key through which rows are found; its columns may be in another order.
    pub ghost_key: UniqueKey,
    /// How the two are related.
    pub relation: GhostKey,
    /// The iteration key's columns in the source, in the key's order.
    pub source_columns: Vec<String>,
    /// The same columns' names in the ghost, in the same order.
    pub ghost_columns: Vec<String>,
    /// Why this one, for the user.
    pub why: String,
    /// (key, reason) of the source's keys that cannot be used.
    pub rejected: Vec<(String, String)>,
    /// A text column of it has another charset or collation in the ghost: equality differs between the tables.
    pub text_differs: bool,
    /// A column of it may not fit its new type: our sessions must be strict, so that this is an error.
    pub needs_strict: bool,
    /// The ghost keeps two rows of one key away by itself. If not, write a row only after deleting its key.
    pub ghost_unique: bool,
    /// The ghost has a unique key on other columns (or prefixes, or expressions) than the iteration key: REPLACE could displace
    /// rows that nobody reads again. False only for [`GhostKey::Same`] and no other unique key.
    pub ghost_has_other_unique: bool,
}

/// Chooses the key, or says of each candidate why it cannot be used.
pub fn iteration_key(source: &Table, ghost: &Table, map: &ColumnMap) -> Result<KeyChoice, Failure> {
    let (mut usable, mut rejected) = (Vec::new(), Vec::new());
    for key in &source.unique_keys {
        match candidate(source, ghost, map, key) {
            Ok(candidate) => usable.push(candidate),
            Err(reason) => rejected.push((key.name.clone(), reason)),
        }
    }
    let best = usable.into_iter().min_by(|one, other| one.cost.cmp(&other.cost));
    match best {
        Some(best) => Ok(best.into_choice(ghost, rejected)),
        None => Err(in_gh_ost(no_key(source, &rejected), source, ghost)),
    }
}

struct Candidate<'a> {
    key: &'a UniqueKey,
    ghost_key: &'a UniqueKey,
    relation: GhostKey,
    pairs: Vec<(&'a Column, &'a Column)>,
    change: Change,
    cost: Cost,
}

/// Compared field by field; the smallest wins. Reading in the order of the primary key is worth more than narrow columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    kind: u8,
    columns: usize,
    bytes: u64,
    name: String,
}

fn candidate<'a>(
    source: &'a Table,
    ghost: &'a Table,
    map: &'a ColumnMap,
    key: &'a UniqueKey,
) -> Result<Candidate<'a>, String> {
    let columns = own_columns(source, key)?;
    let pairs = pairs_of(map, &columns)?;
    let change = changes(&pairs)?;
    let ghost_names: Vec<&str> = pairs.iter().map(|(_, ghost)| ghost.name.as_str()).collect();
    let (relation, ghost_key) = ghost_key(ghost, &ghost_names)?;
    if relation == GhostKey::Wider && change.is_text {
        return Err(format!(
            "after the ALTER only {} is unique, and text can only be compared by the server",
            named(ghost_key)
        ));
    }
    let cost = Cost {
        kind: match relation {
            GhostKey::Same if key.is_primary() => 0,
            GhostKey::Same if !change.is_text => 1,
            _ if key.is_primary() => 2,
            _ => 3,
        },
        columns: pairs.len(),
        bytes: pairs.iter().map(|(source, _)| width(source)).sum(),
        name: key.name.clone(),
    };
    Ok(Candidate {
        key,
        ghost_key,
        relation,
        pairs,
        change,
        cost,
    })
}

/// The key's columns, if it names rows of the source.
fn own_columns<'a>(source: &'a Table, key: &UniqueKey) -> Result<Vec<&'a Column>, String> {
    if let Some(part) = key.parts.iter().find(|part| part.column.is_none()) {
        let expression = part.expression.as_deref().unwrap_or("an expression");
        return Err(format!("it is on an expression: {expression}"));
    }
    let Some(names) = key.whole_columns() else {
        return Err("it holds only the beginning of a column".to_owned());
    };
    if !key.visible {
        return Err("it is invisible, so the server does not use it".to_owned());
    }
    let find = |name: &&str| {
        source
            .column(name)
            .ok_or_else(|| format!("its column `{name}` is unknown"))
    };
    let columns: Vec<&Column> = names.iter().map(find).collect::<Result<_, _>>()?;
    for (column, part) in columns.iter().zip(&key.parts) {
        if column.nullable || part.nullable {
            return Err(format!(
                "`{}` may hold NULL, and rows with NULL are not unique",
                column.name
            ));
        }
        if column.generated.is_some() {
            return Err(format!("`{}` is computed by the server", column.name));
        }
    }
    Ok(columns)
}

fn pairs_of<'a>(map: &'a ColumnMap, columns: &[&Column]) -> Result<Vec<(&'a Column, &'a Column)>, String> {
    let pair = |column: &&Column| {
        let found = map
            .pairs
            .iter()
            .find(|(source, _)| same_name(&source.name, &column.name));
        match found {
            None => Err(format!("`{}` is not kept by the ALTER", column.name)),
            Some((_, ghost)) if ghost.nullable => {
                Err(format!("`{}` may hold NULL after the ALTER", ghost.name))
            }
            Some((source, ghost)) => Ok((source, ghost)),
        }
    };
    columns.iter().map(pair).collect()
}

fn changes(pairs: &[(&Column, &Column)]) -> Result<Change, String> {
    let mut all = Change::default();
    for (source, ghost) in pairs {
        let one = key_types::change(source, ghost)?;
        all.text_differs |= one.text_differs;
        all.needs_strict |= one.needs_strict;
        all.is_text |= one.is_text;
    }
    Ok(all)
}

/// The ghost's index by which these columns find a row: the same columns, else fewer, else more.
fn ghost_key<'a>(ghost: &'a Table, names: &[&str]) -> Result<(GhostKey, &'a UniqueKey), String> {
    let usable = ghost.unique_keys.iter().filter(|key| key.visible);
    let related = usable.filter_map(|key| relation(ghost, key, names).map(|relation| (relation, key)));
    let order = |relation: &GhostKey| match relation {
        GhostKey::Same => 0,
        GhostKey::Narrower => 1,
        GhostKey::Wider => 2,
    };
    related
        .min_by_key(|(relation, key)| (order(relation), !key.is_primary(), key.parts.len()))
        .ok_or_else(|| {
            format!(
                "after the ALTER no unique key finds a row by ({})",
                names.join(", ")
            )
        })
}

fn relation(ghost: &Table, key: &UniqueKey, names: &[&str]) -> Option<GhostKey> {
    let columns = key.whole_columns()?;
    let is_in = |name: &str, set: &[&str]| set.iter().any(|other| same_name(other, name));
    let not_null = |name: &str| ghost.column(name).is_some_and(|column| !column.nullable);
    if columns.iter().all(|name| is_in(name, names) && not_null(name)) {
        return Some(if columns.len() == names.len() {
            GhostKey::Same
        } else {
            GhostKey::Narrower
        });
    }
    let first = columns.get(..names.len())?;
    first
        .iter()
        .all(|name| is_in(name, names))
        .then_some(GhostKey::Wider)
}

/// Bytes of a key value; for comparing candidates only.
fn width(column: &Column) -> u64 {
    match key_types::int_bytes(&column.data_type) {
        Some(bytes) => u64::from(bytes),
        None => column.octet_length.unwrap_or(9).saturating_add(8),
    }
}

impl Candidate<'_> {
    fn into_choice(self, ghost: &Table, rejected: Vec<(String, String)>) -> KeyChoice {
        let ghost_columns: Vec<String> = self.pairs.iter().map(|(_, ghost)| ghost.name.clone()).collect();
        let names: Vec<&str> = ghost_columns.iter().map(String::as_str).collect();
        let is_other = |key: &UniqueKey| relation(ghost, key, &names) != Some(GhostKey::Same);
        KeyChoice {
            ghost_has_other_unique: ghost.unique_keys.iter().any(is_other),
            why: self.why(),
            source_key: self.key.clone(),
            ghost_key: self.ghost_key.clone(),
            relation: self.relation,
            source_columns: self.pairs.iter().map(|(source, _)| source.name.clone()).collect(),
            ghost_columns,
            rejected,
            text_differs: self.change.text_differs,
            needs_strict: self.change.needs_strict,
            ghost_unique: self.relation != GhostKey::Wider,
        }
    }

    fn why(&self) -> String {
        let (key, ghost_key) = (named(self.key), named(self.ghost_key));
        let shared = match self.relation {
            GhostKey::Same if self.key.is_primary() && self.ghost_key.is_primary() => {
                return "the primary key of both tables".to_owned();
            }
            GhostKey::Same => "unique in both tables",
            GhostKey::Narrower => "unique in the source, and found in the altered table by fewer columns",
            GhostKey::Wider => {
                "unique in the source, and found in the altered table as the beginning of a wider key"
            }
        };
        format!("{key} is {shared} (there {ghost_key})")
    }
}

fn named(key: &UniqueKey) -> String {
    let columns: Vec<&str> = key
        .parts
        .iter()
        .map(|part| part.column.as_deref().unwrap_or("(expression)"))
        .collect();
    match key.is_primary() {
        true => format!("PRIMARY KEY ({})", columns.join(", ")),
        false => format!("`{}` ({})", key.name, columns.join(", ")),
    }
}

fn no_key(source: &Table, rejected: &[(String, String)]) -> Failure {
    if rejected.is_empty() {
        return Failure::refused(format!("{} has no unique key, so its rows cannot be told apart", source.name))
            .hint("Add a PRIMARY KEY first, with the server's own ALTER TABLE: ADD COLUMN id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY.");
    }
    let failure = Failure::refused(format!("no unique key of {} can order the copy", source.name)).hint(
        "A key is needed that is unique and NOT NULL before and after the ALTER, on whole columns that are not FLOAT or DOUBLE. \
         Add one first, or change the keys in two runs.",
    );
    rejected.iter().fold(failure, |so_far, (key, reason)| {
        so_far.detail(format!("{key}: {reason}"))
    })
}

/// gh-ost has three messages for what [`no_key`] says.
fn in_gh_ost(failure: Failure, source: &Table, ghost: &Table) -> Failure {
    let becomes_timestamp = |column: &Column| {
        let target = ghost.column(&column.name);
        column.data_type == "datetime" && target.is_some_and(|target| target.data_type == "timestamp")
    };
    let in_key = |key: &UniqueKey| {
        let columns = key
            .parts
            .iter()
            .filter_map(|part| source.column(part.column.as_deref()?));
        columns.into_iter().any(becomes_timestamp)
    };
    failure.in_gh_ost(if source.unique_keys.is_empty() || ghost.unique_keys.is_empty() {
        "No PRIMARY nor UNIQUE key found in table! Bailing out"
    } else if source.unique_keys.iter().any(in_key) {
        "No support at this time for converting a column from DATETIME to TIMESTAMP that is also part of the chosen unique key"
    } else {
        "No shared unique key can be found after ALTER! Bailing out"
    })
}
