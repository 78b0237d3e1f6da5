//! Doing a thing again, a little later each time, and not for ever.

use std::time::Duration;

/// Attempts of one job.
const ATTEMPTS_MAX: u32 = 60;
/// The first pause; each is twice the one before.
const PAUSE_MS_FIRST: u64 = 10;
/// The longest pause.
const PAUSE_MS_MAX: u64 = 1_000;

/// Counts attempts and waits between them: about a minute in all.
#[derive(Debug, Default)]
pub struct Retry {
    failed: u32,
}

impl Retry {
    /// Waits until it is time for another attempt; `false` when there have been enough.
    pub async fn again(&mut self) -> bool {
        if self.failed >= ATTEMPTS_MAX {
            return false;
        }
        let pause = (PAUSE_MS_FIRST << self.failed.min(10)).min(PAUSE_MS_MAX);
        self.failed += 1;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        true
    }
}
