//! The way is looked at again and again: what was true at the start must stay true until the swap is done.
//!
//! Each look asks the same facts and compares them with those of the start, which were judged. Counters and times of
//! performance_schema show what was set and taken back between two looks. A server that cannot be asked is *not seen*,
//! which is no reason to stop and none to swap.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::climb::Route;
use super::facts::{self, Facts};
use super::judge;
use crate::config::Topology;
use crate::error::Failure;
use crate::mysql::{Session, Sessions, SqlError, catalog::literal};
use crate::position::Gtids;

/// One server's answers come within this, or it was not seen.
const ANSWER_SECONDS_MAX: u64 = 5;

/// Replication that was started runs within this, or it does not.
const START_SECONDS_MAX: u64 = 30;
/// Time between two looks at whether it does.
const START_PAUSE: Duration = Duration::from_millis(50);

/// A place from which one server is looked at.
pub struct Post {
    address: String,
    uuid: String,
    sessions: Sessions,
    session: Option<Session>,
}

impl Post {
    pub(super) fn new(address: String, uuid: String, sessions: Sessions, session: Session) -> Self {
        Self {
            address,
            uuid,
            sessions,
            session: Some(session),
        }
    }

    pub(super) fn is(&self, facts: &Facts) -> bool {
        self.uuid == facts.uuid
    }

    pub(super) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub(super) async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
        }
    }

    /// A session, opened again if the last one was lost. Fails for good if another process of the server answers.
    async fn session(&mut self) -> Result<&mut Session, Failure> {
        let session = match self.session.take() {
            Some(session) => session,
            None => self.sessions.open("replication").await?,
        };
        Ok(self.session.insert(session))
    }

    async fn ask(&mut self) -> Result<Facts, Seen> {
        let address = self.address.clone();
        let session = self.session().await.map_err(Seen::of_failure)?;
        let limit = Duration::from_secs(ANSWER_SECONDS_MAX);
        match tokio::time::timeout(limit, facts::ask(session, &address)).await {
            Ok(Ok(facts)) => Ok(facts),
            Ok(Err(error)) => Err(self.lost(&error.to_string())),
            Err(_) => Err(self.lost(&format!("no answer within {limit:?}"))),
        }
    }

    /// After a start. If it does not come, the judgement that follows says why.
    async fn await_replication(&mut self) -> Result<(), Failure> {
        let limit = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        while Instant::now() < limit {
            match self.ask().await {
                Ok(facts) if facts.upstream.iter().all(|channel| channel.running) => break,
                Err(Seen::Stop(failure)) => return Err(failure),
                _ => tokio::time::sleep(START_PAUSE).await,
            }
        }
        Ok(())
    }

    fn lost(&mut self, why: &str) -> Seen {
        self.session = None;
        Seen::Nothing(format!("{}: {why}", self.address))
    }
}

/// Why a look gave no facts.
enum Seen {
    Nothing(String),
    Stop(Failure),
}

impl Seen {
    fn of_failure(failure: Failure) -> Self {
        match failure.exit {
            crate::error::Exit::Unreachable => Self::Nothing(failure.to_string()),
            _ => Self::Stop(failure),
        }
    }
}

/// What a look at the whole way gave.
#[derive(Debug)]
pub enum Look {
    /// Nothing has changed. Where replication has stopped: which server, and why.
    Same {
        /// A server that does not replicate now.
        stopped: Option<String>,
    },
    /// Some server could not be asked.
    Unseen(String),
    /// The run must not go on.
    Changed(Failure),
}

/// Looks at the way.
pub struct Lookout {
    /// The way from the inspected end up, the primary last.
    posts: Vec<Post>,
    before: Vec<Facts>,
    topology: Topology,
    /// The primary logs statements, and the user knows.
    statements: bool,
}

impl Lookout {
    pub(super) fn new(posts: Vec<Post>, route: Route, topology: Topology) -> Self {
        let statements = topology.assume_rbr || route.primary.setting("binlog_format") != "ROW";
        let before: Vec<Facts> = route.way.into_iter().chain([route.primary]).collect();
        let mut posts = posts;
        let place = |post: &Post| before.iter().position(|facts| post.is(facts));
        posts.retain(|post| place(post).is_some());
        posts.sort_by_key(|post| place(post));
        posts.dedup_by(|one, other| one.uuid == other.uuid);
        Self {
            posts,
            before,
            topology,
            statements,
        }
    }

