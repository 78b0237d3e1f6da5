//! Tables of cases, and properties of the lexer and the splitter.

use proptest::prelude::*;

use super::lexer::{Kind, SqlMode, lex};
use super::*;

const ANSI: SqlMode = SqlMode {
    ansi_quotes: true,
    no_backslash_escapes: false,
};
const RAW: SqlMode = SqlMode {
    ansi_quotes: false,
    no_backslash_escapes: true,
};

fn parse(text: &str) -> Alter {
    Alter::parse(text, false).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn pairs(alter: &Alter) -> Vec<(String, String)> {
    alter
        .renames()
        .into_iter()
        .map(|rename| (rename.from, rename.to))
        .collect()
}

#[track_caller]
fn renames(text: &str, expected: &[(&str, &str)]) {
    let alter = parse(text);
    let expected: Vec<_> = expected
        .iter()
        .map(|(from, to)| (from.to_string(), to.to_string()))
        .collect();
    assert_eq!(pairs(&alter), expected, "{text}");
    assert_eq!(alter.cannot_exclude_rename(), None, "{text}");
}

#[test]
fn a_whole_statement_names_its_table() {
    let cases = [
        ("ALTER TABLE t ADD a INT", None, "t", "ADD a INT"),
        (
            "alter table shop.orders add column a int;",
            Some("shop"),
            "orders",
            "add column a int",
        ),
        (
            "/* app */ ALTER -- x\n TABLE `sh``op` . `or.ders`\n ADD a INT ; ; -- end",
            Some("sh`op"),
            "or.ders",
            "ADD a INT",
        ),
        ("ALTER TABLE`t`ADD a INT", None, "t", "ADD a INT"),
        (
            "ALTER TABLE `漢字`.`ünï` ADD a INT",
            Some("漢字"),
            "ünï",
            "ADD a INT",
        ),
        ("ALTER TABLE shop.1t ADD a INT", Some("shop"), "1t", "ADD a INT"),
        ("/*!50000 ALTER TABLE t ADD a INT*/", None, "t", "ADD a INT"),
    ];
    for (text, schema, table, clauses) in cases {
        let alter = parse(text);
        assert_eq!(alter.schema.as_deref(), schema, "{text}");
        assert_eq!(alter.table.as_deref(), Some(table), "{text}");
        assert_eq!(alter.clauses_sql, clauses, "{text}");
    }
}

#[test]
fn clauses_alone_name_no_table() {
    for text in [
        "ADD a INT",
        "ALTER COLUMN a SET DEFAULT 1",
        "ALTER a DROP DEFAULT",
        "ALTER INDEX i INVISIBLE",
        "FORCE",
    ] {
        let alter = parse(text);
        assert_eq!((alter.table, alter.clauses_sql.as_str()), (None, text));
    }
}

#[test]
fn ansi_quotes_make_names_of_double_quotes() {
    let text = r#"ALTER TABLE "a""b"."t" RENAME COLUMN "x y" TO `z`"#;
    let alter = Alter::parse(text, ANSI).unwrap();
    assert_eq!(
        (alter.schema.as_deref(), alter.table.as_deref()),
        (Some("a\"b"), Some("t"))
    );
    assert_eq!(pairs(&alter), [("x y".to_string(), "z".to_string())]);
    assert!(matches!(
        Alter::parse(text, false),
        Err(AlterError::NoTableName { .. })
    ));
}

#[test]
fn renames_are_found() {
    renames("RENAME COLUMN a TO b", &[("a", "b")]);
    renames("CHANGE a b INT", &[("a", "b")]);
    renames(
        "change column `a` `b` varchar(20) character set latin1 collate latin1_bin not null default 'x' after c",
        &[("a", "b")],
    );
    renames(
        "CHANGE a b INT UNSIGNED NOT NULL AUTO_INCREMENT FIRST",
        &[("a", "b")],
    );
    renames(
        "CHANGE a b ENUM('change x y','rename') INVISIBLE /* CHANGE c d INT */",
        &[("a", "b")],
    );
    renames("CHANGE a b VECTOR(3), ADD c INT", &[("a", "b")]);
    renames("CHANGE a b POINT SRID 4326", &[("a", "b")]);
    renames("CHANGE a A INT", &[("a", "A")]);
    renames("RENAME COLUMN id TO ID, MODIFY b INT", &[("id", "ID")]);
    renames(
        "RENAME COLUMN a TO b, RENAME COLUMN b TO a",
        &[("a", "b"), ("b", "a")],
    );
    renames("CHANGE a b INT, CHANGE b a INT", &[("a", "b"), ("b", "a")]);
    renames("RENAME COLUMN a TO b, ADD COLUMN a INT", &[("a", "b")]);
    renames(
        "CHANGE `a b` `c.d` INT, CHANGE `e``f` `g,h` INT, CHANGE `(` `)` INT",
        &[("a b", "c.d"), ("e`f", "g,h"), ("(", ")")],
    );
    renames("CHANGE `a` `名前𝄞` INT", &[("a", "名前𝄞")]);
    renames("CHANGE/**/a/**/b/**/INT", &[("a", "b")]);
    renames("CHANGE#x\na -- y\nb INT", &[("a", "b")]);
    renames("ADD c INT /*!50000 , CHANGE a b INT */", &[("a", "b")]);
    renames("ADD c INT /*! , CHANGE a b INT */", &[("a", "b")]);
    renames(
        "ALTER TABLE `change`.`rename` CHANGE `change` `rename` INT",
        &[("change", "rename")],
    );
    renames(
        "ADD c INT COMMENT 'it''s \\', CHANGE x y', CHANGE a b INT COMMENT \"\"\"\"",
        &[("a", "b")],
    );
}

#[test]
fn words_that_only_look_like_renames_are_none() {
    renames("CHANGE a a BIGINT", &[]);
    renames("CHANGE COLUMN `a` a BIGINT AFTER b", &[]);
    renames(
        "MODIFY a BIGINT COMMENT 'change a b INT, RENAME COLUMN a TO b'",
        &[],
    );
    renames("ADD `change` INT DEFAULT 3, ADD COLUMN `rename column` INT", &[]);
    renames("ADD c INT -- , CHANGE a b INT", &[]);
    renames("ADD c INT # , CHANGE a b INT\n, ADD d INT", &[]);
    renames("ADD c INT /* , CHANGE a b INT */", &[]);
    renames("ADD c VARCHAR(20) DEFAULT ', CHANGE a b INT'", &[]);
    renames("ADD c VARCHAR(20) DEFAULT 'x\\', CHANGE a b INT, COMMENT '", &[]);
    renames("RENAME INDEX a TO b, RENAME KEY c TO d", &[]);
    renames("COMMENT='CHANGE a b', ENGINE InnoDB ROW_FORMAT=DYNAMIC", &[]);
    renames(
        "ADD CONSTRAINT `rename` CHECK (a <> 'CHANGE'), ALTER CHECK `change` NOT ENFORCED",
        &[],
    );
    renames(
        "ALTER COLUMN a SET DEFAULT (CONCAT('RENAME', ', CHANGE a b INT'))",
        &[],
    );
    renames(
        "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION `change` VALUES LESS THAN MAXVALUE)",
        &[],
    );
    renames(
        "ALGORITHM=INPLACE, LOCK=NONE, REORGANIZE PARTITION p0, p1 INTO (PARTITION p VALUES LESS THAN (9))",
        &[],
    );
    renames("CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci", &[]);
}

#[test]
fn backslashes_follow_the_mode() {
    let text = r"ADD c INT COMMENT 'x\', CHANGE a b INT COMMENT ', CHANGE d e INT -- '";
    assert_eq!(
        pairs(&Alter::parse(text, RAW).unwrap()),
        [("a".to_string(), "b".to_string())]
    );
    assert_eq!(pairs(&parse(text)), [("d".to_string(), "e".to_string())]);
}

#[test]
fn what_is_not_understood_and_may_rename_is_said() {
    for text in [
        "CHANGE a",
        "CHANGE a b",
        "RENAME COLUMN a b",
        "RENAME a TO b",
        "CHANGE COLUMN IF EXISTS a b INT, FROB (RENAME)",
        "FROB CHANGE a b",
    ] {
        assert!(parse(text).cannot_exclude_rename().is_some(), "{text}");
        assert!(parse(text).refusal().is_some(), "{text}");
    }
    for text in [
        "FROBNICATE = 3",
        "NEW_OPTION 'x'",
        "ENGINE_ATTRIBUTE='{}'",
        "SECONDARY_ENGINE=NULL",
    ] {
        assert_eq!(parse(text).cannot_exclude_rename(), None, "{text}");
        assert_eq!(parse(text).refusal(), None, "{text}");
    }
}

#[test]
fn columns_dropped_and_added() {
    let alter = parse(
        "DROP COLUMN a, DROP b RESTRICT, ADD (`a` INT, INDEX i (a, x), c DECIMAL(10,2) DEFAULT 1.5), ADD COLUMN d INT AFTER b, DROP INDEX e, DROP KEY f, DROP PRIMARY KEY, DROP CHECK g, DROP CONSTRAINT h, ADD INDEX (z), ADD UNIQUE u (a,b), ADD FULLTEXT INDEX (z), ADD PRIMARY KEY (d)",
    );
    assert_eq!(alter.dropped_columns(), ["a", "b"]);
    assert_eq!(alter.added_columns(), ["a", "c", "d"]);
    assert_eq!(alter.clauses.len(), 13);
    assert_eq!(alter.refusal(), None);
}

#[test]
fn partitioning_follows_without_a_comma() {
    let alter = parse(
        "DROP PRIMARY KEY, ADD PRIMARY KEY(id,dt) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (1), PARTITION p1 VALUES LESS THAN (2))",
    );
    let actions: Vec<_> = alter.clauses.iter().map(|clause| clause.action.clone()).collect();
    assert_eq!(actions, [Action::Index, Action::Index, Action::Partitioning]);
    assert_eq!(
        parse("ADD `partition` INT, ADD b INT REMOVE PARTITIONING")
            .clauses
            .len(),
        3
    );
    assert_eq!(
        parse("ADD b INT /*!50100 PARTITION BY KEY (id) */").clauses[1].sql,
        "PARTITION BY KEY (id)"
    );
}

#[test]
fn clauses_that_need_the_rows_are_forbidden() {
    let cases = [
        "RENAME TO x",
        "RENAME AS `db`.x",
        "RENAME x",
        "RENAME = x",
        "ADD a INT, RENAME TO x",
        "ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES b (c)",
        "ADD FOREIGN KEY (a) REFERENCES b (c)",
        "ADD a INT REFERENCES b (c)",
        "ADD (a INT, b INT REFERENCES b (c))",
        "MODIFY a INT REFERENCES b (c)",
        "DROP FOREIGN KEY c",
        "DISCARD TABLESPACE",
        "IMPORT TABLESPACE",
        "DISCARD PARTITION p0 TABLESPACE",
        "DROP PARTITION p0, p1",
        "TRUNCATE PARTITION ALL",
        "EXCHANGE PARTITION p WITH TABLE x",
        "ANALYZE PARTITION p0",
        "ORDER BY a, b",
        "ENGINE=MyISAM",
        "ENGINE 'memory'",
        "COMMENT 'x' ENGINE=CSV",
    ];
    for text in cases {
        assert_eq!(parse(text).forbidden().len(), 1, "{text}");
        assert_eq!(parse(text).refusal().unwrap().exit, crate::error::Exit::Usage);
    }
    for text in [
        "RENAME COLUMN `to` TO `as`",
        "RENAME INDEX a TO b",
        "ENGINE=innodb",
        "ADD a INT COMMENT 'REFERENCES'",
        "FORCE",
        "ENABLE KEYS",
        "ADD PARTITION PARTITIONS 2",
    ] {
        assert_eq!(parse(text).forbidden(), [], "{text}");
    }
    assert!(parse("RENAME x").renames_table() && !parse("RENAME INDEX x TO y").renames_table());
}

#[test]
fn options_are_read_wherever_they_stand() {
    let alter = parse(
        "ENGINE = InnoDB AUTO_INCREMENT 5 COMMENT='it''s', ADD a INT COMMENT 'no', DEFAULT CHARACTER SET = utf8mb4 COLLATE utf8mb4_bin AUTO_INCREMENT=7",
    );
    assert_eq!(alter.sets_auto_increment(), Some("7"));
    assert_eq!(alter.sets_comment(), Some("'it''s'"));
    let column = parse("ADD a INT AUTO_INCREMENT COMMENT 'x'");
    assert_eq!(
        (column.sets_auto_increment(), column.sets_comment()),
        (None, None)
    );
}

#[test]
fn modifiers_are_left_out_for_the_ghost() {
    let cases = [
        ("ADD a INT, ALGORITHM=INSTANT", "ADD a INT"),
        (
            "ALGORITHM=INPLACE, LOCK=NONE, ADD a INT -- x\n, ADD b INT",
            "ADD a INT,\nADD b INT",
        ),
        ("ALGORITHM COPY", "FORCE"),
        (
            "LOCK=NONE, ADD a INT, ADD b INT PARTITION BY KEY(id)",
            "ADD a INT,\nADD b INT\nPARTITION BY KEY(id)",
        ),
        ("ADD   a INT ,ADD b INT", "ADD   a INT ,ADD b INT"),
        ("WITHOUT VALIDATION, ADD a INT AS (b)", "ADD a INT AS (b)"),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text).ghost_sql(), expected, "{text}");
    }
    assert_eq!(parse("ADD a INT, ALGORITHM=INSTANT").notes().len(), 1);
}

