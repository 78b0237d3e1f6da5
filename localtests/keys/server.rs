//! The real server: databases of the test's own, sessions with given settings, tables with columns of all types, and
//! the binlog read back.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use ghost_rs::binlog::rows::{RowChange, RowLayout, Rows, RowsError};
use ghost_rs::key::{Key, KeySpec};
use ghost_rs::schema::{Column, Generated, Table, TableName};
use mysql_async::prelude::Queryable;
use mysql_async::{BinlogStreamRequest, Conn, Opts, OptsBuilder, Row, Value};
use mysql_common::binlog::events::{EventData, RowsEventData};

/// A database on the test server.
pub struct Server {
    opts: Opts,
    database: String,
}

/// A connection with its settings.
pub struct Session {
    conn: Conn,
    database: String,
    setting: String,
}

/// What a stretch of the binlog tells about a table.
#[derive(Default)]
pub struct Found {
    /// Its rows' changes.
    pub changes: Vec<Result<RowChange, RowsError>>,
    /// Some of them are in partial images.
    pub partial: bool,
}

/// A place in the binlog.
pub struct Position {
    file: String,
    offset: u64,
}

impl Server {
    /// A fresh database of this name.
    pub async fn new(name: &str) -> Self {
        let opts: Opts = address().into();
        let database = format!("keys_{name}_{}", std::process::id());
        let mut conn = connect(opts.clone()).await;
        conn.query_drop(format!("DROP DATABASE IF EXISTS {database}"))
            .await
            .expect("drop");
        conn.query_drop(format!("CREATE DATABASE {database} CHARACTER SET utf8mb4"))
            .await
            .expect("create");
        conn.disconnect().await.expect("disconnect");
        Self {
            opts: OptsBuilder::from_opts(opts).db_name(Some(&database)).into(),
            database,
        }
    }

    /// A session that writes rows: any date goes, the binlog's images are as given.
    pub async fn writer(&self, image: &str) -> Session {
        self.session(&format!(
            "{image}, sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00'"
        ))
        .await
    }

    /// A session that reads, in UTC.
    pub async fn reader(&self, setting: &str) -> Session {
        self.session(&format!("{setting}, time_zone='+00:00'")).await
    }

    async fn session(&self, setting: &str) -> Session {
        let mut conn = connect(self.opts.clone()).await;
        conn.query_drop(format!("SET {setting}")).await.expect("settings");
        Session {
            conn,
            database: self.database.clone(),
            setting: setting.to_owned(),
        }
    }

    /// What the binlog from there on tells about a table's rows, up to its present end.
    pub async fn changes(&self, from: Position, table: &str, spec: &KeySpec) -> Found {
        let conn = connect(self.opts.clone()).await;
        let request = BinlogStreamRequest::new(rand::random_range(1_000_000..u32::MAX))
            .with_filename(from.file.as_bytes())
            .with_pos(from.offset)
            .with_non_blocking();
        let mut stream = conn.get_binlog_stream(request).await.expect("binlog stream");
        let mut found = Found::default();
        while let Some(event) = stream.next().await {
            let event = event.expect("event");
            let Some(EventData::RowsEvent(rows)) = event.read_data().expect("event data") else {
                continue;
            };
            let map = stream.get_tme(rows.table_id()).expect("table map");
            if map.database_name() != self.database.as_str() || map.table_name() != table {
                continue;
            }
            let layout = RowLayout::of_table_map(map, spec).expect("layout");
            found.partial |= matches!(rows, RowsEventData::PartialUpdateRowsEvent(_));
            match Rows::of_event(&layout, &rows) {
                Ok(rows) => found.changes.extend(rows),
                Err(error) => found.changes.push(Err(error)),
            }
        }
        found
    }

    /// Removes the database.
    pub async fn done(self) {
        let mut conn = connect(self.opts).await;
        conn.query_drop(format!("DROP DATABASE {}", self.database))
            .await
            .expect("drop");
        conn.disconnect().await.expect("disconnect");
    }
}

fn address() -> OptsBuilder {
    let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    OptsBuilder::default()
        .ip_or_hostname(variable("GHOST_RS_TEST_HOST", "127.0.0.1"))
        .tcp_port(
            variable("GHOST_RS_TEST_PORT", "13306")
                .parse()
                .expect("GHOST_RS_TEST_PORT is a number"),
        )
        .user(Some(variable("GHOST_RS_TEST_USER", "root")))
        .pass(Some(variable("GHOST_RS_TEST_PASSWORD", "")))
        .prefer_socket(false)
}

async fn connect(opts: Opts) -> Conn {
    let place = format!("{}:{}", opts.ip_or_hostname(), opts.tcp_port());
    Conn::new(opts).await.unwrap_or_else(|error| {
        panic!("no MySQL server for the tests at {place} ({error}); start one: scripts/sandbox up")
    })
}

