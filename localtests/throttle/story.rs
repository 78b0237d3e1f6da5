//! The story that each reason is told by.

use std::path::{Path, PathBuf};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::sync::OnceCell;

use crate::place::{Place, Weather, until};
use crate::support::{Outcome, Server, Tool, ensure, trouble, turn};

const ROWS: u64 = 1_000;
/// Transactions a second of the writers.
const RATE: u64 = 50;
/// Marks that are written while nothing else is.
const MARKS: u64 = 5;
/// A flush that was under way when the throttle began may still be seen; the writers' changes would be seen each time.
const LOOKS: u32 = 4;

/// The tests of this run share a turn on the server.
pub async fn server() -> Outcome<Server> {
    static TURN: OnceCell<Conn> = OnceCell::const_new();
    let server = Server::from_env()?;
    TURN.get_or_try_init(|| turn(&server)).await?;
    Ok(server)
}

/// What holds a run back.
pub trait Switch {
    /// From now on.
    fn on(&mut self) -> impl Future<Output = Outcome>;
    /// No more.
    fn off(&mut self) -> impl Future<Output = Outcome>;
}

/// A file that is there while it is switched on.
pub struct File(PathBuf);

impl File {
    pub fn new(name: &str) -> Outcome<Self> {
        let name = format!("ghost-rs-throttle-{name}-{}", std::process::id());
        Ok(Self(std::env::temp_dir().join(name)))
    }

    pub fn path(&self) -> String {
        self.0.display().to_string()
    }

    fn there(&self) -> &Path {
        &self.0
    }
}

impl Switch for File {
    async fn on(&mut self) -> Outcome {
        Ok(std::fs::write(self.there(), "")?)
    }

    async fn off(&mut self) -> Outcome {
        Ok(std::fs::remove_file(self.there())?)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.there());
    }
}

/// A session that keeps others from writing a table.
#[derive(Default)]
pub struct Lock(Option<Conn>);

impl Lock {
    pub async fn take(&mut self, mut conn: Conn, table: &str) -> Outcome {
        conn.query_drop(format!("LOCK TABLES {table} READ")).await?;
        self.0 = Some(conn);
        Ok(())
    }

    pub async fn give_up(&mut self) -> Outcome {
        let conn = self.0.take().ok_or_else(|| trouble("there is no lock"))?;
        Ok(conn.disconnect().await?)
    }
}

/// One table, its writers, one run.
pub struct Story {
    name: String,
    place: Place,
    /// A table of the test's own that is there at the end.
    leaves: Option<&'static str>,
    /// What the run may not say.
    hides: Option<&'static str>,
}

impl Story {
    pub async fn new(name: &str) -> Outcome<Self> {
        let name = format!("throttle_{name}");
        let place = Place::new(&server().await?, &name, ROWS, RATE).await?;
        Ok(Self {
            name,
            place,
            leaves: None,
            hides: None,
        })
    }

    pub fn leaves(mut self, table: &'static str) -> Self {
        self.leaves = Some(table);
        self
    }

    pub fn hides(mut self, secret: &'static str) -> Self {
        self.hides = Some(secret);
        self
    }

    /// Writers begin.
    pub fn weather(&self) -> Weather {
        self.place.weather()
    }

    /// The run ends well, with every row.
    pub async fn ended_well(&self, tool: Tool, weather: Weather) -> Outcome {
        let finished = tool.finish().await?;
        let told = self.hides.is_some_and(|secret| finished.output.contains(secret));
        ensure(!told, || format!("a secret is told:\n{}", finished.output))?;
        if let Some(table) = self.leaves {
            self.place
                .conn()
                .await?
                .query_drop(format!("DROP TABLE {table}"))
                .await?;
        }
        self.place.ended_well(&finished, weather).await.map(drop)
    }

    /// The same place, for a switch; nothing is made anew.
    pub fn eye(&self) -> Place {
        self.place.clone()
    }

    /// Throttled from the first moment: nothing is copied. Then as in [`Story::tell_when_copied`].
    pub async fn tell(self, reason: &str, args: &[&str], switch: &mut impl Switch) -> Outcome {
        switch.on().await?;
        let (mut tool, postponed) = self.start(args).await?;
        throttled(&mut tool, reason, 1).await?;
        self.only_marks_are_written().await?;
        let mut conn = self.place.conn().await?;
        let copied: Option<u64> = conn.query_first("SELECT COUNT(*) FROM _t_gho").await?;
        ensure(copied == Some(0), || format!("{copied:?} rows were copied"))?;
        switch.off().await?;
        self.goes_on(tool, postponed, reason, 2, switch).await
    }

