//! Tables of cases: columns matched, keys chosen.

use super::*;
use crate::alter::Alter;
use crate::error::Failure;
use crate::schema::{Column, Generated, IndexPart, Table, TableName, UniqueKey};

/// `name type [NULL] [DEFAULT] [AI] [VIRTUAL|STORED]`; parentheses and commas of a type are kept.
fn column(ordinal: usize, text: &str) -> Column {
    let (name, rest) = text.split_once(' ').unwrap();
    let has = |word: &str| rest.split(' ').any(|part| part == word);
    let column_type = rest
        .split(' ')
        .filter(|part| part.chars().all(|c| !c.is_ascii_uppercase()))
        .collect::<Vec<_>>()
        .join(" ");
    let data_type = column_type.split(['(', ' ']).next().unwrap().to_owned();
    let numbers: Vec<u32> = column_type
        .split_once('(')
        .map(|(_, rest)| {
            rest.split([',', ')'])
                .filter_map(|number| number.parse().ok())
                .collect()
        })
        .unwrap_or_default();
    let first = numbers.first().copied();
    let is_text = matches!(data_type.as_str(), "char" | "varchar" | "text");
    let is_temporal = matches!(data_type.as_str(), "time" | "datetime" | "timestamp");
    let collation = if has("BIN") {
        "utf8mb4_bin"
    } else {
        "utf8mb4_0900_ai_ci"
    };
    Column {
        name: name.to_owned(),
        ordinal,
        nullable: has("NULL"),
        charset: is_text.then(|| "utf8mb4".to_owned()),
        collation: is_text.then(|| collation.to_owned()),
        generated: if has("VIRTUAL") {
            Some(Generated::Virtual)
        } else {
            has("STORED").then_some(Generated::Stored)
        },
        auto_increment: has("AI"),
        has_default: has("DEFAULT") || has("NULL") || has("AI"),
        octet_length: (is_text || data_type.contains("binary")).then(|| u64::from(first.unwrap_or(1)) * 4),
        fsp: if is_temporal { first.unwrap_or(0) as u8 } else { 0 },
        precision: first.filter(|_| !is_text),
        scale: numbers.get(1).copied(),
        data_type,
        column_type,
    }
}

/// `PRIMARY(a,b)`, `u(a(3))`, `f(a,<b+1>)`, `!i(a)` for an invisible one.
fn key(text: &str, columns: &[Column]) -> UniqueKey {
    let (name, parts) = text.split_once('(').unwrap();
    let part = |text: &str| {
        let expression = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
        let (column, prefix) = match text.split_once('[') {
            Some((column, prefix)) => (column, prefix.trim_end_matches(']').parse().ok()),
            None => (text, None),
        };
        let nullable = columns.iter().any(|found| found.name == column && found.nullable);
        IndexPart {
            column: expression.is_none().then(|| column.to_owned()),
            expression: expression.map(str::to_owned),
            prefix,
            descending: false,
            nullable,
        }
    };
    UniqueKey {
        name: name.trim_start_matches('!').to_owned(),
        parts: parts.strip_suffix(')').unwrap().split(',').map(part).collect(),
        visible: !name.starts_with('!'),
    }
}

fn table(columns: &str, keys: &str) -> Table {
    let columns: Vec<Column> = columns
        .split("; ")
        .enumerate()
        .map(|(at, text)| column(at, text))
        .collect();
    Table {
        name: TableName::new("shop", "orders"),
        engine: "InnoDB".to_owned(),
        unique_keys: keys.split_whitespace().map(|text| key(text, &columns)).collect(),
        columns,
        comment: String::new(),
        auto_increment: None,
        rows_estimate: 0,
        row_bytes_estimate: 0,
        bytes: 0,
        create_sql: String::new(),
    }
}

const APPROVED: Wishes = Wishes {
    approve_renamed_columns: true,
    skip_renamed_columns: false,
    no_zero_date: true,
};
const SKIPPED: Wishes = Wishes {
    approve_renamed_columns: false,
    skip_renamed_columns: true,
    no_zero_date: true,
};

