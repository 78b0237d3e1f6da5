//! Long random schedules over more keys than the model checker can explore, through the same driver and server.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    Rules,
    model::{Action, Actor, Id, Left, Limits, Op, Order, Scenario, Since, World},
};

const IDS: Id = 8;
const CASES: u32 = 150;
/// A run whose writers are quiet gets to its swap in fewer steps.
const QUIET_STEPS_MAX: usize = 20_000;

fn id() -> impl Strategy<Value = Id> {
    1..=IDS
}

fn op(uniques: bool, respells: bool) -> BoxedStrategy<Op> {
    let plain = prop_oneof![
        3 => id().prop_map(Op::Put),
        2 => id().prop_map(Op::Delete),
        2 => (id(), id()).prop_map(|(from, to)| Op::Move(from, to)),
    ];
    let unique = prop_oneof![
        (id(), id()).prop_map(|(one, two)| Op::Exchange(one, two)),
        (id(), id()).prop_map(|(id, value)| Op::PutUnique(id, value)),
    ];
    match (uniques, respells) {
        (false, false) => plain.boxed(),
        (false, true) => prop_oneof![3 => plain, 1 => id().prop_map(Op::Respell)].boxed(),
        (true, false) => prop_oneof![1 => plain, 2 => unique].boxed(),
        (true, true) => prop_oneof![2 => plain, 3 => unique, 1 => id().prop_map(Op::Respell)].boxed(),
    }
}

fn limits() -> impl Strategy<Value = Limits> {
    (
        1..5_usize,
        1..4_usize,
        1..6_usize,
        1..4_usize,
        any::<bool>(),
        prop::option::of(0..3_u8),
    )
        .prop_map(
            |(chunk_rows, open_claims, batch_keys, lanes, late_answers, closure_rounds)| Limits {
                chunk_rows,
                open_claims,
                batch_keys,
                lanes,
                late_answers,
                closure_rounds,
                touched_is_dirty: true,
                lost_is_dirty: true,
                parked_tried_before_settling: false,
            },
        )
}

fn left() -> impl Strategy<Value = Left> {
    (20..200_u8, 0..20_u8, 0..4_u8, 0..4_u8, 0..4_u8, 0..4_u8).prop_map(
        |(txns, spare_marks, lost_marks, reconnects, lost, lost_swaps)| Left {
            txns,
            spare_marks,
            lost_marks,
            reconnects,
            lost_chunks: lost,
            lost_flushes: lost,
            lost_swaps,
            parked_retries: lost,
        },
    )
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let order = select(vec![Order::Exact, Order::Exact, Order::Prefix, Order::Unknown]);
    let since = select(vec![Since::Stream, Since::Range, Since::Copied]);
    (order, limits(), left(), since, any::<bool>()).prop_flat_map(
        |(order, limits, left, since, source_unique)| {
            let uniques = limits.closure_rounds.is_some();
            // Where the ALTER makes the key, displacing without a closure could go on for ever between two duplicates.
            let source_unique = source_unique || limits.closure_rounds == Some(0);
            let row = move |id: Id| (id, uniques.then_some(id));
            let rows = prop::collection::btree_set(id(), 0..usize::from(IDS));
            let menu = vec(op(uniques, order != Order::Exact), 1..30);
            (rows, menu).prop_map(move |(rows, menu)| Scenario {
                order,
                rules: Rules::ALL,
                limits,
                left,
                rows: rows.into_iter().map(row).collect(),
                source_unique,
                since,
                menu,
            })
        },
    )
}

/// A stretch of the schedule in which some actors are stalled: a bit each.
type Stretch = (u8, Vec<u32>);

fn schedule() -> impl Strategy<Value = Vec<Stretch>> {
    vec((any::<u8>(), vec(any::<u32>(), 10..60)), 0..16)
}

fn is_stalled(actor: Actor, stalled: u8) -> bool {
    let bit = match actor {
        Actor::Writer | Actor::Run => return false,
        Actor::Engine => 0,
        Actor::Stream => 1,
        Actor::Marks => 2,
        Actor::Chunk(id) => 3 + id.0 % 2,
        Actor::Flush(id) => 5 + id.0 % 3,
        Actor::Swap => return true,
    };
    stalled >> bit & 1 == 1
}

/// One step in eight is a write, where one is possible.
fn pick(scenario: &Scenario, world: &World, stalled: u8, pick: u32) -> Option<Action> {
    let mut steps = Vec::new();
    scenario.steps(world, &mut steps);
    steps.retain(|step| !is_stalled(step.actor(), stalled));
    let (writes, others): (Vec<_>, Vec<_>) =
        steps.into_iter().partition(|step| step.actor() == Actor::Writer);
    let writing = !writes.is_empty() && pick.is_multiple_of(8) || others.is_empty();
    let steps = if writing { writes } else { others };
    steps.get(pick as usize / 64 % steps.len().max(1)).copied()
}

/// No more writes: what the run does by itself, until it is over. Some order that starves nobody.
fn come_to_an_end(scenario: &Scenario, mut world: World) -> World {
    for n in 0..QUIET_STEPS_MAX {
        let mut steps = Vec::new();
        scenario.steps(&world, &mut steps);
        steps.retain(|step| step.actor() != Actor::Writer);
        let Some(step) = steps.get(n.wrapping_mul(0x9E37_79B1) / 1024 % steps.len().max(1)) else {
            break;
        };
        scenario.take(&mut world, *step);
    }
    world
}

/// Later changes of a row heal what went wrong with it, so every stretch is followed to its own end.
fn check(scenario: &Scenario, world: &World) -> Result<(), TestCaseError> {
    let end = come_to_an_end(scenario, world.clone());
    prop_assert!(end.is_over(), "the run does not end: {end:#?}");
    prop_assert!(end.keeps_its_promise(), "ghost and source differ: {end:#?}");
    prop_assert!(end.refuses_for_cause(), "refused without duplicates: {end:#?}");
    prop_assert!(end.keeps_nothing(), "something is kept: {end:#?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn every_schedule_ends_with_the_rows_of_the_source(
        scenario in scenario(),
        schedule in schedule(),
    ) {
        let mut world = scenario.begin();
        for (stalled, picks) in schedule {
            for each in picks {
                let step = pick(&scenario, &world, stalled, each);
                step.into_iter().for_each(|step| scenario.take(&mut world, step));
            }
            check(&scenario, &world)?;
        }
    }
}
