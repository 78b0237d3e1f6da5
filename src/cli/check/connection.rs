//! Where the server is, who we are, and whether the connection is encrypted.
//!
//! A flag on the command line also switches its rivals from the file off: `--host` a `socket=`, because connecting to
//! another server than the one just named would be the worst of surprises.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Problems, Surroundings};
use crate::cli::args::connection::ConnectionArgs as Args;
use crate::cli::option_file::ClientOptions;
use crate::config::{CONNECT_TIMEOUT_MILLIS, Connection, Secret, Tls, TlsMode};
use crate::error::Failure;

/// Environment variables that may hold the password, the first one set wins.
const PASSWORD_VARIABLES: [&str; 2] = ["GHOST_RS_PASSWORD", "MYSQL_PWD"];

/// A connection whose password is still to be had.
pub(super) struct Found {
    connection: Connection,
    file: ClientOptions,
}

pub(super) fn check(args: &Args, world: &Surroundings, problems: &mut Problems) -> Found {
    let file = option_file(args, world, problems);
    if args.ask_pass && args.password.is_some() {
        problems.add(Failure::usage("both --ask-pass and --password are given").hint("leave --password out"));
    }
    let connection = Connection {
        host: problems.take(host(args, &file)),
        port: problems.take(port(args, &file)),
        socket: problems.take(socket(args, &file)),
        user: problems.take(user(args, &file)),
        password: Secret::default(),
        tls: tls(args, &file, world, problems),
        connect_timeout: problems.take(connect_timeout(args)),
    };
    Found { connection, file }
}

/// The connection with its password: asked for, given, from the environment, from the file, or none.
pub(super) fn with_password(found: Found, args: &Args, world: &Surroundings) -> Result<Connection, Failure> {
    let Found { mut connection, file } = found;
    connection.password = match (&args.password, args.ask_pass) {
        (_, true) => ask(&connection, world)?,
        (Some(given), _) => given.clone(),
        (None, false) => unasked(&file, world),
    };
    Ok(connection)
}

fn ask(connection: &Connection, world: &Surroundings) -> Result<Secret, Failure> {
    let prompt = format!("Password of {} at {}: ", connection.user, connection.server());
    (world.ask)(&prompt).map(Secret::new).map_err(|error| {
        Failure::usage("cannot ask for the password")
            .detail(error.to_string())
            .hint("without a terminal, use --conf or the environment variable GHOST_RS_PASSWORD")
    })
}

fn unasked(file: &ClientOptions, world: &Surroundings) -> Secret {
    let from_env = PASSWORD_VARIABLES.iter().find_map(|name| (world.env)(name));
    Secret::new(
        from_env
            .or_else(|| file.get("password").map(str::to_string))
            .unwrap_or_default(),
    )
}

fn option_file(args: &Args, world: &Surroundings, problems: &mut Problems) -> ClientOptions {
    let Some(path) = &args.conf else {
        return ClientOptions::default();
    };
    let text = problems.take(readable("--conf", path, world));
    ClientOptions::parse(&text, &world.env).unwrap_or_else(|found| {
        found
            .into_iter()
            .for_each(|problem| problems.add(problem.detail(path.display().to_string())));
        ClientOptions::default()
    })
}

fn readable(flag: &str, path: &Path, world: &Surroundings) -> Result<String, Failure> {
    (world.read)(path).map_err(|error| {
        Failure::usage(format!("{flag}: cannot read {}", path.display())).detail(error.to_string())
    })
}

fn host(args: &Args, file: &ClientOptions) -> Result<String, Failure> {
    let host = args.host.as_deref().or(file.get("host")).unwrap_or("127.0.0.1");
    if host.trim().is_empty() {
        return Err(Failure::usage("--host is empty"));
    }
    Ok(host.to_string())
}

fn port(args: &Args, file: &ClientOptions) -> Result<u16, Failure> {
    let wrong = |text: &str| {
        Failure::usage(format!("the port is {text}"))
            .hint("give a number from 1 to 65535; MySQL's own is 3306")
    };
    match (args.port, file.get("port")) {
        (Some(0), _) => Err(wrong("0")),
        (Some(port), _) => Ok(port),
        (None, Some(text)) => text
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or_else(|| wrong(text)),
        (None, None) => Ok(3306),
    }
}

