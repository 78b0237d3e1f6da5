//! Scripts against a fake server: one for every place where the swap can go wrong.
//!
//! Every attempt is followed by the same questions ([`story`]): is what we were told what really happened, is no lock
//! left, was RENAME sent at most once, were ghost and source the same when they were swapped, and did the application
//! wait no longer than the budgets allow. Time is paused: seconds of waiting take none.

mod fakes;
mod rehearsal;
mod story;
mod two_faults;
mod world;

use fakes::{Done, Fault, Step};
use story::{LOCK_MS, Story, VERIFY_MS, WINDOW_MS};

use super::Goal;
use crate::error::{Exit, Failure};
use Done::{All, AtTheEnd, Nothing};
use Fault::{Cut, Displaces, Ends, GrantedLate, Killed, Parks, Refused, Silent, Slow, Spoils};

/// Much longer than any budget.
const FOR_EVER_MS: u64 = 1_000_000;

/// A test that tells a story: `story!(name, |story| …)`.
macro_rules! story {
    ($(#[$doc:meta])* $name:ident, |$story:ident| $body:expr) => {
        $(#[$doc])*
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let mut $story = Story::new(Goal::Swap);
            $body;
        }
    };
}

mod triggers;

// ---- all is well ---------------------------------------------------------------------------------------------------

story!(everything_goes_well, |story| {
    story.attempt().await.swapped();
    assert_eq!(story.asked()[..2], [Step::Lock, Step::Fence]);
    let asked = story.asked();
    assert_eq!(
        asked[asked.len() - 5..],
        [Step::Look, Step::Arm, Step::Rename, Step::Name, Step::Unlock]
    );
});

// ---- the last look -------------------------------------------------------------------------------------------------

story!(a_row_flushed_wrongly_under_the_lock_is_found, |story| {
    story.at(Step::Flush, Spoils(vec![3]));
    let failure = story.attempt().await.stops("rows differ: id=3");
    assert_eq!(failure.exit, Exit::Failed);
    assert!(!story.asked().contains(&Step::Rename));
});

story!(a_look_that_takes_too_long_is_for_another_time, |story| {
    story.at(Step::Look, Slow(VERIFY_MS + 50));
    let told = story.attempt().await;
    told.not_yet("were not compared within 100 ms");
    assert!(!story.asked().contains(&Step::Rename));
    story.succeeds_next_time().await;
});

story!(the_session_is_lost_while_it_looks, |story| {
    story.at(Step::Look, Killed(Nothing));
    story.attempt().await.not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(a_look_is_refused, |story| {
    story.at(Step::Look, Refused(1205));
    story.attempt().await.not_yet("could not be compared");
    story.succeeds_next_time().await;
});

story!(the_lock_is_waited_for_a_moment, |story| {
    story.table_in_use(LOCK_MS / 2).attempt().await.swapped();
});

story!(slow_statements_within_the_window, |story| {
    story
        .at(Step::Fence, Slow(200))
        .at(Step::Flush, Slow(200))
        .at(Step::Rename, Slow(200));
    story.attempt().await.swapped();
});

story!(a_mark_is_lost_and_the_next_one_does, |story| {
    story.at(Step::Fence, Cut(Nothing));
    story.attempt().await.swapped();
});

// ---- LOCK TABLES ---------------------------------------------------------------------------------------------------

story!(lock_times_out, |story| {
    story
        .table_in_use(FOR_EVER_MS)
        .attempt()
        .await
        .not_yet("in use for longer than 150 ms");
    story.succeeds_next_time().await;
});

story!(lock_is_granted_in_the_moment_it_is_interrupted, |story| {
    story.table_in_use(FOR_EVER_MS).at(Step::Lock, GrantedLate);
    story.attempt().await.not_yet("in use for longer");
    assert_eq!(story.asked(), [Step::Lock, Step::Interrupt, Step::Unlock]);
    story.succeeds_next_time().await;
});

story!(the_interruption_hits_the_unlock_instead, |story| {
    story
        .table_in_use(FOR_EVER_MS)
        .at(Step::Lock, GrantedLate)
        .at(Step::Unlock, Refused(1317));
    story.attempt().await.not_yet("in use for longer");
    assert_eq!(story.asked().last(), Some(&Step::End));
    story.succeeds_next_time().await;
});

story!(the_session_is_lost_before_lock_is_sent, |story| {
    story
        .at(Step::Lock, Killed(Nothing))
        .attempt()
        .await
        .not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(the_session_is_killed_while_lock_waits, |story| {
    story.table_in_use(FOR_EVER_MS).at(Step::Lock, Killed(Nothing));
    story.attempt().await.not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(the_network_is_cut_while_lock_waits, |story| {
    story.table_in_use(FOR_EVER_MS).at(Step::Lock, Cut(Nothing));
    story.attempt().await.not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(the_lock_is_granted_and_the_answer_lost, |story| {
    story
        .at(Step::Lock, Cut(All))
        .attempt()
        .await
        .not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(the_lock_is_granted_and_never_answered, |story| {
    story
        .at(Step::Lock, Silent(All))
        .attempt()
        .await
        .not_yet("did not answer");
    story.succeeds_next_time().await;
});

story!(the_session_beside_is_lost_when_it_must_interrupt, |story| {
    story.table_in_use(FOR_EVER_MS).at(Step::Interrupt, Cut(Nothing));
    story.attempt().await.not_yet("did not answer");
    story.succeeds_next_time().await;
});

story!(the_session_beside_is_silent_when_it_must_interrupt, |story| {
    story
        .table_in_use(FOR_EVER_MS)
        .at(Step::Interrupt, Silent(Nothing));
    story.attempt().await.not_yet("did not answer");
    story.succeeds_next_time().await;
});

story!(a_table_that_is_gone_cannot_be_locked, |story| {
    story
        .at(Step::Lock, Refused(1146))
        .attempt()
        .await
        .stops("could not be locked");
});

// ---- the fence -----------------------------------------------------------------------------------------------------

story!(
    /// With its session its lock is gone, and the application writes on: nothing may be renamed.
    the_session_is_killed_during_the_fence,
    |story| {
        story.killed_during_fence().attempt().await.not_yet("session was lost");
        story.succeeds_next_time().await;
    }
);

story!(the_fence_takes_longer_than_the_window, |story| {
    story.at(Step::Fence, Slow(WINDOW_MS + 100));
    story.attempt().await.not_yet("not applied within 1000 ms");
    assert!(
        !story.asked().contains(&Step::End),
        "the session can let go by itself"
    );
    story.succeeds_next_time().await;
});

story!(the_user_stops_the_run_during_the_fence, |story| {
    story.at(
        Step::Fence,
        Ends(Failure::new(Exit::Interrupted, "Stopped by SIGTERM.")),
    );
    assert_eq!(story.attempt().await.stops("SIGTERM").exit, Exit::Interrupted);
});

story!(the_user_stops_the_run_and_the_lock_is_not_given_back, |story| {
    story.at(
        Step::Fence,
        Ends(Failure::new(Exit::Interrupted, "Stopped by SIGTERM.")),
    );
    story.at(Step::Unlock, Silent(Nothing));
    assert_eq!(story.attempt().await.stops("SIGTERM").exit, Exit::Interrupted);
});

// ---- the flush -----------------------------------------------------------------------------------------------------

story!(the_session_is_killed_before_a_flush, |story| {
    story
        .at(Step::Flush, Killed(Nothing))
        .attempt()
        .await
        .not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(the_session_is_killed_after_a_flush_has_committed, |story| {
    story
        .at(Step::Flush, Killed(All))
        .attempt()
        .await
        .not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(the_network_is_cut_before_a_flush_commits, |story| {
    story
        .at(Step::Flush, Cut(Nothing))
        .attempt()
        .await
        .not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(the_network_is_cut_and_the_flush_commits_late, |story| {
    story
        .at(Step::Flush, Cut(AtTheEnd))
        .attempt()
        .await
        .not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(
    /// The batch that was under way must not be waited for by the next attempt.
    a_flush_takes_longer_than_the_window,
    |story| {
        story.at(Step::Flush, Silent(AtTheEnd)).attempt().await.not_yet("not applied within");
        story.succeeds_next_time().await;
    }
);

story!(the_second_flush_takes_longer_than_the_window, |story| {
    story
        .at(Step::Flush, Slow(WINDOW_MS / 2))
        .at(Step::Flush, Slow(WINDOW_MS));
    story.attempt().await.not_yet("not applied within");
    story.succeeds_next_time().await;
});

story!(a_deadlock_under_the_lock, |story| {
    story
        .at(Step::Flush, Refused(1213))
        .attempt()
        .await
        .not_yet("could not be applied");
    assert_eq!(story.asked().last(), Some(&Step::Unlock));
    story.succeeds_next_time().await;
});

story!(displaced_rows_are_flushed_in_another_round, |story| {
    story
        .at(Step::Flush, Displaces(vec![0, 3]))
        .attempt()
        .await
        .swapped();
    assert_eq!(
        story.asked().iter().filter(|step| **step == Step::Fence).count(),
        2
    );
});

story!(rows_that_collide_stop_the_run, |story| {
    story
        .at(Step::Flush, Parks(vec![1, 2]))
        .attempt()
        .await
        .stops("2 rows collide");
});

// ---- the counter ---------------------------------------------------------------------------------------------------

story!(the_session_is_killed_while_it_settles, |story| {
    story
        .at(Step::Settle, Killed(All))
        .attempt()
        .await
        .not_yet("session was lost");
    story.succeeds_next_time().await;
});

story!(the_counter_takes_longer_than_the_window, |story| {
    story
        .at(Step::Settle, Silent(Nothing))
        .attempt()
        .await
        .not_yet("not applied within");
    story.succeeds_next_time().await;
});

// ---- RENAME --------------------------------------------------------------------------------------------------------

story!(the_session_is_killed_before_rename_arrives, |story| {
    story
        .at(Step::Rename, Killed(Nothing))
        .attempt()
        .await
        .not_yet("lost and not done");
    story.succeeds_next_time().await;
});

story!(the_network_is_cut_and_rename_was_not_done, |story| {
    story
        .at(Step::Rename, Cut(Nothing))
        .attempt()
        .await
        .not_yet("lost and not done");
    story.succeeds_next_time().await;
});

story!(rename_was_done_and_its_answer_lost, |story| {
    story.at(Step::Rename, Cut(All)).attempt().await.swapped();
    let asked = story.asked();
    assert_eq!(asked[asked.len() - 3..], [Step::End, Step::Names, Step::Finish]);
});

story!(the_session_is_killed_after_rename, |story| {
    story.at(Step::Rename, Killed(All)).attempt().await.swapped();
});

story!(
    /// The names are read when the session is gone, and not before.
    rename_is_done_in_the_moment_its_session_is_ended,
    |story| {
        story.at(Step::Rename, Cut(AtTheEnd)).attempt().await.swapped();
    }
);

story!(rename_does_not_answer_in_time_and_is_not_done, |story| {
    story
        .at(Step::Rename, Silent(Nothing))
        .attempt()
        .await
        .not_yet("did not answer in time");
    story.succeeds_next_time().await;
});

story!(rename_does_not_answer_in_time_and_is_done, |story| {
    story.at(Step::Rename, Silent(All)).attempt().await.swapped();
});

story!(rename_does_not_answer_in_time_and_is_done_late, |story| {
    story.at(Step::Rename, Silent(AtTheEnd)).attempt().await.swapped();
});

story!(rename_waits_too_long_for_a_name, |story| {
    story
        .at(Step::Rename, Refused(1205))
        .attempt()
        .await
        .not_yet("RENAME was refused");
    assert_eq!(story.asked().last(), Some(&Step::Unlock));
    story.succeeds_next_time().await;
});

story!(the_old_tables_name_is_taken, |story| {
    story
        .at(Step::Rename, Refused(1050))
        .attempt()
        .await
        .stops("could not be renamed");
    assert_eq!(story.asked().last(), Some(&Step::Unlock));
});

story!(rename_is_refused_and_the_lock_is_not_given_back, |story| {
    story
        .at(Step::Rename, Refused(1317))
        .at(Step::Unlock, Cut(Nothing));
    story.attempt().await.not_yet("RENAME was refused");
    story.succeeds_next_time().await;
});

story!(rename_is_lost_and_its_session_cannot_be_ended, |story| {
    story
        .at(Step::Rename, Cut(AtTheEnd))
        .at(Step::End, Cut(Nothing))
        .attempt()
        .await
        .unknown();
});

story!(rename_is_lost_and_ending_its_session_never_answers, |story| {
    story
        .at(Step::Rename, Cut(AtTheEnd))
        .at(Step::End, Silent(Nothing))
        .attempt()
        .await
        .unknown();
});

story!(rename_is_lost_and_the_names_cannot_be_read, |story| {
    story
        .at(Step::Rename, Cut(All))
        .at(Step::Names, Cut(Nothing))
        .attempt()
        .await
        .unknown();
});

story!(rename_is_lost_and_the_names_contradict, |story| {
    let world = story.stage.world.clone();
    world
        .borrow_mut()
        .tables
        .insert(world::OLD, world::Table::default());
    story.at(Step::Rename, Cut(Nothing)).attempt().await.unknown();
});

// ---- UNLOCK TABLES -------------------------------------------------------------------------------------------------

story!(the_session_is_killed_before_it_unlocks, |story| {
    story.at(Step::Unlock, Killed(Nothing)).attempt().await.swapped();
});

story!(
    /// The server does not know that we are gone: the session holds its locks until it is ended from beside.
    unlock_is_lost_after_the_swap,
    |story| {
        story.at(Step::Unlock, Cut(Nothing)).attempt().await.swapped();
        assert_eq!(story.asked().last(), Some(&Step::End));
    }
);

story!(unlock_does_not_answer_after_the_swap, |story| {
    story.at(Step::Unlock, Silent(Nothing)).attempt().await.swapped();
    assert_eq!(story.asked().last(), Some(&Step::End));
});

story!(unlock_is_lost_and_the_session_cannot_be_ended_either, |story| {
    story
        .at(Step::Unlock, Cut(Nothing))
        .at(Step::End, Cut(Nothing))
        .attempt()
        .await
        .swapped();
});

story!(
    unlock_is_lost_before_the_swap_and_the_session_cannot_be_ended,
    |story| {
        story
            .at(Step::Flush, Refused(1213))
            .at(Step::Unlock, Cut(Nothing))
            .at(Step::End, Cut(Nothing));
        let failure = story
            .attempt()
            .await
            .stops("session 1 may still hold the write locks");
        assert!(failure.hint.unwrap().contains("KILL 1;"));
    }
);
