//! Triggers that go along: each change of the application's fires once at any time, and none of our own writes does.

use super::Goal;
use super::fakes::Done::{All, AtTheEnd, Nothing};
use super::fakes::Fault::{Cut, Killed, Refused, Silent};
use super::fakes::Step;
use super::story::Story;

story!(triggers_cannot_be_made, |story| {
    story
        .at(Step::Arm, Refused(1064))
        .attempt()
        .await
        .not_yet("the triggers could not be made");
    assert_eq!(story.asked().last(), Some(&Step::Unlock));
    story.succeeds_next_time().await;
});

story!(
    /// The next attempt's flush would fire them.
    triggers_are_made_and_the_answer_lost,
    |story| {
        story.at(Step::Arm, Cut(All)).attempt().await.not_yet("session was lost");
        story.succeeds_next_time().await;
    }
);

story!(triggers_take_longer_than_the_window, |story| {
    story
        .at(Step::Arm, Silent(AtTheEnd))
        .attempt()
        .await
        .not_yet("the triggers were not made within 1000 ms");
    story.succeeds_next_time().await;
});

story!(
    /// They fire from RENAME on, whatever they are called; another session names them.
    the_session_is_killed_before_it_names_triggers,
    |story| {
        for done in [Nothing, All] {
            story.at(Step::Name, Killed(done)).attempt().await.swapped();
            let asked = story.asked();
            assert_eq!(asked[asked.len() - 3..], [Step::Name, Step::End, Step::Finish]);
            story = Story::new(Goal::Swap);
        }
    }
);

story!(naming_is_refused_half_way, |story| {
    story.at(Step::Name, Refused(1359)).attempt().await.swapped();
    assert_eq!(story.asked().last(), Some(&Step::Finish));
});

story!(nobody_can_name_them, |story| {
    story
        .at(Step::Name, Silent(Nothing))
        .at(Step::Finish, Cut(Nothing))
        .attempt()
        .await
        .swapped();
});
