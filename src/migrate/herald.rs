//! Tells the hooks of a run what happens. From before the first look until after the last clean-up there is one; the run
//! itself has a copy, and tells through [`moments`](super::moments) what must not stop the stream.

use std::sync::Arc;
use std::time::Instant;

use super::{Ended, Report, stop::Stop};
use crate::{
    config::{Config, Mode, address},
    control::Listening,
    error::{Exit, Failure},
    hooks::{Facts, Hints, Hooks, Moment},
    inspect::Server,
    plan::{names::Names, work::Tables},
    status::{Snapshot, header},
};

/// The hooks, and what they are told.
#[derive(Clone)]
pub(super) struct Herald {
    hooks: Arc<Hooks>,
    facts: Facts,
    started: Instant,
    /// A good end leaves the table as it was.
    rehearses: bool,
}

impl Herald {
    /// Before anything is known but what the user wants.
    ///
    /// # Errors
    /// The hooks' folder is not as it should be.
    pub(super) fn new(config: &Config) -> Result<Self, Failure> {
        let hooks = Hooks::new(&config.hooks);
        hooks.check()?;
        let stem = config.carry.force_table_names.as_deref().unwrap_or(&config.table);
        let names = Names::of(stem, None);
        // Its time is the server's, which has not been asked yet.
        let dated = config.carry.timestamp_old_table;
        let facts = Facts {
            schema: config.schema.clone(),
            table: config.table.clone(),
            ghost: names.ghost,
            old: if dated { String::new() } else { names.old },
            ddl: config.alter.clone(),
            executing_host: this_machine(),
            hints: Hints {
                hint: config.hooks.hint.clone(),
                owner: config.hooks.hint_owner.clone(),
                token: config.hooks.hint_token.clone(),
            },
            dry_run: !config.execute,
            ..Facts::default()
        };
        Ok(Self {
            hooks: Arc::new(hooks),
            facts,
            started: Instant::now(),
            rehearses: !config.execute || matches!(config.topology.mode, Mode::TestOnReplica { .. }),
        })
    }

    /// When the run began.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Takes note of what the first look has found out.
    pub(super) fn knows(&mut self, tables: &Tables, inspected: &Server, migrated: &Server) {
        self.facts.schema.clone_from(&tables.source.schema);
        self.facts.table.clone_from(&tables.source.table);
        self.facts.ghost.clone_from(&tables.ghost.table);
        self.facts.old.clone_from(&tables.old.table);
        self.facts.inspected_host.clone_from(&inspected.hostname);
        self.facts.migrated_host.clone_from(&migrated.hostname);
    }

    /// Takes note of how far the run is.
    pub(super) fn sees(&mut self, snapshot: &Snapshot) {
        let facts = &mut self.facts;
        facts.copy_elapsed = snapshot.copy_elapsed;
        facts.rows_estimate = snapshot.rows_known();
        facts.rows_copied = snapshot.rows_copied;
        facts.inspected_lag = snapshot.inspected_lag();
        facts.heartbeat_lag = snapshot.heartbeat_lag();
        facts.progress = snapshot.progress() * 100.0;
        facts.eta = if snapshot.all_copied {
            Some(std::time::Duration::ZERO)
        } else {
            snapshot.eta
        };
    }

    /// Takes note of the exact number of rows.
    pub(super) fn counted(&mut self, rows: u64) {
        self.facts.rows_estimate = rows;
    }

    /// The hooks, and what they are to be told now.
    pub(super) fn word(&self) -> (Arc<Hooks>, Facts) {
        let facts = Facts {
            elapsed: self.started.elapsed(),
            ..self.facts.clone()
        };
        (Arc::clone(&self.hooks), facts)
    }

    /// Whether there is anybody to be told.
    pub(super) fn is_heard(&self) -> bool {
        self.hooks.are_wanted()
    }

