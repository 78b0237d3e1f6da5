//! Sessions on the servers of a way: the edge of [`climb`](super::climb).

use super::climb::Ask;
use super::facts::{self, Facts};
use super::lookout::Post;
use crate::config::{Address, Config, Connection};
use crate::error::{Exit, Failure};
use crate::mysql::{Identity, Session, SessionSettings, Sessions, SqlError, connect};

/// One end of the way.
pub struct End {
    /// How it is reached.
    pub connection: Connection,
    /// Sessions there, on this very process of the server.
    pub sessions: Sessions,
    /// One of them.
    pub session: Session,
}

/// The servers that were asked, each with its session.
pub struct Net {
    /// To the inspected server.
    connection: Connection,
    /// Account at the primary, if it is another one.
    primary_account: Option<Connection>,
    asked: Vec<(Connection, Post)>,
}

impl Net {
    pub fn new(config: &Config) -> Self {
        let topology = &config.topology;
        let connection = config.connection.clone();
        let differs = topology.master_user.is_some() || topology.master_password.is_some();
        let primary_account = differs.then(|| Connection {
            user: topology
                .master_user
                .clone()
                .unwrap_or_else(|| connection.user.clone()),
            password: topology
                .master_password
                .clone()
                .unwrap_or_else(|| connection.password.clone()),
            ..connection.clone()
        });
        Self {
            connection,
            primary_account,
            asked: Vec::new(),
        }
    }

    /// The inspected server.
    pub async fn inspected(&mut self) -> Result<Facts, Failure> {
        self.reach(self.connection.clone()).await
    }

    /// The primary as the user named it.
    pub async fn assumed(&mut self, at: &Address) -> Result<Facts, Failure> {
        let account = self.primary_account.as_ref().unwrap_or(&self.connection);
        self.reach(at_address(account, at)).await
    }

    async fn reach(&mut self, connection: Connection) -> Result<Facts, Failure> {
        let sessions = Sessions::new(
            connect::opts(&connection)?,
            connection.connect_timeout,
            SessionSettings::ddl(),
        );
        let mut session = sessions.open("replication").await?;
        let name = connection.server();
        let identity = Identity::of(&mut session)
            .await
            .map_err(|error| error.failure("The server's identity could not be read."))?;
        let facts = facts::ask(&mut session, &name).await;
        let facts = facts.map_err(|error| facts::unread(&error, &name))?;
        let post = Post::new(name, facts.uuid.clone(), sessions.only_on(identity), session);
        self.asked.push((connection, post));
        Ok(facts)
    }

    /// A session of the run's own on a server that was asked.
    pub async fn end(&self, facts: &Facts, config: &Config) -> Result<End, Failure> {
        let known = self.asked.iter().find(|(_, post)| post.is(facts));
        let Some((connection, post)) = known else {
            return Err(Failure::new(
                Exit::Internal,
                "A server of the way was never asked.",
            ));
        };
        let mut end = (connection.clone(), post.sessions().clone());
        if let Some(account) = self
            .primary_account
            .as_ref()
            .filter(|account| !is_inspected(connection, config) && account.user != connection.user)
        {
            let connection = Connection {
                user: account.user.clone(),
                password: account.password.clone(),
                ..connection.clone()
            };
            let sessions = Sessions::new(
                connect::opts(&connection)?,
                connection.connect_timeout,
                SessionSettings::ddl(),
            );
            end = (connection, sessions);
        }
        let (connection, sessions) = end;
        let mut session = sessions.open("control").await?;
        let unread = |error: SqlError| error.failure("The server's identity could not be read.");
        let identity = Identity::of(&mut session).await.map_err(unread)?;
        Ok(End {
            connection,
            sessions: sessions.only_on(identity),
            session,
        })
    }

    /// The sessions, for those who look again.
    pub fn take(&mut self) -> Vec<Post> {
        self.asked.drain(..).map(|(_, post)| post).collect()
    }

    pub async fn close(&mut self) {
        for post in self.take() {
            post.close().await;
        }
    }
}

fn is_inspected(connection: &Connection, config: &Config) -> bool {
    connection.server() == config.connection.server()
}

fn at_address(account: &Connection, at: &Address) -> Connection {
    Connection {
        host: at.host.clone(),
        port: at.port,
        socket: None,
        ..account.clone()
    }
}

impl Ask for Net {
    /// With the inspected server's account; where that is not let in, with the primary's.
    async fn ask(&mut self, at: &Address) -> Result<Facts, Failure> {
        let with_ours = self.reach(at_address(&self.connection, at)).await;
        let denied = with_ours
            .as_ref()
            .is_err_and(|failure| failure.exit == Exit::Unreachable);
        match (&self.primary_account, denied) {
            (Some(account), true) => self.reach(at_address(account, at)).await,
            _ => with_ours,
        }
    }
}
