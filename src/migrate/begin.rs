//! From the configuration to a run that can start: everything is looked at before anything is made, and what was made
//! for a run that cannot start goes away again.

use std::sync::Arc;

use tokio::sync::watch;

use super::{
    commands::Desk,
    fit, limits,
    naming::Naming,
    restraint,
    run::{self, Run},
    settings,
    standstill::Standstill,
    stop::Stop,
    subject::subject,
};
use crate::{
    alter::{Alter, lexer::SqlMode},
    capture::{self, Origin, Watch, feed},
    cleanup::{self, Allowed, Droppable, Helpers, Role},
    config::{Config, Mode, Verify},
    control::{About, Host, Listening},
    error::{Exit, Failure},
    inspect::{self, Inspected, Request, Server, Source},
    knobs::Knobs,
    mysql::{Identity, Session, SessionSettings, Sessions, SqlError, connect},
    plan::{
        self, ColumnMap, KeyChoice, Wishes,
        mark::{Kind, Mark},
        work::{Parts, Tables, Work},
    },
    position::Position,
    prepare::{self, Ghost, GhostRequest, TableGuard},
    schema::TableName,
    status::Reporter,
    tasks::Thread,
    verify::{self, Subject},
};

/// What was found out, and the session that asked. Nothing has been made yet.
pub(super) struct Looked {
    pub(super) session: Session,
    pub(super) server: Server,
    pub(super) source: Source,
    pub(super) alter: Alter,
    pub(super) tables: Tables,
    pub(super) notes: Vec<String>,
    /// What stands against a copy, and not against an instant ALTER.
    pub(super) against_copy: Vec<Failure>,
    pub(super) leftovers: Vec<Droppable>,
    pub(super) sessions: Sessions,
    run: String,
}

/// The helper tables are there and the plan is made.
pub(super) struct Begun {
    pub(super) session: Session,
    pub(super) sessions: Sessions,
    pub(super) work: Arc<Work>,
    pub(super) marks: Marks,
    guard: TableGuard,
    pub(super) server: Server,
    origin: Position,
    columns: usize,
    pub(super) rows_estimate: u64,
    pub(super) row_bytes: u64,
    pub(super) subject: Arc<Subject>,
}

/// The comments by which this run knows its tables.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    pub(super) ghost: String,
    pub(super) changelog: String,
    pub(super) old: Mark,
}

/// How the ghost relates to the source.
pub(super) struct Plan {
    pub(super) columns: ColumnMap,
    pub(super) choice: KeyChoice,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

/// Looks at everything, and refuses with all reasons at once.
pub(super) async fn look(config: &Config) -> Result<Looked, Failure> {
    let opts = connect::opts(&config.connection)?;
    let sessions = Sessions::new(opts, config.connection.connect_timeout, SessionSettings::ddl());
    let mut session = sessions.open("control").await?;
    let (sessions, alter) = acquaint(config, &mut session, sessions).await?;
    let refusal_of_text = match config.carry.attempt_instant {
        // What it renames is the server's own business then; a copy asks again.
        true => alter.forbidden_refusal(),
        false => alter.refusal(),
    };
    let mut problems: Vec<Failure> = refusal_of_text.into_iter().collect();
    let name = TableName::new(&config.schema, &config.table);
    let naming = Naming::of(&mut session, &config.carry).await?;
    let inspected = keep(
        ask(config, &mut session, &naming.tables(&name)).await,
        &mut problems,
    );
    let name = inspected
        .as_ref()
        .map_or(name, |inspected| inspected.source.table.name.clone());
    let tables = naming.tables(&name);
    let leftovers = keep(leftovers(&mut session, config, &tables).await, &mut problems);
    keep(
        restraint::check_thresholds(config, &mut session).await,
        &mut problems,
    );
    let (Some(inspected), Some(leftovers), true) = (inspected, leftovers, problems.is_empty()) else {
        return Err(refusal(&name, problems));
    };
    let Inspected {
        server,
        source,
        mut notes,
        against_copy,
    } = inspected;
    notes.extend(alter.notes());
    Ok(Looked {
        session,
        server,
        source,
        alter,
        tables,
        notes,
        leftovers,
        against_copy,
        sessions,
        run: run_id(),
    })
}

fn keep<T>(result: Result<T, Failure>, problems: &mut Vec<Failure>) -> Option<T> {
    result.map_err(|failure| problems.push(failure)).ok()
}

/// Which server this is, for all later sessions; and how it reads the ALTER.
async fn acquaint(
    config: &Config,
    session: &mut Session,
    sessions: Sessions,
) -> Result<(Sessions, Alter), Failure> {
    let unread = |error: SqlError| error.failure("The server's identity could not be read.");
    let identity = Identity::of(session).await.map_err(unread)?;
    let mode = session.one("SELECT @@GLOBAL.sql_mode").await.map_err(unread)?;
    let mode = mode.and_then(|row| row.text(0)).unwrap_or_default();
    let mode = SqlMode {
        ansi_quotes: mode.contains("ANSI_QUOTES"),
        no_backslash_escapes: mode.contains("NO_BACKSLASH_ESCAPES"),
    };
    Ok((sessions.only_on(identity), Alter::parse(&config.alter, mode)?))
}

async fn ask(config: &Config, session: &mut Session, tables: &Tables) -> Result<Inspected, Failure> {
    let helpers = [&tables.ghost, &tables.changelog, &tables.old].map(|name| name.table.as_str());
    let request = Request {
        table: &tables.source,
        helpers: &helpers,
        mode: config.topology.mode,
        allow_on_master: config.topology.allow_on_master,
        carry: &config.carry,
    };
    inspect::inspect(session, &request).await
}

fn refusal(name: &TableName, problems: Vec<Failure>) -> Failure {
    let fallback = Failure::refused(format!("{name} cannot be changed."));
    inspect::together(format!("{name} cannot be changed"), problems)
        .err()
        .unwrap_or(fallback)
}

async fn leftovers(
    session: &mut Session,
    config: &Config,
    tables: &Tables,
) -> Result<Vec<Droppable>, Failure> {
    let mut found = cleanup::leftovers(session, &helpers(tables), |comment| {
        Mark::parse(comment).is_some_and(|mark| mark.of == tables.source)
    })
    .await?;
    // A run that was killed around its swap left a ghost without a mark; its changelog says whose it is.
    if found.iter().any(|left| left.role == Role::Changelog && left.ours)
        && prepare::is_dressed(session, &tables.changelog)
            .await
            .map_err(|error| error.failure("The changelog table of an earlier run could not be read."))?
    {
        found
            .iter_mut()
            .filter(|left| left.role == Role::Ghost)
            .for_each(|ghost| ghost.ours = true);
    }
    let allowed = Allowed {
        ghost: config.initially_drop_ghost_table,
        old: config.initially_drop_old_table,
        dry_run: !config.execute,
    };
    cleanup::judge(found, allowed)
}

pub(super) fn helpers(tables: &Tables) -> Helpers {
    Helpers {
        ghost: tables.ghost.clone(),
        changelog: tables.changelog.clone(),
        old: tables.old.clone(),
    }
}

/// Thirty-two hexadecimal digits that no other run has.
fn run_id() -> String {
    let random = || std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), std::process::id());
    format!("{:016x}{:016x}", random(), random())
}

