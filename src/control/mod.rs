//! Commands to a run that is under way, in gh-ost's words: over a Unix socket always, over TCP on request.
//!
//! 1. [`socket`] finds the path, sees to it that nobody else listens there, and binds with mode 0600.
//! 2. [`serve`] reads one line a connection, within limits, and hands it to the run as a [`Request`]. What is no
//!    command is answered right there, so that garbage never reaches the run.
//! 3. [`command`] says what a line means, [`knob`] what a value may be. Both are pure, and nothing is changed unless all of
//!    it is right.
//! 4. The run (`migrate`) does it between two steps of its own, never inside the swap's window, and fills a
//!    [`View`](answer::View), of which [`answer`] makes the text.
//! 5. [`client`] is the other end, for `ghost-rs ctl`.

pub mod answer;
pub mod client;
pub mod command;
pub mod knob;
pub mod reaction;
pub mod serve;
pub mod socket;

use tokio::sync::oneshot;

pub use answer::{About, Answer, Host};
pub use command::{Command, Order};
pub use serve::{Listening, Service};

/// An order that waits for the run.
#[derive(Debug)]
pub struct Request {
    /// What to do.
    pub order: Order,
    /// Where the answer goes. Nobody may be there any more; the order counts all the same.
    pub reply: oneshot::Sender<Answer>,
}
