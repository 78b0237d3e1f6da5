//! `--switch-to-rbr`: the inspected replica is made to log rows.

use crate::error::Failure;
use crate::mysql::{Session, SqlError};

/// Sets `binlog_format = ROW` and restarts replication, whose threads keep the format that they began with.
pub async fn switch(session: &mut Session, address: &str) -> Result<(), Failure> {
    session
        .exec("STOP REPLICA")
        .await
        .map_err(|error| refused(&error, address))?;
    let set = session.exec("SET GLOBAL binlog_format = 'ROW'").await;
    let started = session.exec("START REPLICA").await;
    set.and(started).map_err(|error| refused(&error, address))?;
    tracing::info!(
        "{address}: binlog_format is ROW now, and replication was restarted (--switch-to-rbr); it stays so"
    );
    Ok(())
}

fn refused(error: &SqlError, address: &str) -> Failure {
    error
        .failure(format!(
            "{address} could not be switched to row format; see whether it replicates (START REPLICA)."
        ))
        .hint("It needs REPLICATION_SLAVE_ADMIN and SYSTEM_VARIABLES_ADMIN there (or SUPER).")
}
