//! Flags, option file and environment against what becomes of them.

mod bad_values;
mod groups;

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Parser;

use super::*;
use crate::cli::args::{Cli, Command};
use crate::config::{Tls, TlsMode};

/// A machine made of two maps; the password typed is always the same.
#[derive(Default)]
struct Fake {
    env: HashMap<&'static str, &'static str>,
    files: HashMap<PathBuf, &'static str>,
    terminal: bool,
}

impl Fake {
    fn with_file(path: &str, text: &'static str) -> Self {
        Self {
            files: HashMap::from([(path.into(), text)]),
            ..Self::default()
        }
    }
}

impl Surroundings for Fake {
    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).map(|value| value.to_string())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files
            .get(path)
            .map(|text| text.as_bytes().to_vec())
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.starts_with("/folder")
    }

    fn ask(&self, _: &str) -> io::Result<String> {
        if self.terminal {
            Ok("typed".into())
        } else {
            Err(io::ErrorKind::NotConnected.into())
        }
    }
}

const TABLE: [&str; 6] = [
    "--database",
    "shop",
    "--table",
    "orders",
    "--alter",
    "ADD COLUMN note TEXT",
];

fn check(flags: &[&str], world: &Fake) -> Result<Config, Vec<Failure>> {
    let argv = ["ghost-rs", "alter"].iter().chain(flags);
    let Command::Alter(args) = Cli::try_parse_from(argv).expect("flags that parse").command else {
        panic!("another subcommand");
    };
    config(*args, world)
}

/// With a table and an account.
fn good(flags: &[&str], world: &Fake) -> Config {
    let all: Vec<&str> = TABLE.iter().chain(flags).copied().collect();
    check(&all, world).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The problems, one line each, of flags that come with a table.
fn problems(flags: &[&str], world: &Fake) -> Vec<String> {
    let all: Vec<&str> = TABLE.iter().chain(flags).copied().collect();
    said(&all, world)
}

fn said(flags: &[&str], world: &Fake) -> Vec<String> {
    let found = check(flags, world).expect_err("problems");
    assert!(
        found.iter().all(|problem| problem.hint.is_some()),
        "a problem without a hint: {found:?}"
    );
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn defaults() {
    let config = good(&["--user", "u"], &Fake::default());
    assert_eq!(config.connection.server(), "127.0.0.1:3306");
    assert_eq!(config.connection.connect_timeout, Duration::from_secs(10));
    assert_eq!(config.connection.tls.mode, TlsMode::Off);
    assert_eq!((config.workers_max, config.chunk_rows), (None, None));
    assert_eq!((config.flush_batch_keys, config.replica_server_id), (1000, 99999));
    assert_eq!(config.dirty_bytes_max, 256 << 20);
    assert_eq!(config.heartbeat, Duration::from_millis(100));
    assert_eq!(config.cut_over_lock_timeout, Duration::from_secs(3));
    assert_eq!(config.cut_over_retries, 60);
    assert!(!config.execute);
}

#[test]
fn everything_that_is_wrong_is_said_at_once_in_the_order_of_help() {
    let flags = [
        "--ask-pass",
        "--password",
        "hunter2",
        "--port",
        "0",
        "--ssl-ca",
        "/ca.pem",
        "--mysql-timeout",
        "-1",
        "--alter",
        "",
        "--approve-renamed-columns",
        "--skip-renamed-columns",
        "--workers",
        "65",
        "--heartbeat-interval-millis",
        "1",
        "--cut-over-lock-timeout-seconds",
        "11",
    ];
    let begins = [
        "both --ask-pass and --password",
        "the port is 0",
        "no account",
        "--ssl-ca is given, but not --ssl",
        "--mysql-timeout is -1",
        "the ALTER text is empty",
        "--approve-renamed-columns and --skip",
        "--workers is 65",
        "--heartbeat-interval-millis is 1",
        "--cut-over-lock-timeout-seconds is 11",
    ];
    let said = said(&flags, &Fake::default());
    assert_eq!(said.len(), begins.len(), "{said:#?}");
    for (line, begin) in said.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line} does not begin with {begin}");
    }
    assert!(!format!("{said:?}").contains("hunter2"));
}

