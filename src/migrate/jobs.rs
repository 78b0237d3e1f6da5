//! The jobs of a run: each works on a session of its own and ends with an event for the conductor.
//!
//! A session belongs to its job while that works, and comes back with the result for the next one.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::conductor::Event;
use crate::{
    apply::Flusher,
    changes::{Batch, Chunk, Mark},
    copy::{self, Copied, boundaries},
    error::Failure,
    fence,
    key::Key,
    mysql::{Class, Session, Sessions, SqlError},
    plan::work::Work,
    retry::Retry,
    verify::{Eye, Subject, ledger::Task},
};

/// A job's end: what happened, and its session for the next job.
pub(super) struct Done {
    pub(super) seat: Seat,
    pub(super) result: Result<Event, Failure>,
}

/// The sessions that jobs work on.
pub(super) enum Seat {
    Copier(Option<Session>),
    Flusher(Option<Flusher>),
    Marker(Option<Session>),
    Finder(Option<Session>),
    Looker(Option<Looker>),
}

/// A session that compares, and its state.
pub(super) struct Looker {
    session: Session,
    eye: Eye,
}

/// Sessions that wait for a job.
#[derive(Default)]
pub(super) struct Idle {
    pub(super) copiers: Vec<Session>,
    pub(super) flushers: Vec<Flusher>,
    pub(super) marker: Option<Session>,
    pub(super) finder: Option<Session>,
    pub(super) lookers: Vec<Looker>,
}

impl Idle {
    pub(super) fn take(&mut self, seat: Seat) {
        match seat {
            Seat::Copier(session) => self.copiers.extend(session),
            Seat::Flusher(flusher) => self.flushers.extend(flusher),
            Seat::Marker(session) => self.marker = session,
            Seat::Finder(session) => self.finder = session,
            Seat::Looker(looker) => self.lookers.extend(looker),
        }
    }

    pub(super) async fn close(self) {
        let flushers = self.flushers.into_iter().map(Flusher::into_session);
        let sessions = self
            .copiers
            .into_iter()
            .chain(flushers)
            .chain(self.marker)
            .chain(self.finder)
            .chain(self.lookers.into_iter().map(|looker| looker.session));
        futures_util::future::join_all(sessions.map(Session::close)).await;
    }
}

async fn seated(
    session: Option<Session>,
    sessions: &Sessions,
    purpose: &'static str,
) -> Result<Session, Failure> {
    match session {
        Some(session) => Ok(session),
        None => sessions.open(purpose).await,
    }
}

/// A lost mark does not count, whatever became of it; the next one is written by a new session.
pub(super) async fn write_mark(
    session: Option<Session>,
    sessions: Sessions,
    work: Arc<Work>,
    mark: Mark,
) -> Done {
    let mut session = match seated(session, &sessions, "marks").await {
        Ok(session) => session,
        Err(failure) => {
            return Done {
                seat: Seat::Marker(None),
                result: Err(failure),
            };
        }
    };
    match fence::write(&mut session, &work.tables.changelog, mark).await {
        Ok(took) => Done {
            seat: Seat::Marker(Some(session)),
            result: Ok(Event::MarkReturned { mark, took }),
        },
        Err(error) => {
            tracing::warn!(%error, "a mark was lost");
            session.close().await;
            match fence::reopen(&sessions, &error).await {
                Ok(session) => Done {
                    seat: Seat::Marker(Some(session)),
                    result: Ok(Event::MarkLost),
                },
                Err(failure) => Done {
                    seat: Seat::Marker(None),
                    result: Err(failure),
                },
            }
        }
    }
}

/// What the finder looks for.
pub(super) enum Look {
    Range,
    Boundary { after: Option<Key>, max: Key, rows: u64 },
}

/// Only reads, so it may be done again on a new session.
pub(super) async fn find(
    mut session: Option<Session>,
    sessions: Sessions,
    work: Arc<Work>,
    look: Look,
) -> Done {
    let mut retry = Retry::default();
    loop {
        let mut seat = match seated(session.take(), &sessions, "boundaries").await {
            Ok(seat) => seat,
            Err(failure) => {
                return Done {
                    seat: Seat::Finder(None),
                    result: Err(failure),
                };
            }
        };
        let error = match look_for(&mut seat, &work, &look).await {
            Ok(event) => {
                return Done {
                    seat: Seat::Finder(Some(seat)),
                    result: Ok(event),
                };
            }
            Err(error) => error,
        };
        if !matches!(error.class(), Class::Transient | Class::Lost) || !retry.again().await {
            let failure = error.failure(format!("The keys of {} could not be read.", work.tables.source));
            return Done {
                seat: Seat::Finder(Some(seat)),
                result: Err(failure),
            };
        }
        if error.lost {
            seat.close().await;
        } else {
            session = Some(seat);
        }
    }
}