    /// Throttled when all rows are copied and the swap could begin.
    pub async fn tell_when_copied(self, reason: &str, args: &[&str], switch: &mut impl Switch) -> Outcome {
        let (tool, postponed) = self.start(args).await?;
        self.goes_on(tool, postponed, reason, 1, switch).await
    }

    /// What is switched on ends the run, whose message says these words.
    pub async fn ends(
        self,
        code: Option<i32>,
        words: &str,
        args: &[&str],
        switch: &mut impl Switch,
    ) -> Outcome {
        let weather = self.place.weather();
        let (mut tool, _postponed) = self.start(args).await?;
        says(&mut tool, r#""state":"postponed""#, 1).await?;
        switch.on().await?;
        let finished = tool.finish().await?;
        ensure(finished.code == code && finished.output.contains(words), || {
            format!("exit {:?}:\n{}", finished.code, finished.output)
        })?;
        switch.off().await?;
        self.place.source_is_as_it_was().await?;
        self.place
            .another_run_succeeds(&["--initially-drop-ghost-table"], weather)
            .await
    }

    /// Starts a run whose swap is postponed.
    pub async fn start(&self, args: &[&str]) -> Outcome<(Tool, File)> {
        let mut postponed = File::new(&format!("{}-postponed", self.name))?;
        postponed.on().await?;
        let flag = format!("--postpone-cut-over-flag-file={}", postponed.path());
        // A slow moment of the machine is not the lag that a story tells of: only where one names a limit, it counts.
        let tells_of_lag = args.iter().any(|arg| arg.starts_with("--max-lag-millis"));
        let calm = (!tells_of_lag).then_some("--max-lag-millis=600000");
        let more: Vec<&str> = args
            .iter()
            .copied()
            .chain([flag.as_str(), "--log-format=json"])
            .chain(calm)
            .collect();
        Ok((self.place.alter(&more)?, postponed))
    }

    async fn goes_on(
        self,
        mut tool: Tool,
        mut postponed: File,
        reason: &str,
        times: usize,
        switch: &mut impl Switch,
    ) -> Outcome {
        let weather = self.place.weather();
        says(&mut tool, r#""state":"postponed""#, 1).await?;
        switch.on().await?;
        throttled(&mut tool, reason, times).await?;
        postponed.off().await?;
        self.is_not_swapped(reason).await?;
        switch.off().await?;
        let ended = format!("not throttled by {reason} any more");
        says(&mut tool, &ended, times).await?;
        self.ended_well(tool, weather).await
    }

    /// Marks go on, and the ghost stays as it is, once what was under way has ended.
    async fn only_marks_are_written(&self) -> Outcome {
        let mut conn = self.place.conn().await?;
        for _ in 0..LOOKS {
            let before = self.checksum(&mut conn).await?;
            let newest: Option<Option<u64>> = conn.query_first("SELECT MAX(mark) FROM _t_ghc").await?;
            let target = newest.flatten().unwrap_or_default() + MARKS;
            let more = format!("SELECT 1 FROM _t_ghc HAVING MAX(mark) >= {target}");
            until::<u64>(&mut conn, "marks while throttled", &more).await?;
            if self.checksum(&mut conn).await? == before {
                return Ok(());
            }
        }
        Err(trouble("the new table is written to while throttled"))
    }

    async fn checksum(&self, conn: &mut Conn) -> Outcome<Option<(String, Option<u64>)>> {
        Ok(conn.query_first("CHECKSUM TABLE _t_gho").await?)
    }

    /// Nothing holds the swap back but the reason.
    async fn is_not_swapped(&self, reason: &str) -> Outcome {
        // With this reason no mark can be written.
        if reason != "lag" {
            self.only_marks_are_written().await?;
        }
        ensure(!self.place.is_swapped().await?, || {
            "swapped while throttled".to_owned()
        })
    }
}

/// The run is throttled for the so-manieth time, and its status says why.
pub async fn throttled(tool: &mut Tool, reason: &str, times: usize) -> Outcome {
    says(tool, &format!(r#""message":"throttled by {reason}: "#), times).await?;
    says(tool, &format!(r#"{{"state":"throttled","reason":"{reason}","#), 1).await
}

pub async fn says(tool: &mut Tool, words: &str, times: usize) -> Outcome {
    let said = tool.says_times(words, times).await?;
    ensure(said, || {
        format!("the run ended and never said {words}:\n{}", tool.said())
    })
}
