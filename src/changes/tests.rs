//! Tables for single rules; the interleavings are left to the model check.

use super::*;

fn key(n: u64) -> Key {
    Key::from_encoded(n.to_be_bytes(), 8)
}

fn parked(n: u64) -> Parked {
    Parked {
        key: key(n),
        wants: format!("u = {n}"),
    }
}

fn text(word: &str) -> Key {
    Key::from_encoded(word.as_bytes(), 0)
}

/// 1..=100, and the first chunk up to 10 claimed, read and committed.
fn first_chunk_copied() -> Changes {
    let mut changes = Changes::new(true);
    changes.range_known(Some((key(1), key(100))));
    let chunk = changes.claim(key(10), false);
    let mark = changes.mark_begun();
    changes.mark_returned(mark);
    changes.chunk_committed(chunk.id);
    changes
}

fn fence(changes: &mut Changes) {
    let mark = changes.mark_begun();
    changes.mark_seen(mark);
    changes.mark_returned(mark);
}

fn batch_keys(changes: &mut Changes) -> Vec<Key> {
    changes
        .next_batch(1000, 1 << 20)
        .map(|batch| batch.keys.into_iter().map(|(key, _)| key).collect())
        .unwrap_or_default()
}

#[test]
fn a_change_of_a_copied_key_waits_for_a_mark_seen_and_returned() {
    let mut changes = first_chunk_copied();
    changes.delivered(key(5), Change::Written);
    assert!(changes.next_batch(10, 1000).is_none());
    let mark = changes.mark_begun();
    changes.mark_seen(mark);
    assert!(
        changes.next_batch(10, 1000).is_none(),
        "seen, and not yet returned"
    );
    changes.mark_returned(mark);
    assert_eq!(batch_keys(&mut changes), [key(5)]);
}

#[test]
fn a_mark_returned_before_it_is_seen_fences_only_when_seen() {
    let mut changes = first_chunk_copied();
    let mark = changes.mark_begun();
    changes.mark_returned(mark);
    changes.delivered(key(5), Change::Written);
    assert!(changes.next_batch(10, 1000).is_none());
    changes.mark_seen(mark);
    assert_eq!(batch_keys(&mut changes), [key(5)]);
}

#[test]
fn a_mark_seen_again_in_an_old_stretch_fences_nothing() {
    let mut changes = first_chunk_copied();
    fence(&mut changes);
    changes.delivered(key(5), Change::Written);
    changes.mark_seen(Mark(2));
    changes.mark_returned(Mark(2));
    assert!(changes.next_batch(10, 1000).is_none());
}

#[test]
fn a_lost_mark_is_made_up_for_by_the_next_one() {
    let mut changes = first_chunk_copied();
    changes.delivered(key(5), Change::Written);
    let lost = changes.mark_begun();
    let next = changes.mark_begun();
    changes.mark_seen(next);
    changes.mark_returned(next);
    changes.mark_seen(lost);
    assert_eq!(batch_keys(&mut changes), [key(5)]);
}

#[test]
fn a_change_ahead_of_the_claims_is_dropped_and_one_outside_the_range_is_not() {
    let mut changes = first_chunk_copied();
    changes.delivered(key(50), Change::Written);
    assert!(changes.is_drained());
    changes.delivered(key(0), Change::Written);
    changes.delivered(key(101), Change::Gone);
    fence(&mut changes);
    assert_eq!(batch_keys(&mut changes), [key(0), key(101)]);
}

#[test]
fn a_change_in_a_claimed_chunk_is_held_until_its_commit() {
    let mut changes = first_chunk_copied();
    let chunk = changes.claim(key(20), false);
    changes.delivered(key(11), Change::Gone);
    changes.delivered(key(10), Change::Written);
    changes.delivered(key(20), Change::Written);
    assert_eq!(changes.load().held, 2, "10 belongs to the chunk before");
    fence(&mut changes);
    assert_eq!(batch_keys(&mut changes), [key(10)]);
    changes.chunk_committed(chunk.id);
    assert!(
        changes.next_batch(10, 1000).is_none(),
        "released keys wait for a mark of their own"
    );
    fence(&mut changes);
    assert_eq!(batch_keys(&mut changes), [key(11), key(20)]);
}

#[test]
fn a_chunk_may_be_read_only_after_a_mark_begun_after_its_claim() {
    let mut changes = Changes::new(true);
    changes.range_known(Some((key(1), key(100))));
    let before = changes.mark_begun();
    let chunk = changes.claim(key(10), false);
    assert!(changes.wants_mark());
    changes.mark_returned(before);
    assert!(!changes.may_read(chunk.id));
    let after = changes.mark_begun();
    assert!(!changes.may_read(chunk.id));
    assert!(!changes.wants_mark());
    changes.mark_returned(after);
    assert!(changes.may_read(chunk.id));
}

#[test]
fn keys_that_only_the_server_can_order_are_never_dropped() {
    let mut changes = Changes::new(false);
    changes.range_known(Some((text("a"), text("z"))));
    let first = changes.claim(text("f"), false);
    let second = changes.claim(text("k"), false);
    changes.delivered(text("x"), Change::Written);
    changes.chunk_committed(first.id);
    fence(&mut changes);
    assert!(changes.next_batch(10, 1000).is_none(), "held by the second claim");
    changes.chunk_committed(second.id);
    fence(&mut changes);
    assert_eq!(batch_keys(&mut changes), [text("x")]);
}

