//! The log: on standard error, with UTC times, as lines or as JSON objects.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{LogConfig, LogFormat, LogLevel};

/// Starts logging to a writer, once for the process; a second start is ignored.
pub fn start<W>(log: &LogConfig, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter(log.level)))
        .with_target(log.level == LogLevel::Debug)
        .with_ansi(false)
        .with_writer(writer);
    // An error only says that a logger is there already, as in tests.
    let _ = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

/// What libraries have to say is of use only when it is a warning: at debug level they tell of each request, with the host.
fn filter(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Info => "warn,ghost_rs=info",
        LogLevel::Debug => "warn,ghost_rs=debug",
    }
}
