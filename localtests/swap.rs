//! `cargo test --test swap`: the swap on a real server, with everything in its way: sessions killed, networks cut in the middle of a
//! statement, others that hold the table, names that are taken, signals, commits that hang.
//!
//! Writers with a model go through all of it: at the end no row is lost, extra or wrong, and none of them saw an error. What is random has
//! a printed seed: `SWAP_SEEDS=1,2`.

#[path = "swap/hold.rs"]
mod hold;
#[path = "swap/place.rs"]
mod place;
#[path = "swap/proxy.rs"]
mod proxy;
mod storm;
mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::OnceCell;

use hold::postponed;
use place::{Place, gone, kill, until, within};
use proxy::{Cut, Lose, Proxy};
use support::{Outcome, Server, Tool, Trouble, ensure, trouble, turn};

const ROWS: u64 = 2_000;
/// Transactions a second, where the writers are not what the test is about.
const RATE: u64 = 300;
/// What the tool exits with.
const INTERRUPTED: Option<i32> = Some(5);
const FAILED: Option<i32> = Some(4);
const REFUSED: Option<i32> = Some(3);

/// The tests of this run share a turn on the server.
async fn server() -> Outcome<Server> {
    static TURN: OnceCell<Conn> = OnceCell::const_new();
    let server = Server::from_env()?;
    TURN.get_or_try_init(|| turn(&server)).await?;
    Ok(server)
}

/// Says where something failed.
fn at(place: impl std::fmt::Display) -> impl FnOnce(Trouble) -> Trouble {
    move |trouble| trouble.at(&place.to_string())
}

// ---- sessions killed -----------------------------------------------------------------------------------------------

/// Kills in one run; after these it is left in peace.
const KILLS_MAX: u32 = 40;
const PAUSE_MS_MAX: u64 = 120;
/// Enough for a copy of some seconds.
const ROWS_TO_KILL_IN: u64 = 10_000;

/// Any session of ours, at any moment; every second time the swap's, while it holds its lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random() -> Outcome {
    let server = server().await?;
    for seed in seeds()? {
        println!("seed {seed}");
        let place = Place::new(&server, "random", ROWS_TO_KILL_IN, RATE).await?;
        kill_at_random(&place, seed)
            .await
            .map_err(at(format!("seed {seed}")))?;
    }
    Ok(())
}

