//! The keys that are tried: their columns, every value at a border, and the values' SQL.

/// A table's key and its values.
pub struct Case {
    /// Also the table's name.
    pub name: String,
    /// Column definitions of the key: name and type.
    pub columns: Vec<(&'static str, &'static str)>,
    /// The values in the order of insertion, one SQL text a column.
    pub values: Vec<Vec<String>>,
    /// Every predicate must be a range of the index.
    pub indexed: bool,
    /// All values are days of the calendar, or numbers: right under every `sql_mode`.
    pub regular: bool,
}

impl Case {
    fn odd_dates(self) -> Self {
        Self {
            regular: false,
            ..self
        }
    }

    fn unindexed(self) -> Self {
        Self {
            indexed: false,
            ..self
        }
    }
}

fn one(name: &'static str, columns: &'static [(&'static str, &'static str)], values: &[&str]) -> Case {
    let values = values.iter().map(|value| vec![(*value).to_owned()]).collect();
    Case {
        name: name.to_owned(),
        columns: columns.to_vec(),
        values,
        indexed: true,
        regular: true,
    }
}

fn many(name: &'static str, columns: &'static [(&'static str, &'static str)], values: &[&[&str]]) -> Case {
    let values = values
        .iter()
        .map(|row| row.iter().map(|value| (*value).to_owned()).collect())
        .collect();
    Case {
        name: name.to_owned(),
        columns: columns.to_vec(),
        values,
        indexed: true,
        regular: true,
    }
}

/// All of them.
pub fn all() -> Vec<Case> {
    let single = single();
    let paired: Vec<Case> = single.iter().map(paired).collect();
    single.into_iter().chain(paired).chain(composite()).collect()
}

/// Keys of one column.
pub fn single() -> Vec<Case> {
    [numbers(), enumerations(), times(), binaries(), texts()]
        .into_iter()
        .flatten()
        .collect()
}

/// The same values as the first of two key columns, each twice: lists of rows are another matter to the server than
/// lists of values.
fn paired(case: &Case) -> Case {
    let (name, kind) = case.columns[0];
    let values = case
        .values
        .iter()
        .flat_map(|row| ["3", "-4"].map(|n| vec![row[0].clone(), n.to_owned()]));
    Case {
        name: format!("{}_n", case.name),
        columns: vec![(name, kind), ("n", "SMALLINT")],
        values: values.collect(),
        ..*case
    }
}

fn numbers() -> Vec<Case> {
    vec![
        one(
            "tiny",
            &[("k", "TINYINT")],
            &["0", "-128", "127", "-1", "1", "-2"],
        ),
        one(
            "tiny_u",
            &[("k", "TINYINT UNSIGNED")],
            &["0", "255", "127", "128", "1"],
        ),
        one(
            "small",
            &[("k", "SMALLINT")],
            &["0", "-32768", "32767", "-1", "1", "-256", "255"],
        ),
        one(
            "medium",
            &[("k", "MEDIUMINT")],
            &["0", "-8388608", "8388607", "-1", "1", "-65536", "65535", "256"],
        ),
        one(
            "medium_u",
            &[("k", "MEDIUMINT UNSIGNED")],
            &["0", "16777215", "8388607", "8388608", "1"],
        ),
        one(
            "int_s",
            &[("k", "INT")],
            &["0", "-2147483648", "2147483647", "-1", "1", "-256"],
        ),
        one(
            "int_z",
            &[("k", "INT(7) UNSIGNED ZEROFILL")],
            &["0", "4294967295", "7", "2147483648"],
        ),
        one(
            "big",
            &[("k", "BIGINT")],
            &[
                "0",
                "-9223372036854775808",
                "9223372036854775807",
                "-1",
                "1",
                "9007199254740993",
                "9007199254740992",
            ],
        ),
        one(
            "big_u",
            &[("k", "BIGINT UNSIGNED")],
            &[
                "0",
                "18446744073709551615",
                "18446744073709551614",
                "9223372036854775807",
                "9223372036854775808",
                "1",
            ],
        ),
        one(
            "dec32",
            &[("k", "DECIMAL(32,0)")],
            &[
                "0",
                "99999999999999999999999999999999",
                "-99999999999999999999999999999999",
                "-1",
                "1",
                "1000000000",
            ],
        ),
        one(
            "dec10_3",
            &[("k", "DECIMAL(10,3)")],
            &[
                "0",
                "-0.001",
                "0.001",
                "9999999.999",
                "-9999999.999",
                "-1.5",
                "1.500",
                "-1.499",
                "100",
            ],
        ),
        one(
            "dec65_30",
            &[("k", "DECIMAL(65,30)")],
            &[
                "0",
                "99999999999999999999999999999999999.999999999999999999999999999999",
                "-99999999999999999999999999999999999.999999999999999999999999999999",
                "0.000000000000000000000000000001",
                "-0.000000000000000000000000000001",
                "99999999999999999999999999999999999.999999999999999999999999999998",
            ],
        ),
        one(
            "dec5_5",
            &[("k", "DECIMAL(5,5)")],
            &["0", "0.99999", "-0.99999", "0.00001", "-0.00001"],
        ),
        one(
            "dec_u",
            &[("k", "DECIMAL(9,2) UNSIGNED ZEROFILL")],
            &["0", "1.10", "9999999.99"],
        ),
        one(
            "year",
            &[("k", "YEAR")],
            &["0000", "1901", "1970", "2000", "2001", "2155", "1999", "2069"],
        ),
        one("bit1", &[("k", "BIT(1)")], &["0", "1"]),
        one(
            "bit40",
            &[("k", "BIT(40)")],
            &["0", "1", "255", "256", "1099511627775", "549755813888"],
        ),
        one("bit9", &[("k", "BIT(9)")], &["0", "1", "255", "256", "511"]),
        one(
            "bit64",
            &[("k", "BIT(64)")],
            &[
                "0",
                "18446744073709551615",
                "9223372036854775808",
                "9223372036854775807",
            ],
        ),
    ]
}

