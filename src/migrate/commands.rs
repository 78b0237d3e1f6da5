//! Operators' orders: taken between two steps of the run, carried out at once, answered.
//!
//! What an order means and whether it may be is decided in `control`, without I/O; here it is done. An order never acts
//! inside the swap's window: it waits until the attempt is over. After each order something else has its turn, so that
//! somebody who asks all the time does not keep the run from its work.

use tokio::sync::mpsc;

use super::{conductor::Readiness, fit, run::Run};
use crate::{
    control::{
        About, Answer, Listening, Order, Request, Service,
        answer::{self, View},
        command::Subject,
        reaction::{Reaction, Stand, reaction},
    },
    error::Failure,
    knobs::Knobs,
};

/// Where orders come in.
pub(super) struct Desk {
    service: Service,
    orders: mpsc::Receiver<Request>,
    about: About,
    /// The last thing that happened was an order.
    has_answered: bool,
}

impl Desk {
    /// Begins to take orders.
    pub(super) fn open(listening: Listening, about: About) -> Self {
        let (service, orders) = listening.serve();
        Self {
            service,
            orders,
            about,
            has_answered: false,
        }
    }

    /// Whether an order may be taken now: not twice in succession.
    pub(super) fn takes_orders(&mut self) -> bool {
        !std::mem::take(&mut self.has_answered)
    }

    /// The next order. Cancel safe.
    pub(super) async fn next(&mut self) -> Request {
        match self.orders.recv().await {
            Some(request) => request,
            None => std::future::pending().await,
        }
    }

    /// Whoever still waits is told that the run has ended.
    pub(super) async fn close(self) {
        drop(self.orders);
        self.service.close().await;
    }
}

impl Run {
    /// Does what was ordered, and answers. The failure is the one with which an operator wants the run to end.
    pub(super) async fn commanded(&mut self, request: Request) -> Result<(), Failure> {
        self.desk.has_answered = true;
        let Request { order, reply } = request;
        let done = self.obey(&order).await;
        let (answer, ended) = match done {
            Ok(ended) => (self.answer(&order), ended),
            Err(why) => (Answer::refused(&order.name, why), Ok(())),
        };
        // Whoever asked may have gone: what was ordered is done all the same.
        let _ = reply.send(answer);
        ended
    }

    /// The error says why nothing was done.
    async fn obey(&mut self, order: &Order) -> Result<Result<(), Failure>, String> {
        let config = &self.config;
        let subject = Subject {
            schema: &config.schema,
            table: &config.table,
            force_named_cut_over: config.force_named_cut_over,
            force_named_panic: config.force_named_panic,
        };
        let knobs = self.knobs.borrow().clone();
        let stand = Stand {
            subject,
            knobs: &knobs,
            postponed: self.conductor.readiness() != Readiness::Copying && self.is_postponed(),
        };
        let reaction = reaction(&order.command, stand)?;
        self.accepted(order, &reaction).await?;
        match reaction {
            Reaction::Tell => {}
            Reaction::Turn(new) => self.turn(&knobs, *new).await?,
            Reaction::End(failure) => return Ok(Err(failure)),
        }
        Ok(Ok(()))
    }

    /// Every order that is about to be carried out passes by here; an error keeps it from being so.
    async fn accepted(&mut self, order: &Order, reaction: &Reaction) -> Result<(), String> {
        match reaction {
            Reaction::Tell => tracing::debug!("an operator asks: {}", order.name),
            Reaction::Turn(_) | Reaction::End(_) => tracing::info!("an operator commands: {}", order.name),
        }
        Ok(())
    }

    async fn turn(&mut self, old: &Knobs, new: Knobs) -> Result<(), String> {
        let refused = self.throttle.admission().refuses(old, &new).await;
        // Marks that came by meanwhile were not looked at.
        self.marks.stopped_reading();
        refused.map_err(|failure| failure.to_string())?;
        if let Some(file) = new
            .postpone_file
            .as_ref()
            .filter(|file| Some(*file) != old.postpone_file.as_ref())
        {
            fit::touch(file).map_err(|failure| failure.to_string())?;
        }
        self.conductor.turn(&new);
        self.knobs.send_replace(new);
        Ok(())
    }

    fn answer(&mut self, order: &Order) -> Answer {
        self.report(self.phase());
        let knobs = self.knobs.borrow();
        let view = View {
            about: &self.desk.about,
            header: &[],
            knobs: &knobs,
            snapshot: self.snapshot(),
            postpone_file_exists: knobs.postpone_file.as_ref().is_some_and(|file| file.exists()),
        };
        Answer {
            done: true,
            command: order.name.clone(),
            text: answer::text(&order.command, view),
            run: Some(answer::object(view)),
        }
    }
}
