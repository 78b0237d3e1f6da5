//! Figures for a statsd daemon, by UDP or through its socket, in DogStatsD's form: `gh_ost.row_copy.rows_copied:460900|g|#table:orders`.
//!
//! Names are gh-ost's where it has the figure. Nothing here may disturb a run: the address is resolved once, within a limit;
//! a packet that cannot be sent at once is lost, and nobody is told but the debug log. What is sent is decided by
//! [`figures`] and [`packets`], which are pure.

use std::fmt::Display;
use std::io;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use crate::{
    config,
    status::{Phase, Snapshot},
};

/// So long between two reports of how far the run is.
const PROGRESS_SECONDS: u64 = 1;
/// Finding the daemon's address may take so long.
const RESOLVE_SECONDS_MAX: u64 = 2;
/// A packet that fits into any network's frame.
const PACKET_BYTES_MAX: usize = 1_432;
const NAMESPACE: &str = "gh_ost";

/// The way to the daemon; closed if nobody wants metrics or its address cannot be found.
pub struct Metrics {
    socket: Option<Socket>,
    tags: Vec<String>,
    runtime_every: Duration,
    progress_at: Option<Instant>,
    runtime_at: Option<Instant>,
    /// The throttle that was reported last, and since when it lasts.
    throttled: Option<(&'static str, Instant)>,
}

impl Metrics {
    /// Finds the daemon's address and says that a run begins. `more`: tags besides the user's.
    pub async fn open(settings: &config::Metrics, more: Vec<String>) -> Self {
        let socket = match &settings.statsd {
            Some(address) => reach(address).await,
            None => None,
        };
        let metrics = Self {
            socket,
            tags: settings.tags.iter().cloned().chain(more).collect(),
            runtime_every: settings.interval,
            progress_at: None,
            runtime_at: None,
            throttled: None,
        };
        metrics.send(&[figure("startup", 1, "c", &[])]);
        metrics
    }

    /// Reports, if it is time to. Call it as often as is convenient.
    pub fn report(&mut self, snapshot: &Snapshot) {
        if self.socket.is_none() {
            return;
        }
        let now = Instant::now();
        self.throttle(snapshot, now);
        if is_due(&mut self.progress_at, now, Duration::from_secs(PROGRESS_SECONDS)) {
            self.send(&figures(snapshot));
        }
        if !self.runtime_every.is_zero() && is_due(&mut self.runtime_at, now, self.runtime_every) {
            self.send(&runtime());
        }
    }

    /// The last figures, whatever the time is.
    pub fn finish(&mut self, snapshot: &Snapshot) {
        self.throttle(snapshot, Instant::now());
        self.send(&figures(snapshot));
    }

    /// The end of a throttle, or the change to another one, is told with how long it lasted.
    fn throttle(&mut self, snapshot: &Snapshot, now: Instant) {
        let reason = reason(snapshot);
        if self.throttled.map(|(reason, _)| reason) == reason {
            return;
        }
        if let Some((reason, since)) = self.throttled.take() {
            let tags = [format!("reason:{reason}")];
            self.send(&[
                figure(
                    "throttle.duration_milliseconds",
                    (now - since).as_millis(),
                    "h",
                    &tags,
                ),
                figure("throttle.events_total", 1, "c", &tags),
            ]);
        }
        self.throttled = reason.map(|reason| (reason, now));
    }

