//! `cargo test --test operate`: what an operator can do with a run while it is under way, on a real server.
//!
//! Each run is held still by its flag file, so nothing here depends on how fast it is.

#[path = "operate/flood.rs"]
mod flood;
#[path = "operate/place.rs"]
mod place;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use flood::Flood;
use place::{Held, Place, ctl, is_listening, say, say_and_wait, say_over_tcp, until};
use support::{Outcome, ensure};

const ROWS: u64 = 500;
/// The status line says where the binlog reader is.
const STATUS: &str = "binlog.0";
/// What the tool exits with.
const REFUSED: Option<i32> = Some(3);
const INTERRUPTED: Option<i32> = Some(5);
/// The sessions of a killed run are gone from the server within this.
const GONE_SECONDS_MAX: u64 = 60;

/// Says lines one after the other; each answer must contain something.
fn says_all(held: &Held, lines: &[(&str, &str)]) -> Outcome {
    for (line, wanted) in lines {
        let said = held.say(line)?;
        ensure(said.contains(wanted), || {
            format!("{line}: no {wanted:?} in {said:?}")
        })?;
    }
    Ok(())
}

// ---- commands ------------------------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_is_answered() -> Outcome {
    let place = Place::new("commands", ROWS).await?;
    let held = place.postponed(&["--chunk-size=100"]).await?;
    says_all(
        &held,
        &[
            ("help", "unpostpone, no-postpone, cut-over"),
            ("status", STATUS),
            ("info", STATUS),
            ("sup", STATUS),
            ("coordinates", ":"),
            ("applier", "Version: "),
            ("inspector", "Host: "),
            ("chunk-size=?", "100\n"),
            ("chunk-size=250", STATUS),
            ("chunk-size=?", "250\n"),
            ("dml-batch-size=400", STATUS),
            ("dml-batch-size=?", "400\n"),
            ("max-lag-millis=2500", STATUS),
            ("max-lag-millis=?", "2500\n"),
            ("max-load=Threads_running=4000", STATUS),
            ("max-load=?", "Threads_running=4000\n"),
            (
                "critical-load='Threads_running=5000,Threads_connected=6000'",
                STATUS,
            ),
            ("critical-load=?", "Threads_running=5000,Threads_connected=6000\n"),
            ("nice-ratio=0.25", STATUS),
            ("nice-ratio=?", "0.25\n"),
            ("throttle-query=select 0", "# Note"),
            ("throttle-query=?", "select 0\n"),
            ("throttle-query=", "# Note"),
            ("throttle-query=?", "\n"),
            ("throttle-http=?", "\n"),
            ("throttle-control-replicas=?", "\n"),
            ("postpone-cut-over-flag-file=?", "operate_commands"),
            ("cpu-profile", "not available"),
        ],
    )?;
    ensure(held.object()?["knobs"]["dml_batch_size"] == 400, || {
        "not set".to_owned()
    })?;
    says_all(&held, &[("cut-over=t", "Unpostponed\n")])?;
    let socket = held.tool.socket().to_owned();
    place.ended_well(&held.tool.finish().await?, &socket).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_and_resumed_by_every_name() -> Outcome {
    let place = Place::new("pause", ROWS).await?;
    let held = place.postponed(&[]).await?;
    let paused = |wanted: bool| -> Outcome {
        let object = held.object()?;
        ensure(object["knobs"]["paused"] == wanted, || format!("{object}"))
    };
    let stop = ["throttle", "pause", "suspend=t"];
    let go = ["no-throttle", "unthrottle", "resume=t", "continue"];
    for (stop, go) in stop.iter().cycle().zip(go) {
        says_all(&held, &[(stop, "# Note")])?;
        paused(true)?;
        says_all(&held, &[(go, STATUS)])?;
        paused(false)?;
    }
    says_all(&held, &[("panic", "the run ends now")])?;
    ensure(held.tool.finish().await?.code == INTERRUPTED, || {
        "another exit code".to_owned()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_command_changes_nothing() -> Outcome {
    let place = Place::new("bad", ROWS).await?;
    let held = place
        .postponed(&["--force-named-cut-over", "--force-named-panic"])
        .await?;
    let before = held.object()?["knobs"].take();
    let itself = format!("throttle-control-replicas=127.0.0.1:{}", place.server.port);
    says_all(
        &held,
        &[
            ("no-such-command", "help lists"),
            ("chunk-size", "chunk-size=?"),
            ("chunk-size=0", "10 to 100000"),
            ("chunk-size=many", "10 to 100000"),
            ("dml-batch-size=0", "is not a number from"),
            ("max-lag-millis=-1", "is not a number from"),
            ("max-load=Threads_running", "NAME=NUMBER"),
            ("max-load=Threads_runing=25", "SHOW GLOBAL STATUS"),
            (&itself, "is not a replica of the server"),
            ("critical-load=a=b", "NAME=NUMBER"),
            ("nice-ratio=lots", "0 to 100"),
            ("throttle-http=localhost", "http://"),
            ("throttle-control-replicas=a b", "HOST:PORT"),
            ("postpone-cut-over-flag-file=", "give a path"),
            (
                "postpone-cut-over-flag-file=/no/such/folder/flag",
                "cannot be created",
            ),
            ("throttle=another", "operate_bad.t"),
            ("cut-over", "cut-over=t"),
            ("unpostpone=another", "operate_bad.t"),
            ("panic", "panic=t"),
            ("panic=another", "operate_bad.t"),
            ("coordinates=binlog.000001:4", "say coordinates alone"),
        ],
    )?;
    let after = held.object()?["knobs"].take();
    ensure(before == after, || format!("{before} became {after}"))?;
    says_all(&held, &[("unpostpone=t", "Unpostponed")])?;
    let socket = held.tool.socket().to_owned();
    place.ended_well(&held.tool.finish().await?, &socket).await
}

/// A second file holds the swap back when the first one is gone; removing it lets the run go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_flag_file() -> Outcome {
    let place = Place::new("flag", ROWS).await?;
    let held = place.postponed(&[]).await?;
    let second =
        place::Flag(std::env::temp_dir().join(format!("operate-second-{}.flag", std::process::id())));
    let command = format!("postpone-cut-over-flag-file={}", second.0.display());
    says_all(&held, &[(&command, "Postponed\n")])?;
    std::fs::remove_file(&held.flag.0)?;
    held.comes_to("postponed").await?;
    ensure(second.0.exists(), || "the new flag file was not made".to_owned())?;
    std::fs::remove_file(&second.0)?;
    let socket = held.tool.socket().to_owned();
    place.ended_well(&held.tool.finish().await?, &socket).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panic_leaves_the_table_as_it_was() -> Outcome {
    let place = Place::new("panic", ROWS).await?;
    let held = place.postponed(&[]).await?;
    says_all(&held, &[("panic=t", "the run ends now")])?;
    let socket = held.tool.socket().to_owned();
    let finished = held.tool.finish().await?;
    ensure(
        finished.code == INTERRUPTED && finished.output.contains("operator's command"),
        || format!("exit {:?}:\n{}", finished.code, finished.output),
    )?;
    ensure(!socket.exists(), || "the socket is still there".to_owned())?;
    ensure(!place.is_altered().await?, || "the table is altered".to_owned())
}

/// Paused before the first row: marks go on, rows do not, and every question is answered; resumed, it ends well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_throttled_commands_are_answered_and_no_row_is_copied() -> Outcome {
    let place = Place::new("throttled", 20_000).await?;
    let held = place.begun(&["--chunk-size=50"]).await?;
    says_all(&held, &[("throttle", "# Note")])?;
    held.comes_to("throttled").await?;
    until(|| Ok(held.object()?["status"]["workers"] == 0)).await?;
    let before = held.object()?["status"].take();
    until(|| Ok(held.object()?["status"]["position"] != before["position"])).await?;
    let after = held.object()?["status"].take();
    ensure(after["rows_copied"] == before["rows_copied"], || {
        format!("{before} became {after}")
    })?;
    says_all(
        &held,
        &[
            ("sup", STATUS),
            ("chunk-size=500", STATUS),
            ("cut-over", "not being postponed"),
        ],
    )?;
    says_all(&held, &[("no-throttle", STATUS)])?;
    held.comes_to("postponed").await?;
    says_all(&held, &[("cut-over", "Unpostponed")])?;
    let socket = held.tool.socket().to_owned();
    place.ended_well(&held.tool.finish().await?, &socket).await
}

/// Somebody uses the table, so that the swap is tried again and again: commands are answered in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_answered_between_attempts_at_the_swap() -> Outcome {
    let place = Place::new("attempts", ROWS).await?;
    let mut held = place.postponed(&[]).await?;
    let reader = place.reader().await?;
    says_all(&held, &[("cut-over", "Unpostponed")])?;
    ensure(held.tool.says("the swap waits for session").await?, || {
        "the run ended before the reader did".to_owned()
    })?;
    says_all(
        &held,
        &[
            ("sup", STATUS),
            ("chunk-size=200", STATUS),
            ("chunk-size=?", "200\n"),
        ],
    )?;
    says_all(&held, &[("cut-over", "not being postponed")])?;
    drop(reader);
    let socket = held.tool.socket().to_owned();
    place.ended_well(&held.tool.finish().await?, &socket).await
}

// ---- sockets -------------------------------------------------------------------------------------------------------

/// nc that closes its side, nc that waits for ours, a line without an end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_client_is_answered() -> Outcome {
    let place = Place::new("clients", ROWS).await?;
    let port = free_port()?;
    let held = place.postponed(&[&format!("--serve-tcp-port={port}")]).await?;
    let socket = held.tool.socket().to_owned();
    let mode = std::fs::metadata(&socket)?.permissions().mode() & 0o777;
    ensure(mode == 0o600, || format!("the socket's mode is {mode:o}"))?;
    let answers = [
        say(&socket, "chunk-size=300")?,
        say_and_wait(&socket, "chunk-size=?")?,
        say_over_tcp(port, "chunk-size=?\r")?,
        say_over_tcp(port, "sup")?,
    ];
    let wanted = [STATUS, "300\n", "300\n", STATUS];
    for (answer, wanted) in answers.iter().zip(wanted) {
        ensure(answer.contains(wanted), || format!("no {wanted:?} in {answer:?}"))?;
    }
    says_all(&held, &[("panic", "ends now")])?;
    ensure(held.tool.finish().await?.code == INTERRUPTED, || {
        "another exit code".to_owned()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_is_refused() -> Outcome {
    let place = Place::new("second", ROWS).await?;
    let held = place.postponed(&[]).await?;
    let socket = held.tool.socket().to_owned();
    let same_socket = format!("--serve-socket-file={}", socket.display());
    // The same table; then the same socket for another table.
    let second = place
        .alter(&[&same_socket, "--initially-drop-ghost-table"])?
        .finish()
        .await?;
    ensure(second.code == REFUSED, || {
        format!("exit {:?}:\n{}", second.code, second.output)
    })?;
    let other = Place::new("second_other", ROWS).await?;
    let third = other
        .alter(&[&same_socket, "--initially-drop-socket-file"])?
        .finish()
        .await?;
    ensure(
        third.code == REFUSED && third.output.contains("Another run is listening"),
        || format!("exit {:?}:\n{}", third.code, third.output),
    )?;
    says_all(&held, &[("cut-over", "Unpostponed")])?;
    place.ended_well(&held.tool.finish().await?, &socket).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_run_left_is_no_obstacle() -> Outcome {
    let place = Place::new("stale", ROWS).await?;
    let held = place.postponed(&[]).await?;
    let socket = held.tool.socket().to_owned();
    held.tool.signal("KILL")?;
    held.tool.finish().await?;
    ensure(socket.exists() && !is_listening(&socket), || {
        "kill -9 left no dead socket".to_owned()
    })?;
    drop(held.flag);
    let same_socket = format!("--serve-socket-file={}", socket.display());
    let more = [same_socket.as_str(), "--initially-drop-ghost-table"];
    // The server notices within moments that the killed run's sessions are gone; until then its lock stands.
    let until = Instant::now() + Duration::from_secs(GONE_SECONDS_MAX);
    loop {
        let again = place.alter(&more)?.finish().await?;
        let too_early = again.output.contains("Another run of ghost-rs is working");
        if !too_early || Instant::now() > until {
            return place.ended_well(&again, &socket).await;
        }
    }
}

/// From the first moment to the last a hundred connections send garbage or nothing; commands are still answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_silence_leave_the_run_untouched() -> Outcome {
    let place = Place::new("flood", 20_000).await?;
    let held = place.begun(&["--chunk-size=50"]).await?;
    let flood = Flood::begin(held.tool.socket(), 1);
    held.comes_to("postponed").await?;
    until(|| Ok(flood.connections() > 500)).await?;
    says_all(&held, &[("chunk-size=?", "50\n"), ("cut-over", "Unpostponed")])?;
    let socket = held.tool.socket().to_owned();
    let finished = held.tool.finish().await?;
    println!("{} connections in {:?}", flood.connections(), finished.took);
    place.ended_well(&finished, &socket).await
}

// ---- ghost-rs ctl --------------------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctl_says_and_ends_with_what_became_of_it() -> Outcome {
    let place = Place::new("ctl", ROWS).await?;
    let held = place.postponed(&[]).await?;
    let cases: [(&[&str], i32, &str); 8] = [
        (&["status"], 0, STATUS),
        (&["set", "chunk-size=200"], 0, STATUS),
        (&["set", "chunk-size=?"], 0, "200\n"),
        (&["pause"], 0, "# Note"),
        (&["resume"], 0, STATUS),
        (&["set", "chunk-size=1"], 3, "10 to 100000"),
        (&["cut-over", "another"], 3, "operate_ctl.t"),
        (&["set", "no-such=1"], 2, "help lists"),
    ];
    for (args, code, wanted) in cases {
        let output = held.ctl(args)?;
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        ensure(
            output.status.code() == Some(code) && said.contains(wanted),
            || format!("{args:?}: exit {:?}: {said}", output.status.code()),
        )?;
    }
    let object = || -> Outcome<serde_json::Value> {
        Ok(serde_json::from_slice(&held.ctl(&["status", "--json"])?.stdout)?)
    };
    ensure(
        object()?["ok"] == true && object()?["run"]["table"] == "t",
        || "not the object that is documented".to_owned(),
    )?;
    until(|| Ok(object()?["run"]["status"]["state"] == "postponed")).await?;
    let socket = held.tool.socket().to_owned();
    ensure(held.ctl(&["abort", "t"])?.status.code() == Some(0), || {
        "abort was refused".to_owned()
    })?;
    ensure(held.tool.finish().await?.code == INTERRUPTED, || {
        "another exit code".to_owned()
    })?;
    let gone = ctl(&[&socket.display().to_string(), "status"])?;
    ensure(gone.status.code() == Some(6), || format!("{gone:?}"))
}

/// By table, and the socket in its usual place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctl_finds_the_socket_itself() -> Outcome {
    let place = Place::new(&format!("found_{}", std::process::id()), ROWS).await?;
    let usual = format!("/tmp/gh-ost.{}.t.sock", place.schema);
    let held = place
        .postponed(&[&format!("--serve-socket-file={usual}"), "--force-named-cut-over"])
        .await?;
    let done = ctl(&[&format!("{}.t", place.schema), "cut-over"])?;
    ensure(done.status.success(), || format!("{done:?}"))?;
    let finished = held.tool.finish().await?;
    place.ended_well(&finished, usual.as_ref()).await?;
    place.forget().await
}

/// Somebody listens and never answers: it is not known what became of the command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctl_does_not_wait_for_ever() -> Outcome {
    let dir = tempfile::tempdir()?;
    let socket = dir.path().join("mute");
    let _mute = std::os::unix::net::UnixListener::bind(&socket)?;
    let output = ctl(&[&socket.display().to_string(), "pause", "--timeout=1"])?;
    ensure(output.status.code() == Some(7), || format!("{output:?}"))
}

/// A port that was free a moment ago.
fn free_port() -> Outcome<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
