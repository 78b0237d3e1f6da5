//! Writers that know what the table must hold.
//!
//! Every row belongs to exactly one writer, which alone changes it and keeps it in memory as it was last committed. Keys and
//! unique values wander between writers through shared pools, and only after the commit that set them free. So the model is exact
//! without any lock around a statement, and at the end the table is compared with it row by row.
//!
//! - `table`: the two kinds of tables, their keys and rows as SQL. Pure.
//! - `model`: the rows of one writer, with undo for what is rolled back. Pure.
//! - `moves`: what a writer may do: statements and the same change of the model. Pure.
//! - `writer`, `reader`: the sessions.
//! - `check`: the table against all models.
//! - `stats`, `report`: how long statements took, and the summary.
//!
//! Statements name their columns, so that the storm goes on when an ALTER has appended some.

mod check;
mod load;
mod model;
mod moves;
mod reader;
mod report;
mod stats;
mod table;
mod writer;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use mysql_async::{Opts, OptsBuilder};
use tokio::sync::watch;
use tokio::task::JoinSet;

use model::{Pools, Share};
pub use report::Report;

pub use load::load;
pub use table::Kind;

/// Anything that ends a storm early; what a statement answers is counted, not raised.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// One storm.
#[derive(Clone, Debug)]
pub struct Storm {
    pub opts: Opts,
    pub schema: String,
    pub table: String,
    pub kind: Kind,
    /// Rows at the start.
    pub rows: u64,
    pub writers: u64,
    /// Sessions that read ranges and look at nothing but whether they get an answer.
    pub readers: u64,
    pub seed: u64,
    /// Transactions per second, all writers together; 0 is as many as go.
    pub rate: u64,
}

/// What a storm shares with whoever started it.
#[derive(Clone)]
pub struct Watch {
    /// Becomes true when the storm is to end.
    pub stop: watch::Receiver<bool>,
    /// Transactions so far.
    pub transactions: Arc<AtomicU64>,
}

impl Storm {
    /// Write until told to stop, then compare the table with the model.
    pub async fn run(&self, watch: &Watch) -> Result<Report, Error> {
        let storm = Arc::new(self.clone());
        let pools = Arc::new(Pools::default());
        let started = Instant::now();
        let mut writers = JoinSet::new();
        for number in 0..self.writers {
            let share = Share::at_start(self, number);
            writers.spawn(writer::run(
                Arc::clone(&storm),
                share,
                Arc::clone(&pools),
                watch.clone(),
                started,
            ));
        }
        let mut readers = JoinSet::new();
        for number in 0..self.readers {
            readers.spawn(reader::run(Arc::clone(&storm), number, watch.clone(), started));
        }
        let (mut shares, mut stats) = (Vec::new(), Vec::new());
        for (share, stat) in writers.join_all().await {
            shares.push(share);
            stats.push(stat);
        }
        stats.extend(readers.join_all().await);
        let took = started.elapsed();
        let check = check::check(self, &shares).await?;
        Ok(Report::new(self, took, stats, check))
    }

    /// A session in the schema that counts the rows it finds, changed or not.
    fn session(&self) -> Opts {
        OptsBuilder::from_opts(self.opts.clone())
            .db_name(Some(self.schema.clone()))
            .client_found_rows(true)
            .into()
    }

    /// The pause between two transactions of one writer.
    fn pace(&self) -> Option<Duration> {
        (self.rate > 0).then(|| Duration::from_secs_f64(self.writers as f64 / self.rate as f64))
    }
}
