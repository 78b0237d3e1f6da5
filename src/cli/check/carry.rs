//! Triggers, foreign keys, counting, names.

use super::Problems;
use crate::cli::args::carry::CarryArgs as Args;
use crate::config::Carry;
use crate::error::Failure;

/// The longest name that a server allows, in characters.
const NAME_CHARS_MAX: usize = 64;

pub(super) fn check(args: &Args, p: &mut Problems) -> Carry {
    let suffix = p.take(suffix(args));
    Carry {
        triggers: args.include_triggers,
        trigger_suffix: suffix,
        remove_trigger_suffix: args.remove_trigger_suffix_if_exists,
        discard_foreign_keys: args.discard_foreign_keys,
        allow_zero_in_date: args.allow_zero_in_date,
        attempt_instant: args.attempt_instant_ddl,
        exact_row_count: args.exact_rowcount,
        concurrent_row_count: args.concurrent_rowcount.unwrap_or(true),
        force_table_names: p.take(stem(args)),
        timestamp_old_table: args.timestamp_old_table,
    }
}

fn suffix(args: &Args) -> Result<String, Failure> {
    let suffix = args.trigger_suffix.clone().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !suffix.chars().all(plain) || suffix.len() >= NAME_CHARS_MAX {
        return Err(Failure::usage(format!("--trigger-suffix is '{suffix}'"))
            .hint("give a few letters, digits and underscores"));
    }
    if !suffix.is_empty() && !args.include_triggers {
        return Err(
            Failure::usage("--trigger-suffix is given, but not --include-triggers")
                .hint("add --include-triggers"),
        );
    }
    if suffix.is_empty() && args.remove_trigger_suffix_if_exists {
        return Err(
            Failure::usage("--remove-trigger-suffix-if-exists is given, but not --trigger-suffix")
                .hint("say with --trigger-suffix what is to be removed"),
        );
    }
    Ok(suffix)
}

fn stem(args: &Args) -> Result<Option<String>, Failure> {
    match args.force_table_names.as_deref() {
        None | Some("") => Ok(None),
        Some(name) if name.chars().count() > NAME_CHARS_MAX => Err(Failure::usage(format!(
            "--force-table-names is a name of {} characters",
            name.chars().count()
        ))
        .hint(format!("MySQL allows {NAME_CHARS_MAX}"))),
        Some(name) => Ok(Some(name.to_owned())),
    }
}
