//! A network that is cut in the middle of a statement: a TCP proxy that knows the statement by its text, loses it or its answer, closes the
//! client's side, and keeps the server's open. So the server believes that the session lives, with all its locks.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::support::{Outcome, Server};

const CHUNK_BYTES: usize = 64 << 10;
const LOCK: &str = "LOCK TABLES `";

/// What is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lose {
    /// The server never sees the statement.
    Statement,
    /// The server does it, and its answer does not arrive.
    Answer,
}

/// At which statement.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Text in it.
    pub at: &'static str,
    pub lose: Lose,
}

/// Cuts that are still to come, in order; the first one only counts from LOCK TABLES on.
#[derive(Default)]
struct Plan {
    cuts: Vec<Cut>,
    begun: bool,
    /// The server's sides of connections that were cut.
    kept: Vec<TcpStream>,
}

/// A running proxy.
pub struct Proxy {
    pub port: u16,
    plan: Arc<Mutex<Plan>>,
    _running: JoinSet<()>,
}

impl Proxy {
    pub async fn to(server: &Server, cuts: &[Cut]) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let plan = Arc::new(Mutex::new(Plan {
            cuts: cuts.to_vec(),
            ..Plan::default()
        }));
        let mut running = JoinSet::new();
        running.spawn(accept(
            listener,
            (server.host.clone(), server.port),
            Arc::clone(&plan),
        ));
        Ok(Self {
            port,
            plan,
            _running: running,
        })
    }

    /// Cuts that were never made.
    pub fn left(&self) -> Vec<Cut> {
        self.plan.lock().unwrap().cuts.clone()
    }
}

impl Plan {
    fn cut(&mut self, sent: &[u8]) -> Option<Lose> {
        let holds = |text: &str| sent.windows(text.len()).any(|window| window == text.as_bytes());
        self.begun |= holds(LOCK);
        let first = *self.cuts.first().filter(|_| self.begun)?;
        holds(first.at).then(|| self.cuts.remove(0).lose)
    }
}

async fn accept(listener: TcpListener, target: (String, u16), plan: Arc<Mutex<Plan>>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (target, plan) = (target.clone(), Arc::clone(&plan));
        connections.spawn(async move { carry(client, TcpStream::connect(target).await?, &plan).await });
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, plan: &Mutex<Plan>) -> std::io::Result<()> {
    let (mut up, mut down) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let sent = &up[..read?];
                let cut = plan.lock().unwrap().cut(sent);
                if cut != Some(Lose::Statement) {
                    server.write_all(sent).await?;
                }
                if cut.is_some() {
                    plan.lock().unwrap().kept.push(server);
                    return Ok(());
                }
                if sent.is_empty() {
                    return Ok(());
                }
            }
            read = server.read(&mut down) => {
                let answer = &down[..read?];
                if answer.is_empty() {
                    return Ok(());
                }
                client.write_all(answer).await?;
            }
        }
    }
}
