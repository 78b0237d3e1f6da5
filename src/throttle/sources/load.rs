//! Status variables of the server where rows are written.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{
    Board, Source,
    seat::{Seat, in_time, said},
};
use crate::{
    knobs::Knobs,
    mysql::{Sessions, catalog},
    throttle::readings::Reading,
};

const PERIOD: Duration = Duration::from_secs(1);

/// Asks for the variables that the knobs name.
pub(super) struct Load(Seat);

impl Load {
    pub(super) fn new(sessions: &Sessions) -> Self {
        Self(Seat::new(sessions.clone()))
    }

    async fn status(&mut self, names: &[&str]) -> Result<BTreeMap<String, u64>, String> {
        let session = self.0.session().await?;
        let values = catalog::status(session, names).await.map_err(said)?;
        let number = |(name, value): (String, String)| Some((name, value.parse().ok()?));
        Ok(values.into_iter().filter_map(number).collect())
    }
}

impl Source for Load {
    fn period(&self) -> Duration {
        PERIOD
    }

    async fn ask(&mut self, knobs: &Knobs, board: &Board) {
        let thresholds = knobs.max_load.0.iter().chain(&knobs.critical_load.0);
        let names: Vec<&str> = thresholds.map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            return;
        }
        let at = Instant::now();
        let found = in_time(self.status(&names)).await;
        if found.is_err() {
            self.0.leave().await;
        }
        board.send_modify(|readings| readings.load = Some(Reading { at, found }));
    }

    async fn close(mut self) {
        self.0.leave().await;
    }
}
