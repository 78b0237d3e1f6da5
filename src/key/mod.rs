//! A row's name: the values of its iteration key, encoded so that bytes compare as the server compares.
//!
//! A [`Key`] is only bytes; its [`KeySpec`] knows what they mean: it makes keys out of what a SELECT sends and of what
//! the binlog's row images hold, and writes them back as SQL literals. What makes it right:
//!
//! - One value has one encoding, whichever way it came, so that equal bytes are equal values.
//! - The conversion is exact for every value the column can hold; a value that does not fit is an error, never a guess.
//! - Where bytes cannot tell the server's order (text of all but one collation), the key says so.
//!
//! SQL around the literals is `sql`'s, finding the columns in a row image `binlog::rows`'s.

mod codec;
mod decimal;
mod error;
mod kind;
mod literal;
mod part;
mod spec;
mod temporal;

#[cfg(test)]
pub(crate) mod tests;

use std::cmp::Ordering;

pub(crate) use decimal::width as decimal_width;
pub use error::KeyError;
pub use kind::Kind;
pub use literal::Literal;
pub use part::Part;
pub use spec::KeySpec;

/// One key value, memcomparable.
///
/// `bytes` is the encoding of all parts in order. The first `ordered` bytes hold the leading parts whose order is the
/// server's; what follows are parts (text of a non-binary collation) that only the server can compare. Keys of one
/// [`KeySpec`] are compared; others make no sense. `Ord` is the order of bytes: good for sets and sorted batches, and
/// the server's order only where [`Key::compare`] says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    bytes: Box<[u8]>,
    ordered: u16,
}

impl Key {
    /// A key from its encoding; `ordered` of its bytes compare as the server does.
    pub fn from_encoded(bytes: impl Into<Box<[u8]>>, ordered: usize) -> Self {
        let bytes = bytes.into();
        let ordered = u16::try_from(ordered.min(bytes.len())).unwrap_or(u16::MAX);
        Self { bytes, ordered }
    }

    /// The encoding.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How the server orders two keys, or `None` where only the server can tell.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let (mine, theirs) = (self.prefix(), other.prefix());
        match mine.cmp(theirs) {
            Ordering::Equal if mine.len() == self.bytes.len() && theirs.len() == other.bytes.len() => {
                Some(Ordering::Equal)
            }
            Ordering::Equal => None,
            known => Some(known),
        }
    }

    /// Bytes that this key occupies in memory, for limits: the allocation and its share of a set's node.
    pub fn footprint(&self) -> usize {
        self.bytes.len() + 48
    }

    fn prefix(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.ordered)).unwrap_or(&self.bytes)
    }
}
