//! The run's eye on the way from the primary to the inspected replica: a look each second, and one that begins when
//! the swap's last mark has come back. Without a replica there is nothing to look at.

use std::time::{Duration, Instant};

use crate::{
    error::{Exit, Failure},
    position::Gtids,
    tasks::Jobs,
    topology::{Look, Lookout},
};

/// Time between two looks.
const LOOK_MS: u64 = 1_000;
/// Time between two attempts of a look that the swap waits for.
const LOOK_AGAIN_MS: u64 = 50;
/// A way that could not be looked at for so long ends the run.
const UNSEEN_SECONDS_MAX: u64 = 60;

/// A look and whoever took it.
type Looked = (Lookout, Look);

/// The way, as the run sees it.
pub(super) struct Way {
    lookout: Option<Lookout>,
    looking: Jobs<Looked>,
    next: Instant,
    /// When the whole way was seen for the last time.
    seen: Instant,
    gap: Option<Gtids>,
    /// What was said last about replication that has stopped.
    stopped: Option<String>,
}

impl Way {
    pub(super) fn new(lookout: Option<Lookout>) -> Self {
        Self {
            lookout,
            looking: Jobs::default(),
            next: Instant::now(),
            seen: Instant::now(),
            gap: None,
            stopped: None,
        }
    }

    /// The stream came to a mark, and these transactions had not come before it.
    pub(super) fn gap(&mut self, gap: Gtids) {
        self.gap = Some(gap);
    }

    /// Begins a look when it is time for one.
    pub(super) fn look_if_due(&mut self) {
        if Instant::now() >= self.next {
            self.look();
        }
    }

    fn look(&mut self) {
        let Some(mut lookout) = self.lookout.take() else {
            return;
        };
        let gap = self.gap.clone();
        self.looking.start(async move {
            let look = lookout.look(gap.as_ref()).await;
            (lookout, look)
        });
    }

    /// The end of a look; waits for ever while there is none. Cancel safe.
    pub(super) async fn looked(&mut self) -> Result<Looked, String> {
        self.looking.next().await
    }

    /// Takes note of a look; `true`: everything was seen, and is as it was.
    pub(super) fn saw(&mut self, looked: Result<Looked, String>) -> Result<bool, Failure> {
        let (lookout, look) = looked.map_err(|panic| Failure::new(Exit::Internal, panic))?;
        self.lookout = Some(lookout);
        self.next = Instant::now() + Duration::from_millis(LOOK_MS);
        match look {
            Look::Changed(failure) => Err(failure),
            Look::Same { stopped } => {
                self.seen = Instant::now();
                self.tell(stopped);
                Ok(true)
            }
            Look::Unseen(why) => {
                tracing::warn!("the replication from the primary could not be looked at: {why}");
                if self.seen.elapsed() < Duration::from_secs(UNSEEN_SECONDS_MAX) {
                    return Ok(false);
                }
                Err(Failure::failed(format!(
                    "The replication from the primary could not be looked at for {UNSEEN_SECONDS_MAX} s."
                ))
                .detail(why)
                .hint(
                    "Start again when all servers between the primary and the inspected one can be reached.",
                ))
            }
        }
    }

    fn tell(&mut self, stopped: Option<String>) {
        match (&stopped, &self.stopped) {
            (Some(why), was) if Some(why) != was.as_ref() => {
                tracing::warn!("{why}; the run waits for it, and does not swap before");
            }
            (None, Some(_)) => tracing::info!("the replication from the primary goes on"),
            _ => {}
        }
        self.stopped = stopped;
    }

    /// A look that begins now and sees everything; tried again until then. The caller has a limit.
    pub(super) async fn confirm(&mut self) -> Result<(), Failure> {
        if self.lookout.is_none() && self.looking.is_empty() {
            return Ok(());
        }
        if !self.looking.is_empty() {
            let looked = self.looked().await;
            self.saw(looked)?;
        }
        loop {
            self.look();
            let looked = self.looked().await;
            if self.saw(looked)? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(LOOK_AGAIN_MS)).await;
        }
    }

    /// Ends the sessions, after the look that is under way.
    pub(super) async fn close(mut self, limit: Duration) {
        if !self.looking.is_empty()
            && let Ok(Ok((lookout, _))) = tokio::time::timeout(limit, self.looking.next()).await
        {
            self.lookout = Some(lookout);
        }
        if let Some(lookout) = self.lookout {
            lookout.close().await;
        }
    }
}