async fn kill_at_random(place: &Place, seed: u64) -> Outcome {
    let mut rng = StdRng::seed_from_u64(seed);
    let weather = place.weather();
    let mut conn = place.conn().await?;
    let mut tool = place.alter(&["--chunk-size=50", "--default-retries=1000"])?;
    tool.says("copying").await?;
    let mut finished = std::pin::pin!(tool.finish());
    let mut kills = 0;
    let finished = loop {
        let next = async {
            match kills < KILLS_MAX {
                true => kill_one(place, &mut conn, &mut rng).await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            finished = &mut finished => break finished?,
            killed = next => kills += u32::from(killed?),
        }
    };
    println!(
        "{kills} kills, exit {:?} after {:.1} s",
        finished.code,
        finished.took.as_secs_f64()
    );
    if finished.code == Some(0) {
        return place.ended_well(&finished, weather).await.map(drop);
    }
    println!("{}", finished.output);
    ensure(finished.output.contains("state: "), || {
        "the failure does not say what is left".to_owned()
    })?;
    place.source_is_as_it_was().await?;
    place
        .another_run_succeeds(&["--initially-drop-ghost-table"], weather)
        .await
}

async fn kill_one(place: &Place, conn: &mut Conn, rng: &mut StdRng) -> Outcome<bool> {
    let pause = Duration::from_millis(rng.random_range(0..PAUSE_MS_MAX));
    let session: Option<u64> = if rng.random_bool(0.5) {
        within(conn, pause, &place.lock_is_held()).await?
    } else {
        tokio::time::sleep(pause).await;
        let sessions: Vec<u64> = conn.query(place.replaceable()).await?;
        (!sessions.is_empty()).then(|| sessions[rng.random_range(0..sessions.len())])
    };
    match session {
        Some(session) => kill(conn, "", session).await,
        None => Ok(false),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_waits_for_the_lock() -> Outcome {
    let place = Place::new(&server().await?, "at_lock", ROWS, RATE).await?;
    let (weather, mut conn) = (place.weather(), place.conn().await?);
    let (tool, flag) = postponed(&place, &[]).await?;
    let (_reader, session) = hold::at_lock(&place, &flag).await?;
    kill(&mut conn, "", session).await?;
    drop(_reader);
    place.ended_well(&tool.finish().await?, weather).await.map(drop)
}

/// Its lock is gone at once and the writers go on, while we still wait for the mark.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_waits_for_a_mark() -> Outcome {
    let place = Place::new(&server().await?, "in_fence", ROWS, RATE).await?;
    let (weather, mut conn) = (place.weather(), place.conn().await?);
    let (tool, flag) = postponed(&place, &["--cut-over-window-millis=20000"]).await?;
    let (mut blocker, session) = hold::in_fence(&place, &flag).await?;
    ensure(kill(&mut conn, "", session).await?, || {
        "the window was too short".to_owned()
    })?;
    gone(&mut conn, "the swap's lock", &place.lock_is_held()).await?;
    blocker.query_drop("UNLOCK TABLES").await?;
    let finished = tool.finish().await?;
    ensure(finished.output.contains("swap attempt"), || {
        format!("no attempt failed:\n{}", finished.output)
    })?;
    place.ended_well(&finished, weather).await.map(drop)
}

/// A mark that does not return within the window: the lock is given back in time, and a later attempt succeeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_window_ends_while_it_waits_for_a_mark() -> Outcome {
    let place = Place::new(&server().await?, "window", ROWS, RATE).await?;
    let (weather, mut conn) = (place.weather(), place.conn().await?);
    let (tool, flag) = postponed(&place, &["--cut-over-window-millis=300"]).await?;
    let (mut blocker, _) = hold::in_fence(&place, &flag).await?;
    let granted = Instant::now();
    gone(&mut conn, "the swap's lock", &place.lock_is_held()).await?;
    let held = granted.elapsed();
    blocker.query_drop("UNLOCK TABLES").await?;
    let finished = tool.finish().await?;
    ensure(held < Duration::from_millis(1_000), || {
        format!("the table was locked for {held:?}")
    })?;
    ensure(finished.output.contains("not applied within 300 ms"), || {
        finished.output.clone()
    })?;
    place.ended_well(&finished, weather).await.map(drop)
}

/// RENAME waits for a name, and meanwhile: it is interrupted, its session is killed, all others are, all are, nothing happens
/// until the window ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_rename_waits() -> Outcome {
    let place = Place::new(&server().await?, "at_rename", ROWS, RATE).await?;
    for what in [
        "interrupted",
        "killed",
        "others killed",
        "all killed",
        "window ends",
    ] {
        rename_waits(&place, what).await.map_err(at(what))?;
        place.again().await?;
    }
    Ok(())
}

async fn rename_waits(place: &Place, what: &str) -> Outcome {
    let (weather, mut conn) = (place.weather(), place.conn().await?);
    let (tool, flag) = postponed(place, &[]).await?;
    let (maker, swap) = hold::at_rename(place, &flag).await?;
    let sessions: Vec<u64> = conn.query(place.replaceable()).await?;
    match what {
        "interrupted" => drop(kill(&mut conn, "QUERY", swap).await?),
        "killed" => drop(kill(&mut conn, "", swap).await?),
        _ => {}
    }
    if what.ends_with("s killed") || what == "all killed" {
        for session in sessions
            .into_iter()
            .filter(|session| what == "all killed" || *session != swap)
        {
            kill(&mut conn, "", session).await?;
        }
    }
    gone(&mut conn, "the swap's lock", &place.lock_is_held()).await?;
    kill(&mut conn, "", maker.session).await?;
    let finished = tool.finish().await?;
    ensure(finished.output.contains("RENAME"), || {
        format!("RENAME did not fail:\n{}", finished.output)
    })?;
    place.ended_well(&finished, weather).await.map(drop)
}

