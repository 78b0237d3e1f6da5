//! The socket's file: where it is, who listens there, and that it goes when the run does.
//!
//! Nobody but its owner may connect, at no moment: the socket is bound, its mode is set, and only then it listens. A file
//! that somebody listens on belongs to another run, and is left alone whatever the flags say; one that nobody listens
//! on was left by a run that was killed.

use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener, UnixSocket, UnixStream};

use crate::{config::Control, error::Failure, plan::names};

/// What a Unix socket's address holds (`sun_path`), without the zero at its end.
const PATH_BYTES_MAX: usize = 107;
/// Of a name that is too long so much stays readable.
const NAME_BYTES_KEPT: usize = 60;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;
/// A run that has just bound its socket listens on it well within this.
const BIND_TO_LISTEN_MS_MAX: u64 = 200;
const OWNER_ONLY: u32 = 0o600;

/// Where a run listens if nothing else is said: gh-ost's path. Names that do not fit are cut, with a checksum of the whole.
pub fn default_path(schema: &str, table: &str) -> PathBuf {
    let name = format!("{schema}.{table}");
    let plain = name.replace(['/', '\0'], "_");
    let path = format!("/tmp/gh-ost.{plain}.sock");
    if path.len() <= PATH_BYTES_MAX {
        return PathBuf::from(path);
    }
    let end = (0..=NAME_BYTES_KEPT)
        .rev()
        .find(|end| plain.is_char_boundary(*end));
    let kept = plain.get(..end.unwrap_or(0)).unwrap_or_default();
    PathBuf::from(format!("/tmp/gh-ost.{kept}.{:010x}.sock", names::hash(&name)))
}

/// The file of a socket that this run listens on. Dropping it removes the file, unless another one is there by now.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|now| now.dev() == self.device && now.ino() == self.inode);
        if ours && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!("the socket {} could not be removed: {error}", self.path.display());
        }
    }
}

/// Listens on the configured path, or on the table's own.
pub async fn listen(
    control: &Control,
    schema: &str,
    table: &str,
) -> Result<(UnixListener, SocketFile), Failure> {
    let path = control
        .socket
        .clone()
        .unwrap_or_else(|| default_path(schema, table));
    let bytes = path.as_os_str().len();
    if bytes > PATH_BYTES_MAX {
        return Err(Failure::usage("The path of the control socket is too long.")
            .detail(format!(
                "{} has {bytes} bytes; at most {PATH_BYTES_MAX} are possible",
                path.display()
            ))
            .hint("Give a shorter one with --serve-socket-file."));
    }
    make_room(&path).await?;
    bind(&path).map_err(|error| cannot(&path, &error))
}

/// Listens on the configured TCP address, if there is one.
pub async fn listen_tcp(control: &Control) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = control.tcp else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::usage(format!("Commands cannot be taken on {address}."))
            .detail(error.to_string())
            .hint("Give another port with --serve-tcp-port, or leave it out: the Unix socket is there in any case.")
    })?;
    Ok(Some(listener))
}

/// A file that nobody listens on goes; anything else that is in the way is named.
async fn make_room(path: &Path) -> Result<(), Failure> {
    let kind = match std::fs::symlink_metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot(path, &error)),
    };
    if !kind.is_socket() {
        return Err(
            Failure::refused(format!("{} is there already, and is no socket.", path.display()))
                .hint("Remove it, or give another path with --serve-socket-file."),
        );
    }
    if answers(path).await? {
        return Err(
            Failure::refused(format!("Another run is listening on {}.", path.display()))
                .detail("its socket is left alone, with --initially-drop-socket-file as well")
                .hint(
                    "Ask it: echo status | nc -U PATH. If it works on the table of another server, give this run \
                     another path with --serve-socket-file.",
                ),
        );
    }
    tracing::info!(
        "{} was left by a run that was killed, and is removed",
        path.display()
    );
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(cannot(path, &error)),
        _ => Ok(()),
    }
}

/// Whether somebody listens. Asked twice, because a socket is bound a moment before it listens.
async fn answers(path: &Path) -> Result<bool, Failure> {
    for pause in [Some(Duration::from_millis(BIND_TO_LISTEN_MS_MAX)), None] {
        match UnixStream::connect(path).await {
            Ok(_) => return Ok(true),
            // A queue that is full is somebody's queue.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) if error.kind() != ErrorKind::ConnectionRefused => return Err(cannot(path, &error)),
            Err(_) => {}
        }
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
    Ok(false)
}

fn bind(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    let made = std::fs::symlink_metadata(path)?;
    let file = SocketFile {
        path: path.to_owned(),
        device: made.dev(),
        inode: made.ino(),
    };
    std::fs::set_permissions(path, PermissionsExt::from_mode(OWNER_ONLY))?;
    Ok((socket.listen(BACKLOG)?, file))
}

fn cannot(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("Commands cannot be taken on {}.", path.display()))
        .detail(error.to_string())
        .hint("Its folder must be there and writable; another path: --serve-socket-file.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: PathBuf) -> Control {
        Control {
            socket: Some(path),
            ..Control::default()
        }
    }

    async fn refusal(path: PathBuf) -> Failure {
        listen(&at(path), "s", "t").await.expect_err("refused")
    }

    #[test]
    fn the_path_is_gh_osts_as_long_as_it_fits() {
        let plain = default_path("shop", "orders");
        assert_eq!(plain, Path::new("/tmp/gh-ost.shop.orders.sock"));
        let odd = default_path("a/b", "../c");
        assert_eq!(odd, Path::new("/tmp/gh-ost.a_b..._c.sock"));
        let long = |last: &str| default_path(&"é".repeat(64), &format!("{}{last}", "t".repeat(63)));
        assert!(long("a").as_os_str().len() <= PATH_BYTES_MAX);
        assert_ne!(long("a"), long("b"));
    }

    #[tokio::test]
    async fn the_file_is_the_owners_alone_and_goes_with_the_run() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("s");
        let (listener, file) = listen(&at(path.clone()), "s", "t").await.expect("listens");
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, OWNER_ONLY);
        assert!(refusal(path.clone()).await.what.contains("Another run"));
        drop(listener);
        drop(file);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_a_killed_run_left_is_no_obstacle() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("s");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("bound"));
        let (_listener, file) = listen(&at(path.clone()), "s", "t").await.expect("listens");
        std::fs::remove_file(&path).expect("removed");
        let _other = std::os::unix::net::UnixListener::bind(&path).expect("bound");
        drop(file);
        assert!(path.exists(), "another run's socket was removed");
    }

    #[tokio::test]
    async fn what_is_in_the_way_stays_and_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("s");
        std::fs::write(&path, "mine").expect("written");
        assert!(refusal(path.clone()).await.what.contains("no socket"));
        assert_eq!(std::fs::read(&path).expect("still there"), b"mine");
        assert!(
            refusal(dir.path().join("none/s"))
                .await
                .what
                .contains("cannot be taken")
        );
        let long = refusal(dir.path().join("x".repeat(200))).await;
        assert!(long.what.contains("too long"), "{long}");
    }
}
