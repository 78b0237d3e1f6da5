//! The binlog: what the server wrote, as keys of our table and as statements that matter to us.

pub mod statement;