const ENUM300: &str = include_str!("enum300.txt");

fn enumerations() -> Vec<Case> {
    vec![
        one("enums", &[("k", "ENUM('z','a','m')")], &["'m'", "'a'", "'z'", "0"]),
        one("enum_empty", &[("k", "ENUM('z','','A','it''s') COLLATE utf8mb4_0900_as_cs")], &["1", "2", "3", "4", "0"]),
        // Too many labels for lists: ranges are right, but not indexed.
        one("enum300", &[("k", ENUM300)], &["300", "1", "255", "256", "257", "0"]).unindexed(),
        one("sets", &[("k", "SET('z','a','m')")], &["''", "'z'", "'a'", "'z,a'", "'m'", "'z,a,m'"]),
        one("set_other", &[("k", "SET('unsigned','json') CHARACTER SET latin1")], &["0", "1", "2", "3"]),
        one(
            "set40",
            &[(
                "k",
                "SET('1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17','18','19','20','21',\
                 '22','23','24','25','26','27','28','29','30','31','32','33','34','35','36','37','38','39','40','41',\
                 '42','43','44','45','46','47','48','49','50','51','52','53')",
            )],
            &["0", "1", "9007199254740991", "9007199254740990", "4503599627370496", "255", "256"],
        )
        .unindexed(),
    ]
}

