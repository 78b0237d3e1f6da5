//! `ghost-rs verify`: two tables, compared by hand.

use super::{connection::ConnectionArgs, output::OutputArgs};

/// Flags of `verify`.
#[derive(clap::Args, Debug)]
pub struct CompareArgs {
    /// How to reach the server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Which tables.
    #[command(flatten)]
    pub what: WhatArgs,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Flags of the group "What to compare".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "What to compare")]
pub struct WhatArgs {
    /// Database (schema) of both tables
    #[arg(long, value_name = "NAME")]
    pub database: String,

    /// The table whose rows are taken for right
    #[arg(long, value_name = "NAME")]
    pub table: String,

    /// The table that is compared with it
    #[arg(long = "with", value_name = "NAME")]
    pub other: String,

    /// A column of the first table and the one of the second that holds its values; all others are matched by name
    #[arg(long, value_name = "A=B")]
    pub map: Vec<String>,

    /// Rows of one statement [10 to 100000; default: found while running]
    #[arg(long, value_name = "ROWS")]
    pub chunk_size: Option<u64>,
}
