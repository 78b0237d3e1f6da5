//! The configurations that are explored: with all rules nothing may go wrong in any of them, and without one rule
//! something must.

use std::time::Instant;

use stateright::{Checker, HasDiscoveries};

use super::*;

const EQUAL: &str = "at the swap, ghost equals source";

/// Keys that can be ordered, no second unique key; rows inside, below and above the range that is copied.
fn plain(since: Since, txns: u8) -> Scenario {
    Scenario {
        order: Order::Exact,
        rules: Rules::ALL,
        limits: Limits {
            chunk_rows: 2,
            open_claims: 2,
            batch_keys: 1,
            lanes: 1,
            late_answers: false,
            closure_rounds: None,
            touched_is_dirty: true,
            lost_is_dirty: true,
            parked_tried_before_settling: false,
        },
        left: Left {
            txns,
            ..Left::default()
        },
        rows: vec![(2, None), (3, None)],
        source_unique: false,
        since,
        menu: vec![Op::Put(2), Op::Delete(2), Op::Move(3, 1), Op::Put(4)],
    }
}

/// A second unique key, in source and ghost, and its values handed over among the rows.
fn unique(since: Since, txns: u8) -> Scenario {
    let mut scenario = plain(since, txns);
    scenario.limits.closure_rounds = Some(1);
    scenario.rows = vec![(1, Some(1)), (2, Some(2))];
    scenario.source_unique = true;
    scenario.menu = vec![Op::Exchange(1, 2), Op::Put(1), Op::Delete(2)];
    scenario
}

/// The ALTER makes the second unique key; writers make duplicates, and resolve them.
fn new_unique(since: Since, txns: u8) -> Scenario {
    let mut scenario = unique(since, txns);
    scenario.source_unique = false;
    scenario.menu = vec![Op::PutUnique(1, 2), Op::PutUnique(2, 3), Op::Delete(2)];
    scenario
}

/// Keys whose order only the server knows, with more than one spelling.
fn unordered(mut scenario: Scenario) -> Scenario {
    scenario.order = Order::Unknown;
    scenario.menu.push(Op::Respell(2));
    scenario
}

fn two_lanes(mut scenario: Scenario) -> Scenario {
    scenario.limits.lanes = 2;
    scenario
}

fn late(mut scenario: Scenario) -> Scenario {
    scenario.limits.late_answers = true;
    scenario
}

fn single_rows(mut scenario: Scenario) -> Scenario {
    scenario.limits.chunk_rows = 1;
    scenario
}

fn with(mut scenario: Scenario, change: impl FnOnce(&mut Scenario)) -> Scenario {
    change(&mut scenario);
    scenario
}

fn explore(name: &str, scenario: Scenario) {
    let began = Instant::now();
    let builder = scenario
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures);
    let checker = builder.spawn_dfs().join();
    let (unique, all) = (checker.unique_state_count(), checker.state_count());
    println!(
        "{name}: {unique} states, {all} steps, {} deep, {:.1?}",
        checker.max_depth(),
        began.elapsed()
    );
    checker.assert_properties();
}

fn goes_wrong(name: &str, property: &'static str, scenario: Scenario) {
    let builder = scenario
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures);
    let checker = builder.spawn_bfs().join();
    let path = checker.discovery(property).map(|path| path.into_actions());
    let actions = path.unwrap_or_else(|| panic!("{name}: nothing went wrong without the rule"));
    println!(
        "{name}: a counter-example after {} states: {actions:?}",
        checker.unique_state_count()
    );
}

// ---- with all rules ------------------------------------------------------------------------------------------------

#[test]
fn copy_and_flush_from_the_first_event_on() {
    explore(
        "plain, 2 transactions",
        with(plain(Since::Stream, 2), |s| s.limits.open_claims = 1),
    );
    explore("plain, 2 transactions, 2 claims", plain(Since::Range, 2));
    explore(
        "plain, late answers, small chunks, 2 lanes",
        two_lanes(late(single_rows(plain(Since::Stream, 1)))),
    );
}

#[test]
fn copy_in_chunks_of_one_row() {
    explore(
        "plain, small chunks",
        with(single_rows(plain(Since::Range, 2)), |s| s.limits.open_claims = 1),
    );
}

#[test]
fn flush_after_the_copy() {
    let scenario = two_lanes(late(plain(Since::Copied, 3)));
    explore(
        "plain, copied, 3 transactions",
        with(scenario, |s| s.left.spare_marks = 1),
    );
    let scenario = two_lanes(late(plain(Since::Copied, 3)));
    explore(
        "plain, copied, batches of 2",
        with(scenario, |s| s.limits.batch_keys = 2),
    );
}

#[test]
fn unique_values_change_hands_during_the_copy() {
    explore("unique, 2 transactions", unique(Since::Range, 2));
    explore(
        "unique, late answers, small chunks, 2 lanes",
        two_lanes(late(single_rows(unique(Since::Stream, 1)))),
    );
}

#[test]
fn unique_values_change_hands_after_the_copy() {
    explore(
        "unique, copied, 2 lanes",
        two_lanes(late(unique(Since::Copied, 2))),
    );
    explore(
        "unique, copied, displacing",
        two_lanes(displacing(late(unique(Since::Copied, 2)))),
    );
}

#[test]
fn a_new_unique_key_refuses_duplicates_and_nothing_else() {
    explore("new unique", new_unique(Since::Range, 2));
    let copied = two_lanes(late(new_unique(Since::Copied, 3)));
    explore(
        "new unique, copied, 2 lanes",
        with(copied, |s| s.left.parked_retries = 1),
    );
}

