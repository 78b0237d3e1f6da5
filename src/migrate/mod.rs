//! The story of a run: look, make the ghost, copy and follow, swap, clean up.
//!
//! On a replica the swap may be a rehearsal, which leaves both tables for a comparison.
//!
//! Each step needs what the one before returned. Up to the swap the source is only read; whatever ends the run before
//! it, the source is as it was, and [`Ended::state`] says what is left on the server.

mod begin;
mod begun;
mod commands;
pub mod compare;
mod comparison;
mod conductor;
mod dry_run;
mod finish;
mod fit;
mod instant;
mod jobs;
mod limits;
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
mod verifying;
mod way;

use std::sync::Arc;

use crate::{
    config::Config,
    control::Listening,
    error::{Exit, Failure},
    status::Reporter,
    verify::Summary,
};
use begun::Begun;
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
    let mut stop = Stop::listen().map_err(|error| {
        untouched(Failure::new(Exit::Internal, "Signals cannot be listened for.").detail(error.to_string()))
    })?;
    let mut looked = begin::look(&config).await.map_err(untouched)?;
    if !config.execute {
        return dry_run::report(&config, looked).await.map_err(untouched);
    }
    if let Some(report) = instant::attempt(&config, &mut looked).await.map_err(untouched)? {
        looked.session.close().await;
        return Ok(report);
    }
    looked.check_copy().map_err(untouched)?;
    let (begun, listening) = begin::make(&config, looked, &mut stop).await.map_err(untouched)?;
    execute(config, begun, listening, reporter, stop).await
}

async fn execute(
    config: Arc<Config>,
    mut begun: Begun,
    listening: Listening,
    reporter: Reporter,
    stop: Stop,
) -> Result<Report, Ended> {
    tracing::info!(
        "rows are written on {}, the binlog is read from {}",
        begun.primary,
        begun.inspected
    );
    let mut run = match begun.run(&config, listening, reporter, stop) {
        Ok(run) => run,
        Err(failure) => return Err(finish::failed(begun, failure, Vec::new()).await),
    };
    let result = run.until_reached().await;
    let replication = match &result {
        Ok(_) => run.standstill.to_start().into_iter().collect(),
        Err(failure) => run.standstill.after(failure).await,
    };
    let (snapshot, culprit, summary) = (run.snapshot().clone(), run.culprit(), run.summary());
    run.wind_down().await;
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
