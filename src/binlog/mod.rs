//! The binlog: from the server's stream of events to the keys of one table's changed rows.

pub mod rows;