/// Another run may begin then, so this one stops.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_is_killed() -> Outcome {
    let place = Place::new(&server().await?, "guard", ROWS, RATE).await?;
    let (weather, mut conn) = (place.weather(), place.conn().await?);
    let (tool, flag) = postponed(&place, &[]).await?;
    let guard = until(&mut conn, "the guard", &place.guard()).await?;
    kill(&mut conn, "", guard).await?;
    gone(&mut conn, "the guard's lock", &place.guard()).await?;
    flag.lower();
    let finished = tool.finish().await?;
    ensure(finished.code == FAILED, || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })?;
    place.source_is_as_it_was().await?;
    place
        .another_run_succeeds(&["--initially-drop-ghost-table"], weather)
        .await
}

// ---- networks cut --------------------------------------------------------------------------------------------------

/// Lock, window, and a second each for what does not answer; and much shorter than the time in which the server ends a silent
/// session by itself.
const CUT_STALL_MS_MAX: f64 = 6_000.0;

/// Each statement of the swap, and each answer. The server's side of the connection stays open, so nothing but us ends what hangs there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_network_is_cut_at_each_statement() -> Outcome {
    let place = Place::new(&server().await?, "network", ROWS, 0).await?;
    let lost = |at: &'static str| [Lose::Statement, Lose::Answer].map(|lose| vec![Cut { at, lose }]);
    let renamed = Cut {
        at: "RENAME TABLE",
        lose: Lose::Answer,
    };
    let then = |at: &'static str| lost(at).map(|cuts| [vec![renamed], cuts].concat());
    let single = [
        "LOCK TABLES `",
        "_t_ghc` (mark)",
        "COMMIT",
        "RENAME TABLE",
        "UNLOCK TABLES",
    ]
    .map(lost);
    let double = ["KILL ", "information_schema.TABLES"].map(then);
    for cuts in single.into_iter().chain(double).flatten() {
        cut(&place, &cuts).await.map_err(at(format!("{cuts:?}")))?;
        place.again().await?;
    }
    Ok(())
}

async fn cut(place: &Place, cuts: &[Cut]) -> Outcome {
    let proxy = Proxy::to(&place.ours, cuts).await?;
    let weather = place.weather();
    let finished = place.alter_through(proxy.port, &[])?.finish().await?;
    ensure(proxy.left().is_empty(), || {
        format!("never made: {:?}\n{}", proxy.left(), finished.output)
    })?;
    let report = place.ended_well(&finished, weather).await?;
    short_stall(&report, CUT_STALL_MS_MAX)
}

// ---- others use the table ------------------------------------------------------------------------------------------

/// Longer than any LOCK of a first attempt waits, and much shorter than what holds the table here.
const STALL_MS_MAX: f64 = 1_000.0;

/// It is named and waited for; nobody queues behind us meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_transaction_has_read_the_table() -> Outcome {
    let place = Place::new(&server().await?, "idle", ROWS, RATE).await?;
    let weather = place.weather();
    let (mut tool, flag) = postponed(&place, &[]).await?;
    let mut idle = place.conn().await?;
    idle.query_drop("BEGIN").await?;
    idle.query_drop("SELECT id FROM t LIMIT 1").await?;
    let old = format!(
        "SELECT 1 FROM performance_schema.events_transactions_current e JOIN performance_schema.threads t USING (thread_id) \
         WHERE t.processlist_id = {} AND e.state = 'ACTIVE' AND e.timer_wait > 2000000000000",
        idle.id()
    );
    let mut eye = place.conn().await?;
    until::<u64>(&mut eye, "a transaction of 2 s", &old).await?;
    flag.lower();
    ensure(
        tool.says(&format!("waits for session {}", idle.id())).await?,
        || "it is not named".to_owned(),
    )?;
    idle.query_drop("ROLLBACK").await?;
    let report = place.ended_well(&tool.finish().await?, weather).await?;
    short_stall(&report, STALL_MS_MAX)
}

