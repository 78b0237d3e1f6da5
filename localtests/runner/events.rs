//! Cases that write by events of their schema (gh-ost's own cases do).

use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;

use super::image::quoted;
use crate::support::{Outcome, Server, ensure};

/// How much of the events' work must fall into the time after the copy: two ticks of an event that runs each second.
const RUN_SECONDS: u64 = 2;
/// An event that does not end within this time hangs.
const STOP_SECONDS_MAX: u64 = 20;
const POLL: Duration = Duration::from_millis(50);

/// Whether the schema has events; the scheduler is switched on if so.
pub async fn any(server: &Server, schema: &str) -> Outcome<bool> {
    let mut conn = server.connect().await?;
    let query = "SELECT COUNT(*) FROM information_schema.events WHERE event_schema = ?";
    let count: Option<u64> = conn.exec_first(query, (schema,)).await?;
    let any = count.unwrap_or(0) > 0;
    if any {
        conn.query_drop("SET GLOBAL event_scheduler = ON").await?;
    }
    Ok(any)
}

/// Wait until an event has started that was due well after now; at once if none is left to run.
pub async fn let_run(server: &Server, schema: &str) -> Outcome {
    let mut conn = server.connect().await?;
    let now: Option<String> = conn
        .query_first(format!(
            "SELECT CAST(NOW() + INTERVAL {RUN_SECONDS} SECOND AS CHAR)"
        ))
        .await?;
    let query = "SELECT COUNT(*) FROM information_schema.events \
                 WHERE event_schema = ? AND status = 'ENABLED' AND COALESCE(last_executed < ?, TRUE)";
    let until = Instant::now() + Duration::from_secs(STOP_SECONDS_MAX);
    while Instant::now() < until {
        let waiting: Option<u64> = conn.exec_first(query, (schema, &now)).await?;
        if waiting == Some(0) {
            break;
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Drop the events and wait until none is running.
pub async fn stop(server: &Server, schema: &str) -> Outcome {
    let mut conn = server.connect().await?;
    let query = "SELECT event_name FROM information_schema.events WHERE event_schema = ?";
    let names: Vec<String> = conn.exec(query, (schema,)).await?;
    for name in names {
        conn.query_drop(format!(
            "DROP EVENT IF EXISTS {}.{}",
            quoted(schema),
            quoted(&name)
        ))
        .await?;
    }
    let query = "SELECT COUNT(*) FROM performance_schema.threads \
                 WHERE name = 'thread/sql/event_worker' AND processlist_db = ?";
    let until = Instant::now() + Duration::from_secs(STOP_SECONDS_MAX);
    loop {
        let running: Option<u64> = conn.exec_first(query, (schema,)).await?;
        if running == Some(0) {
            return Ok(());
        }
        ensure(Instant::now() < until, || {
            "an event of the case does not end".to_owned()
        })?;
        tokio::time::sleep(POLL).await;
    }
}
