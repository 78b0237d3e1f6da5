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
    /// An order that hooks are being told of, or have been.
    told: Option<Told>,
}

/// An order that waits for hooks.
struct Told {
    request: Request,
    /// What they say; `None` while they are still at it.
    result: Option<Result<(), Failure>>,
}

/// An order that is to be carried out now.
pub(super) struct Incoming {
    request: Request,
    /// What the hooks say of it; `None`: they have not been asked.
    told: Option<Result<(), Failure>>,
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
            told: None,
        }
    }

    /// Whether an order may be taken now: not twice in succession, and not while hooks are told of another one.
    pub(super) fn takes_orders(&mut self) -> bool {
        let hooks_are_done = self.told.as_ref().is_none_or(|told| told.result.is_some());
        !std::mem::take(&mut self.has_answered) && hooks_are_done
    }

    /// The next order; one that hooks have heard of comes first. Cancel safe.
    pub(super) async fn next(&mut self) -> Incoming {
        if let Some(told) = self.told.take_if(|told| told.result.is_some()) {
            return Incoming {
                request: told.request,
                told: told.result,
            };
        }
        match self.orders.recv().await {
            Some(request) => Incoming { request, told: None },
            None => std::future::pending().await,
        }
    }

    /// The hooks have heard of the order that waits for them.
    pub(super) fn order_told(&mut self, result: Result<(), Failure>) {
        if let Some(told) = &mut self.told {
            told.result = Some(result);
        }
    }

    /// Whoever still waits is told that the run has ended.
    pub(super) async fn close(self) {
        drop(self.orders);
        drop(self.told);
        self.service.close().await;
    }
}

impl Run {
    /// Does what was ordered, and answers; if hooks want to hear of it first, they do. The failure is the one with which an
    /// operator wants the run to end.
    pub(super) async fn commanded(&mut self, incoming: Incoming) -> Result<(), Failure> {
        self.desk.has_answered = true;
        let Incoming { request, told } = incoming;
        if told.is_none() && self.moments.hears_orders() && self.reaction(&request.order).is_ok() {
            self.moments.tell_order(&request.order.name);
            self.desk.told = Some(Told {
                request,
                result: None,
            });
            return Ok(());
        }
        let Request { order, reply } = request;
        let done = match told {
            Some(Err(failure)) => Err(failure.to_string()),
            _ => self.obey(&order).await,
        };
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
        let reaction = self.reaction(order)?;
        match &reaction {
            Reaction::Tell => tracing::debug!("an operator asks: {}", order.name),
            Reaction::Turn(_) | Reaction::End(_) => tracing::info!("an operator commands: {}", order.name),
        }
        match reaction {
            Reaction::Tell => {}
            Reaction::Turn(new) => self.turn(*new).await?,
            Reaction::End(failure) => return Ok(Err(failure)),
        }
        Ok(Ok(()))
    }

    /// What is to be done; the error says why nothing may be.
    fn reaction(&mut self, order: &Order) -> Result<Reaction, String> {
        let config = &self.config;
        let subject = Subject {
            schema: &config.schema,
            table: &config.table,
            force_named_cut_over: config.force_named_cut_over,
            force_named_panic: config.force_named_panic,
        };
        let stand = Stand {
            subject,
            knobs: &self.knobs.borrow(),
            postponed: self.conductor.readiness() != Readiness::Copying && self.is_postponed(),
        };
        reaction(&order.command, stand)
    }

    async fn turn(&mut self, new: Knobs) -> Result<(), String> {
        let old = self.knobs.borrow().clone();
        let refused = self.throttle.admission().refuses(&old, &new).await;
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
        let header = self.header();
        let knobs = self.knobs.borrow();
        let view = View {
            about: &self.desk.about,
            header: &header,
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
