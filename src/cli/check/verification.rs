//! What is compared before the swap.

use super::Problems;
use crate::cli::args::verification::VerificationArgs;
use crate::config::{VERIFY_SWAP_BUDGET_MILLIS, Verification};

pub(super) fn check(args: &VerificationArgs, p: &mut Problems) -> Verification {
    Verification {
        verify: args.verify,
        swap_budget: p.millis(
            "--verify-swap-budget",
            args.verify_swap_budget,
            VERIFY_SWAP_BUDGET_MILLIS,
        ),
    }
}