fn times() -> Vec<Case> {
    vec![
        one(
            "dates",
            &[("k", "DATE")],
            &[
                "'0000-00-00'",
                "'1000-01-01'",
                "'9999-12-31'",
                "'2024-02-29'",
                "'1970-01-01'",
            ],
        ),
        one(
            "dates_partial",
            &[("k", "DATE")],
            &[
                "'2024-00-00'",
                "'2024-02-00'",
                "'2024-00-05'",
                "'2024-02-01'",
                "'0050-01-01'",
            ],
        ),
        // Written as numbers, each of them: a list of nothing else has a meaning of its own to the server.
        one(
            "dates_zero",
            &[("k", "DATE")],
            &[
                "'0000-00-00'",
                "'2020-01-00'",
                "'2020-00-00'",
                "'2020-02-00'",
                "'1999-12-00'",
            ],
        ),
        one(
            "dates_odd",
            &[("k", "DATE")],
            &[
                "'2024-02-30'",
                "'0000-00-05'",
                "'0050-00-01'",
                "'2024-02-29'",
                "'2024-03-01'",
            ],
        )
        .odd_dates(),
        one(
            "time0",
            &[("k", "TIME")],
            &[
                "'00:00:00'",
                "'-838:59:59'",
                "'838:59:59'",
                "'-00:00:01'",
                "'00:00:01'",
                "'-01:00:00'",
                "'12:34:56'",
            ],
        ),
        one(
            "time1",
            &[("k", "TIME(1)")],
            &[
                "0",
                "'-00:00:00.1'",
                "'-00:00:01'",
                "'-00:00:01.9'",
                "'00:00:00.9'",
                "'-838:59:59'",
            ],
        ),
        one(
            "time2",
            &[("k", "TIME(2)")],
            &[
                "0",
                "'-00:00:00.01'",
                "'-00:00:01'",
                "'-00:00:01.99'",
                "'00:00:00.99'",
            ],
        ),
        one(
            "time3",
            &[("k", "TIME(3)")],
            &[
                "0",
                "'-00:00:00.001'",
                "'-00:00:01'",
                "'-00:00:01.999'",
                "'00:00:00.999'",
            ],
        ),
        one(
            "time4",
            &[("k", "TIME(4)")],
            &[
                "0",
                "'-00:00:00.0001'",
                "'-00:00:01'",
                "'-00:00:01.9999'",
                "'00:00:00.9999'",
            ],
        ),
        one(
            "time5",
            &[("k", "TIME(5)")],
            &[
                "0",
                "'-00:00:00.00001'",
                "'-00:00:01'",
                "'-00:00:01.99999'",
                "'00:00:00.1'",
            ],
        ),
        one(
            "time6",
            &[("k", "TIME(6)")],
            &[
                "0",
                "'-00:00:00.1'",
                "'-00:00:00.000001'",
                "'00:00:00.000001'",
                "'-838:59:58.999999'",
                "'838:59:58.999999'",
            ],
        ),
        one(
            "datetime0",
            &[("k", "DATETIME")],
            &[
                "0",
                "'1000-01-01'",
                "'9999-12-31 23:59:59'",
                "'2024-02-29 12:00:00'",
            ],
        ),
        one(
            "datetime6",
            &[("k", "DATETIME(6)")],
            &[
                "0",
                "'9999-12-31 23:59:59.999999'",
                "'2024-02-29 23:59:59.000001'",
                "'2024-02-29 23:59:59.1'",
                "'0001-01-01'",
            ],
        ),
        one(
            "datetime1",
            &[("k", "DATETIME(1)")],
            &["0", "'2024-02-29 23:59:59.9'", "'2024-02-29 23:59:59'"],
        ),
        one(
            "datetime3",
            &[("k", "DATETIME(3)")],
            &[
                "0",
                "'2024-00-00 01:02:03'",
                "'2024-00-00'",
                "'2024-02-00 23:59:59'",
            ],
        ),
        one(
            "datetime_odd",
            &[("k", "DATETIME(6)")],
            &[
                "'2024-02-30 01:02:03.000004'",
                "'2024-00-00 23:59:59.999998'",
                "'2024-00-00 23:59:59.999999'",
                "'2024-02-29'",
            ],
        )
        .odd_dates(),
        one(
            "timestamp0",
            &[("k", "TIMESTAMP")],
            &[
                "0",
                "'1970-01-01 00:00:01'",
                "'2038-01-19 03:14:07'",
                "'2024-11-03 05:30:00'",
                "'2024-11-03 06:30:00'",
            ],
        ),
        one(
            "timestamp3",
            &[("k", "TIMESTAMP(3)")],
            &[
                "0",
                "'1970-01-01 00:00:01.000'",
                "'2038-01-19 03:14:07.499'",
                "'2024-12-31 23:59:59.999'",
                "'2024-02-29 00:00:00.001'",
            ],
        ),
        one(
            "timestamp6",
            &[("k", "TIMESTAMP(6)")],
            &[
                "0",
                "'1970-01-01 00:00:01.000001'",
                "'2038-01-19 03:14:07.999999'",
            ],
        ),
    ]
}

