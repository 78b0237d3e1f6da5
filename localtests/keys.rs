//! Iteration keys against a real server: every key type, every value at a border.
//!
//! Each case makes a table with its key in the middle of columns of every other type, and asks:
//!
//! - does a SELECT give the same key as the binlog's images of the inserts, updates and deletes, under every image format?
//! - do keys compare as the server orders the rows?
//! - does the key's SQL find exactly its row, and split the table exactly between two rows, by the index, under every
//!   `sql_mode`?
//!
//! The server: `GHOST_RS_TEST_HOST`, `_PORT`, `_USER`, `_PASSWORD`; 127.0.0.1, 13306, root, none.

#[path = "keys/cases.rs"]
mod cases;
#[path = "keys/server.rs"]
mod server;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use cases::Case;
use ghost_rs::binlog::rows::RowChange;
use ghost_rs::key::{Key, KeySpec};
use ghost_rs::sql::{self, KeyColumns};
use server::{Server, Session};

/// Formats of row images, as a session sets them.
const IMAGES: [&str; 5] = [
    "binlog_row_image='FULL', binlog_row_value_options=''",
    "binlog_row_image='MINIMAL', binlog_row_value_options=''",
    "binlog_row_image='NOBLOB', binlog_row_value_options=''",
    "binlog_row_image='FULL', binlog_row_value_options='PARTIAL_JSON'",
    "binlog_row_image='MINIMAL', binlog_row_value_options='PARTIAL_JSON'",
];

/// What a session that uses literals may have been set to. All understand odd dates or refuse them.
const MODES: [&str; 5] = [
    "sql_mode='ALLOW_INVALID_DATES'",
    "sql_mode='STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'",
    "sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES', character_set_connection=latin1",
    "sql_mode='STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,HIGH_NOT_PRECEDENCE,PIPES_AS_CONCAT'",
    "sql_mode='TRADITIONAL,ONLY_FULL_GROUP_BY', character_set_results=NULL",
];

/// Under this mode a CHAR equals nothing but a padded string, so no session that uses literals may have it; a SELECT may.
const PADDING: &str = "sql_mode='PAD_CHAR_TO_FULL_LENGTH'";

/// A case's table on the server, its rows inserted.
struct Tried {
    table: String,
    spec: KeySpec,
    /// The key of each row by its number.
    keys: BTreeMap<usize, Key>,
}

