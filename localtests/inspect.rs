//! What `inspect`, `prepare` and `cleanup` say to a real server's good and bad tables. Needs a MySQL 9.7 as
//! `scripts/sandbox up` starts it; each test has a schema of its own.

use std::time::Duration;

use ghost_rs::cleanup::{self, Allowed, Dropped, Helpers, Role};
use ghost_rs::config::{Carry, Mode};
use ghost_rs::error::{Exit, Failure};
use ghost_rs::inspect::{self, Request, grants::Grants, table};
use ghost_rs::mysql::{Class, Session, SessionSettings, Sessions, catalog};
use ghost_rs::plan::mark::{Kind, Mark};
use ghost_rs::plan::names::Names;
use ghost_rs::prepare::{self, GhostRequest};
use ghost_rs::schema::{Generated, Table, TableName};
use mysql_async::OptsBuilder;

const RUN: &str = "0123";
const HELPERS: &[&str] = &["_t_gho", "_t_ghc", "_t_del"];

fn variable(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

fn sessions_of(user: &str, password: &str, port: &str) -> Sessions {
    let opts = OptsBuilder::default()
        .ip_or_hostname(variable("GHOST_RS_TEST_HOST", "127.0.0.1"))
        .tcp_port(port.parse().expect("a port"))
        .user(Some(user))
        .pass(Some(password).filter(|password| !password.is_empty()))
        .prefer_socket(false);
    Sessions::new(opts, Duration::from_secs(5), SessionSettings::ddl())
}

fn sessions() -> Sessions {
    let (user, password) = (
        variable("GHOST_RS_TEST_USER", "root"),
        variable("GHOST_RS_TEST_PASSWORD", ""),
    );
    sessions_of(&user, &password, &variable("GHOST_RS_TEST_PORT", "13306"))
}

/// A session and an empty schema.
struct Sandbox {
    session: Session,
    schema: String,
}

impl Sandbox {
    async fn new(case: &str) -> Self {
        let schema = format!("inspect_{case}");
        let mut session = sessions()
            .open("test")
            .await
            .expect("a sandbox, see scripts/sandbox up");
        for sql in [
            format!("DROP DATABASE IF EXISTS {schema}"),
            format!("CREATE DATABASE {schema}"),
            format!("USE {schema}"),
        ] {
            session.exec(&sql).await.unwrap();
        }
        Self { session, schema }
    }

    async fn exec(&mut self, sql: &str) -> &mut Self {
        self.session
            .exec(sql)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        self
    }

    fn name(&self, table: &str) -> TableName {
        TableName::new(&self.schema, table)
    }

    async fn table(&mut self, table: &str) -> Table {
        let name = self.name(table);
        table::table(&mut self.session, &name)
            .await
            .unwrap()
            .expect("the table")
    }

    async fn source(&mut self, table: &str) -> Result<inspect::Source, Failure> {
        let name = self.name(table);
        inspect::source(&mut self.session, &name).await
    }

    /// The text of the whole refusal of table `t`.
    async fn refusal(&mut self) -> String {
        let name = self.name("t");
        let request = Request {
            table: &name,
            helpers: HELPERS,
            mode: Mode::Primary,
            read_here: true,
            carry: &Carry::default(),
        };
        let failure = inspect::inspect(&mut self.session, &request)
            .await
            .expect_err("a refusal");
        assert_eq!(failure.exit, Exit::Refused);
        format!("{failure}; hint: {}", failure.hint.as_deref().unwrap_or(""))
    }

    fn helpers(&self) -> Helpers {
        helpers(&self.name("t"))
    }

    fn mark(&self, kind: Kind) -> String {
        Mark {
            kind,
            of: self.name("t"),
            run: RUN.into(),
        }
        .to_string()
    }

    async fn ghost(&mut self, clauses: &str) -> Result<prepare::Ghost, Failure> {
        let source = self.table("t").await;
        let (ghost, mark) = (self.helpers().ghost, self.mark(Kind::Ghost));
        let request = GhostRequest {
            source: &source,
            ghost: &ghost,
            clauses,
            mark: &mark,
        };
        prepare::create_ghost(&mut self.session, &request).await
    }

    async fn exists(&mut self, table: &str) -> bool {
        let name = self.name(table);
        catalog::table_entry(&mut self.session, &name)
            .await
            .unwrap()
            .is_some()
    }

    async fn done(mut self) {
        let sql = format!("DROP DATABASE {}", self.schema);
        self.exec(&sql).await;
        self.session.close().await;
    }
}

fn helpers(source: &TableName) -> Helpers {
    let names = Names::of(&source.table, None);
    let sibling = |name: String| source.sibling(name);
    Helpers {
        ghost: sibling(names.ghost),
        changelog: sibling(names.changelog),
        old: sibling(names.old),
    }
}

fn is_ours(comment: &str) -> bool {
    Mark::parse(comment).is_some()
}

fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no '{word}' in: {text}");
    }
}