/// The server says that a value in the statement is none of the column's type.
pub fn incorrect_value(error: &mysql_async::Error) -> bool {
    matches!(error, mysql_async::Error::Server(error) if error.code == 1525 || error.code == 1292)
}

impl Session {
    /// How it was set up.
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// Runs a statement that must succeed.
    pub async fn run(&mut self, statement: &str) {
        if let Err(error) = self.conn.query_drop(statement).await {
            panic!("{statement}: {error}");
        }
    }

    /// Closes the connection.
    pub async fn close(self) {
        self.conn.disconnect().await.expect("disconnect");
    }

    /// The end of the binlog.
    pub async fn position(&mut self) -> Position {
        let row: Row = self
            .conn
            .query_first("SHOW BINARY LOG STATUS")
            .await
            .expect("status")
            .expect("a binlog");
        Position {
            file: row.get(0).expect("file"),
            offset: row.get(1).expect("offset"),
        }
    }

    /// Row numbers that a statement gives.
    pub async fn numbers(&mut self, statement: &str) -> Result<Vec<usize>, mysql_async::Error> {
        self.conn.query(statement).await
    }

    /// `type` of a statement's EXPLAIN; `None` where the optimizer needs no table for it.
    pub async fn access(&mut self, statement: &str) -> Option<String> {
        let explain = format!("EXPLAIN FORMAT=TRADITIONAL {statement}");
        let row: Row = self
            .conn
            .query_first(explain)
            .await
            .expect("explain")
            .expect("a plan");
        row.get::<Option<String>, _>("type").expect("type")
    }

    /// Rows that the storage engine has read for this session since FLUSH STATUS.
    pub async fn reads(&mut self) -> usize {
        let rows: Vec<(String, usize)> = self
            .conn
            .query("SHOW SESSION STATUS LIKE 'Handler_read%'")
            .await
            .expect("status");
        rows.into_iter().map(|(_, reads)| reads).sum()
    }

    /// The keys of all rows by their numbers.
    pub async fn keys(&mut self, table: &str, spec: &KeySpec) -> BTreeMap<usize, Key> {
        let select = format!("SELECT x.seq, {} FROM {table} x", spec.select_list(Some("x")));
        let rows: Vec<Row> = self.conn.query(select).await.expect("keys");
        rows.into_iter().map(|row| numbered_key(row, spec)).collect()
    }

    /// The table as `information_schema` describes it, as far as keys need it.
    pub async fn table(&mut self, table: &str) -> Table {
        let select = format!(
            "SELECT column_name, ordinal_position - 1, data_type, column_type, is_nullable = 'YES', character_set_name, \
             collation_name, extra, character_octet_length, COALESCE(datetime_precision, 0), numeric_precision, \
             numeric_scale FROM information_schema.columns WHERE table_schema = '{}' AND table_name = '{table}' \
             ORDER BY ordinal_position",
            self.database
        );
        let rows: Vec<Row> = self.conn.query(select).await.expect("columns");
        Table {
            name: TableName::new(self.database.clone(), table),
            engine: "InnoDB".to_owned(),
            columns: rows.iter().map(column).collect(),
            unique_keys: Vec::new(),
            comment: String::new(),
            auto_increment: None,
            rows_estimate: 0,
            row_bytes_estimate: 0,
            bytes: 0,
            create_sql: String::new(),
        }
    }
}

fn numbered_key(row: Row, spec: &KeySpec) -> (usize, Key) {
    let text = |value| match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(bytes),
        other => panic!("not the text protocol: {other:?}"),
    };
    let mut values: Vec<Option<Vec<u8>>> = row.unwrap().into_iter().map(text).collect();
    let seq = String::from_utf8(values.remove(0).expect("seq"))
        .expect("seq")
        .parse()
        .expect("seq");
    let key = spec
        .from_row(&values)
        .unwrap_or_else(|error| panic!("row {seq}: {error}"));
    (seq, key)
}

fn column(row: &Row) -> Column {
    let extra: String = row.get(7).expect("extra");
    let generated = match extra.as_str() {
        extra if extra.contains("VIRTUAL GENERATED") => Some(Generated::Virtual),
        extra if extra.contains("STORED GENERATED") => Some(Generated::Stored),
        _ => None,
    };
    Column {
        name: row.get(0).expect("name"),
        ordinal: row.get(1).expect("ordinal"),
        data_type: row.get::<String, _>(2).expect("data type"),
        column_type: row.get(3).expect("column type"),
        nullable: row.get(4).expect("nullable"),
        charset: row.get(5).expect("charset"),
        collation: row.get(6).expect("collation"),
        generated,
        auto_increment: extra.contains("auto_increment"),
        has_default: false,
        octet_length: row.get(8).expect("octet length"),
        fsp: row.get(9).expect("fsp"),
        precision: row.get(10).expect("precision"),
        scale: row.get(11).expect("scale"),
    }
}

