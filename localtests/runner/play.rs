//! One case in one placement, from an empty schema to the verdict.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use mysql_async::prelude::Queryable;

use super::case::{Case, Ending, Placement};
use super::changes::Changes;
use super::image::{Image, neutral, quoted};
use super::twin;
use super::{events, script};
use crate::support::{Finished, Outcome, Server, Tool, Trouble, caught_up, ensure, trouble};

/// How much of the tool's output a message shows.
const LINES_SHOWN: usize = 60;
/// The longest schema name that leaves room for the twin's suffix.
const SCHEMA_CHARS_MAX: usize = 58;

/// The tables and views of a schema.
pub type Images = BTreeMap<String, Image>;

/// One case being played.
pub struct Play<'a> {
    /// Where tables are made and written.
    pub(super) server: &'a Server,
    /// The replica on which the change is rehearsed; none where it is made on the server itself.
    pub(super) replica: Option<&'a Server>,
    pub(super) case: &'a Case,
    pub(super) placement: Placement,
    pub(super) schema: String,
    pub(super) twin_schema: String,
    /// Exists while the swap is postponed.
    flag: PathBuf,
}

impl<'a> Play<'a> {
    pub fn new(
        server: &'a Server,
        replica: Option<&'a Server>,
        case: &'a Case,
        placement: Placement,
    ) -> Self {
        let mut name = placement.trial_name(&case.name).replace(['/', '-'], "_");
        if replica.is_some() {
            name = format!("rehearsal_{name}");
        }
        let schema: String = format!("case_{name}").chars().take(SCHEMA_CHARS_MAX).collect();
        let flag = std::env::temp_dir().join(format!("ghost-rs-{}-{schema}.flag", std::process::id()));
        Self {
            server,
            replica,
            case,
            placement,
            twin_schema: format!("{schema}_twin"),
            schema,
            flag,
        }
    }

    /// The whole of it. Globals are put back however it ends; the schemas stay for a look where it failed.
    pub async fn run(&self) -> Outcome {
        let mut conn = self.server.connect().await?;
        for schema in [&self.schema, &self.twin_schema] {
            conn.query_drop(format!("DROP DATABASE IF EXISTS {}", quoted(schema)))
                .await?;
            conn.query_drop(format!("CREATE DATABASE {}", quoted(schema)))
                .await?;
        }
        let modes: Option<String> = conn.query_first("SELECT @@GLOBAL.sql_mode").await?;
        if let Some(mode) = self.case.file("sql_mode") {
            conn.exec_drop("SET GLOBAL sql_mode = ?", (mode,)).await?;
        }
        let verdict = self.build_and_judge().await;
        conn.exec_drop("SET GLOBAL sql_mode = ?", (modes,)).await?;
        let destroyed = self.script("destroy.sql").await;
        let _ = std::fs::remove_file(&self.flag);
        verdict.map_err(|trouble| {
            trouble.at(&format!(
                "(look into schemas {} and {})",
                self.schema, self.twin_schema
            ))
        })?;
        destroyed?;
        for schema in [&self.schema, &self.twin_schema] {
            conn.query_drop(format!("DROP DATABASE {}", quoted(schema)))
                .await?;
        }
        Ok(())
    }

    async fn build_and_judge(&self) -> Outcome {
        self.script("before.sql").await?;
        self.script("create.sql").await?;
        self.replicated().await?;
        if self.case.dir.join("test.sh").exists() {
            return self.custom_script();
        }
        let before = self.images().await?;
        if events::any(self.server, &self.schema).await? {
            return self.with_events(before).await;
        }
        if self.needs_twin(&before) {
            twin::make(
                self.server,
                (&self.schema, self.case.table()),
                (&self.twin_schema, self.case.table()),
            )
            .await?;
        }
        let finished = self.alter_with_changes().await?;
        self.script("after.sql").await?;
        self.judge(before, &finished)
            .await
            .map_err(|trouble| with_output(&trouble, &finished))
    }

    /// Where the tool works, and where everything is compared.
    pub(super) fn scene(&self) -> &Server {
        self.replica.unwrap_or(self.server)
    }

    /// What was done on the primary is there on the replica.
    async fn replicated(&self) -> Outcome {
        match self.replica {
            Some(replica) => caught_up(self.server, replica).await,
            None => Ok(()),
        }
    }

    async fn script(&self, file: &str) -> Outcome {
        let Some(text) = self.case.file(file) else {
            return Ok(());
        };
        let mut conn = self.server.connect().await?;
        conn.query_drop(format!("USE {}", quoted(&self.schema))).await?;
        script::run(&mut conn, &text)
            .await
            .map_err(|trouble| trouble.at(file))
    }

