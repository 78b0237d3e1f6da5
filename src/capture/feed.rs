//! From the decoding thread to the run: a bounded channel, so that a run that must not take more keys stops the reading.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use tokio::sync::Notify;

use super::Captured;

/// Batches under way between the two sides. One is what a rows event held: at most some thousand keys.
const BATCHES_MAX: usize = 64;

/// The decoding thread's end.
pub struct Feeder {
    sender: Sender<Vec<Captured>>,
    fed: Arc<Notify>,
    deaf: Arc<Notify>,
}

/// The run's end.
pub struct Feed {
    receiver: Receiver<Vec<Captured>>,
    fed: Arc<Notify>,
    deaf: Arc<Notify>,
}

/// The run does not listen any more: it is ending.
#[derive(Debug)]
pub struct Deaf;

/// Both ends.
pub fn channel() -> (Feeder, Feed) {
    let (sender, receiver) = crossbeam_channel::bounded(BATCHES_MAX);
    let (fed, deaf) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let feeder = Feeder {
        sender,
        fed: Arc::clone(&fed),
        deaf: Arc::clone(&deaf),
    };
    (feeder, Feed { receiver, fed, deaf })
}

impl Feeder {
    /// Hands a batch over; blocks the thread while the channel is full.
    pub fn send(&self, batch: Vec<Captured>) -> Result<(), Deaf> {
        self.sender.send(batch).map_err(|_| Deaf)?;
        self.fed.notify_one();
        Ok(())
    }

    /// Waits until the run does not listen any more.
    pub async fn deafened(&self) {
        self.deaf.notified().await;
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.fed.notify_one();
    }
}

impl Feed {
    /// The next batch; `None` when the thread has ended. Cancel safe.
    pub async fn next(&self) -> Option<Vec<Captured>> {
        loop {
            match self.receiver.try_recv() {
                Ok(batch) => return Some(batch),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => self.fed.notified().await,
            }
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.deaf.notify_one();
    }
}
