//! One program as a child process: in a process group of its own, listened to, and ended with everything it started.
//!
//! A program that ends by itself may leave others behind (that is how a hook does slow things); one that is ended takes
//! its whole group with it: SIGTERM, a moment, SIGKILL. If the future is dropped, SIGKILL at once.

use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

/// From SIGTERM to SIGKILL.
const TERM_MS: u64 = 2_000;
/// What is still in the pipe when the program has ended is waited for so long: others may hold it open for ever.
const DRAIN_MS: u64 = 500;
/// Of what a program prints, so much is kept.
const SAID_BYTES_MAX: usize = 16 << 10;
/// A program that somebody is just writing (ETXTBSY) is tried again so often …
const BUSY_RETRIES: u32 = 20;
/// … after so long.
const BUSY_MS: u64 = 50;

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With 0.
    Well,
    /// With another code, or by a signal of somebody else's; in words.
    Badly(String),
    /// It could not be started; why.
    NotStarted(String),
    /// It was ended because its time was over.
    TooLong,
    /// It was ended because the caller wanted to.
    Early,
}

/// A program's end and what it printed, standard output and standard error in one.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) ended: Ended,
    pub(super) said: String,
}

/// Runs a program with no environment but `variables`, for no longer than `limit` and no longer than until `end`.
pub(super) async fn run<E: Future<Output = ()>>(
    program: &Path,
    variables: &[(String, OsString)],
    limit: Duration,
    end: Pin<&mut E>,
) -> Ran {
    let mut said = Said::default();
    let ended = match start(program, variables).await {
        Ok((child, pipe)) => follow(child, pipe, limit, end, &mut said).await,
        Err(error) => Ended::NotStarted(error.to_string()),
    };
    Ran {
        ended,
        said: said.text(),
    }
}

async fn start(program: &Path, variables: &[(String, OsString)]) -> io::Result<(Child, Receiver)> {
    let mut attempt = 0;
    loop {
        match spawn(program, variables) {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && attempt < BUSY_RETRIES => {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(BUSY_MS)).await;
            }
            other => return other,
        }
    }
}

/// Both outputs go into one pipe, so that their lines keep their order.
fn spawn(program: &Path, variables: &[(String, OsString)]) -> io::Result<(Child, Receiver)> {
    let (reader, writer) = io::pipe()?;
    let child = Command::new(program)
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .spawn()?;
    Ok((child, Receiver::from_owned_fd(reader.into())?))
}

async fn follow<E: Future<Output = ()>>(
    mut child: Child,
    mut pipe: Receiver,
    limit: Duration,
    mut end: Pin<&mut E>,
    said: &mut Said,
) -> Ended {
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let over = tokio::time::sleep(limit);
    tokio::pin!(over);
    let mut open = true;
    let early = loop {
        tokio::select! {
            biased;
            () = end.as_mut() => break Ended::Early,
            () = &mut over => break Ended::TooLong,
            more = said.hear(&mut pipe), if open => open = more,
            status = child.wait() => {
                group.leave();
                let _ = tokio::time::timeout(Duration::from_millis(DRAIN_MS), said.hear_out(&mut pipe)).await;
                return match status {
                    Ok(status) if status.success() => Ended::Well,
                    Ok(status) => Ended::Badly(status.to_string()),
                    Err(error) => Ended::Badly(error.to_string()),
                };
            }
        }
    };
    group.signal(Signal::TERM);
    let _ = tokio::time::timeout(Duration::from_millis(TERM_MS), child.wait()).await;
    drop(group);
    let _ = child.wait().await;
    early
}

/// The processes that a program has started, and itself. Dropped, they are killed.
struct Group(Option<Pid>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // An error says that nobody is left.
            let _ = kill_process_group(group, signal);
        }
    }

    /// What is left of them may go on.
    fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// What a program has printed: the beginning, and how much more there was.
#[derive(Default)]
struct Said {
    kept: Vec<u8>,
    dropped: usize,
}

impl Said {
    /// Takes what is there; `false` at the end. Cancel safe.
    async fn hear(&mut self, pipe: &mut Receiver) -> bool {
        let mut bytes = [0; 4096];
        match pipe.read(&mut bytes).await {
            Ok(length) if length > 0 => {
                let room = (SAID_BYTES_MAX - self.kept.len()).min(length);
                self.kept.extend(bytes.iter().take(room));
                self.dropped += length - room;
                true
            }
            _ => false,
        }
    }

    async fn hear_out(&mut self, pipe: &mut Receiver) {
        while self.hear(pipe).await {}
    }

    /// As lines for a log: nothing in them moves a terminal's cursor.
    fn text(self) -> String {
        let plain = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
        let mut text: String = String::from_utf8_lossy(&self.kept).chars().map(plain).collect();
        if self.dropped > 0 {
            text.push_str(&format!("\n… and {} bytes more", self.dropped));
        }
        text
    }
}
