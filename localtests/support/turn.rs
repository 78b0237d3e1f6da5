//! One test run at a time on a server: runs share schema names and set globals. Others wait for their turn.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::server::Server;
use super::trouble::{Outcome, ensure};

const LOCK: &str = "ghost-rs localtests";
const WAIT_SECONDS_MAX: u64 = 900;

/// Wait for the turn; it lasts as long as the session does.
pub async fn turn(server: &Server) -> Outcome<Conn> {
    let mut conn = server.connect().await?;
    let taken: Option<i32> = conn
        .exec_first("SELECT GET_LOCK(?, ?)", (LOCK, WAIT_SECONDS_MAX))
        .await?;
    ensure(taken == Some(1), || {
        format!("another test run has held the server for {WAIT_SECONDS_MAX} s")
    })?;
    Ok(conn)
}
