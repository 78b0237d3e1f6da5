//! The primary's replica: to wait for, and to look at.

use mysql_async::prelude::Queryable;

use super::server::Server;
use super::trouble::{Outcome, ensure};

/// A replica that is so far behind is stuck.
const BEHIND_SECONDS_MAX: u64 = 60;

/// Waits until the replica has applied everything that the primary has committed by now.
#[allow(dead_code, reason = "not every test needs the replica")]
pub async fn caught_up(primary: &Server, replica: &Server) -> Outcome {
    let mut conn = primary.connect().await?;
    let done: Option<String> = conn.query_first("SELECT @@GLOBAL.gtid_executed").await?;
    let mut conn = replica.connect().await?;
    let late: Option<u64> = conn
        .exec_first(
            "SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)",
            (done.unwrap_or_default(), BEHIND_SECONDS_MAX),
        )
        .await?;
    ensure(late == Some(0), || {
        format!("the replica is not where the primary was {BEHIND_SECONDS_MAX} s ago")
    })
}