// ── the server ─────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn the_server_says_what_it_is() {
    let mut sandbox = Sandbox::new("server").await;
    let server = inspect::server(&mut sandbox.session).await.unwrap();
    assert!(server.version >= inspect::Version::OLDEST && !server.mariadb);
    assert!(server.log_bin && server.gtid && server.binlog_order_commits);
    assert_eq!((server.binlog_format.as_str(), server.uuid.len()), ("ROW", 36));
    assert!(server.server_id > 0 && server.max_allowed_packet >= 1 << 20);
    let log = server.log.as_ref().expect("a binlog");
    assert!(
        !log.file.is_empty() && log.position > 4 && log.gtid_executed.contains(':'),
        "{log:?}"
    );
    assert!(!log.gtid_executed.contains('\n'));
    assert!(
        server.problems("x", Mode::Primary, true).is_empty(),
        "{:?}",
        server.problems("x", Mode::Primary, true)
    );
    sandbox.done().await;
}

#[tokio::test]
async fn prepared_xa_transactions_are_seen() {
    let mut sandbox = Sandbox::new("xa").await;
    sandbox.exec("CREATE TABLE t (id INT PRIMARY KEY)").await;
    for sql in [
        "XA START 'inspect_xa'",
        "INSERT INTO t VALUES (1)",
        "XA END 'inspect_xa'",
        "XA PREPARE 'inspect_xa'",
    ] {
        sandbox.exec(sql).await;
    }
    let mut other = sessions().open("other").await.unwrap();
    let prepared = inspect::server(&mut other).await.unwrap();
    sandbox.exec("XA ROLLBACK 'inspect_xa'").await;
    has(
        &prepared.notes().join("\n"),
        &["prepared XA", "0x696E73706563745F7861"],
    );
    other.close().await;
    sandbox.done().await;
}

// ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn sessions_have_our_settings() {
    let rows = sessions().with(SessionSettings {
        time_zone: Some("+05:30".into()),
        ..SessionSettings::rows()
    });
    let mut session = rows.open("test").await.unwrap();
    let sql =
        "SELECT @@transaction_isolation, @@sql_mode, @@time_zone, @@sql_select_limit, @@max_execution_time";
    let row = session.one(sql).await.unwrap().unwrap();
    assert_eq!(row.text(0).as_deref(), Some("READ-COMMITTED"));
    has(
        &row.text(1).unwrap(),
        &["STRICT_ALL_TABLES", "NO_AUTO_VALUE_ON_ZERO"],
    );
    assert_eq!(
        (row.text(2).as_deref(), row.u64(3), row.u64(4)),
        (Some("+05:30"), Some(u64::MAX), Some(0))
    );
    session.close().await;
}

#[tokio::test]
async fn bytes_nulls_counts_and_warnings_come_through() {
    let mut session = sessions().open("test").await.unwrap();
    let rows = session
        .rows("SELECT NULL, _binary 0x00FF27, -1.50, '' UNION ALL SELECT 1, 'b', 2, 'd'")
        .await
        .unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0].bytes(0), rows[0].bytes(1), rows[0].bytes(3)),
        (None, Some(&b"\0\xff'"[..]), Some(&b""[..]))
    );
    session
        .exec("CREATE TEMPORARY TABLE mysql.inspect_tmp (id INT, t TINYINT)")
        .await
        .unwrap();
    assert_eq!(
        session
            .exec("INSERT IGNORE INTO mysql.inspect_tmp VALUES (1, 1), (2, 300)")
            .await
            .unwrap(),
        2
    );
    assert_eq!(session.warnings(), 1);
    session.close().await;
}

