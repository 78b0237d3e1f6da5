//! Shows a run's status in the form that suits: a bar, lines, JSON objects or nothing.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::cadence::Cadence;
use super::screen::{Form, Screen};
use super::{Phase, Snapshot, header, line};

/// The bar's length: progress is a share, because the number of rows is only a guess.
const BAR_STEPS: u64 = 1000;

/// Shows the status of one run. It has no clock: the age of the run comes with each [`Snapshot`].
#[derive(Debug)]
pub struct Reporter {
    form: Form,
    bar: ProgressBar,
    cadence: Cadence,
    /// Age of the run when the header was printed last.
    headed: Option<Duration>,
}

impl Reporter {
    /// A reporter on this screen.
    pub fn new(screen: Screen) -> Self {
        let bar = screen.bars().add(ProgressBar::new(BAR_STEPS));
        if let Ok(style) = ProgressStyle::with_template("{bar:12} {wide_msg}") {
            bar.set_style(style);
        }
        Self {
            form: screen.form(),
            bar,
            cadence: Cadence::default(),
            headed: None,
        }
    }

    /// Shows how far the run is, if it is time to. Call it as often as is convenient, at least each second, and
    /// whenever the state changes. `header` makes the lines above the line, when they are due.
    pub fn report(&mut self, snapshot: &Snapshot, header: impl FnOnce() -> Vec<String>) {
        match self.form {
            Form::Silent => {}
            Form::Bar => self.draw(snapshot),
            Form::Lines | Form::Json if !self.cadence.due(snapshot) => {}
            Form::Lines => {
                if self.header_due(snapshot) {
                    header().iter().for_each(|line| print(line));
                }
                print(&line::line(snapshot));
            }
            Form::Json => print(&serde_json::to_string(snapshot).unwrap_or_default()),
        }
    }

    /// At the beginning, now and then, and before the swap.
    fn header_due(&mut self, snapshot: &Snapshot) -> bool {
        let old = |headed: Duration| snapshot.elapsed.saturating_sub(headed) >= header::EVERY;
        let due = snapshot.state == Phase::Swapping || self.headed.is_none_or(old);
        if due {
            self.headed = Some(snapshot.elapsed);
        }
        due
    }

    fn draw(&self, snapshot: &Snapshot) {
        self.bar
            .set_position((snapshot.progress() * BAR_STEPS as f64) as u64);
        self.bar.set_message(line::short(snapshot));
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A closed pipe (`… | head`) ends the status, not the run.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
