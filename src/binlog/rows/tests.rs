//! Row images by hand: every type is stepped over, what is cut or strange is an error, and never a panic.

use proptest::prelude::*;

use super::*;
use crate::key::KeySpec;
use crate::key::tests::{key, table};

const fn wire(code: u8, first: u8, second: u8) -> ColumnWire {
    ColumnWire {
        code,
        metadata: [first, second],
    }
}

const INT: ColumnWire = wire(3, 0, 0);
const JSON: ColumnWire = wire(245, 4, 0);

/// A column and a value of it: whatever stands between two columns of the key.
#[rustfmt::skip]
const SKIPPED: &[(ColumnWire, &[u8])] = &[
    (wire(1, 0, 0), b"1"), (wire(2, 0, 0), b"12"), (wire(9, 0, 0), b"123"), (wire(3, 0, 0), b"1234"), (wire(8, 0, 0), b"12345678"),
    (wire(4, 4, 0), b"1234"), (wire(5, 8, 0), b"12345678"), (wire(6, 0, 0), b""), (wire(7, 0, 0), b"1234"),
    (wire(10, 0, 0), b"123"), (wire(14, 0, 0), b"123"), (wire(11, 0, 0), b"123"), (wire(12, 0, 0), b"12345678"), (wire(13, 0, 0), b"1"),
    (wire(17, 0, 0), b"1234"), (wire(17, 1, 0), b"12345"), (wire(17, 6, 0), b"1234567"),
    (wire(18, 0, 0), b"12345"), (wire(18, 3, 0), b"1234567"), (wire(19, 0, 0), b"123"), (wire(19, 5, 0), b"123456"),
    (wire(15, 255, 0), b"\x031234".split_at(4).0), (wire(15, 0, 1), b"\x03\x00123"),
    (wire(16, 0, 2), b"12"), (wire(16, 1, 2), b"123"), (wire(16, 1, 0), b"1"),
    (wire(246, 10, 3), b"123456"), (wire(246, 65, 30), b"123456789012345678901234567890"),
    (wire(247, 247, 1), b"1"), (wire(254, 247, 2), b"12"), (wire(254, 248, 8), b"12345678"),
    (wire(254, 254, 255), b"\x0212"), (wire(254, 0xee, 0), b"\x02\x0012"), (wire(254, 0xce, 252), b"\x02\x0012"),
    (wire(249, 1, 0), b"\x0212"), (wire(252, 2, 0), b"\x02\x0012"), (wire(250, 3, 0), b"\x02\x00\x0012"), (wire(251, 4, 0), b"\x02\x00\x00\x0012"),
    (wire(252, 1, 0), b"\x00"), (JSON, b"\x01\x00\x00\x001"), (wire(255, 4, 0), b"\x00\x00\x00\x00"), (wire(242, 4, 0), b"\x04\x00\x00\x001234"),
];

/// The key is the first and the last column.
fn spec(columns: usize) -> KeySpec {
    let mut types = vec!["tinyint"; columns];
    (types[0], types[columns - 1]) = ("int", "int");
    KeySpec::new(&table(&types), &[&format!("c{}", columns - 1), "c0"]).unwrap()
}

fn layout(columns: &[ColumnWire]) -> (RowLayout, KeySpec) {
    let spec = spec(columns.len());
    (RowLayout::new(columns, &spec).unwrap(), spec)
}

fn all(layout: &RowLayout, images: Images<'_>, data: &[u8]) -> Vec<Result<RowChange, RowsError>> {
    Rows::new(layout, images, data).unwrap().collect()
}

#[test]
fn every_type_is_stepped_over() {
    for (column, value) in SKIPPED {
        let columns = [INT, *column, *column, INT];
        let (layout, spec) = layout(&columns);
        let row = [&[0xf4][..], &1_u32.to_le_bytes(), value, &2_u32.to_le_bytes()].concat();
        // The second of the two is NULL in the first row, the first in the second.
        let other = [&[0xf2][..], &3_u32.to_le_bytes(), value, &4_u32.to_le_bytes()].concat();
        let found = all(&layout, Images::Write(&[true; 4]), &[row.clone(), other].concat());
        let inserted = |texts: [&str; 2]| {
            Ok(RowChange {
                before: None,
                after: Some(key(&spec, &texts)),
            })
        };
        assert_eq!(found, [inserted(["2", "1"]), inserted(["4", "3"])], "{column:?}");
        for cut in 1..row.len() {
            let found = all(&layout, Images::Delete(&[true; 4]), &row[..cut]);
            assert_eq!(found, [Err(RowsError::Truncated)], "{column:?} cut at {cut}");
        }
    }
}

#[test]
fn an_update_keeps_the_parts_that_its_after_image_does_not_have() {
    let (layout, spec) = layout(&[INT, JSON, INT]);
    let before = [&[0xfc][..], &1_u32.to_le_bytes(), &2_u32.to_le_bytes()].concat();
    let after = [&[0xfe][..], &9_u32.to_le_bytes()].concat();
    let images = Images::Update(&[true, false, true], &[false, false, true]);
    let found = all(&layout, images, &[&before[..], &after, &before, &after].concat());
    let change = RowChange {
        before: Some(key(&spec, &["2", "1"])),
        after: Some(key(&spec, &["9", "1"])),
    };
    assert_eq!(found, [Ok(change.clone()), Ok(change)]);
    let nothing = all(
        &layout,
        Images::Update(&[true, false, true], &[false, true, false]),
        &[&before[..], &[1]].concat(),
    );
    let unchanged = RowChange {
        before: Some(key(&spec, &["2", "1"])),
        after: Some(key(&spec, &["2", "1"])),
    };
    assert_eq!(nothing, [Ok(unchanged)]);
}