fn binaries() -> Vec<Case> {
    vec![
        one(
            "binary16",
            &[("k", "BINARY(16)")],
            &[
                "''",
                "X'00'",
                "X'01'",
                "X'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF'",
                "X'0102030405060708090A0B0C0D0E0F00'",
                "'a '",
                "'a'",
            ],
        )
        .distinct(),
        one(
            "binary255",
            &[("k", "BINARY(255)")],
            &["'a'", "'b'", "REPEAT(X'FF',255)", "REPEAT('x',254)"],
        ),
        one(
            "varbin",
            &[("k", "VARBINARY(300)")],
            &[
                "''",
                "X'00'",
                "X'0000'",
                "X'00FF'",
                "X'FF'",
                "X'27'",
                "X'5C'",
                "X'2700FF5C'",
                "REPEAT(X'00',300)",
                "'a '",
                "'a'",
            ],
        ),
    ]
}

impl Case {
    /// BINARY pads with zero bytes, so that '' and X'00' are one value: keep the first.
    fn distinct(mut self) -> Self {
        self.values
            .retain(|row| row.first().is_none_or(|value| value != "X'00'"));
        self
    }
}

fn texts() -> Vec<Case> {
    vec![
        one(
            "ci",
            &[("k", "VARCHAR(20)")],
            &[
                "'a'", "'B'", "'ä-'", "''", "'x'", "'X '", "'😀'", "'it''s'", "CHAR(92)",
            ],
        ),
        one(
            "ascii_bin",
            &[("k", "VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin")],
            &["'a'", "'A'", "'b '", "''", "'~'"],
        ),
        one(
            "mb4_bin",
            &[("k", "VARCHAR(300) COLLATE utf8mb4_bin")],
            &["'a'", "'A'", "'b '", "CONCAT('a',CHAR(9))", "'😀'", "'ｚ'"],
        ),
        one(
            "bytes_order",
            &[("k", "VARCHAR(300) COLLATE utf8mb4_0900_bin")],
            &[
                "'a'",
                "'A'",
                "'a '",
                "''",
                "CONCAT('a',CHAR(0))",
                "CONCAT('a',CHAR(9))",
                "'😀'",
                "'ｚ'",
                "'é'",
                "REPEAT('z',300)",
            ],
        ),
        one(
            "char_order",
            &[("k", "CHAR(5) COLLATE utf8mb4_0900_bin")],
            &[
                "'a'",
                "''",
                "CONCAT('a',CHAR(9))",
                "'a!'",
                "'é'",
                "'😀😀😀😀😀'",
                "CONCAT('a',CHAR(0))",
                "' a'",
            ],
        ),
        one(
            "char255",
            &[("k", "CHAR(255)")],
            &["'a'", "REPEAT('😀',255)", "''", "'b b'"],
        ),
        one(
            "latin1",
            &[("k", "VARCHAR(20) CHARACTER SET latin1")],
            &["'é'", "'ü'", "'€'", "'a'", "_latin1 X'81'", "_latin1 X'C3A9'"],
        ),
        one(
            "latin1_char",
            &[("k", "CHAR(3) CHARACTER SET latin1")],
            &["'é'", "'a'", "''", "_latin1 X'812020'"],
        ),
        one(
            "cp1251",
            &[("k", "VARCHAR(20) CHARACTER SET cp1251")],
            &["'Ж'", "'я'", "'a'"],
        ),
        one(
            "sjis",
            &[("k", "CHAR(10) CHARACTER SET sjis")],
            &["'表'", "'ア'", "'a'", "'日本'"],
        ),
        one(
            "gbk",
            &[("k", "VARCHAR(10) CHARACTER SET gbk")],
            &["'漢'", "'a'", "'誠'"],
        ),
        one(
            "gb18030",
            &[("k", "CHAR(10) CHARACTER SET gb18030")],
            &["'漢'", "'a'", "'😀'"],
        ),
        one(
            "big5",
            &[("k", "VARCHAR(10) CHARACTER SET big5")],
            &["'功'", "'a'", "'許'"],
        ),
        one(
            "euckr",
            &[("k", "CHAR(10) CHARACTER SET euckr")],
            &["'한'", "'a'"],
        ),
        one(
            "ucs2",
            &[("k", "CHAR(10) CHARACTER SET ucs2")],
            &["'a'", "'漢'", "''", "' '", "_ucs2 X'2000'", "_ucs2 X'0120'"],
        )
        .trimmed(),
        one(
            "utf16",
            &[("k", "CHAR(10) CHARACTER SET utf16")],
            &["'a'", "'😀'", "''", "_utf16 X'2000'", "_utf16 X'0120'"],
        ),
        one(
            "utf16le",
            &[("k", "CHAR(10) CHARACTER SET utf16le")],
            &["'a'", "'😀'", "''", "_utf16le X'0020'", "'Ġ'"],
        ),
        one(
            "utf32",
            &[("k", "VARCHAR(10) CHARACTER SET utf32")],
            &["'a'", "'😀'", "''", "'漢'"],
        ),
        one(
            "utf8mb3",
            &[("k", "CHAR(10) CHARACTER SET utf8mb3")],
            &["'a'", "'é'", "'漢'"],
        ),
    ]
}