fn map(source: &str, ghost: &str, alter: &str, wishes: Wishes) -> Result<ColumnMap, Failure> {
    columns(
        &table(source, ""),
        &table(ghost, ""),
        &Alter::parse(alter, false).unwrap(),
        wishes,
    )
}

/// `source>ghost` for each pair, then `-dropped` and `+added`.
fn outcome(source: &str, ghost: &str, alter: &str, wishes: Wishes) -> String {
    match map(source, ghost, alter, wishes) {
        Ok(map) => {
            let pairs = map
                .pairs
                .iter()
                .map(|(source, ghost)| format!("{}>{}", source.name, ghost.name));
            let dropped = map.dropped.iter().map(|name| format!("-{name}"));
            let added = map.added.iter().map(|name| format!("+{name}"));
            let computed = map.computed.iter().map(|name| format!("={name}"));
            pairs
                .chain(dropped)
                .chain(added)
                .chain(computed)
                .collect::<Vec<_>>()
                .join(" ")
        }
        Err(failure) => format!("refused: {failure}"),
    }
}

#[test]
fn columns_that_are_explained_are_matched() {
    let abc = "a int; b int; c int";
    let cases = [
        (abc, "a int; b int; c int", "FORCE", "a>a b>b c>c"),
        (
            abc,
            "c int; A bigint; b int",
            "MODIFY A BIGINT AFTER c",
            "a>A b>b c>c",
        ),
        (
            abc,
            "a int; b int; c int; d int NULL",
            "ADD d INT",
            "a>a b>b c>c +d",
        ),
        (abc, "a int; c int", "DROP B", "a>a c>c -b"),
        (abc, "a int; x int; c int", "CHANGE b x INT", "a>a b>x c>c"),
        (
            abc,
            "b int; a int; c int",
            "RENAME COLUMN a TO b, RENAME COLUMN b TO a",
            "a>b b>a c>c",
        ),
        (abc, "a int; B int; c int", "RENAME COLUMN b TO B", "a>a b>B c>c"),
        (
            abc,
            "x int; b int; c int; a int NULL",
            "RENAME COLUMN a TO x, ADD COLUMN a INT",
            "a>x b>b c>c +a",
        ),
        (
            abc,
            "b int; c int; a int NULL",
            "DROP a, ADD a INT",
            "b>b c>c -a +a",
        ),
        (abc, "a int; c int", "DROP a, CHANGE b a INT", "b>a c>c -a"),
        (
            abc,
            "b int; c int; a int",
            "CHANGE a b INT, CHANGE b c INT, CHANGE c a INT",
            "a>b b>c c>a",
        ),
        (
            abc,
            "a int; b int STORED; c int",
            "MODIFY b INT AS (a+1) STORED",
            "a>a c>c =b",
        ),
        ("a int; b int STORED", "a int; b int", "MODIFY b INT", "a>a b>b"),
        (
            "a int; b int VIRTUAL",
            "a int; x int VIRTUAL",
            "RENAME COLUMN b TO x",
            "a>a =x",
        ),
        (
            abc,
            "a int; b int; c int; g int VIRTUAL",
            "ADD g INT AS (a)",
            "a>a b>b c>c +g",
        ),
        (
            "`x int; b int",
            "`y int; b int",
            "CHANGE ```x` ```y` INT",
            "`x>`y b>b",
        ),
    ];
    for (source, ghost, alter, expected) in cases {
        assert_eq!(outcome(source, ghost, alter, APPROVED), expected, "{alter}");
    }
}

#[test]
fn skipped_renames_lose_the_values_but_not_the_case() {
    assert_eq!(
        outcome("a int; b int", "a int; x int NULL", "CHANGE b x INT", SKIPPED),
        "a>a -b +x"
    );
    assert_eq!(
        outcome(
            "a int; b int; c int",
            "b int NULL; a int NULL; c int",
            "CHANGE a b INT, CHANGE b a INT",
            SKIPPED
        ),
        "c>c -a -b +b +a"
    );
    assert_eq!(
        outcome("a int; b int", "a int; B int", "CHANGE b B INT", SKIPPED),
        "a>a b>B"
    );
}