#[tokio::test]
async fn an_error_keeps_the_session_and_a_kill_loses_it() {
    let mut session = sessions().open("victim").await.unwrap();
    let error = session.exec("SELEC 1").await.unwrap_err();
    assert_eq!(
        (error.code, error.lost, error.class()),
        (Some(1064), false, Class::Permanent)
    );
    assert_eq!(session.one("SELECT 7").await.unwrap().unwrap().u64(0), Some(7));
    let mut other = sessions().open("killer").await.unwrap();
    other.exec(&format!("KILL {}", session.id())).await.unwrap();
    let error = session.exec("DO SLEEP(5)").await.unwrap_err();
    assert!(error.lost && error.class() == Class::Lost, "{error:?}");
    assert!(session.exec("SELECT 1").await.unwrap_err().lost);
    session.close().await;
    other.close().await;
}

#[tokio::test]
async fn an_abandoned_statement_spoils_the_session() {
    let mut session = sessions().open("test").await.unwrap();
    let id = session.id();
    let given_up = tokio::time::timeout(
        Duration::from_millis(50),
        session.rows("SELECT SLEEP(30), 'wrong answer'"),
    )
    .await;
    assert!(given_up.is_err());
    assert!(session.one("SELECT 'right answer'").await.unwrap_err().lost);
    let mut other = sessions().open("killer").await.unwrap();
    other.exec(&format!("KILL {id}")).await.unwrap();
    session.close().await;
    other.close().await;
}

#[tokio::test]
async fn a_closed_session_has_given_up_its_locks() {
    let mut first = sessions().open("first").await.unwrap();
    assert_eq!(
        first
            .one("SELECT GET_LOCK('inspect_close', 0)")
            .await
            .unwrap()
            .unwrap()
            .u64(0),
        Some(1)
    );
    first.close().await;
    let mut second = sessions().open("second").await.unwrap();
    // The server frees the lock when it has read our farewell: at once, but not before we come again.
    assert_eq!(
        second
            .one("SELECT GET_LOCK('inspect_close', 5)")
            .await
            .unwrap()
            .unwrap()
            .u64(0),
        Some(1)
    );
    second.close().await;
}

// ── the table ──────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn columns_and_keys_are_as_the_server_has_them() {
    let mut sandbox = Sandbox::new("columns").await;
    let sql = "CREATE TABLE t (a INT NOT NULL, v INT AS (a + 1) VIRTUAL, id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, \
         s INT AS (a * 2) STORED NOT NULL, i VARCHAR(20) CHARACTER SET latin1 INVISIBLE, u CHAR(36) NOT NULL DEFAULT (UUID()), \
         d DATETIME(3) NOT NULL, e ENUM('x','unsigned') NOT NULL, n DECIMAL(12,3) NOT NULL DEFAULT 0, \
         KEY hidden ((a + n)), UNIQUE KEY f ((a * 3), s DESC), UNIQUE KEY p (i(5)) INVISIBLE) COMMENT 'it''s' AUTO_INCREMENT 77";
    let table = sandbox.exec(sql).await.table("t").await;
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a", "v", "id", "s", "i", "u", "d", "e", "n"]);
    assert!(
        table
            .columns
            .iter()
            .enumerate()
            .all(|(place, column)| column.ordinal == place)
    );
    let column = |name: &str| table.column(name).unwrap();
    assert_eq!(
        (column("v").generated, column("s").generated),
        (Some(Generated::Virtual), Some(Generated::Stored))
    );
    assert!(column("id").unsigned() && column("id").auto_increment && !column("a").unsigned());
    assert_eq!(
        (column("i").charset.as_deref(), column("i").octet_length),
        (Some("latin1"), Some(20))
    );
    assert!(!column("a").has_default && column("u").has_default && column("i").has_default);
    assert_eq!(
        (column("d").fsp, column("n").precision, column("n").scale),
        (3, Some(12), Some(3))
    );
    let keys: Vec<&str> = table.unique_keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(keys, ["PRIMARY", "f", "p"]);
    let f = &table.unique_keys[1].parts;
    assert_eq!(
        (f[0].column.as_deref(), f[0].expression.as_deref()),
        (None, Some("(`a` * 3)"))
    );
    assert!(f[1].descending);
    assert_eq!(
        (table.unique_keys[2].parts[0].prefix, table.unique_keys[2].visible),
        (Some(5), false)
    );
    assert_eq!((table.comment.as_str(), table.auto_increment), ("it's", Some(77)));
    sandbox.done().await;
}

