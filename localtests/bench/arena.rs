//! Where the contest takes place: the server, the tables, and the same conditions for everyone before each run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::server::Db;
use crate::{Cli, Outcome};

pub const SCHEMA: &str = "bench";
/// The table that is altered. Its columns are those of sysbench's.
pub const TABLE: &str = "sbtest1";
/// Before each run, pages written to disk and old row versions removed as far as this, or so long.
const DIRTY_PAGES_MAX: u64 = 300;
const HISTORY_MAX: u64 = 2_000;
const SETTLE_MAX: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

/// The server and what is left of the time.
pub struct Arena {
    pub cli: Cli,
    pub sizes: Sizes,
    pub db: Db,
    began: Instant,
    runs: u32,
}

/// How much of everything.
pub struct Sizes {
    pub rows: u64,
    pub rows_many: u64,
    /// Rows of the table whose swap is timed: what matters is the swap, not the copy.
    pub rows_swap: u64,
    pub idle: usize,
    pub idle_many: usize,
    pub idle_peers: usize,
    pub loads: usize,
    pub loads_peers: usize,
    pub baseline: Duration,
    pub swaps: usize,
    pub keys_burst: u64,
    pub hammer: Duration,
    /// An alteration under full load that has not ended by then never will, for our purposes.
    pub hammered_max: Duration,
}

const FULL: Sizes = Sizes {
    rows: 1_000_000,
    rows_many: 5_000_000,
    rows_swap: 100_000,
    idle: 5,
    idle_many: 3,
    idle_peers: 2,
    loads: 3,
    loads_peers: 2,
    baseline: Duration::from_secs(15),
    swaps: 12,
    keys_burst: 500_000,
    hammer: Duration::from_secs(20),
    hammered_max: Duration::from_secs(120),
};

const QUICK: Sizes = Sizes {
    rows: 100_000,
    rows_many: 400_000,
    rows_swap: 20_000,
    idle: 2,
    idle_many: 1,
    idle_peers: 1,
    loads: 1,
    loads_peers: 1,
    baseline: Duration::from_secs(4),
    swaps: 4,
    keys_burst: 50_000,
    hammer: Duration::from_secs(5),
    hammered_max: Duration::from_secs(30),
};

impl Arena {
    pub fn open(cli: Cli) -> Outcome<Self> {
        std::fs::create_dir_all(cli.out.join("logs"))?;
        let db = Db::open(&cli.host, cli.port, "")?;
        let sizes = if cli.quick { QUICK } else { FULL };
        let mut arena = Self {
            cli,
            sizes,
            db,
            began: Instant::now(),
            runs: 0,
        };
        arena.clear()?;
        Ok(arena)
    }

    /// An empty schema, whatever was left in it.
    pub fn clear(&mut self) -> Outcome {
        self.db.run(&format!("DROP DATABASE IF EXISTS {SCHEMA}"))?;
        self.db.run(&format!("CREATE DATABASE {SCHEMA}"))?;
        self.db.run(&format!("USE {SCHEMA}"))
    }

    pub fn wants(&self, part: &str) -> bool {
        self.cli.only.is_empty() || self.cli.only.iter().any(|wanted| wanted == part)
    }

    pub fn out(&self) -> &Path {
        &self.cli.out
    }

    /// A file for the output of the next program: `logs/07-ghost-rs.out`.
    pub fn log(&mut self, who: &str) -> PathBuf {
        self.runs += 1;
        self.cli
            .out
            .join("logs")
            .join(format!("{:02}-{who}.out", self.runs))
    }

    /// Whether the time is up: a first repetition is always made, later ones only while this is false.
    pub fn is_late(&self) -> bool {
        self.began.elapsed() > Duration::from_secs(self.cli.minutes * 60)
    }

    /// What is being done now, for whoever waits.
    pub fn say(&self, what: &str) {
        eprintln!("bench: {:4}s {what}", self.began.elapsed().as_secs());
    }

    /// The table anew, with so many rows. Larger ones are made of copies of the first million: that is quicker.
    pub fn make_table(&mut self, rows: u64) -> Outcome {
        self.say(&format!("making a table of {rows} rows"));
        let part = rows.min(self.sizes.rows);
        self.db.run(&format!("DROP TABLE IF EXISTS {TABLE}"))?;
        crate::sysbench::prepare(self, part)?;
        let mut there = part;
        while there < rows {
            let more = part.min(rows - there);
            self.db.run(&format!(
                "INSERT INTO {TABLE} (id, k, c, pad) SELECT id + {there}, k, c, pad FROM {TABLE} WHERE id <= {more}"
            ))?;
            there += more;
        }
        Ok(())
    }

    /// The same conditions for every run: the table freshly built by the server's own INPLACE rebuild (bulk-loaded
    /// indexes, whoever wrote it before), in the buffer pool, nothing dirty, no old row versions, no old binlogs.
    pub fn level(&mut self, undo: &str) -> Outcome {
        self.db.run("FLUSH BINARY LOGS")?;
        self.db.run("PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY")?;
        let rebuild = [undo, "ENGINE=InnoDB"]
            .into_iter()
            .filter(|part| !part.is_empty());
        let clauses: Vec<&str> = rebuild.chain(["ALGORITHM=INPLACE"]).collect();
        self.db
            .run(&format!("ALTER TABLE {TABLE} {}", clauses.join(", ")))?;
        self.db.run(&format!("ANALYZE TABLE {TABLE}"))?;
        self.settle()?;
        self.db.number(&format!(
            "SELECT SUM(LENGTH(c)) FROM {TABLE} FORCE INDEX (PRIMARY)"
        ))?;
        self.db
            .number(&format!("SELECT SUM(k) FROM {TABLE} FORCE INDEX (k_1)"))?;
        Ok(())
    }

    fn settle(&mut self) -> Outcome {
        self.db.run("SET GLOBAL innodb_max_dirty_pages_pct = 0")?;
        let until = Instant::now() + SETTLE_MAX;
        while Instant::now() < until && !self.is_settled()? {
            std::thread::sleep(LOOK);
        }
        self.db.run("SET GLOBAL innodb_max_dirty_pages_pct = 90")
    }

    fn is_settled(&mut self) -> Outcome<bool> {
        let dirty = self.db.number(
            "SELECT VARIABLE_VALUE FROM performance_schema.global_status \
             WHERE VARIABLE_NAME = 'Innodb_buffer_pool_pages_dirty'",
        )?;
        let history = self.db.number(
            "SELECT COUNT FROM information_schema.INNODB_METRICS WHERE NAME = 'trx_rseg_history_len'",
        )?;
        Ok(dirty <= DIRTY_PAGES_MAX && history <= HISTORY_MAX)
    }

    pub fn count(&mut self) -> Outcome<u64> {
        self.db.number(&format!("SELECT COUNT(*) FROM {TABLE}"))
    }

    /// A number that changes when a row does, whatever their order.
    pub fn fingerprint(&mut self) -> Outcome<u64> {
        self.db.number(&format!(
            "SELECT COUNT(*) + SUM(CAST(CRC32(CONCAT_WS('#', id, k, c, pad)) AS UNSIGNED)) FROM {TABLE}"
        ))
    }
}
