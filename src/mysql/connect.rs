//! Getting a connection: the driver's options, a time limit, and what it means when it does not work.

use std::time::Duration;

use mysql_async::{ClientIdentity, Conn, Opts, OptsBuilder, SslOpts};

use crate::config::{Connection, Tls, TlsMode};
use crate::error::{Exit, Failure};

/// The driver's options for a server. They hold the password and print it in `Debug`: never log them.
pub fn opts(connection: &Connection) -> Result<Opts, Failure> {
    let builder = OptsBuilder::default()
        .user(Some(connection.user.as_str()))
        .pass(Some(connection.password.expose()).filter(|password| !password.is_empty()))
        .ip_or_hostname(connection.host.as_str())
        .tcp_port(connection.port)
        .tcp_nodelay(true)
        .prefer_socket(false)
        .connect_attribute("program_name", "ghost-rs")
        .connect_attribute("program_version", env!("CARGO_PKG_VERSION"));
    Ok(match &connection.socket {
        Some(path) => builder.socket(Some(path.display().to_string())).into(),
        None => builder.ssl_opts(ssl(&connection.tls)).into(),
    })
}

fn ssl(tls: &Tls) -> Option<SslOpts> {
    if tls.mode == TlsMode::Off {
        return None;
    }
    let mut ssl = SslOpts::default().with_danger_accept_invalid_certs(tls.allow_insecure);
    if let Some(ca) = &tls.ca {
        ssl = ssl.with_root_certs(vec![ca.clone().into()]).with_disable_built_in_roots(true);
    }
    if let (Some(cert), Some(key)) = (&tls.cert, &tls.key) {
        ssl = ssl.with_client_identity(Some(ClientIdentity::new(cert.clone().into(), key.clone().into())));
    }
    Some(ssl)
}

/// Connects within a time limit.
pub async fn connect(opts: &Opts, limit: Duration) -> Result<Conn, Failure> {
    match tokio::time::timeout(limit, Conn::new(opts.clone())).await {
        Ok(Ok(conn)) => Ok(conn),
        Ok(Err(error)) => Err(Failure::new(Exit::Unreachable, format!("cannot connect: {error}"))),
        Err(_) => Err(Failure::new(Exit::Unreachable, "no answer")),
    }
}
