//! `storm`: writers that keep a model of what they wrote, as a program. See `mod.rs`.

#[path = "mod.rs"]
mod storm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, Parser, Subcommand};
use mysql_async::OptsBuilder;
use tokio::sync::watch;

use storm::{Error, Kind, Storm, Watch};

/// How often the file of --until-file is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// Writers that keep a model of what they wrote, and prove at the end that the table holds just that.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the table anew and fill it.
    Load(Where),
    /// Write to a freshly loaded table, then compare it with the model. Exit 0 only if all is well.
    Run(Run),
}

#[derive(Args)]
struct Where {
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    #[arg(long, default_value_t = 13306)]
    port: u16,
    #[arg(long, default_value = "root")]
    user: String,
    #[arg(long, default_value = "")]
    password: String,
    #[arg(long)]
    schema: String,
    #[arg(long)]
    table: String,
    /// int: PRIMARY KEY (id); vc: PRIMARY KEY (code, n), case-insensitive. Both have a second unique key.
    #[arg(long, default_value = "int")]
    kind: Kind,
    /// Rows that `load` writes; `run` must be told the same.
    #[arg(long, default_value_t = 100_000)]
    rows: u64,
}

#[derive(Args)]
struct Run {
    #[command(flatten)]
    place: Where,
    #[arg(long, default_value_t = 8)]
    writers: u64,
    #[arg(long, default_value_t = 2)]
    readers: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Transactions per second, all writers together; 0: as many as go.
    #[arg(long, default_value_t = 0)]
    rate: u64,
    /// Stop after this time …
    #[arg(long, default_value_t = 3_600)]
    seconds: u64,
    /// … or when this file is there.
    #[arg(long)]
    until_file: Option<PathBuf>,
    /// Write the JSON summary here as well.
    #[arg(long)]
    report_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Load(place) => storm::load(&place.storm()).await.map(|()| true),
        Command::Run(run) => run.run().await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Where {
    fn storm(&self) -> Storm {
        let opts = OptsBuilder::default()
            .ip_or_hostname(self.host.clone())
            .tcp_port(self.port)
            .user(Some(self.user.clone()))
            .pass((!self.password.is_empty()).then(|| self.password.clone()))
            .prefer_socket(false);
        Storm {
            opts: opts.into(),
            schema: self.schema.clone(),
            table: self.table.clone(),
            kind: self.kind,
            rows: self.rows,
            writers: 1,
            readers: 0,
            seed: 1,
            rate: 0,
        }
    }
}

impl Run {
    async fn run(self) -> Result<bool, Error> {
        let (writers, readers) = (self.writers, self.readers);
        let storm = Storm {
            writers,
            readers,
            seed: self.seed,
            rate: self.rate,
            ..self.place.storm()
        };
        let (stop, stopped) = watch::channel(false);
        let watch = Watch {
            stop: stopped,
            transactions: Arc::default(),
        };
        let until = Instant::now() + Duration::from_secs(self.seconds);
        let file = self.until_file.clone();
        let ends = async move {
            while Instant::now() < until && !file.as_deref().is_some_and(Path::exists) {
                tokio::time::sleep(LOOK).await;
            }
            stop.send_replace(true);
            std::future::pending().await
        };
        let report = tokio::select! {
            report = storm.run(&watch) => report?,
            () = ends => return Err("stopped".into()),
        };
        let json = serde_json::to_string_pretty(&report)?;
        println!("{json}");
        eprintln!("{report}");
        if let Some(path) = self.report_file {
            std::fs::write(path, json + "\n")?;
        }
        Ok(report.ok)
    }
}
