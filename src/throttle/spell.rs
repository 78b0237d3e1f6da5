//! How long a run has been held back by the same reason. Pure; what there is to say is said once.

use std::time::{Duration, Instant};

use crate::status::Reason;

/// The reason that holds now, and since when.
#[derive(Clone, Debug, Default)]
pub struct Spell(Option<(Reason, Instant)>);

/// What has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// A reason that holds no more, and how long it held.
    pub ended: Option<(Reason, Duration)>,
    /// One that holds from now on.
    pub begun: Option<Reason>,
}

impl Spell {
    /// The reason that holds.
    pub fn reason(&self) -> Option<&Reason> {
        self.0.as_ref().map(|(reason, _)| reason)
    }

    /// Takes note of what holds now. A reason with other values is the same reason.
    pub fn turn(&mut self, reason: Option<Reason>, now: Instant) -> News {
        match (&mut self.0, reason) {
            (Some((known, _)), Some(reason)) if known.name == reason.name => {
                *known = reason;
                News::default()
            }
            (place, reason) => News {
                ended: place.take().map(|(reason, since)| (reason, now - since)),
                begun: reason.inspect(|reason| *place = Some((reason.clone(), now))),
            },
        }
    }
}

impl News {
    /// Says it in the log.
    pub fn log(&self) {
        if let Some((Reason { name, .. }, took)) = &self.ended {
            tracing::info!(
                reason = name,
                "not throttled by {name} any more, after {:.1} s",
                took.as_secs_f64()
            );
        }
        if let Some(reason) = &self.begun {
            tracing::info!(reason = reason.name, "throttled by {reason}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_begins_once_and_ends_once() {
        let (mut spell, start) = (Spell::default(), Instant::now());
        let (lag, load) = (Reason::new("lag", "2.0 s"), Reason::new("max-load", "9"));
        let later = |seconds| start + Duration::from_secs(seconds);
        let news = |ended: Option<(&Reason, u64)>, begun: Option<&Reason>| News {
            ended: ended.map(|(reason, seconds)| (reason.clone(), Duration::from_secs(seconds))),
            begun: begun.cloned(),
        };
        assert_eq!(spell.turn(None, start), News::default());
        assert_eq!(spell.turn(Some(lag.clone()), start), news(None, Some(&lag)));
        let more = Reason::new("lag", "2.1 s");
        assert_eq!(spell.turn(Some(more.clone()), later(1)), News::default());
        assert_eq!(spell.reason(), Some(&more), "the values are those of now");
        let other = spell.turn(Some(load.clone()), later(3));
        assert_eq!(other, news(Some((&more, 3)), Some(&load)));
        assert_eq!(spell.turn(None, later(4)), news(Some((&load, 1)), None));
        assert_eq!(spell.reason(), None);
    }
}
