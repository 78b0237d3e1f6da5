//! What holds a run back is checked before the run begins, and started with it.

use tokio::sync::watch;

use super::{begin::Marks, begun::Begun};
use crate::{
    config::Config,
    error::Failure,
    inspect,
    knobs::Knobs,
    mysql::{Session, Sessions},
    plan::work::Tables,
    throttle::{
        Admission, Throttle,
        admission::{self, Peers},
        sources::Outside,
    },
};

/// Status variables that the server does not know are refused before anything is made.
pub(super) async fn check_thresholds(config: &Config, session: &mut Session) -> Result<(), Failure> {
    let throttling = &config.throttling;
    let mut problems = Vec::new();
    for (flag, thresholds) in [
        ("--max-load", &throttling.max_load),
        ("--critical-load", &throttling.critical_load),
    ] {
        problems.extend(admission::known(session, flag, thresholds).await.err());
    }
    inspect::together("The load cannot be watched.", problems)
}

/// How control replicas are reached and known, once the changelog is there.
pub(super) fn peers(config: &Config, primary_uuid: &str, tables: &Tables, marks: &Marks) -> Peers {
    Peers::new(
        config.connection.clone(),
        primary_uuid.to_owned(),
        tables.changelog.clone(),
        marks.changelog.clone(),
    )
}

/// Control replicas that do not get our marks are refused.
pub(super) async fn check_replicas(config: &Config, primary: &Sessions, peers: Peers) -> Result<(), Failure> {
    let admission = Admission::new(primary.clone(), peers);
    admission.replicas(&config.throttling.control_replicas).await
}

/// Starts to look.
pub(super) fn start(begun: &Begun, config: &Config, knobs: watch::Receiver<Knobs>) -> Throttle {
    Throttle::start(Outside {
        primary: begun.sessions.with(crate::mysql::SessionSettings::ddl()),
        peers: peers(config, &begun.server.uuid, &begun.work.tables, &begun.marks),
        knobs,
        limits: config.throttling.clone(),
        panic_file: config.panic_flag_file.clone(),
    })
}
