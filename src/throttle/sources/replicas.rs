//! The newest mark on each control replica.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::{
    Board, Source,
    seat::{Seat, in_time, said},
};
use crate::{
    changes::Mark,
    config::Address,
    fence,
    knobs::Knobs,
    mysql::Class,
    throttle::{admission::Peers, readings::Reading},
};

/// Often enough for a lag below a second.
const PERIOD: Duration = Duration::from_millis(200);

/// One session on each replica that the knobs name.
pub(super) struct Replicas {
    peers: Peers,
    seats: BTreeMap<Address, Replica>,
}

struct Replica {
    seat: Seat,
    /// Its changelog is known to be that of this run; as long as the session lives.
    ours: bool,
}

impl Replicas {
    pub(super) fn new(peers: Peers) -> Self {
        Self {
            peers,
            seats: BTreeMap::new(),
        }
    }

    /// Closes what is not wanted any more, and makes place for what is.
    async fn seat(&mut self, wanted: &[Address]) {
        let left: Vec<Address> = self
            .seats
            .keys()
            .filter(|known| !wanted.contains(known))
            .cloned()
            .collect();
        for address in left {
            if let Some(mut replica) = self.seats.remove(&address) {
                replica.seat.leave().await;
            }
        }
        for address in wanted
            .iter()
            .filter(|wanted| !self.seats.contains_key(wanted))
            .collect::<Vec<_>>()
        {
            match self.peers.sessions(address) {
                Ok(sessions) => drop(
                    self.seats
                        .insert(address.clone(), Replica::new(Seat::new(sessions))),
                ),
                // Not among the readings, and so not known.
                Err(failure) => tracing::warn!(%failure, "no way to {address}"),
            }
        }
    }
}

impl Source for Replicas {
    fn period(&self) -> Duration {
        PERIOD
    }

    /// All at once: one that does not answer must not make the others' readings old.
    async fn ask(&mut self, knobs: &Knobs, board: &Board) {
        self.seat(&knobs.control_replicas).await;
        let peers = &self.peers;
        let all = self.seats.iter_mut().map(|(address, replica)| async move {
            let reading = replica.ask(peers).await;
            board.send_modify(|readings| drop(readings.replicas.insert(address.clone(), reading)));
        });
        join_all(all).await;
        board.send_if_modified(|readings| {
            let before = readings.replicas.len();
            readings
                .replicas
                .retain(|address, _| knobs.control_replicas.contains(address));
            before != readings.replicas.len()
        });
    }

    async fn close(mut self) {
        self.seat(&[]).await;
    }
}

impl Replica {
    fn new(seat: Seat) -> Self {
        Self { seat, ours: false }
    }

    async fn ask(&mut self, peers: &Peers) -> Reading<Mark> {
        let at = Instant::now();
        let found = in_time(self.newest(peers)).await;
        if found.is_err() {
            self.seat.leave().await;
            self.ours = false;
        }
        Reading { at, found }
    }

    /// Its newest mark, if it replicates, and from the server where we write them.
    async fn newest(&mut self, peers: &Peers) -> Result<Mark, String> {
        let session = self.seat.session().await?;
        peers.upstream(session).await.map_err(said)?.replicates()?;
        if !self.ours && !peers.has_our_changelog(session).await.map_err(said)? {
            // It has not arrived: all marks are still to come.
            return Ok(Mark::default());
        }
        self.ours = true;
        match fence::newest(session, peers.changelog()).await {
            Ok(mark) => Ok(mark),
            Err(error) if error.class() == Class::NoSuchTable => Ok(Mark::default()),
            Err(error) => Err(said(error)),
        }
    }
}
