//! A URL that says whether to go on: a HEAD request, its status code.

use std::time::{Duration, Instant};

use ureq::{Agent, Error};

use super::{Board, Source};
use crate::{knobs::Knobs, tasks, throttle::readings::Reading};

/// An answer is waited for this long at least.
const TIMEOUT_MIN: Duration = Duration::from_millis(1);

/// Asks the URL that the knobs name.
pub(super) struct Http {
    agent: Agent,
    interval: Duration,
}

impl Http {
    pub(super) fn new(interval: Duration, timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Looking up the name, connecting and redirects are in it.
            .timeout_global(Some(timeout.max(TIMEOUT_MIN)))
            .user_agent(concat!("ghost-rs/", env!("CARGO_PKG_VERSION")));
        let agent = config.build().into();
        Self { agent, interval }
    }
}

impl Source for Http {
    fn period(&self) -> Duration {
        self.interval
    }

    async fn ask(&mut self, knobs: &Knobs, board: &Board) {
        let Some(url) = &knobs.throttle_http else {
            return board.send_modify(|readings| readings.http = None);
        };
        let at = Instant::now();
        let (agent, asked) = (self.agent.clone(), url.clone());
        let answer = tasks::blocking(move || status(&agent, &asked)).await;
        let found = answer.and_then(|status| status);
        board.send_modify(|readings| readings.http = Some((url.clone(), Reading { at, found })));
    }

    async fn close(self) {}
}

/// The answer's status code.
fn status(agent: &Agent, url: &str) -> Result<u16, String> {
    let answer = agent.head(url).call();
    answer
        .map(|answer| answer.status().as_u16())
        .map_err(|error| why(&error))
}

/// Why there is no answer. The URL may hold a password, so it is not repeated.
fn why(error: &Error) -> String {
    match error {
        Error::BadUri(_) | Error::Http(_) => "this is not a URL that can be asked".to_owned(),
        other => format!("no answer: {other}"),
    }
}