impl Looked {
    pub(super) fn marks(&self) -> Marks {
        let mark = |kind| Mark {
            kind,
            of: self.tables.source.clone(),
            run: self.run.clone(),
        };
        Marks {
            ghost: mark(Kind::Ghost).to_string(),
            changelog: mark(Kind::Changelog).to_string(),
            old: mark(Kind::Old),
        }
    }

    pub(super) async fn try_ghost(&mut self) -> Result<Ghost, Failure> {
        let (clauses, marks) = (self.alter.ghost_sql(), self.marks());
        prepare::try_ghost(
            &mut self.session,
            &request(&self.source, &self.tables, &clauses, &marks),
        )
        .await
    }

    pub(super) fn plan(&self, config: &Config, ghost: &Ghost) -> Result<Plan, Failure> {
        let wishes = Wishes {
            approve_renamed_columns: config.approve_renamed_columns,
            skip_renamed_columns: config.skip_renamed_columns,
            no_zero_date: self.server.sql_mode.contains("NO_ZERO_DATE"),
        };
        let columns = plan::columns(&self.source.table, &ghost.table, &self.alter, wishes)?;
        let choice = plan::iteration_key(&self.source.table, &ghost.table, &columns)?;
        let notes = match config.topology.mode {
            Mode::MigrateOnReplica => plan::replication(&self.source.table, &ghost.table, &columns)?,
            Mode::Primary | Mode::TestOnReplica { .. } => Vec::new(),
        };
        Ok(Plan {
            columns,
            choice,
            notes,
        })
    }
}

pub(super) fn request<'a>(
    source: &'a Source,
    tables: &'a Tables,
    clauses: &'a str,
    marks: &'a Marks,
) -> GhostRequest<'a> {
    GhostRequest {
        source: &source.table,
        ghost: &tables.ghost,
        clauses,
        mark: &marks.ghost,
    }
}