    /// Runs the hooks of a moment at which there is nothing else to do.
    ///
    /// # Errors
    /// One of them failed, or the user stopped the run meanwhile.
    pub(super) async fn tell(&self, moment: Moment, stop: &mut Stop) -> Result<(), Failure> {
        let (hooks, facts) = self.word();
        let mut stopped = None;
        let end = async { stopped = Some(stop.asked().await) };
        let told = hooks.run(&moment, &facts, end).await;
        stopped.map_or(told, Err)
    }

    /// The same, when nobody listens for signals any more and a failure changes nothing.
    pub(super) async fn tell_alone(&self, moment: Moment) {
        let told = match Stop::listen() {
            Ok(mut stop) => self.tell(moment, &mut stop).await,
            Err(error) => Err(Failure::failed("A hook could not be run.").detail(error.to_string())),
        };
        if let Err(failure) = told {
            tracing::warn!("{failure}");
        }
    }

    /// Everything that a run would come by, with nothing done: as gh-ost does in a dry run.
    pub(super) async fn tell_dry_run(&self, stop: &mut Stop) -> Result<(), Failure> {
        for moment in [
            Moment::Validated,
            Moment::BeforeRowCopy,
            Moment::RowCopyComplete,
            Moment::BeforeCutOver,
        ] {
            self.tell(moment, stop).await?;
        }
        Ok(())
    }

    /// The last word. When the hook for it fails, an end that was good is not good any more; a bad one stays what it is.
    pub(super) async fn tell_end(&self, outcome: Result<Report, Ended>) -> Result<Report, Ended> {
        let report = match outcome {
            Ok(report) if self.is_heard() => report,
            Ok(report) => return Ok(report),
            Err(ended) => {
                let (exit, error) = (ended.failure.exit as u8, ended.failure.to_string());
                self.tell_alone(Moment::Failure { exit, error }).await;
                return Err(ended);
            }
        };
        let instant = report.instant;
        // The run's own ears are closed by now.
        let told = match Stop::listen() {
            Ok(mut stop) => self.tell(Moment::Success { instant }, &mut stop).await,
            Err(error) => Err(Failure::failed("The hook could not be run.").detail(error.to_string())),
        };
        match told {
            Ok(()) => Ok(report),
            Err(failure) => Err(self.not_told(report, failure)),
        }
    }

    fn not_told(&self, report: Report, failure: Failure) -> Ended {
        let (exit, what) = if self.rehearses {
            (
                Exit::Failed,
                "The table is as it was, as it should be, and the hook for the success failed.",
            )
        } else {
            (
                Exit::SuccessHook,
                "The table is changed, and the hook for the success failed.",
            )
        };
        Ended {
            failure: Failure {
                exit,
                what: what.to_owned(),
                detail: std::iter::once(failure.what).chain(failure.detail).collect(),
                data: None,
                hint: Some(
                    "Do by hand what the hook should have done; do not start the run again.".to_owned(),
                ),
            },
            state: report.lines,
        }
    }
}

fn this_machine() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// What the header of the status says of this run; `places`: the migrated and the inspected server.
pub(super) fn title(
    config: &Config,
    tables: &Tables,
    places: (String, String),
    listening: &Listening,
) -> header::Title {
    let socket = format!("unix socket: {}", listening.path().display());
    let tcp = listening
        .tcp()
        .map(|address| format!("TCP port: {}", address.port()));
    header::Title {
        source: tables.source.clone(),
        ghost: tables.ghost.clone(),
        migrated: places.0,
        inspected: places.1,
        executing: this_machine(),
        started: header::now(),
        throttle_flag_files: config.throttling.flag_files.clone(),
        panic_flag_file: config.panic_flag_file.clone(),
        serving: std::iter::once(socket).chain(tcp).collect(),
    }
}

/// A server as gh-ost names it: its own name, and the port at which it was reached.
pub(super) fn place(server: &Server, reached: &str) -> String {
    let port = reached.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    port.map_or_else(|| server.hostname.clone(), |port| address(&server.hostname, port))
}
