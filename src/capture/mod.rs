//! Which keys of our table changed: the binlog, read by a thread of its own and boiled down to keys and marks.
//!
//! Rules:
//!
//! * What is delivered, is delivered in the order of the log.
//! * A connection may break at any event: the next one begins at the start of the transaction that was being read.
//!   Delivering a change twice is harmless, so nothing is filtered out.
//! * Whatever could make the keys incomplete ends the run: [`Captured::Ended`] is the last thing delivered.
//! * Nothing counts before the run's own announcement has come by, the creation of its changelog: a replica that lags
//!   hands out old events of a table with the same name.
//! * Changes of an XA transaction become changes when it commits; see [`reader`].
//!
//! How keys are read out of row images is `binlog::rows`' business; what a changed key leads to is `changes`'.

pub mod feed;
mod reader;

use std::sync::Arc;
use std::time::Duration;

use crate::{
    binlog::stream::{Stream, StreamError},
    changes::{Change, Mark},
    config::Connection,
    error::Failure,
    key::{Key, KeySpec},
    mysql::{Ours, connect},
    position::{Gtids, Position, Start},
    schema::TableName,
};
use feed::{Deaf, Feeder};
use reader::{Reader, Tripwire};

/// Attempts to get a lost stream back, one after another without an event between them.
const RECONNECTS_MAX: u32 = 30;
/// The longest pause between two of them.
const RECONNECT_PAUSE_MS_MAX: u64 = 5_000;

/// What the run learns from the binlog.
#[derive(Debug)]
pub enum Captured {
    /// A row of the source with this key changed.
    Changed {
        /// The row's key.
        key: Key,
        /// Whether it may be gone.
        change: Change,
    },
    /// A mark of ours came by.
    Mark(Mark),
    /// A reader that begins here misses nothing that has not been delivered yet.
    At(Position),
    /// At a mark: transactions of the primary that come before it and have not been delivered. It may never have had them.
    Gap(Gtids),
    /// The stream was lost and is being opened again.
    Reconnecting(String),
    /// The stream cannot be read any more. Nothing follows.
    Ended {
        /// Why.
        failure: Failure,
        /// The connection on the primary that is to blame, where one is.
        session: Option<u32>,
    },
}

/// What to look for.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The table whose changes count.
    pub source: TableName,
    /// Its iteration key.
    pub key: KeySpec,
    /// Columns that its row images have.
    pub columns: usize,
    /// The ghost: nobody but us may change its definition.
    pub ghost: TableName,
    /// Where marks come by.
    pub changelog: TableName,
    /// DDL that holds this text is our own.
    pub tag: String,
    /// The run's id. The statement that makes the changelog has it in a comment; nothing before it counts.
    pub run: String,
    /// The only server that may change the table, by its `server_id`; `None`: any.
    pub writer: Option<u32>,
    /// The `server_uuid` of the primary, where none of its transactions may come without content; `None`: they may.
    pub whole: Option<String>,
    /// The server's version as version comments write it: 90704.
    pub server_version: u32,
    /// Our connections: rows that another one writes into the ghost end the run. `None` on a replica, whose appliers log
    /// rows under whatever connection they met last (seen on 9.7).
    pub ours: Option<Ours>,
    /// XA transactions that were prepared before the place where the reading begins have not changed the table.
    pub early_xa_is_harmless: bool,
    /// The server stores names of tables in lower case, or compares them without case.
    pub names_fold_case: bool,
}

/// Where and how to read.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The server.
    pub connection: Connection,
    /// Where to begin.
    pub from: Start,
    /// The server id to register with.
    pub server_id: u32,
    /// Its `server_uuid`: positions belong to a server.
    pub server_uuid: String,
    /// A UUID of our own, so that no other reader is taken for us.
    pub uuid: String,
}

/// Reads the binlog until the run stops listening or the log can be read no further.
pub async fn read(origin: Origin, watch: Arc<Watch>, feeder: Feeder) {
    tokio::select! {
        () = feeder.deafened() => {}
        () = read_on(&origin, watch, &feeder) => {}
    }
}