#[tokio::test]
async fn an_invisible_primary_key_of_the_servers_own_is_a_column() {
    let mut sandbox = Sandbox::new("gipk").await;
    sandbox
        .exec("SET sql_generate_invisible_primary_key = ON")
        .await
        .exec("CREATE TABLE t (x INT)")
        .await;
    let table = sandbox.table("t").await;
    assert_eq!(table.columns[0].name, "my_row_id");
    assert_eq!(table.unique_keys[0].whole_columns(), Some(vec!["my_row_id"]));
    sandbox.done().await;
}

#[tokio::test]
async fn names_that_differ_in_case_and_odd_names_are_told_apart() {
    let mut sandbox = Sandbox::new("names").await;
    for sql in [
        "CREATE TABLE T (big INT)",
        "CREATE TABLE t (small INT)",
        "CREATE TABLE `o'dd ``%_.ä` (odd INT)",
    ] {
        sandbox.exec(sql).await;
    }
    for (table, column) in [("T", "big"), ("t", "small"), ("o'dd `%_.ä", "odd")] {
        assert_eq!(sandbox.table(table).await.columns[0].name, column);
    }
    sandbox.done().await;
}

#[tokio::test]
async fn a_missing_table_offers_near_names() {
    let mut sandbox = Sandbox::new("missing").await;
    sandbox.exec("CREATE TABLE orders (id INT PRIMARY KEY)").await;
    let failure = sandbox.source("ordes").await.unwrap_err();
    assert_eq!(failure.exit, Exit::Refused);
    has(
        &failure.to_string(),
        &["no table `inspect_missing`.`ordes`", "near names: orders"],
    );
    let failure = inspect::source(&mut sandbox.session, &TableName::new("inspect_mising", "t"))
        .await
        .unwrap_err();
    has(
        &failure.to_string(),
        &["no schema `inspect_mising`", "inspect_missing"],
    );
    sandbox.done().await;
}

#[tokio::test]
async fn temporary_tables_views_and_system_tables_are_no_tables_to_alter() {
    let mut sandbox = Sandbox::new("kinds").await;
    sandbox
        .exec("CREATE TEMPORARY TABLE tmp (id INT PRIMARY KEY)")
        .await
        .exec("CREATE VIEW v AS SELECT 1 AS one")
        .await;
    let failure = sandbox.source("tmp").await.unwrap_err();
    has(failure.hint.as_deref().unwrap(), &["TEMPORARY"]);
    has(
        &sandbox.source("v").await.unwrap_err().what,
        &["is a view, not a table"],
    );
    let failure = inspect::source(&mut sandbox.session, &TableName::new("mysql", "user"))
        .await
        .unwrap_err();
    has(&failure.what, &["server's own"]);
    sandbox.done().await;
}

#[tokio::test]
async fn engines_triggers_and_foreign_keys_are_refused_together() {
    let mut sandbox = Sandbox::new("together").await;
    sandbox
        .exec("CREATE TABLE t (id INT PRIMARY KEY) ENGINE=MyISAM")
        .await;
    sandbox
        .exec("CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW SET @x = 1")
        .await;
    has(
        &sandbox.refusal().await,
        &[
            "2 reasons",
            "engine MyISAM",
            "tr (AFTER INSERT)",
            "hint: Add --include-triggers",
        ],
    );
    sandbox.done().await;
}

