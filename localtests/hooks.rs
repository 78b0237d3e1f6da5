//! `cargo test --test hooks`: what a run tells the world. Hooks, each at its moment and with its environment, good and bad ones; the
//! status line as gh-ost's users parse it; metrics; the exact count of the rows.

#[path = "hooks/scene.rs"]
mod scene;
mod support;
#[path = "hooks/telling.rs"]
mod telling;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::sync::OnceCell;

use scene::{PASSWORD, ROWS, Scene, runs, until};
use support::{Outcome, Server, Trouble, ensure, turn};

/// What the tool exits with.
const DONE: i32 = 0;
const USAGE: i32 = 2;
const FAILED: i32 = 4;
const INTERRUPTED: i32 = 5;
const SUCCESS_HOOK: i32 = 8;

/// The tests of this run share a turn on the server.
async fn server() -> Outcome<Server> {
    static TURN: OnceCell<Conn> = OnceCell::const_new();
    let server = Server::from_env()?;
    TURN.get_or_try_init(|| turn(&server)).await?;
    Ok(server)
}

async fn scene(name: &str) -> Outcome<Scene> {
    Scene::new(&server().await?, name).await
}

/// Says where something failed.
fn at(place: &str) -> impl FnOnce(Trouble) -> Trouble {
    move |trouble| trouble.at(place)
}

