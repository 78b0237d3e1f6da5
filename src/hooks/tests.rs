//! The environment variable by variable, and programs that behave and misbehave.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::future::pending;
use std::path::PathBuf;
use std::time::Instant;

use super::*;

/// A folder of scripts.
struct Scripts(tempfile::TempDir);

impl Scripts {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn add(&self, name: &str, body: &str) -> &Self {
        self.add_with(name, body, 0o755)
    }

    fn add_with(&self, name: &str, body: &str, mode: u32) -> &Self {
        let path = self.path(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("mode set");
        self
    }

    fn hooks(&self, limit: Duration) -> Hooks {
        Hooks {
            folder: Some(self.0.path().to_owned()),
            limit,
            inherited: Inherited::of_process(),
        }
    }

    async fn run(&self, moment: Moment) -> Result<(), Failure> {
        let hooks = self.hooks(Duration::from_secs(60));
        hooks.run(&moment, &Facts::default(), pending()).await
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

fn facts() -> Facts {
    Facts {
        schema: "shop".into(),
        table: "orders".into(),
        ghost: "_orders_gho".into(),
        old: "_orders_del".into(),
        ddl: "ADD note\0TEXT".into(),
        elapsed: Duration::from_millis(61_500),
        copy_elapsed: Duration::from_millis(59_250),
        rows_estimate: 200,
        rows_copied: 50,
        inspected_lag: Duration::from_millis(20),
        heartbeat_lag: Duration::from_millis(120),
        progress: 25.0,
        eta: Some(Duration::from_millis(177_900)),
        migrated_host: "db1".into(),
        inspected_host: "db2".into(),
        executing_host: "admin".into(),
        hints: Hints {
            hint: "h".into(),
            owner: "o".into(),
            token: "t".into(),
        },
        dry_run: false,
    }
}

fn variables(facts: &Facts, moment: &Moment) -> BTreeMap<String, String> {
    environment::variables(&Inherited::default(), facts, moment)
        .into_iter()
        .map(|(name, value)| (name, value.into_string().expect("UTF-8")))
        .collect()
}

#[test]
fn every_variable_in_gh_osts_units() {
    let seen = variables(&facts(), &Moment::Startup);
    let wanted = [
        ("GH_OST_COPIED_ROWS", "50"),
        ("GH_OST_DATABASE_NAME", "shop"),
        ("GH_OST_DDL", "ADD note TEXT"),
        ("GH_OST_DRY_RUN", "false"),
        ("GH_OST_ELAPSED_COPY_SECONDS", "59.250000"),
        ("GH_OST_ELAPSED_SECONDS", "61.500000"),
        ("GH_OST_ESTIMATED_ROWS", "200"),
        ("GH_OST_ETA_SECONDS", "177"),
        ("GH_OST_EXECUTING_HOST", "admin"),
        ("GH_OST_GHOST_TABLE_NAME", "_orders_gho"),
        ("GH_OST_HEARTBEAT_LAG", "0.120000"),
        ("GH_OST_HOOKS_HINT", "h"),
        ("GH_OST_HOOKS_HINT_OWNER", "o"),
        ("GH_OST_HOOKS_HINT_TOKEN", "t"),
        ("GH_OST_INSPECTED_HOST", "db2"),
        ("GH_OST_INSPECTED_LAG", "0.020000"),
        ("GH_OST_MIGRATED_HOST", "db1"),
        ("GH_OST_OLD_TABLE_NAME", "_orders_del"),
        ("GH_OST_PROGRESS", "25.000000"),
        ("GH_OST_REVERT", "false"),
        ("GH_OST_TABLE_NAME", "orders"),
    ];
    let seen: Vec<(&str, &str)> = seen
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(seen, wanted);
}

#[test]
fn some_variables_belong_to_one_moment() {
    let cases = [
        (Moment::Status("Copy: 1/2".into()), "GH_OST_STATUS", "'Copy: 1/2'"),
        (
            Moment::InteractiveCommand("chunk-size".into()),
            "GH_OST_COMMAND",
            "'chunk-size'",
        ),
        (Moment::Success { instant: true }, "GH_OST_INSTANT_DDL", "true"),
        (
            Moment::BatchCopyRetry("error 1213".into()),
            "GH_OST_LAST_BATCH_COPY_ERROR",
            "error 1213",
        ),
        (
            Moment::Failure {
                exit: 4,
                error: "x".into(),
            },
            "GHOST_RS_EXIT_CODE",
            "4",
        ),
        (
            Moment::Failure {
                exit: 4,
                error: "x".into(),
            },
            "GHOST_RS_ERROR",
            "x",
        ),
    ];
    let common = variables(&facts(), &Moment::Validated);
    for (moment, name, value) in cases {
        assert_eq!(
            variables(&facts(), &moment).get(name).map(String::as_str),
            Some(value)
        );
        assert!(!common.contains_key(name), "{name}");
    }
    let unknown = variables(&Facts::default(), &Moment::Startup);
    assert_eq!(unknown["GH_OST_ETA_SECONDS"], i64::MIN.to_string());
}

#[test]
fn passwords_are_not_inherited() {
    let ours = [
        ("PATH", "/bin"),
        ("LC_ALL", "C"),
        ("GHOST_RS_PASSWORD", "s3cret"),
        ("MYSQL_PWD", "s3cret"),
        ("GH_OST_PASSWORD", "s3cret"),
        ("ANYTHING", "s3cret"),
    ];
    let ours = ours.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let inherited = Inherited::of(ours.into_iter());
    let seen = format!(
        "{:?}",
        environment::variables(&inherited, &facts(), &Moment::Startup)
    );
    assert!(seen.contains("/bin") && seen.contains("LC_ALL"), "{seen}");
    assert!(!seen.contains("s3cret"), "{seen}");
}

#[test]
fn each_moment_has_its_name_in_the_list() {
    let moments = [
        Moment::Startup,
        Moment::Validated,
        Moment::RowcountComplete,
        Moment::BeforeRowCopy,
        Moment::Status(String::new()),
        Moment::InteractiveCommand(String::new()),
        Moment::RowCopyComplete,
        Moment::StopReplication,
        Moment::StartReplication,
        Moment::BeginPostponed,
        Moment::BeforeCutOver,
        Moment::Success { instant: false },
        Moment::Failure {
            exit: 1,
            error: String::new(),
        },
        Moment::BatchCopyRetry(String::new()),
    ];
    assert_eq!(moments.each_ref().map(Moment::name), NAMES);
}

#[tokio::test]
async fn all_hooks_of_a_moment_run_in_the_order_of_their_names() {
    let scripts = Scripts::new();
    let note = |word: &str| format!("echo {word} >>{}", scripts.path("notes").display());
    scripts
        .add("ghost-rs-on-startup", &note("third"))
        .add("gh-ost-on-startup--mail", &note("second"))
        .add("gh-ost-on-startup", &note("first"))
        .add("gh-ost-on-status", &note("wrong"))
        .add("my-gh-ost-on-startup", &note("wrong"));
    scripts.run(Moment::Startup).await.expect("they end well");
    assert_eq!(scripts.text("notes"), "first\nsecond\nthird\n");
}

#[tokio::test]
async fn a_hook_that_fails_is_the_last_one_and_is_quoted() {
    let scripts = Scripts::new();
    scripts
        .add("gh-ost-on-validated-1", "echo no room >&2; exit 3")
        .add(
            "gh-ost-on-validated-2",
            &format!("touch {}", scripts.path("ran").display()),
        );
    let failure = scripts.run(Moment::Validated).await.expect_err("it fails");
    let text = failure.to_string();
    assert!(
        text.contains("gh-ost-on-validated-1 failed")
            && text.contains("exit status: 3")
            && text.contains("no room"),
        "{text}"
    );
    assert!(!scripts.path("ran").exists());
}

#[tokio::test]
async fn a_hook_that_hangs_is_ended() {
    let scripts = Scripts::new();
    scripts.add("gh-ost-on-startup", "echo still here; sleep 600");
    let failure = scripts
        .hooks(Duration::from_secs(1))
        .run(&Moment::Startup, &Facts::default(), pending())
        .await
        .expect_err("it hangs");
    assert!(failure.to_string().contains("did not end within 1s"), "{failure}");
}

#[tokio::test]
async fn a_hook_ends_when_the_run_does_and_takes_along_what_it_started() {
    let scripts = Scripts::new();
    let pid = scripts.path("pid");
    // The shell waits for its child; both ignore SIGTERM, and both hold the pipe.
    let child = format!(
        "trap \"\" TERM; echo $$ >{0}.new; mv {0}.new {0}; sleep 600; sleep 600",
        pid.display()
    );
    scripts.add(
        "gh-ost-on-startup",
        &format!("trap '' TERM; sh -c '{child}'; sleep 600"),
    );
    let begun = pid.clone();
    let end = async move {
        while !begun.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let hooks = scripts.hooks(Duration::from_secs(60));
    let failure = hooks
        .run(&Moment::Startup, &Facts::default(), end)
        .await
        .expect_err("ended");
    assert!(failure.to_string().contains("ended early"), "{failure}");
    gone(scripts.text("pid").trim()).await;
}

/// Killed, it may be a zombie for a moment: whoever adopted it has to take note.
async fn gone(pid: &str) {
    let begun = Instant::now();
    while alive(pid) {
        assert!(begun.elapsed() < Duration::from_secs(30), "{pid} is still there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ")
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

#[tokio::test]
async fn what_a_hook_leaves_in_the_background_does_not_hold_it() {
    let scripts = Scripts::new();
    scripts.add(
        "gh-ost-on-startup",
        &format!("sleep 600 & echo $! >{}", scripts.path("pid").display()),
    );
    scripts.run(Moment::Startup).await.expect("it ends well");
    let pid = scripts.text("pid").trim().to_owned();
    assert!(alive(&pid), "it was killed");
    std::process::Command::new("kill")
        .arg(&pid)
        .status()
        .expect("killed");
}

#[tokio::test]
async fn a_talkative_hook_is_cut_short_and_not_blocked() {
    let scripts = Scripts::new();
    scripts.add(
        "gh-ost-on-startup",
        "printf 'a\\033[2Jb\\n'; head -c 300000 /dev/zero | tr '\\0' x",
    );
    let end = pin!(pending());
    let ran = child::run(
        &scripts.path("gh-ost-on-startup"),
        &[],
        Duration::from_secs(60),
        end,
    )
    .await;
    assert_eq!(ran.ended, Ended::Well);
    assert!(ran.said.starts_with("a [2Jb\nxxx"), "{}", &ran.said[..40]);
    assert!(
        ran.said.len() < 17 << 10 && ran.said.ends_with("bytes more"),
        "{}",
        ran.said.len()
    );
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let scripts = Scripts::new();
    scripts.add_with("gh-ost-on-startup", "true", 0o644);
    let failure = scripts.run(Moment::Startup).await.expect_err("not executable");
    assert!(failure.to_string().contains("could not be started"), "{failure}");
}

#[test]
fn the_folder_is_checked_at_the_start() {
    let scripts = Scripts::new();
    let check = || scripts.hooks(Duration::from_secs(1)).check();
    scripts
        .add("gh-ost-on-startup", "true")
        .add_with("README", "", 0o644);
    scripts.add("gh-ost-on-sucess", "true");
    assert_eq!(check(), Ok(()));
    scripts.add_with("ghost-rs-on-status", "true", 0o644);
    let failure = check().expect_err("not executable");
    assert!(failure.to_string().contains("ghost-rs-on-status"), "{failure}");
    assert_eq!(failure.exit, crate::error::Exit::Usage);
    let none = Hooks::new(&config::Hooks {
        path: Some("/no/such/folder".into()),
        ..config::Hooks::default()
    });
    assert_eq!(
        none.check().expect_err("no folder").exit,
        crate::error::Exit::Usage
    );
    assert_eq!(Hooks::new(&config::Hooks::default()).check(), Ok(()));
}
