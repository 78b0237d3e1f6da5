//! `docs/flags.md` is written from the flags themselves; this test fails when it is out of date.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, ArgAction};

fn markdown() -> String {
    let alter = super::alter_command();
    let mut text = String::from(
        "# Flags of `ghost-rs alter`\n\n\
         Written from the program by `UPDATE=1 cargo test --lib flags_doc`. A flag that means what it means in gh-ost has \
         gh-ost's name.\n",
    );
    let mut heading = None;
    for arg in alter
        .get_arguments()
        .filter(|arg| arg.get_help_heading().is_some())
    {
        if arg.get_help_heading() != heading {
            heading = arg.get_help_heading();
            let _ = write!(
                text,
                "\n## {}\n\n| flag | |\n| --- | --- |\n",
                heading.unwrap_or_default()
            );
        }
        let _ = writeln!(text, "| `{}` | {} |", usage(arg), help(arg));
    }
    text
}

fn usage(arg: &Arg) -> String {
    let name = arg.get_long().unwrap_or_default();
    match (arg.get_action(), arg.get_value_names()) {
        (ArgAction::SetTrue, _) | (_, None) => format!("--{name}"),
        (_, Some(values)) => format!("--{name} {}", values.join(" ")),
    }
}

fn help(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    help.replace('|', "\\|").replace('<', "\\<")
}

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/flags.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, markdown()).expect("written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        found,
        markdown(),
        "out of date; rewrite it with: UPDATE=1 cargo test --lib flags_doc"
    );
}

#[test]
fn every_flag_has_a_group_and_says_what_it_does() {
    let mut alter = super::alter_command();
    alter.build();
    for arg in alter.get_arguments().filter(|arg| arg.get_id() != "help") {
        assert!(arg.get_help_heading().is_some(), "{} has no group", arg.get_id());
        assert!(
            arg.get_help().is_some_and(|help| !help.to_string().is_empty()),
            "{} has no help",
            arg.get_id()
        );
    }
}
