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

/// The option file's `[client]`, empty without `--conf`.
pub(super) fn option_file(args: &Args, world: &dyn Surroundings, problems: &mut Problems) -> ClientOptions {
    let Some(path) = &args.conf else {
        return ClientOptions::default();
    };
    let options = readable("--conf", path, world)
        .map_err(|problem| vec![problem])
        .and_then(|bytes| {
            ClientOptions::parse(&bytes, &|name| world.env(name)).map_err(|found| {
                found
                    .into_iter()
                    .map(|it| it.detail(path.display().to_string()))
                    .collect()
            })
        });
    options.unwrap_or_else(|found: Vec<Failure>| {
        found.into_iter().for_each(|problem| problems.add(problem));
        ClientOptions::default()
    })
}

/// The connection, still without its password.
pub(super) fn check(
    args: &Args,
    file: &ClientOptions,
    world: &dyn Surroundings,
    problems: &mut Problems,
) -> Connection {
    if args.ask_pass && args.password.is_some() {
        problems.add(Failure::usage("both --ask-pass and --password are given").hint("leave --password out"));
    }
    Connection {
        host: problems.take(host(args, file)),
        port: problems.take(port(args, file)),
        socket: problems.take(socket(args, file)),
        user: problems.take(user(args, file)),
        password: Secret::default(),
        tls: tls(args, file, world, problems),
        connect_timeout: problems.take(connect_timeout(args)),
    }
}

/// The password: asked for, given, from the environment, from the file, or none.
pub(super) fn password(
    connection: &Connection,
    args: &Args,
    file: &ClientOptions,
    world: &dyn Surroundings,
) -> Result<Secret, Failure> {
    if args.ask_pass {
        return ask(connection, world);
    }
    let from_env = || {
        PASSWORD_VARIABLES
            .iter()
            .find_map(|name| world.env(name))
            .map(Secret::new)
    };
    let from_file = || file.get("password").map(Secret::new);
    Ok(args
        .password
        .clone()
        .or_else(from_env)
        .or_else(from_file)
        .unwrap_or_default())
}

fn ask(connection: &Connection, world: &dyn Surroundings) -> Result<Secret, Failure> {
    let prompt = format!("Password of {} at {}: ", connection.user, connection.server());
    world.ask(&prompt).map(Secret::new).map_err(|error| {
        Failure::usage("cannot ask for the password")
            .detail(error.to_string())
            .hint("without a terminal, use --conf or the environment variable GHOST_RS_PASSWORD")
    })
}

fn readable(flag: &str, path: &Path, world: &dyn Surroundings) -> Result<Vec<u8>, Failure> {
    world.read(path).map_err(|error| {
        Failure::usage(format!("{flag}: cannot read {}", path.display()))
            .detail(error.to_string())
            .hint("check the path, and that this user of the machine may read it")
    })
}

fn host(args: &Args, file: &ClientOptions) -> Result<String, Failure> {
    match args.host.as_deref().or(file.get("host")) {
        None => Ok("127.0.0.1".to_string()),
        Some(host) if host.trim().is_empty() => {
            Err(Failure::usage("the host is empty").hint("leave --host out for this machine"))
        }
        Some(host) => Ok(host.to_string()),
    }
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
    let host = args.host.as_deref().is_some_and(|host| host != "localhost");
    let tcp = host || args.port.is_some() || args.ssl;
    match &args.socket {
        Some(_) if tcp => Err(
            Failure::usage("--socket is given together with --host, --port or --ssl")
                .hint("keep --socket, or the flags of a TCP connection"),
        ),
        Some(path) => Ok(Some(path.clone())),
        None if tcp => Ok(None),
        None => Ok(file.get("socket").map(PathBuf::from)),
    }
}

fn user(args: &Args, file: &ClientOptions) -> Result<String, Failure> {
    match args.user.as_deref().or(file.get("user")) {
        Some(user) if !user.is_empty() => Ok(user.to_string()),
        _ => Err(Failure::usage("no account is given")
            .hint("say --user, or --conf with a file that has a user in [client]")),
    }
}

fn connect_timeout(args: &Args) -> Result<Duration, Failure> {
    // gh-ost's own default is 0.
    let Some(seconds) = args.mysql_timeout.filter(|seconds| *seconds != 0.0) else {
        return Ok(Duration::from_millis(CONNECT_TIMEOUT_MILLIS.default));
    };
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    if u64::try_from(time.as_millis()).is_ok_and(|millis| CONNECT_TIMEOUT_MILLIS.contain(millis)) {
        return Ok(time);
    }
    Err(Failure::usage(format!("--mysql-timeout is {seconds}")).hint("give seconds from 0.1 to 600"))
}

fn tls(args: &Args, file: &ClientOptions, world: &dyn Surroundings, problems: &mut Problems) -> Tls {
    if mode(args, file) == TlsMode::Off {
        needs_ssl(args).into_iter().for_each(|flag| {
            problems.add(Failure::usage(format!("{flag} is given, but not --ssl")).hint("add --ssl"));
        });
        return Tls::default();
    }
    let path = |flag: &Option<PathBuf>, name| flag.clone().or_else(|| file.get(name).map(PathBuf::from));
    let tls = Tls {
        mode: TlsMode::Required,
        ca: path(&args.ssl_ca, "ssl-ca"),
        cert: path(&args.ssl_cert, "ssl-cert"),
        key: path(&args.ssl_key, "ssl-key"),
        allow_insecure: args.ssl_allow_insecure,
    };
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

/// `mysql` encrypts when its file has `ssl-ca`, or an `ssl-mode` that demands it, so such a file counts as `--ssl`.
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

fn pem_files(tls: &Tls, world: &dyn Surroundings, problems: &mut Problems) {
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
    for (flag, path) in files {
        let read = path.as_ref().map(|path| readable(flag, path, world));
        read.and_then(Result::err)
            .into_iter()
            .for_each(|problem| problems.add(problem));
    }
}
