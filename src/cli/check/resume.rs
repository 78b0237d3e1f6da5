//! Restart and going back: known, and not there yet.

use super::Problems;
use crate::cli::args::resume::ResumeArgs as Args;
use crate::config::Bounds;
use crate::error::Failure;

/// `--checkpoint-seconds`, gh-ost's default.
const CHECKPOINT_SECONDS: Bounds = Bounds {
    min: 10,
    max: 86_400,
    default: 300,
};

pub(super) fn check(args: &Args, p: &mut Problems) {
    let _: u64 = p.or_default(
        "--checkpoint-seconds",
        args.checkpoint_seconds,
        CHECKPOINT_SECONDS,
    );
    if args.resume {
        p.add(
            Failure::usage("--resume: this version keeps nothing that a run could go on from").hint(
                "start again without it; --initially-drop-ghost-table removes what the earlier run left",
            ),
        );
    }
    if args.revert || args.old_table.is_some() {
        let flag = if args.revert { "--revert" } else { "--old-table" };
        p.add(
            Failure::usage(format!(
                "{flag}: this version cannot carry the changes since the swap back"
            ))
            .hint("an ALTER that does the opposite is the way back; the old table has no rows written since"),
        );
    }
}
