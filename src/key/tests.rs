//! Keys as a whole: what may be one, that both ways in give the same, and that what comes out is what went in.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use crate::schema::{Column, Table, TableName};

/// A NOT NULL column of a type.
pub(crate) fn column(name: &str, ordinal: usize, column_type: &str) -> Column {
    let data_type = column_type
        .split(['(', ' '])
        .next()
        .unwrap_or_default()
        .to_owned();
    let arguments = column_type
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or("", |(inside, _)| inside);
    let mut numbers = arguments
        .split(',')
        .map(|number| number.trim().parse::<u32>().ok());
    let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
    let text = matches!(data_type.as_str(), "char" | "varchar");
    Column {
        name: name.to_owned(),
        ordinal,
        nullable: false,
        charset: text.then(|| "utf8mb4".to_owned()),
        collation: text.then(|| {
            if column_type.ends_with("_bin") {
                "utf8mb4_0900_bin"
            } else {
                "utf8mb4_0900_ai_ci"
            }
            .to_owned()
        }),
        generated: None,
        auto_increment: false,
        has_default: false,
        octet_length: first.map(|length| u64::from(length) * if text { 4 } else { 1 }),
        fsp: first.and_then(|fsp| u8::try_from(fsp).ok()).unwrap_or(0),
        precision: first,
        scale: Some(second.unwrap_or(0)),
        column_type: column_type.to_owned(),
        data_type,
    }
}

/// A table of these columns, named c0, c1, …
pub(crate) fn table(types: &[&str]) -> Table {
    let columns = types
        .iter()
        .enumerate()
        .map(|(ordinal, kind)| column(&format!("c{ordinal}"), ordinal, kind));
    Table {
        name: TableName::new("s", "t"),
        engine: "InnoDB".to_owned(),
        columns: columns.collect(),
        unique_keys: Vec::new(),
        comment: String::new(),
        auto_increment: None,
        rows_estimate: 0,
        row_bytes_estimate: 0,
        bytes: 0,
        create_sql: String::new(),
    }
}

/// The key of all columns of such a table.
pub(crate) fn spec(types: &[&str]) -> KeySpec {
    let table = table(types);
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    KeySpec::new(&table, &names).unwrap()
}

/// A key from what the server would send.
pub(crate) fn key(spec: &KeySpec, texts: &[&str]) -> Key {
    spec.from_row(
        &texts
            .iter()
            .map(|text| Some(text.as_bytes().to_vec()))
            .collect::<Vec<_>>(),
    )
    .unwrap()
}

#[test]
fn what_cannot_be_a_key_is_refused() {
    for kind in [
        "float",
        "double",
        "json",
        "geometry",
        "text",
        "longblob",
        "vector(3)",
        "inet6",
        "decimal",
        "bit(65)",
    ] {
        let error = KeySpec::new(&table(&[kind]), &["c0"]).unwrap_err();
        assert!(matches!(error, KeyError::Unsupported { .. }), "{kind}: {error}");
    }
    let members: Vec<String> = (0..54).map(|member| format!("'{member}'")).collect();
    assert!(KeySpec::new(&table(&[&format!("set({})", members.join(","))]), &["c0"]).is_err());
    let mut nullable = table(&["int"]);
    nullable.columns[0].nullable = true;
    assert_eq!(
        KeySpec::new(&nullable, &["c0"]),
        Err(KeyError::Nullable("c0".into()))
    );
    assert_eq!(
        KeySpec::new(&table(&["int"]), &["x"]),
        Err(KeyError::NoSuchColumn("x".into()))
    );
    assert_eq!(KeySpec::new(&table(&["int"]), &[]), Err(KeyError::Empty));
    assert!(matches!(
        KeySpec::new(&table(&["varbinary(40000)"]), &["c0"]),
        Err(KeyError::TooLong(_))
    ));
}

