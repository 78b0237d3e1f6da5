//! DECIMAL: text to the server's stored form and back.
//!
//! The stored form has nine digits in four bytes, an incomplete group in fewer: the integer digits in groups counted
//! from the point to the left, the fraction's from the point to the right. The first bit is turned, and all bits of a
//! negative number are, so that stored numbers compare as bytes.

/// Digits of a whole group.
const GROUP: usize = 9;
/// Bytes of a group by its number of digits.
const BYTES: [usize; GROUP + 1] = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

/// Bytes that a DECIMAL(precision, scale) takes.
pub(crate) fn width(precision: usize, scale: usize) -> usize {
    digits_width(precision.saturating_sub(scale)) + digits_width(scale)
}

/// The stored form of a number's text; `None` if it is no number of this type.
pub(super) fn parse(text: &[u8], precision: usize, scale: usize) -> Option<Vec<u8>> {
    let (negative, unsigned) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let point = unsigned
        .iter()
        .position(|byte| *byte == b'.')
        .unwrap_or(unsigned.len());
    let (whole, fraction) = unsigned.split_at_checked(point)?;
    let fraction = fraction.strip_prefix(b".").unwrap_or(fraction);
    let whole = pad_left(whole, precision.checked_sub(scale)?)?;
    // A column of a larger scale shows more zeros.
    let surplus = fraction.get(scale..).unwrap_or_default();
    let fraction = if surplus.iter().all(|digit| *digit == b'0') {
        fraction.get(..scale).unwrap_or(fraction)
    } else {
        fraction
    };
    let fraction = pad_right(fraction, scale)?;
    let zero = whole.iter().chain(&fraction).all(|digit| *digit == b'0');
    let mut out = Vec::with_capacity(width(precision, scale));
    put_groups(&mut out, whole.rchunks(GROUP).rev())?;
    put_groups(&mut out, fraction.chunks(GROUP))?;
    turn(&mut out, negative && !zero);
    Some(out)
}

/// The text of a stored number; `None` if the bytes are none of this type.
pub(super) fn text(stored: &[u8], precision: usize, scale: usize) -> Option<String> {
    let negative = stored.first()? & 0x80 == 0;
    let mut bytes = stored.to_vec();
    turn(&mut bytes, negative);
    let (whole, fraction) = bytes.split_at_checked(digits_width(precision.checked_sub(scale)?))?;
    let whole = take_groups(whole, left_groups(precision - scale))?;
    let fraction = take_groups(fraction, right_groups(scale))?;
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let sign = if negative { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

/// Turns the first bit, and all of them for a negative number; its own inverse.
fn turn(bytes: &mut [u8], negative: bool) {
    if negative {
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
    }
    if let Some(first) = bytes.first_mut() {
        *first ^= 0x80;
    }
}

fn digits_width(digits: usize) -> usize {
    digits / GROUP * 4 + group_width(digits % GROUP)
}

fn group_width(digits: usize) -> usize {
    BYTES.get(digits).copied().unwrap_or(0)
}

/// Sizes of the groups of integer digits: the incomplete one first.
fn left_groups(digits: usize) -> impl Iterator<Item = usize> {
    let incomplete = digits % GROUP;
    (incomplete > 0)
        .then_some(incomplete)
        .into_iter()
        .chain(std::iter::repeat_n(GROUP, digits / GROUP))
}

/// Sizes of the groups of the fraction's digits: the incomplete one last.
fn right_groups(digits: usize) -> impl Iterator<Item = usize> {
    let incomplete = digits % GROUP;
    std::iter::repeat_n(GROUP, digits / GROUP).chain((incomplete > 0).then_some(incomplete))
}

fn put_groups<'a>(out: &mut Vec<u8>, groups: impl Iterator<Item = &'a [u8]>) -> Option<()> {
    for group in groups {
        let value: u64 = std::str::from_utf8(group).ok()?.parse().ok()?;
        super::codec::put_uint(out, value, group_width(group.len()));
    }
    Some(())
}

fn take_groups(mut bytes: &[u8], groups: impl Iterator<Item = usize>) -> Option<String> {
    let mut text = String::new();
    for digits in groups {
        let field = super::codec::take_fixed(&mut bytes, group_width(digits))?;
        let group = format!("{:0digits$}", super::codec::get_uint(field));
        if group.len() != digits {
            return None;
        }
        text.push_str(&group);
    }
    bytes.is_empty().then_some(text)
}

/// Digits with zeros before them, `None` if they are too many or no digits.
fn pad_left(digits: &[u8], length: usize) -> Option<Vec<u8>> {
    let first = digits
        .iter()
        .position(|digit| *digit != b'0')
        .unwrap_or(digits.len());
    let digits = digits
        .get(first..)
        .filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let mut padded = vec![b'0'; length.checked_sub(digits.len())?];
    padded.extend_from_slice(digits);
    Some(padded)
}

/// Digits with zeros after them, `None` if they are too many or no digits.
fn pad_right(digits: &[u8], length: usize) -> Option<Vec<u8>> {
    if digits.len() > length || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut padded = digits.to_vec();
    padded.resize(length, b'0');
    Some(padded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_stored_forms() {
        // 1234567890.1234 as DECIMAL(14,4), the example of the server's own documentation.
        let bytes = [0x81, 0x0d, 0xfb, 0x38, 0xd2, 0x04, 0xd2];
        assert_eq!(parse(b"1234567890.1234", 14, 4).as_deref(), Some(&bytes[..]));
        let negative = [0x7e, 0xf2, 0x04, 0xc7, 0x2d, 0xfb, 0x2d];
        assert_eq!(parse(b"-1234567890.1234", 14, 4).as_deref(), Some(&negative[..]));
        assert_eq!(text(&negative, 14, 4).as_deref(), Some("-1234567890.1234"));
        assert_eq!(parse(b"-0.000", 10, 3), parse(b"0", 10, 3));
    }

    #[test]
    fn what_is_no_number_of_the_type() {
        for bad in [
            &b"1e3"[..],
            b"",
            b"-",
            b"123",
            b"1.23",
            b"--1",
            b"+1",
            b"1.2.3",
            b" 1",
        ] {
            let parsed = parse(bad, 3, 1);
            assert_eq!(parsed.is_none(), !matches!(bad, b"" | b"-"), "{bad:?}");
        }
        assert_eq!(text(&[0xff, 0xff], 3, 1), None);
        assert_eq!(text(&[0x80], 3, 1), None);
    }

    proptest! {
        #[test]
        fn texts_come_back_and_order(
            precision in 1_usize..=18, scale_of in 0_usize..=18, a: i64, b: i64,
        ) {
            let scale = scale_of.min(precision);
            let limit = 10_i64.pow(precision as u32);
            let show = |value: i64| {
                let value = value % limit;
                let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                let sign = if value < 0 { "-" } else { "" };
                let point = if scale > 0 { "." } else { "" };
                format!("{sign}{whole}{point}{fraction}")
            };
            let (stored_a, stored_b) = (parse(show(a).as_bytes(), precision, scale), parse(show(b).as_bytes(), precision, scale));
            let (stored_a, stored_b) = (stored_a.unwrap(), stored_b.unwrap());
            prop_assert_eq!(stored_a.len(), width(precision, scale));
            prop_assert_eq!(text(&stored_a, precision, scale), Some(show(a)));
            prop_assert_eq!(stored_a.cmp(&stored_b), (a % limit).cmp(&(b % limit)));
        }
    }
}
