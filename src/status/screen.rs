//! Where output goes, and keeping the log and the progress bar out of each other's way.
//!
//! Status lines go to standard output, log lines to standard error, as gh-ost does. On a terminal there is a progress
//! bar (on standard error) instead of status lines; a log line then takes the bar away, is written, and puts
//! the bar back, in one critical section.

use std::io::{self, IsTerminal, Write};

use indicatif::{MultiProgress, ProgressDrawTarget};
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{LogConfig, LogFormat, LogLevel};

/// What the status looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// None at all (`--quiet`).
    Silent,
    /// A bar on the terminal.
    Bar,
    /// Lines for people, in a pipe.
    Lines,
    /// JSON objects.
    Json,
}

impl Form {
    /// What suits the settings; `terminal`: whether standard output and standard error both are one. If only one of
    /// them is, somebody collects the lines.
    pub fn choose(log: &LogConfig, terminal: bool) -> Self {
        match (log.level, log.format) {
            (LogLevel::Error, _) => Self::Silent,
            (_, LogFormat::Json) => Self::Json,
            (_, LogFormat::Text) if terminal => Self::Bar,
            (_, LogFormat::Text) => Self::Lines,
        }
    }
}

/// The process's output. Clones share the one terminal.
#[derive(Clone, Debug)]
pub struct Screen {
    form: Form,
    bars: MultiProgress,
}

impl Screen {
    /// The screen of this process.
    pub fn new(log: &LogConfig) -> Self {
        let form = Form::choose(log, io::stdout().is_terminal() && io::stderr().is_terminal());
        let target = match form {
            Form::Bar => ProgressDrawTarget::stderr_with_hz(4),
            _ => ProgressDrawTarget::hidden(),
        };
        Self {
            form,
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// What the status looks like.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The bars; hidden ones unless the form is [`Form::Bar`].
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }
}

impl<'a> MakeWriter<'a> for Screen {
    type Writer = LogWriter;

    fn make_writer(&'a self) -> LogWriter {
        LogWriter {
            bars: self.bars.clone(),
        }
    }
}

/// Writes one log line to standard error, with the bar out of the way.
#[derive(Debug)]
pub struct LogWriter {
    bars: MultiProgress,
}

impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.bars.suspend(|| io::stderr().write_all(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_the_settings_then_the_terminal() {
        let log = |level, format| LogConfig { level, format };
        let cases = [
            (log(LogLevel::Error, LogFormat::Json), true, Form::Silent),
            (log(LogLevel::Info, LogFormat::Json), true, Form::Json),
            (log(LogLevel::Debug, LogFormat::Text), true, Form::Bar),
            (log(LogLevel::Info, LogFormat::Text), false, Form::Lines),
        ];
        for (log, terminal, form) in cases {
            assert_eq!(Form::choose(&log, terminal), form, "{log:?} {terminal}");
        }
    }
}
