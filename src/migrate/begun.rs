//! A run that can start: its parts put together from what was looked at and made.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::{
    begin::Marks,
    commands::Desk,
    limits, restraint,
    run::{self, Run},
    standstill::Standstill,
    stop::Stop,
};
use crate::{
    binlog::statement::Xid,
    capture::{self, Origin, Watch, feed},
    config::Config,
    control::{About, Host, Listening},
    error::{Exit, Failure},
    inspect::Server,
    knobs::Knobs,
    mysql::{Session, Sessions},
    plan::work::Work,
    position::Position,
    prepare::TableGuard,
    status::Reporter,
    tasks::Thread,
};

/// The helper tables are there and the plan is made.
pub(super) struct Begun {
    pub(super) session: Session,
    pub(super) sessions: Sessions,
    pub(super) work: Arc<Work>,
    pub(super) marks: Marks,
    pub(super) guard: TableGuard,
    pub(super) server: Server,
    pub(super) origin: Position,
    pub(super) early_xa: Option<BTreeSet<Xid>>,
    pub(super) columns: usize,
    pub(super) rows_estimate: u64,
    pub(super) row_bytes: u64,
}

impl Begun {
    /// The run itself, with the thread that reads the binlog.
    pub(super) fn run(
        &self,
        config: &Arc<Config>,
        listening: Listening,
        reporter: Reporter,
        stop: Stop,
    ) -> Result<Run, Failure> {
        let internal = |error: std::io::Error| {
            Failure::new(Exit::Internal, "A thread could not be started.").detail(error.to_string())
        };
        let (feeder, feed) = feed::channel();
        let (origin, watch) = (self.stream_origin(config), self.watch());
        let reader =
            Thread::start("binlog", move || capture::read(origin, watch, feeder)).map_err(internal)?;
        let (knobs, reads) = watch::channel(Knobs::new(config));
        Ok(Run::new(run::Parts {
            config: Arc::clone(config),
            work: Arc::clone(&self.work),
            sessions: self.sessions.clone(),
            conductor: limits::conductor(self, config),
            feed,
            reader,
            reporter,
            rows_estimate: self.rows_estimate,
            origin: self.origin.clone(),
            stop,
            witness: self.guard.witness(),
            throttle: restraint::start(self, config, reads),
            knobs,
            standstill: Standstill::new(config.topology.mode, &self.sessions, self.server.version),
            desk: Desk::open(listening, self.about(config)),
        }))
    }

    fn about(&self, config: &Config) -> About {
        let host = Host {
            address: config.connection.server(),
            version: self.server.version_text.clone(),
        };
        About {
            source: self.work.tables.source.clone(),
            applier: host.clone(),
            inspector: host,
        }
    }

    fn stream_origin(&self, config: &Config) -> Origin {
        Origin {
            connection: config.connection.clone(),
            from: self.origin.clone(),
            server_id: config.replica_server_id,
            server_uuid: self.server.uuid.clone(),
            uuid: uuid(&self.work.run),
        }
    }

    fn watch(&self) -> Arc<Watch> {
        let tables = &self.work.tables;
        Arc::new(Watch {
            source: tables.source.clone(),
            key: self.work.key.clone(),
            columns: self.columns,
            ghost: tables.ghost.clone(),
            changelog: tables.changelog.clone(),
            tag: self.work.tag(),
            ours: self.sessions.ours().clone(),
            early_xa: self.early_xa.clone(),
            server_version: self.server.version.number(),
            names_fold_case: self.server.lower_case_table_names != 0,
        })
    }

    /// Ends the sessions that live as long as the run.
    pub(super) async fn close(self) {
        self.session.close().await;
        self.guard.release().await;
    }
}

fn uuid(run: &str) -> String {
    let part = |from: usize, to: usize| run.get(from..to).unwrap_or("0");
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
