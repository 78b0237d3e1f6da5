//! Connections: one line in, one answer out, then it is closed, as gh-ost does.
//!
//! One task of the run's serves all of them, so dropping it ends them. Each limit below is there so that connections which
//! send garbage, or nothing, cost the run nothing and keep no operator out: when all places are taken, whoever
//! has been silent for longest must go.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    Request,
    answer::Answer,
    command::{Order, split_json},
    socket::{self, SocketFile},
};
use crate::{config::Control, error::Failure, tasks::Jobs};

/// Connections at a time.
const CONNECTIONS_MAX: usize = 64;
/// Bytes of a line; a throttle query may be long.
const LINE_BYTES_MAX: usize = 16 << 10;
/// How long a line may take: somebody may be typing it.
const LINE_SECONDS_MAX: u64 = 60;
/// As long as this nobody is sent away, so that a script's line has time to arrive.
const SILENT_MS_MIN: u64 = 1_000;
/// How long the run may take to answer: the swap waits for its lock for ten seconds and holds it for thirty, at most.
const ANSWER_SECONDS_MAX: u64 = 60;
/// How long sending an answer may take.
const SEND_SECONDS_MAX: u64 = 5;
/// What the other side still sends is read for so long: closing on unread bytes would take our answer away from it.
const DRAIN_MS_MAX: u64 = 300;
/// After a failure to accept (no file descriptors), the next attempt waits.
const ACCEPT_PAUSE_MS: u64 = 200;
/// At the end of a run, answers under way have so long.
const CLOSE_MS_MAX: u64 = 1_000;

/// Sockets that are bound and not yet served. Connections wait.
#[derive(Debug)]
pub struct Listening {
    unix: UnixListener,
    tcp: Option<TcpListener>,
    file: SocketFile,
}

/// The task that serves, and the socket's file.
pub struct Service {
    jobs: Jobs<()>,
    stop: Option<oneshot::Sender<()>>,
    _file: SocketFile,
}

impl Listening {
    /// Binds the Unix socket, and TCP where it is asked for.
    pub async fn open(control: &Control, schema: &str, table: &str) -> Result<Self, Failure> {
        let (unix, file) = socket::listen(control, schema, table).await?;
        let tcp = socket::listen_tcp(control).await?;
        tracing::info!("commands are taken on the Unix socket {}", file.path().display());
        if let Some(address) = tcp.as_ref().and_then(|tcp| tcp.local_addr().ok()) {
            tracing::info!("commands are taken on TCP {address}");
        }
        Ok(Self { unix, tcp, file })
    }

    /// The Unix socket.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The TCP address.
    pub fn tcp(&self) -> Option<SocketAddr> {
        self.tcp.as_ref().and_then(|tcp| tcp.local_addr().ok())
    }

    /// Begins to serve. Orders come out of the receiver; dropping that tells whoever asks that the run has ended.
    pub fn serve(self) -> (Service, mpsc::Receiver<Request>) {
        let (requests, orders) = mpsc::channel(CONNECTIONS_MAX);
        let (stop, stopped) = oneshot::channel();
        let mut jobs = Jobs::default();
        jobs.start(serve(self.unix, self.tcp, requests, stopped));
        let service = Service {
            jobs,
            stop: Some(stop),
            _file: self.file,
        };
        (service, orders)
    }
}

impl Service {
    /// No more connections; answers under way are sent. The file goes.
    pub async fn close(mut self) {
        drop(self.stop.take());
        let ended = timeout(Duration::from_millis(CLOSE_MS_MAX), self.jobs.next()).await;
        if ended.is_err() {
            tracing::debug!("control connections were cut at the end of the run");
        }
    }
}

/// A connection that has not yet sent its line. When it has, `leave` is closed.
struct Silent {
    since: Instant,
    leave: oneshot::Sender<()>,
}

async fn serve(
    unix: UnixListener,
    tcp: Option<TcpListener>,
    requests: mpsc::Sender<Request>,
    stopped: oneshot::Receiver<()>,
) {
    let mut stopped = pin!(stopped);
    let mut guests: FuturesUnordered<BoxFuture<'static, ()>> = FuturesUnordered::new();
    let mut silent: VecDeque<Silent> = VecDeque::new();
    loop {
        silent.retain(|guest| !guest.leave.is_closed());
        let full = guests.len() >= CONNECTIONS_MAX;
        let oldest = silent.front().filter(|_| full).map(|guest| guest.since);
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(()) = guests.next() => {}
            () = patience(oldest), if oldest.is_some() => {
                silent.pop_front().map(|guest| guest.leave.send(()));
            }
            stream = accept(&unix, tcp.as_ref()), if !full => {
                let (leave, left) = oneshot::channel();
                silent.push_back(Silent { since: Instant::now(), leave });
                guests.push(Box::pin(attend(stream, left, requests.clone())));
            }
        }
    }
    // Whoever has said nothing has nothing to hear.
    drop(silent);
    while guests.next().await.is_some() {}
}

