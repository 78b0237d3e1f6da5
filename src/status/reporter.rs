//! Shows a run's status in the form that suits: a bar, lines, JSON objects or nothing.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::screen::{Form, Screen};
use super::{Phase, Snapshot, cadence, line};

/// The bar's length: progress is a share, because the number of rows is only a guess.
const BAR_STEPS: u64 = 1000;

/// Shows the status of one run. It has no clock: the age of the run comes with each [`Snapshot`].
#[derive(Debug)]
pub struct Reporter {
    form: Form,
    bar: ProgressBar,
    printed: Option<Duration>,
    changed: Duration,
    state: Option<Phase>,
}

impl Reporter {
    /// A reporter on this screen.
    pub fn new(screen: Screen) -> Self {
        let bar = screen.bars().add(ProgressBar::new(BAR_STEPS));
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {wide_msg}") {
            bar.set_style(style);
        }
        Self {
            form: screen.form(),
            bar,
            printed: None,
            changed: Duration::ZERO,
            state: None,
        }
    }

    /// Shows how far the run is, if it is time to. Call it as often as is convenient, about each second, and whenever
    /// the state changes.
    pub fn report(&mut self, snapshot: &Snapshot) {
        self.notice_change(snapshot);
        match self.form {
            Form::Silent => {}
            Form::Bar => self.draw(snapshot),
            Form::Lines | Form::Json if !cadence::due(snapshot.elapsed, self.printed, self.changed) => {}
            Form::Lines => self.print(snapshot, &line(snapshot)),
            Form::Json => self.print(snapshot, &object(snapshot)),
        }
    }

    fn notice_change(&mut self, snapshot: &Snapshot) {
        if self.state.as_ref() != Some(&snapshot.state) {
            self.state = Some(snapshot.state.clone());
            self.changed = snapshot.elapsed;
        }
    }

    fn draw(&self, snapshot: &Snapshot) {
        self.bar
            .set_position((snapshot.progress() * BAR_STEPS as f64) as u64);
        self.bar.set_message(line(snapshot));
    }

    /// A closed pipe (`… | head`) ends the status, not the run.
    fn print(&mut self, snapshot: &Snapshot, text: &str) {
        self.printed = Some(snapshot.elapsed);
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn object(snapshot: &Snapshot) -> String {
    serde_json::to_string(snapshot).unwrap_or_default()
}