#[tokio::test]
async fn foreign_keys_are_seen_from_both_sides_and_other_schemas() {
    let mut sandbox = Sandbox::new("fk").await;
    sandbox.exec("CREATE TABLE t (id INT PRIMARY KEY)").await;
    for sql in [
        "DROP DATABASE IF EXISTS inspect_fk_other",
        "CREATE DATABASE inspect_fk_other",
    ] {
        sandbox.exec(sql).await;
    }
    let child = "CREATE TABLE inspect_fk_other.child (id INT PRIMARY KEY, CONSTRAINT up FOREIGN KEY (id) REFERENCES inspect_fk.t (id) ON DELETE CASCADE)";
    sandbox.exec(child).await;
    has(
        &sandbox.refusal().await,
        &[
            "foreign keys",
            "`up`: `inspect_fk_other`.`child` refers to `inspect_fk`.`t`",
        ],
    );
    let name = TableName::new("inspect_fk_other", "child");
    let source = inspect::source(&mut sandbox.session, &name).await.unwrap();
    assert_eq!(
        (source.foreign_keys.seen.len(), source.foreign_keys.complete),
        (1, true)
    );
    assert!(source.foreign_keys.seen[0].cascades);
    sandbox.exec("DROP DATABASE inspect_fk_other").await;
    sandbox.done().await;
}

#[tokio::test]
async fn partitions_and_a_tablespace_of_its_own_are_fine() {
    let mut sandbox = Sandbox::new("fine").await;
    sandbox
        .exec("CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3")
        .await;
    let name = sandbox.name("t");
    let request = Request {
        table: &name,
        helpers: HELPERS,
        mode: Mode::Primary,
        read_here: true,
        carry: &Carry::default(),
    };
    let inspected = inspect::inspect(&mut sandbox.session, &request).await.unwrap();
    assert_eq!(inspected.source.table.name, name);
    sandbox.done().await;
}

// ── grants ─────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn missing_privileges_are_listed_as_the_statement_to_run() {
    let mut sandbox = Sandbox::new("grants").await;
    sandbox.exec("CREATE TABLE t (id INT PRIMARY KEY)").await;
    sandbox
        .exec("DROP USER IF EXISTS inspect_few@'%'")
        .await
        .exec("CREATE USER inspect_few@'%' IDENTIFIED BY 'pw'")
        .await;
    sandbox.exec("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, TRIGGER ON `inspect\\_grants`.* TO inspect_few@'%'").await;
    let port = variable("GHOST_RS_TEST_PORT", "13306");
    let mut few = sessions_of("inspect_few", "pw", &port).open("few").await.unwrap();
    let name = sandbox.name("t");
    let request = Request {
        table: &name,
        helpers: HELPERS,
        mode: Mode::Primary,
        read_here: true,
        carry: &Carry::default(),
    };
    let failure = inspect::inspect(&mut few, &request).await.unwrap_err();
    let statements = failure.hint.clone().unwrap();
    has(
        &failure.to_string(),
        &[
            "inspect_few@%",
            "missing, schema: CREATE TEMPORARY TABLES, DROP, LOCK TABLES",
        ],
    );
    assert_eq!(
        statements,
        "GRANT CREATE TEMPORARY TABLES, DROP, LOCK TABLES ON `inspect\\_grants`.* TO `inspect_few`@`%`; \
         GRANT REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO `inspect_few`@`%`;"
    );
    // The statements are what it takes.
    for statement in statements
        .split(';')
        .filter(|statement| !statement.trim().is_empty())
    {
        sandbox.exec(statement).await;
    }
    few.close().await;
    let mut few = sessions_of("inspect_few", "pw", &port).open("few").await.unwrap();
    let inspected = inspect::inspect(&mut few, &request).await.unwrap();
    has(
        &inspected.notes.join("\n"),
        &["without PROCESS", "performance_schema", "XA_RECOVER_ADMIN"],
    );
    assert_eq!(inspect::holders(&mut few, &name, &[], 0).await.unwrap(), None);
    few.close().await;
    sandbox.exec("DROP USER inspect_few@'%'").await;
    sandbox.done().await;
}

