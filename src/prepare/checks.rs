//! CHECK constraints and their names, which are unique in a schema: while the source lives, the ghost cannot have its
//! names. `CREATE TABLE … LIKE` numbers them anew as `_t_gho_chk_1`, in the order of their names, and a RENAME TABLE
//! renames what is called `<table>_chk_<n>` along with the table. Tried on 9.7.
//!
//! So an ALTER that names a CHECK of the source does not find it on the ghost. And where a name so derived gets longer
//! than 64 characters, the server fails: at the LIKE already, since helper names are no shorter than the source's.

use crate::schema::TableName;

/// A constraint's name and condition.
pub type Check = (String, String);

/// What a constraint is called after its table was renamed.
fn renamed(check: &str, from: &str, to: &str) -> String {
    let number = check
        .strip_prefix(from)
        .and_then(|rest| rest.strip_prefix("_chk_"));
    match number {
        Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => format!("{to}_chk_{number}"),
        _ => check.to_owned(),
    }
}

/// The server's answer to a LIKE that would give a CHECK too long a name: "Failed to update check_constraints
/// dictionary object".
pub const NAME_TOO_LONG: u16 = 3507;

/// Constraints that the new table will have under another name than the source.
pub fn notes(
    source: &TableName,
    source_checks: &[Check],
    ghost: &TableName,
    ghost_checks: &[Check],
) -> Vec<String> {
    source_checks
        .iter()
        .filter_map(|(name, clause)| {
            let (twin, _) = ghost_checks.iter().find(|(_, other)| other == clause)?;
            let after = renamed(twin, &ghost.table, &source.table);
            (after != *name).then(|| format!("CHECK constraint `{name}` will be called `{after}`."))
        })
        .collect()
}

/// For an ALTER that named a constraint of the source and was told that there is none: what to write instead.
pub fn hint(message: &str, source_checks: &[Check], ghost_checks: &[Check]) -> Option<String> {
    let (_, clause) = source_checks
        .iter()
        .find(|(name, _)| message.contains(&format!("'{name}'")))?;
    let (twin, _) = ghost_checks.iter().find(|(_, other)| other == clause)?;
    Some(format!(
        "Names of CHECK constraints are unique in a schema, so the ghost table has this one as `{twin}`: write that name."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(names: &[(&str, &str)]) -> Vec<Check> {
        names
            .iter()
            .map(|(name, clause)| ((*name).to_owned(), (*clause).to_owned()))
            .collect()
    }

    #[test]
    fn names_move_with_the_table() {
        assert_eq!(renamed("_t_gho_chk_2", "_t_gho", "t"), "t_chk_2");
        assert_eq!(renamed("positive", "t", "_t_del"), "positive");
        assert_eq!(renamed("t_chk_x", "t", "_t_del"), "t_chk_x");
    }

    #[test]
    fn changed_names_are_told() {
        let (source, ghost) = (TableName::new("s", "t"), TableName::new("s", "_t_gho"));
        let before = checks(&[("positive", "(`a` > 0)"), ("t_chk_1", "(`a` < 9)")]);
        let after = checks(&[("_t_gho_chk_1", "(`a` < 9)"), ("_t_gho_chk_2", "(`a` > 0)")]);
        assert_eq!(
            notes(&source, &before, &ghost, &after),
            ["CHECK constraint `positive` will be called `t_chk_2`."]
        );
        let told = hint(
            "Check constraint 'positive' is not found in the table.",
            &before,
            &after,
        )
        .unwrap();
        assert!(told.contains("`_t_gho_chk_2`"), "{told}");
        assert_eq!(hint("Unknown column 'x'", &before, &after), None);
    }
}
