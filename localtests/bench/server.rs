//! A session for those who wait for each answer, which here is everyone.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use tokio::runtime::{Builder, Runtime};

use crate::Outcome;

/// One session, as root without a password.
pub struct Db {
    runtime: Runtime,
    conn: Conn,
}

impl Db {
    pub fn open(host: &str, port: u16, schema: &str) -> Outcome<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let opts = OptsBuilder::default()
            .ip_or_hostname(host)
            .tcp_port(port)
            .user(Some("root"))
            .db_name((!schema.is_empty()).then(|| schema.to_owned()))
            .prefer_socket(false);
        let conn = runtime.block_on(Conn::new(opts))?;
        Ok(Self { runtime, conn })
    }

    pub fn run(&mut self, sql: &str) -> Outcome {
        self.runtime
            .block_on(self.conn.query_drop(sql))
            .map_err(|error| format!("{error}\n  in: {sql}").into())
    }

    /// The first row's only column.
    pub fn text(&mut self, sql: &str) -> Outcome<String> {
        let first: Option<String> = self.runtime.block_on(self.conn.query_first(sql))?;
        first.ok_or_else(|| format!("no answer to: {sql}").into())
    }

    pub fn number(&mut self, sql: &str) -> Outcome<u64> {
        let text = self.text(sql)?;
        text.parse()
            .map_err(|_| format!("{text} is not a number, in answer to: {sql}").into())
    }
}