#[test]
fn the_table_comes_from_flags_or_from_the_alter_and_they_may_not_differ() {
    let world = Fake::default();
    let whole = [
        "--user",
        "u",
        "--alter",
        "ALTER TABLE `shop`.`or``ders` ADD COLUMN note TEXT",
    ];
    let config = check(&whole, &world).expect("a config");
    assert_eq!(
        (config.schema.as_str(), config.table.as_str()),
        ("shop", "or`ders")
    );

    let said_other = said(&[&whole[..], &["--table", "items"]].concat(), &world);
    assert_eq!(
        said_other,
        ["--table and --alter name different tables; --table is 'items', --alter says 'or`ders'"]
    );

    let half = said(
        &["--user", "u", "--alter", "ALTER TABLE orders ENGINE=InnoDB"],
        &world,
    );
    assert_eq!(half, ["no database is given"]);

    let none = said(&["--user", "u"], &world);
    assert_eq!(
        none,
        [
            "nothing to change: --alter is missing",
            "no database is given",
            "no table is given"
        ]
    );
}

#[test]
fn an_alter_is_read_in_whichever_sql_mode_fits() {
    let ansi = [
        "--user",
        "u",
        "--alter",
        r#"ALTER TABLE "shop"."orders" ADD COLUMN note TEXT"#,
    ];
    let config = check(&ansi, &Fake::default()).expect("a config");
    assert_eq!(
        (config.schema.as_str(), config.table.as_str()),
        ("shop", "orders")
    );
    let backslash = r"ADD COLUMN path TEXT COMMENT 'C:\'";
    let config = good(&["--user", "u"], &Fake::default());
    assert_eq!(config.alter, TABLE[5]);
    let flags = [
        "--user",
        "u",
        "--database",
        "d",
        "--table",
        "t",
        "--alter",
        backslash,
    ];
    assert_eq!(
        check(&flags, &Fake::default()).expect("a config").alter,
        backslash
    );
}

#[test]
fn names_longer_than_the_server_allows() {
    let long = "é".repeat(65);
    let flags = [
        "--user",
        "u",
        "--database",
        &long,
        "--table",
        "",
        "--alter",
        "ENGINE=InnoDB",
    ];
    let said = said(&flags, &Fake::default());
    assert!(
        said[0].starts_with("--database is a name of 65 characters"),
        "{said:?}"
    );
    assert_eq!(said[1], "--table is an empty name");
}

#[test]
fn the_password_is_looked_for_in_this_order() {
    let file = "[client]\nuser=f\npassword=file";
    let mut world = Fake {
        terminal: true,
        ..Fake::with_file("/my.cnf", file)
    };
    let password = |flags: &[&str], world: &Fake| {
        let all = [&["--conf", "/my.cnf"], flags].concat();
        good(&all, world).connection.password.expose().to_string()
    };
    assert_eq!(password(&[], &world), "file");
    world.env.insert("MYSQL_PWD", "mysql");
    assert_eq!(password(&[], &world), "mysql");
    world.env.insert("GHOST_RS_PASSWORD", "ghost");
    assert_eq!(password(&[], &world), "ghost");
    assert_eq!(password(&["--password", "-given"], &world), "-given");
    assert_eq!(password(&["--password="], &world), "");
    assert_eq!(password(&["--ask-pass"], &world), "typed");
}

#[test]
fn nobody_is_asked_for_a_password_while_something_else_is_wrong() {
    let no_terminal = Fake::default();
    assert_eq!(
        problems(&["--user", "u", "--ask-pass", "--workers", "0"], &no_terminal),
        ["--workers is 0"]
    );
    let said = problems(&["--user", "u", "--ask-pass"], &no_terminal);
    assert!(said[0].starts_with("cannot ask for the password"), "{said:?}");
}

#[test]
fn flags_come_before_the_file_and_switch_its_rivals_off() {
    let file = "[client]\nuser=f\nhost=db1\nport=3307\nsocket=/run/mysqld.sock\n";
    let world = Fake::with_file("/my.cnf", file);
    let server = |flags: &[&str]| {
        let all = [&["--conf", "/my.cnf"], flags].concat();
        good(&all, &world).connection
    };
    assert_eq!(server(&[]).server(), "/run/mysqld.sock");
    assert_eq!(server(&["--host", "db2"]).server(), "db2:3307");
    assert_eq!(server(&["--port", "3308"]).server(), "db1:3308");
    assert_eq!(server(&["--ssl"]).server(), "db1:3307");
    assert_eq!(server(&["--socket", "/tmp/s"]).server(), "/tmp/s");
    assert_eq!(server(&["--user", "u"]).user, "u");
    let both = problems(&["--user", "u", "--socket", "/tmp/s", "--host", "db2"], &world);
    assert_eq!(both, ["--socket is given together with --host, --port or --ssl"]);
}

