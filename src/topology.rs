//! Which server is written, which one's binlog is read, and the way that changes take from one to the other.
//!
//! Words: the *primary* is where rows are written; the *inspected* server is where the binlog is read, the primary
//! itself or a replica of it. The *way* is the inspected replica and the replicas between it and the primary.
//!
//! Rules:
//!
//! * Servers are known by `server_uuid`, never by name: one server has many names, and one name many servers.
//! * The way hands on every change of the table, in the primary's order, or the run is refused: see [`judge`].
//! * It is looked at again as long as the run lasts, and once more under the swap's lock: see [`lookout`].
//!
//! What the binlog holds is `capture`'s; what the primary must be like otherwise is `inspect`'s.

mod climb;
mod facts;
mod judge;
mod lookout;
mod net;
mod row_format;

pub use facts::{Facts, Upstream};
pub use lookout::{Look, Lookout};
pub use net::End;

use crate::config::{Config, Mode};
use crate::error::Failure;
use net::Net;

/// The servers of a run.
pub struct Servers {
    /// Where rows are written.
    pub primary: End,
    /// Where the binlog is read; `None`: on the primary.
    pub inspected: Option<End>,
    /// The way between them; there is none on the primary.
    pub lookout: Option<Lookout>,
    /// What stands against a run.
    pub problems: Vec<Failure>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Finds the servers. Fails where one of them cannot be found or reached; what is wrong with them is in `problems`.
pub async fn find(config: &Config) -> Result<Servers, Failure> {
    let mut net = Net::new(config);
    let result = find_on(config, &mut net).await;
    if result.is_err() {
        net.close().await;
    }
    result
}

async fn find_on(config: &Config, net: &mut Net) -> Result<Servers, Failure> {
    let topology = &config.topology;
    let inspected = net.inspected().await?;
    let assumed = match &topology.assume_master {
        Some(address) => Some(net.assumed(address).await?),
        None => None,
    };
    if topology.mode != Mode::Primary {
        // Rows are written where the binlog is read.
        let primary = net.end(&inspected, config).await?;
        net.close().await;
        return Ok(Servers::one(primary));
    }
    let route = climb::climb(net, inspected, assumed, topology.allow_master_master).await?;
    let mut problems = judge::problems(&route, topology);
    let notes = judge::notes(&route, topology);
    if route.way.is_empty() {
        problems.extend(judge::on_primary(&route, topology));
        let primary = net.end(&route.primary, config).await?;
        net.close().await;
        return Ok(Servers {
            problems,
            notes,
            ..Servers::one(primary)
        });
    }
    let primary = net.end(&route.primary, config).await?;
    let inspected = match route.way.first() {
        Some(facts) => Some(net.end(facts, config).await?),
        None => None,
    };
    let lookout = Lookout::new(net.take(), route, topology.clone());
    Ok(Servers {
        primary,
        inspected,
        lookout: Some(lookout),
        problems,
        notes,
    })
}

impl Servers {
    fn one(primary: End) -> Self {
        Self {
            primary,
            inspected: None,
            lookout: None,
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }
}
