//! Logging in at a real server, in every way that a user may ask for, and in the ways that fail.
//!
//! What a healthy server never says (too many connections, a blocked host, no TLS) comes from a fake one that sends
//! a few bytes. Each test has an account of its own, because the server remembers passwords that it has seen.

use std::env;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use ghost_rs::cli::render;
use ghost_rs::config::{Connection, LogFormat, Secret, Tls, TlsMode};
use ghost_rs::error::{Exit, Failure};
use ghost_rs::mysql::connect::{connect, opts};
use mysql_async::prelude::Queryable;
use mysql_async::{BinlogStreamRequest, Conn};

/// Nobody may ever read it in a message.
const PASSWORD: &str = "s3cret-Pass%word";
/// Loopback answers at once; this is for a machine that does too much.
const LIMIT: Duration = Duration::from_secs(20);

fn set(name: &str) -> String {
    env::var(format!("GHOST_RS_TEST_{name}"))
        .unwrap_or_else(|_| panic!("GHOST_RS_TEST_{name} is not set: eval \"$(scripts/sandbox env)\""))
}

fn root() -> Connection {
    Connection {
        host: set("HOST"),
        port: set("PORT").parse().expect("a port"),
        socket: None,
        user: set("USER"),
        password: Secret::new(set("PASSWORD")),
        tls: Tls::default(),
        connect_timeout: LIMIT,
    }
}

/// The connection of an account made for one test; `how` is what follows its name in CREATE USER.
async fn account(name: &str, how: &str) -> Connection {
    let mut conn = login(&root()).await.expect("root logs in");
    conn.query_drop(format!("DROP USER IF EXISTS {name}"))
        .await
        .expect("dropped");
    conn.query_drop(format!("CREATE USER {name} IDENTIFIED BY '{PASSWORD}' {how}"))
        .await
        .expect("created");
    conn.query_drop(format!("GRANT REPLICATION SLAVE ON *.* TO {name}"))
        .await
        .expect("granted");
    conn.disconnect().await.expect("closed");
    Connection {
        user: name.into(),
        password: Secret::new(PASSWORD),
        ..root()
    }
}

fn tls() -> Tls {
    Tls {
        mode: TlsMode::Required,
        ca: Some(set("CA").into()),
        ..Tls::default()
    }
}

/// A file beside the authority's certificate.
fn pem(name: &str) -> PathBuf {
    PathBuf::from(set("CA")).with_file_name(name)
}

async fn login(connection: &Connection) -> Result<Conn, Failure> {
    connect(&opts(connection)?, LIMIT).await
}

/// Logs in and says how the connection is encrypted: the protocol's version, or nothing.
async fn encryption(connection: &Connection) -> String {
    let mut conn = login(connection)
        .await
        .unwrap_or_else(|failure| panic!("{failure}"));
    let row: Option<(String, String)> = conn
        .query_first("SHOW SESSION STATUS LIKE 'Ssl_version'")
        .await
        .expect("a status");
    conn.disconnect().await.expect("closed");
    row.expect("one row").1
}

/// Does not log in, and says why without the password.
async fn refused(connection: &Connection, exit: Exit, words: &[&str]) {
    let Err(failure) = login(connection).await else {
        panic!("let in")
    };
    says(&failure, exit, words);
}

fn says(failure: &Failure, exit: Exit, words: &[&str]) {
    let text = render::failure(failure, &[], LogFormat::Text);
    assert_eq!(failure.exit, exit, "{text}");
    assert!(failure.hint.is_some(), "no hint: {text}");
    assert!(
        !text.contains(PASSWORD) && !format!("{failure:?}").contains(PASSWORD),
        "the password is out"
    );
    for word in words {
        assert!(text.contains(word), "no '{word}' in: {text}");
    }
}

#[tokio::test]
async fn caching_sha2_logs_in_without_tls_first_by_rsa_and_then_from_the_cache() {
    let account = account("cli_rsa", "").await;
    assert_eq!(encryption(&account).await, "");
    assert_eq!(encryption(&account).await, "");
}

#[tokio::test]
async fn caching_sha2_logs_in_with_tls() {
    let account = Connection {
        tls: tls(),
        ..account("cli_tls", "").await
    };
    assert!(encryption(&account).await.starts_with("TLSv1."));
    assert!(encryption(&account).await.starts_with("TLSv1."));
}

#[tokio::test]
async fn a_socket_is_used_even_where_tls_is_asked_for() {
    let account = account("cli_socket", "").await;
    let account = Connection {
        socket: Some(set("SOCKET").into()),
        tls: tls(),
        ..account
    };
    assert_eq!(encryption(&account).await, "");
}

