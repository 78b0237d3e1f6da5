//! The bytes of a key: every part is written so that bytes compare as values do, and so that no value's bytes are the
//! beginning of another's. Parts in a row therefore compare as tuples do.
//!
//! Numbers are big-endian, signed ones with their sign bit turned. Byte strings end in `00 00`, a `00` inside them is
//! `00 FF`. DECIMAL, TIME, DATETIME and TIMESTAMP are kept as the server stores them, which has this property already.

/// The end of a byte string.
const END: [u8; 2] = [0, 0];
/// What follows a zero byte that belongs to the string.
const ESCAPE: u8 = 0xff;

/// The last `bytes` bytes of a number, most significant first.
pub(super) fn put_uint(out: &mut Vec<u8>, value: u64, bytes: usize) {
    let all = value.to_be_bytes();
    out.extend_from_slice(all.get(all.len().saturating_sub(bytes)..).unwrap_or(&all));
}

/// The number that a big-endian field of at most eight bytes holds.
pub(super) fn get_uint(field: &[u8]) -> u64 {
    field.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// The bit that orders negative numbers before the others.
pub(super) fn sign_bit(bytes: usize) -> u64 {
    1_u64
        .checked_shl((8 * bytes).saturating_sub(1) as u32)
        .unwrap_or(0)
}

/// A little-endian field of a row image, turned round.
pub(super) fn put_reversed(out: &mut Vec<u8>, field: &[u8]) {
    out.extend(field.iter().rev());
}

/// A byte string of any length.
pub(super) fn put_bytes(out: &mut Vec<u8>, value: &[u8]) {
    for byte in value {
        out.push(*byte);
        if *byte == 0 {
            out.push(ESCAPE);
        }
    }
    out.extend_from_slice(&END);
}

/// Takes a byte string off the front; `None` if there is no whole one.
pub(super) fn take_bytes(encoded: &mut &[u8]) -> Option<Vec<u8>> {
    let mut value = Vec::new();
    loop {
        let zero = encoded.iter().position(|byte| *byte == 0)?;
        let (plain, rest) = encoded.split_at_checked(zero)?;
        value.extend_from_slice(plain);
        let (mark, rest) = rest.split_at_checked(2)?;
        *encoded = rest;
        match mark {
            [0, ESCAPE] => value.push(0),
            [0, 0] => return Some(value),
            _ => return None,
        }
    }
}

/// Takes a field of fixed width off the front.
pub(super) fn take_fixed<'a>(encoded: &mut &'a [u8], width: usize) -> Option<&'a [u8]> {
    let (field, rest) = encoded.split_at_checked(width)?;
    *encoded = rest;
    Some(field)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_big_endian() {
        let mut out = Vec::new();
        put_uint(&mut out, 0x0102_0304, 3);
        assert_eq!(out, [2, 3, 4]);
        assert_eq!(get_uint(&out), 0x02_0304);
        assert_eq!(sign_bit(1), 0x80);
        assert_eq!(sign_bit(8), 1 << 63);
    }

    #[test]
    fn a_cut_string_is_none() {
        for cut in [&b""[..], b"a", b"a\0", b"a\0\xff", b"a\0\x01"] {
            assert_eq!(take_bytes(&mut { cut }), None, "{cut:?}");
        }
    }

    proptest! {
        #[test]
        fn strings_order_as_their_bytes(a: Vec<u8>, b: Vec<u8>, tail_a: u8, tail_b: u8) {
            let encode = |value: &[u8], tail| {
                let mut out = Vec::new();
                put_bytes(&mut out, value);
                out.push(tail);
                out
            };
            let expected = a.cmp(&b).then(tail_a.cmp(&tail_b));
            prop_assert_eq!(encode(&a, tail_a).cmp(&encode(&b, tail_b)), expected);
        }

        #[test]
        fn strings_come_back(a in proptest::collection::vec(prop_oneof![Just(0), Just(255), any::<u8>()], 0..40), tail: Vec<u8>) {
            let mut out = Vec::new();
            put_bytes(&mut out, &a);
            out.extend(&tail);
            let mut rest = out.as_slice();
            prop_assert_eq!(take_bytes(&mut rest), Some(a));
            prop_assert_eq!(rest, tail);
        }
    }
}