/// Until the oldest silent connection may be sent away.
async fn patience(since: Option<Instant>) {
    match since {
        Some(since) => sleep_until(since + Duration::from_millis(SILENT_MS_MIN)).await,
        None => std::future::pending().await,
    }
}

/// Both ways.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The next connection of either kind.
async fn accept(unix: &UnixListener, tcp: Option<&TcpListener>) -> Box<dyn Stream> {
    loop {
        let tcp = async {
            match tcp {
                Some(tcp) => tcp.accept().await,
                None => std::future::pending().await,
            }
        };
        let accepted = tokio::select! {
            accepted = unix.accept() => accepted.map(|(stream, _)| Box::new(stream) as Box<dyn Stream>),
            accepted = tcp => accepted.map(|(stream, _)| Box::new(stream) as Box<dyn Stream>),
        };
        match accepted {
            Ok(stream) => return stream,
            Err(error) => {
                tracing::debug!("a control connection could not be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
            }
        }
    }
}

/// One connection from its first byte to its end.
async fn attend(mut stream: Box<dyn Stream>, left: oneshot::Receiver<()>, requests: mpsc::Sender<Request>) {
    let said = tokio::select! {
        said = timeout(Duration::from_secs(LINE_SECONDS_MAX), line(&mut stream)) => said.ok().flatten(),
        _ = left => None,
    };
    let Some(said) = said else {
        return;
    };
    let text = match said {
        Ok(line) => ask(&line, &requests).await,
        Err(TooLong) => {
            Answer::refused(
                "",
                format!("a command is one line of at most {LINE_BYTES_MAX} bytes"),
            )
            .text
        }
    };
    let limit = Duration::from_secs(SEND_SECONDS_MAX);
    if matches!(timeout(limit, send(&mut stream, &text)).await, Ok(Ok(()))) {
        let _ = timeout(Duration::from_millis(DRAIN_MS_MAX), drain(&mut stream)).await;
    }
}

struct TooLong;

/// The first line; the end of what is sent ends it too. `None`: nothing was sent.
async fn line(stream: &mut (impl AsyncRead + Unpin)) -> Option<Result<String, TooLong>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 1_024];
    loop {
        let read = stream.read(&mut piece).await.ok()?;
        let new = piece.get(..read).unwrap_or_default();
        let end = new.iter().position(|byte| *byte == b'\n');
        bytes.extend_from_slice(new.get(..end.unwrap_or(read)).unwrap_or_default());
        if bytes.len() > LINE_BYTES_MAX {
            return Some(Err(TooLong));
        }
        if end.is_some() || (read == 0 && !bytes.is_empty()) {
            return Some(Ok(String::from_utf8_lossy(&bytes).into_owned()));
        }
        if read == 0 {
            return None;
        }
    }
}

/// What is no command is answered at once; a command goes to the run.
async fn ask(line: &str, requests: &mpsc::Sender<Request>) -> String {
    let (json, text) = split_json(line);
    let answer = match Order::read(line) {
        Ok(order) => ordered(order, requests).await,
        Err(why) => Answer::refused(text, why),
    };
    answer.rendered(json)
}

async fn ordered(order: Order, requests: &mpsc::Sender<Request>) -> Answer {
    let name = order.name.clone();
    let (reply, answer) = oneshot::channel();
    let asked = async {
        requests.send(Request { order, reply }).await.ok()?;
        answer.await.ok()
    };
    match timeout(Duration::from_secs(ANSWER_SECONDS_MAX), asked).await {
        Ok(Some(answer)) => answer,
        Ok(None) => Answer::refused(&name, "the run has ended".to_owned()),
        Err(_) => Answer::refused(
            &name,
            format!(
                "no answer within {ANSWER_SECONDS_MAX} s; the command may still be carried out: ask for status"
            ),
        ),
    }
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), text: &str) -> std::io::Result<()> {
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

async fn drain(stream: &mut (impl AsyncRead + Unpin)) {
    let mut piece = [0; 1_024];
    while matches!(stream.read(&mut piece).await, Ok(read) if read > 0) {}
}
