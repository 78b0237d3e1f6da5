//! A run that can start: its parts put together from what was looked at and made.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::{
    begin::Marks,
    commands::Desk,
    herald::{self, Herald},
    limits,
    reading::Reading,
    restraint,
    run::{self, Run},
    standstill::Standstill,
    stop::Stop,
};
use crate::{
    binlog::statement::Xid,
    capture::{self, Watch, feed},
    config::{Config, Mode},
    control::{About, Host, Listening},
    error::{Exit, Failure},
    inspect::Server,
    knobs::Knobs,
    metrics::Metrics,
    mysql::{Session, Sessions},
    plan::work::Work,
    position::Start,
    prepare::TableGuard,
    status::{Reporter, header::Title},
    tasks::Thread,
    verify::Subject,
};

/// The helper tables are there and the plan is made.
pub(super) struct Begun {
    pub(super) session: Session,
    pub(super) sessions: Sessions,
    pub(super) work: Arc<Work>,
    pub(super) marks: Marks,
    pub(super) guard: TableGuard,
    pub(super) server: Server,
    /// `host:port` of the server whose binlog is read.
    pub(super) inspected: String,
    /// `host:port` of the server where rows are written.
    pub(super) primary: String,
    pub(super) reading: Reading,
    pub(super) origin: Start,
    pub(super) early_xa: Option<BTreeSet<Xid>>,
    pub(super) columns: usize,
    pub(super) rows_estimate: u64,
    pub(super) row_bytes: u64,
    pub(super) subject: Arc<Subject>,
}

impl Begun {
    /// The run itself, with the thread that reads the binlog.
    pub(super) fn run(
        &mut self,
        config: &Arc<Config>,
        listening: Listening,
        herald: Herald,
        metrics: Metrics,
        reporter: Reporter,
        stop: Stop,
    ) -> Result<Run, Failure> {
        let internal = |error: std::io::Error| {
            Failure::new(Exit::Internal, "A thread could not be started.").detail(error.to_string())
        };
        let (feeder, feed) = feed::channel();
        let uuid = uuid(&self.work.run);
        let origin = self.reading.origin(config, self.origin.clone(), uuid);
        let watch = self.watch(config);
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
            origin: self.origin.at.clone(),
            lookout: self.reading.lookout(),
            stop,
            witness: self.guard.witness(),
            subject: Arc::clone(&self.subject),
            title: self.title(config, &listening),
            herald,
            metrics,
            throttle: restraint::start(self, config, reads),
            knobs,
            standstill: Standstill::new(config.topology.mode, &self.sessions, self.server.version),
            desk: Desk::open(listening, self.about()),
        }))
    }

    fn title(&self, config: &Config, listening: &Listening) -> Title {
        let migrated = herald::place(&self.server, &self.primary);
        let inspected = herald::place(&self.reading.server, &self.inspected);
        herald::title(config, &self.work.tables, (migrated, inspected), listening)
    }

    fn about(&self) -> About {
        let host = |address: &str, server: &Server| Host {
            address: address.to_owned(),
            version: server.version_text.clone(),
        };
        About {
            source: self.work.tables.source.clone(),
            applier: host(&self.primary, &self.server),
            inspector: host(&self.inspected, &self.reading.server),
        }
    }

    fn watch(&self, config: &Config) -> Arc<Watch> {
        let (tables, read) = (&self.work.tables, &self.reading.server);
        Arc::new(Watch {
            source: tables.source.clone(),
            key: self.work.key.clone(),
            columns: self.columns,
            ghost: tables.ghost.clone(),
            changelog: tables.changelog.clone(),
            tag: self.work.tag(),
            run: self.work.run.clone(),
            writer: (config.topology.mode == Mode::Primary).then_some(self.server.server_id),
            whole: self
                .reading
                .hands_on_whole()
                .then(|| self.server.uuid.to_ascii_lowercase()),
            ours: (!self.reading.is_apart()).then(|| self.sessions.ours().clone()),
            early_xa: self.early_xa.clone(),
            server_version: self.server.version.number().min(read.version.number()),
            names_fold_case: self.server.lower_case_table_names != 0 || read.lower_case_table_names != 0,
        })
    }

    /// Ends the sessions that live as long as the run.
    pub(super) async fn close(self) {
        self.session.close().await;
        self.reading.close().await;
        self.guard.release().await;
    }
}

fn uuid(run: &str) -> String {
    let part = |from: usize, to: usize| run.get(from..to).unwrap_or("0");
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
