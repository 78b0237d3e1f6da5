//! `cargo test --test throttle`: each reason to hold a run back, on a real server and its replica. A run begins throttled, goes on when
//! the reason ends, is throttled again when all rows are copied, and swaps when that ends too; writers with a model go through all of it.
//!
//! What is waited for is what the run says, never a time.

#[path = "throttle/critical.rs"]
mod critical;
#[path = "throttle/http.rs"]
mod http;
#[path = "swap/place.rs"]
#[expect(dead_code, reason = "the tests of the swap use the rest")]
mod place;
#[path = "throttle/replicas.rs"]
mod replicas;
mod storm;
#[path = "throttle/story.rs"]
mod story;
#[expect(
    dead_code,
    unused_imports,
    reason = "shared by all tests; none needs everything"
)]
mod support;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::sync::{Mutex, MutexGuard};

use place::{Place, gone};
use story::{File, Lock, Story, Switch, server};
use support::{Outcome, ensure};

/// What the tool exits with.
const USAGE: Option<i32> = Some(2);
const REFUSED: Option<i32> = Some(3);
const FAILED: Option<i32> = Some(4);
const INTERRUPTED: Option<i32> = Some(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flag_file() -> Outcome {
    let mut file = File::new("flag")?;
    let argument = format!("--throttle-flag-file={}", file.path());
    Story::new("flag")
        .await?
        .tell("flag-file", &[&argument], &mut file)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_flag_file_of_all_runs() -> Outcome {
    let mut file = File::new("all")?;
    let argument = format!("--throttle-additional-flag-file={}", file.path());
    Story::new("flag_all")
        .await?
        .tell("flag-file", &[&argument], &mut file)
        .await
}

/// A mark that cannot be written is late.
struct Changelog(Place, Lock);

impl Switch for Changelog {
    async fn on(&mut self) -> Outcome {
        self.1.take(self.0.conn().await?, "_t_ghc").await
    }

    async fn off(&mut self) -> Outcome {
        self.1.give_up().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lag_of_the_marks() -> Outcome {
    let story = Story::new("lag").await?;
    let mut changelog = Changelog(story.eye(), Lock::default());
    story
        .tell_when_copied("lag", &["--max-lag-millis=400"], &mut changelog)
        .await
}

/// A status variable that nobody else moves so far: statements prepared by a session. One test at a time has it.
pub struct Prepared {
    session: Option<Conn>,
    _alone: MutexGuard<'static, ()>,
}

/// Above what all other tests together prepare.
pub const PREPARED: u64 = 1_500;

impl Prepared {
    pub async fn none() -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        Self {
            session: None,
            _alone: TURN.lock().await,
        }
    }
}

impl Switch for Prepared {
    async fn on(&mut self) -> Outcome {
        let mut conn = server().await?.connect().await?;
        for n in 0..PREPARED {
            conn.query_drop(format!("PREPARE s{n} FROM 'SELECT 1'")).await?;
        }
        self.session = Some(conn);
        Ok(())
    }

    async fn off(&mut self) -> Outcome {
        if let Some(conn) = self.session.take() {
            conn.disconnect().await?;
        }
        let mut conn = server().await?.connect().await?;
        let many = format!(
            "SELECT 1 FROM performance_schema.global_status \
             WHERE VARIABLE_NAME = 'Prepared_stmt_count' AND VARIABLE_VALUE >= {PREPARED}"
        );
        gone(&mut conn, "prepared statements", &many).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn max_load() -> Outcome {
    let argument = format!("--max-load=Threads_connected=100000,prepared_stmt_count={PREPARED}");
    let story = Story::new("load").await?;
    story
        .tell("max-load", &[&argument], &mut Prepared::none().await)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_status_variables_are_refused_before_anything_is_made() -> Outcome {
    let place = Place::new(&server().await?, "throttle_unknown", 10, 0).await?;
    let args = ["--max-load=Threads_runing=25", "--critical-load=Ssl_cipher=1"];
    let finished = place.alter(&args)?.finish().await?;
    let named = ["--max-load", "Threads_runing", "--critical-load", "Ssl_cipher"]
        .iter()
        .all(|name| finished.output.contains(name));
    ensure(finished.code == USAGE && named, || finished.output.clone())?;
    place.source_is_as_it_was().await
}

/// A row that the throttle query counts.
struct Wish(Place);

impl Switch for Wish {
    async fn on(&mut self) -> Outcome {
        let mut conn = self.0.conn().await?;
        conn.query_drop("CREATE TABLE wishes (id INT PRIMARY KEY)")
            .await?;
        Ok(conn.query_drop("INSERT INTO wishes VALUES (1)").await?)
    }

    async fn off(&mut self) -> Outcome {
        let mut conn = self.0.conn().await?;
        Ok(conn.query_drop("DROP TABLE wishes").await?)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query() -> Outcome {
    let story = Story::new("query").await?;
    let mut wish = Wish(story.eye());
    let query = "--throttle-query=SELECT COUNT(*) FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = 'swap_throttle_query' AND TABLE_NAME = 'wishes'";
    story.tell("throttle-query", &[query], &mut wish).await
}

/// The query fails while its table is not there.
struct Missing(Wish);

impl Switch for Missing {
    async fn on(&mut self) -> Outcome {
        let mut conn = self.0.0.conn().await?;
        Ok(conn.query_drop("DROP TABLE IF EXISTS wishes").await?)
    }

    async fn off(&mut self) -> Outcome {
        let mut conn = self.0.0.conn().await?;
        Ok(conn
            .query_drop("CREATE TABLE wishes (id INT PRIMARY KEY)")
            .await?)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_fails() -> Outcome {
    let story = Story::new("failing").await?;
    let mut missing = Missing(Wish(story.eye()));
    let query = "--throttle-query=SELECT COUNT(*) FROM swap_throttle_failing.wishes";
    story
        .leaves("wishes")
        .tell("throttle-query", &[query], &mut missing)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_panic_file_ends_the_run() -> Outcome {
    let story = Story::new("panic").await?;
    let mut panic = File::new("panic")?;
    let argument = format!("--panic-flag-file={}", panic.path());
    story
        .ends(INTERRUPTED, panic.path().as_str(), &[&argument], &mut panic)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nice_run_says_that_it_pauses_and_ends_well() -> Outcome {
    let place = Place::new(&server().await?, "throttle_nice", 400, 50).await?;
    let weather = place.weather();
    let mut tool = place.alter(&["--log-format=json", "--chunk-size=100", "--nice-ratio=30"])?;
    ensure(tool.says(r#""limit":"nice-ratio""#).await?, || {
        "no pause was seen".to_owned()
    })?;
    place.ended_well(&tool.finish().await?, weather).await.map(drop)
}
