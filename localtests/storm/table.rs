//! The two kinds of tables. A row's identity is a number in both; what differs is how it looks in SQL.
//!
//! - `int`: the number is the BIGINT AUTO_INCREMENT key.
//! - `vc`: the number is spelled as (code, n), where `code` is a word in a case-insensitive, accent-insensitive VARCHAR. A word
//!   has four forms that the server takes for the same key; statements use any of them, the row keeps the one last written.

use std::fmt::Write as _;
use std::str::FromStr;

use super::model::Row;

/// Ids that share a code in `vc`.
const IDS_PER_CODE: i64 = 7;
/// Makes neighbouring ids into distant words. Odd, so that it has an inverse modulo 2^32.
const SCRAMBLE: u32 = 2_654_435_761;
/// 26^7 > 2^32.
const LETTERS: usize = 7;
/// How many forms a word has.
pub const FORMS: u8 = 4;
const PAD: &str = "a pad that makes the row about as long as rows usually are.";

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PRIMARY KEY (id BIGINT), UNIQUE (u BIGINT).
    Int,
    /// PRIMARY KEY (code VARCHAR, n INT), UNIQUE (u VARCHAR), case-insensitive.
    Vc,
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "int" => Ok(Self::Int),
            "vc" => Ok(Self::Vc),
            other => Err(format!("{other:?} is neither int nor vc")),
        }
    }
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Vc => "vc",
        }
    }

    /// CREATE TABLE, with ids given out by the server starting at `next_id`.
    pub fn create(self, table: &str, next_id: i64) -> String {
        let (key, u) = match self {
            Self::Int => (
                "id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY".to_owned(),
                "BIGINT NOT NULL",
            ),
            Self::Vc => (
                "code VARCHAR(40) COLLATE utf8mb4_0900_ai_ci NOT NULL, n INT NOT NULL, PRIMARY KEY (code, n)"
                    .to_owned(),
                "VARCHAR(30) COLLATE utf8mb4_0900_ai_ci NOT NULL",
            ),
        };
        let next = if self == Self::Int {
            format!(" AUTO_INCREMENT={next_id}")
        } else {
            String::new()
        };
        format!(
            "CREATE TABLE {table} ({key}, u {u}, k INT NOT NULL, c VARCHAR(120) NOT NULL, pad CHAR(60) NOT NULL, \
             UNIQUE KEY u (u), KEY k (k)) ENGINE=InnoDB{next} DEFAULT CHARSET=utf8mb4"
        )
    }

    /// The key's columns.
    pub fn key_columns(self) -> &'static str {
        match self {
            Self::Int => "id",
            Self::Vc => "code, n",
        }
    }

    /// All columns, as `values` gives them.
    pub fn columns(self) -> String {
        format!("{}, u, k, c, pad", self.key_columns())
    }

    /// A row for VALUES.
    pub fn values(self, id: i64, row: &Row) -> String {
        let (u, k, c) = (self.u(row.u), row.k, text(row.tag));
        match self {
            Self::Int => format!("({id}, {u}, {k}, '{c}', '{PAD}')"),
            Self::Vc => format!("('{}', {}, {u}, {k}, '{c}', '{PAD}')", code(id, row.form), n(id)),
        }
    }

    /// A condition that one id meets, spelled in some form.
    pub fn is(self, id: i64, form: u8) -> String {
        match self {
            Self::Int => format!("id = {id}"),
            Self::Vc => format!("(code = '{}' AND n = {})", code(id, form), n(id)),
        }
    }

    /// The assignment that makes a row another id's.
    pub fn becomes(self, id: i64, form: u8) -> String {
        match self {
            Self::Int => format!("id = {id}"),
            Self::Vc => format!("code = '{}', n = {}", code(id, form), n(id)),
        }
    }

    /// A unique value as a literal.
    pub fn u(self, u: i64) -> String {
        match self {
            Self::Int => u.to_string(),
            Self::Vc => format!("'U{u}'"),
        }
    }

    /// The row as one text, for comparing; the table's side is made by `as_found`.
    pub fn expected(self, id: i64, row: &Row) -> String {
        let code = if self == Self::Vc {
            code(id, row.form)
        } else {
            String::new()
        };
        format!("{code}|{}|{}|{}", row.u, row.k, text(row.tag))
    }

    /// The columns that `as_found` reads.
    pub fn found_columns(self) -> &'static str {
        match self {
            Self::Int => "id, '', CAST(u AS CHAR), k, c",
            Self::Vc => "n, code, u, k, c",
        }
    }

    /// The id and the text of a row of the table; none if its key is not one of ours.
    pub fn as_found(self, found: (i64, String, String, i32, String)) -> Option<(i64, String)> {
        let (number, code, u, k, c) = found;
        let id = match self {
            Self::Int => number,
            Self::Vc => id_of(&code, number)?,
        };
        Some((id, format!("{code}|{}|{k}|{c}", u.trim_start_matches('U'))))
    }
}

