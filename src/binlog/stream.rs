//! The stream of binlog events, with its position and with nothing swallowed.
//!
//! Rules:
//!
//! * **A transaction must never vanish.** The driver unpacks compressed transactions itself, but hides a payload that
//!   does not unpack (it goes on with the next event) and pads one that unpacks short. So the events that come out of
//!   a payload are added up and compared with the size that the payload states for itself; [`Payload`] does that.
//! * **Rows events of other tables are not decoded.** Table maps are looked at by name only; see [`table_id`].
//! * **The restart position is the start of a transaction**, so that a new connection never begins between a table map
//!   and its rows. By GTIDs, a transaction counts as read when the next one begins. Reading one twice is harmless.
//!
//! Reconnecting and what events mean are `capture`'s.

use std::time::Duration;

use futures_util::StreamExt;
use mysql_async::{BinlogStream, BinlogStreamRequest, Conn, Sid, prelude::Queryable};
use mysql_common::binlog::{
    consts::EventType,
    events::{Event, GtidEvent, RotateEvent, TransactionPayloadEvent},
};

use crate::position::{Gtids, Position, Start};

/// The server sends a heartbeat when it has had nothing else to send for so long.
const HEARTBEAT_SECONDS: u64 = 2;
/// A stream that has been silent for so long, heartbeats included, is dead.
const SILENCE_SECONDS_MAX: u64 = 15;

/// Where the first event of a file stands.
const FILE_START: u64 = 4;

/// Why the stream ended.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StreamError {
    /// The connection is gone; a new one may go on from the restart position.
    #[error("the binlog connection was lost at {position}: {message}")]
    Lost {
        /// How far the stream had come.
        position: Position,
        /// The driver's or server's message.
        message: String,
    },
    /// The server will not send the log from there: purged, no privilege, or broken.
    #[error("the server does not send its binlog from {position}: error {code}: {message}")]
    Refused {
        /// Where we asked to begin, or how far the stream had come.
        position: Position,
        /// The server's error code.
        code: u16,
        /// The server's message.
        message: String,
    },
    /// What came does not fit together; going on could lose a change.
    #[error("the binlog at {position} cannot be read: {message}")]
    Broken {
        /// Where it is.
        position: Position,
        /// What does not fit.
        message: String,
    },
}

/// An open binlog stream.
pub struct Stream {
    inner: BinlogStream,
    position: Position,
    restart: Position,
    /// By GTIDs: the transactions that were read to their end.
    read: Option<Gtids>,
    /// The one that is being read, if it has a GTID: its source and number.
    reading: Option<(String, u64)>,
    payload: Option<Payload>,
}

impl Stream {
    /// Turns a connection into a stream that begins at `from`. `name` tells this stream from every other reader of
    /// this server: a second reader with the same server id would otherwise throw the first one out. `server`: the
    /// `server_uuid` to which the position belongs.
    pub async fn open(
        mut conn: Conn,
        from: &Start,
        server_id: u32,
        name: &str,
        server: &str,
    ) -> Result<Self, StreamError> {
        let at = &from.at;
        let uuid: Option<String> = conn
            .query_first("SELECT @@server_uuid")
            .await
            .map_err(|error| failed(&error, at))?;
        if uuid.as_deref() != Some(server) {
            let message = format!(
                "another server answers now: server_uuid {}",
                uuid.unwrap_or_default()
            );
            return Err(StreamError::Broken {
                position: at.clone(),
                message,
            });
        }
        let beat = Duration::from_secs(HEARTBEAT_SECONDS).as_nanos();
        let settings = format!(
            "SET @source_heartbeat_period = {beat}, @master_heartbeat_period = {beat}, \
             @replica_uuid = '{name}', @slave_uuid = '{name}'"
        );
        conn.query_drop(settings)
            .await
            .map_err(|error| failed(&error, at))?;
        let request = BinlogStreamRequest::new(server_id);
        let request = match &from.behind {
            Some(gtids) => request
                .with_gtid()
                .with_pos(FILE_START)
                .with_gtid_set(sids(gtids, at)?),
            None => request.with_filename(at.file.as_bytes()).with_pos(at.offset),
        };
        let inner = conn
            .get_binlog_stream(request)
            .await
            .map_err(|error| failed(&error, at))?;
        Ok(Self {
            inner,
            position: at.clone(),
            restart: at.clone(),
            read: from.behind.clone(),
            reading: None,
            payload: None,
        })
    }

