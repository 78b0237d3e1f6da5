//! Output: what is printed, and how.

use crate::config::LogFormat;

/// Flags of the group "Output". Status goes to standard output, log and errors to standard error.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Errors only, no status
    #[arg(long)]
    pub quiet: bool,

    /// Log what happens; this is the default, the flag is there for gh-ost's sake
    #[arg(long)]
    pub verbose: bool,

    /// Log every decision; --quiet beats it
    #[arg(long)]
    pub debug: bool,

    /// Exit with 0 if all the other flags are known, with 2 if not; do nothing else
    #[arg(long)]
    pub check_flag: bool,

    /// Lines for people or a JSON object a line, for status, log and errors
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

impl clap::ValueEnum for LogFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Text, Self::Json]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let name = match self {
            Self::Text => "text",
            Self::Json => "json",
        };
        Some(clap::builder::PossibleValue::new(name))
    }
}
