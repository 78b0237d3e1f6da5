//! What a run is called where it must not be taken for another one.

/// Thirty-two hexadecimal digits that no other run has.
pub(super) fn run_id() -> String {
    let random = || std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), std::process::id());
    format!("{:016x}{:016x}", random(), random())
}

/// The same as the UUID by which the server knows our binlog reader.
pub(super) fn uuid(run: &str) -> String {
    let part = |from: usize, to: usize| run.get(from..to).unwrap_or("0");
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
