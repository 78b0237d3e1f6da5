//! The other end: one command to a run, and its answer, within a limit of time.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// An answer is a few kilobytes; whatever is longer does not come from a run.
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// Why there is no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// Nobody listens there; the command was not sent.
    Nobody(std::io::Error),
    /// The command was sent, or may have been, and no answer came: because of this, or within the limit.
    Silence(Option<std::io::Error>),
}

/// Sends a line and reads until the other side closes.
pub async fn ask(path: &Path, line: &str, limit: Duration) -> Result<String, Unanswered> {
    let talk = async {
        let mut stream = UnixStream::connect(path).await.map_err(Unanswered::Nobody)?;
        let broken = |error| Unanswered::Silence(Some(error));
        stream
            .write_all(format!("{line}\n").as_bytes())
            .await
            .map_err(broken)?;
        let mut answer = Vec::new();
        let mut read = stream.take(ANSWER_BYTES_MAX);
        read.read_to_end(&mut answer).await.map_err(broken)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    match timeout(limit, talk).await {
        Ok(Ok(answer)) if answer.is_empty() => Err(Unanswered::Silence(None)),
        Ok(answered) => answered,
        Err(_) => Err(Unanswered::Silence(None)),
    }
}
