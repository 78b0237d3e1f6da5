//! A program as a child process, measured from outside: time, CPU and memory as the kernel's books have them.
//!
//! A child that has ended stays in `/proc` with its CPU times until it is waited for, so the last look is exact; its
//! peak of memory is the last one seen while it lived, a few milliseconds before.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

use crate::Outcome;

const LOOK: Duration = Duration::from_millis(4);
/// Linux's USER_HZ, the unit of /proc/PID/stat; it is 100 on every architecture that Rust and MySQL meet on.
const TICKS_PER_SECOND: f64 = 100.0;
/// After a polite signal, so long until the rude one.
const GRACE: Duration = Duration::from_secs(15);

/// Process groups of the children that run now.
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A running child and what it has used so far.
pub struct Process {
    child: Child,
    started: Instant,
    took: Duration,
    cpu: Duration,
    rss_kib: u64,
    output: PathBuf,
}

/// What a child came to.
#[derive(Clone, Debug)]
pub struct Ended {
    pub ok: bool,
    /// It was still running at its limit, and was ended.
    pub overran: bool,
    pub took: Duration,
    /// User and system time of this process, without those of its own children.
    pub cpu: Duration,
    pub rss_kib: u64,
    pub output: PathBuf,
}

impl Process {
    /// Standard output and error go to one file.
    pub fn start(command: &mut Command, output: PathBuf) -> Outcome<Self> {
        let file = File::create(&output)?;
        let started = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot start {:?}: {error}", command.get_program()))?;
        groups().push(child.id());
        let (took, cpu, rss_kib) = (Duration::ZERO, Duration::ZERO, 0);
        Ok(Self {
            child,
            started,
            took,
            cpu,
            rss_kib,
            output,
        })
    }

    pub fn output(&self) -> &Path {
        &self.output
    }

    /// Looks at its books. False once it has ended.
    pub fn is_running(&mut self) -> bool {
        let proc = PathBuf::from(format!("/proc/{}", self.child.id()));
        let stat = std::fs::read_to_string(proc.join("stat")).unwrap_or_default();
        self.took = self.started.elapsed();
        let (runs, cpu) = state_and_cpu(&stat);
        self.cpu = self.cpu.max(cpu);
        if let Ok(status) = std::fs::read_to_string(proc.join("status")) {
            self.rss_kib = self.rss_kib.max(peak_kib(&status));
        }
        runs
    }

    /// Until it ends, or until it has run so long all in all and is made to.
    pub fn wait(mut self, limit: Duration) -> Outcome<Ended> {
        while self.is_running() && self.started.elapsed() < limit {
            thread::sleep(LOOK);
        }
        let overran = self.is_running();
        if overran {
            self.end();
        }
        let status = self.child.wait()?;
        let Self {
            took,
            cpu,
            rss_kib,
            ref output,
            ..
        } = self;
        Ok(Ended {
            ok: status.success(),
            overran,
            took,
            cpu,
            rss_kib,
            output: output.clone(),
        })
    }

    fn end(&mut self) {
        kill("TERM", self.child.id());
        let until = Instant::now() + GRACE;
        while self.is_running() && Instant::now() < until {
            thread::sleep(LOOK);
        }
        kill("KILL", self.child.id());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            self.end();
            let _ = self.child.wait();
        }
        groups().retain(|group| *group != self.child.id());
    }
}

/// The third field is the state, the 14th and 15th are ticks; the second, in parentheses, may hold blanks.
fn state_and_cpu(stat: &str) -> (bool, Duration) {
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |place: usize| {
        fields
            .get(place)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    let runs = fields.first().is_some_and(|state| !matches!(*state, "Z" | "X"));
    (
        runs,
        Duration::from_secs_f64((ticks(11) + ticks(12)) / TICKS_PER_SECOND),
    )
}

fn peak_kib(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Nobody who is interrupted leaves a load or a peer behind.
#[expect(clippy::disallowed_methods, reason = "it lives as long as the program")]
pub fn end_children_on_signals() {
    thread::spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return;
        };
        runtime.block_on(interrupted());
        groups().iter().for_each(|group| kill("TERM", *group));
        std::process::exit(130);
    });
}

async fn interrupted() {
    let signals = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let [Ok(mut int), Ok(mut term), Ok(mut hup)] = signals.map(signal) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
        _ = hup.recv() => {}
    }
}

fn groups() -> std::sync::MutexGuard<'static, Vec<u32>> {
    GROUPS.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A signal to a whole process group: a peer runs behind a shell.
fn kill(signal: &str, group: u32) {
    let _ = Command::new("kill")
        .args([&format!("-{signal}"), "--", &format!("-{group}")])
        .stderr(Stdio::null())
        .status();
}