/// Columns of every type that a row image must be able to step over, with values of all lengths.
const OTHERS: &[(&str, &str, &str)] = &[
    ("o01", "TINYINT", "-1"),
    ("o02", "SMALLINT", "300"),
    ("o03", "MEDIUMINT", "70000"),
    ("o04", "INT UNSIGNED", "4294967295"),
    ("o05", "BIGINT", "-5"),
    ("o06", "FLOAT", "1.5"),
    ("o07", "DOUBLE", "-2.5e300"),
    ("o08", "DECIMAL(40,17)", "-1234.5"),
    ("o09", "YEAR", "2024"),
    ("o10", "DATE", "'2024-01-01'"),
    ("o11", "TIME", "'-10:00:00'"),
    ("o12", "TIME(4)", "'-10:00:00.1'"),
    ("o13", "DATETIME(5)", "'2024-01-01 00:00:00.5'"),
    ("o14", "TIMESTAMP(1) NULL", "'2024-01-01 00:00:00.5'"),
    ("o15", "CHAR(10) CHARACTER SET latin1", "'abc'"),
    ("o16", "CHAR(255)", "REPEAT('é', 200)"),
    ("o17", "CHAR(100)", "'long bits'"),
    ("o18", "VARCHAR(10)", "'v'"),
    ("o19", "VARCHAR(1000)", "REPEAT('w', 600)"),
    ("o20", "BINARY(200)", "'b'"),
    ("o21", "VARBINARY(256)", "''"),
    ("o22", "TINYBLOB", "'t'"),
    ("o23", "BLOB", "REPEAT('b', 300)"),
    ("o24", "MEDIUMTEXT", "REPEAT('m', 300)"),
    ("o25", "LONGBLOB", "'l'"),
    (
        "o26",
        "JSON",
        "'{\"a\": [1, 2, \"long enough to be worth a difference, long enough\"], \"b\": 1}'",
    ),
    ("o27", "JSON", "'[]'"),
    ("o28", "GEOMETRY", "POINT(1, 2)"),
    ("o29", "VECTOR(3)", "TO_VECTOR('[1,2,3]')"),
    ("o30", "BIT(1)", "1"),
    ("o31", "BIT(17)", "65537"),
    ("o32", "ENUM('a','b')", "'b'"),
    ("o33", "SET('a','b','c','d','e','f','g','h','i')", "'a,i'"),
    ("o34", "INT INVISIBLE", "34"),
];

/// A table with the key in the midst of the other columns, and with what the server hides: generated columns, an index
/// on an expression and one on the members of an array.
pub fn create_table(name: &str, key: &[(&str, &str)]) -> String {
    let mut columns = vec!["seq INT NOT NULL".to_owned()];
    let mut sorted = key.to_vec();
    sorted.sort_unstable();
    let gap = OTHERS.len() / (key.len() + 1);
    for (index, (other, kind, value)) in OTHERS.iter().enumerate() {
        columns.push(format!("{other} {kind} DEFAULT ({value})"));
        if index % gap == gap - 1
            && let Some((column, kind)) = sorted.pop()
        {
            columns.push(format!("`{column}` {kind} NOT NULL"));
        }
    }
    let key = key
        .iter()
        .map(|(column, _)| format!("`{column}`"))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "CREATE TABLE {name} ({}, g1 INT AS (o01 + 1) VIRTUAL, g2 VARCHAR(20) AS (CONCAT(o18, 'x')) STORED, \
         PRIMARY KEY ({key}), KEY ((o02 + 1)), KEY ((CAST(o27 AS UNSIGNED ARRAY))), KEY (g1))",
        columns.join(", ")
    )
}

/// Changes columns that are not of the key: to NULL in every other row, and a little in a JSON document.
pub fn update_others(table: &str, seq: usize) -> String {
    let nulls = if seq % 2 == 1 { "NULL" } else { "DEFAULT" };
    format!(
        "UPDATE {table} SET o26 = JSON_SET(o26, '$.b', 2), o27 = JSON_ARRAY({seq}), o19 = {nulls}, o24 = {nulls}, \
         o01 = {seq}, o33 = {nulls}, o31 = {nulls}, o16 = 'short' WHERE seq = {seq}"
    )
}

/// Rows 0 to `rows` with these values (expressions of `n`), in the key's order.
pub fn fill(table: &str, key: &[(&str, &str)], values: &str, rows: usize) -> String {
    let columns = key
        .iter()
        .map(|(column, _)| *column)
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "INSERT INTO {table} (seq, {columns}, o19, o24) WITH RECURSIVE r (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r \
         WHERE n + 1 < {rows}) SELECT /*+ SET_VAR(cte_max_recursion_depth = 1000000) */ n, {values}, NULL, NULL FROM r"
    )
}