fn socket(args: &Args, file: &ClientOptions) -> Result<Option<PathBuf>, Failure> {
    let tcp = args.host.as_deref().is_some_and(|host| host != "localhost") || args.port.is_some() || args.ssl;
    match &args.socket {
        Some(_) if tcp => Err(Failure::usage(
            "--socket is given together with a flag that only TCP has a use for",
        )
        .hint("keep either --socket or --host, --port and --ssl")),
        Some(path) => Ok(Some(path.clone())),
        None if tcp => Ok(None),
        None => Ok(file.get("socket").map(PathBuf::from)),
    }
}

fn user(args: &Args, file: &ClientOptions) -> Result<String, Failure> {
    match args.user.as_deref().or(file.get("user")) {
        Some(user) if !user.is_empty() => Ok(user.to_string()),
        _ => Err(Failure::usage("no account is given")
            .hint("say --user, or --conf with a file that has one in [client]")),
    }
}

fn connect_timeout(args: &Args) -> Result<Duration, Failure> {
    let Some(seconds) = args.mysql_timeout else {
        return Ok(Duration::from_millis(CONNECT_TIMEOUT_MILLIS.default));
    };
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    if u64::try_from(time.as_millis()).is_ok_and(|millis| CONNECT_TIMEOUT_MILLIS.contain(millis)) {
        return Ok(time);
    }
    Err(Failure::usage(format!("--mysql-timeout is {seconds}")).hint("give seconds from 0.1 to 600"))
}

fn tls(args: &Args, file: &ClientOptions, world: &Surroundings, problems: &mut Problems) -> Tls {
    if !args.ssl {
        needs_ssl(args).into_iter().for_each(|flag| {
            problems.add(Failure::usage(format!("{flag} is given, but not --ssl")).hint("add --ssl"));
        });
    }
    let path = |flag: &Option<PathBuf>, name| flag.clone().or_else(|| file.get(name).map(PathBuf::from));
    let tls = Tls {
        mode: mode(args, file),
        ca: path(&args.ssl_ca, "ssl-ca"),
        cert: path(&args.ssl_cert, "ssl-cert"),
        key: path(&args.ssl_key, "ssl-key"),
        allow_insecure: args.ssl_allow_insecure,
    };
    if tls.mode == TlsMode::Off {
        return Tls::default();
    }
    pem_files(&tls, world, problems);
    tls
}

/// Flags that have no meaning on a connection in the clear.
fn needs_ssl(args: &Args) -> Vec<&'static str> {
    let given = [
        ("--ssl-ca", args.ssl_ca.is_some()),
        ("--ssl-cert", args.ssl_cert.is_some()),
        ("--ssl-key", args.ssl_key.is_some()),
        ("--ssl-allow-insecure", args.ssl_allow_insecure),
    ];
    given
        .into_iter()
        .filter_map(|(flag, given)| given.then_some(flag))
        .collect()
}

/// `mysql` encrypts with `ssl-ca` or `ssl-mode` in its file, so a file that says so counts as `--ssl`.
fn mode(args: &Args, file: &ClientOptions) -> TlsMode {
    let mode = file.get("ssl-mode").map(str::to_ascii_uppercase);
    let by_file = match mode.as_deref() {
        Some("REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY") => true,
        Some("DISABLED") => false,
        _ => file.get("ssl-ca").is_some(),
    };
    if args.ssl || by_file {
        TlsMode::Required
    } else {
        TlsMode::Off
    }
}

fn pem_files(tls: &Tls, world: &Surroundings, problems: &mut Problems) {
    if tls.cert.is_some() != tls.key.is_some() {
        problems.add(
            Failure::usage("--ssl-cert and --ssl-key belong together, and only one is given")
                .hint("give both, or neither"),
        );
    }
    let files = [
        ("--ssl-ca", &tls.ca),
        ("--ssl-cert", &tls.cert),
        ("--ssl-key", &tls.key),
    ];
    for (flag, path) in files
        .into_iter()
        .filter_map(|(flag, path)| Some((flag, path.as_ref()?)))
    {
        if let Err(problem) = readable(flag, path, world) {
            problems.add(problem);
        }
    }
}
