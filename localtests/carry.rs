//! `cargo test --test carry`: what goes along with the rows, and what the helper tables are called: instant ALTERs, foreign
//! keys, names, triggers.

#[path = "carry/instant.rs"]
mod instant;
#[path = "carry/names.rs"]
mod names;
#[path = "swap/proxy.rs"]
mod proxy;
#[path = "carry/stage.rs"]
mod stage;
mod support;
#[path = "carry/triggers.rs"]
mod triggers;