    /// `test.sh` stands for the run and for the verdict: its exit code is the case's.
    fn custom_script(&self) -> Outcome {
        let output = Command::new("bash")
            .arg("test.sh")
            .current_dir(&self.case.dir)
            .env("GHOST_RS", Tool::program())
            .env("SCHEMA", &self.schema)
            .env("HOST", &self.server.host)
            .env("PORT", self.server.port.to_string())
            .env("USER", &self.server.user)
            .env("PASSWORD", &self.server.password)
            .output()?;
        let text = [output.stdout, output.stderr].concat();
        ensure(output.status.success(), || {
            format!("test.sh: {}\n{}", output.status, String::from_utf8_lossy(&text))
        })
    }

    fn needs_twin(&self, before: &Images) -> bool {
        let wanted = !matches!(self.case.ending, Ending::Refused(_))
            || self.placement != Placement::Still
            || self.case.file("native_error").is_some();
        wanted && before.contains_key(self.case.table())
    }

    // --- the run

    async fn alter_with_changes(&self) -> Outcome<Finished> {
        let Some(text) = self.case.file("changes.sql") else {
            return self.start(false).await?.finish().await;
        };
        let mut changes = Changes::open(self.server, &text, &self.twin_schema, &self.schema).await?;
        if self.placement != Placement::After {
            changes.round().await?;
        }
        let mut tool = self.start(self.placement != Placement::Copied).await?;
        match self.placement {
            Placement::Still | Placement::Copied => return tool.finish().await,
            Placement::After => {
                // A run that ends before the copy is done has nothing to wait for; its exit code is judged all the same.
                tool.says("postponed").await?;
                changes.round().await?;
            }
            Placement::During => {
                let mut copied = std::pin::pin!(tool.says("postponed"));
                loop {
                    changes.round().await?;
                    tokio::select! {
                        biased;
                        seen = &mut copied => { seen?; break }
                        () = std::future::ready(()) => {}
                    }
                }
            }
        }
        std::fs::remove_file(&self.flag)?;
        tool.finish().await
    }

    /// Start the tool, with the swap postponed until the flag file is removed.
    async fn start(&self, postponed: bool) -> Outcome<Tool> {
        self.replicated().await?;
        let mut args = self.case.full_args();
        if self.replica.is_some() {
            // Other trials are under way on the same replica.
            args.push("--test-on-replica-skip-replica-stop".to_owned());
            args.push("--test-on-replica".to_owned());
        }
        if postponed {
            std::fs::write(&self.flag, "")?;
            args.push(format!("--postpone-cut-over-flag-file={}", self.flag.display()));
        }
        Tool::alter(self.scene(), &self.schema, &args)
    }

    /// gh-ost's own way to write during a run: events of the schema, each second. They cannot be doubled for a twin, so that
    /// they are stopped before the swap, and the twin is made of what the source was then.
    async fn with_events(&self, before: Images) -> Outcome {
        let mut tool = self.start(true).await?;
        let copied = tool.says("postponed").await?;
        if copied {
            events::let_run(self.server, &self.schema).await?;
        }
        events::stop(self.server, &self.schema).await?;
        let table = self.case.table();
        twin::make(self.server, (&self.schema, table), (&self.twin_schema, table)).await?;
        std::fs::remove_file(&self.flag)?;
        let finished = tool.finish().await?;
        self.judge(before, &finished)
            .await
            .map_err(|trouble| with_output(&trouble, &finished))
    }

    pub(super) async fn images(&self) -> Outcome<Images> {
        let mut conn = self.scene().connect().await?;
        neutral(&mut conn).await?;
        let query = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?";
        let names: Vec<String> = conn.exec(query, (&self.schema,)).await?;
        let mut images = Images::new();
        for name in names {
            let image = Image::take(&mut conn, &self.schema, &name).await?;
            images.insert(name, image);
        }
        Ok(images)
    }
}

fn with_output(trouble_found: &Trouble, finished: &Finished) -> Trouble {
    let lines: Vec<&str> = finished.output.lines().collect();
    let shown = lines
        .get(lines.len().saturating_sub(LINES_SHOWN)..)
        .unwrap_or_default()
        .join("\n");
    let code = finished
        .code
        .map_or("a signal".to_owned(), |code| code.to_string());
    trouble(format!(
        "{trouble_found}\n--- ghost-rs, exit {code}, {:.1} s:\n{shown}",
        finished.took.as_secs_f64()
    ))
}
