//! Swapped and swapped back: a rehearsal is told as such only when it took place, and whatever goes wrong, each table
//! bears its own name afterwards.

use super::fakes::Done::{All, AtTheEnd, Nothing};
use super::fakes::Fault::{Cut, Ends, Killed, Refused, Silent};
use super::fakes::Step;
use super::story::{LOCK_MS, Story};
use super::world::{OLD, Table};
use super::{FOR_EVER_MS, Goal};
use crate::error::{Exit, Failure};

/// A test that tells a story of a rehearsal.
macro_rules! rehearsal {
    ($name:ident, |$story:ident| $body:expr) => {
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let mut $story = Story::new(Goal::Rehearse);
            $body;
        }
    };
}

rehearsal!(everything_goes_well, |story| {
    story.attempt().await.rehearsed();
    let asked = story.asked();
    assert_eq!(asked[asked.len() - 3..], [Step::Look, Step::Rename, Step::Unlock]);
});

rehearsal!(it_can_be_done_again, |story| {
    story.attempt().await.rehearsed();
    story.succeeds_next_time().await;
});

rehearsal!(the_table_is_in_use, |story| {
    story
        .table_in_use(LOCK_MS / 2)
        .at(Step::Rename, Refused(1205))
        .attempt()
        .await
        .not_yet("RENAME was refused");
    story
        .table_in_use(FOR_EVER_MS)
        .attempt()
        .await
        .not_yet("in use for longer");
    story.succeeds_next_time().await;
});

rehearsal!(the_session_is_killed_during_the_fence, |story| {
    story
        .killed_during_fence()
        .attempt()
        .await
        .not_yet("session was lost");
    story.succeeds_next_time().await;
});

rehearsal!(the_session_is_killed_before_a_flush, |story| {
    story
        .at(Step::Flush, Killed(Nothing))
        .attempt()
        .await
        .not_yet("session was lost");
    story.succeeds_next_time().await;
});

rehearsal!(the_user_stops_the_run_during_the_fence, |story| {
    let stopped = Failure::new(Exit::Interrupted, "Stopped by SIGTERM.");
    story.at(Step::Fence, Ends(stopped));
    assert_eq!(story.attempt().await.stops("SIGTERM").exit, Exit::Interrupted);
});

rehearsal!(the_session_is_killed_before_rename_arrives, |story| {
    story
        .at(Step::Rename, Killed(Nothing))
        .attempt()
        .await
        .not_yet("names are as they were");
    story.succeeds_next_time().await;
});

// Done or not, the names do not tell; so it is not told as done.
rehearsal!(the_session_is_killed_after_rename, |story| {
    story
        .at(Step::Rename, Killed(All))
        .attempt()
        .await
        .not_yet("names are as they were");
    story.succeeds_next_time().await;
});

rehearsal!(the_network_is_cut_and_rename_is_done_late, |story| {
    story
        .at(Step::Rename, Cut(AtTheEnd))
        .attempt()
        .await
        .not_yet("names are as they were");
    assert_eq!(
        story.asked().iter().rev().take(2).collect::<Vec<_>>(),
        [&Step::Names, &Step::End]
    );
    story.succeeds_next_time().await;
});

rehearsal!(rename_does_not_answer_in_time, |story| {
    story
        .at(Step::Rename, Silent(All))
        .attempt()
        .await
        .not_yet("did not answer in time");
    story.succeeds_next_time().await;
});

rehearsal!(the_old_tables_name_is_taken, |story| {
    story
        .at(Step::Rename, Refused(1050))
        .attempt()
        .await
        .stops("could not be renamed");
    assert_eq!(story.asked().last(), Some(&Step::Unlock));
});

rehearsal!(rename_is_lost_and_its_session_cannot_be_ended, |story| {
    story
        .at(Step::Rename, Cut(AtTheEnd))
        .at(Step::End, Cut(Nothing))
        .attempt()
        .await
        .unknown();
});

rehearsal!(rename_is_lost_and_the_names_cannot_be_read, |story| {
    story
        .at(Step::Rename, Cut(All))
        .at(Step::Names, Silent(Nothing))
        .attempt()
        .await
        .unknown();
});

rehearsal!(rename_is_lost_and_the_names_contradict, |story| {
    let world = story.stage.world.clone();
    world.borrow_mut().tables.insert(OLD, Table::default());
    story.at(Step::Rename, Cut(Nothing)).attempt().await.unknown();
});

rehearsal!(the_session_is_killed_before_it_unlocks, |story| {
    story
        .at(Step::Unlock, Killed(Nothing))
        .attempt()
        .await
        .rehearsed();
});

rehearsal!(unlock_is_lost, |story| {
    story.at(Step::Unlock, Cut(Nothing)).attempt().await.rehearsed();
    assert_eq!(story.asked().last(), Some(&Step::End));
});

rehearsal!(unlock_is_lost_and_the_session_cannot_be_ended_either, |story| {
    story
        .at(Step::Unlock, Cut(Nothing))
        .at(Step::End, Cut(Nothing))
        .attempt()
        .await
        .rehearsed();
});