#[test]
fn columns_that_are_not_explained_are_refused() {
    let cases = [
        ("a int; b int", "a int; x int", "FORCE", "`b` is gone"),
        ("a int; b int", "a int; x int", "FORCE", "`x` is there"),
        (
            "a int; b int",
            "a int; b int; x int",
            "MODIFY a INT",
            "`x` is there without an ADD",
        ),
        ("a int; b int", "a int; b int", "ADD c INT", "`c` is added, but"),
        (
            "a int; b int",
            "a int; b int",
            "RENAME COLUMN b TO c",
            "no such column",
        ),
        (
            "a int; b int",
            "a int; c int",
            "RENAME COLUMN x TO c",
            "is no column of",
        ),
        ("a int; b int", "a int; b int", "DROP x", "`x` is dropped"),
        ("a int; b int", "a int; b int", "DROP b", "`b` is there"),
        ("a int", "b int NULL", "DROP a, ADD b INT", "no column"),
    ];
    for (source, ghost, alter, expected) in cases {
        let outcome = outcome(source, ghost, alter, APPROVED);
        assert!(
            outcome.starts_with("refused") && outcome.contains(expected),
            "{alter}: {outcome}"
        );
    }
}

#[test]
fn renames_need_approval() {
    let refused = map(
        "a int; b int",
        "a int; B int",
        "CHANGE b B INT",
        Wishes::default(),
    )
    .unwrap_err();
    assert_eq!(refused.detail, ["`b` becomes `B`"]);
    assert!(refused.hint.unwrap().contains("--approve-renamed-columns"));
    assert!(map("a int; b int", "a int; b int", "CHANGE b", APPROVED).is_err());
}

#[test]
fn not_null_without_default_gets_what_alter_fills_in() {
    let cases = [
        ("int", "0"),
        ("bigint unsigned", "0"),
        ("decimal(5,2)", "0"),
        ("double", "0"),
        ("bit(10)", "0"),
        ("year", "0"),
        ("char(4)", "''"),
        ("text", "''"),
        ("binary(4)", "''"),
        ("longblob", "''"),
        ("json", "'null'"),
        ("time(2)", "'00:00:00'"),
        ("enum('x','y')", "1"),
        ("set('x')", "0"),
    ];
    for (column_type, literal) in cases {
        let map = map("a int", &format!("a int; x {column_type}"), "ADD x INT", APPROVED).unwrap();
        let supplied: Vec<_> = map
            .supplied
            .iter()
            .map(|(column, supply)| (column.name.as_str(), supply.clone()))
            .collect();
        assert_eq!(supplied, [("x", Supply::Literal(literal))], "{column_type}");
    }
    for column_type in [
        "date",
        "datetime(3)",
        "timestamp",
        "geometry",
        "point",
        "vector(3)",
        "int AI",
    ] {
        assert!(
            map("a int", &format!("a int; x {column_type}"), "ADD x INT", APPROVED).is_err(),
            "{column_type}"
        );
    }
    let relaxed = Wishes {
        no_zero_date: false,
        ..APPROVED
    };
    let map = map("a int", "a int; x timestamp", "ADD x TIMESTAMP NOT NULL", relaxed).unwrap();
    assert_eq!(map.supplied[0].1, Supply::Literal("'0000-00-00'"));
}

