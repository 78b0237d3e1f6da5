//! Lag on control replicas: the sandbox's replica.

use mysql_async::prelude::Queryable;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinSet;

use crate::REFUSED;
use crate::place::{Place, until};
use crate::story::{Lock, Story, Switch, server};
use crate::support::{Outcome, Server, ensure, trouble};

const REASON: &str = "control-replica";

/// One test at a time stops the replica.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

fn replica() -> Outcome<Server> {
    Server::replica_from_env()
}

async fn argument() -> Outcome<String> {
    server().await?;
    Ok(format!(
        "--throttle-control-replicas=127.0.0.1:{}",
        replica()?.port
    ))
}

/// Stops a thread of the replica.
struct Stopped(&'static str);

impl Switch for Stopped {
    async fn on(&mut self) -> Outcome {
        let mut conn = replica()?.connect().await?;
        Ok(conn.query_drop(format!("STOP REPLICA {}", self.0)).await?)
    }

    async fn off(&mut self) -> Outcome {
        let mut conn = replica()?.connect().await?;
        Ok(conn.query_drop("START REPLICA").await?)
    }
}

/// Whatever a failed test left stopped.
async fn started() -> Outcome {
    Stopped("").off().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_whose_applier_is_stopped() -> Outcome {
    let _alone = alone().await;
    let story = Story::new("applier").await?;
    let told = story
        .tell(REASON, &[&argument().await?], &mut Stopped("SQL_THREAD"))
        .await;
    started().await.and(told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_whose_receiver_is_stopped() -> Outcome {
    let _alone = alone().await;
    let story = Story::new("receiver").await?;
    let told = story
        .tell(REASON, &[&argument().await?], &mut Stopped("IO_THREAD"))
        .await;
    started().await.and(told)
}

/// The applier runs, and waits for a lock on the changelog.
struct Late(String, Lock);

impl Switch for Late {
    async fn on(&mut self) -> Outcome {
        let mut conn = replica()?.connect().await?;
        let there = format!(
            "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{}' AND TABLE_NAME = '_t_ghc'",
            self.0
        );
        until::<u64>(&mut conn, "the changelog on the replica", &there).await?;
        self.1.take(conn, &format!("{}._t_ghc", self.0)).await
    }

    async fn off(&mut self) -> Outcome {
        self.1.give_up().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_late() -> Outcome {
    let _alone = alone().await;
    let story = Story::new("late").await?;
    let mut late = Late("swap_throttle_late".to_owned(), Lock::default());
    story
        .tell_when_copied(REASON, &[&argument().await?, "--max-lag-millis=900"], &mut late)
        .await
}

/// A port that takes connections and says nothing; or leads to the replica.
struct Gate {
    listener: Option<TcpListener>,
    port: u16,
    _running: JoinSet<()>,
}

impl Gate {
    async fn new() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        Ok(Self {
            listener: Some(listener),
            port,
            _running: JoinSet::new(),
        })
    }

    fn open(&mut self) -> Outcome {
        let (listener, to) = (self.listener.take(), replica()?.port);
        let listener = listener.ok_or_else(|| trouble("the gate is open"))?;
        self._running.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((mut visitor, _)) = listener.accept().await {
                open.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", to)).await {
                        let _ = copy_bidirectional(&mut visitor, &mut server).await;
                    }
                });
            }
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_cannot_be_reached() -> Outcome {
    let _alone = alone().await;
    server().await?;
    let mut gate = Gate::new().await?;
    let argument = format!("--throttle-control-replicas=127.0.0.1:{}", gate.port);
    let story = Story::new("unreachable").await?;
    let weather = story.weather();
    let (mut tool, mut postponed) = story.start(&[&argument, "--mysql-timeout=1"]).await?;
    crate::story::throttled(&mut tool, REASON, 1).await?;
    postponed.off().await?;
    gate.open()?;
    story.ended_well(tool, weather).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_that_is_written_is_no_control_replica() -> Outcome {
    let server = server().await?;
    let place = Place::new(&server, "throttle_itself", 10, 0).await?;
    let argument = format!("--throttle-control-replicas=127.0.0.1:{}", server.port);
    let finished = place.alter(&[&argument])?.finish().await?;
    let said = finished
        .output
        .contains("is not a replica of the server where rows are written");
    ensure(finished.code == REFUSED && said, || finished.output.clone())?;
    place.source_is_as_it_was().await?;
    let left: Vec<String> = place.conn().await?.query("SHOW TABLES").await?;
    ensure(left == ["t"], || format!("{left:?} are left"))
}