#[test]
fn partial_images_have_their_options_before_them() {
    let (layout, spec) = layout(&[INT, JSON, JSON, INT]);
    let before = [&[0xfc][..], &1_u32.to_le_bytes(), &2_u32.to_le_bytes()].concat();
    let images = Images::PartialUpdate(&[true, false, false, true], &[false, true, false, false]);
    let difference = b"\x00\x03\x00\x00\x00abc";
    for options in [&b"\x01\x01"[..], b"\x00", b"\xfc\x01\x00\x01"] {
        let found = all(&layout, images, &[&before[..], options, difference].concat());
        let same = Some(key(&spec, &["2", "1"]));
        assert_eq!(
            found,
            [Ok(RowChange {
                before: same.clone(),
                after: same
            })],
            "{options:?}"
        );
    }
    assert_eq!(
        all(&layout, images, &[&before[..], b"\x03\x01", difference].concat()),
        [Err(RowsError::ValueOptions(3))]
    );
    assert_eq!(all(&layout, images, &before), [Err(RowsError::Truncated)]);
    assert_eq!(
        all(&layout, images, &[&before[..], b"\x01"].concat()),
        [Err(RowsError::Truncated)]
    );
}

#[test]
fn images_without_the_whole_key_are_errors() {
    let (layout, _) = layout(&[INT, JSON, INT]);
    let without = [true, true, false];
    for images in [
        Images::Write(&without),
        Images::Delete(&without),
        Images::Update(&without, &[true; 3]),
    ] {
        let error = Rows::new(&layout, images, &[]).unwrap_err();
        assert_eq!(error, RowsError::KeyMissing { column: "c2".into() }, "{images:?}");
    }
    let error = Rows::new(&layout, Images::Write(&[true; 2]), &[]).unwrap_err();
    assert_eq!(
        error,
        RowsError::OtherColumns {
            expected: 3,
            found: 2
        }
    );
    let null = all(&layout, Images::Write(&[true; 3]), &[0xff]);
    assert_eq!(null, [Err(RowsError::Key(KeyError::Null("c0".into())))]);
}

#[test]
fn a_table_map_must_fit_the_key() {
    let types = [
        ("int", wire(8, 0, 0)),
        ("decimal(10,3)", wire(246, 10, 2)),
        ("time(3)", wire(19, 4, 0)),
        ("datetime", wire(12, 0, 0)),
        ("timestamp", wire(18, 0, 0)),
        ("bit(9)", wire(16, 0, 1)),
        ("enum('a')", wire(254, 247, 2)),
        ("set('a')", wire(254, 247, 1)),
        ("binary(3)", wire(15, 3, 0)),
        ("varbinary(3)", wire(254, 254, 3)),
        ("char(3)", wire(252, 2, 0)),
        ("year", wire(1, 0, 0)),
    ];
    for (kind, column) in types {
        let spec = KeySpec::new(&table(&[kind]), &["c0"]).unwrap();
        assert_eq!(
            RowLayout::new(&[column], &spec).unwrap_err(),
            RowsError::OtherType { column: "c0".into() },
            "{kind}"
        );
        assert!(matches!(
            RowLayout::new(&[], &spec),
            Err(RowsError::NoKeyColumn { ordinal: 0, .. })
        ));
    }
    for code in [0, 20, 100, 244, 253] {
        let error = RowLayout::new(&[INT, wire(code, 1, 1), INT], &spec(3)).unwrap_err();
        assert_eq!(error, RowsError::UnknownType { ordinal: 1, code });
    }
    for column in [
        wire(252, 0, 0),
        wire(252, 5, 0),
        wire(17, 7, 0),
        wire(254, 0, 3),
        wire(254, 0xf9, 3),
    ] {
        assert!(
            RowLayout::new(&[INT, column, INT], &spec(3)).is_err(),
            "{column:?}"
        );
    }
}

proptest! {
    #[test]
    fn random_bytes_are_rows_or_errors(
        columns in proptest::collection::vec(0..SKIPPED.len(), 0..20),
        before in proptest::collection::vec(any::<bool>(), 22),
        after in proptest::collection::vec(any::<bool>(), 22),
        data in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..200),
        kind in 0..4,
    ) {
        let mut wires = vec![INT];
        wires.extend(columns.iter().map(|index| SKIPPED[*index].0));
        wires.push(INT);
        let (layout, _) = layout(&wires);
        let present = |mut bits: Vec<bool>| {
            bits.truncate(wires.len());
            bits[0] = true;
            bits[wires.len() - 1] = true;
            bits
        };
        let (before, after) = (present(before), present(after));
        let images = match kind {
            0 => Images::Write(&after),
            1 => Images::Delete(&before),
            2 => Images::Update(&before, &after),
            _ => Images::PartialUpdate(&before, &after),
        };
        let rows = Rows::new(&layout, images, &data).unwrap().collect::<Vec<_>>();
        prop_assert!(rows.len() <= data.len());
        prop_assert!(rows.iter().rev().skip(1).all(Result::is_ok), "nothing is read after an error");
    }
}
