//! What the server says before a run begins: the server itself, the table, the account's grants, who holds locks.
//!
//! Each part gathers facts first and then judges them in a pure function, so that one refusal can name everything a
//! DBA has to change. Nothing here writes. Choosing a key and mapping columns is `plan`'s; helper tables are
//! `prepare`'s.

pub mod grants;
pub mod holders;
pub mod server;
pub mod table;
mod version;

use crate::error::{Exit, Failure};

pub use holders::{Holder, holders};
pub use server::{Server, server};
pub use table::{Source, source};
pub use version::Version;

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
