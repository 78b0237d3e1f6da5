//! The tasks that find things out: each asks one thing at its period, and posts the answer or why there is none.
//!
//! A question has a time limit, and what is asked of a server is ended there as well, so that nothing piles up on a
//! server that is slow already. A session that failed or was left waiting is closed, and a new one is opened for the
//! next question. What an answer means is `verdict`'s business.

mod files;
mod http;
mod load;
mod query;
mod replicas;
mod seat;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{admission::Peers, readings::Readings};
use crate::{config::Throttling, knobs::Knobs, mysql::Sessions, tasks::Jobs};

/// The sources end within this after they were told to.
const END_MAX: Duration = Duration::from_secs(8);

/// What sources need of the world.
pub struct Outside {
    /// Sessions on the server where rows are written.
    pub primary: Sessions,
    /// How control replicas are reached and known.
    pub peers: Peers,
    /// What an operator may change.
    pub knobs: watch::Receiver<Knobs>,
    /// What stays.
    pub limits: Throttling,
    /// The file that ends the run.
    pub panic_file: Option<PathBuf>,
}

/// Where readings are posted.
type Board = Arc<watch::Sender<Readings>>;

/// Asks one thing. Each question ends within a limit of its own.
trait Source: Send + 'static {
    /// Time between two questions.
    fn period(&self) -> Duration;
    /// Asks, if the knobs want it, and posts the answer.
    fn ask(&mut self, knobs: &Knobs, board: &Board) -> impl Future<Output = ()> + Send;
    /// Closes its sessions.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// All sources of a run.
pub struct Sources {
    jobs: Jobs<()>,
    stop: watch::Sender<bool>,
}

impl Sources {
    /// Starts them.
    pub fn start(outside: Outside, board: watch::Sender<Readings>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut all = Starter {
            jobs: Jobs::default(),
            knobs: outside.knobs,
            board: Arc::new(board),
            stopped,
        };
        let files = outside.limits.flag_files.into_iter().chain(outside.panic_file);
        all.start(files::Files::new(files.collect()));
        all.start(load::Load::new(&outside.primary));
        all.start(query::Query::new(
            &outside.primary,
            &outside.peers.changelog().schema,
        ));
        all.start(replicas::Replicas::new(outside.peers));
        all.start(http::Http::new(
            outside.limits.http_interval,
            outside.limits.http_timeout,
        ));
        Self { jobs: all.jobs, stop }
    }

    /// Ends them. One that does not end in time is left alone: it only reads.
    pub async fn close(mut self) {
        self.stop.send_replace(true);
        let end = async {
            while !self.jobs.is_empty() {
                if let Err(panic) = self.jobs.next().await {
                    tracing::warn!(panic, "a source of readings had ended");
                }
            }
        };
        if tokio::time::timeout(END_MAX, end).await.is_err() {
            tracing::warn!(
                "a question to a server is still under way after {END_MAX:?}; its session is dropped"
            );
        }
    }
}

struct Starter {
    jobs: Jobs<()>,
    knobs: watch::Receiver<Knobs>,
    board: Board,
    stopped: watch::Receiver<bool>,
}

impl Starter {
    fn start(&mut self, source: impl Source) {
        let (knobs, stopped, board) = (self.knobs.clone(), self.stopped.clone(), Arc::clone(&self.board));
        self.jobs.start(ask_on(source, knobs, stopped, board));
    }
}

/// Asks at each period, and at once when a knob was changed, until the end.
async fn ask_on(
    mut source: impl Source,
    mut knobs: watch::Receiver<Knobs>,
    mut stopped: watch::Receiver<bool>,
    board: Board,
) {
    loop {
        let now = knobs.borrow_and_update().clone();
        source.ask(&now, &board).await;
        let go_on = tokio::select! {
            stop = stopped.wait_for(|stopped| *stopped) => { drop(stop); false }
            changed = knobs.changed() => changed.is_ok(),
            () = tokio::time::sleep(source.period()) => true,
        };
        if !go_on {
            return source.close().await;
        }
    }
}