#[test]
fn one_moment_for_all_rows() {
    let create = |default: &str| {
        format!(
            "CREATE TABLE `_t_gho` (\n  `a` int NOT NULL COMMENT ', `x` int DEFAULT now()',\n  `x` datetime(3) {default},\n  `y``, (` timestamp DEFAULT CURRENT_TIMESTAMP,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB"
        )
    };
    let supply = |default: &str| {
        let mut ghost = table("a int; x datetime(3) DEFAULT", "");
        ghost.create_sql = create(default);
        let alter = Alter::parse("ADD x DATETIME(3)", false).unwrap();
        columns(&table("a int", ""), &ghost, &alter, APPROVED)
            .map(|map| map.supplied.into_iter().map(|(_, supply)| supply).next())
    };
    let at_start = |sql: &str| Ok(Some(Supply::AtStart(sql.to_owned())));
    assert_eq!(
        supply("DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)"),
        at_start("CURRENT_TIMESTAMP(3)")
    );
    assert_eq!(
        supply("NULL DEFAULT CURRENT_TIMESTAMP COMMENT 'DEFAULT'"),
        at_start("CURRENT_TIMESTAMP")
    );
    assert_eq!(supply("DEFAULT (now())"), at_start("(now())"));
    assert_eq!(
        supply("DEFAULT ((curdate() + interval 1 day))"),
        at_start("((curdate() + interval 1 day))")
    );
    assert_eq!(supply("DEFAULT 'CURRENT_TIMESTAMP'"), Ok(None));
    assert_eq!(supply("DEFAULT NULL"), Ok(None));
    assert_eq!(
        supply("DEFAULT '2020-01-01 00:00:00'  ON UPDATE CURRENT_TIMESTAMP(3)"),
        Ok(None)
    );
    assert_eq!(supply("NOT NULL COMMENT 'DEFAULT now()'"), Ok(None));
    assert!(supply("DEFAULT ((`a` + now()))").is_err());

    let mut ansi = table("a int; x datetime DEFAULT", "");
    ansi.create_sql = r#"CREATE TABLE "t" ("a" int, "x" datetime DEFAULT CURRENT_TIMESTAMP)"#.to_owned();
    let alter = Alter::parse("ADD x DATETIME", false).unwrap();
    let map = columns(&table("a int", ""), &ansi, &alter, APPROVED).unwrap();
    assert_eq!(map.supplied[0].1, Supply::AtStart("CURRENT_TIMESTAMP".to_owned()));
}

#[test]
fn becoming_auto_increment_is_reported() {
    let map_of = |source: &str| {
        map(
            source,
            "a int; b bigint AI",
            "MODIFY b BIGINT AUTO_INCREMENT",
            APPROVED,
        )
    };
    assert_eq!(
        map_of("a int; b int").unwrap().becomes_auto_increment.as_deref(),
        Some("b")
    );
    assert_eq!(map_of("a int; b int AI").unwrap().becomes_auto_increment, None);
    assert!(map_of("a int; b int NULL").is_err());
}

fn choose(source: (&str, &str), ghost: (&str, &str), alter: &str) -> Result<KeyChoice, Failure> {
    let (source, ghost) = (table(source.0, source.1), table(ghost.0, ghost.1));
    let map = columns(&source, &ghost, &Alter::parse(alter, false).unwrap(), APPROVED)?;
    iteration_key(&source, &ghost, &map)
}

/// The same columns before and after, other keys.
fn between(columns: &str, before: &str, after: &str) -> Result<KeyChoice, Failure> {
    choose((columns, before), (columns, after), "FORCE")
}

/// `key/ghost key relation`, `*` where the ghost has other unique keys.
fn keys(columns: &str, before: &str, after: &str) -> String {
    match between(columns, before, after) {
        Ok(choice) => format!(
            "{}/{} {:?}{}",
            choice.source_key.name,
            choice.ghost_key.name,
            choice.relation,
            if choice.ghost_has_other_unique { "*" } else { "" }
        ),
        Err(failure) => format!("refused: {failure}"),
    }
}