#[test]
fn texts_that_cannot_be_used() {
    let error = |text: &str| Alter::parse(text, false).unwrap_err();
    for text in ["", "  \n", "-- nothing", "/* x */", ";"] {
        assert_eq!(error(text), AlterError::Empty, "{text}");
    }
    assert_eq!(error("ALTER TABLE t"), AlterError::NoClauses);
    assert_eq!(error("ALTER TABLE t ;"), AlterError::NoClauses);
    for text in [
        "ADD a INT,",
        "ADD a INT,, ADD b INT",
        ", ADD a INT",
        "ADD a INT, /* x */",
    ] {
        assert!(matches!(error(text), AlterError::EmptyClause { .. }), "{text}");
    }
    for text in [
        "ADD `a INT",
        "ADD a INT COMMENT 'x",
        "ADD a INT /* x",
        "ADD a INT /*!50000 x",
        "ADD a INT COMMENT \"\\\"",
    ] {
        assert!(matches!(error(text), AlterError::Unfinished { .. }), "{text}");
    }
    for text in ["ADD a INT(5", "ADD a INT)", "ADD (a INT, b INT"] {
        assert!(matches!(error(text), AlterError::Unbalanced { .. }), "{text}");
    }
    for text in [
        "ADD a INT; DROP TABLE t",
        "ALTER TABLE t ADD a INT; ALTER TABLE t ADD b INT;",
    ] {
        assert!(
            matches!(error(text), AlterError::SeveralStatements { .. }),
            "{text}"
        );
    }
    for text in [
        "ADD a INT /*!99999 , RENAME COLUMN b TO c */",
        "ADD a INT /*!080000 NOT NULL*/",
        "ADD a INT /*!80014 NOT NULL*/",
    ] {
        assert!(matches!(error(text), AlterError::VersionComment { .. }), "{text}");
    }
    for text in ["CREATE INDEX i ON t (a)", "update t set a = 1", "SELECT 1"] {
        assert!(matches!(error(text), AlterError::NotAnAlter { .. }), "{text}");
    }
    for text in [
        "ALTER TABLE",
        "ALTER TABLE 'x' ADD a INT",
        "ALTER TABLE x. ",
        "ALTER TABLE (x)",
    ] {
        assert!(matches!(error(text), AlterError::NoTableName { .. }), "{text}");
    }
}

