//! The edge to the binlog: the stream of events, the keys in row images, the statements in query events.

pub mod rows;
pub mod statement;
pub mod stream;