async fn read_on(origin: &Origin, watch: Arc<Watch>, feeder: &Feeder) {
    let mut reader = Reader::new(watch);
    let mut from = origin.from.clone();
    let mut attempts = 0;
    loop {
        let (ended, came_to) = follow(origin, &from, &mut reader, feeder).await;
        let progress = came_to != from;
        from = came_to;
        attempts = if progress { 1 } else { attempts + 1 };
        let Some(lost) = ended.again(attempts) else {
            return ended.tell(feeder);
        };
        if feeder.send(vec![Captured::Reconnecting(lost)]).is_err() {
            return;
        }
        reader.stream_lost();
        tokio::time::sleep(pause(attempts)).await;
    }
}

fn pause(attempts: u32) -> Duration {
    Duration::from_millis((50 << attempts.min(10)).min(RECONNECT_PAUSE_MS_MAX))
}

/// Why a stream ended.
enum Ended {
    Deaf,
    Stream(StreamError),
    Tripwire(Tripwire),
    Connect(Failure),
}

impl Ended {
    /// The reason in words if another connection may help.
    fn again(&self, attempts: u32) -> Option<String> {
        match self {
            Self::Stream(error @ StreamError::Lost { .. }) if attempts <= RECONNECTS_MAX => {
                Some(error.to_string())
            }
            Self::Connect(failure) if attempts <= RECONNECTS_MAX => Some(failure.to_string()),
            _ => None,
        }
    }

    fn tell(self, feeder: &Feeder) {
        let (failure, session) = match self {
            Self::Deaf => return,
            Self::Tripwire(Tripwire { failure, session }) => (failure, session),
            Self::Connect(failure) => (failure, None),
            Self::Stream(error) => (stream_failure(&error), None),
        };
        // If the run does not listen any more, it is ending already.
        let _ = feeder.send(vec![Captured::Ended { failure, session }]);
    }
}

fn stream_failure(error: &StreamError) -> Failure {
    let hint = match error {
        StreamError::Lost { .. } => "Check the server and the network, then start again.",
        StreamError::Refused { .. } => {
            "If binlog files were purged while the run needed them, keep them longer (binlog_expire_logs_seconds) and start again."
        }
        StreamError::Broken { .. } => {
            "Nothing is lost: the run stops rather than overlook a change. Check the server's binlog (mysqlbinlog --verify-binlog-checksum)."
        }
    };
    Failure::failed("The binlog cannot be read any further.")
        .detail(error.to_string())
        .hint(hint)
}

/// One connection, until it ends; and where the next one has to begin.
async fn follow(origin: &Origin, from: &Start, reader: &mut Reader, feeder: &Feeder) -> (Ended, Start) {
    let mut stream = match open(origin, from).await {
        Ok(stream) => stream,
        Err(ended) => return (ended, from.clone()),
    };
    let ended = deliver(&mut stream, reader, feeder).await;
    (ended, stream.resume())
}

async fn open(origin: &Origin, from: &Start) -> Result<Stream, Ended> {
    let conn = connect::stream(&origin.connection)
        .await
        .map_err(Ended::Connect)?;
    Stream::open(conn, from, origin.server_id, &origin.uuid, &origin.server_uuid)
        .await
        .map_err(Ended::Stream)
}

async fn deliver(stream: &mut Stream, reader: &mut Reader, feeder: &Feeder) -> Ended {
    loop {
        let event = match stream.next().await {
            Ok(event) => event,
            Err(error) => return Ended::Stream(error),
        };
        let captured = match reader.read(&event, stream) {
            Ok(captured) => captured,
            Err(tripwire) => return Ended::Tripwire(tripwire),
        };
        if !captured.is_empty()
            && let Err(Deaf) = feeder.send(captured)
        {
            return Ended::Deaf;
        }
    }
}
