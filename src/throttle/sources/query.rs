//! The throttle query, on the server where rows are written.

use std::time::{Duration, Instant};

use super::{
    Board, Source,
    seat::{Seat, in_time, said},
};
use crate::{
    knobs::Knobs,
    mysql::{Row, Sessions},
    throttle::readings::Reading,
};

const PERIOD: Duration = Duration::from_secs(1);

/// Asks what the knobs say.
pub(super) struct Query(Seat);

impl Query {
    /// As in gh-ost, the query may name tables of the altered table's schema without it.
    pub(super) fn new(sessions: &Sessions, schema: &str) -> Self {
        Self(Seat::new(sessions.clone()).within(schema))
    }

    async fn answer(&mut self, query: &str) -> Result<f64, String> {
        let row = self.0.session().await?.one(query).await.map_err(said)?;
        number(row.as_ref())
    }
}

/// The first column of the first row.
fn number(row: Option<&Row>) -> Result<f64, String> {
    let row = row.ok_or("the query gives no row")?;
    let text = row.text(0).ok_or("the query gives NULL")?;
    let number = text.parse().ok().filter(|number: &f64| !number.is_nan());
    number.ok_or_else(|| format!("the query gives {text:?}, which is no number"))
}

impl Source for Query {
    fn period(&self) -> Duration {
        PERIOD
    }

    async fn ask(&mut self, knobs: &Knobs, board: &Board) {
        let Some(query) = &knobs.throttle_query else {
            return board.send_modify(|readings| readings.query = None);
        };
        let at = Instant::now();
        let found = in_time(self.answer(query)).await;
        if found.is_err() {
            self.0.leave().await;
        }
        board.send_modify(|readings| readings.query = Some((query.clone(), Reading { at, found })));
    }

    async fn close(mut self) {
        self.0.leave().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_column_is_a_number_or_not_known() {
        let row = |text: Option<&str>| Row(vec![text.map(|text| text.as_bytes().to_vec())]);
        for (text, value) in [("0", 0.0), ("3", 3.0), ("0.50", 0.5), ("-1", -1.0)] {
            assert_eq!(number(Some(&row(Some(text)))), Ok(value));
        }
        for unknown in [
            None,
            Some(row(None)),
            Some(row(Some("yes"))),
            Some(row(Some("NaN"))),
        ] {
            assert!(number(unknown.as_ref()).is_err(), "{unknown:?}");
        }
    }
}
