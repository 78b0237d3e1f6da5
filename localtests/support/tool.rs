//! `ghost-rs alter` as a child process: started, listened to, waited for with a limit, never left behind.
//!
//! Both pipes are read by threads of their own into one text, in the order in which lines arrive. The pipes' end is the
//! process's end, so nothing here polls.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::server::Server;
use super::trouble::{Outcome, trouble};

/// A run that takes longer hangs.
const RUN_SECONDS_MAX: u64 = 120;

/// What the process has said so far, and how many of its two pipes are still open.
struct Heard {
    text: String,
    open: usize,
}

/// A running ghost-rs.
pub struct Tool {
    /// Where it takes commands.
    socket: PathBuf,
    child: Child,
    heard: watch::Receiver<Heard>,
    started: Instant,
    limit: Duration,
}

/// How a run ended.
pub struct Finished {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output and standard error, as they came.
    pub output: String,
    pub took: Duration,
}

impl Tool {
    /// Start `ghost-rs alter --execute` on a schema of a primary, with `more` after the connection's flags.
    #[allow(dead_code, reason = "not every test works on a primary")]
    pub fn alter(server: &Server, schema: &str, more: &[String]) -> Outcome<Self> {
        Self::alter_with(server, schema, more, &[])
    }

    /// The same, with variables in its environment.
    pub fn alter_with(server: &Server, schema: &str, more: &[String], env: &[(&str, &str)]) -> Outcome<Self> {
        Self::on(server, schema, &[&["--execute".to_owned()], more].concat(), env)
    }

    /// Start `ghost-rs alter` on a schema: on a primary, unless `more` says that the server is a replica.
    #[allow(dead_code, reason = "not every test wants nothing done")]
    pub fn dry_run(server: &Server, schema: &str, more: &[String]) -> Outcome<Self> {
        Self::on(server, schema, more, &[])
    }

    fn on(server: &Server, schema: &str, more: &[String], env: &[(&str, &str)]) -> Outcome<Self> {
        let on_replica = more.iter().any(|arg| arg.ends_with("-on-replica"));
        let here = (!on_replica).then(|| "--allow-on-master".to_owned());
        let args: Vec<String> = here.into_iter().chain(more.iter().cloned()).collect();
        Self::anywhere(server, schema, &args, env)
    }

    /// Start `ghost-rs alter` on a schema, through whatever server it is.
    #[allow(dead_code, reason = "not every test has several servers")]
    pub fn through(server: &Server, schema: &str, more: &[String]) -> Outcome<Self> {
        Self::anywhere(server, schema, more, &[])
    }

    fn anywhere(server: &Server, schema: &str, more: &[String], env: &[(&str, &str)]) -> Outcome<Self> {
        let mut args: Vec<String> = vec!["alter".into()];
        let port = server.port.to_string();
        for (flag, value) in [
            ("host", server.host.as_str()),
            ("port", port.as_str()),
            ("user", server.user.as_str()),
            ("password", server.password.as_str()),
            ("database", schema),
        ] {
            args.push(format!("--{flag}={value}"));
        }
        let socket = own_socket(more);
        args.push(format!("--serve-socket-file={}", socket.display()));
        args.extend_from_slice(more);
        Self::start(&args, env, socket)
    }

    /// Where it takes commands.
    #[allow(dead_code, reason = "not every test talks to a run")]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    fn start(args: &[String], env: &[(&str, &str)], socket: PathBuf) -> Outcome<Self> {
        let program = Self::program();
        let mut child = Command::new(&program)
            .args(args)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| trouble(format!("cannot start {program}: {error}")))?;
        let (tell, heard) = watch::channel(Heard {
            text: String::new(),
            open: 2,
        });
        if let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) {
            listen(out, tell.clone());
            listen(err, tell);
        }
        let limit = Duration::from_secs(RUN_SECONDS_MAX);
        Ok(Self {
            socket,
            child,
            heard,
            started: Instant::now(),
            limit,
        })
    }

    /// The program under test: built by cargo for this test, or the one that `GHOST_RS_BIN` names.
    pub fn program() -> String {
        env::var("GHOST_RS_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_ghost-rs").to_owned())
    }

    /// Wait until the output contains a word; false if the process ended first.
    pub async fn says(&mut self, word: &str) -> Outcome<bool> {
        self.wait(|heard| heard.text.contains(word)).await?;
        Ok(self.heard.borrow().text.contains(word))
    }

    /// Wait until the output contains a word so many times; false if the process ended first.
    #[allow(dead_code, reason = "most tests wait for the first time")]
    pub async fn says_times(&mut self, word: &str, times: usize) -> Outcome<bool> {
        let enough = |heard: &Heard| heard.text.matches(word).count() >= times;
        self.wait(enough).await?;
        Ok(enough(&self.heard.borrow()))
    }

    /// What it has said so far.
    #[allow(dead_code, reason = "for the messages of some tests")]
    pub fn said(&self) -> String {
        self.heard.borrow().text.clone()
    }

    /// Send a signal, named without SIG.
    #[allow(dead_code, reason = "not every test stops a run")]
    pub fn signal(&self, name: &str) -> Outcome {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()?;
        super::trouble::ensure(sent.success(), || format!("no process to send SIG{name} to"))
    }

    /// Wait for the end.
    pub async fn finish(mut self) -> Outcome<Finished> {
        self.wait(|_| false).await?;
        let status = self.child.wait()?;
        let output = self.heard.borrow().text.clone();
        Ok(Finished {
            code: status.code(),
            output,
            took: self.started.elapsed(),
        })
    }

    /// Wait for something in the output or for the end, whichever comes first.
    async fn wait(&mut self, enough: impl Fn(&Heard) -> bool) -> Outcome {
        let left = self.limit.saturating_sub(self.started.elapsed());
        let waited = self.heard.wait_for(|heard| heard.open == 0 || enough(heard));
        if tokio::time::timeout(left, waited).await.is_ok() {
            return Ok(());
        }
        let text = self.heard.borrow().text.clone();
        Err(trouble(format!(
            "ghost-rs has not ended after {} s; it said:\n{text}",
            self.limit.as_secs()
        )))
    }
}

impl Drop for Tool {
    /// A failed test must not leave a migration behind. Killing what has ended is harmless.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The one that is asked for, or one that no other test on this machine uses: tables of the same name are altered by
/// several tests at a time, each on a server of its own.
fn own_socket(args: &[String]) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let asked = args
        .iter()
        .rev()
        .find_map(|arg| arg.strip_prefix("--serve-socket-file="));
    asked.map_or_else(
        || {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            env::temp_dir().join(format!("ghost-rs-test-{}-{number}.sock", std::process::id()))
        },
        PathBuf::from,
    )
}

fn listen(pipe: impl Read + Send + 'static, tell: watch::Sender<Heard>) {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test's own thread ends with the pipe that it reads"
    )]
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line), Ok(n) if n > 0) {
            tell.send_modify(|heard| heard.text.push_str(&String::from_utf8_lossy(&line)));
            line.clear();
        }
        tell.send_modify(|heard| heard.open -= 1);
    });
}
