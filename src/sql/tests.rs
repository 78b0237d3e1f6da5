//! SQL text by example: what the predicates look like. That servers understand them is tested on servers.

use super::*;
use crate::key::tests::{key, spec};
use crate::key::{Key, KeySpec};

fn columns(spec: &KeySpec) -> KeyColumns {
    KeyColumns::of(spec, None)
}

/// Types, rows as a SELECT sends them, the predicate.
type Lists = (
    &'static [&'static str],
    &'static [&'static [&'static str]],
    &'static str,
);

#[rustfmt::skip]
const LISTS: &[Lists] = &[
    (&["int"], &[], "FALSE"),
    (&["int"], &[&["-7"]], "`c0` IN (-7)"),
    (&["int"], &[&["2"], &["1"]], "`c0` IN (2, 1)"),
    (&["enum('a','b')"], &[&["2"], &["1"]], "`c0` IN (2, 1)"),
    (&["int", "varchar(9)"], &[&["2", "78"], &["1", ""]], "(`c0`, `c1`) IN ((2, _utf8mb4 X'78'), (1, _utf8mb4 X''))"),
    // In lists of rows the server would compare an ENUM by its label.
    (&["enum('a','b')", "int"], &[&["2", "5"], &["1", "5"], &["2", "6"]], "((`c0` = 1 AND `c1` IN (5)) OR (`c0` = 2 AND `c1` IN (5, 6)))"),
    (&["int", "set('a','b')", "int"], &[&["1", "2", "3"], &["4", "2", "6"]], "(`c1` = 2 AND (`c0`, `c2`) IN ((1, 3), (4, 6)))"),
    (&["enum('a')", "enum('a')"], &[&["1", "0"]], "(`c0` = 1 AND `c1` = 0)"),
    // In a list a day that does not exist may silently match nothing.
    (&["date"], &[&["2024-02-30"], &["2024-02-29"]], "(`c0` IN (DATE'2024-02-29') OR (`c0` = '2024-02-30'))"),
    (&["date"], &[&["0000-00-00"], &["2020-01-00"]], "((`c0` = 0) OR (`c0` = 20200100))"),
    (&["date", "int"], &[&["2024-02-30", "1"]], "(`c0` = '2024-02-30' AND `c1` IN (1))"),
];

#[test]
fn lists_of_keys() {
    for (types, rows, expected) in LISTS {
        let spec = spec(types);
        let keys: Vec<Key> = rows.iter().map(|row| key(&spec, row)).collect();
        assert_eq!(key_in(&columns(&spec), &spec, &keys), *expected);
    }
}

/// Types, lower and upper bound with "included", the predicate.
type Ranges = (
    &'static [&'static str],
    Option<(&'static [&'static str], bool)>,
    Option<(&'static [&'static str], bool)>,
    &'static str,
);

#[rustfmt::skip]
const RANGES: &[Ranges] = &[
    (&["int"], None, None, "TRUE"),
    (&["int"], Some((&["1"], false)), None, "`c0` > 1"),
    (&["int"], Some((&["1"], true)), Some((&["5"], true)), "`c0` >= 1 AND `c0` <= 5"),
    (&["int"], Some((&["5"], true)), Some((&["5"], false)), "`c0` >= 5 AND `c0` < 5"),
    (&["int", "int"], Some((&["1", "2"], false)), None, "(`c0` > 1 OR (`c0` = 1 AND `c1` > 2))"),
    (&["int", "int"], None, Some((&["1", "2"], true)), "(`c0` < 1 OR (`c0` = 1 AND `c1` <= 2))"),
    (&["int", "int"], Some((&["1", "2"], false)), Some((&["1", "9"], true)), "`c0` = 1 AND `c1` > 2 AND `c1` <= 9"),
    (&["int", "int"], Some((&["1", "2"], true)), Some((&["1", "2"], true)), "`c0` = 1 AND `c1` >= 2 AND `c1` <= 2"),
    (
        &["int", "int", "int"], Some((&["1", "2", "3"], false)), Some((&["1", "4", "5"], true)),
        "`c0` = 1 AND (`c1` > 2 OR (`c1` = 2 AND `c2` > 3)) AND (`c1` < 4 OR (`c1` = 4 AND `c2` <= 5))",
    ),
    (&["enum('a','b','c')"], Some((&["1"], false)), None, "`c0` IN (2, 3)"),
    (&["enum('a','b','c')"], Some((&["3"], false)), Some((&["3"], true)), "FALSE AND `c0` IN (0, 1, 2, 3)"),
    (&["enum('a','b','c')", "int"], None, Some((&["1", "7"], false)), "(`c0` IN (0) OR (`c0` = 1 AND `c1` < 7))"),
];

#[test]
fn ranges_of_keys() {
    for (types, lower, upper, expected) in RANGES {
        let spec = spec(types);
        let bound =
            |bound: &Option<(&[&str], bool)>| bound.map(|(texts, included)| (key(&spec, texts), included));
        let (lower, upper) = (bound(lower), bound(upper));
        let lower = lower.as_ref().map(|(key, included)| (key, *included));
        let upper = upper.as_ref().map(|(key, included)| (key, *included));
        assert_eq!(key_range(&columns(&spec), &spec, lower, upper), *expected);
    }
}

#[test]
fn columns_of_the_ghost_may_have_other_names() {
    let spec = spec(&["int", "bit(3)"]);
    let columns = KeyColumns::named(["a`b", "select"], Some("g"));
    assert_eq!(columns.list(), "`g`.`a``b`, `g`.`select`");
    assert_eq!(
        select_list(&columns, &spec),
        "`g`.`a``b`, CAST(`g`.`select` AS UNSIGNED)"
    );
    assert_eq!(
        order_by(&columns, true),
        "ORDER BY `g`.`a``b` DESC, `g`.`select` DESC"
    );
    assert_eq!(
        key_in(&columns, &spec, [&key(&spec, &["1", "2"])]),
        "(`g`.`a``b`, `g`.`select`) IN ((1, 2))"
    );
}