#[test]
fn tls_from_flags_and_file() {
    let mut world = Fake::with_file("/ca.pem", "");
    world
        .files
        .insert("/my.cnf".into(), "[client]\nuser=f\nssl_ca=/ca.pem\n");
    world.files.insert(
        "/off.cnf".into(),
        "[client]\nuser=f\nssl-ca=/ca.pem\nssl-mode=disabled\n",
    );
    let tls = |flags: &[&str]| good(flags, &world).connection.tls;
    assert_eq!(tls(&["--conf", "/my.cnf"]).mode, TlsMode::Required);
    assert_eq!(tls(&["--conf", "/my.cnf"]).ca, Some("/ca.pem".into()));
    assert_eq!(tls(&["--conf", "/off.cnf"]), Tls::default());
    assert_eq!(tls(&["--conf", "/off.cnf", "--ssl"]).ca, Some("/ca.pem".into()));
    assert!(tls(&["--user", "u", "--ssl", "--ssl-allow-insecure"]).allow_insecure);

    let said = problems(&["--user", "u", "--ssl", "--ssl-cert", "/nowhere.pem"], &world);
    assert!(
        said[0].starts_with("--ssl-cert and --ssl-key belong together"),
        "{said:?}"
    );
    assert!(
        said[1].starts_with("--ssl-cert: cannot read /nowhere.pem"),
        "{said:?}"
    );
}

#[test]
fn a_file_that_is_not_there() {
    let said = problems(&["--conf", "/my.cnf", "--workers", "0"], &Fake::default());
    assert!(said[0].starts_with("--conf: cannot read /my.cnf"), "{said:?}");
    assert_eq!(said[1..], ["no account is given", "--workers is 0"]);
}

#[test]
fn the_help_says_the_bounds_that_hold() {
    let found_while_running = [("workers", config::WORKERS), ("chunk-size", config::CHUNK_ROWS)];
    let with_default = [
        ("chunk-target-millis", config::CHUNK_TARGET_MILLIS),
        ("dml-batch-size", config::FLUSH_BATCH_KEYS),
        ("flush-lanes", config::FLUSH_LANES),
        ("heartbeat-interval-millis", config::HEARTBEAT_MILLIS),
        ("dirty-keys-max", config::DIRTY_KEYS),
        ("dirty-megabytes-max", config::DIRTY_MEGABYTES),
        ("replica-server-id", config::SERVER_ID),
        (
            "cut-over-lock-timeout-seconds",
            config::CUT_OVER_LOCK_TIMEOUT_SECONDS,
        ),
        ("cut-over-window-millis", config::CUT_OVER_WINDOW_MILLIS),
        ("default-retries", config::RETRIES),
        ("max-lag-millis", config::MAX_LAG_MILLIS),
        (
            "critical-load-interval-millis",
            config::CRITICAL_LOAD_INTERVAL_MILLIS,
        ),
        (
            "critical-load-hibernate-seconds",
            config::CRITICAL_LOAD_HIBERNATE_SECONDS,
        ),
        ("throttle-http-interval-millis", config::HTTP_INTERVAL_MILLIS),
        ("throttle-http-timeout-millis", config::HTTP_TIMEOUT_MILLIS),
        ("exponential-backoff-max-interval", config::BACKOFF_SECONDS),
        ("hooks-status-interval", config::HOOKS_STATUS_SECONDS),
        ("hooks-timeout-seconds", config::HOOK_SECONDS),
        ("runtime-metrics-interval", config::METRICS_SECONDS),
    ];
    let alter = crate::cli::alter_command();
    let help = |flag: &str| {
        let arg = alter.get_arguments().find(|arg| arg.get_long() == Some(flag));
        arg.and_then(clap::Arg::get_help)
            .unwrap_or_else(|| panic!("no flag --{flag}"))
            .to_string()
    };
    for (flag, bounds) in found_while_running {
        let wanted = format!("[{} to {}; default: ", bounds.min, bounds.max);
        assert!(help(flag).contains(&wanted), "--{flag}: {wanted}");
    }
    for (flag, bounds) in with_default {
        let wanted = format!("[{} to {}; default: {}]", bounds.min, bounds.max, bounds.default);
        assert!(help(flag).contains(&wanted), "--{flag}: {wanted}");
    }
}
