//! The source's triggers, and how each is made again on the new table.
//!
//! What the server shows of a trigger is the statement that made it, without the order among its fellows. Everything
//! before the name says who its definer is, everything behind FOR EACH ROW is its body; both are taken as they are, and
//! name and table between them are written anew. Names of triggers are unique in a schema, so that until the old one is
//! dropped the new one bears a name of ours.

use crate::alter::lexer::{SqlMode, Token, code};
use crate::config::Carry;
use crate::error::Failure;
use crate::schema::{TableName, same_name};
use crate::sql::quote_ident;

/// Names of triggers have at most so many characters.
const NAME_CHARS_MAX: usize = 64;
/// Of the run's id, so much is in the names until the swap.
const RUN_CHARS: usize = 12;

/// A trigger as the server shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// `BEFORE` or `AFTER`.
    pub timing: String,
    /// `INSERT`, `UPDATE` or `DELETE`.
    pub event: String,
    /// When it was made, to the hundredth of a second: another one has another time.
    pub created: String,
    /// The `sql_mode` that it was made under, and runs under.
    pub sql_mode: String,
    /// The charset of its text.
    pub client_charset: String,
    /// The collation of texts in it.
    pub connection_collation: String,
    /// The schema's collation when it was made.
    pub database_collation: String,
    /// `CREATE DEFINER=… TRIGGER name … FOR EACH ROW body`.
    pub text: String,
}

/// A trigger that goes over to the new table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// It, on the source.
    pub original: Trigger,
    /// Its name on the ghost, and on the new table until the swap's last step.
    pub interim: String,
    /// Its name after the swap.
    pub name: String,
    /// The statement that makes it on the ghost, in its own charset.
    pub on_ghost: Vec<u8>,
    /// The statement that makes it on the new table under its name, in its own charset.
    pub on_source: Vec<u8>,
}

impl Trigger {
    fn mode(&self) -> SqlMode {
        SqlMode {
            ansi_quotes: self.sql_mode.contains("ANSI_QUOTES"),
            no_backslash_escapes: self.sql_mode.contains("NO_BACKSLASH_ESCAPES"),
        }
    }

    /// Everything up to the word TRIGGER, and everything behind FOR EACH ROW.
    fn parts(&self) -> Option<(&str, &str)> {
        let tokens: Vec<Token<'_>> = code(&self.text, self.mode());
        let create = tokens.iter().position(|token| token.is_word("TRIGGER"))?;
        // FOR is a reserved word: no name before the body is written so without quotes.
        let row = tokens.windows(3).position(
            |words| matches!(words, [a, b, c] if a.is_word("FOR") && b.is_word("EACH") && c.is_word("ROW")),
        )?;
        let head = self.text.get(..tokens.get(create)?.start)?;
        let body = self.text.get(tokens.get(row + 2)?.end()..)?;
        (create < row).then_some((head, body))
    }

    /// The statement that makes it on another table. `tag`: a comment that tells our statements from others'.
    pub fn made_on(&self, name: &str, table: &str, tag: &str) -> Option<String> {
        let (head, body) = self.parts()?;
        Some(format!(
            "{head}TRIGGER {tag}{} {} {} ON {} FOR EACH ROW{body}",
            quote_ident(name),
            self.timing,
            self.event,
            quote_ident(table)
        ))
    }

    /// What another one does differently, if anything; name and table do not count.
    pub fn differs_from(&self, other: &Self) -> Option<&'static str> {
        let facts = |trigger: &Self| {
            [
                ("the moment", format!("{} {}", trigger.timing, trigger.event)),
                ("sql_mode", trigger.sql_mode.clone()),
                ("character_set_client", trigger.client_charset.clone()),
                ("collation_connection", trigger.connection_collation.clone()),
                ("the schema's collation", trigger.database_collation.clone()),
            ]
        };
        let mut pairs = facts(self).into_iter().zip(facts(other));
        let fact = pairs.find_map(|(one, other)| (one != other).then_some(one.0));
        fact.or(match (self.parts(), other.parts()) {
            (Some((definer, body)), Some((other_definer, other_body))) if definer == other_definer => {
                (body != other_body).then_some("its text")
            }
            _ => Some("the definer"),
        })
    }

    /// The statement that sets a session as the trigger's own was.
    pub fn session(&self) -> String {
        format!(
            "SET sql_mode = '{}', character_set_client = {}, collation_connection = {}",
            self.sql_mode, self.client_charset, self.connection_collation
        )
    }
}

/// The name that a trigger bears after the swap.
fn final_name(name: &str, carry: &Carry) -> String {
    let stripped = name.strip_suffix(carry.trigger_suffix.as_str());
    match stripped {
        Some(stripped) if carry.remove_trigger_suffix && !stripped.is_empty() => stripped.to_owned(),
        _ => format!("{name}{}", carry.trigger_suffix),
    }
}