#[tokio::test]
async fn what_a_default_role_gives_counts() {
    let mut sandbox = Sandbox::new("roles").await;
    for sql in [
        "DROP USER IF EXISTS inspect_roles@'%'",
        "DROP ROLE IF EXISTS inspect_role",
        "CREATE ROLE inspect_role",
        "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO inspect_role",
        "GRANT ALL ON `inspect\\_roles`.* TO inspect_role",
        "CREATE USER inspect_roles@'%' IDENTIFIED BY 'pw'",
        "GRANT inspect_role TO inspect_roles@'%'",
        "SET DEFAULT ROLE inspect_role TO inspect_roles@'%'",
    ] {
        sandbox.exec(sql).await;
    }
    let mut user = sessions_of("inspect_roles", "pw", &variable("GHOST_RS_TEST_PORT", "13306"))
        .open("u")
        .await
        .unwrap();
    let grants = Grants::parse(&catalog::grants(&mut user).await.unwrap(), false);
    assert!(
        grants.missing("inspect_roles", &["t"], true).is_empty(),
        "{grants:?}"
    );
    user.close().await;
    sandbox
        .exec("DROP USER inspect_roles@'%'")
        .await
        .exec("DROP ROLE inspect_role")
        .await;
    sandbox.done().await;
}

// ── metadata locks ─────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn who_holds_the_table_is_named_even_with_4_byte_statements_about() {
    let mut sandbox = Sandbox::new("holders").await;
    sandbox
        .exec("CREATE TABLE t (id INT PRIMARY KEY, e VARCHAR(9))")
        .await;
    let name = sandbox.name("t");
    let mut holder = sessions().open("holder").await.unwrap();
    holder.exec("BEGIN").await.unwrap();
    holder.rows(&format!("SELECT '😀' FROM {name}")).await.unwrap();
    let found = inspect::holders(&mut sandbox.session, &name, &[], 0)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        found.iter().map(|found| found.id).collect::<Vec<_>>(),
        [u64::from(holder.id())]
    );
    assert_eq!(found[0].command, "Sleep");
    assert!(
        inspect::holders(&mut sandbox.session, &name, &[holder.id()], 0)
            .await
            .unwrap()
            .unwrap()
            .is_empty()
    );
    assert!(
        inspect::holders(&mut sandbox.session, &name, &[], 3600)
            .await
            .unwrap()
            .unwrap()
            .is_empty()
    );
    holder.close().await;
    sandbox.done().await;
}

// ── preparing and cleaning up ──────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn one_run_a_table() {
    let table = TableName::new("inspect_guard", "t");
    let first = prepare::guard(&sessions(), &table).await.unwrap();
    let mut killer = sessions().open("killer").await.unwrap();
    assert_eq!(first.witness().check(&mut killer).await.unwrap(), None);
    let failure = prepare::guard(&sessions(), &table).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Refused);
    has(
        &failure.to_string(),
        &["Another run", &format!("connection {}", first.id())],
    );
    prepare::guard(&sessions(), &table.sibling("other"))
        .await
        .unwrap()
        .release()
        .await;
    killer.exec(&format!("KILL {}", first.id())).await.unwrap();
    while first.witness().check(&mut killer).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    killer.close().await;
}

#[tokio::test]
async fn a_ghost_is_made_marked_and_dropped() {
    let mut sandbox = Sandbox::new("ghost").await;
    sandbox.exec("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT) COMMENT 'the user''s' AUTO_INCREMENT 50").await;
    let ghost = sandbox
        .ghost("ADD COLUMN note TEXT, ADD UNIQUE KEY ua (a)")
        .await
        .unwrap();
    let (mark, name) = (sandbox.mark(Kind::Ghost), sandbox.name("_t_gho"));
    assert_eq!(
        (ghost.table.comment.as_str(), ghost.final_comment.as_str()),
        (mark.as_str(), "the user's")
    );
    assert_eq!((ghost.table.columns.len(), ghost.table.unique_keys.len()), (3, 2));
    assert!(!ghost.sets_auto_increment && ghost.notes.is_empty());
    assert_eq!(sandbox.table("_t_gho").await.comment, mark);
    let another = mark.replace(RUN, "another");
    let failure = cleanup::drop_ours(&mut sandbox.session, &name, &another)
        .await
        .unwrap_err();
    has(
        &failure.to_string(),
        &["is left alone", "run another", "run 0123"],
    );
    assert_eq!(
        cleanup::drop_ours(&mut sandbox.session, &name, &mark).await,
        Ok(Dropped::Now)
    );
    assert_eq!(
        cleanup::drop_ours(&mut sandbox.session, &name, &mark).await,
        Ok(Dropped::WasGone)
    );
    sandbox.done().await;
}

