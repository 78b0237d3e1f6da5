//! One error type for tests: text for people, made from any error with `?`.

use std::fmt;

/// Why a test failed, in words. Shown as it is, whether by `Debug` (the test harness) or by `Display`.
pub struct Trouble(String);

/// What a step of a test gives.
pub type Outcome<T = ()> = Result<T, Trouble>;

/// A trouble of our own words.
pub fn trouble(what: impl Into<String>) -> Trouble {
    Trouble(what.into())
}

/// Nothing, or the trouble that `what` describes.
pub fn ensure(holds: bool, what: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(trouble(what())) }
}

impl Trouble {
    /// The same trouble, said where it happened.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

impl<E: std::error::Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
