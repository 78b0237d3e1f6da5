//! From what was begun to a run that is under way: the thread that reads the binlog, the conductor, the desk.

use std::sync::Arc;

use super::{
    begin::Begun,
    commands::Desk,
    conductor::{Conductor, Limits},
    run::{self, Run},
    standstill::Standstill,
    stop::Stop,
};
use crate::{
    capture::{self, Watch, feed},
    config::{Config, Mode},
    control::{About, Host, Listening},
    error::{Exit, Failure},
    inspect::Server,
    pace::{ChunkSizer, Workers},
    status::Reporter,
    tasks::Thread,
};

/// From so many rows on, the engine's average row length is one.
const ROWS_KNOWN_MIN: u64 = 1_000;

impl Begun {
    /// The run itself, with the thread that reads the binlog.
    pub(super) fn run(
        &mut self,
        config: &Arc<Config>,
        listening: Listening,
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
        Ok(Run::new(run::Parts {
            config: Arc::clone(config),
            work: Arc::clone(&self.work),
            sessions: self.sessions.clone(),
            conductor: self.conductor(config),
            feed,
            reader,
            reporter,
            rows_estimate: self.rows_estimate,
            origin: self.origin.at.clone(),
            lookout: self.reading.lookout(),
            stop,
            witness: self.guard.witness(),
            standstill: Standstill::new(config.topology.mode, &self.sessions, self.server.version),
            desk: Desk::open(listening, self.about()),
        }))
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
            server_version: self.server.version.number().min(read.version.number()),
            names_fold_case: self.server.lower_case_table_names != 0 || read.lower_case_table_names != 0,
        })
    }

    fn conductor(&self, config: &Config) -> Conductor {
        let limits = Limits {
            flush_lanes: config.flush_lanes as usize,
            batch_keys: config.flush_batch_keys as usize,
            heartbeat: config.heartbeat,
            dirty_keys_max: config.dirty_keys_max as usize,
            dirty_bytes_max: config.dirty_bytes_max as usize,
        };
        // The engine's averages over few rows are about pages, not rows; after a rebuild they lag behind for a while.
        let row_bytes = (self.rows_estimate >= ROWS_KNOWN_MIN).then_some(self.row_bytes);
        let sizer = ChunkSizer::new(config.chunk_target, row_bytes, config.chunk_rows);
        Conductor::new(
            self.work.key.exact_identity(),
            limits,
            sizer,
            Workers::new(config.workers_max),
        )
    }
}

fn uuid(run: &str) -> String {
    let part = |from: usize, to: usize| run.get(from..to).unwrap_or("0");
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
