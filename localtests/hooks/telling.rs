//! The status line, the header, the milestones of the log, the metrics, and the count of the rows.

use std::io::{Read, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use regex::Regex;

use super::*;
use crate::support::Tool;

/// As scripts around gh-ost read it.
const LINE: &str = r"(?m)^Copy: (\d+)/(\d+) (\d+\.\d)%; Applied: (\d+); Backlog: (\d+)/(\d+); Time: ([0-9hms]+)\(total\), ([0-9hms]+)\(copy\); streamer: ([^ ;]+:\d+); Lag: (\d+\.\d\d)s, HeartbeatLag: (\d+\.\d\d)s, State: ([^;]+); ETA: (due|N/A|[0-9hms]+)$";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_reads_as_gh_osts() -> Outcome {
    let scene = scene("status").await?;
    let flag = scene.file("postpone");
    let argument = format!("--postpone-cut-over-flag-file={}", flag.display());
    let mut tool = scene.alter(&[&argument])?;
    ensure(tool.says("State: postponing cut-over; ETA: due").await?, || {
        "the run ended".to_owned()
    })?;
    std::fs::remove_file(&flag)?;
    let finished = tool.finish().await?;
    scene.ended(&finished, DONE, true).await?;
    let output = &finished.output;
    let line = Regex::new(LINE).expect("a pattern");
    let statuses = output
        .lines()
        .filter(|text| text.contains("; streamer: "))
        .count();
    let read: Vec<regex::Captures<'_>> = line.captures_iter(output).collect();
    ensure(statuses > 1 && read.len() == statuses, || {
        format!("{} of {statuses}:\n{output}", read.len())
    })?;
    let last = read.iter().rev().find(|line| &line[12] == "postponing cut-over");
    let rows = ROWS.to_string();
    ensure(
        last.is_some_and(|line| line[1] == rows && line[2] == rows && &line[3] == "100.0"),
        || output.clone(),
    )?;
    for wanted in [
        format!("# Migrating `{0}`.`t`; Ghost table is `{0}`.`_t_gho`", scene.name),
        format!("# postpone-cut-over-flag-file: {} [set]", flag.display()),
        format!("Migrating `{}`.`t`", scene.name),
        "Row copy complete".to_owned(),
        format!("Done migrating `{}`.`t`", scene.name),
    ] {
        ensure(output.contains(&wanted), || format!("no '{wanted}' in\n{output}"))?;
    }
    for pattern in [
        r"(?m)^# Migrating [^ ]+:\d+; inspecting [^ ]+:\d+; executing on [^ ]+$",
        r"(?m)^# Migration started at \w{3} \w{3} \d\d \d\d:\d\d:\d\d [+-]\d{4} \d{4}$",
        r"(?m)^# chunk-size: \d+; max-lag-millis: \d+ms; dml-batch-size: \d+; max-load: .*; critical-load: .*; nice-ratio: \d\.\d+$",
    ] {
        ensure(Regex::new(pattern).expect("a pattern").is_match(output), || {
            format!("no {pattern} in\n{output}")
        })?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_says_what_it_always_said() -> Outcome {
    let scene = scene("json").await?;
    let finished = scene.alter(&["--log-format=json"])?.finish().await?;
    scene.ended(&finished, DONE, true).await?;
    let objects = finished
        .output
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let statuses: Vec<serde_json::Value> = objects.filter(|object| object["state"].is_string()).collect();
    ensure(!statuses.is_empty(), || finished.output.clone())?;
    for field in [
        "rows_copied",
        "rows_estimate",
        "rows_per_s",
        "eta_s",
        "chunks",
        "dirty_keys",
        "held_keys",
        "applied_keys",
        "lag_s",
        "workers",
        "chunk_rows",
        "elapsed_s",
        "copy_s",
        "position",
        "limit",
    ] {
        ensure(statuses.iter().all(|status| status.get(field).is_some()), || {
            format!("no {field} in {statuses:?}")
        })?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_arrive_by_udp() -> Outcome {
    let scene = scene("metrics").await?;
    let daemon = UdpSocket::bind("127.0.0.1:0")?;
    let address = format!("--statsd-addr={}", daemon.local_addr()?);
    let finished = scene
        .alter(&[&address, "--statsd-tags=env:test"])?
        .finish()
        .await?;
    scene.ended(&finished, DONE, true).await?;
    // Everything was sent before the run ended, to a socket on this machine.
    daemon.set_nonblocking(true)?;
    let (mut seen, mut packet) = (String::new(), [0; 2_000]);
    while let Ok(length) = daemon.recv(&mut packet) {
        seen.push_str(&String::from_utf8_lossy(&packet[..length]));
        seen.push('\n');
    }
    let tags = format!("|#env:test,database:{},table:t", scene.name);
    for wanted in [
        format!("gh_ost.startup:1|c{tags}\n"),
        format!("gh_ost.row_copy.rows_copied:{ROWS}|g{tags}\n"),
        format!("gh_ost.row_copy.rows_estimate:{ROWS}|g{tags}\n"),
        format!("gh_ost.throttle.active:0|g{tags}\n"),
    ] {
        ensure(seen.contains(&wanted), || format!("no {wanted} in\n{seen}"))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_is_not_there_disturbs_nobody() -> Outcome {
    let scene = scene("no_daemon").await?;
    for address in [
        "127.0.0.1:9",
        "no-such-host.invalid:8125",
        "unix:///no/such/socket",
    ] {
        let finished = scene
            .alter(&[&format!("--statsd-addr={address}")])?
            .finish()
            .await?;
        scene.ended(&finished, DONE, true).await.map_err(at(address))?;
        scene.clear().await?;
        scene
            .conn()
            .await?
            .query_drop("ALTER TABLE t DROP COLUMN note")
            .await?;
    }
    Ok(())
}

/// The statistics say 0; the count beside the copy says the truth.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_counted_beside_the_copy() -> Outcome {
    let scene = scene("count").await?;
    // The blocker keeps the copy from its end until the count is there.
    scene
        .hook("rowcount-complete", "")?
        .hook("before-row-copy", &scene.until_told("go"))?;
    let tool = scene.alter(&["--exact-rowcount"])?;
    scene.until_run("before-row-copy", 0).await?;
    ensure(
        scene.env("before-row-copy", 0)?["GH_OST_ESTIMATED_ROWS"] != ROWS.to_string(),
        || "the statistics know the number of rows, so the test proves nothing".to_owned(),
    )?;
    let mut blocker = scene.conn().await?;
    blocker.query_drop("BEGIN").await?;
    blocker
        .query_drop("SELECT * FROM _t_gho WHERE id > 0 FOR UPDATE")
        .await?;
    scene.tell("go")?;
    scene.until_run("rowcount-complete", 0).await?;
    blocker.query_drop("ROLLBACK").await?;
    let finished = tool.finish().await?;
    scene.ended(&finished, DONE, true).await?;
    ensure(
        scene.env("rowcount-complete", 0)?["GH_OST_ESTIMATED_ROWS"] == ROWS.to_string(),
        || finished.output.clone(),
    )?;
    ensure(
        finished.output.contains(&format!("exact number of rows: {ROWS}")),
        || finished.output.clone(),
    )
}

/// A count that does not come to its end (here: it waits for the table) goes with the run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_ends_with_the_run() -> Outcome {
    let scene = scene("count_ends").await?;
    scene.hook("validated", &scene.until_told("go"))?;
    let tool = scene.alter(&["--exact-rowcount", "--concurrent-rowcount=false"])?;
    scene.until_run("validated", 0).await?;
    let (mut blocker, mut eye) = (scene.conn().await?, scene.conn().await?);
    blocker.query_drop("LOCK TABLES t WRITE").await?;
    scene.tell("go")?;
    let counting = format!(
        "SELECT 1 FROM performance_schema.threads WHERE processlist_user = '{}' AND processlist_info LIKE '%row count%'",
        scene.name
    );
    let begun = Instant::now();
    while eye.query_first::<u64, _>(&counting).await?.is_none() {
        ensure(begun.elapsed().as_secs() < 60, || "nobody counts".to_owned())?;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tool.signal("TERM")?;
    let finished = tool.finish().await?;
    blocker.query_drop("UNLOCK TABLES").await?;
    scene.ended(&finished, INTERRUPTED, false).await
}

/// A command that is right is told before it is carried out, and refused if the hook does not want it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_told() -> Outcome {
    let scene = scene("commands").await?;
    let veto = format!(
        "[ ! -e {} ] || {{ echo not now; exit 1; }}",
        scene.file("veto").display()
    );
    scene
        .hook("before-cut-over", &scene.until_told("go"))?
        .hook("interactive-command", &veto)?;
    let tool = scene.alter(&["--chunk-size=1000"])?;
    scene.until_run("before-cut-over", 0).await?;
    let command = |n| {
        scene
            .env("interactive-command", n)
            .map(|mut env| env.remove("GH_OST_COMMAND"))
    };
    say(&tool, "chunk-size=500")?;
    ensure(command(0)?.as_deref() == Some("'chunk-size'"), || {
        format!("{:?}", command(0))
    })?;
    say(&tool, "chunk-size=many")?;
    scene.tell("veto")?;
    let refused = say(&tool, "chunk-size=700")?;
    ensure(refused.contains("not now"), || refused.clone())?;
    ensure(command(2).is_err(), || {
        "a command that is wrong was told".to_owned()
    })?;
    std::fs::remove_file(scene.file("veto"))?;
    let asked = say(&tool, "chunk-size=?")?;
    ensure(asked.trim() == "500", || asked.clone())?;
    let status = say(&tool, "status")?;
    ensure(
        status.contains("# Migrating ") && status.contains("# Serving on unix socket: "),
        || status.clone(),
    )?;
    scene.tell("go")?;
    scene.ended(&tool.finish().await?, DONE, true).await
}

/// One line to the run's socket, and the whole answer.
fn say(tool: &Tool, line: &str) -> Outcome<String> {
    let mut stream = UnixStream::connect(tool.socket())?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    writeln!(stream, "{line}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
