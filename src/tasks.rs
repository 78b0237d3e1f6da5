//! The only place that starts tasks and threads. Each has an owner that waits for its end: none outlives a run.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

/// Jobs of a run: each ends with a result that the run takes note of. Dropping them aborts what is left.
pub struct Jobs<T> {
    set: JoinSet<T>,
}

impl<T: Send + 'static> Default for Jobs<T> {
    fn default() -> Self {
        Self { set: JoinSet::new() }
    }
}

impl<T: Send + 'static> Jobs<T> {
    /// Starts a job.
    pub fn start(&mut self, job: impl Future<Output = T> + Send + 'static) {
        self.set.spawn(job);
    }

    /// The next result. Waits for ever while no job is under way. Cancel safe.
    pub async fn next(&mut self) -> Result<T, String> {
        match self.set.join_next().await {
            Some(ended) => ended.map_err(|error| error.to_string()),
            None => std::future::pending().await,
        }
    }

    /// No job is under way.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}

/// Does work that blocks its thread, away from the threads that serve sessions. The work needs a time limit of its own:
/// a caller that does not wait for the end does not stop it.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| error.to_string())
}

/// A thread with a runtime of its own for one future.
pub struct Thread(std::thread::JoinHandle<()>);

impl Thread {
    /// Starts it.
    pub fn start<F>(name: &str, make: impl FnOnce() -> F + Send + 'static) -> std::io::Result<Self>
    where
        F: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || runtime.block_on(make()))
            .map(Self)
    }

    /// Waits for its end, but no longer than `limit`.
    pub async fn join(self, limit: Duration) {
        let join = tokio::task::spawn_blocking(move || self.0.join().is_ok());
        if !matches!(tokio::time::timeout(limit, join).await, Ok(Ok(true))) {
            tracing::warn!("a thread did not end properly within {limit:?}");
        }
    }
}

/// Asks jobs to end early. Dropping it asks, too.
pub struct Ender(watch::Sender<bool>);

/// What a job looks at to know that it should end.
#[derive(Clone)]
pub struct EndAsked(watch::Receiver<bool>);

impl Default for Ender {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Ender {
    /// For one more job.
    pub fn asked(&self) -> EndAsked {
        EndAsked(self.0.subscribe())
    }

    /// All jobs that have one should end.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }
}

impl EndAsked {
    /// Waits until the job should end. Cancel safe.
    pub async fn asked(mut self) {
        // An error says that the other side is gone.
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}
