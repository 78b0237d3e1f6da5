//! What the server says before a run begins: the server itself, the table, the account's grants, who holds locks.
//!
//! Each part gathers facts first and then judges them in a pure function, so that one refusal can name everything a
//! DBA has to change. Nothing here writes. Choosing a key and mapping columns is `plan`'s; helper tables are
//! `prepare`'s.

mod attached;
pub mod grants;
pub mod holders;
mod prepared;
pub mod replica;
pub mod server;
pub mod table;
mod version;

use crate::config::{Carry, Mode};
use crate::error::{Exit, Failure};
use crate::mysql::{Session, catalog};
use crate::schema::TableName;
use grants::Grants;

pub use attached::Attached;
pub use holders::{Holder, account_of, holders};
pub use prepared::{Undecided, undecided};
pub use replica::Replication;
pub use server::{Server, server};
pub use table::{Source, source};
pub use version::Version;

/// What a run is asked to do, as far as the server has to agree.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The table to change.
    pub table: &'a TableName,
    /// The helper tables' names in the same schema: privileges are needed on them too.
    pub helpers: &'a [&'a str],
    /// Where the table is changed.
    pub mode: Mode,
    /// The binlog is read on this server, and not on a replica of it.
    pub read_here: bool,
    /// What is to become of triggers and foreign keys.
    pub carry: &'a Carry,
}

/// What the server said, with nothing in it that stands against the run.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The server.
    pub server: Server,
    /// The table.
    pub source: Source,
    /// What the user should know all the same.
    pub notes: Vec<String>,
    /// Triggers and foreign keys that stand against a copy of the table; they do not matter to an instant ALTER. Empty
    /// unless one is to be attempted.
    pub against_copy: Vec<Failure>,
}

/// Asks the server everything and judges it at once: one refusal names all that has to change.
pub async fn inspect(session: &mut Session, request: &Request<'_>) -> Result<Inspected, Failure> {
    let server = server(session).await?;
    let schema = &request.table.schema;
    let mut problems = server.problems(schema, request.mode, request.read_here);
    let (grants, account) = account(session, &server).await?;
    let tables: Vec<&str> = request
        .helpers
        .iter()
        .copied()
        .chain([request.table.table.as_str()])
        .collect();
    problems.extend(grants::problem(
        &grants.missing(schema, &tables, request.read_here),
        schema,
        &account,
    ));
    if request.mode != Mode::Primary {
        problems.extend(replica::grants_problem(&server, &grants, &account, request.mode));
    }
    let source = match source(session, request.table).await {
        // A lost connection is no property of the table, and hides everything else.
        Err(failure) if failure.exit != Exit::Refused => return Err(failure),
        answer => answer,
    };
    let attached = Attached::new(request.carry, server.logs_cascades);
    let mut against_copy = source
        .as_ref()
        .map_or_else(|_| Vec::new(), |source| attached.problems(source));
    problems.extend(
        source
            .as_ref()
            .map_or_else(|failure| vec![failure.clone()], Source::problems),
    );
    if !request.carry.attempt_instant {
        problems.append(&mut against_copy);
    }
    together(
        format!("{} cannot be changed as things are.", request.table),
        problems,
    )?;
    let source = source?;
    let replica_notes = match request.mode {
        Mode::Primary => Vec::new(),
        _ => replica::notes(&server),
    };
    let notes = [
        server.notes(),
        replica_notes,
        grants.notes(),
        source.notes(),
        attached.notes(&source),
    ]
    .concat();
    Ok(Inspected {
        server,
        source,
        notes,
        against_copy,
    })
}

async fn account(session: &mut Session, server: &Server) -> Result<(Grants, String), Failure> {
    let failed = |error: crate::mysql::SqlError| error.failure("The account's grants could not be read.");
    let lines = catalog::grants(session).await.map_err(failed)?;
    let account = catalog::current_user(session).await.map_err(failed)?;
    Ok((Grants::parse(&lines, server.partial_revokes), account))
}

/// Makes one failure of several: one alone stays as it is, more become a list with each one's values and hint.
pub fn together(what: impl Into<String>, problems: Vec<Failure>) -> Result<(), Failure> {
    let mut problems = problems;
    if problems.len() <= 1 {
        return problems.pop().map_or(Ok(()), Err);
    }
    // The smallest exit code of those wins: what must be fixed in the call comes before what must be fixed elsewhere.
    let exit = problems
        .iter()
        .map(|problem| problem.exit)
        .min()
        .unwrap_or(Exit::Refused);
    let mut all = Failure::new(exit, format!("{} ({} reasons)", what.into(), problems.len()));
    for (number, problem) in problems.into_iter().enumerate() {
        all = all.detail(format!("{}. {}", number + 1, problem.what));
        all.detail
            .extend(problem.detail.into_iter().map(|line| format!("   {line}")));
        all.detail
            .extend(problem.hint.map(|hint| format!("   hint: {hint}")));
    }
    Err(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_problem_stays_itself() {
        assert_eq!(together("x", vec![]), Ok(()));
        let problem = Failure::refused("a").detail("b").hint("c");
        assert_eq!(together("x", vec![problem.clone()]), Err(problem));
    }

    #[test]
    fn several_become_a_list() {
        let problems = vec![Failure::refused("a").detail("b").hint("c"), Failure::refused("d")];
        let all = together("no", problems).unwrap_err();
        assert_eq!(all.what, "no (2 reasons)");
        assert_eq!(all.detail, ["1. a", "   b", "   hint: c", "2. d"]);
    }
}
