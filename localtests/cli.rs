//! The program as a user types it: flags, option file, environment; exit codes, messages, and no password anywhere.
//!
//! No server is needed: where one is named, it is a port that nobody listens on.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Nobody may ever read it.
const PASSWORD: &str = "hunter2-s3cret";

/// How a run ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// Lines of standard error that begin so, without their beginning.
    fn lines(&self, begin: &str) -> Vec<&str> {
        self.err
            .lines()
            .filter_map(|line| line.strip_prefix(begin))
            .collect()
    }
}

/// A run without an environment of its own but what is given here.
fn run_with(env: &[(&str, &str)], args: &[&str]) -> Ended {
    run_program(Path::new(env!("CARGO_BIN_EXE_ghost-rs")), env, args)
}

/// The program through a link named `gh-ost`.
fn gh_ost(args: &[&str]) -> Ended {
    let dir = tempfile::tempdir().expect("a folder");
    let link = dir.path().join("gh-ost");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ghost-rs"), &link).expect("a link");
    run_program(&link, &[], args)
}

fn run_program(program: &Path, env: &[(&str, &str)], args: &[&str]) -> Ended {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(program)
        .args(args)
        .env_clear()
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ended {
        code: status.code(),
        out: text(stdout),
        err: text(stderr),
    }
}

fn run(args: &[&str]) -> Ended {
    run_with(&[], args)
}

/// A port that was free a moment ago.
fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port().to_string()
}

/// An option file that is gone when its folder is.
fn option_file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("my.cnf");
    std::fs::File::create(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .expect("written");
    (dir, path)
}

const TABLE: [&str; 7] = [
    "alter",
    "--database",
    "shop",
    "--table",
    "orders",
    "--alter",
    "ADD COLUMN note TEXT",
];