    /// The next event, whatever it is; the position has moved behind it.
    pub async fn next(&mut self) -> Result<Event, StreamError> {
        let silence = Duration::from_secs(SILENCE_SECONDS_MAX);
        let event = match tokio::time::timeout(silence, self.inner.next()).await {
            Ok(Some(Ok(event))) => event,
            Ok(Some(Err(error))) => return Err(failed(&error, &self.position)),
            Ok(None) => return Err(self.lost("the server ended the stream")),
            Err(_) => return Err(self.lost(&format!("nothing came for {silence:?}, not even a heartbeat"))),
        };
        self.follow(&event)?;
        Ok(event)
    }

    /// The table map for a table id, as the driver keeps it.
    pub fn table_map(&self, table_id: u64) -> Option<&mysql_common::binlog::events::TableMapEvent<'static>> {
        self.inner.get_tme(table_id)
    }

    /// Behind the last event.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The start of the transaction that is being read, or of the next one.
    pub fn restart(&self) -> &Position {
        &self.restart
    }

    /// Where a new connection has to begin to miss nothing.
    pub fn resume(&self) -> Start {
        Start {
            at: self.restart.clone(),
            behind: self.read.clone(),
        }
    }

    /// The transaction that is being read, if it has a GTID: its source (`uuid` or `uuid:tag`) and number.
    pub fn transaction(&self) -> Option<(&str, u64)> {
        self.reading
            .as_ref()
            .map(|(source, number)| (source.as_str(), *number))
    }

    /// By GTIDs: the transactions of the present one's source that should have come before it and have not.
    pub fn missing(&self) -> Option<Gtids> {
        let (source, number) = self.transaction()?;
        let missing = self.read.as_ref()?.missing_before(source, number);
        (!missing.is_empty()).then_some(missing)
    }

    /// An error of the stream's content at its present position.
    pub fn broken(&self, message: impl Into<String>) -> StreamError {
        StreamError::Broken {
            position: self.position.clone(),
            message: message.into(),
        }
    }

    fn lost(&self, message: &str) -> StreamError {
        StreamError::Lost {
            position: self.position.clone(),
            message: message.to_owned(),
        }
    }

    fn follow(&mut self, event: &Event) -> Result<(), StreamError> {
        let header = event.header();
        if let Some(payload) = &mut self.payload {
            let inside = payload.take(header.log_pos(), u64::from(header.event_size()));
            let inside = inside.map_err(|message| StreamError::Broken {
                position: self.position.clone(),
                message,
            })?;
            if inside == Inside::Last {
                self.payload = None;
            }
            return Ok(());
        }
        match header.event_type() {
            Ok(EventType::ROTATE_EVENT) => {
                let rotate = event
                    .read_event::<RotateEvent<'_>>()
                    .map_err(|error| self.broken(error.to_string()))?;
                self.position = Position::new(rotate.name().into_owned(), rotate.position());
                self.restart = self.position.clone();
            }
            // Made up by the server for the silence: it stands nowhere.
            Ok(EventType::HEARTBEAT_EVENT) => {}
            Ok(
                EventType::GTID_EVENT | EventType::ANONYMOUS_GTID_EVENT | EventType::GTID_TAGGED_LOG_EVENT,
            ) => {
                self.skip_to(event);
                self.restart = self.position.clone();
                self.advance(event);
                self.begin(event)?;
            }
            Ok(EventType::TRANSACTION_PAYLOAD_EVENT) => {
                self.advance(event);
                self.payload = Payload::of(event).map_err(|message| self.broken(message))?;
            }
            _ => self.advance(event),
        }
        Ok(())
    }

    /// By GTIDs, what is not wanted is left out before the transaction that is.
    fn skip_to(&mut self, event: &Event) {
        let header = event.header();
        let start = u64::from(header.log_pos()).saturating_sub(u64::from(header.event_size()));
        if self.read.is_some() {
            self.position.offset = self.position.offset.max(start);
        }
    }

    fn begin(&mut self, event: &Event) -> Result<(), StreamError> {
        if let (Some(read), Some((source, number))) = (&mut self.read, self.reading.take()) {
            read.add(&source, number);
        }
        self.reading = gtid(event).map_err(|message| self.broken(message))?;
        Ok(())
    }

    /// Events that are sent again from the head of the file have no position. The others name their end in 32 bits; a
    /// file with one huge transaction may be longer, and then the number has begun again from 0.
    fn advance(&mut self, event: &Event) {
        let log_pos = u64::from(event.header().log_pos());
        if log_pos != 0 {
            let wraps = self.position.offset.saturating_sub(log_pos).div_ceil(1 << 32);
            self.position.offset = log_pos + (wraps << 32);
        }
    }
}

