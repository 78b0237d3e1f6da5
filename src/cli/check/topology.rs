//! Which server is read and which is written.

use super::{Problems, Surroundings};
use crate::cli::args::topology::TopologyArgs as Args;
use crate::config::{Address, Mode, Secret, Topology};
use crate::error::Failure;

/// Environment variable that may hold the password at the primary.
const PASSWORD_VARIABLE: &str = "GHOST_RS_MASTER_PASSWORD";

pub(super) fn check(args: &Args, world: &dyn Surroundings, problems: &mut Problems) -> Topology {
    opposites(args, problems);
    let password = args.master_password.clone();
    Topology {
        mode: mode(args),
        allow_on_master: args.allow_on_master,
        allow_master_master: args.allow_master_master,
        assume_master: problems.take(master(args)),
        master_user: args.master_user.clone().filter(|user| !user.is_empty()),
        master_password: password
            .filter(|password| !password.is_empty())
            .or_else(|| world.env(PASSWORD_VARIABLE).map(Secret::new)),
        gtid: args.gtid,
        switch_to_rbr: args.switch_to_rbr,
        assume_rbr: args.assume_rbr,
    }
}

fn mode(args: &Args) -> Mode {
    match (args.migrate_on_replica, args.test_on_replica) {
        (true, _) => Mode::MigrateOnReplica,
        (_, true) => Mode::TestOnReplica {
            stop_replication: !args.test_on_replica_skip_replica_stop,
        },
        _ => Mode::Primary,
    }
}

fn master(args: &Args) -> Result<Option<Address>, Failure> {
    let text = args.assume_master_host.as_deref().filter(|text| !text.is_empty());
    text.map(Address::parse).transpose().map_err(|why| {
        Failure::usage("--assume-master-host is no server")
            .detail(why)
            .hint("say --assume-master-host db1, or db1:3307")
    })
}

/// Flags that contradict each other, or need another.
fn opposites(args: &Args, problems: &mut Problems) {
    let pairs = [
        (
            ("--allow-on-master", args.allow_on_master),
            ("--migrate-on-replica", args.migrate_on_replica),
        ),
        (
            ("--allow-on-master", args.allow_on_master),
            ("--test-on-replica", args.test_on_replica),
        ),
        (
            ("--migrate-on-replica", args.migrate_on_replica),
            ("--test-on-replica", args.test_on_replica),
        ),
        (
            ("--switch-to-rbr", args.switch_to_rbr),
            ("--assume-rbr", args.assume_rbr),
        ),
    ];
    for ((one, one_given), (other, other_given)) in pairs {
        if one_given && other_given {
            problems.add(
                Failure::usage(format!(
                    "both {one} and {other} are given, and they exclude each other"
                ))
                .hint("keep the one that is meant"),
            );
        }
    }
    if args.test_on_replica_skip_replica_stop && !args.test_on_replica {
        problems.add(
            Failure::usage("--test-on-replica-skip-replica-stop is given, but not --test-on-replica")
                .hint("add --test-on-replica, or leave it out"),
        );
    }
}
