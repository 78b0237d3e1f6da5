//! What to change: the table and the ALTER.

/// Flags of the group "What to change".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "What to change")]
pub struct WhatArgs {
    /// Database (schema) of the table; may be left out if --alter names it
    #[arg(long, value_name = "NAME")]
    pub database: Option<String>,

    /// The table; may be left out if --alter names it
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,

    /// The change: the clauses alone ("ADD COLUMN c INT") or a whole ALTER TABLE statement
    #[arg(long, value_name = "SQL", allow_hyphen_values = true)]
    pub alter: Option<String>,

    /// Do it; without this flag it is only said what would happen
    #[arg(long)]
    pub execute: bool,
}