/// A set as the driver wants it.
fn sids(gtids: &Gtids, at: &Position) -> Result<Vec<Sid<'static>>, StreamError> {
    let sid = |text: String| {
        text.parse().map_err(|error: std::io::Error| StreamError::Broken {
            position: at.clone(),
            message: error.to_string(),
        })
    };
    gtids.by_source().map(sid).collect()
}

/// The source and number of a transaction; `None` for one without a GTID.
fn gtid(event: &Event) -> Result<Option<(String, u64)>, String> {
    if event.header().event_type() == Ok(EventType::ANONYMOUS_GTID_EVENT) {
        return Ok(None);
    }
    let gtid: GtidEvent = event.read_event().map_err(|error| error.to_string())?;
    let digits: String = gtid.sid().iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from, to| digits.get(from..to).unwrap_or_default();
    let uuid = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
    let source = match gtid.tag() {
        Some(tag) => format!("{uuid}:{tag}"),
        None => uuid,
    };
    Ok(Some((source, gtid.gno())))
}

fn failed(error: &mysql_async::Error, position: &Position) -> StreamError {
    let position = position.clone();
    match error {
        // A shutdown or KILL is told by an error packet as well; the log is still there.
        mysql_async::Error::Server(server) if !matches!(server.code, 1053 | 1077 | 1079 | 1317 | 3169) => {
            StreamError::Refused {
                position,
                code: server.code,
                message: server.message.clone(),
            }
        }
        mysql_async::Error::Io(mysql_async::IoError::Io(io))
            if io.kind() == std::io::ErrorKind::InvalidData =>
        {
            StreamError::Broken {
                position,
                message: io.to_string(),
            }
        }
        other => StreamError::Lost {
            position,
            message: other.to_string(),
        },
    }
}

/// What is still to come out of a compressed transaction.
#[derive(Debug, PartialEq, Eq)]
struct Payload {
    bytes_left: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Inside {
    MoreToCome,
    Last,
}

impl Payload {
    fn of(event: &Event) -> Result<Option<Self>, String> {
        let payload = event
            .read_event::<TransactionPayloadEvent<'_>>()
            .map_err(|error| format!("a compressed transaction's header is damaged: {error}"))?;
        let bytes_left = match payload.uncompressed_size() {
            0 => payload.payload_size(),
            size => size,
        };
        Ok((bytes_left > 0).then_some(Self { bytes_left }))
    }

    /// Events inside a payload have no position of their own, so one that has comes from behind it.
    fn take(&mut self, log_pos: u32, event_bytes: u64) -> Result<Inside, String> {
        let left = self.bytes_left;
        if log_pos != 0 || event_bytes > left || event_bytes == 0 {
            return Err(format!(
                "a compressed transaction could not be unpacked: {left} bytes of it are missing"
            ));
        }
        self.bytes_left -= event_bytes;
        Ok(if self.bytes_left == 0 {
            Inside::Last
        } else {
            Inside::MoreToCome
        })
    }
}

/// The table id with which a table map or rows event begins.
pub fn table_id(event: &Event) -> Option<u64> {
    let bytes = event.data().get(..6)?;
    Some(bytes.iter().rev().fold(0, |id, byte| id << 8 | u64::from(*byte)))
}

/// Schema and table of a table map event, without decoding the rest of it.
pub fn table_name(event: &Event) -> Option<(&[u8], &[u8])> {
    let (schema, rest) = name(event.data().get(8..)?)?;
    let (table, _) = name(rest)?;
    Some((schema, table))
}

/// A length byte, the name, a zero byte.
fn name(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((name, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_vanishes_is_noticed_at_the_next_event() {
        let mut payload = Payload { bytes_left: 100 };
        assert_eq!(payload.take(0, 60), Ok(Inside::MoreToCome));
        assert!(
            payload.take(4711, 40).is_err(),
            "an event with a position comes from behind the payload"
        );
    }

    #[test]
    fn a_payload_that_is_padded_is_noticed() {
        let mut payload = Payload { bytes_left: 100 };
        assert!(payload.take(0, 0).is_err(), "zeros after the last event");
        assert!(payload.take(0, 101).is_err(), "more than was announced");
        assert_eq!(payload.take(0, 100), Ok(Inside::Last));
    }

    #[test]
    fn names_are_read_from_the_head_of_a_table_map() {
        assert_eq!(
            name(b"\x04shop\0\x06orders\0rest"),
            Some((&b"shop"[..], &b"\x06orders\0rest"[..]))
        );
        assert_eq!(name(b"\x09shop\0"), None);
        assert_eq!(name(b""), None);
    }
}
