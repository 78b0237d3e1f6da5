//! Names of the tables that we create beside the source.
//!
//! They are gh-ost's: `_orders_gho`, `_orders_ghc`, `_orders_del`, or with another stem than the table's name. A name that would be too long is
//! cut and carries a hash of the whole, so that tables whose names differ only in the last of 64 characters get different helpers, and the same
//! ones in every run. Only *old* may carry the time of the run, so that the old tables of several runs can stay side by side.

/// Identifiers have at most so many characters.
const NAME_CHARS_MAX: usize = 64;
/// The server writes a name as a file's: most characters outside ASCII take five bytes there, and file names end at 255.
/// The rest is left for `.ibd` and the names of partitions and subpartitions.
const FILE_NAME_BYTES_MAX: usize = 190;

/// The names of one source's helper tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The new table until the swap.
    pub ghost: String,
    /// Marks and the run's own records.
    pub changelog: String,
    /// The source after the swap.
    pub old: String,
    /// What a restart needs.
    pub checkpoint: String,
}

impl Names {
    /// The names for a stem: the source table's name, or what `--force-table-names` says. `moment`: fourteen digits, from
    /// year to second, that *old* carries.
    pub fn of(stem: &str, moment: Option<&str>) -> Self {
        let helper = |suffix: &str| name(stem, suffix);
        Self {
            ghost: helper("gho"),
            changelog: helper("ghc"),
            old: moment.map_or_else(|| helper("del"), |moment| helper(&format!("{moment}_del"))),
            checkpoint: helper("ghk"),
        }
    }
}

fn name(table: &str, suffix: &str) -> String {
    let whole = format!("_{table}_{suffix}");
    if fits(&whole) {
        return whole;
    }
    let tail = format!("_{:010x}_{suffix}", hash(table));
    let mut short = "_".to_owned();
    for c in table.chars() {
        short.push(c);
        if !fits(&format!("{short}{tail}")) {
            short.pop();
            break;
        }
    }
    short + &tail
}

fn fits(name: &str) -> bool {
    let file_bytes: usize = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                1
            } else {
                5
            }
        })
        .sum();
    name.chars().count() <= NAME_CHARS_MAX && file_bytes <= FILE_NAME_BYTES_MAX
}

/// The low 40 bits of FNV-1a. Names that differ in their last byte alone always differ: every step is a bijection.
pub(crate) fn hash(text: &str) -> u64 {
    let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    fnv & 0xff_ffff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_gh_osts() {
        let names = Names::of("orders", None);
        assert_eq!(
            [names.ghost, names.changelog, names.old, names.checkpoint],
            ["_orders_gho", "_orders_ghc", "_orders_del", "_orders_ghk"]
        );
        assert_eq!(
            Names::of(&"x".repeat(59), None).ghost,
            format!("_{}_gho", "x".repeat(59))
        );
        assert_eq!(Names::of("sp `ace.%", None).ghost, "_sp `ace.%_gho");
    }

    #[test]
    fn a_stem_and_a_moment() {
        let names = Names::of("mine", Some("20260102030405"));
        assert_eq!(
            [names.ghost, names.changelog, names.old],
            ["_mine_gho", "_mine_ghc", "_mine_20260102030405_del"]
        );
        let long = Names::of(&"x".repeat(64), Some("20260102030405")).old;
        assert_eq!(long.chars().count(), 64);
        assert!(long.ends_with("_20260102030405_del"), "{long}");
    }

    #[test]
    fn long_names_stay_different_and_short_enough() {
        let names: Vec<String> = ('a'..='z')
            .map(|last| Names::of(&format!("{}{last}", "x".repeat(63)), None).ghost)
            .collect();
        for name in &names {
            assert_eq!(name.chars().count(), 64, "{name}");
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
        assert_eq!(Names::of(&"x".repeat(64), None), Names::of(&"x".repeat(64), None));
        assert_eq!(
            Names::of(&"x".repeat(60), None).old,
            format!("_{}_2b2cf0af95_del", "x".repeat(48))
        );
    }

    #[test]
    fn names_in_other_letters_fit_into_a_file_name() {
        for length in 1..=64 {
            for letter in ["漢", "ü", "-", "x漢"] {
                let table: String = letter.chars().cycle().take(length).collect();
                let names = Names::of(&table, None);
                assert!(fits(&names.ghost) && fits(&names.old), "{table}");
                assert_ne!(names.ghost, names.old);
            }
        }
    }
}
