//! What every test against a real server needs: the server, the tool as a child process, and one kind of trouble.
//! What is compared, and with what, belongs to the tests themselves.

mod server;
mod tool;
mod trouble;
mod turn;

pub use server::Server;
pub use tool::{Finished, Tool};
pub use trouble::{Outcome, Trouble, ensure, trouble};
pub use turn::turn;
