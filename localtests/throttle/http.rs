//! A URL that is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::place::Place;
use crate::story::{Story, Switch, server};
use crate::support::Outcome;

/// Says nothing and hangs up.
const SILENCE: u16 = 0;

/// Answers HEAD with a status that the test chooses.
struct Site {
    port: u16,
    status: Arc<AtomicU16>,
    /// What is answered while it is switched on.
    bad: u16,
    _running: JoinSet<()>,
}

impl Site {
    async fn open(bad: u16) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let status = Arc::new(AtomicU16::new(200));
        let (mut running, answer) = (JoinSet::new(), Arc::clone(&status));
        running.spawn(async move {
            while let Ok((visitor, _)) = listener.accept().await {
                // A visitor who goes away is none of our business.
                let _ = serve(visitor, answer.load(Ordering::SeqCst)).await;
            }
        });
        Ok(Self {
            port,
            status,
            bad,
            _running: running,
        })
    }

    /// With a password, which nobody may see.
    fn argument(&self) -> String {
        format!("--throttle-http=http://u:secret-1@127.0.0.1:{}/go", self.port)
    }
}

async fn serve(mut visitor: TcpStream, status: u16) -> std::io::Result<()> {
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        if visitor.read_buf(&mut asked).await? == 0 {
            return Ok(());
        }
    }
    let status = match asked.starts_with(b"HEAD /go HTTP/1.1\r\n") {
        true => status,
        false => 400,
    };
    if status == SILENCE {
        return Ok(());
    }
    let answer = format!("HTTP/1.1 {status} Word\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
    visitor.write_all(answer.as_bytes()).await
}

impl Switch for Site {
    async fn on(&mut self) -> Outcome {
        self.status.store(self.bad, Ordering::SeqCst);
        Ok(())
    }

    async fn off(&mut self) -> Outcome {
        self.status.store(200, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_answer_than_200_throttles() -> Outcome {
    let mut site = Site::open(503).await?;
    let args = [&site.argument(), "--ignore-http-errors"];
    let args = args.map(String::from);
    let story = Story::new("http").await?.hides("secret-1");
    story
        .tell("throttle-http", &args.each_ref().map(String::as_str), &mut site)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_throttles() -> Outcome {
    let mut site = Site::open(SILENCE).await?;
    let argument = site.argument();
    let story = Story::new("http_silent").await?.hides("secret-1");
    story.tell("throttle-http", &[&argument], &mut site).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_may_be_ignored() -> Outcome {
    let mut site = Site::open(SILENCE).await?;
    site.on().await?;
    let place = Place::new(&server().await?, "throttle_http_ignored", 100, 50).await?;
    let weather = place.weather();
    let tool = place.alter(&[&site.argument(), "--ignore-http-errors"])?;
    place.ended_well(&tool.finish().await?, weather).await.map(drop)
}