async fn look_for(session: &mut Session, work: &Work, look: &Look) -> Result<Event, SqlError> {
    match look {
        Look::Range => boundaries::range(session, work).await.map(Event::RangeRead),
        Look::Boundary { after, max, rows } => {
            let (upper, last) = boundaries::next(session, work, after.as_ref(), max, *rows).await?;
            Ok(Event::BoundaryFound { upper, last })
        }
    }
}

/// `retried`: where an error goes that is no reason to stop. If nobody takes it just then, it is dropped.
pub(super) async fn copy_chunk(
    session: Option<Session>,
    sessions: Sessions,
    work: Arc<Work>,
    chunk: Chunk,
    retried: mpsc::Sender<String>,
) -> Done {
    let mut session = match seated(session, &sessions, "copy").await {
        Ok(session) => session,
        Err(failure) => {
            return Done {
                seat: Seat::Copier(None),
                result: Err(failure),
            };
        }
    };
    let tell = |error: &SqlError| {
        let _ = retried.try_send(error.to_string());
    };
    let result = copy::chunk(&mut session, &sessions, &work, &chunk, &tell)
        .await
        .map(|copied| match copied {
            Copied::Rows { rows, took } => Event::ChunkCopied {
                chunk: chunk.id,
                rows,
                took,
            },
            Copied::HandedOver(keys) => Event::ChunkHandedOver {
                chunk: chunk.id,
                keys,
            },
        });
    Done {
        seat: Seat::Copier(Some(session)),
        result,
    }
}

pub(super) async fn flush(
    flusher: Option<Flusher>,
    sessions: Sessions,
    work: Arc<Work>,
    batch: Batch,
) -> Done {
    let mut flusher = match flusher {
        Some(flusher) => flusher,
        None => match Flusher::open(&sessions).await {
            Ok(flusher) => flusher,
            Err(failure) => {
                return Done {
                    seat: Seat::Flusher(None),
                    result: Err(failure),
                };
            }
        },
    };
    let result = flusher.flush(&sessions, &work, &batch).await;
    let result = result.map(|flushed| Event::BatchFlushed {
        batch: batch.id,
        flushed,
    });
    Done {
        seat: Seat::Flusher(Some(flusher)),
        result,
    }
}

/// Only reads the two tables, so it may be done again on a new session.
pub(super) async fn look(
    mut looker: Option<Looker>,
    sessions: Sessions,
    subject: Arc<Subject>,
    task: Task,
) -> Done {
    let mut retry = Retry::default();
    loop {
        let mut seat = match looker.take() {
            Some(looker) => looker,
            None => match sessions.open("verify").await {
                Ok(session) => Looker {
                    session,
                    eye: Eye::default(),
                },
                Err(failure) => {
                    return Done {
                        seat: Seat::Looker(None),
                        result: Err(failure),
                    };
                }
            },
        };
        let error = match compare(&mut seat, &subject, &task).await {
            Ok(event) => {
                return Done {
                    seat: Seat::Looker(Some(seat)),
                    result: Ok(event),
                };
            }
            Err(error) => error,
        };
        if !matches!(error.class(), Class::Transient | Class::Lost) || !retry.again().await {
            let [first, second] = subject.tables();
            let failure = error.failure(format!("{second} could not be compared with {first}."));
            return Done {
                seat: Seat::Looker(Some(seat)),
                result: Err(failure),
            };
        }
        if error.lost {
            seat.session.close().await;
        } else {
            looker = Some(seat);
        }
    }
}

async fn compare(looker: &mut Looker, subject: &Subject, task: &Task) -> Result<Event, SqlError> {
    let Looker { session, eye } = looker;
    match task {
        Task::Find { after, rows } => {
            let to = eye.boundary(session, subject, after.as_ref(), *rows).await?;
            Ok(Event::PartFound(to))
        }
        Task::Part { look, part, depth } => {
            let seen = eye.part(session, subject, part, *depth).await?;
            Ok(Event::PartSeen { look: *look, seen })
        }
        Task::Keys { look, keys, depth } => {
            let differences = eye.keys(session, subject, keys, *depth).await?;
            Ok(Event::KeysSeen {
                look: *look,
                differences,
            })
        }
    }
}