/// Nobody but us waits for the ghost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_reads_the_ghost() -> Outcome {
    let place = Place::new(&server().await?, "ghost", ROWS, RATE).await?;
    let weather = place.weather();
    let (mut tool, flag) = postponed(&place, &["--cut-over-lock-timeout-seconds=1"]).await?;
    let mut reader = place.conn().await?;
    reader.query_drop("BEGIN").await?;
    reader.query_drop("SELECT id FROM _t_gho LIMIT 1").await?;
    flag.lower();
    ensure(tool.says("swap attempt 1 of").await?, || {
        "no attempt failed".to_owned()
    })?;
    reader.query_drop("ROLLBACK").await?;
    let report = place.ended_well(&tool.finish().await?, weather).await?;
    short_stall(&report, STALL_MS_MAX)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_select() -> Outcome {
    let place = Place::new(&server().await?, "select", ROWS, RATE).await?;
    let weather = place.weather();
    let (mut tool, flag) = postponed(&place, &[]).await?;
    let mut long = place.conn().await?;
    let named = format!("waits for session {}", long.id());
    flag.lower();
    let (selected, said) = tokio::join!(
        long.query_drop("SELECT SLEEP(3) FROM t LIMIT 1"),
        tool.says(&named)
    );
    selected?;
    ensure(said?, || "it is not named".to_owned())?;
    let report = place.ended_well(&tool.finish().await?, weather).await?;
    short_stall(&report, STALL_MS_MAX)
}

fn short_stall(report: &storm::Report, ms_max: f64) -> Outcome {
    let longest = report.longest_stall.as_ref().map_or(0.0, |stall| stall.ms);
    println!("longest stall {longest:.0} ms");
    ensure(longest < ms_max, || format!("{:?}", report.longest_stall))
}

// ---- names that are taken ------------------------------------------------------------------------------------------

/// A table of the old one's name that is not ours stays, whatever is allowed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_table_that_is_not_ours() -> Outcome {
    let place = Place::new(&server().await?, "not_ours", ROWS, RATE).await?;
    let mut conn = place.conn().await?;
    conn.query_drop("CREATE TABLE _t_del (a INT)").await?;
    let finished = place.alter(&["--initially-drop-old-table"])?.finish().await?;
    ensure(finished.code == REFUSED, || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })?;
    conn.query_drop("SELECT a FROM _t_del").await?;
    conn.query_drop("DROP TABLE _t_del").await?;
    place.source_is_as_it_was().await
}

/// It comes when the run has begun: RENAME is refused, and the table stays as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_table_appears_meanwhile() -> Outcome {
    let place = Place::new(&server().await?, "appears", ROWS, RATE).await?;
    let (weather, mut conn) = (place.weather(), place.conn().await?);
    let (tool, flag) = postponed(&place, &[]).await?;
    conn.query_drop("CREATE TABLE _t_del (a INT)").await?;
    flag.lower();
    let finished = tool.finish().await?;
    ensure(finished.code == FAILED, || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })?;
    ensure(finished.output.contains("_t_del' already exists"), || {
        finished.output.clone()
    })?;
    conn.query_drop("DROP TABLE _t_del").await?;
    place.source_is_as_it_was().await?;
    place
        .another_run_succeeds(&["--initially-drop-ghost-table"], weather)
        .await
}

