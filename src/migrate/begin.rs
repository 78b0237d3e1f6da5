//! From the configuration to a run that can start: everything is looked at before anything is made, and what was made
//! for a run that cannot start goes away again.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    begun::Begun, fit, naming::Naming, prepared, reading::Reading, restraint, settings, stop::Stop,
    subject::subject,
};
use crate::{
    alter::{Alter, lexer::SqlMode},
    binlog::statement::Xid,
    cleanup::{self, Allowed, Droppable, Helpers, Role},
    config::{Config, Mode, Verify},
    control::Listening,
    error::Failure,
    inspect::{self, Inspected, Request, Server, Source},
    mysql::{Session, Sessions, SqlError},
    plan::{
        self, ColumnMap, KeyChoice, Wishes,
        mark::{Kind, Mark},
        work::{Parts, Tables, Work},
    },
    position::Start,
    prepare::{self, Ghost, GhostRequest},
    schema::TableName,
    topology::{self, Servers},
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
    pub(super) reading: Reading,
    primary: String,
    pub(super) run: String,
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
    let Servers {
        primary,
        inspected: replica,
        lookout,
        mut problems,
        notes: topology,
    } = topology::find(config).await?;
    let (primary_address, sessions, mut session) =
        (primary.connection.server(), primary.sessions, primary.session);
    let alter = read_alter(config, &mut session).await?;
    problems.extend(match config.carry.attempt_instant {
        // What it renames is the server's own business then; a copy asks again.
        true => alter.forbidden_refusal(),
        false => alter.refusal(),
    });
    let name = TableName::new(&config.schema, &config.table);
    let naming = Naming::of(&mut session, &config.carry).await?;
    let inspected = keep(
        ask(config, &mut session, &naming.tables(&name), replica.is_none()).await,
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
    let reading = match (&inspected, replica.zip(lookout)) {
        (None, _) => None,
        (Some(here), None) => keep(Reading::here(config, &here.server), &mut problems),
        (Some(here), Some((replica, lookout))) => keep(
            Reading::on(config, replica, lookout, &here.source).await,
            &mut problems,
        ),
    };
    let (Some(inspected), Some(leftovers), Some(reading), true) =
        (inspected, leftovers, reading, problems.is_empty())
    else {
        return Err(refusal(&name, problems));
    };
    let Inspected {
        mut server,
        source,
        notes,
        against_copy,
    } = inspected;
    if config.carry.allow_zero_in_date {
        settings::allow_zero_dates(&mut session, &mut server).await?;
    }
    Ok(Looked {
        session,
        sessions,
        server,
        source,
        tables,
        notes: [topology, notes, alter.notes()].concat(),
        alter,
        leftovers,
        against_copy,
        reading,
        primary: primary_address,
        run: run_id(),
    })
}

fn keep<T>(result: Result<T, Failure>, problems: &mut Vec<Failure>) -> Option<T> {
    result.map_err(|failure| problems.push(failure)).ok()
}

/// The ALTER, as the server would read it.
async fn read_alter(config: &Config, session: &mut Session) -> Result<Alter, Failure> {
    let unread = |error: SqlError| error.failure("The server's sql_mode could not be read.");
    let mode = session.one("SELECT @@GLOBAL.sql_mode").await.map_err(unread)?;
    let mode = mode.and_then(|row| row.text(0)).unwrap_or_default();
    let mode = SqlMode {
        ansi_quotes: mode.contains("ANSI_QUOTES"),
        no_backslash_escapes: mode.contains("NO_BACKSLASH_ESCAPES"),
    };
    Ok(Alter::parse(&config.alter, mode)?)
}

async fn ask(
    config: &Config,
    session: &mut Session,
    tables: &Tables,
    read_here: bool,
) -> Result<Inspected, Failure> {
    let helpers = [&tables.ghost, &tables.changelog, &tables.old].map(|name| name.table.as_str());
    let request = Request {
        table: &tables.source,
        helpers: &helpers,
        mode: config.topology.mode,
        read_here,
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
pub(super) async fn make(
    config: &Config,
    mut looked: Looked,
    stop: &mut Stop,
) -> Result<(Begun, Listening), Failure> {
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
    match made(config, &mut looked, &ghost, &marks, stop).await {
        Ok(Made {
            work,
            origin,
            early_xa,
            sessions,
            subject,
        }) => {
            let begun = Begun {
                sessions,
                marks,
                guard,
                origin,
                inspected: looked.reading.address(),
                primary: looked.primary,
                reading: looked.reading,
                early_xa,
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
        Err(failure) => Err(undo(&mut looked, &marks, failure).await),
    }
}

/// What a run works with.
struct Made {
    work: Work,
    origin: Start,
    early_xa: Option<BTreeSet<Xid>>,
    sessions: Sessions,
    subject: Subject,
}

async fn made(
    config: &Config,
    looked: &mut Looked,
    ghost: &Ghost,
    marks: &Marks,
    stop: &mut Stop,
) -> Result<Made, Failure> {
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
    let triggers = looked.carried(config).await?;
    let parts = Parts {
        tables: looked.tables.clone(),
        source: &looked.source.table,
        ghost: &ghost.table,
        columns: &columns,
        supplied,
        choice: &choice,
        triggers,
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
    let sessions = settings::row_settings(&looked.server, &work, ghost, &looked.source);
    let sessions = looked.sessions.with(sessions);
    let mut subject = subject(&looked.source.table, &ghost.table, &columns, &work);
    if config.verification.verify != Verify::Off {
        verify::resolve(&mut subject, &sessions).await?;
    }
    let origin = looked.reading.start(&mut looked.session).await?;
    prepare::create_changelog(&mut looked.session, &looked.tables.changelog, &marks.changelog).await?;
    let peers = restraint::peers(config, &looked.server.uuid, &looked.tables, marks);
    restraint::check_replicas(config, &looked.sessions, peers).await?;
    still_the_same(looked).await?;
    let source = looked.source.table.name.clone();
    Ok(Made {
        work,
        origin,
        early_xa: prepared::decided(&mut looked.session, &source, stop).await?,
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
