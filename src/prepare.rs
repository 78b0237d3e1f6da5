//! From a plan to helper tables: the lock that keeps a second run away, the ghost and the changelog.
//!
//! Rules: nothing is made before the [`TableGuard`] is held; a table of ours carries the run's mark in its comment from
//! the second statement on, and a table without one is never touched; what a refusal leaves behind is nothing.
//! What an earlier run left, and dropping, is `cleanup`'s. Which names and which mark is `plan`'s.

mod changelog;
mod checks;
mod comment;
mod dress;
mod ghost;
mod guard;
mod twin;

pub use changelog::create_changelog;
pub use comment::set_comment;
pub use dress::{dress_ghost, is_dressed, mark_before_comment, mark_ghost};
pub use ghost::{Ghost, GhostRequest, create_ghost, try_ghost};
pub use guard::{GuardWitness, TableGuard, guard};
pub use twin::{Instant, ask_twin};
