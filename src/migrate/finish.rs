//! After the swap: the ghost is the table, and what is left of ours goes.
//!
//! Nothing here can fail the run: the table is changed. What could not be cleaned up is said, with the SQL to do it.

use std::time::Duration;

use super::{Ended, Report, begin::helpers, begun::Begun, comparison};
use crate::{
    cleanup::{self, SwapProof},
    config::Config,
    cutover::{Rehearsed, Swapped},
    error::Failure,
    inspect,
    plan::mark::Mark,
    prepare,
    schema::TableName,
    status::{Snapshot, line::clock},
    triggers,
    verify::Summary,
};

/// A session that does not answer within this is taken for lost.
const LOOK_SECONDS_MAX: u64 = 5;

struct Old<'a>(
    &'a TableName,
    #[expect(dead_code, reason = "held to prove that there was a swap")] &'a Swapped,
);

impl SwapProof for Old<'_> {
    fn old(&self) -> &TableName {
        self.0
    }
}

/// Cleans up and says what was done.
pub(super) async fn swapped(
    config: &Config,
    mut begun: Begun,
    swapped: Swapped,
    snapshot: &Snapshot,
    summary: Summary,
) -> Result<Report, Ended> {
    let tables = begun.work.tables.clone();
    revive(&mut begun).await;
    let figures = figures(snapshot, swapped.held);
    let mut lines = vec![format!("{} is altered: {figures}", tables.source)];
    let summary = summary.proved(&swapped.proof);
    lines.extend(summary.lines());
    lines.extend(drop_changelog(&mut begun).await);
    lines.push(match config.ok_to_drop_table {
        true => match cleanup::drop_old(&mut begun.session, &Old(&tables.old, &swapped)).await {
            Ok(_) => "The old table is dropped.".to_owned(),
            Err(left) => unclean(&left),
        },
        false => keep_old(&mut begun, &tables.old).await,
    });
    begun.close().await;
    tracing::info!("Done migrating {}", tables.source);
    Ok(Report {
        lines,
        verified: Some(summary),
        instant: false,
    })
}

/// After a rehearsal: the ghost stays beside the source, marked as ours. `start`: what starts replication again, where
/// the run has stopped it.
pub(super) async fn rehearsed(
    mut begun: Begun,
    rehearsed: &Rehearsed,
    snapshot: &Snapshot,
    summary: Summary,
    start: Vec<String>,
) -> Report {
    let tables = begun.work.tables.clone();
    revive(&mut begun).await;
    let mut lines = vec![format!(
        "{} is as it was; its change was rehearsed, swapped and swapped back: {}",
        tables.source,
        figures(snapshot, rehearsed.held)
    )];
    let summary = summary.proved(&rehearsed.proof);
    lines.extend(summary.lines());
    mark(&begun, &tables.ghost, Mark::parse(&begun.marks.ghost).as_ref()).await;
    lines.extend(drop_changelog(&mut begun).await);
    lines.extend(comparison::lines(&begun.work));
    lines.extend(start.iter().map(|start| {
        format!(
            "Replication is stopped, so that both tables stand still. When you have compared them: {start}"
        )
    }));
    lines.push(format!("To clean up: DROP TABLE {};", tables.ghost));
    begun.close().await;
    Report {
        lines,
        verified: Some(summary),
        instant: false,
    }
}

/// The session with which the run began has been idle since, and may be gone.
async fn revive(begun: &mut Begun) {
    let look = tokio::time::timeout(Duration::from_secs(LOOK_SECONDS_MAX), begun.session.exec("DO 0"));
    if matches!(look.await, Ok(Ok(_))) {
        return;
    }
    if let Ok(session) = begun.sessions.open("control").await {
        std::mem::replace(&mut begun.session, session).close().await;
    }
}

async fn keep_old(begun: &mut Begun, old: &TableName) -> String {
    mark(begun, old, Some(&begun.marks.old)).await;
    format!("The old table is {old}; when you do not need it any more: DROP TABLE {old};")
}

async fn mark(begun: &Begun, table: &TableName, mark: Option<&Mark>) {
    let Some(mark) = mark else { return };
    if let Err(error) = prepare::mark_before_comment(&begun.sessions, table, mark).await {
        tracing::warn!("{table} carries no mark of ours: {error}");
    }
}

fn figures(snapshot: &Snapshot, held: Duration) -> String {
    format!(
        "{} rows copied, {} changed keys applied in {}; the swap held the table for {} ms.",
        snapshot.rows_copied,
        snapshot.applied_keys,
        clock(snapshot.elapsed),
        held.as_millis()
    )
}

async fn drop_changelog(begun: &mut Begun) -> Option<String> {
    let changelog = &begun.work.tables.changelog;
    let dropped = cleanup::drop_ours(&mut begun.session, changelog, &begun.marks.changelog).await;
    dropped.err().map(|left| unclean(&left))
}

fn unclean(failure: &Failure) -> String {
    let hint = failure.hint.as_deref().unwrap_or_default();
    format!("Not cleaned up: {failure} {hint}")
}

/// Names the session whose doing ended the run: account and host, if it is still there.
pub(super) async fn blame(begun: &mut Begun, failure: Failure, culprit: Option<u32>) -> Failure {
    let Some(id) = culprit else { return failure };
    revive(begun).await;
    match inspect::account_of(&mut begun.session, id).await {
        Ok(Some(account)) => failure.detail(format!("by session {id} ({account})")),
        Ok(None) => failure.detail(format!("by session {id}, which is gone")),
        Err(_) => failure.detail(format!("by session {id}")),
    }
}

/// The last words of a run that did not swap. `replication`: what became of it, where the run had stopped it.
pub(super) async fn failed(mut begun: Begun, failure: Failure, replication: Vec<String>) -> Ended {
    let tables = begun.work.tables.clone();
    let mut state = replication;
    if failure.exit == crate::error::Exit::Unknown {
        state.push(format!(
            "it is not known which table bears the name {}",
            tables.source
        ));
    } else {
        state.push(format!(
            "{} is as it was, and no lock of ours is left on it",
            tables.source
        ));
        // The ghost may have lost its mark for the swap; without one, the next run would not know it as ours.
        if let Err(error) = prepare::mark_ghost(&begun.sessions, &begun.work).await {
            tracing::debug!(%error, "the ghost's mark could not be put back");
        }
    }
    revive(&mut begun).await;
    let (ghost, carried) = (&tables.ghost, &begun.work.triggers);
    if failure.exit != crate::error::Exit::Unknown
        && let Err(error) = triggers::disarm(&mut begun.session, ghost, carried).await
    {
        tracing::warn!("triggers could not be taken off {ghost}: {error}");
    }
    match cleanup::left(&mut begun.session, &helpers(&tables)).await {
        Ok(left) => state.extend(cleanup::leftovers_hint(&left)),
        Err(error) => state.push(format!(
            "what is left on the server could not be found out: {error}"
        )),
    }
    begun.close().await;
    Ended { failure, state }
}