#[test]
fn messages_name_the_place() {
    let failure: crate::error::Failure = Alter::parse("ADD ü INT COMMENT 'x", false).unwrap_err().into();
    assert_eq!(
        failure.what,
        "the quote or comment that begins at character 19 is not closed: «'x»"
    );
    assert_eq!(failure.exit, crate::error::Exit::Usage);
    assert!(failure.hint.is_some());
}

#[test]
fn pieces_of_a_text() {
    let kinds = |text: &str| {
        lex(text, SqlMode::default())
            .iter()
            .map(|token| token.kind)
            .collect::<Vec<_>>()
    };
    let cases: &[(&str, &[Kind])] = &[
        ("--x", &[Kind::Symbol, Kind::Symbol, Kind::Word]),
        ("-- x", &[Kind::Comment]),
        ("--", &[Kind::Comment]),
        ("--\u{1}x", &[Kind::Comment]),
        ("#x\na", &[Kind::Comment, Kind::Word]),
        ("/* /* */ a", &[Kind::Comment, Kind::Space, Kind::Word]),
        (
            "/*!50100a*/",
            &[Kind::VersionOpen(50100), Kind::Word, Kind::VersionClose],
        ),
        (
            "/*!080100a*/",
            &[Kind::VersionOpen(u32::MAX), Kind::Word, Kind::VersionClose],
        ),
        (
            "/*!5010 a*/",
            &[
                Kind::VersionOpen(0),
                Kind::Word,
                Kind::Space,
                Kind::Word,
                Kind::VersionClose,
            ],
        ),
        (
            "/*! /* x */ a */",
            &[
                Kind::VersionOpen(0),
                Kind::Space,
                Kind::Comment,
                Kind::Space,
                Kind::Word,
                Kind::Space,
                Kind::VersionClose,
            ],
        ),
        ("/*+ x */", &[Kind::Comment]),
        ("/*/", &[Kind::Unfinished]),
        ("*/", &[Kind::Symbol, Kind::Symbol]),
        ("'a''b\\'c'd", &[Kind::Text, Kind::Word]),
        ("'\\\\'a", &[Kind::Text, Kind::Word]),
        ("\"a\"", &[Kind::Text]),
        ("`a``\\`", &[Kind::QuotedName]),
        ("``", &[Kind::QuotedName]),
        ("'", &[Kind::Unfinished]),
        ("'\\", &[Kind::Unfinished]),
        (
            "a$b 1a ü\u{a0}x",
            &[Kind::Word, Kind::Space, Kind::Word, Kind::Space, Kind::Word],
        ),
        ("$$a'$$b", &[Kind::Text, Kind::Word]),
        ("$x$a$x", &[Kind::Unfinished]),
        ("$a", &[Kind::Word]),
        ("a.b", &[Kind::Word, Kind::Symbol, Kind::Word]),
    ];
    for (text, expected) in cases {
        assert_eq!(kinds(text), *expected, "{text}");
    }
}

