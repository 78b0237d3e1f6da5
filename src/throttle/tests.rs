//! What follows from which readings: tables, one small function a source.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{
    critical::{Critical, Load},
    marks::MarkTimes,
    readings::{Reading, Readings},
    verdict::{self, View, verdict},
};
use crate::{
    changes::Mark,
    config::{Address, Thresholds, Throttling},
    knobs::{Knobs, fixture},
    status::Reason,
};

const MS: Duration = Duration::from_millis(1);

/// A run that nothing holds back, at one moment.
struct World {
    knobs: Knobs,
    limits: Throttling,
    readings: Readings,
    marks: MarkTimes,
    now: Instant,
}

fn world() -> World {
    World {
        knobs: fixture(),
        limits: Throttling::default(),
        readings: Readings::default(),
        marks: MarkTimes::default(),
        // Early enough for readings that are older.
        now: Instant::now() + Duration::from_secs(1_000),
    }
}

impl World {
    fn view(&self) -> View<'_> {
        View {
            knobs: &self.knobs,
            limits: &self.limits,
            readings: &self.readings,
            marks: &self.marks,
            now: self.now,
        }
    }

    fn reason(&self) -> Option<Reason> {
        verdict(&self.view())
    }

    fn reading<T>(&self, age: Duration, found: Result<T, &str>) -> Reading<T> {
        Reading {
            at: self.now - age,
            found: found.map_err(str::to_owned),
        }
    }

    /// Threads_running as of a moment ago.
    fn threads(&mut self, running: u64) {
        self.readings.load = Some(self.reading(MS, Ok([("threads_running".to_owned(), running)].into())));
    }
}

/// The reason has this name and says these words; `None`: the run goes on.
fn holds(world: &World, name: &'static str, words: Option<&str>) {
    let reason = world.reason();
    let wanted = words.map(|_| name);
    assert_eq!(
        reason.as_ref().map(|reason| reason.name),
        wanted,
        "{reason:?}, {words:?}"
    );
    if let (Some(reason), Some(words)) = (reason, words) {
        assert!(reason.text.contains(words), "{reason}, not {words}");
    }
}

#[test]
fn nothing_is_asked_for_and_nothing_holds_the_run_back() {
    assert_eq!(world().reason(), None);
}

#[test]
fn an_operators_word() {
    let mut world = world();
    world.knobs.paused = true;
    holds(&world, verdict::COMMAND, Some("operator"));
}

#[test]
fn a_flag_file() {
    let mut world = world();
    let file = PathBuf::from("/run/flag");
    world.limits.flag_files = vec![file.clone()];
    holds(&world, verdict::FLAG_FILE, Some("/run/flag: not asked yet"));
    let cases = [
        (MS, Ok(true), Some("/run/flag is there")),
        (MS, Ok(false), None),
        (MS * 60_000, Ok(false), Some("no answer for 60.0 s")),
        (MS, Err("permission denied"), Some("permission denied")),
    ];
    for (age, found, words) in cases {
        let reading = world.reading(age, found);
        world.readings.files.insert(file.clone(), reading);
        holds(&world, verdict::FLAG_FILE, words);
    }
}

#[test]
fn lag_of_our_marks() {
    let cases = [
        (1_500, None),
        (1_501, Some("1.5 s, the limit 1.5 s")),
        (60_000, Some("60.0 s")),
    ];
    for (age, words) in cases {
        let mut world = world();
        world.marks.begun(Mark(1), world.now - MS * age);
        holds(&world, verdict::LAG, words);
        world.marks.seen(Mark(1), world.now);
        holds(&world, verdict::LAG, words);
        world.marks.stopped_reading();
        holds(&world, verdict::LAG, None);
    }
}

