//! Which columns name a row, and how their values become a [`Key`].

use super::literal::Literal;
use super::part::Part;
use super::{Key, KeyError, Kind};
use crate::schema::{Table, quote_ident};

/// The longest text of a key in a message, in characters.
const DISPLAY_LIMIT: usize = 200;
/// Encodings stay below this many bytes, so that their lengths fit a [`Key`].
const ENCODED_LIMIT: usize = 1 << 16;

/// The iteration key of a table: its columns, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySpec {
    parts: Vec<Part>,
    /// Bytes to reserve for an encoding: exact where no part is a string of any length.
    usual_length: usize,
}

impl KeySpec {
    /// The key that these columns of the table make. Refuses what cannot name a row exactly.
    pub fn new(table: &Table, columns: &[&str]) -> Result<Self, KeyError> {
        let part = |name: &&str| {
            let column = table
                .column(name)
                .ok_or_else(|| KeyError::NoSuchColumn((*name).to_owned()))?;
            Part::new(column)
        };
        let parts = columns.iter().map(part).collect::<Result<Vec<_>, _>>()?;
        let longest = parts.iter().map(|part| part.kind().longest()).sum();
        match longest {
            _ if parts.is_empty() => Err(KeyError::Empty),
            ENCODED_LIMIT.. => Err(KeyError::TooLong(longest)),
            _ => Ok(Self {
                usual_length: parts.iter().map(|part| part.kind().usual()).sum(),
                parts,
            }),
        }
    }

    /// The columns in the key's order.
    pub fn columns(&self) -> &[Part] {
        &self.parts
    }

    /// Their names.
    pub fn column_names(&self) -> Vec<&str> {
        self.parts.iter().map(Part::name).collect()
    }

    /// Equal keys on the server are equal bytes here and the other way round: no part is left for the server to
    /// compare.
    pub fn exact_identity(&self) -> bool {
        self.parts.iter().all(|part| part.kind().ordered())
    }

    /// Any two keys compare here as on the server.
    pub fn fully_ordered(&self) -> bool {
        self.exact_identity()
    }

    /// Sessions that use this key's literals must run in UTC.
    pub fn needs_utc(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part.kind(), Kind::Timestamp { .. }))
    }

    /// The literals of this key name the same rows in columns of the other's types: every part has the same type, or an
    /// ENUM or SET that only got labels at its end.
    pub fn same_values(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len()
            && self
                .parts
                .iter()
                .zip(&other.parts)
                .all(|(mine, theirs)| same_values(mine.kind(), theirs.kind()))
    }

    /// What to select for [`KeySpec::from_row`]: an expression for each column, under its own name.
    pub fn select_list(&self, qualifier: Option<&str>) -> String {
        let prefix = qualifier.map_or(String::new(), |table| format!("{}.", quote_ident(table)));
        let select = |part: &Part| part.select(&format!("{prefix}{}", quote_ident(part.name())));
        self.parts.iter().map(select).collect::<Vec<_>>().join(", ")
    }

    /// The key in a row of the text protocol, selected by [`KeySpec::select_list`].
    pub fn from_row(&self, row: &[Option<Vec<u8>>]) -> Result<Key, KeyError> {
        self.check_count(row.len())?;
        self.encode(self.parts.iter().zip(row), |part, value, out| match value {
            Some(text) => part.put_text(out, text),
            None => Err(KeyError::Null(part.name().to_owned())),
        })
    }

    /// The key in a row image: for each column, in the key's order, its bytes without the length before them.
    pub fn from_image(&self, fields: &[&[u8]]) -> Result<Key, KeyError> {
        self.check_count(fields.len())?;
        self.encode(self.parts.iter().zip(fields), |part, field, out| {
            part.put_image(out, field)
        })
    }

    /// The key's values as SQL.
    pub fn literals(&self, key: &Key) -> Vec<String> {
        self.typed_literals(key)
            .into_iter()
            .map(|literal| literal.sql)
            .collect()
    }

    /// The key's values as SQL, and how they may be used.
    pub fn typed_literals(&self, key: &Key) -> Vec<Literal> {
        let mut rest = key.bytes();
        let literal = |part: &Part| match part.take(&mut rest) {
            Some(value) => Literal::of(part, &value),
            None => Literal::malformed(),
        };
        self.parts.iter().map(literal).collect()
    }

    /// The key for a message: `id=7`, `(code=_latin1 X'78', n=3)`, at most 200 characters.
    pub fn display(&self, key: &Key) -> String {
        let mut rest = key.bytes();
        let show = |part: &Part| match part.take(&mut rest) {
            Some(value) => format!("{}={}", part.name(), readable(part, &value)),
            None => format!("{}=?", part.name()),
        };
        let shown = self.parts.iter().map(show).collect::<Vec<_>>().join(", ");
        let shown = if self.parts.len() == 1 {
            shown
        } else {
            format!("({shown})")
        };
        shorten(shown)
    }

    fn check_count(&self, found: usize) -> Result<(), KeyError> {
        let expected = self.parts.len();
        if found == expected {
            Ok(())
        } else {
            Err(KeyError::WrongCount { expected, found })
        }
    }

    /// Puts the parts one after another and remembers where the order ends.
    fn encode<'a, V>(
        &self,
        values: impl Iterator<Item = (&'a Part, V)>,
        put: impl Fn(&Part, V, &mut Vec<u8>) -> Result<(), KeyError>,
    ) -> Result<Key, KeyError> {
        let mut bytes = Vec::with_capacity(self.usual_length);
        let mut ordered = None;
        for (part, value) in values {
            if ordered.is_none() && !part.kind().ordered() {
                ordered = Some(bytes.len());
            }
            put(part, value, &mut bytes)?;
        }
        let ordered = ordered.unwrap_or(bytes.len());
        Ok(Key::from_encoded(bytes, ordered))
    }
}

fn same_values(mine: &Kind, theirs: &Kind) -> bool {
    match (mine, theirs) {
        (Kind::Enum { labels, .. }, Kind::Enum { labels: longer, .. })
        | (Kind::Set { labels, .. }, Kind::Set { labels: longer, .. }) => longer.starts_with(labels),
        _ => mine == theirs,
    }
}

/// Text that everybody can read is shown as text, everything else as the literal.
fn readable(part: &Part, value: &[u8]) -> String {
    let readable_charset = |charset: &str| matches!(charset, "utf8mb4" | "utf8mb3" | "utf8" | "ascii");
    let plain = |text: &&str| !text.chars().any(|c| c.is_control() || c == '\'' || c == '\\');
    let text = match part.kind() {
        Kind::Text { charset, .. } if readable_charset(charset) || value.is_ascii() => {
            std::str::from_utf8(value).ok()
        }
        _ => None,
    };
    match text.filter(plain) {
        Some(text) => format!("'{text}'"),
        None => Literal::of(part, value).sql,
    }
}

fn shorten(text: String) -> String {
    if text.chars().count() <= DISPLAY_LIMIT {
        return text;
    }
    text.chars().take(DISPLAY_LIMIT - 1).chain(['…']).collect()
}
