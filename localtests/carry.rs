//! `cargo test --test carry`: what goes along with the rows, and what the helper tables are called: instant ALTERs, foreign keys, names.

#[path = "carry/instant.rs"]
mod instant;
#[path = "carry/names.rs"]
mod names;
#[path = "carry/stage.rs"]
mod stage;
mod support;
