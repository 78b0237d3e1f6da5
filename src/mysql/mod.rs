//! The edge to the server: sessions, the catalog's queries, what error codes mean.
//!
//! Only this module and `binlog` name the driver. Everything above sees rows as bytes and errors as [`SqlError`].

pub mod catalog;
pub mod codes;
pub mod connect;
pub mod identity;
pub mod kill;
mod ours;
pub mod session;
pub mod settings;

pub use codes::Class;
pub use identity::Identity;
pub use ours::Ours;
pub use session::{Row, Session, Sessions, SqlError};
pub use settings::SessionSettings;