#[tokio::test]
async fn the_server_sees_who_we_are() {
    let mut conn = login(&root()).await.expect("root logs in");
    let sql = "SELECT ATTR_VALUE FROM performance_schema.session_account_connect_attrs
               WHERE PROCESSLIST_ID = CONNECTION_ID() AND ATTR_NAME = 'program_name'";
    let name: Option<String> = conn.query_first(sql).await.expect("attributes");
    assert_eq!(name.as_deref(), Some("ghost-rs"));
    conn.disconnect().await.expect("closed");
}

#[tokio::test]
async fn a_wrong_password_and_none_are_told_apart() {
    let account = account("cli_wrong", "").await;
    let wrong = Connection {
        password: Secret::new(format!("{PASSWORD}!")),
        ..account.clone()
    };
    refused(
        &wrong,
        Exit::Unreachable,
        &["error 1045", "check account and password"],
    )
    .await;
    let none = Connection {
        password: Secret::default(),
        ..account
    };
    refused(
        &none,
        Exit::Unreachable,
        &["error 1045", "no password was given", "--ask-pass"],
    )
    .await;
}

#[tokio::test]
async fn an_account_that_requires_tls_is_not_let_in_without() {
    let account = account("cli_require_ssl", "REQUIRE SSL").await;
    refused(&account, Exit::Unreachable, &["error 1045", "--ssl"]).await;
    assert!(
        encryption(&Connection {
            tls: tls(),
            ..account
        })
        .await
        .starts_with("TLSv1.")
    );
}

#[tokio::test]
async fn an_account_that_requires_a_certificate_gets_ours() {
    let account = account("cli_require_x509", "REQUIRE X509").await;
    let without = Connection {
        tls: tls(),
        ..account.clone()
    };
    refused(
        &without,
        Exit::Unreachable,
        &["error 1045", "--ssl-cert and --ssl-key"],
    )
    .await;
    let ours = Tls {
        cert: Some(pem("client-cert.pem")),
        key: Some(pem("client-key.pem")),
        ..tls()
    };
    assert!(
        encryption(&Connection { tls: ours, ..account })
            .await
            .starts_with("TLSv1.")
    );
}

#[tokio::test]
async fn locked_and_expired_accounts_are_named() {
    let locked = account("cli_locked", "ACCOUNT LOCK").await;
    refused(
        &locked,
        Exit::Unreachable,
        &["error 3118", "has locked this account"],
    )
    .await;
    let expired = account("cli_expired", "PASSWORD EXPIRE").await;
    refused(
        &expired,
        Exit::Unreachable,
        &["error 1862", "password has expired"],
    )
    .await;
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused_unless_told_otherwise() {
    let public = Tls { ca: None, ..tls() };
    let account = Connection {
        tls: public.clone(),
        ..account("cli_unknown_ca", "").await
    };
    refused(&account, Exit::Unreachable, &["UnknownIssuer", "--ssl-ca"]).await;
    let other = Connection {
        tls: Tls {
            ca: Some(pem("client-cert.pem")),
            ..tls()
        },
        ..account.clone()
    };
    refused(&other, Exit::Unreachable, &["UnknownIssuer", "--ssl-ca"]).await;
    let any = Connection {
        tls: Tls {
            allow_insecure: true,
            ..public
        },
        ..account
    };
    assert!(encryption(&any).await.starts_with("TLSv1."));
}

/// Linux connects 0.0.0.0 to loopback, and no certificate has that name.
#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let account = Connection {
        host: "0.0.0.0".into(),
        tls: tls(),
        ..account("cli_other_host", "").await
    };
    refused(
        &account,
        Exit::Unreachable,
        &["not valid for name", "--host", "--ssl-allow-insecure"],
    )
    .await;
}

#[tokio::test]
async fn files_that_are_no_certificates_are_our_own_mistake() {
    let key_as_ca = Tls {
        ca: Some(pem("client-key.pem")),
        ..tls()
    };
    refused(
        &Connection {
            tls: key_as_ca,
            ..root()
        },
        Exit::Usage,
        &["--ssl-ca"],
    )
    .await;
    let mixed_up = Tls {
        cert: Some(pem("client-cert.pem")),
        key: Some(pem("server-key.pem")),
        ..tls()
    };
    refused(
        &Connection {
            tls: mixed_up,
            ..root()
        },
        Exit::Usage,
        &["KeyMismatch"],
    )
    .await;
    let no_key = Tls {
        cert: Some(pem("client-cert.pem")),
        key: Some(pem("ca.pem")),
        ..tls()
    };
    refused(
        &Connection {
            tls: no_key,
            ..root()
        },
        Exit::Usage,
        &["--ssl-key holds no private key"],
    )
    .await;
}

