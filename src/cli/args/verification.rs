//! Verification: what is compared before the tables swap.

use crate::config::Verify;

/// Flags of the group "Verification".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Verification")]
pub struct VerificationArgs {
    /// Before the swap, compare every row (full), count all and compare one part in ten (sample), count (count), or
    /// nothing (off)
    #[arg(long, value_enum, value_name = "HOW MUCH", default_value_t = Verify::default())]
    pub verify: Verify,

    /// Milliseconds for comparing the last changed rows while the swap holds the table; if they do not suffice, the
    /// lock is given back and the swap tried again later [1 to 30000; default: 100]
    #[arg(long, value_name = "MS")]
    pub verify_swap_budget: Option<u64>,
}

impl clap::ValueEnum for Verify {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Full, Self::Sample, Self::Count, Self::Off]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}
