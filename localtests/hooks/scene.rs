//! A table, an account of ghost-rs' own, and a folder of hooks that write down what they see.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};

use crate::support::{Finished, Outcome, Server, Tool, ensure, trouble};

/// In no hook's environment, whatever happens.
pub const PASSWORD: &str = "For-the-hooks-1";
/// Unlike anything the statistics would say.
pub const ROWS: u64 = 1_234;
const WAIT_SECONDS_MAX: u64 = 60;
const LOOK: Duration = Duration::from_millis(10);

/// Where a test plays. The schema bears the name of the account.
pub struct Scene {
    pub name: String,
    pub ours: Server,
    server: Server,
    folder: tempfile::TempDir,
}

impl Scene {
    /// A table whose statistics know nothing, with so many rows; and no hooks yet.
    pub async fn new(server: &Server, name: &str) -> Outcome<Self> {
        let name = format!("hooks_{name}");
        let mut conn = server.connect().await?;
        for sql in [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("DROP USER IF EXISTS {name}"),
            format!("CREATE USER {name} IDENTIFIED BY '{PASSWORD}'"),
            format!("GRANT ALL ON *.* TO {name}"),
            format!("CREATE DATABASE {name}"),
            format!(
                "CREATE TABLE {name}.t (id INT PRIMARY KEY, c INT) STATS_PERSISTENT = 1, STATS_AUTO_RECALC = 0"
            ),
            "SET SESSION cte_max_recursion_depth = 10000".to_owned(),
            format!(
                "INSERT INTO {name}.t WITH RECURSIVE n AS (SELECT 1 id UNION ALL SELECT id + 1 FROM n WHERE id < {ROWS}) \
                 SELECT id, id FROM n"
            ),
            format!("UPDATE mysql.innodb_table_stats SET n_rows = 17 WHERE database_name = '{name}'"),
            format!("FLUSH TABLES {name}.t"),
        ] {
            conn.query_drop(sql).await?;
        }
        let ours = Server {
            user: name.clone(),
            password: PASSWORD.to_owned(),
            ..server.clone()
        };
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("hooks"))?;
        Ok(Self {
            name,
            ours,
            server: server.clone(),
            folder,
        })
    }

    /// A session of the test's own, in the schema.
    pub async fn conn(&self) -> Outcome<Conn> {
        let opts = OptsBuilder::from_opts(self.server.opts()).db_name(Some(self.name.clone()));
        Ok(Conn::new(opts).await?)
    }

    /// A file that hooks and test share.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn hooks(&self) -> PathBuf {
        self.file("hooks")
    }

    /// A hook that writes its environment to `NAME.N.env`, notes its name, and then does what `body` says.
    pub fn hook(&self, name: &str, body: &str) -> Outcome<&Self> {
        let place = self.folder.path().display();
        let script = format!(
            "#!/bin/sh\nset -eu\nn=$(ls {place} | grep -c '^{name}\\.[0-9]*\\.env$' || true)\nenv >{place}/new.$$\n\
             mv {place}/new.$$ {place}/{name}.$n.env\necho {name} >>{place}/told\n{body}\n"
        );
        self.write_hook(&format!("gh-ost-on-{name}"), &script, 0o755)?;
        Ok(self)
    }

    pub fn write_hook(&self, file: &str, script: &str, mode: u32) -> Outcome {
        let path = self.hooks().join(file);
        fs::write(&path, script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        Ok(())
    }

    /// What a hook does that waits until the test lets it go on.
    pub fn until_told(&self, file: &str) -> String {
        format!(
            "while [ ! -e {} ]; do sleep 0.02; done",
            self.file(file).display()
        )
    }

    /// Starts ghost-rs with the hooks.
    pub fn alter(&self, more: &[&str]) -> Outcome<Tool> {
        Tool::alter(&self.ours, &self.name, &self.flags(more))
    }

    /// The same, with variables in its environment.
    pub fn alter_with(&self, more: &[&str], env: &[(&str, &str)]) -> Outcome<Tool> {
        Tool::alter_with(&self.ours, &self.name, &self.flags(more), env)
    }

    fn flags(&self, more: &[&str]) -> Vec<String> {
        let path = format!("--hooks-path={}", self.hooks().display());
        let ours = ["--table=t", "--alter=ADD COLUMN note INT", &path];
        ours.into_iter()
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    }

    /// The names of the hooks that were run, in order; of those that follow each other, one.
    pub fn told(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file("told")).unwrap_or_default();
        let mut names: Vec<String> = text.lines().map(str::to_owned).collect();
        names.dedup();
        names
    }

    /// What a hook saw when it was run for the `n`th time, from 0.
    pub fn env(&self, hook: &str, n: u32) -> Outcome<BTreeMap<String, String>> {
        let text = fs::read_to_string(self.file(&format!("{hook}.{n}.env")))
            .map_err(|error| trouble(format!("the hook {hook} was not run {} times: {error}", n + 1)))?;
        Ok(text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    /// Waits until a hook was run for the `n`th time, from 0.
    pub async fn until_run(&self, hook: &str, n: u32) -> Outcome {
        self.until_there(&format!("{hook}.{n}.env")).await
    }

    pub async fn until_there(&self, file: &str) -> Outcome {
        let path = self.file(file);
        until(&format!("the file {file}"), || path.exists()).await
    }

    /// Lets a hook go on that waits for this file.
    pub fn tell(&self, file: &str) -> Outcome {
        Ok(fs::write(self.file(file), "")?)
    }

    /// Whether the table is the new one.
    pub async fn is_altered(&self) -> Outcome<bool> {
        let column: Option<mysql_async::Row> = self
            .conn()
            .await?
            .query_first("SHOW COLUMNS FROM t LIKE 'note'")
            .await?;
        Ok(column.is_some())
    }

    /// The run ended with this code; `altered`: and the table is the new one, or else the old one.
    pub async fn ended(&self, finished: &Finished, code: i32, altered: bool) -> Outcome {
        ensure(finished.code == Some(code), || {
            format!(
                "exit {:?} and not {code} after {:?}:\n{}",
                finished.code, finished.took, finished.output
            )
        })?;
        ensure(self.is_altered().await? == altered, || {
            format!("altered should be {altered}:\n{}", finished.output)
        })?;
        let mut conn = self.conn().await?;
        let sessions = format!(
            "SELECT COUNT(*) FROM performance_schema.threads WHERE processlist_user = '{}'",
            self.name
        );
        let begun = Instant::now();
        while conn.query_first::<u64, _>(&sessions).await? != Some(0) {
            ensure(begun.elapsed().as_secs() < WAIT_SECONDS_MAX, || {
                "sessions of ours are left".to_owned()
            })?;
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Takes away what a run has left, for the next one in the same scene.
    pub async fn clear(&self) -> Outcome {
        let mut conn = self.conn().await?;
        conn.query_drop("DROP TABLE IF EXISTS _t_gho, _t_ghc, _t_del")
            .await?;
        for entry in fs::read_dir(self.folder.path())?.chain(fs::read_dir(self.hooks())?) {
            let path = entry?.path();
            if path.is_file() {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// Waits until something holds.
pub async fn until(what: &str, holds: impl Fn() -> bool) -> Outcome {
    let begun = Instant::now();
    while !holds() {
        ensure(begun.elapsed().as_secs() < WAIT_SECONDS_MAX, || {
            format!("waited {WAIT_SECONDS_MAX} s for {what}")
        })?;
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Whether a process runs; one that has ended and was not taken note of does not.
pub fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit(") ")
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}
