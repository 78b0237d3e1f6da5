//! What every test against a real server needs: the server, the tool as a child process, and one kind of trouble.
//! What is compared, and with what, belongs to the tests themselves.

mod replica;
mod server;
mod tool;
mod trouble;
mod turn;

#[allow(unused_imports, reason = "not every test needs the replica")]
pub use replica::caught_up;
pub use server::Server;
pub use tool::{Finished, Tool};
pub use trouble::{Outcome, Trouble, ensure, trouble};
pub use turn::turn;