/// What is demanded of a predicate beside the right rows.
#[derive(Clone, Copy)]
struct Asked {
    /// It must be a range of the index.
    indexed: bool,
    /// The server may also refuse it.
    may_refuse: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_hold_the_key_that_a_select_gives() {
    let server = Server::new("images").await;
    for case in cases::single().into_iter().chain(cases::composite()) {
        let mut session = server.writer(IMAGES[0]).await;
        session
            .run(&server::create_table(&case.name, &case.columns))
            .await;
        for image in IMAGES {
            session.run(&format!("SET {image}")).await;
            let from = session.position().await;
            let tried = insert(&mut session, &case).await;
            let expected = change(&mut session, &case, &tried).await;
            let found = server.changes(from, &tried.table, &tried.spec).await;
            assert_changes(&case, image, &tried, &found.changes, &expected);
            let partial = image.contains("PARTIAL_JSON");
            assert_eq!(found.partial, partial, "{} {image}: partial images", case.name);
        }
        session.close().await;
    }
    server.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_and_their_sql_agree_with_the_server() {
    let server = Server::new("agree").await;
    for case in cases::all() {
        let mut session = server.writer(IMAGES[0]).await;
        session
            .run(&server::create_table(&case.name, &case.columns))
            .await;
        let tried = insert(&mut session, &case).await;
        session.run(&format!("ANALYZE TABLE {}", tried.table)).await;
        keys_compare_as_the_server_orders(&mut session, &case, &tried).await;
        session.close().await;
        a_select_is_the_same_in_every_session(&server, &case, &tried).await;
        predicates_find_exactly_their_rows_by_the_index(&server, &case, &tried).await;
    }
    server.done().await;
}

async fn keys_compare_as_the_server_orders(session: &mut Session, case: &Case, tried: &Tried) {
    let order = sql::order_by(&KeyColumns::of(&tried.spec, None), false);
    for index in ["FORCE", "IGNORE"] {
        let select = format!("SELECT seq FROM {} {index} INDEX (PRIMARY) {order}", tried.table);
        assert_order(case, tried, &session.numbers(&select).await.expect("rows"));
    }
}

async fn a_select_is_the_same_in_every_session(server: &Server, case: &Case, tried: &Tried) {
    for mode in MODES.into_iter().chain([PADDING]) {
        let mut session = server.reader(mode).await;
        for zone in ["+05:30", "-08:00"] {
            session.run(&format!("SET time_zone = '{zone}'")).await;
            let keys = session.keys(&tried.table, &tried.spec).await;
            assert_eq!(keys, tried.keys, "{} under {mode} at {zone}", case.name);
        }
        session.close().await;
    }
}

async fn predicates_find_exactly_their_rows_by_the_index(server: &Server, case: &Case, tried: &Tried) {
    for (number, mode) in MODES.iter().enumerate() {
        let mut session = server.reader(mode).await;
        let strict = !mode.contains("ALLOW_INVALID_DATES");
        let asked = Asked {
            indexed: case.indexed && number == 0,
            may_refuse: strict && !case.regular,
        };
        find_each(&mut session, case, tried, asked).await;
        find_all(&mut session, case, tried, asked).await;
        // Bounds are literals like others: two modes, one of them ours, are enough for ranges.
        if number < 2 {
            split(&mut session, case, tried, asked).await;
        }
        session.close().await;
    }
}

/// A table, its key's columns, their values as expressions of `n`.
type Wide = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

/// Keys of several columns, of which the first have few values: what makes or breaks a range.
const WIDE: [Wide; 4] = [
    (
        "ints",
        &[("a", "INT"), ("b", "INT"), ("c", "INT")],
        "n DIV 2000, n DIV 40 % 50, n % 40",
    ),
    (
        "texts",
        &[
            ("a", "VARCHAR(20)"),
            ("b", "DATETIME(3)"),
            ("c", "BIGINT UNSIGNED"),
        ],
        "CONCAT('k', n DIV 2000), '2024-01-01' + INTERVAL n DIV 40 % 50 SECOND, n % 40",
    ),
    (
        "enums",
        &[
            ("a", "ENUM('z','y','x','w','v','u','t','s','r','q')"),
            ("b", "INT"),
        ],
        "1 + n DIV 2000, n % 2000",
    ),
    (
        "within",
        &[("a", "INT"), ("b", "SET('x','y','z')"), ("c", "DATE")],
        "n DIV 2000, n DIV 250 % 8, '2024-01-01' + INTERVAL n % 250 DAY",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_predicate_reads_no_row_that_it_does_not_want() {
    let server = Server::new("reads").await;
    for (name, key, values) in WIDE {
        let mut session = server.writer("sql_mode=''").await;
        session.run(&server::create_table(name, key)).await;
        session.run(&server::fill(name, key, values, 20_000)).await;
        let columns: Vec<&str> = key.iter().map(|(column, _)| *column).collect();
        let spec = KeySpec::new(&session.table(name).await, &columns).expect("a key");
        let keys: Vec<Key> = session.keys(name, &spec).await.into_values().collect();
        let columns = KeyColumns::of(&spec, None);
        for (first, end) in [
            (0, 1),
            (17, 30),
            (35, 45),
            (1990, 2010),
            (5_000, 6_000),
            (3_999, 8_001),
            (19_990, 20_000),
        ] {
            let (low, high) = (&keys[first], &keys[end - 1]);
            let range = sql::key_range(&columns, &spec, Some((low, true)), Some((high, true)));
            assert_reads(&mut session, name, &range, end - first).await;
            let list = sql::key_in(&columns, &spec, keys.iter().skip(first).step_by(7).take(1000));
            assert_reads(
                &mut session,
                name,
                &list,
                keys.iter().skip(first).step_by(7).take(1000).count(),
            )
            .await;
        }
        let open = sql::key_range(&columns, &spec, Some((&keys[19_500], false)), None);
        assert_reads(&mut session, name, &open, 499).await;
        let open = sql::key_range(&columns, &spec, None, Some((&keys[2_100], false)));
        assert_reads(&mut session, name, &open, 2_100).await;
        session.close().await;
    }
    server.done().await;
}

/// It gives so many rows, and looks at hardly more: at each end of a range the server reads one too many.
async fn assert_reads(session: &mut Session, table: &str, predicate: &str, rows: usize) {
    session.run("FLUSH STATUS").await;
    let statement = format!("SELECT seq FROM {table} FORCE INDEX (PRIMARY) WHERE {predicate}");
    let found = session.numbers(&statement).await.expect("rows").len();
    let reads = session.reads().await;
    let start: String = statement.chars().take(300).collect();
    assert_eq!(found, rows, "{start}");
    assert!(reads <= rows + 20, "{reads} reads for {rows} rows: {start}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_without_the_key_is_an_error() {
    let server = Server::new("missing").await;
    let mut session = server.writer("binlog_row_image='MINIMAL'").await;
    let from = session.position().await;
    session
        .run("CREATE TABLE t (id INT PRIMARY KEY, other INT NOT NULL UNIQUE, v INT)")
        .await;
    session.run("INSERT INTO t VALUES (1, 1, 1)").await;
    session.run("DELETE FROM t").await;
    let table = session.table("t").await;
    session.close().await;
    let spec = KeySpec::new(&table, &["other"]).expect("a key");
    let found = server.changes(from, "t", &spec).await.changes;
    assert!(found[0].is_ok(), "the insert has all columns: {found:?}");
    let error = found[1]
        .as_ref()
        .expect_err("the delete has only the primary key");
    assert!(error.to_string().contains("`other`"), "{error}");
    server.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_columns_are_in_the_images() {
    let server = Server::new("generated").await;
    let mut session = server.writer("binlog_row_image='FULL'").await;
    let from = session.position().await;
    session
        .run(
            "CREATE TABLE t (seq INT PRIMARY KEY, v VARCHAR(9), g VARBINARY(9) AS (v) VIRTUAL NOT NULL, \
             h BIGINT AS (seq * 2) STORED NOT NULL, UNIQUE (g, h))",
        )
        .await;
    session
        .run("INSERT INTO t (seq, v) VALUES (1, 'a'), (2, 'b')")
        .await;
    let table = session.table("t").await;
    let spec = KeySpec::new(&table, &["g", "h"]).expect("a key");
    let keys = session.keys("t", &spec).await;
    session.run("UPDATE t SET v = 'c', seq = 3 WHERE seq = 1").await;
    let moved = session.keys("t", &spec).await;
    session.run("DELETE FROM t WHERE seq = 2").await;
    session.close().await;
    let found: Vec<RowChange> = server
        .changes(from, "t", &spec)
        .await
        .changes
        .into_iter()
        .collect::<Result<_, _>>()
        .expect("changes");
    let expected = [
        changed(None, keys.get(&1)),
        changed(None, keys.get(&2)),
        changed(keys.get(&1), moved.get(&3)),
        changed(keys.get(&2), None),
    ];
    assert_eq!(found, expected);
    server.done().await;
}

/// Makes the case's rows, and reads their keys.
async fn insert(session: &mut Session, case: &Case) -> Tried {
    let table = case.name.as_str();
    session.run("BEGIN").await;
    for (seq, values) in case.values.iter().enumerate() {
        let columns = names(case).join(", ");
        session
            .run(&format!(
                "INSERT INTO {table} (seq, {columns}) VALUES ({seq}, {})",
                values.join(", ")
            ))
            .await;
    }
    session.run("COMMIT").await;
    let description = session.table(table).await;
    let spec = KeySpec::new(&description, &names(case)).expect("a key");
    let keys = session.keys(table, &spec).await;
    assert_eq!(keys.len(), case.values.len(), "{}: rows", case.name);
    for key in keys.values() {
        let shown = spec.display(key);
        assert!(!shown.contains('?') && shown.chars().count() <= 200, "{shown}");
    }
    Tried {
        table: table.to_owned(),
        spec,
        keys,
    }
}

/// Changes every row: other columns, then of each two rows one goes and the other takes its key. Returns what the binlog
/// must tell, the inserts included.
async fn change(session: &mut Session, case: &Case, tried: &Tried) -> Vec<RowChange> {
    let keys: Vec<Key> = tried.keys.values().cloned().collect();
    let mut expected: Vec<RowChange> = keys.iter().map(|key| changed(None, Some(key))).collect();
    session.run("BEGIN").await;
    for (seq, key) in keys.iter().enumerate() {
        session.run(&server::update_others(&tried.table, seq)).await;
        expected.push(changed(Some(key), Some(key)));
        session
            .run(&format!(
                "UPDATE {} SET seq = -seq WHERE seq = {seq}",
                tried.table
            ))
            .await;
        if seq > 0 {
            expected.push(changed(Some(key), Some(key)));
        }
    }
    for (seq, pair) in keys.windows(2).enumerate() {
        session
            .run(&format!("DELETE FROM {} WHERE seq = -{}", tried.table, seq + 1))
            .await;
        expected.push(changed(Some(&pair[1]), None));
        let columns = names(case).into_iter().zip(&case.values[seq + 1]);
        let set = columns
            .map(|(name, value)| format!("{name} = {value}"))
            .collect::<Vec<_>>()
            .join(", ");
        session
            .run(&format!(
                "UPDATE {} SET {set}, seq = -{} WHERE seq = -{seq}",
                tried.table,
                seq + 1
            ))
            .await;
        expected.push(changed(Some(&pair[0]), Some(&pair[1])));
    }
    session.run(&format!("DELETE FROM {}", tried.table)).await;
    expected.push(changed(keys.last(), None));
    session.run("COMMIT").await;
    expected
}

fn changed(before: Option<&Key>, after: Option<&Key>) -> RowChange {
    RowChange {
        before: before.cloned(),
        after: after.cloned(),
    }
}

fn assert_changes(
    case: &Case,
    image: &str,
    tried: &Tried,
    found: &[Result<RowChange, ghost_rs::binlog::rows::RowsError>],
    expected: &[RowChange],
) {
    let show = |key: &Option<Key>| key.as_ref().map(|key| tried.spec.display(key));
    for (number, (found, expected)) in found.iter().zip(expected).enumerate() {
        let found = found
            .as_ref()
            .unwrap_or_else(|error| panic!("{} {image} change {number}: {error}", case.name));
        let (old, new) = (show(&found.before), show(&found.after));
        let (want_old, want_new) = (show(&expected.before), show(&expected.after));
        assert_eq!(
            found, expected,
            "{} {image} change {number}: {old:?} → {new:?}, not {want_old:?} → {want_new:?}",
            case.name
        );
    }
    assert_eq!(
        found.len(),
        expected.len(),
        "{} {image}: number of changes",
        case.name
    );
}

/// Wherever the keys say how two rows are ordered, it must be the order in which the server sends them.
fn assert_order(case: &Case, tried: &Tried, rows: &[usize]) {
    assert_eq!(rows.len(), tried.keys.len());
    for (place, row) in rows.iter().enumerate() {
        for later in &rows[place + 1..] {
            let (first, second) = (&tried.keys[row], &tried.keys[later]);
            let message = format!(
                "{}: {} before {}",
                case.name,
                tried.spec.display(first),
                tried.spec.display(second)
            );
            match first.compare(second) {
                Some(order) => assert_eq!(order, Ordering::Less, "{message}"),
                None => assert!(!tried.spec.fully_ordered(), "{message}"),
            }
        }
    }
}

async fn find_each(session: &mut Session, case: &Case, tried: &Tried, asked: Asked) {
    let columns = KeyColumns::of(&tried.spec, Some("x"));
    for (seq, key) in &tried.keys {
        let predicate = sql::key_in(&columns, &tried.spec, [key]);
        let literals = tried.spec.typed_literals(key);
        let refusable = asked.may_refuse && literals.iter().any(|literal| !literal.listable);
        expect(
            session,
            case,
            tried,
            &predicate,
            &[*seq],
            Asked {
                may_refuse: refusable,
                ..asked
            },
        )
        .await;
    }
}

async fn find_all(session: &mut Session, case: &Case, tried: &Tried, asked: Asked) {
    let columns = KeyColumns::of(&tried.spec, Some("x"));
    for skipped in 0..2 {
        let some = || tried.keys.iter().skip(skipped).step_by(skipped + 1);
        let seqs: Vec<usize> = some().map(|(seq, _)| *seq).collect();
        let predicate = sql::key_in(&columns, &tried.spec, some().map(|(_, key)| key));
        expect(session, case, tried, &predicate, &seqs, asked).await;
    }
}

/// Between any two rows lie exactly those that the server orders between them.
async fn split(session: &mut Session, case: &Case, tried: &Tried, asked: Asked) {
    let columns = KeyColumns::of(&tried.spec, Some("x"));
    let order = sql::order_by(&columns, false);
    let rows = session
        .numbers(&format!("SELECT seq FROM {} x {order}", tried.table))
        .await
        .expect("rows");
    let bounds = (0..rows.len()).map(Some).chain([None]);
    for low in bounds.clone() {
        let near = |high: &Option<usize>| match (low, *high) {
            (Some(low), Some(high)) => low <= high && high <= low + 2,
            _ => true,
        };
        for high in bounds.clone().filter(near) {
            for (low_in, high_in) in [(true, true), (false, true), (true, false), (false, false)] {
                let bound = |place: Option<usize>, inclusive| Some((&tried.keys[&rows[place?]], inclusive));
                let predicate =
                    sql::key_range(&columns, &tried.spec, bound(low, low_in), bound(high, high_in));
                let first = low.map_or(0, |place| place + usize::from(!low_in));
                let end = high.map_or(rows.len(), |place| place + usize::from(high_in));
                let expected = rows.get(first..end.max(first)).unwrap_or_default();
                expect(session, case, tried, &predicate, expected, asked).await;
            }
        }
    }
}

/// The predicate gives these rows, by a range of the index; or, where it may, the server refuses it.
async fn expect(
    session: &mut Session,
    case: &Case,
    tried: &Tried,
    predicate: &str,
    rows: &[usize],
    asked: Asked,
) {
    let statement = format!(
        "SELECT seq FROM {} x FORCE INDEX (PRIMARY) WHERE {predicate}",
        tried.table
    );
    let found = match session.numbers(&statement).await {
        Ok(found) => found,
        Err(error) if asked.may_refuse && server::incorrect_value(&error) => return,
        Err(error) => panic!("{}: {statement}: {error}", case.name),
    };
    let (mut found, mut expected) = (found, rows.to_vec());
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(
        found,
        expected,
        "{} under {}: {statement}",
        case.name,
        session.setting()
    );
    // A range of all rows may be read as what it is.
    if asked.indexed && rows.len() < tried.keys.len() {
        let access = session.access(&statement).await;
        assert!(
            access.is_none_or(|access| access != "ALL" && access != "index"),
            "{}: not a range: {statement}",
            case.name
        );
    }
}

fn names(case: &Case) -> Vec<&'static str> {
    case.columns.iter().map(|(name, _)| *name).collect()
}
