//! `cargo test --test replica [NAME…]`: the binlog is read from a replica, the table is changed on the primary.
//!
//! Besides the sandbox's primary and replica there is a third server of this test's own, the *leaf*, which each test finds
//! attached to the primary and in order, and may set up as it likes. What is done to the primary itself is taken back by a
//! guard. Tests run one after another: they share the servers.

#[path = "replica/during.rs"]
mod during;
#[path = "replica/refused.rs"]
mod refused;
#[path = "replica/stage.rs"]
mod stage;
#[expect(
    unused_imports,
    reason = "its unit tests are run by another target: this one has no test harness"
)]
mod storm;
mod support;
#[path = "replica/ways.rs"]
mod ways;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

use stage::Stage;
use support::{Outcome, Trouble};

/// A test: what it needs is on the stage.
type Test = fn(&Stage) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + '_>>;

/// Names a test after its function.
macro_rules! tests {
    ($($module:ident :: $name:ident),* $(,)?) => {
        &[$((stringify!($name), |stage| Box::pin($module::$name(stage)) as _)),*]
    };
}

const TESTS: &[(&str, Test)] = tests![
    ways::through_a_replica,
    ways::by_file_and_position,
    ways::through_two_replicas,
    ways::the_primary_is_named,
    ways::the_primary_has_another_account,
    ways::a_replica_in_mixed_format,
    ways::a_primary_that_logs_statements,
    ways::co_primaries,
    refused::replicas_that_do_not_hand_on_everything,
    refused::a_replica_with_two_sources,
    refused::another_table_than_on_the_primary,
    refused::a_primary_that_is_not_the_replicas,
    refused::a_source_that_cannot_be_reached_from_here,
    refused::a_primary_without_the_flag,
    during::old_events_do_not_count,
    during::a_replica_that_stops_is_waited_for,
    during::a_filter_on_the_table_stops_the_run,
    during::a_filter_stops_the_run,
    during::a_filter_that_is_taken_back_stops_the_run,
    during::a_setting_that_is_taken_back_stops_the_run,
    during::another_source_stops_the_run,
    during::a_skipped_transaction_stops_the_run,
    during::a_statement_on_the_primary_stops_the_run,
    during::a_write_on_another_server_stops_the_run,
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(None)).exit_code();
    }
    let stage = Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| Stage::open(runtime).map(Arc::new));
    match stage {
        Ok(stage) => {
            let conclusion = libtest_mimic::run(&arguments, trials(Some(&stage)));
            stage.close();
            conclusion.exit_code()
        }
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn trials(stage: Option<&Arc<Stage>>) -> Vec<Trial> {
    let trial = |(name, test): &(&str, Test)| {
        let (stage, test) = (stage.cloned(), *test);
        Trial::test(*name, move || match stage {
            Some(stage) => stage.play(test).map_err(|trouble: Trouble| Failed::from(trouble)),
            None => Ok(()),
        })
    };
    TESTS.iter().map(trial).collect()
}
