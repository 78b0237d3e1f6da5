//! What becomes of a command. Pure: the run's state in, what to do out; the run only does it.

use super::{
    command::{Command, Subject},
    knob,
};
use crate::{
    error::{Exit, Failure},
    knobs::Knobs,
};

/// What the run is to do.
#[derive(Debug)]
pub enum Reaction {
    /// Only answer.
    Tell,
    /// These are the knobs from now on.
    Turn(Box<Knobs>),
    /// The run ends, with this.
    End(Failure),
}

/// Where the run stands, as far as commands ask for it.
#[derive(Clone, Copy, Debug)]
pub struct Stand<'a> {
    /// Which table, and what must be named.
    pub subject: Subject<'a>,
    /// What the knobs stand at.
    pub knobs: &'a Knobs,
    /// Nothing but the flag file holds the swap back.
    pub postponed: bool,
}

/// What to do. The error says why nothing is done, and what would be right.
pub fn reaction(command: &Command, stand: Stand<'_>) -> Result<Reaction, String> {
    command.check(stand.subject)?;
    let turn = |turn: fn(&mut Knobs)| {
        let mut knobs = Box::new(stand.knobs.clone());
        turn(&mut knobs);
        Ok(Reaction::Turn(knobs))
    };
    match command {
        Command::Throttle(_) => turn(|knobs| knobs.paused = true),
        Command::NoThrottle(_) => turn(|knobs| knobs.paused = false),
        Command::CutOver(_) if stand.postponed => turn(|knobs| knobs.unpostponed = true),
        Command::CutOver(_) => Err(
            "the swap is not being postponed at this moment; say this again when the status says postponed"
                .to_owned(),
        ),
        Command::Set(knob, value) => {
            knob::turned(stand.knobs, *knob, value).map(|knobs| Reaction::Turn(Box::new(knobs)))
        }
        Command::Panic(_) => Ok(Reaction::End(
            Failure::new(Exit::Interrupted, "Stopped by an operator's command: panic.")
                .detail("it came over the control socket"),
        )),
        Command::CpuProfile => Err(
            "cpu-profile is not available: ghost-rs has no profiler; perf can look at the process".to_owned(),
        ),
        Command::Help
        | Command::Status
        | Command::Sup
        | Command::Coordinates
        | Command::Applier
        | Command::Inspector
        | Command::Ask(_) => Ok(Reaction::Tell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{control::Order, knobs::fixture};

    /// The knobs after a line.
    fn after(line: &str, knobs: &Knobs, postponed: bool) -> Result<Knobs, String> {
        let stand = Stand {
            subject: Subject {
                schema: "shop",
                table: "orders",
                force_named_cut_over: false,
                force_named_panic: false,
            },
            knobs,
            postponed,
        };
        match reaction(&Order::read(line)?.command, stand)? {
            Reaction::Tell => Ok(knobs.clone()),
            Reaction::Turn(knobs) => Ok(*knobs),
            Reaction::End(failure) => Err(failure.what),
        }
    }

    #[test]
    fn throttled_until_told_otherwise() {
        let paused = after("throttle", &fixture(), false).expect("done");
        assert!(paused.paused);
        assert_eq!(after("resume", &paused, false), Ok(fixture()));
        let other = after("pause=customers", &fixture(), false).expect_err("another table");
        assert!(
            other.contains("shop.orders") && other.contains("customers"),
            "{other}"
        );
    }

    #[test]
    fn only_a_postponed_swap_can_be_let_go() {
        let gone_on = after("unpostpone", &fixture(), true).expect("done");
        assert!(gone_on.unpostponed);
        let said = after("cut-over", &fixture(), false).expect_err("not yet");
        assert!(said.contains("not being postponed"), "{said}");
    }

    #[test]
    fn a_question_changes_nothing() {
        for line in [
            "status",
            "sup",
            "help",
            "chunk-size=?",
            "max-load=?",
            "applier",
            "inspector",
            "coordinates",
        ] {
            assert_eq!(after(line, &fixture(), true), Ok(fixture()), "{line}");
        }
    }

    #[test]
    fn panic_ends_the_run_and_a_profile_does_not() {
        let ended = after("panic=orders", &fixture(), false).expect_err("ended");
        assert!(ended.contains("operator"), "{ended}");
        let said = after("cpu-profile=1s", &fixture(), false).expect_err("none");
        assert!(said.contains("not available"), "{said}");
    }
}
