//! The only place that starts tasks and threads. Each has an owner that waits for its end: none outlives a run.

use std::future::Future;

use tokio::task::JoinSet;

/// The tasks of a run. Dropping it aborts what is left; [`Tasks::join`] waits.
#[derive(Default)]
pub struct Tasks {
    set: JoinSet<()>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Tasks {
    /// Starts a task.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.set.spawn(task);
    }

    /// Starts a thread, with a runtime of its own for one future.
    pub fn spawn_thread<F>(&mut self, name: &str, make: impl FnOnce() -> F + Send + 'static) -> std::io::Result<()>
    where
        F: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || runtime.block_on(make()))?;
        self.threads.push(thread);
        Ok(())
    }

    /// Waits for all tasks and threads. They end by themselves once their channels are closed.
    pub async fn join(mut self) {
        while let Some(ended) = self.set.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task ended abnormally");
            }
        }
        for thread in self.threads {
            if tokio::task::spawn_blocking(move || thread.join()).await.is_err() {
                tracing::error!("a thread ended abnormally");
            }
        }
    }
}