impl Case {
    /// '' and ' ' are one value of a CHAR.
    fn trimmed(mut self) -> Self {
        self.values
            .retain(|row| row.first().is_none_or(|value| value != "' '"));
        self
    }
}

/// Keys of several columns.
pub fn composite() -> Vec<Case> {
    vec![
        many(
            "text_int_time",
            &[("k", "VARCHAR(20)"), ("n", "INT"), ("t", "DATETIME(3)")],
            &[
                &["'a'", "1", "'2024-01-01 00:00:00.001'"],
                &["'a'", "1", "'2024-01-01 00:00:00.002'"],
                &["'a'", "-1", "'2024-01-01'"],
                &["'A'", "2", "'2024-01-01'"],
                &["'b'", "-5", "0"],
                &["''", "-5", "0"],
            ],
        ),
        many(
            "int_text_int",
            &[("k", "INT"), ("s", "VARCHAR(20)"), ("n", "BIGINT UNSIGNED")],
            &[
                &["1", "'a'", "1"],
                &["1", "'B'", "1"],
                &["1", "'a'", "2"],
                &["-1", "'z'", "0"],
                &["2", "''", "18446744073709551615"],
            ],
        ),
        many(
            "bytes_int",
            &[("k", "VARBINARY(20)"), ("n", "INT")],
            &[
                &["''", "1"],
                &["''", "-1"],
                &["X'00'", "0"],
                &["X'0001'", "-3"],
                &["'a'", "0"],
                &["CONCAT('a',X'00')", "-9"],
                &["'a'", "5"],
            ],
        ),
        many(
            "enum_int",
            &[("k", "ENUM('z','a','m')"), ("n", "INT")],
            &[
                &["1", "5"],
                &["1", "-5"],
                &["2", "0"],
                &["3", "0"],
                &["0", "7"],
                &["2", "9"],
                &["3", "-3"],
            ],
        ),
        many(
            "int_set_date",
            &[("k", "INT"), ("s", "SET('x','y')"), ("d", "DATE")],
            &[
                &["1", "0", "'2024-01-01'"],
                &["1", "3", "'2024-01-01'"],
                &["1", "3", "'2024-00-00'"],
                &["1", "3", "0"],
                &["2", "1", "'2024-01-01'"],
                &["2", "1", "'2024-01-02'"],
            ],
        ),
        many(
            "int_odd_date",
            &[("k", "INT"), ("d", "DATE")],
            &[
                &["1", "'2024-02-30'"],
                &["1", "'2024-02-29'"],
                &["2", "'0000-00-05'"],
                &["2", "'2024-02-28'"],
            ],
        )
        .odd_dates(),
        many(
            "time_stamp_bit",
            &[
                ("k", "TIME(6)"),
                ("ts", "TIMESTAMP(6)"),
                ("b", "BIT(12)"),
                ("y", "YEAR"),
            ],
            &[
                &["'-00:00:00.1'", "0", "0", "0000"],
                &["'-00:00:00.1'", "0", "0", "2000"],
                &["'-00:00:00.1'", "0", "4095", "1901"],
                &["'-00:00:00.1'", "'2024-01-01 00:00:00.5'", "1", "1901"],
                &["'00:00:00.1'", "'2024-01-01 00:00:00.5'", "1", "1901"],
            ],
        ),
        many(
            "out_of_order",
            &[
                ("b", "DECIMAL(12,4)"),
                ("a", "CHAR(4) COLLATE utf8mb4_0900_bin"),
                ("c", "BINARY(3)"),
            ],
            &[
                &["-1.5", "'a'", "'x'"],
                &["-1.5", "'a'", "X'780001'"],
                &["-1.5", "'é'", "''"],
                &["1.5", "''", "'zzz'"],
                &["0", "'zzzz'", "'z'"],
            ],
        ),
    ]
}