    fn send(&self, figures: &[Figure]) {
        let Some(socket) = &self.socket else { return };
        for packet in packets(figures, &self.tags) {
            if let Err(error) = socket.send(packet.as_bytes()) {
                tracing::debug!(%error, "metrics were lost");
            }
        }
    }
}

fn is_due(last: &mut Option<Instant>, now: Instant, every: Duration) -> bool {
    let due = last.is_none_or(|last| now - last >= every);
    if due {
        *last = Some(now);
    }
    due
}

/// Neither waits: what cannot be sent at once is lost.
enum Socket {
    Udp(UdpSocket),
    Unix(UnixDatagram),
}

impl Socket {
    fn send(&self, packet: &[u8]) -> io::Result<usize> {
        match self {
            Self::Udp(socket) => socket.send(packet),
            Self::Unix(socket) => socket.send(packet),
        }
    }
}

async fn reach(address: &str) -> Option<Socket> {
    let limit = Duration::from_secs(RESOLVE_SECONDS_MAX);
    match tokio::time::timeout(limit, connect(address)).await {
        Ok(Ok(socket)) => Some(socket),
        Ok(Err(error)) => {
            tracing::warn!("no metrics: the statsd daemon {address} cannot be used: {error}");
            None
        }
        Err(_) => {
            tracing::warn!(
                "no metrics: the address of the statsd daemon {address} was not found within {limit:?}"
            );
            None
        }
    }
}

async fn connect(address: &str) -> io::Result<Socket> {
    if let Some(path) = address.strip_prefix("unix://") {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.connect(path)?;
        return Ok(Socket::Unix(socket));
    }
    let mut last = io::ErrorKind::NotFound.into();
    for place in tokio::net::lookup_host(address).await? {
        let own = if place.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(own)?;
        socket.set_nonblocking(true)?;
        match socket.connect(place) {
            Ok(()) => return Ok(Socket::Udp(socket)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A figure without its tags for all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Figure {
    text: String,
    tags: Vec<String>,
}

fn figure(name: &str, value: impl Display, kind: &str, tags: &[String]) -> Figure {
    Figure {
        text: format!("{NAMESPACE}.{name}:{value}|{kind}"),
        tags: tags.to_vec(),
    }
}

/// Where the run stands.
fn figures(snapshot: &Snapshot) -> Vec<Figure> {
    let reason = reason(snapshot);
    let throttled = [format!("throttled:{}", reason.is_some())];
    let because: Vec<String> = reason.iter().map(|reason| format!("reason:{reason}")).collect();
    let backlog = snapshot.dirty_keys + snapshot.held_keys;
    let full = backlog as f64 / snapshot.dirty_keys_max.max(1) as f64;
    let seconds = |time: Duration| format!("{:.3}", time.as_secs_f64());
    let gauge = |name, value: String| figure(name, value, "g", &[]);
    vec![
        gauge("row_copy.rows_copied", snapshot.rows_copied.to_string()),
        gauge("row_copy.rows_estimate", snapshot.rows_known().to_string()),
        gauge("row_copy.rows_per_second", snapshot.rows_per_s.to_string()),
        gauge("row_copy.workers", snapshot.workers.to_string()),
        gauge("dml.events_applied", snapshot.applied_keys.to_string()),
        gauge("binlog.backlog_size", backlog.to_string()),
        gauge("binlog.backlog_capacity", snapshot.dirty_keys_max.to_string()),
        gauge("binlog.backlog_utilization", format!("{:.4}", full.min(1.0))),
        figure(
            "lag.replication_seconds",
            seconds(snapshot.inspected_lag()),
            "g",
            &throttled,
        ),
        figure(
            "lag.heartbeat_seconds",
            seconds(snapshot.heartbeat_lag()),
            "g",
            &throttled,
        ),
        figure("throttle.active", u8::from(reason.is_some()), "g", &because),
    ]
}

/// Why the run is throttled, as the value of a tag.
fn reason(snapshot: &Snapshot) -> Option<&'static str> {
    match &snapshot.state {
        Phase::Throttled(reason) => Some(reason.name),
        _ => None,
    }
}

/// What this process takes; nothing where the system does not say.
fn runtime() -> Vec<Figure> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let resident = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    let bytes = resident.map(|pages| pages * rustix::param::page_size() as u64);
    bytes
        .map(|bytes| figure("runtime.resident_bytes", bytes, "g", &[]))
        .into_iter()
        .collect()
}

/// Lines of figures with their tags, as many to a packet as fit.
fn packets(figures: &[Figure], tags: &[String]) -> Vec<String> {
    let mut packets: Vec<String> = Vec::new();
    for figure in figures {
        let line = tagged(figure, tags);
        match packets.last_mut() {
            Some(packet) if packet.len() + 1 + line.len() <= PACKET_BYTES_MAX => {
                packet.push('\n');
                packet.push_str(&line);
            }
            _ => packets.push(line),
        }
    }
    packets
}

fn tagged(figure: &Figure, tags: &[String]) -> String {
    let tags: Vec<String> = tags.iter().chain(&figure.tags).map(|tag| plain(tag)).collect();
    if tags.is_empty() {
        return figure.text.clone();
    }
    format!("{}|#{}", figure.text, tags.join(","))
}

/// A tag in which nothing ends the tag, the line or the packet.
fn plain(tag: &str) -> String {
    let allowed = |c: char| {
        if c.is_control() || matches!(c, ',' | '|' | '#') {
            '_'
        } else {
            c
        }
    };
    tag.chars().map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Reason;

    fn throttled(reason: &'static str) -> Snapshot {
        Snapshot {
            state: Phase::Throttled(Reason::new(reason, "much")),
            rows_copied: 50,
            rows_estimate: 200,
            dirty_keys: 3,
            held_keys: 1,
            dirty_keys_max: 8,
            lag: Some(Duration::from_millis(1_250)),
            ..Snapshot::at_start()
        }
    }

    #[test]
    fn figures_with_their_tags() {
        let tags = ["env:prod".to_owned()];
        let text = packets(&figures(&throttled("lag, twice")), &tags).join("\n");
        for line in [
            "gh_ost.row_copy.rows_copied:50|g|#env:prod",
            "gh_ost.row_copy.rows_estimate:200|g|#env:prod",
            "gh_ost.binlog.backlog_size:4|g|#env:prod",
            "gh_ost.binlog.backlog_utilization:0.5000|g|#env:prod",
            "gh_ost.lag.heartbeat_seconds:1.250|g|#env:prod,throttled:true",
            "gh_ost.throttle.active:1|g|#env:prod,reason:lag_ twice",
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        let calm = packets(&figures(&Snapshot::at_start()), &[]).join("\n");
        assert!(
            calm.contains("gh_ost.throttle.active:0|g\n") || calm.ends_with("gh_ost.throttle.active:0|g"),
            "{calm}"
        );
    }

    #[test]
    fn no_packet_is_longer_than_a_frame() {
        let many: Vec<Figure> = (0..200).map(|number| figure("x", number, "g", &[])).collect();
        let packets = packets(&many, &["a:b".to_owned()]);
        assert!(packets.len() > 1 && packets.iter().all(|packet| packet.len() <= PACKET_BYTES_MAX));
        assert_eq!(
            packets.iter().map(|packet| packet.lines().count()).sum::<usize>(),
            200
        );
    }

    #[tokio::test]
    async fn nobody_there_disturbs_nobody() {
        let taken = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address").to_string();
        drop(taken);
        let places = [
            address,
            "no such place".to_owned(),
            "unix:///no/such/socket".to_owned(),
        ];
        for statsd in [None].into_iter().chain(places.map(Some)) {
            let settings = config::Metrics {
                statsd,
                ..config::Metrics::default()
            };
            let mut metrics = Metrics::open(&settings, Vec::new()).await;
            metrics.report(&throttled("lag"));
            metrics.finish(&Snapshot::at_start());
        }
    }

    #[tokio::test]
    async fn packets_arrive_and_a_throttle_is_told_when_it_is_over() {
        let daemon = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
        daemon
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a limit");
        let settings = config::Metrics {
            statsd: Some(daemon.local_addr().expect("an address").to_string()),
            tags: vec!["env:test".to_owned()],
            interval: Duration::from_secs(60),
        };
        let mut metrics = Metrics::open(&settings, vec!["table:t".to_owned()]).await;
        metrics.report(&throttled("lag"));
        metrics.finish(&Snapshot::at_start());
        let mut seen = String::new();
        let mut packet = [0; 2_000];
        while !seen.contains("throttle.active:0") {
            let length = daemon
                .recv(&mut packet)
                .unwrap_or_else(|error| panic!("{error}; so far {seen}"));
            seen.push_str(&String::from_utf8_lossy(&packet[..length]));
            seen.push('\n');
        }
        for part in [
            "gh_ost.startup:1|c|#env:test,table:t",
            "gh_ost.throttle.active:1|g|#env:test,table:t,reason:lag",
            "gh_ost.runtime.resident_bytes:",
            "gh_ost.throttle.events_total:1|c|#env:test,table:t,reason:lag",
        ] {
            assert!(seen.contains(part), "no {part} in\n{seen}");
        }
    }
}