#[test]
fn keys_that_only_the_server_orders() {
    explore("unordered", unordered(plain(Since::Stream, 1)));
    explore(
        "unordered, small chunks",
        unordered(single_rows(plain(Since::Range, 1))),
    );
    explore("unordered, copied", late(unordered(plain(Since::Copied, 3))));
    let one_chunk = with(unordered(unique(Since::Range, 2)), |s| s.limits.chunk_rows = 3);
    explore(
        "unordered, unique",
        with(one_chunk, |s| s.menu.retain(|op| *op != Op::Put(1))),
    );
    explore(
        "unordered, unique, small chunks",
        unordered(single_rows(unique(Since::Range, 1))),
    );
    explore(
        "unordered, copied, unique",
        late(unordered(unique(Since::Copied, 2))),
    );
    let prefix = |scenario| with(scenario, |s: &mut Scenario| s.order = Order::Prefix);
    explore(
        "prefix",
        prefix(with(plain(Since::Range, 2), |s| s.limits.open_claims = 1)),
    );
    explore(
        "prefix, small chunks",
        prefix(single_rows(plain(Since::Range, 1))),
    );
}

#[test]
fn marks_are_lost_and_the_stream_goes_back() {
    explore(
        "lost mark",
        with(plain(Since::Range, 1), |s| s.left.lost_marks = 1),
    );
    explore(
        "lost mark, copied",
        with(plain(Since::Copied, 2), |s| s.left.lost_marks = 2),
    );
    explore(
        "reconnect",
        with(plain(Since::Range, 1), |s| s.left.reconnects = 1),
    );
    explore(
        "reconnect, copied",
        with(plain(Since::Copied, 2), |s| s.left.reconnects = 1),
    );
}

#[test]
fn answers_to_commits_are_lost() {
    explore(
        "lost chunk",
        with(plain(Since::Range, 1), |s| s.left.lost_chunks = 2),
    );
    explore(
        "lost chunk, unique",
        with(two_lanes(unique(Since::Range, 1)), |s| s.left.lost_chunks = 1),
    );
    explore(
        "lost chunk, unordered",
        with(unordered(unique(Since::Range, 1)), |s| s.left.lost_chunks = 1),
    );
    explore(
        "lost flush",
        with(two_lanes(plain(Since::Copied, 2)), |s| s.left.lost_flushes = 1),
    );
    let scenario = with(two_lanes(unique(Since::Copied, 2)), |s| s.left.lost_flushes = 1);
    explore(
        "lost flush, unique",
        with(scenario, |s| s.menu.retain(|op| *op != Op::Put(1))),
    );
    explore(
        "lost flush, new unique",
        with(new_unique(Since::Copied, 2), |s| s.left.lost_flushes = 1),
    );
    explore(
        "lost swap, new unique",
        with(new_unique(Since::Copied, 2), |s| s.left.lost_swaps = 1),
    );
}

// ---- without one of them -------------------------------------------------------------------------------------------

#[test]
fn without_f1_a_stale_row_stays() {
    goes_wrong(
        "F1",
        EQUAL,
        with(plain(Since::Copied, 1), |s| s.rules.flush_waits_for_mark = false),
    );
}

#[test]
fn without_f2_a_change_is_overlooked() {
    goes_wrong(
        "F2",
        EQUAL,
        with(plain(Since::Range, 1), |s| s.rules.copy_waits_for_mark = false),
    );
}

#[test]
fn without_holding_a_chunk_brings_an_old_row() {
    goes_wrong(
        "hold",
        EQUAL,
        with(plain(Since::Range, 1), |s| s.rules.hold = false),
    );
}

#[test]
fn a_displaced_row_that_is_not_dirty_is_lost() {
    let scenario = displacing(two_lanes(unique(Since::Copied, 2)));
    goes_wrong(
        "displaced",
        EQUAL,
        with(scenario, |s| s.rules.displaced_is_dirty = false),
    );
}

#[test]
fn a_row_read_along_that_is_not_dirty_is_stale() {
    let scenario = two_lanes(unique(Since::Copied, 2));
    goes_wrong(
        "read along",
        EQUAL,
        with(scenario, |s| s.limits.touched_is_dirty = false),
    );
}

#[test]
fn a_lost_flush_that_forgets_what_it_touched_loses_a_row() {
    let lost = |scenario| {
        with(scenario, |s| {
            s.limits.lost_is_dirty = false;
            s.left.lost_flushes = 1;
        })
    };
    goes_wrong("lost, 2 lanes", EQUAL, lost(two_lanes(unique(Since::Copied, 2))));
    goes_wrong("lost, parked", EQUAL, lost(new_unique(Since::Copied, 1)));
}

#[test]
fn a_lost_swap_that_forgets_what_it_touched_loses_a_row() {
    let lost = |scenario| {
        with(scenario, |s| {
            s.limits.lost_is_dirty = false;
            s.left.lost_swaps = 1;
        })
    };
    goes_wrong("lost swap", EQUAL, lost(new_unique(Since::Copied, 1)));
}

#[test]
fn parked_keys_tried_before_the_last_flush_has_ended_refuse_for_nothing() {
    let scenario = late(new_unique(Since::Copied, 2));
    let early = with(scenario, |s| s.limits.parked_tried_before_settling = true);
    goes_wrong("parked early", "refuses only for duplicates", early);
}

/// No rounds of the closure: what is in the way is displaced at once.
fn displacing(mut scenario: Scenario) -> Scenario {
    scenario.limits.closure_rounds = Some(0);
    scenario
}