    /// From now on nothing may change. What has changed since the servers were found is judged once more.
    pub async fn begin(&mut self) -> Result<(), Failure> {
        self.switch_to_rows().await?;
        let mut now = Vec::with_capacity(self.posts.len());
        for post in &mut self.posts {
            now.push(post.ask().await.map_err(|seen| match seen {
                Seen::Nothing(why) => {
                    Failure::failed("The servers could not be looked at once more.").detail(why)
                }
                Seen::Stop(failure) => failure,
            })?);
        }
        self.before = now;
        let mut facts = self.before.clone();
        let primary = facts.pop().unwrap_or_default();
        let route = Route {
            way: facts,
            primary,
            co_primary: self.topology.allow_master_master,
        };
        let problems = judge::problems(&route, &self.topology);
        crate::inspect::together("The way from the primary has changed", problems)
    }

    async fn switch_to_rows(&mut self) -> Result<(), Failure> {
        match (self.posts.first_mut(), self.before.first()) {
            (Some(post), Some(inspected))
                if self.topology.switch_to_rbr && inspected.setting("binlog_format") != "ROW" =>
            {
                let address = post.address.clone();
                let version = inspected.version();
                super::row_format::switch(post.session().await?, version, &address).await?;
                post.await_replication().await
            }
            _ => Ok(()),
        }
    }

    /// Looks at every server of the way. `gap`: transactions that the stream has not delivered.
    pub async fn look(&mut self, gap: Option<&Gtids>) -> Look {
        let mut stopped = None;
        // At the same time: the swap's lock is held meanwhile.
        let seen = join_all(self.posts.iter_mut().map(Post::ask)).await;
        for (now, before) in seen.into_iter().zip(&self.before) {
            let now = match now {
                Ok(now) => now,
                Err(Seen::Nothing(why)) => return Look::Unseen(why),
                Err(Seen::Stop(failure)) => return Look::Changed(failure),
            };
            if let Some(failure) = judge::changed(before, &now, self.statements) {
                return Look::Changed(failure);
            }
            stopped = stopped.or_else(|| stopped_at(&now));
        }
        match self.missing(gap).await {
            Ok(None) => Look::Same { stopped },
            Ok(Some(failure)) => Look::Changed(failure),
            Err(why) => Look::Unseen(why),
        }
    }

    /// Transactions that the primary has, and that should have come before a mark, and have not.
    async fn missing(&mut self, gap: Option<&Gtids>) -> Result<Option<Failure>, String> {
        let (Some(gap), Some(primary)) = (gap, self.posts.last_mut()) else {
            return Ok(None);
        };
        let session = primary.session().await.map_err(|failure| failure.to_string())?;
        let executed = has(session, gap).await.map_err(|error| error.to_string())?;
        Ok((!executed.is_empty()).then(|| {
            Failure::failed("Transactions of the primary have not come out of the replica's binlog.")
                .detail(format!("missing: {executed}"))
                .hint("Look at what was skipped on the replica. Start again, with a replica that has everything.")
        }))
    }

    /// Nothing makes a transaction of the primary empty: no statement that changes no row, no filter on tables of the
    /// server's own schemas.
    pub fn hands_on_whole(&self) -> bool {
        let channels = self.before.iter().flat_map(|facts| &facts.upstream);
        !self.statements && channels.into_iter().all(|channel| channel.filters.is_empty())
    }

    /// Ends the sessions.
    pub async fn close(self) {
        for post in self.posts {
            post.close().await;
        }
    }
}

fn stopped_at(now: &Facts) -> Option<String> {
    let channel = now.upstream.iter().find(|channel| !channel.running)?;
    let why = if channel.error.is_empty() {
        "it was stopped"
    } else {
        &channel.error
    };
    Some(format!("{} does not replicate: {why}", now.address))
}

/// Which of them the server has executed.
async fn has(session: &mut Session, gtids: &Gtids) -> Result<String, SqlError> {
    let set = literal(&gtids.to_string());
    let row = session
        .one(&format!(
            "SELECT GTID_SUBTRACT({set}, GTID_SUBTRACT({set}, @@GLOBAL.gtid_executed))"
        ))
        .await?;
    Ok(row
        .and_then(|row| row.text(0))
        .unwrap_or_default()
        .replace('\n', ""))
}
