//! A hundred connections that send garbage or nothing, and come again when they are sent away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinSet;

const SILENT: u64 = 50;
const NOISY: u64 = 50;
const GARBAGE_BYTES_MAX: usize = 40_000;

/// Goes on until nobody listens any more, or until it is dropped.
pub struct Flood {
    seen: Arc<AtomicU64>,
    _guests: JoinSet<()>,
}

impl Flood {
    pub fn begin(socket: &Path, seed: u64) -> Self {
        println!("flood seed {seed}");
        let seen = Arc::new(AtomicU64::new(0));
        let mut guests = JoinSet::new();
        for number in 0..SILENT + NOISY {
            let rng = (number >= SILENT).then(|| StdRng::seed_from_u64(seed + number));
            guests.spawn(guest(socket.to_owned(), rng, Arc::clone(&seen)));
        }
        Self {
            seen,
            _guests: guests,
        }
    }

    /// Connections that have been made so far.
    pub fn connections(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }
}

/// With dice: sends garbage. Without: sends nothing, and waits until it is sent away.
async fn guest(socket: PathBuf, mut dice: Option<StdRng>, seen: Arc<AtomicU64>) {
    while let Ok(mut stream) = UnixStream::connect(&socket).await {
        seen.fetch_add(1, Ordering::Relaxed);
        if let Some(rng) = &mut dice {
            let length = rng.random_range(1..GARBAGE_BYTES_MAX);
            let garbage: Vec<u8> = (0..length).map(|_| rng.random()).collect();
            // Whoever sends too much is cut off.
            let _ = stream.write_all(&garbage).await;
            let _ = stream.shutdown().await;
        }
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
}
