//! Where the binlog is read: on the primary, or on a replica of it that must show the same table.
//!
//! Rule: the place where the stream begins is taken on the inspected server *before* the changelog is made on the
//! primary; `capture` ignores everything up to that statement. So it does not matter how far the replica lags.

use crate::{
    capture::Origin,
    config::{Config, Connection},
    error::Failure,
    inspect::{self, Server, Source, grants},
    mysql::{Session, SqlError, catalog},
    position::{Gtids, Position, Start},
    schema::Column,
    topology::{End, Lookout},
};

/// The inspected server, as far as the stream needs it.
pub(super) struct Reading {
    connection: Connection,
    pub(super) server: Server,
    by_gtid: bool,
    /// `None`: the primary itself is inspected.
    apart: Option<Apart>,
}

/// A replica, and who minds the way to it.
struct Apart {
    session: Session,
    /// With the run while that is under way.
    lookout: Option<Lookout>,
}

impl Reading {
    /// On the primary itself.
    pub(super) fn here(config: &Config, primary: &Server) -> Result<Self, Failure> {
        Ok(Self {
            connection: config.connection.clone(),
            by_gtid: by_gtid(config, primary)?,
            server: primary.clone(),
            apart: None,
        })
    }

    /// On a replica, where the table has to be what it is on the primary.
    pub(super) async fn on(
        config: &Config,
        end: End,
        lookout: Lookout,
        source: &Source,
    ) -> Result<Self, Failure> {
        let End {
            connection,
            mut session,
            ..
        } = end;
        let at = connection.server();
        let server = inspect::server(&mut session).await?;
        may_read(&mut session, &server, source, &at).await?;
        same_table(&mut session, source, &at).await?;
        Ok(Self {
            by_gtid: by_gtid(config, &server)?,
            connection,
            server,
            apart: Some(Apart {
                session,
                lookout: Some(lookout),
            }),
        })
    }

    /// Where the stream begins: everything that is logged from here on is read. The way is minded from now on.
    pub(super) async fn start(&mut self, primary: &mut Session) -> Result<Start, Failure> {
        let session = match &mut self.apart {
            Some(apart) => {
                if let Some(lookout) = &mut apart.lookout {
                    lookout.begin().await?;
                }
                &mut apart.session
            }
            None => primary,
        };
        let log = inspect::server(session).await?.log;
        let log = log.ok_or_else(|| Failure::refused("The server does not say where its binlog ends."))?;
        let behind = Gtids::parse(&log.gtid_executed).map_err(unreadable)?;
        Ok(Start {
            at: Position::new(log.file, log.position),
            behind: self.by_gtid.then_some(behind),
        })
    }

    /// How the stream is opened.
    pub(super) fn origin(&self, config: &Config, from: Start, uuid: String) -> Origin {
        Origin {
            connection: self.connection.clone(),
            from,
            server_id: config.replica_server_id,
            server_uuid: self.server.uuid.clone(),
            uuid,
        }
    }

    /// Whether the binlog is that of a replica.
    pub(super) fn is_apart(&self) -> bool {
        self.apart.is_some()
    }

    /// Whether each transaction of the primary has to come with its content.
    pub(super) fn hands_on_whole(&self) -> bool {
        let lookout = self.apart.as_ref().and_then(|apart| apart.lookout.as_ref());
        lookout.is_some_and(Lookout::hands_on_whole)
    }

    /// `host:port`, or the socket's path.
    pub(super) fn address(&self) -> String {
        self.connection.server()
    }

    /// Who minds the way during the run.
    pub(super) fn lookout(&mut self) -> Option<Lookout> {
        self.apart.as_mut()?.lookout.take()
    }

    /// Ends the sessions.
    pub(super) async fn close(self) {
        if let Some(apart) = self.apart {
            apart.session.close().await;
            if let Some(lookout) = apart.lookout {
                lookout.close().await;
            }
        }
    }
}

fn unreadable(message: String) -> Failure {
    Failure::failed("The server's gtid_executed cannot be read.").detail(message)
}

/// By GTIDs where they are on, unless the user wants positions.
fn by_gtid(config: &Config, server: &Server) -> Result<bool, Failure> {
    match config.topology.gtid {
        Some(true) if !server.gtid => Err(Failure::refused("The inspected server has no GTIDs.")
            .detail(format!(
                "gtid_mode is not ON on {} ({})",
                config.connection.server(),
                server.hostname
            ))
            .hint("Leave --gtid out: then the binlog is followed by file and position.")),
        wish => Ok(wish.unwrap_or(server.gtid)),
    }
}

async fn may_read(session: &mut Session, server: &Server, source: &Source, at: &str) -> Result<(), Failure> {
    let unread = |error: SqlError| error.failure(format!("The account's grants on {at} could not be read."));
    let lines = catalog::grants(session).await.map_err(unread)?;
    let account = catalog::current_user(session).await.map_err(unread)?;
    let name = &source.table.name;
    let grants = grants::Grants::parse(&lines, server.partial_revokes);
    let missing = grants.missing_to_read(&name.schema, &name.table);
    let problem = grants::problem(&missing, &name.schema, &account);
    problem.map_or(Ok(()), |problem| {
        Err(problem.detail(format!("on the inspected server {at}")))
    })
}

/// Keys are read out of row images by the place of their columns.
async fn same_table(session: &mut Session, source: &Source, at: &str) -> Result<(), Failure> {
    let name = &source.table.name;
    let there = inspect::source(session, name).await.map_err(|failure| {
        failure
            .detail(format!("on the inspected replica {at}"))
            .hint("If the table is new, wait until the replica has it.")
    })?;
    let (here, there) = (shape(&source.table.columns), shape(&there.table.columns));
    if here == there {
        return Ok(());
    }
    let failure = Failure::refused(format!(
        "{name} has other columns on the inspected replica than on the primary."
    ));
    let differing = here.iter().filter(|column| !there.contains(column));
    let failure = differing.fold(failure, |failure, column| {
        failure.detail(format!("primary: {column}"))
    });
    let differing = there.iter().filter(|column| !here.contains(column));
    let failure = differing.fold(failure, |failure, column| {
        failure.detail(format!("{at}: {column}"))
    });
    Err(failure.hint("If it was altered a moment ago, wait until the replica has caught up; or give another replica as --host."))
}

fn shape(columns: &[Column]) -> Vec<String> {
    columns
        .iter()
        .map(|column| {
            let collation = column.collation.as_deref().unwrap_or("no collation");
            format!(
                "{}. {} {} ({collation})",
                column.ordinal + 1,
                column.name,
                column.column_type
            )
        })
        .collect()
}