/// In gh-ost's order.
const ALL: [&str; 9] = [
    "startup",
    "validated",
    "rowcount-complete",
    "before-row-copy",
    "status",
    "row-copy-complete",
    "before-cut-over",
    "begin-postponed",
    "success",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_hook_has_its_moment_and_its_environment() -> Outcome {
    let scene = scene("all").await?;
    for name in ALL.into_iter().filter(|name| *name != "status") {
        scene.hook(name, "")?;
    }
    // Runs beside the others; here it is to be the only one for a while.
    scene
        .hook("status", "")?
        .hook("row-copy-complete", &scene.until_told("go"))?;
    let flag = scene.file("postpone");
    let tool = scene.alter_with(
        &[
            "--exact-rowcount",
            "--concurrent-rowcount=false",
            "--hooks-hint=note this",
            "--hooks-hint-owner=dba",
            "--hooks-hint-token=t0ken",
            "--hooks-status-interval=1",
            &format!("--postpone-cut-over-flag-file={}", flag.display()),
        ],
        &[
            ("GHOST_RS_PASSWORD", PASSWORD),
            ("MYSQL_PWD", PASSWORD),
            ("ANYTHING", PASSWORD),
        ],
    )?;
    scene.until_run("status", 1).await?;
    scene.tell("go")?;
    scene.until_run("begin-postponed", 0).await?;
    ensure(!scene.is_altered().await?, || {
        "the swap was not postponed".to_owned()
    })?;
    std::fs::remove_file(&flag)?;
    let finished = tool.finish().await?;
    scene.ended(&finished, DONE, true).await?;
    let told: Vec<String> = scene.told().into_iter().filter(|name| name != "status").collect();
    let wanted: Vec<&str> = ALL.into_iter().filter(|name| *name != "status").collect();
    ensure(told == wanted, || format!("{told:?}\n{}", finished.output))?;
    environments(&scene)
}

fn environments(scene: &Scene) -> Outcome {
    let rows = ROWS.to_string();
    for name in ALL {
        let env = scene.env(name, 0)?;
        let see = |variable: &str, wanted: &str| {
            let seen = env.get(variable).map(String::as_str);
            ensure(seen == Some(wanted), || {
                format!("{name}: {variable} is {seen:?} and not {wanted}")
            })
        };
        see("GH_OST_DATABASE_NAME", &scene.name)?;
        see("GH_OST_TABLE_NAME", "t")?;
        see("GH_OST_GHOST_TABLE_NAME", "_t_gho")?;
        see("GH_OST_OLD_TABLE_NAME", "_t_del")?;
        see("GH_OST_DDL", "ADD COLUMN note INT")?;
        see("GH_OST_HOOKS_HINT", "note this")?;
        see("GH_OST_HOOKS_HINT_OWNER", "dba")?;
        see("GH_OST_HOOKS_HINT_TOKEN", "t0ken")?;
        see("GH_OST_DRY_RUN", "false")?;
        see("GH_OST_REVERT", "false")?;
        let copied = [
            "row-copy-complete",
            "before-cut-over",
            "begin-postponed",
            "success",
        ]
        .contains(&name);
        see("GH_OST_COPIED_ROWS", if copied { &rows } else { "0" }).or_else(|trouble| match name {
            "status" => Ok(()),
            _ => Err(trouble),
        })?;
        if copied || ["rowcount-complete", "before-row-copy"].contains(&name) {
            see("GH_OST_ESTIMATED_ROWS", &rows)?;
        }
        if copied {
            see("GH_OST_PROGRESS", "100.000000")?;
            see("GH_OST_ETA_SECONDS", "0")?;
        }
        for number in [
            "ELAPSED_SECONDS",
            "ELAPSED_COPY_SECONDS",
            "INSPECTED_LAG",
            "HEARTBEAT_LAG",
            "PROGRESS",
        ] {
            let seen = env.get(&format!("GH_OST_{number}")).cloned().unwrap_or_default();
            ensure(seen.parse::<f64>().is_ok_and(|value| value >= 0.0), || {
                format!("{name}: {number} is {seen:?}")
            })?;
        }
        let host = |variable: &str| env.get(variable).is_some_and(|host| !host.is_empty());
        let hosts = ["GH_OST_MIGRATED_HOST", "GH_OST_INSPECTED_HOST"].map(host);
        ensure(
            hosts == [name != "startup"; 2] && host("GH_OST_EXECUTING_HOST"),
            || format!("{name}: {env:?}"),
        )?;
        ensure(!env.values().any(|value| value.contains(PASSWORD)), || {
            format!("{name} sees a password: {env:?}")
        })?;
    }
    let status = scene
        .env("status", 0)?
        .remove("GH_OST_STATUS")
        .unwrap_or_default();
    ensure(status.starts_with("'Copy: ") && status.ends_with('\''), || {
        status.clone()
    })?;
    let success = scene.env("success", 0)?;
    ensure(
        success
            .get("GH_OST_INSTANT_DDL")
            .is_some_and(|value| value == "false"),
        || format!("{success:?}"),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_fails_ends_the_run_and_the_failure_hook_hears_of_it() -> Outcome {
    let scene = scene("fails").await?;
    for name in ALL
        .into_iter()
        .filter(|name| !["status", "success"].contains(name))
    {
        scene
            .hook(name, "echo I do not want to; exit 3")?
            .hook("failure", "")?;
        let flag = format!(
            "--postpone-cut-over-flag-file={}",
            scene.file("postpone").display()
        );
        let finished = scene
            .alter(&["--exact-rowcount", "--concurrent-rowcount=false", &flag])?
            .finish()
            .await?;
        scene.ended(&finished, FAILED, false).await.map_err(at(name))?;
        let failure = scene.env("failure", 0)?;
        let error = failure.get("GHOST_RS_ERROR").cloned().unwrap_or_default();
        ensure(
            failure.get("GHOST_RS_EXIT_CODE").is_some_and(|code| code == "4"),
            || format!("{failure:?}"),
        )?;
        for text in [&finished.output, &error] {
            let wanted = [
                format!("gh-ost-on-{name} failed"),
                "exit status: 3".into(),
                "I do not want to".into(),
            ];
            ensure(wanted.iter().all(|word| text.contains(word)), || {
                format!("{name}: {text}")
            })?;
        }
        scene.clear().await?;
    }
    Ok(())
}

/// Nobody waits for these, and an end that is bad already gets no worse.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hooks_beside_the_run_may_fail() -> Outcome {
    let scene = scene("beside").await?;
    scene
        .hook("status", "exit 1")?
        .hook("rowcount-complete", "exit 1")?
        .hook("before-cut-over", &scene.until_told("go"))?;
    let tool = scene.alter(&["--exact-rowcount", "--hooks-status-interval=1"])?;
    scene.until_run("status", 1).await?;
    scene.tell("go")?;
    scene.ended(&tool.finish().await?, DONE, true).await?;
    scene.clear().await?;
    scene
        .conn()
        .await?
        .query_drop("ALTER TABLE t DROP COLUMN note")
        .await?;
    scene.hook("validated", "exit 1")?.hook("failure", "exit 1")?;
    let finished = scene.alter(&[])?.finish().await?;
    scene.ended(&finished, FAILED, false).await?;
    ensure(finished.output.contains("gh-ost-on-failure failed"), || {
        finished.output.clone()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_success_hook_fails_the_table_is_changed_all_the_same() -> Outcome {
    let scene = scene("success").await?;
    scene.hook("success", "exit 1")?.hook("failure", "")?;
    let finished = scene.alter(&[])?.finish().await?;
    scene.ended(&finished, SUCCESS_HOOK, true).await?;
    let output = &finished.output;
    ensure(
        output.contains("error: The table is changed") && output.contains("state: The old table is"),
        || output.clone(),
    )?;
    ensure(scene.told() == ["success"], || {
        "the failure hook was told of a table that is changed".to_owned()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_hangs_is_ended_after_the_limit() -> Outcome {
    let scene = scene("hangs").await?;
    scene.hook("before-row-copy", "sleep 600")?;
    let finished = scene.alter(&["--hooks-timeout-seconds=2"])?.finish().await?;
    scene.ended(&finished, FAILED, false).await?;
    ensure(finished.output.contains("did not end within 2s"), || {
        finished.output.clone()
    })
}

/// While the run waits for a hook, marks are written and the stream is read; what was changed meanwhile is not lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_hook_holds_the_copy_and_not_the_stream() -> Outcome {
    for hook in ["before-row-copy", "before-cut-over"] {
        let scene = scene(&format!("slow_{}", hook.len())).await?;
        scene.hook(hook, &scene.until_told("go"))?;
        let tool = scene.alter(&[])?;
        scene.until_run(hook, 0).await?;
        let mut conn = scene.conn().await?;
        let mark = "SELECT MAX(mark) FROM _t_ghc";
        let before: Option<u64> = marks(&mut conn, mark).await?;
        conn.query_drop("UPDATE t SET c = -c WHERE id % 7 = 0").await?;
        conn.query_drop("DELETE FROM t WHERE id % 11 = 0").await?;
        let begun = std::time::Instant::now();
        while marks(&mut conn, mark).await? == before {
            ensure(begun.elapsed().as_secs() < 60, || {
                "no mark was written while the hook was running".to_owned()
            })?;
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let copied: Option<u64> = conn.query_first("SELECT COUNT(*) FROM _t_gho").await?;
        ensure((copied == Some(0)) == (hook == "before-row-copy"), || {
            format!("{hook}: {copied:?} rows are copied")
        })?;
        scene.tell("go")?;
        scene.ended(&tool.finish().await?, DONE, true).await?;
        let differ: Option<u64> = conn
            .query_first("SELECT COUNT(*) FROM t NATURAL JOIN (SELECT id, c FROM _t_del) o")
            .await?;
        let all: Option<u64> = conn.query_first("SELECT COUNT(*) FROM t").await?;
        ensure(differ == all && all == Some(ROWS - ROWS / 11), || {
            format!("{differ:?} of {all:?} rows are right")
        })?;
    }
    Ok(())
}

async fn marks(conn: &mut Conn, sql: &str) -> Outcome<Option<u64>> {
    Ok(conn.query_first::<Option<u64>, _>(sql).await?.flatten())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_ends_a_hook_with_the_run() -> Outcome {
    let scene = scene("interrupted").await?;
    for name in ["startup", "before-cut-over"] {
        let pid = scene.file("pid");
        let body = format!("echo $$ >{0}.new; mv {0}.new {0}; sleep 600", pid.display());
        scene.hook(name, &body)?.hook("failure", "")?;
        let tool = scene.alter(&[])?;
        scene.until_there("pid").await?;
        tool.signal("INT")?;
        let finished = tool.finish().await?;
        scene
            .ended(&finished, INTERRUPTED, false)
            .await
            .map_err(at(name))?;
        let pid = std::fs::read_to_string(&pid)?;
        until("the hook's end", || !runs(pid.trim())).await?;
        let code = scene.env("failure", 0)?.remove("GHOST_RS_EXIT_CODE");
        ensure(code.as_deref() == Some("5"), || format!("{name}: {code:?}"))?;
        scene.clear().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_that_is_copied_again_is_told() -> Outcome {
    let scene = scene("retry").await?;
    scene
        .hook("before-row-copy", &scene.until_told("go"))?
        .hook("batch-copy-retry", "")?;
    let tool = scene.alter(&[])?;
    scene.until_run("before-row-copy", 0).await?;
    let (mut blocker, mut eye) = (scene.conn().await?, scene.conn().await?);
    blocker.query_drop("BEGIN").await?;
    // No row is there, so this locks the gap that all rows will go into.
    blocker
        .query_drop("SELECT * FROM _t_gho WHERE id > 0 FOR UPDATE")
        .await?;
    scene.tell("go")?;
    let waits = format!(
        "SELECT t.processlist_id FROM performance_schema.data_lock_waits w JOIN performance_schema.threads t \
         ON t.thread_id = w.requesting_thread_id WHERE t.processlist_user = '{}'",
        scene.name
    );
    let begun = std::time::Instant::now();
    while !scene.file("batch-copy-retry.0.env").exists() {
        ensure(begun.elapsed().as_secs() < 60, || {
            "the hook was not run".to_owned()
        })?;
        if let Some(session) = eye.query_first::<u64, _>(&waits).await? {
            // It may be gone by itself.
            let _ = eye.query_drop(format!("KILL {session}")).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    blocker.query_drop("ROLLBACK").await?;
    scene.ended(&tool.finish().await?, DONE, true).await?;
    let error = scene
        .env("batch-copy-retry", 0)?
        .remove("GH_OST_LAST_BATCH_COPY_ERROR");
    ensure(error.as_ref().is_some_and(|error| !error.is_empty()), || {
        "no error is told".to_owned()
    })?;
    let rows: Option<u64> = eye.query_first("SELECT COUNT(*) FROM t").await?;
    ensure(rows == Some(ROWS), || format!("{rows:?} rows"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_the_same_hooks_and_does_nothing() -> Outcome {
    let scene = scene("dry").await?;
    for name in ALL {
        scene.hook(name, "")?;
    }
    let finished = scene.alter(&["--execute=false"])?.finish().await?;
    scene.ended(&finished, DONE, false).await?;
    let wanted = [
        "startup",
        "validated",
        "before-row-copy",
        "row-copy-complete",
        "before-cut-over",
        "success",
    ];
    ensure(scene.told() == wanted, || format!("{:?}", scene.told()))?;
    let dry = wanted.map(|name| scene.env(name, 0).map(|mut env| env.remove("GH_OST_DRY_RUN")));
    for dry in dry {
        ensure(dry?.as_deref() == Some("true"), || {
            "a hook does not know that nothing is done".to_owned()
        })?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_run_is_refused_at_the_start() -> Outcome {
    let scene = scene("refused").await?;
    scene.write_hook("gh-ost-on-status", "#!/bin/sh\n", 0o644)?;
    let finished = scene.alter(&[])?.finish().await?;
    scene.ended(&finished, USAGE, false).await?;
    ensure(
        finished.output.contains("gh-ost-on-status cannot be executed"),
        || finished.output.clone(),
    )?;
    std::fs::remove_dir_all(scene.hooks())?;
    let finished = scene.alter(&[])?.finish().await?;
    scene.ended(&finished, USAGE, false).await?;
    ensure(finished.output.contains("is no folder that can be read"), || {
        finished.output.clone()
    })
}

/// The hooks that ship, as they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_samples_do_what_they_say() -> Outcome {
    let scene = scene("samples").await?;
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hooks");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&samples)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with("gh-ost-on-") {
            std::fs::copy(samples.join(&name), scene.hooks().join(&name))?;
            names.push(name);
        }
    }
    ensure(names.len() == 3, || format!("{names:?}"))?;
    let home = scene.file("home");
    std::fs::create_dir(&home)?;
    let home_text = home.display().to_string();
    let env = [("HOME", home_text.as_str())];
    scene
        .ended(&scene.alter_with(&[], &env)?.finish().await?, DONE, true)
        .await?;
    let status = std::fs::read_to_string(home.join(format!("ghost-rs/{}.t.status", scene.name)))?;
    ensure(status.starts_with("Copy: ") && status.ends_with('\n'), || {
        status.clone()
    })?;
    scene
        .conn()
        .await?
        .query_drop("ALTER TABLE t DROP COLUMN note")
        .await?;
    scene.conn().await?.query_drop("DROP TABLE _t_del").await?;
    let failing = scene.alter_with(&["--alter=ADD UNIQUE KEY (nonsense)"], &env)?;
    ensure(failing.finish().await?.code != Some(0), || {
        "a wrong ALTER was done".to_owned()
    })?;
    let journal = std::fs::read_to_string(home.join("ghost-rs/journal"))?;
    let lines: Vec<&str> = journal.lines().collect();
    let right = lines.len() == 2 && lines[0].contains(" done ") && lines[1].contains(" failed ");
    ensure(right, || journal.clone())
}
