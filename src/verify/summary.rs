//! What was compared, said exactly. Pure.

use serde::Serialize;

use crate::config::Verify;

/// What the swap knows of the two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Under the lock everything that had changed since was looked at again, at this place of the log.
    Compared {
        /// The GTID set, or file and position of the binlog.
        at: String,
    },
    /// Nothing was compared: `--verify=off`.
    NotVerified,
}

/// What a verification has done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// `full`, `sample`, `count` or `off`.
    pub verify: &'static str,
    /// Rows whose columns were compared, part by part.
    pub rows_verified: u64,
    /// Rows counted in both tables.
    pub rows_counted: u64,
    /// Parts of the table.
    pub parts: u64,
    /// Changed keys that were looked at again; a key that changed twice counts twice.
    pub keys_verified: u64,
    /// Rows that differed at first, because a change was still on its way, and were looked at again.
    pub second_looks: u64,
    /// Columns that were not compared, and why.
    pub not_compared: Vec<String>,
    /// The GTID set or binlog position at which both tables were equal.
    pub at: Option<String>,
}

impl Summary {
    /// Nothing compared yet.
    pub fn new(verify: Verify) -> Self {
        Self {
            verify: verify.name(),
            ..Self::default()
        }
    }

    /// With what the swap knows.
    #[must_use]
    pub fn proved(mut self, proof: &Proof) -> Self {
        if let Proof::Compared { at } = proof {
            self.at = Some(at.clone());
        }
        self
    }

    /// The last words about it.
    pub fn lines(&self) -> Vec<String> {
        let Self {
            rows_verified,
            rows_counted,
            keys_verified,
            second_looks,
            ..
        } = self;
        let Some(at) = &self.at else {
            return vec!["Not verified: --verify=off, no row was compared.".to_owned()];
        };
        let what = match self.verify {
            "count" => {
                format!("counted {rows_counted} rows, in both tables the same; no column was compared")
            }
            "sample" => format!(
                "verified {rows_verified} of {rows_counted} rows equal (a sample), the others counted only"
            ),
            _ => format!("verified {rows_verified} of {rows_counted} rows equal"),
        };
        let mut lines = vec![format!(
            "{}; {keys_verified} changed keys looked at again, {second_looks} second looks; at {at}.",
            capitalized(&what)
        )];
        lines.extend(
            self.not_compared
                .iter()
                .map(|column| format!("Not compared: {column}.")),
        );
        lines
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_says_what_is_true() {
        let mut summary = Summary {
            rows_verified: 100,
            rows_counted: 1_000,
            keys_verified: 3,
            at: Some("GTID set 1-2".into()),
            ..Summary::new(Verify::Sample)
        };
        assert_eq!(
            summary.lines(),
            [
                "Verified 100 of 1000 rows equal (a sample), the others counted only; 3 changed keys looked at again, \
              0 second looks; at GTID set 1-2."
            ]
        );
        summary.verify = Verify::Count.name();
        assert!(summary.lines()[0].contains("no column was compared"));
        let off = Summary::new(Verify::Off);
        assert_eq!(off.lines(), ["Not verified: --verify=off, no row was compared."]);
    }
}