#[test]
fn a_control_replica() {
    let replica = Address {
        host: "db2".into(),
        port: 3307,
    };
    // What was found, and how long ago. Mark 1 was begun 3 s ago, mark 2 came after it by 0.2 s.
    let cases = [
        (None, Some("db2:3307: not asked yet")),
        (Some((MS * 100, Ok(Mark(2)))), None),
        (
            Some((MS * 100, Ok(Mark(1)))),
            Some("db2:3307: lag 2.7 s, the limit 1.5 s"),
        ),
        (Some((MS * 1_900, Ok(Mark(1)))), None),
        (Some((MS * 100, Ok(Mark(0)))), Some("lag 2.9 s")),
        (Some((MS * 2_100, Ok(Mark(2)))), Some("no answer for 2.1 s")),
        (
            Some((MS, Err("it does not replicate"))),
            Some("db2:3307: it does not replicate"),
        ),
    ];
    for (found, words) in cases {
        let mut world = world();
        world.knobs.control_replicas = vec![replica.clone()];
        for (mark, age) in [(Mark(1), 3_000), (Mark(2), 2_800)] {
            world.marks.begun(mark, world.now - MS * age);
        }
        // The inspected server itself is not late.
        world.marks.stopped_reading();
        if let Some((age, found)) = found {
            let reading = world.reading(age, found);
            world.readings.replicas.insert(replica.clone(), reading);
        }
        holds(&world, verdict::CONTROL_REPLICA, words);
    }
}

#[test]
fn a_status_variable() {
    let mut world = world();
    world.knobs.max_load = Thresholds::parse("Threads_running=25").expect("a list");
    holds(&world, verdict::MAX_LOAD, Some("not asked yet"));
    for (running, words) in [
        (24, None),
        (25, Some("Threads_running is 25, the limit 25")),
        (90, Some("is 90")),
    ] {
        world.threads(running);
        holds(&world, verdict::MAX_LOAD, words);
    }
    world.threads(1);
    world.now += MS * 6_000;
    holds(&world, verdict::MAX_LOAD, Some("no answer for 6.0 s"));
    world.readings.load = Some(world.reading(MS, Ok([].into())));
    holds(&world, verdict::MAX_LOAD, Some("Threads_running: not known yet"));
    world.readings.load = Some(world.reading(MS, Err("error 1040: Too many connections")));
    holds(&world, verdict::MAX_LOAD, Some("error 1040"));
}

#[test]
fn a_query() {
    let mut world = world();
    world.knobs.throttle_query = Some("SELECT 0".into());
    holds(&world, verdict::QUERY, Some("not asked yet"));
    let cases = [
        (MS, Ok(0.0), None),
        (MS, Ok(-1.0), None),
        (MS, Ok(0.5), Some("gives 0.5")),
        (MS, Err("error 1146: no table"), Some("error 1146")),
        (MS * 9_000, Ok(0.0), Some("no answer for 9.0 s")),
    ];
    for (age, found, words) in cases {
        world.readings.query = Some(("SELECT 0".into(), world.reading(age, found)));
        holds(&world, verdict::QUERY, words);
    }
    world.readings.query = Some(("SELECT 1".into(), world.reading(MS, Ok(0.0))));
    holds(&world, verdict::QUERY, Some("not asked yet"));
}

#[test]
fn a_url() {
    let url = "http://user:secret@host/";
    // Whether silence counts, what was found, and what follows.
    let cases = [
        (false, MS, Ok(200), None),
        (true, MS, Ok(204), Some("the answer is 204")),
        (false, MS, Ok(503), Some("the answer is 503")),
        (false, MS, Err("no answer: refused"), Some("refused")),
        (true, MS, Err("no answer: refused"), None),
        (true, MS * 60_000, Ok(200), Some("no answer for 60.0 s")),
    ];
    for (ignore, age, found, words) in cases {
        let mut world = world();
        world.limits.ignore_http_errors = ignore;
        world.knobs.throttle_http = Some(url.into());
        holds(&world, verdict::HTTP, Some("not asked yet"));
        world.readings.http = Some((url.into(), world.reading(age, found)));
        holds(&world, verdict::HTTP, words);
        world.readings.http = Some(("http://other/".into(), world.reading(MS, Ok(200))));
        holds(&world, verdict::HTTP, Some("not asked yet"));
    }
}

