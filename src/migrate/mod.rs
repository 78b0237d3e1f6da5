//! The story of a run: look, make the ghost, copy and follow, swap, clean up.
//!
//! On a replica the swap may be a rehearsal, which leaves both tables for a comparison.
//!
//! Each step needs what the one before returned. Up to the swap the source is only read; whatever ends the run before
//! it, the source is as it was, and [`Ended::state`] says what is left on the server.

mod begin;
mod begun;
mod carried;
mod commands;
pub mod compare;
mod comparison;
mod conductor;
mod count;
mod dry_run;
mod finish;
mod fit;
mod herald;
mod instant;
mod jobs;
mod limits;
mod moments;
mod naming;
mod prepared;
mod reading;
mod restraint;
mod run;
mod settings;
mod standstill;
mod stop;
mod subject;
mod swap;
mod telling;
mod verifying;
mod way;

use std::sync::Arc;

use crate::{
    config::Config,
    control::Listening,
    error::{Exit, Failure},
    hooks::Moment,
    metrics::Metrics,
    schema::TableName,
    status::Reporter,
    verify::Summary,
};
use begun::Begun;
use herald::Herald;
use stop::Stop;
use swap::Reached;

/// What a run that ended well has to say, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines for people.
    pub lines: Vec<String>,
    /// What was compared, for programs; a dry run compares nothing.
    pub verified: Option<Summary>,
    /// The server did it instantly; no row was copied.
    pub instant: bool,
}

/// A run that did not end with the table changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub failure: Failure,
    /// What is on the server now, a line each: tables left behind, who owns the name.
    pub state: Vec<String>,
}

/// Changes the table, or says what would happen.
pub async fn alter(config: Config, reporter: Reporter) -> Result<Report, Ended> {
    let config = Arc::new(config);
    // From here on a signal waits until it can be answered in order.
    let stop = Stop::listen().map_err(|error| {
        untouched(Failure::new(Exit::Internal, "Signals cannot be listened for.").detail(error.to_string()))
    })?;
    let mut herald = Herald::new(&config).map_err(untouched)?;
    let outcome = told(config, &mut herald, reporter, stop).await;
    herald.tell_end(outcome).await
}

/// The whole story, but for the hooks' last word.
async fn told(
    config: Arc<Config>,
    herald: &mut Herald,
    reporter: Reporter,
    mut stop: Stop,
) -> Result<Report, Ended> {
    herald.tell(Moment::Startup, &mut stop).await.map_err(untouched)?;
    let mut looked = begin::look(&config).await.map_err(untouched)?;
    herald.knows(&looked.tables, &looked.reading.server, &looked.server);
    if !config.execute {
        let report = dry_run::report(&config, looked).await.map_err(untouched)?;
        herald.tell_dry_run(&mut stop).await.map_err(untouched)?;
        return Ok(report);
    }
    tracing::info!("Migrating {}", looked.tables.source);
    if let Some(report) = instant::attempt(&config, &mut looked).await.map_err(untouched)? {
        looked.session.close().await;
        return Ok(report);
    }
    looked.check_copy().map_err(untouched)?;
    let (begun, listening) = begin::make(&config, looked, &mut stop).await.map_err(untouched)?;
    execute(config, begun, listening, herald, reporter, stop).await
}

async fn execute(
    config: Arc<Config>,
    mut begun: Begun,
    listening: Listening,
    herald: &mut Herald,
    reporter: Reporter,
    stop: Stop,
) -> Result<Report, Ended> {
    tracing::info!(
        "rows are written on {}, the binlog is read from {}",
        begun.primary,
        begun.inspected
    );
    let metrics = Metrics::open(&config.metrics, metrics_tags(&begun.work.tables.source)).await;
    let mut run = match begun.run(&config, listening, herald.clone(), metrics, reporter, stop) {
        Ok(run) => run,
        Err(failure) => return Err(finish::failed(begun, failure, Vec::new()).await),
    };
    let result = run.until_reached().await;
    let replication = match &result {
        Ok(_) => run.standstill.to_start().into_iter().collect(),
        Err(failure) => {
            if run.stop_told && failure.exit != Exit::Unknown {
                herald.tell_alone(Moment::StartReplication).await;
            }
            run.standstill.after(failure).await
        }
    };
    let (snapshot, culprit, summary) = (run.snapshot().clone(), run.culprit(), run.summary());
    run.wind_down(result.is_ok()).await;
    herald.sees(&snapshot);
    match result {
        Ok(Reached::Swapped(swapped)) => finish::swapped(&config, begun, swapped, &snapshot, summary).await,
        Ok(Reached::Rehearsed(rehearsed)) => {
            Ok(finish::rehearsed(begun, &rehearsed, &snapshot, summary, replication).await)
        }
        Err(failure) => {
            let failure = finish::blame(&mut begun, failure, culprit).await;
            Err(finish::failed(begun, failure, replication).await)
        }
    }
}

/// Runs are told apart by their table.
fn metrics_tags(source: &TableName) -> Vec<String> {
    vec![
        format!("database:{}", source.schema),
        format!("table:{}", source.table),
    ]
}

fn untouched(failure: Failure) -> Ended {
    let state = match failure.exit {
        Exit::Unknown => "it is not known whether the table is altered",
        _ => "this run has changed nothing on the server and left nothing there",
    };
    Ended {
        failure,
        state: vec![state.to_owned()],
    }
}