/// type, what a SELECT sends, the field in a row image, the literal
#[rustfmt::skip]
const VALUES: &[(&str, &str, &[u8], &str)] = &[
    ("tinyint", "-128", &[0x80], "-128"),
    ("tinyint unsigned", "255", &[0xff], "255"),
    ("smallint", "-2", &[0xfe, 0xff], "-2"),
    ("mediumint", "-1", &[0xff, 0xff, 0xff], "-1"),
    ("mediumint", "-8388608", &[0, 0, 0x80], "-8388608"),
    ("mediumint unsigned", "16777215", &[0xff, 0xff, 0xff], "16777215"),
    ("int(5) unsigned zerofill", "00007", &[7, 0, 0, 0], "7"),
    ("bigint", "-9223372036854775808", &[0, 0, 0, 0, 0, 0, 0, 0x80], "-9223372036854775808"),
    ("bigint unsigned", "18446744073709551615", &[0xff; 8], "18446744073709551615"),
    ("decimal(10,3)", "-0.001", &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xfe], "-0.001"),
    ("decimal(3,0)", "7", &[0x80, 7], "7"),
    ("decimal(2,2)", "0.50", &[0x80 | 50], "0.50"),
    ("year", "0000", &[0], "0"),
    ("year", "2155", &[255], "2155"),
    ("date", "2024-02-29", &[0x5d, 0xd0, 0x0f], "DATE'2024-02-29'"),
    ("date", "0000-00-00", &[0, 0, 0], "0"),
    ("date", "2024-02-00", &[0x40, 0xd0, 0x0f], "20240200"),
    ("date", "2024-02-30", &[0x5e, 0xd0, 0x0f], "'2024-02-30'"),
    ("time", "-838:59:59", &[0x4b, 0x91, 0x05], "TIME'-838:59:59'"),
    ("time", "00:00:00", &[0x80, 0, 0], "TIME'00:00:00'"),
    ("time(1)", "-00:00:00.1", &[0x7f, 0xff, 0xff, 0xf6], "TIME'-00:00:00.1'"),
    ("time(3)", "-00:00:01.999", &[0x7f, 0xff, 0xfe, 0xd8, 0xfa], "TIME'-00:00:01.999'"),
    ("time(4)", "-00:00:01.0000", &[0x7f, 0xff, 0xff, 0, 0], "TIME'-00:00:01.0000'"),
    ("time(6)", "-00:00:00.000001", &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff], "TIME'-00:00:00.000001'"),
    ("datetime", "2024-02-29 23:59:59", &[0x99, 0xb2, 0xbb, 0x7e, 0xfb], "TIMESTAMP'2024-02-29 23:59:59'"),
    ("datetime(2)", "0000-00-00 00:00:00.00", &[0x80, 0, 0, 0, 0, 0], "0"),
    ("timestamp", "0", &[0, 0, 0, 0], "0"),
    ("timestamp(3)", "1709251199.120", &[0x65, 0xe1, 0x1a, 0x7f, 0x04, 0xb0], "TIMESTAMP'2024-02-29 23:59:59.120'"),
    ("timestamp", "2147483647", &[0x7f, 0xff, 0xff, 0xff], "TIMESTAMP'2038-01-19 03:14:07'"),
    ("bit(9)", "257", &[1, 1], "257"),
    ("enum('z','a')", "0", &[0], "0"),
    ("enum('z','a')", "2", &[2], "2"),
    ("set('z','a','b','c','d','e','f','g','h')", "257", &[1, 1], "257"),
    ("binary(4)", "61000000", b"a", "_binary X'61000000'"),
    ("varbinary(4)", "270000FF", &[0x27, 0, 0, 0xff], "_binary X'270000ff'"),
    ("varchar(4)", "", b"", "_utf8mb4 X''"),
    ("varchar(4)", "7820", b"x ", "_utf8mb4 X'7820'"),
    ("char(4)", "7820", b"x", "_utf8mb4 X'78'"),
];

#[test]
fn a_select_and_an_image_give_the_same_key_and_the_literal_says_what_it_is() {
    for (kind, text, field, literal) in VALUES {
        let spec = spec(&[kind]);
        let selected = key(&spec, &[text]);
        assert_eq!(spec.from_image(&[field]).as_ref(), Ok(&selected), "{kind} {text}");
        assert_eq!(spec.literals(&selected), [*literal], "{kind} {text}");
    }
}