#[test]
fn keys_are_chosen() {
    let t = "id int; a int; b bigint; n int NULL; s varchar(20); f double; dt datetime; g int STORED";
    let cases = [
        ("PRIMARY(id)", "PRIMARY(id)", "PRIMARY/PRIMARY Same"),
        ("PRIMARY(id) u(a)", "PRIMARY(id) u(a)", "PRIMARY/PRIMARY Same*"),
        ("PRIMARY(id)", "PRIMARY(id) v(id)", "PRIMARY/PRIMARY Same"),
        ("PRIMARY(id)", "PRIMARY(id) v(id,<a+1>)", "PRIMARY/PRIMARY Same*"),
        ("PRIMARY(id)", "PRIMARY(id) v(s[3])", "PRIMARY/PRIMARY Same*"),
        ("PRIMARY(id)", "PRIMARY(a) v(id)", "PRIMARY/v Same*"),
        ("PRIMARY(a,b)", "PRIMARY(b,a)", "PRIMARY/PRIMARY Same"),
        ("PRIMARY(id,dt)", "PRIMARY(id)", "PRIMARY/PRIMARY Narrower*"),
        ("PRIMARY(id,dt)", "PRIMARY(dt)", "PRIMARY/PRIMARY Narrower*"),
        ("PRIMARY(id)", "PRIMARY(id,dt)", "PRIMARY/PRIMARY Wider*"),
        ("PRIMARY(a,b)", "PRIMARY(b,a,id)", "PRIMARY/PRIMARY Wider*"),
        ("PRIMARY(id) u(a)", "PRIMARY(id,dt) u(a)", "u/u Same*"),
        (
            "PRIMARY(id) u(s)",
            "PRIMARY(id,dt) u(s)",
            "PRIMARY/PRIMARY Wider*",
        ),
        ("u(b) v(a)", "u(b) v(a)", "v/v Same*"),
        ("u(a,b) v(s)", "u(a,b) v(s)", "u/u Same*"),
        ("PRIMARY(f) u(s)", "PRIMARY(f) u(s)", "u/u Same*"),
        ("u(n) v(dt)", "u(n) v(dt)", "v/v Same*"),
        ("!u(a) v(b)", "u(a) v(b)", "v/v Same*"),
    ];
    for (before, after, expected) in cases {
        assert_eq!(keys(t, before, after), expected, "{before} → {after}");
    }
}

#[test]
fn keys_that_cannot_be_used_say_why() {
    let t = "id int; a int; b bigint; n int NULL; s varchar(20); f double; dt datetime; g int STORED";
    let cases = [
        ("", "PRIMARY(id)", "no unique key, so"),
        ("u(n)", "u(n)", "u: `n` may hold NULL"),
        ("PRIMARY(f)", "PRIMARY(f)", "PRIMARY: floating point"),
        ("u(g)", "u(g)", "u: `g` is computed"),
        ("u(s[3])", "u(s)", "only the beginning"),
        ("u(a,<b+1>)", "u(a)", "on an expression: b+1"),
        ("!u(a)", "u(a)", "invisible"),
        ("u(a)", "!u(a)", "no unique key finds a row by (a)"),
        ("PRIMARY(id)", "PRIMARY(a)", "no unique key finds a row by (id)"),
        (
            "PRIMARY(id)",
            "PRIMARY(a,id)",
            "no unique key finds a row by (id)",
        ),
        ("PRIMARY(id)", "v(id,<a+1>)", "no unique key finds a row by (id)"),
        ("PRIMARY(s)", "PRIMARY(s,id)", "text can only be compared"),
        ("u(a)", "", "no unique key finds"),
    ];
    for (before, after, expected) in cases {
        let outcome = keys(t, before, after);
        assert!(
            outcome.starts_with("refused") && outcome.contains(expected),
            "{before} → {after}: {outcome}"
        );
    }
}

#[test]
fn gh_ost_has_three_messages_for_a_missing_key() {
    let words = |before: &str, after: &str, keys: (&str, &str)| {
        let chosen = choose((before, keys.0), (after, keys.1), "MODIFY k INT");
        chosen
            .map(|_| String::new())
            .unwrap_or_else(|failure| failure.gh_ost.concat())
    };
    let (t, to_timestamp) = ("k datetime; x int", "k timestamp; x int");
    assert!(words(t, t, ("", "")).starts_with("No PRIMARY nor UNIQUE key found in table"));
    assert!(words(t, t, ("PRIMARY(k)", "")).starts_with("No PRIMARY nor UNIQUE key found in table"));
    assert!(
        words(t, t, ("PRIMARY(k)", "PRIMARY(x)"))
            .starts_with("No shared unique key can be found after ALTER")
    );
    assert!(words(t, to_timestamp, ("PRIMARY(k)", "PRIMARY(k)")).contains("from DATETIME to TIMESTAMP"));
}

