//! Connection: host, account, TLS.

use std::path::PathBuf;

use crate::config::Secret;

/// Flags of the group "Connection". `None` lets the option file speak, then the default.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Host name or address: a replica, or with --allow-on-master the primary [default: 127.0.0.1]
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,

    /// TCP port [default: 3306]
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,

    /// Unix socket to use instead of TCP
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub socket: Option<PathBuf>,

    /// Account name
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,

    /// Password; anyone who lists the processes of this machine can read it, so prefer --ask-pass, --conf or the
    /// environment (GHOST_RS_PASSWORD, then MYSQL_PWD)
    #[arg(long, value_name = "PASSWORD", allow_hyphen_values = true, value_parser = super::secret)]
    pub password: Option<Secret>,

    /// Ask for the password on the terminal
    #[arg(long)]
    pub ask_pass: bool,

    /// Option file (my.cnf): user, password, host, port, socket and ssl-* from its `[client]` section; a value like
    /// ${NAME} is taken from the environment. Flags come before the file
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub conf: Option<PathBuf>,

    /// Encrypt the connection (TLS) and check the server's certificate
    #[arg(long)]
    pub ssl: bool,

    /// PEM file of the authority that signed the server's certificate [default: the public ones]
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub ssl_ca: Option<PathBuf>,

    /// PEM file of our certificate, for an account that requires one
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub ssl_cert: Option<PathBuf>,

    /// PEM file of the key to --ssl-cert
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub ssl_key: Option<PathBuf>,

    /// Encrypt, but accept any certificate from any host
    #[arg(long)]
    pub ssl_allow_insecure: bool,

    /// Seconds that getting a connection may take; 0 is the default, too [0.1 to 600; default: 10]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub mysql_timeout: Option<f64>,
}