/// Our own old table goes, if that was allowed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_table_of_an_earlier_run() -> Outcome {
    let place = Place::new(&server().await?, "earlier", ROWS, RATE).await?;
    place.another_run_succeeds(&[], place.weather()).await?;
    let mut conn = place.conn().await?;
    conn.query_drop("ALTER TABLE t DROP COLUMN note, DROP INDEX by_c")
        .await?;
    let finished = place.alter(&[])?.finish().await?;
    ensure(finished.code == REFUSED, || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })?;
    let finished = place.alter(&["--initially-drop-old-table"])?.finish().await?;
    ensure(finished.code == Some(0), || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })
}

// ---- stopped -------------------------------------------------------------------------------------------------------

/// Where a run is when it is stopped.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Copying,
    Postponed,
    WaitingForLock,
}

const PHASES: [Phase; 3] = [Phase::Copying, Phase::Postponed, Phase::WaitingForLock];

/// Exit code 5, no lock, no half swap, and what is left can be cleaned by what is printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_by_a_signal() -> Outcome {
    let place = Place::new(&server().await?, "signal", ROWS, RATE).await?;
    let weather = place.weather();
    for (phase, signal) in PHASES.into_iter().zip(["TERM", "INT", "TERM"]) {
        stopped(&place, phase, signal)
            .await
            .map_err(at(format!("{phase:?} {signal}")))?;
    }
    place.another_run_succeeds(&[], weather).await
}

async fn stopped(place: &Place, phase: Phase, signal: &str) -> Outcome {
    let (tool, _held) = reach(place, phase).await?;
    tool.signal(signal)?;
    let finished = tool.finish().await?;
    ensure(finished.code == INTERRUPTED, || {
        format!("exit {:?}:\n{}", finished.code, finished.output)
    })?;
    drop(_held);
    place.source_is_as_it_was().await?;
    let clean = finished
        .output
        .lines()
        .find_map(|line| line.split_once("To clean up: "));
    let (_, sql) = clean.ok_or_else(|| trouble(format!("nothing to clean up?\n{}", finished.output)))?;
    let mut conn = place.conn().await?;
    conn.query_drop(sql).await?;
    let tables: Vec<String> = conn.query("SHOW TABLES").await?;
    ensure(tables == ["t"], || format!("after {sql}: {tables:?}"))
}

/// kill -9: the server ends our sessions by itself, and another run clears away the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_by_the_system() -> Outcome {
    let place = Place::new(&server().await?, "sigkill", ROWS, RATE).await?;
    for phase in PHASES {
        sigkill(&place, phase).await.map_err(at(format!("{phase:?}")))?;
        place.again().await?;
    }
    Ok(())
}

async fn sigkill(place: &Place, phase: Phase) -> Outcome {
    let weather = place.weather();
    let (tool, _held) = reach(place, phase).await?;
    tool.signal("KILL")?;
    let finished = tool.finish().await?;
    ensure(finished.code.is_none(), || format!("exit {:?}", finished.code))?;
    drop(_held);
    place.source_is_as_it_was().await?;
    place
        .another_run_succeeds(&["--initially-drop-ghost-table"], weather)
        .await
}

/// A run in some phase, and what holds it there.
async fn reach(place: &Place, phase: Phase) -> Outcome<(Tool, Option<Conn>)> {
    let mut conn = place.conn().await?;
    match phase {
        Phase::Copying => {
            let mut tool = place.alter(&["--chunk-size=10", "--workers=1", "--chunk-target-millis=10"])?;
            tool.says("copying").await?;
            until::<u64>(&mut conn, "copied rows", "SELECT 1 FROM _t_gho LIMIT 1").await?;
            Ok((tool, None))
        }
        Phase::Postponed => Ok((postponed(place, &[]).await?.0, None)),
        Phase::WaitingForLock => {
            let (tool, flag) = postponed(place, &[]).await?;
            let (reader, _) = hold::at_lock(place, &flag).await?;
            Ok((tool, Some(reader)))
        }
    }
}

// ---- commits that hang ---------------------------------------------------------------------------------------------

/// A server that is gone when the test is.
struct Sandbox(tempfile::TempDir);