#[test]
fn what_is_no_value_of_the_column_is_an_error() {
    #[rustfmt::skip]
    let cases = [
        ("tinyint", "128"),
        ("tinyint unsigned", "-1"),
        ("int", ""),
        ("int", "1.0"),
        ("int", "+"),
        ("year", "1900"),
        ("date", "2024-13-01"),
        ("date", "2024-1"),
        ("time", "839:00:00"),
        ("time", "1:2"),
        ("datetime", "x"),
        ("timestamp", "-1"),
        ("timestamp(6)", "1.1234567"), ("timestamp(3)", "1.1234"), ("timestamp", "4294967296"), ("time(1)", "00:00:00.01"),
        ("datetime", "2024-01-01 00:00:00.1"),
        ("varbinary(3)", "6"),
        ("varbinary(3)", "zz"),
        ("binary(1)", "6161"),
        ("enum('a')", "256"),
        ("bit(8)", "1e2"),
    ];
    for (kind, text) in cases {
        let error = spec(&[kind])
            .from_row(&[Some(text.as_bytes().to_vec())])
            .unwrap_err();
        assert!(
            matches!(error, KeyError::BadText { .. }),
            "{kind} {text}: {error}"
        );
    }
    assert_eq!(spec(&["int"]).from_row(&[None]), Err(KeyError::Null("c0".into())));
    assert_eq!(
        spec(&["int"]).from_row(&[]),
        Err(KeyError::WrongCount {
            expected: 1,
            found: 0
        })
    );
    assert!(matches!(
        spec(&["int"]).from_image(&[b"123"]),
        Err(KeyError::BadImage { length: 3, .. })
    ));
}

#[test]
fn a_select_asks_for_what_is_exact() {
    let spec = spec(&["int", "enum('a')", "timestamp(3)", "char(3)"]);
    assert_eq!(
        spec.select_list(None),
        "`c0`, CAST(`c1` AS UNSIGNED), UNIX_TIMESTAMP(`c2`), HEX(`c3`)"
    );
    assert!(spec.select_list(Some("t`")).starts_with("`t```.`c0`, "));
    assert!(spec.needs_utc());
}

#[test]
fn order_ends_at_text_that_only_the_server_compares() {
    let spec = spec(&["int", "varchar(9)", "int"]);
    assert!(!spec.exact_identity() && !spec.fully_ordered());
    let keys = |n: &str, text: &str, m: &str| key(&spec, &[n, text, m]);
    assert_eq!(
        keys("-1", "61", "5").compare(&keys("1", "61", "1")),
        Some(Ordering::Less)
    );
    assert_eq!(keys("1", "61", "5").compare(&keys("1", "62", "1")), None);
    assert_eq!(keys("1", "61", "5").compare(&keys("1", "61", "5")), None);
    assert_eq!(keys("1", "61", "5").compare(&keys("1", "61", "1")), None);
    assert!(self::spec(&["varchar(9) collate utf8mb4_0900_bin", "int"]).fully_ordered());
}

#[test]
fn keys_are_shown_to_people() {
    let show = |types: &[&str], texts: &[&str]| {
        let spec = spec(types);
        spec.display(&key(&spec, texts))
    };
    assert_eq!(show(&["int"], &["7"]), "c0=7");
    assert_eq!(show(&["varchar(9)", "int"], &["78", "3"]), "(c0='x', c1=3)");
    assert_eq!(show(&["varchar(9)"], &["2700"]), "c0=_utf8mb4 X'2700'");
    let long = show(&["varchar(900)"], &[&"78".repeat(900)]);
    assert!(long.chars().count() == 200 && long.ends_with('…'), "{long}");
    let spec = spec(&["int"]);
    let foreign = Key::from_encoded(vec![1], 1);
    assert_eq!(
        (spec.display(&foreign), spec.literals(&foreign)),
        ("c0=?".into(), vec!["(malformed key)".into()])
    );
}

