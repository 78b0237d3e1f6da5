use super::*;

/// Servers by address. Each is `db1:3306` with the uuid `u1`, and so on.
struct Map(Vec<Facts>);

impl Ask for Map {
    async fn ask(&mut self, address: &Address) -> Result<Facts, Failure> {
        let known = self.0.iter().find(|facts| facts.address == address.to_string());
        known.cloned().ok_or_else(|| {
            Failure::new(
                crate::error::Exit::Unreachable,
                format!("cannot connect to {address}"),
            )
            .hint("check the port")
        })
    }
}

fn server(number: u16, sources: &[u16]) -> Facts {
    Facts {
        address: format!("db{number}:3306"),
        uuid: format!("u{number}"),
        may_ask: true,
        upstream: sources.iter().map(|source| from(*source)).collect(),
        ..Facts::default()
    }
}

fn from(number: u16) -> Upstream {
    Upstream {
        host: format!("db{number}"),
        port: 3306,
        uuid: format!("u{number}"),
        running: true,
        ..Upstream::default()
    }
}

fn read_only(mut server: Facts) -> Facts {
    server.settings.insert("read_only", "ON".into());
    server
}

async fn route(servers: &[Facts], assumed: Option<Facts>, co: bool) -> Result<String, Failure> {
    let inspected = servers.first().cloned().unwrap();
    let route = climb(&mut Map(servers.to_vec()), inspected, assumed, co).await?;
    let way: Vec<&str> = route.way.iter().map(|hop| hop.uuid.as_str()).collect();
    let both = if route.co_primary { " (co)" } else { "" };
    Ok(format!("[{}] {}{both}", way.join(" "), route.primary.uuid))
}

fn said(failure: &Failure) -> String {
    format!("{failure} {}", failure.hint.clone().unwrap_or_default())
}

#[tokio::test]
async fn the_primary_is_found_through_replicas() {
    let servers = [server(3, &[2]), server(2, &[1]), server(1, &[])];
    assert_eq!(route(&servers, None, false).await.unwrap(), "[u3 u2] u1");
    assert_eq!(route(&servers[1..], None, false).await.unwrap(), "[u2] u1");
    assert_eq!(route(&servers[2..], None, false).await.unwrap(), "[] u1");
}

#[tokio::test]
async fn an_assumed_primary_has_to_be_on_the_way() {
    let servers = [server(3, &[2]), server(2, &[1]), server(1, &[])];
    let elsewhere = |number: u16| Facts {
        address: "other.name:1".into(),
        ..server(number, &[])
    };
    assert_eq!(
        route(&servers, Some(elsewhere(1)), false).await.unwrap(),
        "[u3 u2] u1"
    );
    // Its address in the replica's status is not needed.
    assert_eq!(
        route(&servers[1..2], Some(elsewhere(1)), false).await.unwrap(),
        "[u2] u1"
    );
    assert_eq!(
        route(&servers[2..], Some(elsewhere(1)), false).await.unwrap(),
        "[] u1"
    );
    let refused = said(&route(&servers, Some(elsewhere(9)), false).await.unwrap_err());
    assert!(
        refused.contains("does not replicate from the assumed primary"),
        "{refused}"
    );
    // One in the middle is no primary.
    let refused = said(&route(&servers, Some(server(2, &[1])), false).await.unwrap_err());
    assert!(
        refused.contains("replicates from another server itself"),
        "{refused}"
    );
}

#[tokio::test]
async fn what_cannot_be_reached_names_the_way_out() {
    let refused = route(&[server(2, &[1])], None, false).await.unwrap_err();
    assert_eq!(refused.exit, crate::error::Exit::Unreachable);
    let text = said(&refused);
    assert!(
        text.contains("db1:3306") && text.contains("--assume-master-host"),
        "{text}"
    );
}

#[tokio::test]
async fn another_server_under_the_address_is_noticed() {
    let mut other = server(1, &[]);
    other.uuid = "u7".into();
    let refused = said(&route(&[server(2, &[1]), other], None, false).await.unwrap_err());
    assert!(
        refused.contains("server_uuid is u7, and should be u1"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_tell_is_no_primary() {
    let mut mute = server(1, &[]);
    mute.may_ask = false;
    let refused = said(&route(&[server(2, &[1]), mute], None, false).await.unwrap_err());
    assert!(refused.contains("REPLICATION CLIENT"), "{refused}");
}

#[tokio::test]
async fn several_sources_and_one_never_reached_are_refused() {
    let refused = said(&route(&[server(3, &[1, 2])], None, false).await.unwrap_err());
    assert!(
        refused.contains("several sources") && refused.contains("db2:3306"),
        "{refused}"
    );
    let mut lost = server(2, &[1]);
    lost.upstream = vec![Upstream {
        uuid: String::new(),
        ..from(1)
    }];
    let refused = said(&route(&[lost], None, false).await.unwrap_err());
    assert!(refused.contains("never reached"), "{refused}");
}

#[tokio::test]
async fn co_primaries_need_a_word() {
    let (a, b) = (server(1, &[2]), read_only(server(2, &[1])));
    let below = [server(3, &[2]), b.clone(), a.clone()];
    let refused = said(&route(&below, None, false).await.unwrap_err());
    assert!(refused.contains("--allow-master-master"), "{refused}");
    assert!(
        refused.contains("db2:3306 (read_only)") && refused.contains("db1:3306 (takes writes)"),
        "{refused}"
    );
    assert_eq!(route(&below, None, true).await.unwrap(), "[u3 u2] u1 (co)");
    assert_eq!(
        route(&[b.clone(), a.clone()], None, true).await.unwrap(),
        "[u2] u1 (co)"
    );
    assert_eq!(
        route(&[a.clone(), b.clone()], None, true).await.unwrap(),
        "[] u1 (co)"
    );
}

#[tokio::test]
async fn of_two_that_take_writes_one_has_to_be_named() {
    let (a, b) = (server(1, &[2]), server(2, &[1]));
    let refused = said(&route(&[a.clone(), b.clone()], None, true).await.unwrap_err());
    assert!(refused.contains("--assume-master-host"), "{refused}");
    let named = route(&[a.clone(), b.clone()], Some(b.clone()), true)
        .await
        .unwrap();
    assert_eq!(named, "[u1] u2 (co)");
    let refused = said(&route(&[a, b.clone()], Some(b), false).await.unwrap_err());
    assert!(refused.contains("--allow-master-master"), "{refused}");
}
