//! After the swap: the ghost is the table, and what is left of ours goes.
//!
//! Nothing here can fail the run: the table is changed. What could not be cleaned up is said, with the SQL to do it.

use std::time::Duration;

use super::{
    Ended, Report,
    begin::{Begun, helpers},
};
use crate::{
    cleanup::{self, SwapProof},
    config::Config,
    cutover::Swapped,
    error::Failure,
    prepare,
    schema::TableName,
    status::{Snapshot, line::clock},
    verify::{Proof, Summary},
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
    mut summary: Summary,
) -> Result<Report, Ended> {
    let tables = begun.work.tables.clone();
    revive(&mut begun).await;
    let mut lines = vec![format!(
        "{} is altered: {} rows copied, {} changed keys applied in {}; the swap held the table for {} ms.",
        tables.source,
        snapshot.rows_copied,
        snapshot.applied_keys,
        clock(snapshot.elapsed),
        swapped.held.as_millis()
    )];
    if let Proof::Compared { at } = &swapped.proof {
        summary.at = Some(at.clone());
    }
    lines.extend(summary.lines());
    let changelog = cleanup::drop_ours(&mut begun.session, &tables.changelog, &begun.marks.changelog).await;
    lines.extend(changelog.err().map(|left| unclean(&left)));
    lines.push(match config.ok_to_drop_table {
        true => match cleanup::drop_old(&mut begun.session, &Old(&tables.old, &swapped)).await {
            Ok(_) => "The old table is dropped.".to_owned(),
            Err(left) => unclean(&left),
        },
        false => keep_old(&mut begun, &tables.old).await,
    });
    begun.close().await;
    Ok(Report {
        lines,
        verified: Some(summary),
    })
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
    if let Err(error) = prepare::mark_old(&begun.sessions, old, &begun.marks.old).await {
        tracing::warn!("the old table {old} carries no mark of ours: {error}");
    }
    format!("The old table is {old}; when you do not need it any more: DROP TABLE {old};")
}

fn unclean(failure: &Failure) -> String {
    let hint = failure.hint.as_deref().unwrap_or_default();
    format!("Not cleaned up: {failure} {hint}")
}

/// The last words of a run that did not swap.
pub(super) async fn failed(mut begun: Begun, failure: Failure) -> Ended {
    let tables = begun.work.tables.clone();
    let mut state = Vec::new();
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
    match cleanup::left(&mut begun.session, &helpers(&tables)).await {
        Ok(left) => state.extend(cleanup::leftovers_hint(&left)),
        Err(error) => state.push(format!(
            "what is left on the server could not be found out: {error}"
        )),
    }
    begun.close().await;
    Ended { failure, state }
}