/// The name of a trigger after the swap and the one until then, for each; or why that cannot be.
pub fn names(
    source: &TableName,
    triggers: &[Trigger],
    carry: &Carry,
    run: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let short: String = run.chars().take(RUN_CHARS).collect();
    let named: Vec<(String, String)> = triggers
        .iter()
        .enumerate()
        .map(|(number, trigger)| {
            (
                final_name(&trigger.name, carry),
                format!("_ghost_rs_{short}_{number}"),
            )
        })
        .collect();
    let wrong = |(number, (name, _)): (usize, &(String, String))| {
        let again = named.iter().take(number).any(|(other, _)| same_name(other, name));
        let long = name.chars().count() > NAME_CHARS_MAX;
        (again || long).then(|| name.clone())
    };
    match named.iter().enumerate().find_map(wrong) {
        None => Ok(named),
        Some(name) => Err(Failure::refused(format!(
            "Triggers of {source} cannot be named with this suffix."
        ))
        .detail(format!("two would be called `{name}`, or the name is too long"))
        .hint("Give another --trigger-suffix, or none: then the names stay.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(name: &str, text: &str) -> Trigger {
        Trigger {
            name: name.into(),
            timing: "AFTER".into(),
            event: "INSERT".into(),
            created: "2026-01-02 03:04:05.06".into(),
            sql_mode: "ANSI_QUOTES".into(),
            client_charset: "latin1".into(),
            connection_collation: "latin1_swedish_ci".into(),
            database_collation: "utf8mb4_0900_ai_ci".into(),
            text: text.into(),
        }
    }

    #[test]
    fn name_and_table_are_written_anew_and_the_rest_stays() {
        let cases = [
            (
                "CREATE DEFINER=`a`@`TRIGGER for` TRIGGER tr after insert ON t FOR EACH ROW SET @a = 'FOR EACH ROW'",
                "CREATE DEFINER=`a`@`TRIGGER for` TRIGGER /* x */ `n` AFTER INSERT ON `g` FOR EACH ROW SET @a = 'FOR EACH ROW'",
            ),
            (
                "CREATE DEFINER=`a`@`%` TRIGGER if not exists \"for each\".`t``r` /* for each row */ AFTER INSERT\nON \"t\" FOR\nEACH ROW\nBEGIN END",
                "CREATE DEFINER=`a`@`%` TRIGGER /* x */ `n` AFTER INSERT ON `g` FOR EACH ROW\nBEGIN END",
            ),
        ];
        for (text, made) in cases {
            assert_eq!(
                trigger("tr", text).made_on("n", "g", "/* x */ ").as_deref(),
                Some(made)
            );
        }
        assert_eq!(trigger("tr", "CREATE VIEW v").made_on("n", "g", ""), None);
    }

    #[test]
    fn twins_differ_in_name_and_table_only() {
        let one = trigger(
            "a",
            "CREATE DEFINER=`a`@`%` TRIGGER a AFTER INSERT ON t FOR EACH ROW SET @a = 1",
        );
        let twin = trigger(
            "b",
            "CREATE DEFINER=`a`@`%` TRIGGER b AFTER INSERT ON u FOR EACH ROW SET @a = 1",
        );
        assert_eq!(one.differs_from(&twin), None);
        let changes: [fn(&mut Trigger); 4] = [
            |other| other.sql_mode.clear(),
            |other| other.timing = "BEFORE".into(),
            |other| other.database_collation.clear(),
            |other| other.text.push('0'),
        ];
        for change in changes {
            let mut other = twin.clone();
            change(&mut other);
            assert!(one.differs_from(&other).is_some(), "{other:?}");
        }
    }

    #[test]
    fn suffixes_are_added_and_taken_away() {
        let carry = |suffix: &str, remove| Carry {
            trigger_suffix: suffix.into(),
            remove_trigger_suffix: remove,
            ..Carry::default()
        };
        for (name, suffix, remove, expected) in [
            ("tr", "", false, "tr"),
            ("tr", "_v2", false, "tr_v2"),
            ("tr_v2", "_v2", false, "tr_v2_v2"),
            ("tr_v2", "_v2", true, "tr"),
            ("tr", "_v2", true, "tr_v2"),
        ] {
            assert_eq!(final_name(name, &carry(suffix, remove)), expected);
        }
        let source = TableName::new("s", "t");
        let both = [trigger("tr", ""), trigger("tr_v2", "")];
        let swapped = names(&source, &both, &carry("_v2", true), "0123456789abcdef").unwrap();
        assert_eq!(swapped[0], ("tr_v2".into(), "_ghost_rs_0123456789ab_0".into()));
        assert_eq!(swapped[1].0, "tr");
        let long = [trigger(&"x".repeat(63), "")];
        assert!(names(&source, &long, &carry("_v2", false), "r").is_err());
    }
}
