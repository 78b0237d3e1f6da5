//! The server that the tests use, from the environment that `scripts/sandbox env` prints.

use std::env;

use mysql_async::{Conn, Opts, OptsBuilder};

use super::trouble::{Outcome, trouble};

/// Where a server listens and who we are there.
#[derive(Clone, Debug)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
}

impl Server {
    /// `GHOST_RS_TEST_HOST`, `_PORT`, `_USER`, `_PASSWORD`; without them the sandbox's defaults.
    pub fn from_env() -> Outcome<Self> {
        let set = |name: &str, default: &str| {
            env::var(format!("GHOST_RS_TEST_{name}")).unwrap_or_else(|_| default.to_owned())
        };
        let port = set("PORT", "13306");
        Ok(Self {
            host: set("HOST", "127.0.0.1"),
            port: port
                .parse()
                .map_err(|_| trouble(format!("GHOST_RS_TEST_PORT={port} is not a port")))?,
            user: set("USER", "root"),
            password: set("PASSWORD", ""),
        })
    }

    /// Its replica: `GHOST_RS_TEST_REPLICA_PORT`; without it, the port after the primary's.
    #[allow(dead_code, reason = "not every test needs the replica")]
    pub fn replica_from_env() -> Outcome<Self> {
        let primary = Self::from_env()?;
        let port = match env::var("GHOST_RS_TEST_REPLICA_PORT") {
            Ok(port) => port
                .parse()
                .map_err(|_| trouble(format!("GHOST_RS_TEST_REPLICA_PORT={port} is not a port")))?,
            Err(_) => primary.port + 1,
        };
        Ok(Self { port, ..primary })
    }

    /// How the driver is to connect. TCP always: a socket found on the way would hide what a user on another host sees.
    pub fn opts(&self) -> Opts {
        OptsBuilder::default()
            .ip_or_hostname(self.host.clone())
            .tcp_port(self.port)
            .user(Some(self.user.clone()))
            .pass((!self.password.is_empty()).then(|| self.password.clone()))
            .prefer_socket(false)
            .into()
    }

    /// A new session; if there is no server, how to get one.
    pub async fn connect(&self) -> Outcome<Conn> {
        Conn::new(self.opts()).await.map_err(|error| {
            trouble(format!(
                "no MySQL for the tests at {}@{}:{} ({error}); start one with: scripts/sandbox up",
                self.user, self.host, self.port
            ))
        })
    }
}
