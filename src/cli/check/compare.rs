//! The flags of `verify`.

use super::{Problems, Surroundings, connection};
use crate::cli::args::compare::CompareArgs;
use crate::config::{CHUNK_ROWS, Connection};
use crate::error::Failure;
use crate::migrate::compare::Request;
use crate::schema::TableName;

/// Checks them; all problems are in the error.
pub fn request(args: &CompareArgs, world: &dyn Surroundings) -> Result<(Connection, Request), Vec<Failure>> {
    let mut problems = Problems::default();
    let p = &mut problems;
    let file = connection::option_file(&args.connection, world, p);
    let mut found = connection::check(&args.connection, &file, world, p);
    let what = &args.what;
    let map = what.map.iter().map(|pair| p.take(mapped(pair))).collect();
    if what.table == what.other {
        p.add(Failure::usage("--table and --with name the same table").hint("name two tables"));
    }
    let request = Request {
        first: TableName::new(&what.database, &what.table),
        second: TableName::new(&what.database, &what.other),
        map,
        chunk_rows: p.or_none("--chunk-size", what.chunk_size, CHUNK_ROWS),
    };
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    found.password =
        connection::password(&found, &args.connection, &file, world).map_err(|problem| vec![problem])?;
    Ok((found, request))
}

fn mapped(pair: &str) -> Result<(String, String), Failure> {
    match pair.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.to_owned(), to.to_owned())),
        _ => Err(Failure::usage(format!("--map is '{pair}'"))
            .hint("say --map a=b: column a of the first table, column b of the second")),
    }
}

#[cfg(test)]
mod tests {
    use super::mapped;

    #[test]
    fn columns_are_mapped_in_pairs() {
        assert_eq!(mapped("a=b"), Ok(("a".to_owned(), "b".to_owned())));
        assert!(mapped("a").is_err() && mapped("=b").is_err() && mapped("a=").is_err());
    }
}