#[tokio::test]
async fn comment_and_counter_of_the_alter_are_kept_for_later() {
    let mut sandbox = Sandbox::new("options").await;
    sandbox
        .exec("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT) COMMENT 'before'")
        .await;
    let ghost = sandbox
        .ghost("COMMENT='after', AUTO_INCREMENT=1000")
        .await
        .unwrap();
    assert_eq!(
        (ghost.final_comment.as_str(), ghost.sets_auto_increment),
        ("after", true)
    );
    assert_eq!(sandbox.table("_t_gho").await.comment, sandbox.mark(Kind::Ghost));
    sandbox.done().await;
}

#[tokio::test]
async fn comments_keep_quotes_and_backslashes_in_every_sql_mode() {
    let mut sandbox = Sandbox::new("comments").await;
    sandbox
        .exec("CREATE TABLE t (id INT PRIMARY KEY, d DATE NOT NULL DEFAULT '2000-01-01')")
        .await;
    let (name, text) = (sandbox.name("t"), "it's C:\\new \"é # \\");
    for mode in ["", "NO_BACKSLASH_ESCAPES,ANSI_QUOTES", "STRICT_ALL_TABLES"] {
        sandbox.exec(&format!("SET sql_mode = '{mode}'")).await;
        let text = text.replace('#', mode);
        prepare::set_comment(&mut sandbox.session, &name, &text)
            .await
            .unwrap();
        assert_eq!(sandbox.table("t").await.comment, text);
        let now = sandbox
            .session
            .one("SELECT @@sql_mode")
            .await
            .unwrap()
            .unwrap()
            .text(0)
            .unwrap();
        assert_eq!(now.len(), mode.len(), "the mode is as it was: {now}");
    }
    sandbox.done().await;
}

#[tokio::test]
async fn an_alter_that_the_server_refuses_leaves_nothing() {
    let mut sandbox = Sandbox::new("refused").await;
    sandbox.exec("CREATE TABLE t (id INT PRIMARY KEY)").await;
    for (clauses, words) in [
        ("ADD COLUMN id INT", ["error 1060", "Duplicate column name 'id'"]),
        ("FROBNICATE", ["error 1064", "syntax"]),
        (
            "ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES t (id)",
            ["foreign key", "does not add"],
        ),
        ("ENGINE=MyISAM", ["engine MyISAM", "InnoDB only"]),
        ("COMMENT='x', ENGINE=MyISAM", ["engine MyISAM", "InnoDB only"]),
    ] {
        let failure = sandbox.ghost(clauses).await.unwrap_err();
        assert_eq!(failure.exit, Exit::Refused, "{failure}");
        has(&failure.to_string(), &words);
        assert!(!sandbox.exists("_t_gho").await, "{clauses}");
    }
    let failure = sandbox.ghost("RENAME TO elsewhere").await.unwrap_err();
    has(
        &failure.to_string(),
        &["does it rename the table", &sandbox.mark(Kind::Ghost)],
    );
    sandbox.done().await;
}

#[tokio::test]
async fn check_constraints_change_their_names() {
    let mut sandbox = Sandbox::new("checks").await;
    sandbox
        .exec("CREATE TABLE t (id INT PRIMARY KEY, a INT, CONSTRAINT positive CHECK (a > 0), CHECK (a < 99))")
        .await;
    let failure = sandbox.ghost("DROP CHECK positive").await.unwrap_err();
    has(
        failure.hint.as_deref().unwrap(),
        &["write that name", "`_t_gho_chk_1`"],
    );
    let ghost = sandbox.ghost("ADD COLUMN b INT").await.unwrap();
    has(
        &ghost.notes.join("\n"),
        &["CHECK constraint `positive` will be called `t_chk_"],
    );
    sandbox.exec("RENAME TABLE t TO _t_del, _t_gho TO t").await;
    let name = sandbox.name("t");
    let checks = catalog::check_constraints(&mut sandbox.session, &name)
        .await
        .unwrap();
    assert_eq!(
        checks.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["t_chk_1", "t_chk_2"]
    );
    sandbox.done().await;
}

