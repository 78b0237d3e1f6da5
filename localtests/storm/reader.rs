//! A session that reads ranges of the key, as an application's pages do. It owns no rows: all it wants is an answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::model::first_given_id;
use super::stats::Stats;
use super::{Storm, Watch};

const ROWS_PER_READ: u64 = 50;
/// A reader is a guest: one read in this time.
const PAUSE: Duration = Duration::from_millis(5);

/// Read until told to stop.
pub async fn run(storm: Arc<Storm>, number: u64, watch: Watch, started: Instant) -> Stats {
    let mut stats = Stats::new(started);
    let mut conn = match Conn::new(storm.session()).await {
        Ok(conn) => conn,
        Err(error) => {
            stats.error(error.to_string());
            return stats;
        }
    };
    let mut rng = StdRng::seed_from_u64(storm.seed.wrapping_add(number));
    while !*watch.stop.borrow() {
        let from = storm
            .kind
            .is(rng.random_range(0..first_given_id(storm.rows)), 0)
            .replacen('=', ">=", 1);
        let sql = format!(
            "SELECT {} FROM {} WHERE {from} LIMIT {ROWS_PER_READ}",
            storm.kind.columns(),
            storm.table
        );
        let sent = Instant::now();
        if let Err(error) = conn.query::<Row, _>(&sql).await {
            stats.error(format!("{error}: {sql}"));
        }
        stats.statement(sent, &sql);
        stats.reads += 1;
        tokio::time::sleep(PAUSE).await;
    }
    let _ = conn.disconnect().await;
    stats
}