impl Sandbox {
    fn up() -> Outcome<Self> {
        let sandbox = Self(tempfile::tempdir()?);
        sandbox.script(&["up", "--port", "0", "--no-replica", "--buffer-pool", "64M"])?;
        Ok(sandbox)
    }

    fn script(&self, words: &[&str]) -> Outcome<String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sandbox");
        let output = Command::new(script)
            .args(words)
            .arg("--dir")
            .arg(self.0.path())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure(output.status.success(), || format!("{script} {words:?}: {said}"))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn server(&self) -> Outcome<Server> {
        let env = self.script(&["env"])?;
        let port = env
            .lines()
            .find_map(|line| line.strip_prefix("export GHOST_RS_TEST_PORT="));
        let port = port
            .and_then(|port| port.parse().ok())
            .ok_or_else(|| trouble(env.clone()))?;
        Ok(Server {
            host: "127.0.0.1".into(),
            port,
            user: "root".into(),
            password: String::new(),
        })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.script(&["wipe"]);
    }
}

/// Every commit stands in the binlog long before the engine shows it: semi-sync without a replica, AFTER_SYNC. After each timeout the
/// server gives up waiting, so it is told to wait again, over and over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_hang_between_log_and_engine() -> Outcome {
    let sandbox = Sandbox::up()?;
    let place = Place::new(&sandbox.server()?, "semisync", ROWS, 0).await?;
    let mut conn = place.conn().await?;
    conn.query_drop("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'")
        .await?;
    conn.query_drop(
        "SET GLOBAL rpl_semi_sync_source_wait_point = 'AFTER_SYNC', GLOBAL rpl_semi_sync_source_wait_no_replica = ON, \
         GLOBAL rpl_semi_sync_source_timeout = 400",
    )
    .await?;
    let weather = place.weather();
    let more = [
        "--chunk-size=200",
        "--cut-over-window-millis=20000",
        "--heartbeat-interval-millis=1000",
    ];
    let mut finished = std::pin::pin!(place.alter(&more)?.finish());
    let mut hangs = 0;
    let finished = loop {
        tokio::select! {
            finished = &mut finished => break finished?,
            hung = hang(&mut conn) => hangs += u32::from(hung?),
        }
    };
    conn.query_drop("SET GLOBAL rpl_semi_sync_source_enabled = OFF")
        .await?;
    println!(
        "commits hung {hangs} times in {:.1} s",
        finished.took.as_secs_f64()
    );
    ensure(hangs > 5, || "hardly any commit hung".to_owned())?;
    place.ended_well(&finished, weather).await.map(drop)
}

/// Lets commits hang until the server gives up.
async fn hang(conn: &mut Conn) -> Outcome<bool> {
    conn.query_drop("SET GLOBAL rpl_semi_sync_source_enabled = OFF")
        .await?;
    conn.query_drop("SET GLOBAL rpl_semi_sync_source_enabled = ON")
        .await?;
    let waits = "SELECT 1 FROM performance_schema.threads \
                 WHERE processlist_state LIKE 'Waiting for semi-sync%' LIMIT 1";
    let hung = within::<u64>(conn, Duration::from_millis(200), waits)
        .await?
        .is_some();
    let given_up = "SELECT 1 FROM performance_schema.global_status \
                    WHERE variable_name = 'Rpl_semi_sync_source_status' AND variable_value = 'OFF'";
    until::<u64>(conn, "the server to give up waiting", given_up).await?;
    Ok(hung)
}

fn seeds() -> Outcome<Vec<u64>> {
    let given = std::env::var("SWAP_SEEDS").or_else(|_| std::env::var("GHOST_RS_TEST_SEED"));
    let Ok(given) = given else {
        return Ok(vec![rand::random::<u32>().into(), rand::random::<u32>().into()]);
    };
    let number = |seed: &str| {
        seed.trim()
            .parse()
            .map_err(|_| trouble(format!("{seed:?} is no seed")))
    };
    given.split(',').map(number).collect()
}
