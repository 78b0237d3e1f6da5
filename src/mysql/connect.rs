//! Getting a connection: the driver's options, a time limit, and what it means when it does not work.
//!
//! Rules: TCP is never swapped for a socket nor TLS for plain TCP behind the user's back; a certificate is checked
//! with the host's name unless the user said otherwise; no failure holds the password. What a failed *statement*
//! means is `codes`' business; here it is what a failed *login* means, in words for whoever started the run.

use std::io;
use std::time::Duration;

use mysql_async::{
    ClientIdentity, Conn, DriverError, Error, IoError, Opts, OptsBuilder, ServerError, SslOpts,
};

use crate::config::{Connection, Tls, TlsMode, address};
use crate::error::{Exit, Failure};

/// The largest event that a server may send (`replica_max_allowed_packet` ends at 1 GiB).
const PACKET_BYTES_MAX: usize = 1 << 30;

/// A connection that a firewall has dropped without a word is found dead by probes that begin after so long.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// The driver's options for a server. They hold the password and `Debug` prints it: never log them.
pub fn opts(connection: &Connection) -> Result<Opts, Failure> {
    let builder = OptsBuilder::default()
        .user(Some(connection.user.as_str()))
        .pass(Some(connection.password.expose()).filter(|password| !password.is_empty()))
        .ip_or_hostname(connection.host.as_str())
        .tcp_port(connection.port)
        .tcp_nodelay(true)
        .tcp_keepalive(Some(KEEPALIVE))
        // Otherwise the driver asks a loopback server for its socket and moves there, out of TLS.
        .prefer_socket(false)
        .connect_attribute("program_name", "ghost-rs")
        .connect_attribute("program_version", env!("CARGO_PKG_VERSION"));
    let Some(path) = &connection.socket else {
        return Ok(builder.ssl_opts(ssl(&connection.tls)).into());
    };
    let path = path.to_str().ok_or_else(|| {
        Failure::usage(format!("the path of the socket is not UTF-8: {}", path.display()))
            .hint("connect with --host and --port, or through a symbolic link with a plain name")
    })?;
    // TLS on a socket would be announced to the server and then not done.
    Ok(builder.socket(Some(path)).into())
}

fn ssl(tls: &Tls) -> Option<SslOpts> {
    if tls.mode == TlsMode::Off {
        return None;
    }
    let mut ssl = SslOpts::default().with_danger_accept_invalid_certs(tls.allow_insecure);
    if let Some(ca) = &tls.ca {
        // The user named who may sign; that public authorities might, too, would weaken it.
        ssl = ssl
            .with_root_certs(vec![ca.clone().into()])
            .with_disable_built_in_roots(true);
    }
    if let (Some(cert), Some(key)) = (&tls.cert, &tls.key) {
        let identity = ClientIdentity::new(cert.clone().into(), key.clone().into());
        ssl = ssl.with_client_identity(Some(identity));
    }
    Some(ssl)
}

/// Connects and logs in. `limit` holds for the name look-up, TCP, TLS and authentication together.
pub async fn connect(opts: &Opts, limit: Duration) -> Result<Conn, Failure> {
    match tokio::time::timeout(limit, Conn::new(opts.clone())).await {
        Ok(Ok(conn)) => Ok(conn),
        Ok(Err(error)) => Err(Attempt::of(opts).failed(&error)),
        Err(_) => Err(Attempt::of(opts).timed_out(limit)),
    }
}

/// A connection to read the binlog from: events may be larger than any packet of other sessions.
pub async fn stream(connection: &Connection) -> Result<Conn, Failure> {
    let opts = OptsBuilder::from_opts(opts(connection)?).max_allowed_packet(Some(PACKET_BYTES_MAX));
    connect(&opts.into(), connection.connect_timeout).await
}

/// A server's own replica can log in with no longer password, and gh-ost refuses one.
const REPLICA_PASSWORD_CHARS_MAX: usize = 32;

