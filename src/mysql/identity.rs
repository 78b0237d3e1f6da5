//! Which server process answers: by its UUID and by when it started.

use std::time::{Duration, Instant};

use super::{Session, SqlError};
use crate::error::Failure;

/// The server rounds its uptime to seconds, and both clocks are read at different moments.
const START_SLACK: Duration = Duration::from_secs(5);

/// A server process.
#[derive(Clone, Debug)]
pub struct Identity {
    uuid: String,
    started: Option<Instant>,
}

impl Identity {
    /// The one that a session is on.
    pub async fn of(session: &mut Session) -> Result<Self, SqlError> {
        let uuid = session
            .one("SELECT @@server_uuid")
            .await?
            .and_then(|row| row.text(0))
            .unwrap_or_default();
        let uptime = session
            .one("SHOW GLOBAL STATUS LIKE 'Uptime'")
            .await?
            .and_then(|row| row.u64(1))
            .unwrap_or(0);
        Ok(Self {
            uuid,
            started: Instant::now().checked_sub(Duration::from_secs(uptime)),
        })
    }

    /// `server_uuid`.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// The same server, whether or not it has been restarted since.
    #[must_use]
    pub fn any_process(self) -> Self {
        Self {
            started: None,
            ..self
        }
    }

    /// Fails if another server or another process of it answers now.
    pub fn check(&self, now: &Self) -> Result<(), Failure> {
        if self.uuid != now.uuid {
            return Err(Failure::failed("Another server answers under this address now.")
                .detail(format!("server_uuid was {}, and is {}", self.uuid, now.uuid))
                .hint(
                    "Look which server the application uses, drop the helper tables there, and start again.",
                ));
        }
        match (self.started, now.started) {
            (Some(before), Some(now)) if now.saturating_duration_since(before) > START_SLACK => {
                Err(Failure::failed("The server was restarted during the run.")
                    .detail("what was committed shortly before may be lost, in the ghost as elsewhere, if the server is not fully durable")
                    .hint("Start again with --initially-drop-ghost-table."))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(uuid: &str, up: u64) -> Identity {
        let started = Instant::now() + Duration::from_secs(1_000) - Duration::from_secs(up);
        Identity {
            uuid: uuid.to_owned(),
            started: Some(started),
        }
    }

    #[test]
    fn a_restart_and_another_server_are_noticed_and_rounding_is_not() {
        assert!(server("a", 500).check(&server("a", 498)).is_ok());
        assert!(server("a", 500).check(&server("a", 3)).is_err());
        assert!(server("a", 500).check(&server("b", 500)).is_err());
        assert!(server("a", 500).any_process().check(&server("a", 3)).is_ok());
        assert!(server("a", 500).any_process().check(&server("b", 500)).is_err());
    }
}