fn modes() -> impl Strategy<Value = SqlMode> {
    (any::<bool>(), any::<bool>()).prop_map(|(ansi_quotes, no_backslash_escapes)| SqlMode {
        ansi_quotes,
        no_backslash_escapes,
    })
}

/// Text made of what is difficult, not of evenly drawn characters.
fn sql() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("CHANGE"),
        Just("RENAME"),
        Just("COLUMN"),
        Just("ADD"),
        Just("DROP"),
        Just("PARTITION"),
        Just("BY"),
        Just("TO"),
        Just("ALTER"),
        Just("TABLE"),
        Just("INT"),
        Just("a"),
        Just("ü"),
        Just("𝄞"),
        Just(" "),
        Just("\n"),
        Just(","),
        Just("("),
        Just(")"),
        Just(";"),
        Just("."),
        Just("'"),
        Just("\""),
        Just("`"),
        Just("\\"),
        Just("--"),
        Just("-- "),
        Just("#"),
        Just("/*"),
        Just("*/"),
        Just("/*!"),
        Just("50000"),
        Just("$"),
        Just("'x'"),
        Just("`y`"),
        Just("="),
        Just("\u{a0}"),
        Just("\0"),
    ];
    prop_oneof![
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        any::<String>()
    ]
}

proptest! {
    #[test]
    fn lexing_loses_nothing(text in sql(), mode in modes()) {
        let tokens = lex(&text, mode);
        let joined: String = tokens.iter().map(|token| token.text).collect();
        prop_assert_eq!(&joined, &text);
        for token in &tokens {
            prop_assert_eq!(text.get(token.start..token.end()), Some(token.text));
        }
    }

    #[test]
    fn splitting_loses_nothing(text in sql(), mode in modes()) {
        let tokens = lex(&text, mode);
        prop_assume!(tokens.iter().any(Token::is_code));
        if let Ok(clauses) = split::split(&text, &tokens) {
            let mut at = 0;
            for clause in &clauses {
                if clause.first().is_some_and(|first| first.start > at) {
                    prop_assert_eq!(&text[at..clause[0].start], ",");
                }
                prop_assert_eq!(clause[0].start, if clause[0].start > at { at + 1 } else { at });
                at = clause.last().unwrap().end();
            }
            prop_assert_eq!(at, text.len());
        }
    }

    #[test]
    fn parsing_never_panics(text in sql(), mode in modes()) {
        if let Ok(alter) = Alter::parse(&text, mode) {
            let _ = (alter.renames(), alter.ghost_sql(), alter.refusal());
        }
    }

    /// A clause that the ghost gets is read the same way the second time.
    #[test]
    fn the_ghosts_clauses_mean_the_same(text in sql()) {
        // Two minus signs are a comment at the end of a text and nowhere else; no clause ends so.
        let text = text.replace("--", "-");
        if let Ok(alter) = Alter::parse(&text, false) && alter.table.is_none() {
            let again = Alter::parse(&alter.clauses_sql, false);
            prop_assert_eq!(again.map(|again| pairs(&again)), Ok(pairs(&alter)));
        }
    }
}

#[test]
fn an_instant_alter_says_so_first() {
    let alter = parse("ADD COLUMN a INT, LOCK=NONE, ALGORITHM = inplace PARTITION BY HASH (a)");
    assert_eq!(
        alter.instant_sql(),
        "ALGORITHM=INSTANT,\nADD COLUMN a INT\nPARTITION BY HASH (a)"
    );
    assert_eq!(alter.algorithm().as_deref(), Some("INPLACE"));
    assert_eq!(parse("ADD COLUMN algorithm INT").algorithm(), None);
}
