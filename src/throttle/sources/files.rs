//! Whether flag files and the panic file are there.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Board, Source, seat::in_time};
use crate::{knobs::Knobs, throttle::readings::Reading};

const PERIOD: Duration = Duration::from_millis(200);

/// The files of a run; they stay the same.
pub(super) struct Files(Vec<PathBuf>);

impl Files {
    pub(super) fn new(files: Vec<PathBuf>) -> Self {
        Self(files)
    }
}

impl Source for Files {
    fn period(&self) -> Duration {
        PERIOD
    }

    async fn ask(&mut self, _: &Knobs, board: &Board) {
        for file in &self.0 {
            let at = Instant::now();
            let answer = async {
                tokio::fs::try_exists(file)
                    .await
                    .map_err(|error| error.to_string())
            };
            let found = in_time(answer).await;
            board.send_modify(|readings| drop(readings.files.insert(file.clone(), Reading { at, found })));
        }
    }

    async fn close(self) {}
}
