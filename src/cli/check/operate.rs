//! Socket, hooks, metrics.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::{Problems, Surroundings, given_path};
use crate::cli::args::operate::OperateArgs as Args;
use crate::config::{Control, HOOK_SECONDS, HOOKS_STATUS_SECONDS, Hooks, METRICS_SECONDS, Metrics};
use crate::error::Failure;

/// The kernel's limit for the path of a Unix socket, without its closing zero.
const SOCKET_PATH_BYTES_MAX: usize = 107;

pub(super) fn control(args: &Args, p: &mut Problems) -> Control {
    Control {
        socket: p.take(socket(args)),
        tcp: p.take(tcp(args.serve_tcp_port.as_deref())),
    }
}

pub(super) fn hooks(args: &Args, world: &dyn Surroundings, p: &mut Problems) -> Hooks {
    let text = |given: &Option<String>| given.clone().unwrap_or_default();
    Hooks {
        path: p.take(folder(args, world)),
        hint: text(&args.hooks_hint),
        hint_owner: text(&args.hooks_hint_owner),
        hint_token: text(&args.hooks_hint_token),
        status_interval: Duration::from_secs(p.or_default(
            "--hooks-status-interval",
            args.hooks_status_interval,
            HOOKS_STATUS_SECONDS,
        )),
        limit: Duration::from_secs(p.or_default(
            "--hooks-timeout-seconds",
            args.hooks_timeout_seconds,
            HOOK_SECONDS,
        )),
    }
}

pub(super) fn metrics(args: &Args, p: &mut Problems) -> Metrics {
    Metrics {
        statsd: p.take(statsd(args.statsd_addr.as_deref())),
        tags: p.take(tags(&args.statsd_tags)),
        interval: Duration::from_secs(p.or_default(
            "--runtime-metrics-interval",
            args.runtime_metrics_interval,
            METRICS_SECONDS,
        )),
    }
}

/// A folder that is not there would mean a run whose hooks are silently not run.
fn folder(args: &Args, world: &dyn Surroundings) -> Result<Option<PathBuf>, Failure> {
    let path = given_path(args.hooks_path.as_ref());
    match &path {
        Some(folder) if !world.is_folder(folder) => Err(Failure::usage(format!(
            "--hooks-path: {} is no folder that can be read",
            folder.display()
        ))
        .hint("check the path, and that this user of the machine may look into it")),
        _ => Ok(path),
    }
}

fn socket(args: &Args) -> Result<Option<PathBuf>, Failure> {
    let path = given_path(args.serve_socket_file.as_ref());
    match path.as_ref().map(|path| path.as_os_str().len()) {
        Some(bytes) if bytes > SOCKET_PATH_BYTES_MAX => Err(Failure::usage(format!(
            "--serve-socket-file is a path of {bytes} bytes"
        ))
        .hint(format!(
            "a socket's path may have {SOCKET_PATH_BYTES_MAX} bytes at most"
        ))),
        _ => Ok(path),
    }
}

/// A port, on this machine alone, or an address and a port. gh-ost's default 0 means none.
fn tcp(text: Option<&str>) -> Result<Option<SocketAddr>, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty() && *text != "0") else {
        return Ok(None);
    };
    let here = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let address = text.parse::<u16>().map(here).or_else(|_| text.parse());
    match address {
        Ok(address) if address.port() != 0 => Ok(Some(address)),
        _ => Err(Failure::usage(format!("--serve-tcp-port is {text}")).hint(
            "give a port from 1 to 65535, or an address and a port, as in 10.0.0.7:9999 or [::1]:9999",
        )),
    }
}

fn statsd(text: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let socket = text
        .strip_prefix("unix://")
        .is_some_and(|path| path.starts_with('/'));
    let (host, port) = text.rsplit_once(':').unwrap_or_default();
    let udp =
        !host.is_empty() && !host.contains(['/', ' ']) && port.parse::<u16>().is_ok_and(|port| port != 0);
    if socket || udp {
        return Ok(Some(text.to_owned()));
    }
    Err(Failure::usage(format!("--statsd-addr is {text}"))
        .hint("say --statsd-addr 127.0.0.1:8125, or unix:///path/of/the/socket"))
}

fn tags(given: &[String]) -> Result<Vec<String>, Failure> {
    let tags = given.iter().flat_map(|list| list.split(',')).map(str::trim);
    let tags: Vec<String> = tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    // A metric is a line, and `|` parts its fields.
    let wrong = tags.iter().find(|tag| {
        let named = tag.split_once(':').is_some_and(|(name, _)| !name.is_empty());
        !named || tag.contains(['|', '\n', '\r'])
    });
    match wrong {
        None => Ok(tags),
        Some(tag) => Err(Failure::usage("--statsd-tags is no list of tags")
            .detail(format!("'{tag}' is not NAME:VALUE"))
            .hint("say --statsd-tags env:prod,team:shop")),
    }
}