#[tokio::test]
async fn the_binlog_is_streamed_over_tls() {
    let account = Connection {
        tls: tls(),
        ..account("cli_binlog_tls", "").await
    };
    let conn = login(&account).await.expect("logs in");
    // No position: from the oldest file on. The first events are artificial ones that every stream begins with.
    let request = BinlogStreamRequest::new(4_242_001);
    let mut stream = conn.get_binlog_stream(request).await.expect("a stream");
    for _ in 0..3 {
        stream.next().await.expect("goes on").expect("an event");
    }
    stream.close().await.expect("closed");
}

#[tokio::test]
async fn nobody_there() {
    let free = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address")
        .port();
    let nobody = Connection {
        host: "127.0.0.1".into(),
        port: free,
        ..root()
    };
    let server = format!("127.0.0.1:{free}");
    refused(
        &nobody,
        Exit::Unreachable,
        &["cannot connect to", &server, "nobody listens there"],
    )
    .await;
    let nowhere = Connection {
        host: "no-such-host.invalid".into(),
        ..root()
    };
    refused(
        &nowhere,
        Exit::Unreachable,
        &["no-such-host.invalid", "name is not known here"],
    )
    .await;
    let socket = Connection {
        socket: Some("/no/such.sock".into()),
        ..root()
    };
    refused(
        &socket,
        Exit::Unreachable,
        &["/no/such.sock", "the socket is not there"],
    )
    .await;
}

/// Sends `greeting` to the first client, then closes, or holds the connection while the test lives.
fn fake(greeting: Vec<u8>, hold: bool) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    #[expect(
        clippy::disallowed_methods,
        reason = "the thread of a test's own, joined by it or ended with it"
    )]
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        client.write_all(&greeting).expect("sent");
        if hold {
            // Until the other side gives up.
            let _ = std::io::copy(&mut client, &mut std::io::sink());
        }
    });
    Connection {
        host: "127.0.0.1".into(),
        port,
        password: Secret::new(PASSWORD),
        ..root()
    }
}

fn packet(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_le_bytes();
    [length.get(..3).expect("three bytes"), &[0], payload].concat()
}

/// An error instead of a greeting: no SQL state yet.
fn error(code: u16, message: &str) -> Vec<u8> {
    packet(&[&[0xff], &code.to_le_bytes()[..], message.as_bytes()].concat())
}

/// A version-10 greeting of a server that has the plugin protocol, but not TLS.
fn greeting_without_tls() -> Vec<u8> {
    let capabilities: u32 = 0x0008_8200;
    let [low0, low1, high0, high1] = capabilities.to_le_bytes();
    packet(
        &[
            b"\x0a9.7.0\0",
            &[1, 0, 0, 0][..],
            b"12345678\0",
            &[low0, low1, 255, 2, 0, high0, high1, 21],
            &[0; 10],
            b"123456789012\0",
            b"caching_sha2_password\0",
        ]
        .concat(),
    )
}

#[tokio::test]
async fn a_server_that_turns_everybody_away() {
    let cases = [
        (1040, "Too many connections", "no connection left"),
        (
            1129,
            "Host 'x' is blocked because of many connection errors",
            "host_cache",
        ),
        (
            1130,
            "Host 'x' is not allowed to connect to this MySQL server",
            "nobody in from this machine",
        ),
        (1053, "Server shutdown in progress", "shutting down"),
        (9999, "Something new", "Something new"),
    ];
    for (code, message, words) in cases {
        refused(
            &fake(error(code, message), false),
            Exit::Unreachable,
            &[words, message],
        )
        .await;
    }
}

#[tokio::test]
async fn a_server_without_tls() {
    let server = Connection {
        tls: tls(),
        ..fake(greeting_without_tls(), true)
    };
    refused(
        &server,
        Exit::Unreachable,
        &["offers no encryption", "leave --ssl out"],
    )
    .await;
}

#[tokio::test]
async fn something_that_is_no_mysql_at_all() {
    refused(
        &fake(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), false),
        Exit::Unreachable,
        &["127.0.0.1"],
    )
    .await;
    refused(
        &fake(packet(b"\x05hello, who is there?"), false),
        Exit::Unreachable,
        &["127.0.0.1"],
    )
    .await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_only_so_long() {
    let options = opts(&fake(Vec::new(), true)).expect("options");
    let Err(failure) = connect(&options, Duration::from_millis(50)).await else {
        panic!("let in")
    };
    says(
        &failure,
        Exit::Unreachable,
        &["no answer from 127.0.0.1", "50ms", "--mysql-timeout"],
    );
}
