//! The binlog reader and the marks, as the run drives them: one session writes marks, one reader delivers the log.

use super::{World, server::Event};
use crate::changes::Mark;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Stream {
    /// So many events of the log have been delivered.
    pub(super) delivered_to: usize,
    /// The mark under way, and whether it stands in the log.
    pub(super) mark: Option<(Mark, bool)>,
    /// Begun, the session died, and the statement may still come.
    adrift: Vec<Mark>,
    /// A mark was lost, and the heartbeat begins another.
    lost: bool,
    /// The first mark has returned.
    pub(super) marked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::changes) enum Step {
    /// The next event reaches the state machine.
    Deliver,
    /// The connection is lost, and the stream goes back to this place.
    Reconnect(usize),
    BeginMark,
    LogMark,
    ReturnMark,
    /// The session that commits the mark dies.
    LoseMark,
    /// The statement of a dead session comes late.
    LogLostMark(usize),
}

pub(super) fn steps(world: &World, out: &mut Vec<Step>) {
    let (stream, server) = (&world.stream, &world.server);
    if stream.delivered_to < server.log.len() {
        out.push(Step::Deliver);
    }
    if world.left.reconnects > 0 {
        let begins = |at: &usize| *at == 0 || server.log.get(at - 1).is_some_and(Event::commits);
        out.extend((0..stream.delivered_to).filter(begins).map(Step::Reconnect));
    }
    match stream.mark {
        Some((_, false)) => out.push(Step::LogMark),
        Some((mark, true)) if server.is_visible(mark) => out.push(Step::ReturnMark),
        Some(_) => {}
        None if wants_mark(world) => out.push(Step::BeginMark),
        None => {}
    }
    if world.left.lost_marks > 0 && stream.mark.is_some() {
        out.push(Step::LoseMark);
    }
    out.extend((0..stream.adrift.len()).map(Step::LogLostMark));
}

/// Real marks beat for ever; these only where one makes a difference, and a few more.
fn wants_mark(world: &World) -> bool {
    needs_mark(world) || world.left.spare_marks > 0
}

fn needs_mark(world: &World) -> bool {
    !world.stream.marked || world.stream.lost || world.changes.wants_mark() || world.swap_wants_mark()
}

pub(super) fn take(world: &mut World, step: Step) {
    match step {
        Step::Deliver => deliver(world),
        Step::Reconnect(to) => {
            world.left.reconnects -= 1;
            world.stream.delivered_to = to;
        }
        Step::BeginMark => begin_mark(world),
        Step::LogMark => {
            if let Some((mark, logged)) = &mut world.stream.mark {
                *logged = true;
                world.server.log.push(Event::Mark(*mark));
            }
        }
        Step::ReturnMark => {
            if let Some((mark, _)) = world.stream.mark.take() {
                world.changes.mark_returned(mark);
                world.stream.marked = true;
            }
        }
        Step::LoseMark => lose_mark(world),
        Step::LogLostMark(which) => {
            let mark = world.stream.adrift.remove(which);
            world.server.log.push(Event::Mark(mark));
        }
    }
}

fn deliver(world: &mut World) {
    let event = world.server.log[world.stream.delivered_to];
    world.stream.delivered_to += 1;
    match event {
        Event::Mark(mark) => world.changes.mark_seen(mark),
        Event::Row {
            id, spelling, change, ..
        } => world.changes.delivered(world.order.key(id, spelling), change),
    }
}

fn begin_mark(world: &mut World) {
    if !needs_mark(world) {
        world.left.spare_marks -= 1;
    }
    world.stream.lost = false;
    let mark = world.changes.mark_begun();
    world.stream.mark = Some((mark, false));
    world.swap_mark_begun(mark);
}

fn lose_mark(world: &mut World) {
    world.left.lost_marks -= 1;
    world.stream.lost = true;
    if let Some((mark, false)) = world.stream.mark.take() {
        world.stream.adrift.push(mark);
    }
}
