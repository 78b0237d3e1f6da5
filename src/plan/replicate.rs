//! What replication does with a table whose replica has another structure (`--migrate-on-replica`).
//!
//! Row events carry no names: the value of the first column goes into the first column, whatever it is called, and what
//! the primary has more at the end is left out. Where the types differ the server stops, unless
//! `replica_type_conversions` allows it; but it knows nothing of charsets, signs and labels, and takes bytes and numbers
//! as they come. That would be other rows than the primary's, and nobody would be told.

use super::columns::ColumnMap;
use crate::error::Failure;
use crate::schema::{Column, Table, same_name};

/// How the columns of the two tables do not fit.
#[derive(Debug, Default, PartialEq, Eq)]
struct Misfits {
    /// Replication would write wrong values.
    silent: Vec<String>,
    /// Replication would stop, if it is not told to convert.
    loud: Vec<String>,
}

/// Refuses what would go wrong in silence; gives what should be known.
pub fn replication(source: &Table, ghost: &Table, map: &ColumnMap) -> Result<Vec<String>, Failure> {
    let misfits = misfits(&source.columns, &ghost.columns, map);
    if !misfits.silent.is_empty() {
        let what = "After the swap, replication would write wrong values into the new table.";
        let mut failure = Failure::refused(what);
        failure.detail = misfits.silent;
        return Err(failure.hint(
            "Rehearse this change with --test-on-replica; make it on the primary. New columns at the end are no obstacle.",
        ));
    }
    Ok(match misfits.loud.as_slice() {
        [] => Vec::new(),
        columns => vec![format!(
            "replication will stop at the first change of the table, unless replica_type_conversions allows these \
             types: {}",
            columns.join("; ")
        )],
    })
}

fn misfits(source: &[Column], ghost: &[Column], map: &ColumnMap) -> Misfits {
    let mut misfits = Misfits::default();
    for (from, to) in source.iter().zip(ghost) {
        let fed = map.ghost_of(&from.name).map_or(&from.name, |fed| &fed.name);
        if !same_name(fed, &to.name) {
            misfits.silent.push(format!(
                "column {}: the values of `{}` would go into `{}`",
                from.ordinal + 1,
                from.name,
                to.name
            ));
        } else if from.charset != to.charset || is_misread(from, to) {
            misfits.silent.push(change(from, to));
        } else if from.column_type != to.column_type && !appends(from, to) {
            misfits.loud.push(change(from, to));
        }
    }
    misfits
}

fn change(from: &Column, to: &Column) -> String {
    let described = |column: &Column| match &column.charset {
        Some(charset) => format!("{} {charset}", column.column_type),
        None => column.column_type.clone(),
    };
    format!("`{}` {} → {}", from.name, described(from), described(to))
}

/// Numbers and labels that mean something else afterwards.
fn is_misread(from: &Column, to: &Column) -> bool {
    let unsigned = |column: &Column| column.column_type.contains("unsigned");
    let labels = matches!(from.data_type.as_str(), "enum" | "set");
    match from.data_type == to.data_type && labels {
        true => !appends(from, to),
        false => !labels && unsigned(from) != unsigned(to),
    }
}

/// The same labels, or more of them behind: the numbers of the old ones stay.
fn appends(from: &Column, to: &Column) -> bool {
    let labels = matches!(from.data_type.as_str(), "enum" | "set");
    labels
        && from
            .column_type
            .strip_suffix(')')
            .is_some_and(|labels| to.column_type.starts_with(labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, ordinal: usize, column_type: &str, charset: Option<&str>) -> Column {
        let data_type = column_type.split(['(', ' ']).next().unwrap_or_default();
        Column {
            name: name.to_owned(),
            ordinal,
            data_type: data_type.to_owned(),
            column_type: column_type.to_owned(),
            nullable: true,
            charset: charset.map(str::to_owned),
            collation: None,
            generated: None,
            auto_increment: false,
            has_default: true,
            octet_length: None,
            fsp: 0,
            precision: None,
            scale: None,
        }
    }

    /// `id int, e enum('x','y')` and more: names and types in the order of the table.
    fn table(columns: &[(&str, &str)]) -> Vec<Column> {
        let column = |(ordinal, (name, column_type)): (usize, &(&str, &str))| {
            let charset = column_type.starts_with("varchar").then_some("utf8mb4");
            column(name, ordinal, column_type, charset)
        };
        columns.iter().enumerate().map(column).collect()
    }

    fn found(source: &[(&str, &str)], ghost: &[(&str, &str)]) -> Misfits {
        let (source, ghost) = (table(source), table(ghost));
        let same = |from: &Column| ghost.iter().find(|to| to.name == from.name).cloned();
        let pairs = source
            .iter()
            .filter_map(|from| Some((from.clone(), same(from)?)))
            .collect();
        let map = ColumnMap {
            pairs,
            ..ColumnMap::default()
        };
        misfits(&source, &ghost, &map)
    }

    #[test]
    fn columns_at_the_end_come_and_go() {
        let (short, long) = (
            [("id", "int"), ("a", "varchar(9)")],
            [("id", "int"), ("a", "varchar(9)"), ("b", "int")],
        );
        assert_eq!(found(&short, &short), Misfits::default());
        assert_eq!(found(&short, &long), Misfits::default());
        assert_eq!(found(&long, &short), Misfits::default());
    }

    #[test]
    fn a_column_in_another_place_gets_the_values_of_its_neighbour() {
        let source = [("id", "int"), ("a", "int"), ("b", "int")];
        let cases: [(&[(&str, &str)], usize); 3] = [
            (&[("id", "int"), ("b", "int"), ("a", "int")], 2),
            (&[("id", "int"), ("b", "int")], 1),
            (&[("id", "int"), ("a", "int"), ("new", "int")], 1),
        ];
        for (ghost, times) in cases {
            let misfits = found(&source, ghost);
            assert_eq!(
                (misfits.silent.len(), misfits.loud.len()),
                (times, 0),
                "{misfits:?}"
            );
        }
    }

    #[test]
    fn types() {
        let one = |from, to| {
            let misfits = found(&[("a", from)], &[("a", to)]);
            (misfits.silent.len(), misfits.loud.len())
        };
        assert_eq!(one("int", "bigint"), (0, 1));
        assert_eq!(one("varchar(9)", "varchar(20)"), (0, 1));
        assert_eq!(one("int", "int unsigned"), (1, 0));
        assert_eq!(one("varchar(9)", "varbinary(9)"), (1, 0));
        assert_eq!(one("enum('x','y')", "enum('x','y','z')"), (0, 0));
        assert_eq!(one("enum('x','y')", "enum('y','x')"), (1, 0));
        assert_eq!(one("set('x','y')", "set('y')"), (1, 0));
        assert_eq!(one("enum('x')", "int"), (0, 1));
    }

    #[test]
    fn a_rename_stays_in_its_place() {
        let (source, ghost) = (table(&[("a", "int")]), table(&[("z", "int")]));
        let map = ColumnMap {
            pairs: vec![(source[0].clone(), ghost[0].clone())],
            ..ColumnMap::default()
        };
        assert_eq!(misfits(&source, &ghost, &map), Misfits::default());
    }
}