/// A run whose load is critical from 80 threads on.
fn loaded(interval: Duration, hibernate: Duration) -> (World, Critical) {
    let mut world = world();
    world.knobs.critical_load = Thresholds::parse("Threads_running=80").expect("a list");
    world.limits.critical_load_interval = interval;
    world.limits.critical_load_hibernate = hibernate;
    world.threads(79);
    (world, Critical::default())
}

/// So much later there is another reading.
fn later(world: &mut World, time: Duration, running: u64) {
    world.now += time;
    world.threads(running);
}

fn rests(load: &Load, words: &str) -> bool {
    matches!(load, Load::Rests(reason) if reason.name == verdict::CRITICAL_LOAD && reason.text.contains(words))
}

#[test]
fn a_critical_load_ends_the_run() {
    let (mut world, mut critical) = loaded(Duration::ZERO, Duration::ZERO);
    assert_eq!(critical.look(&world.view()), Load::Fine);
    later(&mut world, MS * 1_000, 80);
    let ends = critical.look(&world.view());
    assert_eq!(ends, Load::Ends("Threads_running is 80, the limit 80".into()));
}

#[test]
fn a_critical_load_is_looked_at_twice_where_that_is_wanted() {
    let (mut world, mut critical) = loaded(MS * 2_000, Duration::ZERO);
    later(&mut world, MS * 1_000, 99);
    assert!(rests(&critical.look(&world.view()), "once more"));
    later(&mut world, MS * 1_000, 79);
    assert_eq!(critical.look(&world.view()), Load::Fine, "it was a moment's");
    later(&mut world, MS * 1_000, 99);
    assert!(rests(&critical.look(&world.view()), "once more"));
    // Time goes by, and there is no newer reading.
    world.now += MS * 2_500;
    assert!(rests(&critical.look(&world.view()), "once more"));
    later(&mut world, MS * 100, 98);
    assert!(matches!(critical.look(&world.view()), Load::Ends(_)));
}

#[test]
fn a_critical_load_lets_the_run_sleep_where_that_is_wanted() {
    let (mut world, mut critical) = loaded(Duration::ZERO, MS * 60_000);
    later(&mut world, MS * 1_000, 99);
    assert!(rests(&critical.look(&world.view()), "asleep for 60 s"));
    later(&mut world, MS * 59_000, 1);
    assert!(rests(&critical.look(&world.view()), "asleep for another 2 s"));
    later(&mut world, MS * 1_000, 99);
    assert!(
        rests(&critical.look(&world.view()), "asleep for 60 s"),
        "and again"
    );
    later(&mut world, MS * 60_000, 1);
    assert_eq!(critical.look(&world.view()), Load::Fine);
}

#[test]
fn a_load_that_is_not_known_ends_nothing_and_holds_the_run_back() {
    let (mut world, mut critical) = loaded(Duration::ZERO, Duration::ZERO);
    world.readings.load = None;
    assert!(rests(&critical.look(&world.view()), "not asked yet"));
}

#[test]
fn readings_are_complete_when_everything_was_asked() {
    let mut world = world();
    let complete = |world: &World| world.readings.are_complete(&world.knobs, &world.limits);
    assert!(complete(&world));
    world.knobs.throttle_query = Some("SELECT 0".into());
    world.limits.flag_files = vec!["/run/flag".into()];
    world.readings.query = Some(("SELECT 0".into(), world.reading(MS, Err("unknown"))));
    assert!(!complete(&world));
    let there = world.reading(MS, Ok(true));
    world.readings.files.insert("/run/flag".into(), there);
    assert!(complete(&world));
    assert!(world.readings.is_there("/run/flag".as_ref()));
}