/// The text of a row: all lengths of characters, none that needs a backslash.
pub fn text(tag: u32) -> String {
    let sign = ["", "é", "漢字", "😀", "𝄞 🐬"]
        .get(tag as usize % 5)
        .copied()
        .unwrap_or_default();
    let mut text = format!("text {tag} {sign}");
    if tag.is_multiple_of(11) {
        let _ = write!(text, " {}", "long ".repeat(15));
    }
    text.truncate(text.trim_end().len());
    text
}

fn n(id: i64) -> i64 {
    id.rem_euclid(IDS_PER_CODE)
}

fn code(id: i64, form: u8) -> String {
    let mut number = (id.div_euclid(IDS_PER_CODE) as u32).wrapping_mul(SCRAMBLE);
    let mut word = String::new();
    for _ in 0..LETTERS {
        word.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    match form {
        0 => word,
        1 => word.to_uppercase(),
        2 => word.chars().map(accented).collect(),
        _ => word.chars().map(accented).flat_map(char::to_uppercase).collect(),
    }
}

fn accented(letter: char) -> char {
    match letter {
        'a' => 'ä',
        'e' => 'é',
        'o' => 'ô',
        'u' => 'û',
        'n' => 'ñ',
        other => other,
    }
}

/// The inverse of `code` and `n`.
fn id_of(code: &str, n: i64) -> Option<i64> {
    let mut number: u64 = 0;
    for letter in code.chars().rev().flat_map(char::to_lowercase) {
        let plain = ('a'..='z').find(|&plain| letter == plain || letter == accented(plain))?;
        number = number.checked_mul(26)? + u64::from(plain) - u64::from('a');
    }
    let scrambled = u32::try_from(number).ok()?;
    Some(i64::from(scrambled.wrapping_mul(inverse(SCRAMBLE))) * IDS_PER_CODE + n)
}

/// The inverse of an odd number modulo 2^32, by Newton's iteration: each step doubles the bits that are right.
fn inverse(odd: u32) -> u32 {
    (0..5).fold(odd, |x, _| x.wrapping_mul(2u32.wrapping_sub(odd.wrapping_mul(x))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_any_form_is_its_id() {
        for id in [0, 1, 6, 7, 8, 1_199_999, 9_000_000_000, 30_064_771_071] {
            for form in 0..FORMS {
                assert_eq!(id_of(&code(id, form), n(id)), Some(id), "form {form}");
            }
        }
    }

    #[test]
    fn a_row_looks_the_same_from_both_sides() {
        let row = Row {
            form: 2,
            u: 5,
            k: 6,
            tag: 3,
        };
        let found = (n(99), code(99, 2), "U5".to_owned(), 6, text(3));
        assert_eq!(Kind::Vc.as_found(found), Some((99, Kind::Vc.expected(99, &row))));
    }
}
