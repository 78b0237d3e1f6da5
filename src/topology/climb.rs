//! From the inspected server up to the primary, hop by hop. It decides; whom to ask how is behind [`Ask`].

use super::facts::{Facts, Upstream};
use crate::config::Address;
use crate::error::Failure;

/// A way longer than this is a mistake of ours.
const HOPS_MAX: usize = 16;

/// Asks a server that a replica names as its source.
pub trait Ask {
    /// What the server at `address` says of itself.
    async fn ask(&mut self, address: &Address) -> Result<Facts, Failure>;
}

/// The servers between which changes travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The inspected replica first, then the replicas between it and the primary. Empty: the primary is inspected.
    pub way: Vec<Facts>,
    /// Where rows are written.
    pub primary: Facts,
    /// The primary replicates itself from a server that is allowed to (`--allow-master-master`).
    pub co_primary: bool,
}

/// Climbs. `assumed`: the primary as the user named it; it has to stand on the way up.
pub async fn climb(
    net: &mut impl Ask,
    inspected: Facts,
    assumed: Option<Facts>,
    allow_co_primaries: bool,
) -> Result<Route, Failure> {
    let mut chain = vec![inspected];
    loop {
        let Some(here) = chain.last() else {
            return Err(too_long(&chain));
        };
        if !here.may_ask && chain.len() > 1 {
            return Err(mute(here));
        }
        if let Some(assumed) = &assumed
            && assumed.uuid == here.uuid
        {
            return at_assumed(chain, assumed.clone(), allow_co_primaries);
        }
        let Some(above) = one_source(here)? else {
            return match assumed {
                Some(assumed) => Err(not_on_the_way(&chain, &assumed)),
                None => Ok(ends(chain, false)),
            };
        };
        if let Some(first) = chain.iter().position(|known| known.uuid == above.uuid) {
            return match assumed {
                Some(assumed) => Err(not_on_the_way(&chain, &assumed)),
                None => co_primaries(chain, first, allow_co_primaries),
            };
        }
        if chain.len() >= HOPS_MAX {
            return Err(too_long(&chain));
        }
        let next = match &assumed {
            Some(assumed) if assumed.uuid == above.uuid => assumed.clone(),
            _ => follow(net, here, above).await?,
        };
        chain.push(next);
    }
}

/// What a server replicates from; `None`: nothing.
fn one_source(here: &Facts) -> Result<Option<&Upstream>, Failure> {
    let [above] = here.upstream.as_slice() else {
        return match here.upstream.as_slice() {
            [] => Ok(None),
            channels => Err(several(here, channels)),
        };
    };
    if above.uuid.is_empty() {
        return Err(Failure::refused(format!(
            "{} has never reached the server that it is to replicate from.",
            here.address
        ))
        .detail(format!("its source is {}:{}", above.host, above.port))
        .detail(above.error.clone())
        .hint("Look at SHOW REPLICA STATUS there; start again when it replicates."));
    }
    Ok(Some(above))
}

async fn follow(net: &mut impl Ask, here: &Facts, above: &Upstream) -> Result<Facts, Failure> {
    let address = Address {
        host: above.host.clone(),
        port: above.port,
    };
    let next = net
        .ask(&address)
        .await
        .map_err(|failure| out_of_reach(failure, here, &address))?;
    if next.uuid == above.uuid {
        return Ok(next);
    }
    Err(Failure::refused(format!(
        "Another server answers at {address} than the one that {} replicates from.",
        here.address
    ))
    .detail(format!("server_uuid is {}, and should be {}", next.uuid, above.uuid))
    .hint("From here that address leads elsewhere: name one that leads to the primary with --assume-master-host."))
}

/// Of the inspected server itself `inspect` says what the account lacks.
fn mute(here: &Facts) -> Failure {
    Failure::refused(format!(
        "The account may not ask {} what it replicates from.",
        here.address
    ))
    .hint("There: GRANT REPLICATION CLIENT ON *.* TO the account.")
}