/// What is worth knowing about a login that did not work; all but the password.
struct Attempt {
    server: String,
    user: String,
    password: bool,
    long_password: bool,
    socket: bool,
    tls: bool,
    certificate: bool,
}

impl Attempt {
    fn of(opts: &Opts) -> Self {
        let tcp = || address(opts.ip_or_hostname(), opts.tcp_port());
        Self {
            server: opts.socket().map_or_else(tcp, str::to_string),
            user: opts.user().unwrap_or_default().to_string(),
            password: opts.pass().is_some_and(|password| !password.is_empty()),
            long_password: opts
                .pass()
                .is_some_and(|password| password.chars().count() > REPLICA_PASSWORD_CHARS_MAX),
            socket: opts.socket().is_some(),
            tls: opts.ssl_opts().is_some(),
            certificate: opts.ssl_opts().is_some_and(|ssl| ssl.client_identity().is_some()),
        }
    }

    fn timed_out(&self, limit: Duration) -> Failure {
        let what = format!("no answer from {} within {limit:?}", self.server);
        self.unreachable(what).hint(
            "see whether the address is right and a firewall lets us through; --mysql-timeout waits longer",
        )
    }

    fn failed(&self, error: &Error) -> Failure {
        match error {
            Error::Server(refusal) => self.refused(refusal),
            Error::Io(IoError::Io(io)) if is_tls(io) => self.tls_failed(&io.to_string()),
            Error::Io(IoError::Io(io)) => self.io_failed(io),
            Error::Io(IoError::Tls(tls)) => self.tls_unusable(&tls.to_string()),
            Error::Driver(DriverError::NoKeyFound) => self.tls_unusable("--ssl-key holds no private key"),
            Error::Driver(driver) => self.driver_failed(driver),
            Error::Other(_) | Error::Url(_) => self.not_mysql(&error.to_string()),
        }
    }

    fn unreachable(&self, what: impl Into<String>) -> Failure {
        Failure::new(Exit::Unreachable, what)
    }

    /// The server answered: no. Its own message says to whom.
    fn refused(&self, refusal: &ServerError) -> Failure {
        let (what, hint) = match refusal.code {
            1045 | 1698 => ("does not let us in", self.why_access_denied()),
            3159 => ("takes encrypted connections only", "add --ssl"),
            1130 => (
                "lets nobody in from this machine",
                "create the account for this machine's address, or run from one that is allowed",
            ),
            1129 => (
                "has blocked this machine after too many failed connections",
                "on the server: TRUNCATE TABLE performance_schema.host_cache",
            ),
            1040 => (
                "has no connection left",
                "wait, or raise max_connections; a run needs about ten connections",
            ),
            1203 | 1226 => (
                "allows this account no more connections",
                "raise the account's or the server's max_user_connections; a run needs about ten",
            ),
            1049 => ("has no such database", "see --database"),
            1044 => (
                "does not let this account into the database",
                "grant the account its rights there",
            ),
            1820 | 1862 => (
                "says that the password has expired",
                "set a new one with ALTER USER",
            ),
            3118 => (
                "has locked this account",
                "unlock it with ALTER USER … ACCOUNT UNLOCK",
            ),
            1053 => ("is shutting down", "start again when it is back"),
            _ => ("does not let us in", "the server's message above says why"),
        };
        let failure = self
            .unreachable(format!("{} {what}", self.server))
            .detail(format!("error {}: {}", refusal.code, refusal.message))
            .hint(hint);
        match self.long_password {
            true => failure.in_gh_ost("MySQL replication length limited to 32 characters"),
            false => failure,
        }
    }

