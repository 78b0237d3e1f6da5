//! The mark in a table's comment by which we know our own tables again.
//!
//! Only a table that carries it may ever be dropped by us. The mark is the beginning of the comment, for example
//! ``ghost-rs ghost of `shop`.`orders` run 5f3a90c1``; on *old* the table's own comment follows behind `; comment: `, where it fits.

use std::fmt;

use crate::alter::lexer::{SqlMode, Token, code};
use crate::schema::TableName;

/// Table comments have at most so many characters.
const COMMENT_CHARS_MAX: usize = 2048;

const COMMENT_FOLLOWS: &str = "; comment: ";

/// What a table of ours is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The new table before the swap.
    Ghost,
    /// Marks and records of a run.
    Changelog,
    /// The source after the swap.
    Old,
    /// What a restart needs.
    Checkpoint,
}

const KINDS: [(Kind, &str); 4] = [
    (Kind::Ghost, "ghost"),
    (Kind::Changelog, "changelog"),
    (Kind::Old, "old"),
    (Kind::Checkpoint, "checkpoint"),
];

/// Whose table it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What for.
    pub kind: Kind,
    /// The source table of the run.
    pub of: TableName,
    /// The run: letters, digits and `-`.
    pub run: String,
}

impl Mark {
    /// The comment for a table: the mark, and behind it the comment that the table had, if both fit.
    pub fn comment(&self, original: &str) -> String {
        let mark = self.to_string();
        let both = format!("{mark}{COMMENT_FOLLOWS}{original}");
        if original.is_empty() || both.chars().count() > COMMENT_CHARS_MAX {
            mark
        } else {
            both
        }
    }

    /// Reads the mark at the beginning of a comment; `None`: the table is not ours.
    pub fn parse(comment: &str) -> Option<Self> {
        // A name may hold the separator itself, but what stands before it is then no whole mark.
        let ends = comment
            .match_indices(COMMENT_FOLLOWS)
            .map(|(at, _)| at)
            .chain([comment.len()]);
        ends.filter_map(|end| comment.get(..end)).find_map(Self::read)
    }

    /// The comment that the table had before it was marked.
    pub fn original(comment: &str) -> Option<&str> {
        let mark = Self::parse(comment)?.to_string();
        comment.strip_prefix(&mark)?.strip_prefix(COMMENT_FOLLOWS)
    }

    fn read(mark: &str) -> Option<Self> {
        let rest = mark.strip_prefix("ghost-rs ")?;
        let (kind, rest) = KINDS
            .iter()
            .find_map(|(kind, word)| Some((*kind, rest.strip_prefix(word)?)))?;
        let (names, run) = rest.strip_prefix(" of ")?.rsplit_once(" run ")?;
        let is_run = !run.is_empty() && run.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let tokens: Vec<Token<'_>> = code(names, SqlMode::default());
        let [schema, dot, table] = tokens.as_slice() else {
            return None;
        };
        if !is_run || !dot.is_symbol('.') {
            return None;
        }
        let mark = Self {
            kind,
            of: TableName::new(schema.name()?, table.name()?),
            run: run.to_owned(),
        };
        Some(mark)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = KINDS
            .iter()
            .find(|(kind, _)| *kind == self.kind)
            .map_or("", |(_, word)| word);
        write!(f, "ghost-rs {word} of {} run {}", self.of, self.run)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark(kind: Kind, schema: &str, table: &str) -> Mark {
        Mark {
            kind,
            of: TableName::new(schema, table),
            run: "5f3a-1".to_owned(),
        }
    }

    #[test]
    fn reads_what_it_writes() {
        let ghost = mark(Kind::Ghost, "shop", "orders");
        assert_eq!(ghost.comment(""), "ghost-rs ghost of `shop`.`orders` run 5f3a-1");
        let old = mark(Kind::Old, "sh`op", "or.d run x");
        let comment = old.comment("was; comment: there");
        assert_eq!(Mark::parse(&comment), Some(old));
        assert_eq!(Mark::original(&comment), Some("was; comment: there"));
    }

    #[test]
    fn a_long_comment_is_left_out() {
        let old = mark(Kind::Old, "a", "b");
        assert_eq!(old.comment(&"x".repeat(2048)), old.to_string());
        let space = 2048 - old.to_string().len() - COMMENT_FOLLOWS.len();
        assert_eq!(old.comment(&"ü".repeat(space)).chars().count(), 2048);
        assert_eq!(old.comment(&"ü".repeat(space + 1)), old.to_string());
    }

    #[test]
    fn other_comments_are_no_marks() {
        for comment in [
            "",
            "orders",
            "ghost-rs",
            "ghost-rs ghost of `a`.`b` run ",
            "ghost-rs ghost of `a`.`b`",
            "ghost-rs ghost of `a` run 1",
            "ghost-rs ghosts of `a`.`b` run 1",
            "x ghost-rs ghost of `a`.`b` run 1",
            "ghost-rs ghost of `a`.`b` run 1 and more",
            "ghost-rs ghost of `a`.`b run 1",
        ] {
            assert_eq!(Mark::parse(comment), None, "{comment}");
        }
    }

    proptest! {
        #[test]
        fn any_name_and_comment_survive(schema in "[a-z`;: .]{1,12}", table in "([a-z` ]|; comment: | run ){1,6}", original in ".{0,40}") {
            for (kind, _) in KINDS {
                let mark = mark(kind, &schema, &table);
                let comment = mark.comment(&original);
                prop_assert_eq!(Mark::parse(&comment), Some(mark.clone()));
                prop_assert_eq!(Mark::original(&comment).unwrap_or_default(), original.as_str());
            }
        }
    }
}