#[test]
fn literals_fit_columns_of_the_same_values_only() {
    let same = |mine: &str, theirs: &str| spec(&[mine]).same_values(&spec(&[theirs]));
    assert!(same("int", "int(11)"));
    assert!(same("enum('a','b')", "enum('a','b','c')"));
    assert!(!same("enum('a','b')", "enum('b','a')"));
    assert!(!same("binary(4)", "binary(8)") && !same("datetime(3)", "datetime") && !same("int", "bigint"));
    assert!(!spec(&["int"]).same_values(&spec(&["int", "int"])));
}

proptest! {
    #[test]
    fn integers_order_as_numbers(a: i64, b: i64, c: u32, d: u32) {
        let spec = spec(&["bigint", "int unsigned"]);
        let (first, second) = (
            key(&spec, &[&a.to_string(), &c.to_string()]),
            key(&spec, &[&b.to_string(), &d.to_string()]),
        );
        prop_assert_eq!(first.compare(&second), Some((a, c).cmp(&(b, d))));
        prop_assert_eq!(spec.from_image(&[&a.to_le_bytes(), &c.to_le_bytes()]), Ok(first.clone()));
        prop_assert_eq!(spec.literals(&first), vec![a.to_string(), c.to_string()]);
    }

    #[test]
    fn times_order_as_spans_and_come_back(fsp in 0_usize..=6, a in -3_020_399_000_000_i64..=3_020_399_000_000, b in -3_020_399_000_000_i64..=3_020_399_000_000) {
        let spec = spec(&[&format!("time({fsp})")]);
        let grain = 10_i64.pow(6 - fsp as u32);
        let (a, b) = (a / grain * grain, b / grain * grain);
        let (first, second) = (key(&spec, &[&time_text(a, fsp)]), key(&spec, &[&time_text(b, fsp)]));
        prop_assert_eq!(first.compare(&second), Some(a.cmp(&b)));
        prop_assert_eq!(spec.literals(&first), vec![format!("TIME'{}'", time_text(a, fsp))]);
    }

    #[test]
    fn moments_order_and_come_back(
        fsp in 0_usize..=6,
        a in (0_u16..=9999, 1_u8..=12, 1_u8..=28, 0_u8..=23, 0_u8..=59, 0_u8..=59, 0_u32..=999_999),
        b in (0_u16..=9999, 1_u8..=12, 1_u8..=28, 0_u8..=23, 0_u8..=59, 0_u8..=59, 0_u32..=999_999),
    ) {
        let spec = spec(&[&format!("datetime({fsp})")]);
        let grain = 10_u32.pow(6 - fsp as u32);
        let text = |(year, month, day, hour, minute, second, micros): (u16, u8, u8, u8, u8, u8, u32)| {
            let whole = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}");
            whole[..if fsp == 0 { 19 } else { 20 + fsp }].to_owned()
        };
        let cut = |moment: (u16, u8, u8, u8, u8, u8, u32)| (moment.0, moment.1, moment.2, moment.3, moment.4, moment.5, moment.6 / grain);
        let (first, second) = (key(&spec, &[&text(a)]), key(&spec, &[&text(b)]));
        prop_assert_eq!(first.compare(&second), Some(cut(a).cmp(&cut(b))));
        prop_assert_eq!(spec.literals(&first), vec![format!("TIMESTAMP'{}'", text(a))]);
    }

    #[test]
    fn random_fields_are_keys_or_errors(kind in 0..VALUES.len(), field: Vec<u8>) {
        let spec = spec(&[VALUES[kind].0]);
        if let Ok(key) = spec.from_image(&[&field]) {
            prop_assert_eq!(spec.literals(&key).len(), 1);
            prop_assert!(!spec.display(&key).is_empty());
        }
        let _ = spec.from_row(&[Some(field.clone())]);
        let foreign = Key::from_encoded(field, 0);
        prop_assert_eq!(spec.literals(&foreign).len(), 1);
    }
}

fn time_text(micros: i64, fsp: usize) -> String {
    let size = micros.unsigned_abs();
    let (seconds, fraction) = (size / 1_000_000, format!(".{:06}", size % 1_000_000));
    let sign = if micros < 0 { "-" } else { "" };
    let fraction = if fsp == 0 { "" } else { &fraction[..=fsp] };
    format!(
        "{sign}{:02}:{:02}:{:02}{fraction}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}