#[test]
fn key_types_must_keep_values_apart() {
    let change = |old: &str, new: &str| {
        let (old, new) = (format!("k {old}; x int"), format!("k {new}; x int"));
        choose((&old, "PRIMARY(k)"), (&new, "PRIMARY(k)"), "MODIFY k INT")
            .map(|choice| (choice.needs_strict, choice.text_differs))
    };
    let usable = [
        ("int", "bigint", false, false),
        ("int", "int unsigned", true, false),
        ("int unsigned", "bigint", false, false),
        ("bigint", "int", true, false),
        ("int unsigned", "int", true, false),
        ("mediumint", "int", false, false),
        ("decimal(10,3)", "decimal(12,5)", false, false),
        ("decimal(10,3)", "decimal(10,5)", true, false),
        ("datetime", "datetime(6)", false, false),
        ("timestamp(3)", "timestamp(3)", false, false),
        ("time", "time(2)", false, false),
        ("date", "date", false, false),
        ("year", "year", false, false),
        ("bit(8)", "bit(40)", false, false),
        ("bit(8)", "bit(3)", true, false),
        ("enum('a','b')", "enum('a','b','c')", false, false),
        ("set('a','b')", "set('a','b')", false, false),
        ("varchar(20)", "varchar(30)", false, false),
        ("varchar(20)", "varchar(5)", true, false),
        ("char(5)", "varchar(5)", false, false),
        ("varchar(20)", "varchar(20) BIN", false, true),
        ("binary(16)", "binary(16)", false, false),
        ("binary(16)", "varbinary(16)", false, false),
        ("varbinary(16)", "varbinary(8)", true, false),
    ];
    for (old, new, strict, differs) in usable {
        assert_eq!(change(old, new), Ok((strict, differs)), "{old} → {new}");
    }
    let refused = [
        ("decimal(10,3)", "decimal(10,2)"),
        ("int", "decimal(10,0)"),
        ("int", "varchar(20)"),
        ("varchar(20)", "int"),
        ("datetime(6)", "datetime(3)"),
        ("datetime", "timestamp"),
        ("timestamp", "datetime"),
        ("datetime", "date"),
        ("enum('a','b')", "enum('b','a')"),
        ("enum('a','b')", "enum('a')"),
        ("enum('a')", "enum('a''b')"),
        ("enum('a')", "varchar(3)"),
        ("set('a','b')", "set('b','a')"),
        ("varchar(20)", "char(20)"),
        ("binary(4)", "binary(8)"),
        ("varbinary(4)", "binary(4)"),
        ("varchar(20)", "varbinary(80)"),
        ("float", "float"),
        ("int", "double"),
        ("int", "int NULL"),
    ];
    for (old, new) in refused {
        assert!(change(old, new).is_err(), "{old} → {new}");
    }
}

#[test]
fn a_renamed_key_has_two_names() {
    let choice = choose(
        ("a int; b int; c int", "PRIMARY(a,b)"),
        ("b int; a int; c int", "PRIMARY(a,b)"),
        "RENAME COLUMN a TO b, RENAME COLUMN b TO a",
    )
    .unwrap();
    assert_eq!(
        (choice.source_columns, choice.ghost_columns),
        (
            vec!["a".into(), "b".into()],
            vec!["b".to_string(), "a".to_string()]
        )
    );
    let choice = choose(
        ("a int; b int", "PRIMARY(a)"),
        ("x int; b int", "PRIMARY(x)"),
        "CHANGE a x INT",
    )
    .unwrap();
    assert_eq!(choice.ghost_columns, ["x"]);
    assert_eq!(choice.why, "the primary key of both tables");
    let swapped = choose(
        ("a int; b int", "PRIMARY(a)"),
        ("b int; a int", "PRIMARY(a)"),
        "CHANGE a b INT, CHANGE b a INT",
    );
    assert!(swapped.is_err());
}

#[test]
fn a_key_dropped_and_added_again_is_another() {
    let refused = choose(
        ("a int; b int", "PRIMARY(a)"),
        ("a int; b int", "PRIMARY(a)"),
        "DROP a, ADD a INT NOT NULL DEFAULT 0",
    )
    .unwrap_err();
    assert_eq!(refused.detail, ["PRIMARY: `a` is not kept by the ALTER"]);
}
