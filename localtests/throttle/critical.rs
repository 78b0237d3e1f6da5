//! A critical load.

use crate::story::{Story, Switch, says, throttled};
use crate::support::Outcome;
use crate::{FAILED, PREPARED, Prepared};

const ENDED: &str = "The load of the server is critical";

fn critical() -> String {
    format!("--critical-load=Prepared_stmt_count={PREPARED}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_the_run() -> Outcome {
    let story = Story::new("critical").await?;
    story
        .ends(FAILED, ENDED, &[&critical()], &mut Prepared::none().await)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_the_run_after_a_second_look() -> Outcome {
    let story = Story::new("critical_twice").await?;
    let args = [&critical(), "--critical-load-interval-millis=1500"];
    story
        .ends(
            FAILED,
            "once more before the run ends",
            &args,
            &mut Prepared::none().await,
        )
        .await
}

/// The second look is an hour away, and the load is gone by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moment_of_it_only_throttles() -> Outcome {
    let story = Story::new("critical_moment").await?;
    let args = [&critical(), "--critical-load-interval-millis=3600000"];
    story
        .tell("critical-load", &args, &mut Prepared::none().await)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_run_sleeps_where_that_is_wanted() -> Outcome {
    let story = Story::new("critical_sleep").await?;
    let (mut load, weather) = (Prepared::none().await, story.weather());
    load.on().await?;
    let args = [&critical(), "--critical-load-hibernate-seconds=1"];
    let (mut tool, mut postponed) = story.start(&args).await?;
    throttled(&mut tool, "critical-load", 1).await?;
    says(&mut tool, "asleep for 1 s", 1).await?;
    load.off().await?;
    postponed.off().await?;
    story.ended_well(tool, weather).await
}
