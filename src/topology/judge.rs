//! What stands against a way. Pure.
//!
//! A key is missed if a change of the table does not come out at the inspected end, or comes out behind a mark that was
//! written after it. So on each server of the way:
//!
//! * everything is handed on: the binlog is written, what is replicated goes into it, no filter, no error is skipped;
//! * in the primary's order: one applier, or several that commit in order;
//! * from one source, without a delay (a mark would come back too late for any swap).
//!
//! And what comes out are rows: the inspected server logs them in ROW format, whatever format the primary writes. What
//! the primary writes as text runs again on a replica and is logged as the rows that changed *there* (seen on 9.7);
//! these are the primary's rows if the statement is deterministic, and only the user can promise that.

use super::climb::Route;
use super::facts::{Facts, Upstream};
use crate::config::Topology;
use crate::error::Failure;
use crate::inspect::Version;

/// Before 8.0.19 DDL was not kept in order with several appliers.
const ORDER_OF_DDL_SINCE: Version = Version::new(8, 0, 19);

/// Everything at once.
pub fn problems(route: &Route, topology: &Topology) -> Vec<Failure> {
    let mut problems: Vec<Failure> = route.way.iter().flat_map(hop).collect();
    if let Some(inspected) = route.way.first() {
        problems.extend(not_rows(inspected, topology));
        problems.extend(binlog_filtered(&route.primary));
        problems.extend(writes_text(&route.primary, topology));
    }
    problems
}

/// The primary itself is inspected.
pub fn on_primary(route: &Route, topology: &Topology) -> Option<Failure> {
    if topology.allow_on_master || !route.primary.may_ask {
        return None;
    }
    let what = "This server is a primary, and working directly on a primary was not allowed.";
    let role = if route.co_primary {
        "is the one of several primaries that takes writes"
    } else {
        "replicates from no other server"
    };
    Some(
        Failure::refused(what)
            .detail(format!("{} (server_id {}) {role}", route.primary.address, route.primary.server_id))
            .hint(
                "Give a replica of it as --host, which takes the reading of the binlog off the primary; or, if rows are to \
                 be copied and the binlog read here, add --allow-on-master.",
            ),
    )
}

/// What does not stand against a run and should be known.
pub fn notes(route: &Route, topology: &Topology) -> Vec<String> {
    let Some(inspected) = route.way.first() else {
        return Vec::new();
    };
    let between: Vec<&str> = route.way.iter().skip(1).map(|hop| hop.address.as_str()).collect();
    let through = if between.is_empty() {
        String::new()
    } else {
        format!(" through {}", between.join(", "))
    };
    let mut notes = vec![format!(
        "{} is a replica of {}{through}, where the table is changed",
        inspected.address, route.primary.address
    )];
    if route.primary.setting("binlog_format") != "ROW" {
        notes.push(format!(
            "the primary writes statements (binlog_format = {}): the rows that they change on the replica are taken for \
             those that they change on the primary",
            route.primary.setting("binlog_format")
        ));
    }
    if topology.assume_rbr && inspected.setting("binlog_format") != "ROW" {
        notes.push(format!(
            "--assume-rbr: {} has binlog_format = {}; a statement in its binlog that may touch the table ends the run",
            inspected.address,
            inspected.setting("binlog_format")
        ));
    }
    notes.extend(route.way.iter().filter_map(unseen));
    notes
}

fn unseen(hop: &Facts) -> Option<String> {
    let missing = match &hop.traces {
        Some(traces) if traces.applied_as_text.is_some() => return None,
        Some(_) => {
            "statements that are applied as text are not counted there (performance_schema.setup_instruments)"
        }
        None => {
            "what is set and taken back between two looks is not seen without performance_schema (GRANT SELECT ON \
             performance_schema.*)"
        }
    };
    Some(format!("{}: {missing}", hop.address))
}

