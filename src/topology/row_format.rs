//! `--switch-to-rbr`: the inspected replica is made to log rows.

use crate::error::Failure;
use crate::inspect::{Version, replica::word};
use crate::mysql::{Session, SqlError};

/// Sets `binlog_format = ROW` and restarts replication, whose threads keep the format that they began with.
pub async fn switch(session: &mut Session, version: Version, address: &str) -> Result<(), Failure> {
    let (stop, start) = (
        format!("STOP {}", word(version)),
        format!("START {}", word(version)),
    );
    session
        .exec(&stop)
        .await
        .map_err(|error| refused(&error, address, &start))?;
    let set = session.exec("SET GLOBAL binlog_format = 'ROW'").await;
    let started = session.exec(&start).await;
    set.and(started)
        .map_err(|error| refused(&error, address, &start))?;
    tracing::info!(
        "{address}: binlog_format is ROW now, and replication was restarted (--switch-to-rbr); it stays so"
    );
    Ok(())
}

fn refused(error: &SqlError, address: &str, start: &str) -> Failure {
    error
        .failure(format!(
            "{address} could not be switched to row format; see whether it replicates ({start})."
        ))
        .hint("It needs REPLICATION_SLAVE_ADMIN and SYSTEM_VARIABLES_ADMIN there (or SUPER).")
}
