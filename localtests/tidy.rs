//! The shape of the source, held by a test: layers, deliberate absences, lengths.
//!
//! It reads text, so it can be fooled; it is here against drift, not against intent.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up; a module imports only from lines above its own, and from itself.
const LAYERS: &[&[&str]] = &[
    &["error", "retry", "tasks", "position", "schema"],
    &["config", "key"],
    &["alter", "hooks", "knobs", "sql"],
    &["plan", "changes", "pace", "status"],
    &["mysql", "binlog", "metrics"],
    &["fence", "inspect"],
    &[
        "apply", "capture", "cleanup", "copy", "throttle", "topology", "triggers", "verify",
    ],
    &["control", "cutover", "prepare"],
    &["migrate"],
    &["cli"],
];

/// (text, the only places where it may stand, why)
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    (
        "mysql_async",
        &["mysql", "binlog"],
        "the driver is behind two edges",
    ),
    ("JoinSet", &["tasks"], "every task has an owner"),
    ("thread::Builder", &["tasks"], "every thread has an owner"),
    ("\"RENAME TABLE", &["cutover"], "one place swaps"),
    (
        "(\"DROP TABLE",
        &["cleanup"],
        "one place drops tables that may hold rows",
    ),
    (
        "LOCK TABLES {",
        &["cutover"],
        "one place locks the application out",
    ),
    ("process::exit", &[], "a run ends by returning"),
];

/// Decisions: no I/O, no clock, not async.
const PURE: &[&str] = &["alter", "changes", "key", "plan", "schema", "sql"];

/// Lines of a function, and of a file without its tests.
const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 500;
/// Of a hundred functions so many may be longer than this.
const LONG_FUNCTION_LINES: usize = 40;
const LONG_FUNCTIONS_PER_CENT: usize = 3;

struct Source {
    path: PathBuf,
    module: String,
    /// Without `#[cfg(test)]` parts.
    lines: Vec<String>,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(
        found.len() > 50,
        "the source is somewhere else: {}",
        root.display()
    );
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let inside = path.strip_prefix(root).unwrap();
            if is_test(inside) {
                continue;
            }
            let first = inside.iter().next().unwrap().to_string_lossy().replace(".rs", "");
            let text = fs::read_to_string(&path).unwrap();
            let lines = text
                .lines()
                .take_while(|line| !line.starts_with("#[cfg(test)]\nmod tests"));
            let lines = lines.map(str::to_owned).collect();
            found.push(Source {
                module: first,
                lines: without_tests(lines),
                path,
            });
        }
    }
}

fn is_test(path: &Path) -> bool {
    let text = path.to_string_lossy();
    ["tests", "/model", "properties.rs", "flags_doc.rs"]
        .iter()
        .any(|word| text.contains(word))
}

/// Up to the first inline test module, which stands last by habit.
fn without_tests(lines: Vec<String>) -> Vec<String> {
    let end = lines
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].ends_with('{'));
    lines.into_iter().take(end.unwrap_or(usize::MAX)).collect()
}

fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn imports_go_down_only() {
    let mut wrong = BTreeSet::new();
    for source in sources()
        .iter()
        .filter(|source| !["main", "lib"].contains(&source.module.as_str()))
    {
        let own = rank(&source.module).unwrap_or_else(|| panic!("{} has no layer", source.module));
        for imported in imports(&source.lines.join("\n")) {
            let allowed = imported == source.module || rank(&imported).is_some_and(|other| other < own);
            if !allowed {
                wrong.insert(format!("{} imports {imported}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The modules behind `crate::` and in `use crate::{…}`.
fn imports(text: &str) -> BTreeSet<String> {
    let word = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let mut found = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let (mut depth, mut at_start) = (0, true);
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_start = true,
                c if depth == 0 && at_start && c.is_alphabetic() => {
                    found.insert(word(&list[at..]));
                    at_start = false;
                }
                _ => {}
            }
        }
    }
    found.retain(|name| rank(name).is_some());
    found
}

#[test]
fn some_things_stand_in_one_place_only() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (text, places, why) in ONLY_IN {
            let stands = source.lines.iter().any(|line| code(line).contains(text));
            if stands && !places.contains(&source.module.as_str()) {
                wrong.push(format!("{}: {text} ({why})", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_decides_does_not_do() {
    let mut wrong = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| PURE.contains(&source.module.as_str()))
    {
        for (number, line) in source.lines.iter().enumerate() {
            if ["async ", ".await", "Instant::now", "SystemTime"]
                .iter()
                .any(|word| code(line).contains(word))
            {
                wrong.push(format!("{}:{}: {line}", source.path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn functions_and_files_stay_short() {
    let (mut wrong, mut functions, mut long) = (Vec::new(), 0, 0);
    for source in sources() {
        if source.lines.len() > FILE_LINES_MAX {
            wrong.push(format!("{}: {} lines", source.path.display(), source.lines.len()));
        }
        for (name, lines) in function_lengths(&source.lines) {
            functions += 1;
            long += usize::from(lines > LONG_FUNCTION_LINES);
            if lines > FUNCTION_LINES_MAX {
                wrong.push(format!("{}: {name}: {lines} lines", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(functions > 500, "functions are not found any more: {functions}");
    assert!(
        long * 100 <= functions * LONG_FUNCTIONS_PER_CENT,
        "{long} of {functions} functions are long"
    );
}

fn function_lengths(lines: &[String]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(String, usize, usize)> = None;
    for (number, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim_start();
        let begins = [
            "fn ",
            "pub fn ",
            "async fn ",
            "pub async fn ",
            "pub(super) fn ",
            "pub(super) async fn ",
            "pub(crate) fn ",
        ];
        if begins.iter().any(|begin| text.starts_with(begin)) && !text.ends_with(';') {
            open = Some((text.chars().take(60).collect(), indent, number));
        }
        if let Some((name, at, start)) = open.take_if(|(_, at, _)| *at == indent && line.trim() == "}") {
            let _ = at;
            found.push((name, number - start + 1));
        }
    }
    found
}
