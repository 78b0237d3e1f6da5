//! The log: on standard error, with UTC times, as lines or as JSON objects.

use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{LogConfig, LogFormat, LogLevel};

/// Starts logging to a writer, once for the process; a second start is ignored.
pub fn start<W>(log: &LogConfig, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        .with_max_level(level(log.level))
        .with_target(log.level == LogLevel::Debug)
        .with_ansi(false)
        .with_writer(writer);
    // An error only says that a logger is there already, as in tests.
    let _ = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

fn level(level: LogLevel) -> Level {
    match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    }
}