#[test]
fn help_and_version_are_no_errors() {
    let help = run(&["alter", "--help"]);
    assert_eq!(help.code, Some(0));
    for words in [
        "Usage: ghost-rs alter",
        "Connection:",
        "Swap:",
        "--ok-to-drop-table",
        "Examples:",
        "docs/errors.md",
    ] {
        assert!(help.out.contains(words), "no '{words}' in: {}", help.out);
    }
    let version = run(&["--version"]);
    assert_eq!(
        (version.code, version.out),
        (Some(0), format!("ghost-rs {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn a_mistyped_flag_is_answered_with_the_right_one() {
    let ended = run(&["alter", "--chunksize", "10"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .err
            .starts_with("error: unexpected argument '--chunksize' found"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("'--chunk-size'"), "{}", ended.err);
    assert_eq!(run(&[]).code, Some(2));
    assert_eq!(run(&["altr"]).code, Some(2));
}

#[test]
fn every_problem_is_reported_with_a_hint() {
    let ended = run(&[
        "alter",
        "--workers",
        "0",
        "--cut-over-lock-timeout-seconds",
        "60",
        "--ssl-allow-insecure",
    ]);
    assert_eq!(ended.code, Some(2));
    let wanted = [
        "no account is given",
        "--ssl-allow-insecure is given, but not --ssl",
        "nothing to change: --alter is missing",
        "no database is given",
        "no table is given",
        "--workers is 0",
        "--cut-over-lock-timeout-seconds is 60",
    ];
    assert_eq!(ended.lines("error: "), wanted);
    assert_eq!(ended.lines("hint: ").len(), wanted.len());
    assert_eq!(ended.out, "");
}

#[test]
fn problems_as_json_are_one_object_a_line() {
    let wrong_values = run(&["alter", "--workers", "0", "--user", "u", "--log-format", "json"]);
    let wrong_flags = run(&["alter", "--wrkers", "0", "--log-format=json"]);
    for (ended, count) in [(wrong_values, 4), (wrong_flags, 1)] {
        assert_eq!(ended.code, Some(2));
        let objects: Vec<serde_json::Value> = ended
            .err
            .lines()
            .map(|line| serde_json::from_str(line).expect("an object"))
            .collect();
        assert_eq!(objects.len(), count, "{}", ended.err);
        for object in objects {
            assert_eq!(object["exit"], 2);
            assert!(
                object["error"].is_string() && object["state"].is_array(),
                "{object}"
            );
        }
    }
}

#[test]
fn the_option_file_is_read_as_mysql_reads_it() {
    let (_dir, path) =
        option_file("[mysqld]\nskip-name-resolve\n[client]\nuser = me # who\nport=no number\n");
    let path = path.to_str().expect("UTF-8");
    let ended = run(&[&TABLE[..], &["--conf", path]].concat());
    assert_eq!(
        (ended.code, ended.lines("error: ")),
        (Some(2), vec!["the port is no number"])
    );
}

#[test]
fn an_option_file_that_cannot_be_used() {
    let text = format!("!includedir /etc/mysql/conf.d\n[client]\n={PASSWORD}\npassword=${{NOT_SET}}\n");
    let (_dir, path) = option_file(&text);
    let path = path.to_str().expect("UTF-8");
    let ended = run(&[&TABLE[..], &["--user", "u", "--conf", path]].concat());
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.lines("error: line ").len(), 3, "{}", ended.err);
    assert_eq!(ended.lines("detail: "), [path; 3]);
    assert!(!ended.err.contains(PASSWORD), "{}", ended.err);

    let missing = run(&[&TABLE[..], &["--user", "u", "--conf", "/no/such/my.cnf"]].concat());
    assert_eq!(missing.lines("error: "), ["--conf: cannot read /no/such/my.cnf"]);
}

#[test]
fn a_password_on_the_command_line_is_warned_of_once() {
    let port = free_port();
    let flags = |more: &[&str]| -> Ended {
        run(&[
            &TABLE[..],
            &["--user", "u", "--port", &port, "--password", PASSWORD],
            more,
        ]
        .concat())
    };
    let warned = flags(&[]);
    assert_eq!(
        warned.err.matches("the password on the command line").count(),
        1,
        "{}",
        warned.err
    );
    assert!(
        !flags(&["--quiet"])
            .err
            .contains("the password on the command line")
    );
    let json = flags(&["--log-format", "json"]).err;
    let first: serde_json::Value =
        serde_json::from_str(json.lines().next().expect("a line")).expect("an object");
    assert_eq!(first["level"], "WARN");
}

/// Every way of giving a password, right or wrong, with every way of ending: it is in no output.
#[test]
fn no_output_holds_the_password() {
    let port = free_port();
    let (_dir, path) = option_file(&format!(
        "[client]\nuser=me\npassword=\"{PASSWORD}\"\nssl_mode=x\n"
    ));
    let conf = path.to_str().expect("UTF-8");
    let glued = format!("--password={PASSWORD}");
    let mistyped = format!("--pasword={PASSWORD}");
    let short = format!("-p{PASSWORD}");
    let asked = format!("--ask-pass={PASSWORD}");
    let hyphen = format!("-{PASSWORD}");
    let go_glued = format!("-password={PASSWORD}");
    let master = format!("--master-password={PASSWORD}");
    let ways: [&[&str]; 16] = [
        &["--password", PASSWORD],
        &["--password", &hyphen],
        &[&glued],
        &[&glued, "--ask-pass"],
        &[&go_glued],
        &["-password", &hyphen],
        &[&master],
        &["-master-password", PASSWORD, PASSWORD],
        &[&mistyped],
        &["--pasword", PASSWORD],
        &[&short],
        &["-p", PASSWORD],
        &[&asked],
        &["--ask-pass", PASSWORD],
        &["--conf", conf],
        &["--password", PASSWORD, PASSWORD],
    ];
    let ends: [&[&str]; 4] = [
        &["--user", "u", "--port", &port, "--debug"],
        &[
            "--user",
            "u",
            "--port",
            &port,
            "--ssl",
            "--debug",
            "--log-format",
            "json",
        ],
        &["--user", "u", "--workers", "0", "--port", "0"],
        &["--nonsense"],
    ];
    for way in ways {
        for end in ends {
            let args = [&TABLE[..], end, way].concat();
            let ended = run_with(&[("GHOST_RS_PASSWORD", PASSWORD), ("MYSQL_PWD", PASSWORD)], &args);
            assert_ne!(ended.code, Some(0), "{args:?}");
            assert!(!ended.err.is_empty(), "{args:?}");
            for text in [&ended.out, &ended.err] {
                assert!(!text.contains(PASSWORD), "{args:?} says: {text}");
            }
        }
    }
}

const GO_TABLE: [&str; 3] = ["-database=shop", "-table", "orders"];

#[test]
fn a_link_named_gh_ost_takes_gh_osts_command_line() {
    let port = free_port();
    let ended = gh_ost(
        &[
            &GO_TABLE[..],
            &[
                "-user",
                "u",
                "-port",
                &port,
                "-alter=ADD COLUMN note TEXT",
                "--execute=true",
            ],
            &[
                "-max-lag-millis=1500",
                "--chunk-size=1",
                "--chunk-size",
                "1000",
                "-allow-on-master",
                "--tungsten",
                "-aliyun-rds=1",
            ],
        ]
        .concat(),
    );
    assert_eq!(ended.code, Some(6), "{}", ended.err);
    assert!(ended.err.contains(&format!("127.0.0.1:{port}")), "{}", ended.err);
    for note in ["--tungsten changes nothing", "--aliyun-rds changes nothing"] {
        assert_eq!(ended.err.matches(note).count(), 1, "{}", ended.err);
    }
}

#[test]
fn the_link_knows_help_and_version() {
    for flag in ["--version", "-version", "--version=true"] {
        let version = gh_ost(&[flag]);
        let wanted = format!("ghost-rs {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!((version.code, version.out), (Some(0), wanted), "{flag}");
    }
    for flag in ["--help", "-help", "-h"] {
        let help = gh_ost(&[flag]);
        assert_eq!(help.code, Some(0));
        assert!(help.out.contains("--throttle-control-replicas"), "{}", help.out);
    }
}

#[test]
fn check_flag_asks_nobody() {
    let known = [
        "--check-flag",
        "--cut-over-lock-timeout-seconds",
        "1",
        "-nice-ratio",
        "0",
        "--include-triggers",
    ];
    for ended in [gh_ost(&known), run(&[&["alter"], &known[..]].concat())] {
        assert_eq!((ended.code, ended.out + &ended.err), (Some(0), String::new()));
    }
    let unknown = gh_ost(&["-check-flag", "--nonsense", "-execute"]);
    assert_eq!(unknown.code, Some(2));
    assert_eq!(unknown.lines("error: "), ["not known: --nonsense"]);
}

#[test]
fn a_switch_that_is_off_is_off_and_bad_ones_are_named() {
    let conf = "/no/such/my.cnf";
    let off = gh_ost(&[
        "--ask-pass",
        "-ask-pass=false",
        "--password=x",
        "--conf",
        conf,
        "-alter",
        "-x",
    ]);
    assert!(!off.err.contains("--ask-pass"), "{}", off.err);
    assert!(
        off.lines("error: ")
            .contains(&"--conf: cannot read /no/such/my.cnf"),
        "{}",
        off.err
    );

    let maybe = gh_ost(&["--execute=maybe"]);
    assert_eq!(maybe.code, Some(2));
    assert_eq!(
        maybe.lines("error: "),
        ["--execute has a value that is neither yes nor no"]
    );

    let word = gh_ost(&["--execute", "true"]);
    assert_eq!(word.code, Some(2));
    assert!(word.err.contains("unexpected argument 'true'"), "{}", word.err);

    let json = gh_ost(&["-log-format=json", "-execute=maybe"]);
    let object: serde_json::Value = serde_json::from_str(json.err.trim()).expect("an object");
    assert_eq!(object["exit"], 2);
}

#[test]
fn what_is_not_there_yet_says_so() {
    let flags: [&[&str]; 3] = [
        &["--resume"],
        &["--revert", "--old-table=_orders_del"],
        &["--old-table", "x"],
    ];
    for more in flags {
        let ended = run(&[&TABLE[..], &["--user", "u"], more].concat());
        assert_eq!(ended.code, Some(2));
        assert_eq!(ended.lines("error: ").len(), 1, "{}", ended.err);
        assert!(ended.err.contains("this version"), "{}", ended.err);
    }
}