fn hop(hop: &Facts) -> Vec<Failure> {
    [
        version(hop),
        not_handed_on(hop),
        out_of_order(hop),
        filtered(hop),
        binlog_filtered(hop),
        errors_skipped(hop),
        delayed(hop),
        stopped(hop),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn version(hop: &Facts) -> Option<Failure> {
    let named = format!("{}{}", hop.setting("version"), hop.setting("version_comment"));
    let oldest = Version::OLDEST;
    if !named.contains("MARIADB") && hop.version() >= oldest {
        return None;
    }
    Some(
        Failure::refused(format!("{} is no MySQL {oldest} or later.", hop.address))
            .detail(format!("version: {}", hop.setting("version"))),
    )
}

fn not_handed_on(hop: &Facts) -> Option<Failure> {
    let off = ["log_bin", "log_replica_updates"]
        .into_iter()
        .find(|name| !hop.on(name))?;
    Some(
        Failure::refused(format!(
            "{} does not write what it replicates into its binlog.",
            hop.address
        ))
        .detail(format!("{off} = OFF"))
        .hint("Start that replica with --log-bin and --log-replica-updates, or give another one as --host."),
    )
}

fn out_of_order(hop: &Facts) -> Option<Failure> {
    let appliers: u64 = hop
        .setting("replica_parallel_workers")
        .parse()
        .unwrap_or(u64::MAX);
    if appliers <= 1 {
        return None;
    }
    let ordered = hop.on("replica_preserve_commit_order");
    if ordered && hop.version() >= ORDER_OF_DDL_SINCE {
        return None;
    }
    Some(
        Failure::refused(format!("{} does not commit in its source's order.", hop.address))
            .detail(format!(
                "replica_parallel_workers = {appliers}, replica_preserve_commit_order = {}, version {}",
                if ordered { "ON" } else { "OFF" },
                hop.setting("version")
            ))
            .hint(
                "There: STOP REPLICA SQL_THREAD; SET GLOBAL replica_preserve_commit_order = ON (or replica_parallel_workers \
                 = 1; before 8.0.19 only that); START REPLICA SQL_THREAD;",
            ),
    )
}

/// Filters on tables of the server's own schemas, as managed services set them, hide nothing of ours. Filters by
/// schema do: a statement counts for the schema that its session is in.
fn is_harmless(name: &str, value: &str) -> bool {
    let own = |item: &str| {
        ["mysql.", "sys.", "performance_schema.", "innodb_memcache."]
            .iter()
            .any(|schema| item.trim().starts_with(schema))
    };
    name == "Replicate_Ignore_Table" && value.split(',').all(own)
}

/// The filters of a channel that could hide a change.
pub fn filters(channel: &Upstream) -> Vec<String> {
    channel
        .filters
        .iter()
        .filter(|(name, value)| !is_harmless(name, value))
        .map(|(name, value)| format!("{name} = {value}"))
        .collect()
}

fn filtered(hop: &Facts) -> Option<Failure> {
    let filters: Vec<String> = hop.upstream.iter().flat_map(filters).collect();
    if filters.is_empty() {
        return None;
    }
    Some(
        Failure::refused(format!(
            "{} filters what it replicates, so changes could be missed.",
            hop.address
        ))
        .detail(filters.join("; "))
        .hint("Give a replica without replication filters as --host."),
    )
}

fn binlog_filtered(server: &Facts) -> Option<Failure> {
    if server.binlog_filters.is_empty() {
        return None;
    }
    Some(
        Failure::refused(format!(
            "{} filters what it writes into its binlog.",
            server.address
        ))
        .detail(server.binlog_filters.join("; "))
        .hint("Start that server without this filter, or give a replica whose way to the primary has none."),
    )
}

fn errors_skipped(hop: &Facts) -> Option<Failure> {
    let skip = hop.setting("replica_skip_errors");
    let skips = [
        (!matches!(skip, "" | "OFF")).then(|| format!("replica_skip_errors = {skip}")),
        (hop.setting("replica_exec_mode") == "IDEMPOTENT")
            .then(|| "replica_exec_mode = IDEMPOTENT".to_owned()),
    ];
    let skips: Vec<String> = skips.into_iter().flatten().collect();
    if skips.is_empty() {
        return None;
    }
    Some(
        Failure::refused(format!(
            "{} goes on when a change cannot be applied, and such a change is not in its binlog.",
            hop.address
        ))
        .detail(skips.join(", "))
        .hint("Set replica_exec_mode = STRICT and skip no errors, or give another replica as --host."),
    )
}

fn delayed(hop: &Facts) -> Option<Failure> {
    let delay = hop.upstream.iter().map(|channel| channel.delay).max()?;
    if delay == 0 {
        return None;
    }
    Some(
        Failure::refused(format!("{} replicates with a delay on purpose.", hop.address))
            .detail(format!("SQL_Delay = {delay} s"))
            .hint("A swap waits for the replica, so the delay must be 0: give another replica as --host."),
    )
}

fn stopped(hop: &Facts) -> Option<Failure> {
    let channel = hop.upstream.iter().find(|channel| !channel.running)?;
    let mut failure = Failure::refused(format!("{} does not replicate now.", hop.address));
    if !channel.error.is_empty() {
        failure = failure.detail(channel.error.clone());
    }
    Some(failure.hint("START REPLICA there, and see in SHOW REPLICA STATUS whether it lasts."))
}

/// The inspected server's binlog has to name rows.
fn not_rows(inspected: &Facts, topology: &Topology) -> Option<Failure> {
    let format = inspected.setting("binlog_format");
    if format == "ROW" || topology.assume_rbr || topology.switch_to_rbr {
        return None;
    }
    Some(
        Failure::refused(format!(
            "{} writes its binlog in {format} format; only ROW names the rows that change.",
            inspected.address
        ))
        .detail(format!("binlog_format = {format}"))
        .hint(
            "--switch-to-rbr sets ROW there and restarts its replication; --assume-rbr takes your word that its binlog \
             holds rows.",
        ),
    )
}

/// Statements are run again by the replica, and may change other rows there.
fn writes_text(primary: &Facts, topology: &Topology) -> Option<Failure> {
    let format = primary.setting("binlog_format");
    if format == "ROW" || topology.assume_rbr || topology.switch_to_rbr {
        return None;
    }
    Some(
        Failure::refused(format!("The primary {} writes its binlog in {format} format.", primary.address))
            .detail("a statement is run again by the replica; where it is not deterministic, it changes other rows there")
            .hint(
                "SET PERSIST binlog_format = 'ROW' on the primary; or, if you know that all statements on the table are \
                 deterministic, add --assume-rbr.",
            ),
    )
}

/// What has changed on the way since `before`; `statements`: it is the primary's habit to log statements.
pub fn changed(before: &Facts, now: &Facts, statements: bool) -> Option<Failure> {
    let lines: Vec<String> = [sources(before, now), settings(before, now), traces(before, now)].concat();
    if !lines.is_empty() {
        return Some(
            lines
                .into_iter()
                .fold(
                    Failure::failed(format!("The replication of {} was changed during the run.", now.address)),
                    Failure::detail,
                )
                .hint("Changes of the table may have been missed meanwhile. Start again when this cannot happen any more."),
        );
    }
    if statements || !ran_text(before, now) {
        return None;
    }
    Some(
        Failure::failed("Rows were changed by a statement on the primary, instead of in row format.")
            .detail(format!(
                "{} has run a statement (INSERT, UPDATE, DELETE, REPLACE or LOAD DATA) of another session's since the run began",
                now.address
            ))
            .hint(
                "Which rows it changed on the primary cannot be told with certainty. Find the session that sets \
                 binlog_format; or, if all statements on the table are deterministic, add --assume-rbr.",
            ),
    )
}

fn sources(before: &Facts, now: &Facts) -> Vec<String> {
    let told = |facts: &Facts| -> Vec<String> {
        let channels = facts.upstream.iter();
        channels
            .map(|channel| {
                format!(
                    "{}:{} (server_uuid {}), SQL_Delay {}, filters: {}",
                    channel.host,
                    channel.port,
                    channel.uuid,
                    channel.delay,
                    filters(channel).join("; ")
                )
            })
            .collect()
    };
    let (was, is) = (told(before), told(now));
    let either = |list: Vec<String>| {
        if list.is_empty() {
            "nothing".to_owned()
        } else {
            list.join(" and ")
        }
    };
    if was == is {
        return Vec::new();
    }
    vec![
        format!("it replicated from {}", either(was)),
        format!("now from {}", either(is)),
    ]
}

fn settings(before: &Facts, now: &Facts) -> Vec<String> {
    let changed = |name: &&&str| before.setting(name) != now.setting(name);
    let ours = ["read_only", "super_read_only"];
    now.settings
        .keys()
        .chain(
            before
                .settings
                .keys()
                .filter(|name| !now.settings.contains_key(**name)),
        )
        .filter(|name| !ours.contains(name))
        .filter(changed)
        .map(|name| {
            format!(
                "{name} was {}, and is {}",
                before.setting(name),
                now.setting(name)
            )
        })
        .collect()
}

fn traces(before: &Facts, now: &Facts) -> Vec<String> {
    let (Some(was), Some(is)) = (&before.traces, &now.traces) else {
        return match (&before.traces, &now.traces) {
            (Some(_), None) => vec!["performance_schema cannot be read any more".to_owned()],
            _ => Vec::new(),
        };
    };
    let set = is
        .set_at
        .iter()
        .filter(|(name, at)| was.set_at.get(*name) != Some(at));
    let sent = is
        .commands
        .iter()
        .filter(|(name, times)| was.commands.get(*name) != Some(times));
    set.map(|(name, at)| format!("{name} was set at {at}"))
        .chain(sent.map(|(name, times)| {
            format!(
                "{name}: {times} since the server's start, {} when the run began",
                was.commands.get(name).unwrap_or(&0)
            )
        }))
        .collect()
}

/// A thread that was not there before has begun to count at 0.
fn ran_text(before: &Facts, now: &Facts) -> bool {
    let count = |facts: &Facts| {
        facts
            .traces
            .as_ref()
            .and_then(|traces| traces.applied_as_text.clone())
    };
    let (Some(was), Some(is)) = (count(before), count(now)) else {
        return false;
    };
    is.iter()
        .any(|(thread, times)| times > was.get(thread).unwrap_or(&0))
}

#[cfg(test)]
mod tests;
