//! One case in one placement, from an empty schema to the verdict.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::case::{Case, Ending, Placement};
use super::changes::Changes;
use super::image::{Image, neutral, quoted};
use super::twin::{self, AlterError};
use super::{events, script};
use crate::support::{Finished, Outcome, Server, Tool, Trouble, ensure, trouble};

/// How much of the tool's output a message shows.
const LINES_SHOWN: usize = 60;
/// A lock that is still held after this long was left behind.
const LOCK_WAIT_SECONDS_MAX: u64 = 5;
/// The longest schema name that leaves room for the twin's suffix.
const SCHEMA_CHARS_MAX: usize = 58;

/// The tables and views of a schema.
type Images = BTreeMap<String, Image>;

/// One case being played.
pub struct Play<'a> {
    server: &'a Server,
    case: &'a Case,
    placement: Placement,
    schema: String,
    twin_schema: String,
    /// Exists while the swap is postponed.
    flag: PathBuf,
}

impl<'a> Play<'a> {
    pub fn new(server: &'a Server, case: &'a Case, placement: Placement) -> Self {
        let name = placement.trial_name(&case.name).replace(['/', '-'], "_");
        let schema: String = format!("case_{name}").chars().take(SCHEMA_CHARS_MAX).collect();
        let flag = std::env::temp_dir().join(format!("ghost-rs-{}-{schema}.flag", std::process::id()));
        Self {
            server,
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
            return self.start(false)?.finish().await;
        };
        let mut changes = Changes::open(self.server, &text, &self.twin_schema, &self.schema).await?;
        if self.placement != Placement::After {
            changes.round().await?;
        }
        let mut tool = self.start(self.placement != Placement::Copied)?;
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
    fn start(&self, postponed: bool) -> Outcome<Tool> {
        let mut args = self.case.full_args();
        if postponed {
            std::fs::write(&self.flag, "")?;
            args.push(format!("--postpone-cut-over-flag-file={}", self.flag.display()));
        }
        Tool::alter(self.server, &self.schema, &args)
    }

    /// gh-ost's own way to write during a run: events of the schema, each second. They cannot be doubled for a twin, so that
    /// they are stopped before the swap, and the twin is made of what the source was then.
    async fn with_events(&self, before: Images) -> Outcome {
        let mut tool = self.start(true)?;
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

    // --- the verdict

    async fn judge(&self, before: Images, finished: &Finished) -> Outcome {
        ensure(!finished.output.contains("panicked at"), || {
            "ghost-rs panicked".to_owned()
        })?;
        self.native_error_is_as_said().await?;
        match (&self.case.ending, finished.code) {
            (_, None) => Err(trouble("ghost-rs was ended by a signal")),
            (Ending::Altered | Ending::Either(_), Some(0)) => self.is_altered(before).await,
            (Ending::Refused(_), Some(0)) => Err(trouble("exit 0 where a refusal was expected")),
            (Ending::Altered, Some(code)) => Err(trouble(format!("exit {code}"))),
            (Ending::Refused(texts) | Ending::Either(texts), Some(_)) => {
                says_all(texts, &finished.output)?;
                self.is_untouched(before).await
            }
        }
    }

    /// Where a case says which error the server's own ALTER gives, it must: else the case tests something else.
    async fn native_error_is_as_said(&self) -> Outcome {
        let Some(said) = self.case.file("native_error") else {
            return Ok(());
        };
        let code: u16 = said.parse()?;
        let copy = format!("{}_probe", self.case.table());
        twin::make(
            self.server,
            (&self.twin_schema, self.case.table()),
            (&self.twin_schema, &copy),
        )
        .await?;
        match self.native_alter(&copy).await {
            Err(AlterError::Server(found, _)) if found == code => Ok(()),
            Err(other) => Err(Trouble::from(other).at(&format!("expected error {code}"))),
            Ok(()) => Err(trouble(format!(
                "the server's own ALTER works; expected its error {code}"
            ))),
        }
    }

    async fn native_alter(&self, table: &str) -> Result<(), AlterError> {
        let setup = self.case.file("native_session.sql").unwrap_or_default();
        twin::alter(self.server, &self.twin_schema, table, self.case.alter(), &setup).await
    }

    async fn is_altered(&self, before: Images) -> Outcome {
        let table = self.case.table();
        let mut conn = self.server.connect().await?;
        neutral(&mut conn).await?;
        let source = Image::take(&mut conn, &self.twin_schema, table).await?;
        self.native_alter(table).await?;
        let expected = Image::take(&mut conn, &self.twin_schema, table).await?;
        let mut after = self.images().await?;
        let got = after
            .remove(table)
            .ok_or_else(|| trouble("there is no table under the name any more"))?;
        expected.differs(&got).map_or(Ok(()), |how| {
            Err(trouble(how).at("against the server's own ALTER"))
        })?;
        self.next_id_fits(&expected, &got)?;
        self.old_is_source(&source, &mut after)?;
        self.others_are_untouched(&before, &after)?;
        ensure(after.keys().all(|name| before.contains_key(name)), || {
            format!(
                "left behind: {:?}",
                after
                    .keys()
                    .filter(|name| !before.contains_key(*name))
                    .collect::<Vec<_>>()
            )
        })?;
        self.has_expected_structure(&mut conn).await?;
        self.ghost_columns_match(&mut conn).await
    }

    /// The next id must never be lower than the server's own ALTER leaves it, and is the same where nobody wrote.
    fn next_id_fits(&self, expected: &Image, got: &Image) -> Outcome {
        let quiet = matches!(self.placement, Placement::Still | Placement::Copied);
        let fits = if quiet {
            got.next_id == expected.next_id
        } else {
            got.next_id >= expected.next_id
        };
        ensure(fits, || {
            format!(
                "AUTO_INCREMENT is {:?}, expected {:?}",
                got.next_id, expected.next_id
            )
        })
    }

    fn old_is_source(&self, source: &Image, after: &mut Images) -> Outcome {
        let name = format!("_{}_del", self.case.table());
        match after.remove(&name) {
            Some(old) => source
                .rows_differ(&old)
                .map_or(Ok(()), |how| Err(trouble(how).at(&name))),
            None if name.chars().count() > 64 => {
                after.retain(|name, image| !name.starts_with('_') || image.rows != source.rows);
                Ok(())
            }
            None => ensure(
                self.case.args.iter().any(|arg| arg == "--ok-to-drop-table"),
                || format!("there is no {name}"),
            ),
        }
    }

    async fn has_expected_structure(&self, conn: &mut Conn) -> Outcome {
        let Some(part) = self.case.file("expect_table_structure") else {
            return Ok(());
        };
        let create = super::image::show_create(conn, &self.schema, self.case.table()).await?;
        ensure(create.contains(&part), || {
            format!("{part:?} is not in the structure:\n{create}")
        })
    }

    /// gh-ost's comparison: some columns of the source against some of the new table, both as the client shows them.
    async fn ghost_columns_match(&self, conn: &mut Conn) -> Outcome {
        let (orig, ghost) = (self.case.file("orig_columns"), self.case.file("ghost_columns"));
        if orig.is_none() && ghost.is_none() && self.case.flag("alter").is_some() {
            return Ok(());
        }
        let order = self
            .case
            .file("order_by")
            .map(|by| format!(" ORDER BY {by}"))
            .unwrap_or_default();
        let old = format!("_{}_del", self.case.table());
        let mut seen = Vec::new();
        for (columns, table) in [(orig, old.as_str()), (ghost, self.case.table())] {
            let columns = columns.unwrap_or_else(|| "*".to_owned());
            let query = format!(
                "SELECT {columns} FROM {}.{}{order}",
                quoted(&self.schema),
                quoted(table)
            );
            let rows: Vec<Row> = conn.query(query).await?;
            seen.push(rows.into_iter().map(Row::unwrap).collect::<Vec<_>>());
        }
        ensure(seen.first() == seen.last(), || {
            format!("orig_columns and ghost_columns differ: {seen:?}")
        })
    }

    async fn is_untouched(&self, before: Images) -> Outcome {
        let table = self.case.table();
        let after = self.images().await?;
        self.others_are_untouched(&before, &after)?;
        let Some(was) = before.get(table) else {
            return Ok(());
        };
        let now = after.get(table).ok_or_else(|| trouble("the source is gone"))?;
        let mut conn = self.server.connect().await?;
        if self.placement == Placement::Still {
            was.differs(now)
                .map_or(Ok(()), |how| Err(trouble(how).at("the source was touched")))?;
        } else {
            neutral(&mut conn).await?;
            let twin = Image::take(&mut conn, &self.twin_schema, table).await?;
            twin.differs(now)
                .map_or(Ok(()), |how| Err(trouble(how).at("the source was touched")))?;
        }
        conn.query_drop(format!("SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS_MAX}"))
            .await?;
        let lock = format!("LOCK TABLES {}.{} WRITE", quoted(&self.schema), quoted(table));
        conn.query_drop(lock)
            .await
            .map_err(|error| Trouble::from(error).at("a lock was left behind"))
    }

    /// Every table and view that was there and is not the source is as it was.
    fn others_are_untouched(&self, before: &Images, after: &Images) -> Outcome {
        for (name, was) in before.iter().filter(|(name, _)| *name != self.case.table()) {
            let now = after
                .get(name)
                .ok_or_else(|| trouble(format!("table {name} is gone, and it was not ours")))?;
            was.differs(now).map_or(Ok(()), |how| {
                Err(trouble(how).at(&format!("table {name} was touched")))
            })?;
        }
        Ok(())
    }

    async fn images(&self) -> Outcome<Images> {
        let mut conn = self.server.connect().await?;
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

/// Every line of `expect_failure` is in the output, in any case.
fn says_all(texts: &[String], output: &str) -> Outcome {
    let output = output.to_lowercase();
    for text in texts {
        ensure(output.contains(&text.to_lowercase()), || {
            format!("the refusal does not say {text:?}")
        })?;
    }
    Ok(())
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
