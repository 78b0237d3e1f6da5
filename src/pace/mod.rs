//! How much we ask of the server at a time. Pure: it is told what was measured and says what may run.
//!
//! Changes go before rows: a growing backlog of changed keys takes sessions away from the copy first. A server that
//! takes longer to commit than it did before we began, while others commit too, is given smaller chunks and fewer
//! workers. While nobody suffers, both grow for as long as more rows per second come of it.

pub mod chunks;
pub mod nice;
pub mod others;
pub mod workers;

pub use chunks::ChunkSizer;
pub use nice::Nice;
pub use others::Others;
pub use workers::Workers;
