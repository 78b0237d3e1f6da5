//! Which connections are ours: the binlog names the connection that wrote, and what others write into our tables is not
//! to be taken for ours.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The connection ids of all sessions that a run has opened. A server process gives an id only once, so those of closed
/// sessions stay.
#[derive(Clone, Debug, Default)]
pub struct Ours(Arc<Mutex<HashSet<u32>>>);

impl Ours {
    /// From now on this connection is ours. Called before it sends its first statement.
    pub fn add(&self, connection: u32) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(connection);
    }

    /// Whether a connection is one of ours.
    pub fn has(&self, connection: u32) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&connection)
    }
}
