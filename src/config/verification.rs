//! How much is compared before the swap.

use std::time::Duration;

use super::Bounds;

/// `--verify`: what is compared before the tables swap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Every row, every column.
    Full,
    /// Every row is counted, and of every tenth part of the table every column is compared; changed rows always are.
    Sample,
    /// Rows are counted, part by part, and changed keys are looked for.
    Count,
    /// Nothing.
    #[default]
    Off,
}

impl Verify {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Sample => "sample",
            Self::Count => "count",
            Self::Off => "off",
        }
    }
}

/// The flags of the group "Verification".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How much is compared.
    pub verify: Verify,
    /// How long the last look may take while the swap holds the table ([`VERIFY_SWAP_BUDGET_MILLIS`]).
    pub swap_budget: Duration,
}

impl Default for Verification {
    fn default() -> Self {
        Self {
            verify: Verify::default(),
            swap_budget: Duration::from_millis(VERIFY_SWAP_BUDGET_MILLIS.default),
        }
    }
}

/// `--verify-swap-budget`, milliseconds. Part of `--cut-over-window-millis`, not beside it.
pub const VERIFY_SWAP_BUDGET_MILLIS: Bounds = Bounds::new(1, 100, 30_000);