#[test]
fn keys_without_exact_identity_fly_one_batch_at_a_time() {
    let mut changes = Changes::new(false);
    changes.range_known(None);
    changes.delivered(text("a"), Change::Gone);
    changes.delivered(text("A"), Change::Written);
    fence(&mut changes);
    let first = changes.next_batch(1, 1000).map(|batch| batch.id);
    assert!(first.is_some());
    assert!(changes.next_batch(1, 1000).is_none());
    changes.batch_flushed(first.unwrap(), Flushed::default());
    assert!(changes.next_batch(1, 1000).is_some());
}

#[test]
fn a_key_changed_while_it_flies_flies_again_later() {
    let mut changes = first_chunk_copied();
    changes.delivered(key(5), Change::Written);
    fence(&mut changes);
    let first = changes.next_batch(10, 1000).unwrap();
    changes.delivered(key(5), Change::Gone);
    fence(&mut changes);
    assert!(changes.next_batch(10, 1000).is_none(), "one flight at a time");
    changes.batch_flushed(first.id, Flushed::default());
    assert_eq!(
        changes.next_batch(10, 1000).unwrap().keys,
        [(key(5), Change::Gone)]
    );
}

#[test]
fn a_failed_batch_may_fly_again_at_once() {
    let mut changes = first_chunk_copied();
    changes.delivered(key(5), Change::Gone);
    fence(&mut changes);
    let batch = changes.next_batch(10, 1000).unwrap();
    changes.batch_failed(batch.id);
    assert_eq!(
        changes.next_batch(10, 1000).unwrap().keys,
        [(key(5), Change::Gone)]
    );
}

#[test]
fn displaced_keys_are_dirty_again_and_parked_ones_are_retried() {
    let mut changes = first_chunk_copied();
    changes.delivered(key(5), Change::Written);
    fence(&mut changes);
    let batch = changes.next_batch(10, 1000).unwrap();
    changes.batch_flushed(
        batch.id,
        Flushed {
            displaced: vec![key(7)],
            parked: vec![parked(5)],
        },
    );
    assert!(!changes.is_drained());
    changes.retry_parked();
    fence(&mut changes);
    assert_eq!(batch_keys(&mut changes), [key(5), key(7)]);
}

#[test]
fn batches_go_round_the_key_space_and_keep_their_limits() {
    let mut changes = Changes::new(true);
    changes.range_known(None);
    for n in 1..=5 {
        changes.delivered(key(n), Change::Written);
    }
    fence(&mut changes);
    let take = |changes: &mut Changes| changes.next_batch(2, 1000).map(|batch| batch.keys.len());
    assert_eq!(take(&mut changes), Some(2));
    changes.delivered(key(1), Change::Written);
    fence(&mut changes);
    assert_eq!(take(&mut changes), Some(2));
    assert_eq!(
        changes.next_batch(2, 7).unwrap().keys,
        [(key(5), Change::Written)],
        "bytes bind after the first key"
    );
    assert_eq!(take(&mut changes), None, "1 is in flight");
}

#[test]
fn changes_before_the_range_is_known_are_placed_when_it_is() {
    let mut changes = Changes::new(true);
    changes.delivered(key(5), Change::Written);
    changes.delivered(key(200), Change::Written);
    assert!(!changes.is_drained());
    changes.range_known(Some((key(1), key(100))));
    fence(&mut changes);
    assert_eq!(batch_keys(&mut changes), [key(200)]);
}

#[test]
fn the_copy_is_complete_when_the_last_claim_has_committed() {
    let mut changes = Changes::new(true);
    assert!(changes.rows_copied().is_none());
    changes.range_known(Some((key(1), key(100))));
    let chunk = changes.claim(key(100), true);
    assert!(changes.rows_copied().is_none());
    changes.chunk_committed(chunk.id);
    assert!(changes.rows_copied().is_some());
    changes.range_known(None);
    assert!(changes.rows_copied().is_some());
}

#[test]
fn memory_is_accounted_to_the_last_byte() {
    let mut changes = first_chunk_copied();
    let chunk = changes.claim(key(20), false);
    for n in [3, 3, 15, 15, 200] {
        changes.delivered(key(n), Change::Written);
    }
    assert_eq!(changes.load().bytes, 3 * key(1).footprint());
    changes.chunk_committed(chunk.id);
    fence(&mut changes);
    let batch = changes.next_batch(10, 1000).unwrap();
    changes.batch_flushed(
        batch.id,
        Flushed {
            displaced: vec![],
            parked: vec![parked(3)],
        },
    );
    assert_eq!(changes.load().bytes, key(1).footprint());
    changes.retry_parked();
    fence(&mut changes);
    let batch = changes.next_batch(10, 1000).unwrap();
    changes.batch_flushed(batch.id, Flushed::default());
    assert_eq!(changes.load().bytes, 0);
}
