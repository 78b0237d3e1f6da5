//! XA statements: `XA PREPARE X'6162',X'',1`. The server writes them so; quoted text and `0x…` are read as well.

use super::Statement;
use crate::alter::lexer::{Kind, Token};

/// The name of an XA transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Xid {
    /// Format id; 1 unless given.
    pub format: u64,
    /// Global part, at most 64 bytes.
    pub gtrid: Vec<u8>,
    /// Branch, at most 64 bytes.
    pub bqual: Vec<u8>,
}

impl Xid {
    /// As the server lists it: `0x…` of both parts, of which so many bytes are the global one.
    pub fn listed(format: u64, gtrid_bytes: usize, id: &str) -> Option<Self> {
        let mut gtrid = hex(id.strip_prefix("0x")?)?;
        let bqual = (gtrid_bytes <= gtrid.len()).then(|| gtrid.split_off(gtrid_bytes))?;
        Some(Self { format, gtrid, bqual })
    }
}

/// What happens to an XA transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XaStep {
    /// `XA START`, `XA BEGIN`.
    Start,
    /// `XA END`.
    End,
    /// `XA PREPARE`.
    Prepare,
    /// `XA COMMIT`.
    Commit {
        /// `ONE PHASE`: there was no PREPARE.
        one_phase: bool,
    },
    /// `XA ROLLBACK`.
    Rollback,
}

/// Reads what follows XA; `None`: not understood.
pub(super) fn read(code: &[Token<'_>]) -> Option<Statement> {
    let (verb, rest) = code.split_first()?;
    let one_phase = rest.last().is_some_and(|token| token.is_word("PHASE"));
    let step = match verb.text.to_ascii_uppercase().as_str() {
        "START" | "BEGIN" => XaStep::Start,
        "END" => XaStep::End,
        "PREPARE" => XaStep::Prepare,
        "COMMIT" => XaStep::Commit { one_phase },
        "ROLLBACK" => XaStep::Rollback,
        _ => return None,
    };
    let xid = xid(rest)?;
    Some(Statement::Xa { step, xid })
}

fn xid(code: &[Token<'_>]) -> Option<Xid> {
    let (gtrid, mut rest) = bytes(code)?;
    let mut xid = Xid {
        format: 1,
        gtrid,
        bqual: Vec::new(),
    };
    if let Some(behind) = comma(rest) {
        (xid.bqual, rest) = bytes(behind)?;
        if let Some(behind) = comma(rest) {
            xid.format = number(behind.first()?)?;
        }
    }
    Some(xid)
}

fn comma<'t, 'a>(code: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
    code.split_first()
        .filter(|(first, _)| first.is_symbol(','))
        .map(|(_, rest)| rest)
}

/// `X'6162'`, `0x6162` or `'ab'`, and what follows.
fn bytes<'t, 'a>(code: &'t [Token<'a>]) -> Option<(Vec<u8>, &'t [Token<'a>])> {
    let (first, rest) = code.split_first()?;
    if first.is_word("X") {
        let (literal, rest) = rest.split_first()?;
        return Some((hex(inner(literal)?)?, rest));
    }
    if first.kind == Kind::Word {
        return Some((hex(first.text.strip_prefix("0x")?)?, rest));
    }
    let text = inner(first)?;
    // An escape would have to be resolved; no server writes one here.
    (!text.contains(['\\', '\'', '"'])).then(|| (text.as_bytes().to_vec(), rest))
}

fn inner<'a>(token: &Token<'a>) -> Option<&'a str> {
    if token.kind != Kind::Text {
        return None;
    }
    let quote = token.text.chars().next()?;
    token.text.strip_prefix(quote)?.strip_suffix(quote)
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pair = |at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn number(token: &Token<'_>) -> Option<u64> {
    match token.text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => token.text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_listed_in_one_piece() {
        let xid = |bytes, id| Xid::listed(1, bytes, id).map(|xid| (xid.gtrid, xid.bqual));
        assert_eq!(xid(2, "0x616263"), Some((b"ab".to_vec(), b"c".to_vec())));
        assert_eq!(xid(3, "0x616263"), Some((b"abc".to_vec(), Vec::new())));
        for (bytes, id) in [(4, "0x616263"), (1, "6162"), (1, "0x616")] {
            assert_eq!(xid(bytes, id), None, "{id}");
        }
    }
}
