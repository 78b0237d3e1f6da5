//! x

pub mod work;
