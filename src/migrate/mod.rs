//! The story of a run.

use crate::config::Config;
use crate::error::{Exit, Failure};
use crate::status::Reporter;

/// What a run that ended well has to say, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines for people.
    pub lines: Vec<String>,
}

/// A run that did not end with the table changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub failure: Failure,
    /// What is on the server now, a line each: tables left behind, who owns the name.
    pub state: Vec<String>,
}

/// Changes the table, or says what would happen.
pub async fn alter(_config: Config, _reporter: Reporter) -> Result<Report, Ended> {
    let failure = Failure::new(Exit::Internal, "not built yet");
    Err(Ended {
        failure,
        state: vec!["nothing was created on the server".to_string()],
    })
}