/// A source's address is written for the replica, and may not hold for us.
fn out_of_reach(failure: Failure, here: &Facts, address: &Address) -> Failure {
    let hint = format!(
        "{address} is how {} calls its source. If the primary has another address from here, name it with \
         --assume-master-host; if it wants another account, with --master-user and --master-password.",
        here.address
    );
    let mut wrapped = Failure::new(
        failure.exit,
        format!(
            "The server that {} replicates from cannot be asked.",
            here.address
        ),
    );
    wrapped.detail = std::iter::once(failure.what).chain(failure.detail).collect();
    wrapped.detail.extend(failure.hint);
    wrapped.hint(hint)
}

fn several(here: &Facts, channels: &[Upstream]) -> Failure {
    let failure = Failure::refused(format!(
        "{} replicates from several sources, so the primary of the table cannot be told.",
        here.address
    ));
    channels
        .iter()
        .fold(failure, |failure, channel| {
            failure.detail(format!(
                "channel '{}': {}:{}",
                channel.channel, channel.host, channel.port
            ))
        })
        .hint("Give a replica with one source as --host, or the primary itself with --allow-on-master.")
}

fn at_assumed(mut chain: Vec<Facts>, assumed: Facts, allow_co_primaries: bool) -> Result<Route, Failure> {
    let co_primary = !assumed.upstream.is_empty();
    if co_primary && !allow_co_primaries {
        let sources = assumed.upstream.iter();
        let sources: Vec<String> = sources
            .map(|above| format!("{}:{}", above.host, above.port))
            .collect();
        return Err(Failure::refused(format!(
            "{} is to be the primary, and replicates from another server itself.",
            assumed.address
        ))
        .detail(format!("it replicates from {}", sources.join(", ")))
        .hint(
            "If these two replicate from each other and the table is written on this one only, add --allow-master-master; \
             if not, name the server at the top with --assume-master-host.",
        ));
    }
    chain.pop();
    Ok(Route {
        way: chain,
        primary: assumed,
        co_primary,
    })
}

fn ends(mut chain: Vec<Facts>, co_primary: bool) -> Route {
    let primary = chain.pop().unwrap_or_default();
    Route {
        way: chain,
        primary,
        co_primary,
    }
}

/// Of servers that replicate from each other, the one that takes writes is the primary.
fn co_primaries(mut chain: Vec<Facts>, first: usize, allowed: bool) -> Result<Route, Failure> {
    let circle = chain.get(first..).unwrap_or_default();
    let named: Vec<String> = circle
        .iter()
        .map(|server| {
            let writes = if server.is_read_only() {
                "read_only"
            } else {
                "takes writes"
            };
            format!("{} ({writes})", server.address)
        })
        .collect();
    if !allowed {
        return Err(Failure::refused(
            "The primary replicates from another server, which replicates from it.",
        )
        .detail(format!("in the circle: {}", named.join(", ")))
        .hint(
            "If the table is written on one of them only, add --allow-master-master, and name that one with \
                 --assume-master-host.",
        ));
    }
    let mut writable = circle
        .iter()
        .enumerate()
        .filter(|(_, server)| !server.is_read_only());
    let (Some((at, _)), None) = (writable.next(), writable.next()) else {
        return Err(
            Failure::refused("Which of several primaries the table is written on cannot be told.")
                .detail(format!("in the circle: {}", named.join(", ")))
                .hint("Name it with --assume-master-host."),
        );
    };
    chain.truncate(first + at + 1);
    Ok(ends(chain, true))
}

fn not_on_the_way(chain: &[Facts], assumed: &Facts) -> Failure {
    let met: Vec<String> = chain
        .iter()
        .map(|server| format!("{} (server_uuid {})", server.address, server.uuid))
        .collect();
    Failure::refused("The inspected server does not replicate from the assumed primary.")
        .detail(format!("assumed: {} (server_uuid {})", assumed.address, assumed.uuid))
        .detail(format!("on the way up from the inspected server: {}", met.join(", ")))
        .hint("Give the primary of this replica as --assume-master-host, or a replica of that primary as --host.")
}

fn too_long(chain: &[Facts]) -> Failure {
    Failure::refused(format!("No primary was found within {} steps up.", chain.len()))
        .hint("Name it with --assume-master-host.")
}

#[cfg(test)]
mod tests;