    /// Wrong password, unknown account, account of another host, REQUIRE SSL without TLS: on purpose, the server
    /// says the same to all of them.
    fn why_access_denied(&self) -> &'static str {
        if !self.password {
            return "no password was given: use --ask-pass, --conf or GHOST_RS_PASSWORD";
        }
        match (self.tls, self.certificate) {
            (false, _) if !self.socket => {
                "check account and password, and from which hosts the account may come; \
                 if it was created with REQUIRE SSL or X509, add --ssl"
            }
            (true, false) => {
                "check account and password, and from which hosts the account may come; \
                 if it was created with REQUIRE X509, add --ssl-cert and --ssl-key"
            }
            _ => "check account and password, and from which hosts the account may come",
        }
    }

    fn io_failed(&self, error: &io::Error) -> Failure {
        let text = error.to_string();
        let hint = match error.kind() {
            io::ErrorKind::ConnectionRefused if self.socket => "nobody listens there: is the server running?",
            io::ErrorKind::ConnectionRefused => "nobody listens there: check host and port, and bind_address",
            io::ErrorKind::NotFound if self.socket => {
                "the socket is not there: see the server's variable `socket`"
            }
            io::ErrorKind::PermissionDenied => "this user of the machine may not use the socket",
            // The resolver's errors have no kind of their own.
            _ if text.contains("lookup address") => "the host's name is not known here: check --host",
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                "the connection was closed while logging in: see the server's error log, and whether a proxy is between"
            }
            _ => "check host and port, and the network between",
        };
        self.unreachable(format!("cannot connect to {}", self.server))
            .detail(text)
            .hint(hint)
    }

    /// The handshake failed: the two sides met and one did not like the other.
    fn tls_failed(&self, text: &str) -> Failure {
        let hint = if text.contains("UnknownIssuer") {
            "give the authority that signed the server's certificate as --ssl-ca; \
             a MySQL that made its own has it as ca.pem in its data directory"
        } else if text.contains("not valid for") {
            "give --host the name that the certificate has; certificates that MySQL makes for itself have none, \
             so they can only be used with --ssl-allow-insecure"
        } else if text.contains("peer certificate") {
            "the server's certificate must be renewed; --ssl-allow-insecure goes on without a check"
        } else if text.contains("received fatal alert") {
            "the server did not like our side: see --ssl-cert and --ssl-key, and the server's tls_version"
        } else {
            "see the server's error log and its variable tls_version"
        };
        self.unreachable(format!("no encrypted connection to {}", self.server))
            .detail(text)
            .hint(hint)
    }

    /// Our own files do not do.
    fn tls_unusable(&self, text: &str) -> Failure {
        Failure::usage("the files of --ssl-ca, --ssl-cert or --ssl-key cannot be used")
            .detail(text)
            .hint("they must be PEM: certificates, and a key without a passphrase that belongs to --ssl-cert")
    }

    fn driver_failed(&self, error: &DriverError) -> Failure {
        match error {
            DriverError::NoClientSslFlagFromServer => self
                .unreachable(format!("{} offers no encryption", self.server))
                .hint("leave --ssl out, or set the server up for TLS (variables ssl_cert, ssl_key)"),
            DriverError::UnknownAuthPlugin { .. }
            | DriverError::CleartextPluginDisabled
            | DriverError::MysqlOldPasswordDisabled => self
                .unreachable(format!(
                    "'{}' logs in at {} in a way that we do not know",
                    self.user, self.server
                ))
                .detail(error.to_string())
                .hint("use an account with caching_sha2_password or mysql_native_password"),
            _ => self.not_mysql(&error.to_string()),
        }
    }

    fn not_mysql(&self, text: &str) -> Failure {
        self.unreachable(format!(
            "what answers at {} does not speak MySQL's protocol",
            self.server
        ))
        .detail(text)
        .hint("check the port: 3306 is usual; 33060 is the X protocol")
    }
}

/// A failed handshake comes as an I/O error around the TLS library's own, which only its text gives away.
fn is_tls(error: &io::Error) -> bool {
    let text = error.to_string();
    TLS_ERRORS.iter().any(|beginning| text.starts_with(beginning))
}

/// How errors of the TLS library begin.
const TLS_ERRORS: [&str; 8] = [
    "invalid peer certificate",
    "received fatal alert",
    "received corrupt message",
    "received unexpected",
    "peer is incompatible",
    "peer misbehaved",
    "tls handshake",
    "cannot decrypt",
];