#[tokio::test]
async fn check_names_that_would_be_too_long_are_refused() {
    let mut sandbox = Sandbox::new("longcheck").await;
    let long = "l".repeat(57);
    sandbox
        .exec(&format!(
            "CREATE TABLE {long} (id INT PRIMARY KEY, a INT CHECK (a > 0))"
        ))
        .await;
    let source = sandbox.table(&long).await;
    let helpers = helpers(&source.name);
    let mark = sandbox.mark(Kind::Ghost);
    let request = GhostRequest {
        source: &source,
        ghost: &helpers.ghost,
        clauses: "ADD b INT",
        mark: &mark,
    };
    let failure = prepare::create_ghost(&mut sandbox.session, &request)
        .await
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Refused);
    has(
        &failure.hint.unwrap(),
        &["longer than 64 characters", &format!("_{long}_gho_chk_1")],
    );
    assert!(!sandbox.exists(&helpers.ghost.table).await);
    sandbox.done().await;
}

#[tokio::test]
async fn leftovers_go_only_when_ours_and_allowed() {
    let mut sandbox = Sandbox::new("leftovers").await;
    let (helpers, mark) = (sandbox.helpers(), sandbox.mark(Kind::Changelog));
    prepare::create_changelog(&mut sandbox.session, &helpers.changelog, &mark)
        .await
        .unwrap();
    sandbox
        .exec("CREATE TABLE _t_gho (id INT PRIMARY KEY) COMMENT 'mine!'")
        .await;
    let found = cleanup::leftovers(&mut sandbox.session, &helpers, is_ours)
        .await
        .unwrap();
    let kinds: Vec<_> = found.iter().map(|left| (left.role, left.ours)).collect();
    assert_eq!(kinds, [(Role::Ghost, false), (Role::Changelog, true)]);
    let everything = Allowed {
        ghost: true,
        old: true,
        dry_run: false,
    };
    let failure = cleanup::judge(found, everything).unwrap_err();
    has(
        &failure.to_string(),
        &["`inspect_leftovers`.`_t_gho`", "not made by ghost-rs", "'mine!'"],
    );
    sandbox.exec("DROP TABLE _t_gho").await;
    let found = cleanup::leftovers(&mut sandbox.session, &helpers, is_ours)
        .await
        .unwrap();
    let failure = cleanup::judge(found.clone(), Allowed::default()).unwrap_err();
    has(&failure.hint.unwrap(), &["--initially-drop-ghost-table"]);
    let droppable = cleanup::judge(found, everything).unwrap();
    // Somebody puts another table there between the judgement and the drop.
    sandbox
        .exec("RENAME TABLE _t_ghc TO away")
        .await
        .exec("CREATE TABLE _t_ghc (id INT PRIMARY KEY)")
        .await;
    assert!(
        cleanup::drop_leftover(&mut sandbox.session, &droppable[0])
            .await
            .is_err()
    );
    sandbox
        .exec("DROP TABLE _t_ghc")
        .await
        .exec("RENAME TABLE away TO _t_ghc")
        .await;
    assert_eq!(
        cleanup::drop_leftover(&mut sandbox.session, &droppable[0]).await,
        Ok(Dropped::Now)
    );
    assert_eq!(cleanup::left(&mut sandbox.session, &helpers).await.unwrap(), []);
    sandbox.done().await;
}

#[tokio::test]
async fn a_dry_runs_ghost_is_gone_afterwards() {
    let mut sandbox = Sandbox::new("dry").await;
    sandbox.exec("CREATE TABLE t (id INT PRIMARY KEY)").await;
    let (source, helpers, mark) = (
        sandbox.table("t").await,
        sandbox.helpers(),
        sandbox.mark(Kind::Ghost),
    );
    let request = GhostRequest {
        source: &source,
        ghost: &helpers.ghost,
        clauses: "ADD a INT",
        mark: &mark,
    };
    let made = prepare::try_ghost(&mut sandbox.session, &request).await.unwrap();
    assert_eq!(made.table.columns.len(), 2);
    assert!(!sandbox.exists("_t_gho").await);
    sandbox.done().await;
}