/// Makes the helper tables and the plan. From here on operators' commands are kept for the run.
pub(super) async fn make(config: &Config, mut looked: Looked) -> Result<(Begun, Listening), Failure> {
    let guard = prepare::guard(&looked.sessions, &looked.tables.source).await?;
    let listening = Listening::open(&config.control, &config.schema, &config.table).await?;
    // Not before it is certain that no other run waits for the same file.
    if let Some(file) = &config.postpone_cut_over_flag_file {
        fit::touch(file)?;
    }
    for leftover in &looked.leftovers {
        cleanup::drop_leftover(&mut looked.session, leftover).await?;
    }
    let (clauses, marks) = (looked.alter.ghost_sql(), looked.marks());
    let wanted = request(&looked.source, &looked.tables, &clauses, &marks);
    let ghost = prepare::create_ghost(&mut looked.session, &wanted).await?;
    for note in looked.notes.iter().chain(&ghost.notes) {
        tracing::info!("{note}");
    }
    let made = match made(config, &mut looked, &ghost, &marks).await {
        Ok(made) => made,
        Err(failure) => return Err(undo(&mut looked, &marks, failure).await),
    };
    let Made {
        work,
        origin,
        sessions,
        subject,
    } = made;
    let begun = Begun {
        sessions,
        marks,
        guard,
        origin,
        columns: looked.source.table.columns.len(),
        rows_estimate: looked.source.table.rows_estimate,
        row_bytes: looked.source.table.row_bytes_estimate,
        session: looked.session,
        server: looked.server,
        work: Arc::new(work),
        subject: Arc::new(subject),
    };
    Ok((begun, listening))
}

/// The plan of a run, and where its stream begins.
struct Made {
    work: Work,
    origin: Position,
    sessions: Sessions,
    subject: Subject,
}

async fn made(config: &Config, looked: &mut Looked, ghost: &Ghost, marks: &Marks) -> Result<Made, Failure> {
    let Plan {
        columns,
        choice,
        notes,
    } = looked.plan(config, ghost)?;
    for note in notes {
        tracing::warn!("{note}");
    }
    tracing::info!("iteration key: {} ({})", choice.source_key.name, choice.why);
    let supplied = fit::supplied(&mut looked.session, &columns.supplied).await?;
    let parts = Parts {
        tables: looked.tables.clone(),
        source: &looked.source.table,
        ghost: &ghost.table,
        columns: &columns,
        supplied,
        choice: &choice,
        comment: ghost.final_comment.clone(),
        mark: marks.ghost.clone(),
        carry_auto_increment: !ghost.sets_auto_increment && looked.alter.sets_auto_increment().is_none(),
        pads_char: looked.server.sql_mode.contains("PAD_CHAR_TO_FULL_LENGTH"),
        lock_reads: !looked.server.binlog_order_commits,
        no_zero_in: columns.becomes_auto_increment.clone(),
        run: looked.run.clone(),
    };
    let work = Work::new(parts)
        .map_err(|error| Failure::refused("The iteration key cannot be used.").detail(error.to_string()))?;
    fit::check_reach(&work, &choice)?;
    fit::check_arrays(&work)?;
    settings::check_zone(&looked.server, &work, ghost, &looked.source)?;
    prepare::create_changelog(&mut looked.session, &looked.tables.changelog, &marks.changelog).await?;
    let sessions = settings::row_settings(&looked.server, &work, ghost, &looked.source);
    let sessions = looked.sessions.with(sessions);
    let mut subject = subject(&looked.source.table, &ghost.table, &columns, &work);
    if config.verification.verify != Verify::Off {
        verify::resolve(&mut subject, &sessions).await?;
    }
    let peers = restraint::peers(config, &looked.server.uuid, &looked.tables, marks);
    restraint::check_replicas(config, &looked.sessions, peers).await?;
    let origin = origin(&mut looked.session).await?;
    still_the_same(looked).await?;
    Ok(Made {
        work,
        origin,
        sessions,
        subject,
    })
}

/// From the first look to the place where the stream begins, nobody may have changed the table's definition: later DDL
/// is seen in the stream.
async fn still_the_same(looked: &mut Looked) -> Result<(), Failure> {
    let name = looked.source.table.name.clone();
    let now = inspect::source(&mut looked.session, &name).await?;
    if now.is_as(&looked.source) {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "The definition of {name} was changed while the run was being prepared."
    ))
    .detail(format!("now: {}", now.table.create_sql.replace('\n', " ")))
    .hint("Start again when nobody else alters the table."))
}

/// Where the stream begins: everything that is logged from here on is read.
async fn origin(session: &mut Session) -> Result<Position, Failure> {
    let log = inspect::server(session).await?.log;
    let log = log.ok_or_else(|| Failure::refused("The server does not say where its binlog ends."))?;
    Ok(Position::new(log.file, log.position))
}

async fn undo(looked: &mut Looked, marks: &Marks, failure: Failure) -> Failure {
    let mut failure = failure;
    for (table, mark) in [
        (&looked.tables.ghost, &marks.ghost),
        (&looked.tables.changelog, &marks.changelog),
    ] {
        if let Err(left) = cleanup::drop_ours(&mut looked.session, table, mark).await {
            failure = failure.detail(format!("and then: {left}"));
        }
    }
    failure
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
            subject: Arc::clone(&self.subject),
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
