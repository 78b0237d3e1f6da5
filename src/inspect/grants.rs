//! Which privileges a run needs, which the account has, and the GRANT statements for the difference. Pure: it reads
//! the lines of SHOW GRANTS, in which the server has already resolved active roles.
//!
//! What it leaves out: the server picks the most specific of several matching schema patterns, here they add up. The
//! worst case is a privilege that the server then misses itself, with its own error.

use std::collections::BTreeSet;

use crate::error::Failure;

/// Needed on the table and on each helper table. TRIGGER is for *seeing* triggers: without it the server says that
/// there are none.
const ON_TABLES: &[&str] = &[
    "ALTER", "CREATE", "DELETE", "DROP", "INDEX", "INSERT", "SELECT", "TRIGGER", "UPDATE",
];
/// Needed on the schema; these cannot be granted on a table.
const ON_SCHEMA: &[&str] = &["CREATE TEMPORARY TABLES", "LOCK TABLES"];
/// Needed on `*.*`: to read the binlog, and to ask for its position.
const GLOBAL: &[&str] = &["REPLICATION CLIENT", "REPLICATION SLAVE"];

/// Where a privilege was granted or revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    Global,
    /// A pattern with `%`, `_` and `\` escapes.
    Schema(String),
    Table(String, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    revoke: bool,
    privileges: BTreeSet<String>,
    scope: Scope,
}

/// What SHOW GRANTS said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    statements: Vec<Statement>,
    partial_revokes: bool,
}

/// The privileges that are missing, by where they belong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// On the schema.
    pub schema: Vec<&'static str>,
    /// On `*.*`.
    pub global: Vec<&'static str>,
}

impl Missing {
    /// Nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.schema.is_empty() && self.global.is_empty()
    }

    /// The statements that would give an account (as `CURRENT_USER()` prints it) what is missing.
    pub fn statements(&self, schema: &str, account: &str) -> Vec<String> {
        let account = quote_account(account);
        let on_schema = format!("`{}`.*", escape_pattern(schema).replace('`', "``"));
        let statement = |privileges: &[&str], place: &str| {
            (!privileges.is_empty())
                .then(|| format!("GRANT {} ON {place} TO {account};", privileges.join(", ")))
        };
        [
            statement(&self.schema, &on_schema),
            statement(&self.global, "*.*"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The refusal that names what is missing; `None` if nothing is.
pub fn problem(missing: &Missing, schema: &str, account: &str) -> Option<Failure> {
    if missing.is_empty() {
        return None;
    }
    let mut failure = Failure::refused(format!(
        "The account {account} lacks privileges that a run needs."
    ));
    let lines = [("schema", &missing.schema), ("global", &missing.global)];
    let named = lines.iter().filter(|(_, privileges)| !privileges.is_empty());
    failure
        .detail
        .extend(named.map(|(place, privileges)| format!("missing, {place}: {}", privileges.join(", "))));
    Some(failure.hint(missing.statements(schema, account).join(" ")))
}

impl Grants {
    /// Reads the lines of SHOW GRANTS. With `partial_revokes`, `%` and `_` in schema names are no wildcards.
    pub fn parse<S: AsRef<str>>(lines: &[S], partial_revokes: bool) -> Self {
        Self {
            statements: lines.iter().filter_map(|line| statement(line.as_ref())).collect(),
            partial_revokes,
        }
    }

    /// What reading the binlog and looking at the table's definition needs, on a server where nothing is written.
    pub fn missing_to_read(&self, schema: &str, table: &str) -> Missing {
        let sees = self.on_table("SELECT", schema, table);
        Missing {
            schema: if sees { Vec::new() } else { vec!["SELECT"] },
            global: self.missing_global(GLOBAL),
        }
    }

    /// What a run on these tables of a schema (the source and our helper tables) needs and the account lacks.
    /// `read_here`: the binlog is read on this server.
    pub fn missing(&self, schema: &str, tables: &[&str], read_here: bool) -> Missing {
        let on_all = |privilege: &&&str| tables.iter().all(|table| self.on_table(privilege, schema, table));
        let mut lacking: Vec<&str> = ON_TABLES
            .iter()
            .filter(|privilege| !on_all(privilege))
            .copied()
            .collect();
        lacking.extend(
            ON_SCHEMA
                .iter()
                .filter(|privilege| !self.on_schema(privilege, schema)),
        );
        lacking.sort_unstable();
        let global = if read_here {
            GLOBAL
        } else {
            &["REPLICATION CLIENT"]
        };
        Missing {
            schema: lacking,
            global: self.missing_global(global),
        }
    }

    /// SUPER stands for REPLICATION CLIENT, as it does for the server.
    fn missing_global(&self, needed: &[&'static str]) -> Vec<&'static str> {
        let has = |privilege: &&str| {
            self.global(privilege) || (*privilege == "REPLICATION CLIENT" && self.global("SUPER"))
        };
        needed
            .iter()
            .filter(|privilege| !has(privilege))
            .copied()
            .collect()
    }

    /// What a run can do without, but would do better with.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.on_schema("SELECT", "performance_schema") {
            notes.push(
                "Without SELECT on performance_schema.* sessions that hold a lock on the table cannot be named before \
                 the swap."
                    .to_owned(),
            );
        }
        notes
    }

    /// Whether the account has a privilege on `*.*`.
    pub fn global(&self, privilege: &str) -> bool {
        self.granted(privilege, |scope| *scope == Scope::Global)
    }

    /// Whether the account has a privilege on a whole schema.
    pub fn on_schema(&self, privilege: &str, schema: &str) -> bool {
        let here = |scope: &Scope| matches!(scope, Scope::Schema(pattern) if self.matches(pattern, schema));
        self.granted(privilege, here) || (self.global(privilege) && !self.revoked(privilege, schema))
    }

    fn on_table(&self, privilege: &str, schema: &str, table: &str) -> bool {
        let here = |scope: &Scope| matches!(scope, Scope::Table(s, t) if s == schema && t == table);
        self.on_schema(privilege, schema) || self.granted(privilege, here)
    }

    fn granted(&self, privilege: &str, at: impl Fn(&Scope) -> bool) -> bool {
        self.statements
            .iter()
            .any(|statement| !statement.revoke && statement.names(privilege) && at(&statement.scope))
    }

    /// A partial revoke takes a global privilege back for one schema, named literally.
    fn revoked(&self, privilege: &str, schema: &str) -> bool {
        let here = |scope: &Scope| matches!(scope, Scope::Schema(name) if unescape_pattern(name) == schema);
        self.statements
            .iter()
            .any(|statement| statement.revoke && statement.names(privilege) && here(&statement.scope))
    }

    fn matches(&self, pattern: &str, schema: &str) -> bool {
        if self.partial_revokes {
            unescape_pattern(pattern) == schema
        } else {
            like(pattern, schema)
        }
    }
}

impl Statement {
    fn names(&self, privilege: &str) -> bool {
        let everything = self.privileges.contains("ALL PRIVILEGES") || self.privileges.contains("ALL");
        everything || self.privileges.contains(privilege)
    }
}

/// `GRANT a, b (c, d) ON scope TO …`; roles and PROXY give `None`.
fn statement(line: &str) -> Option<Statement> {
    let (revoke, rest) = match line.trim().split_once(' ')? {
        ("GRANT", rest) => (false, rest),
        ("REVOKE", rest) => (true, rest),
        _ => return None,
    };
    let (list, place) = split_outside_quotes(rest, " ON ")?;
    let privileges: BTreeSet<String> = whole_privileges(list).collect();
    if privileges.contains("PROXY") {
        return None;
    }
    Some(Statement {
        revoke,
        privileges,
        scope: scope(place)?,
    })
}

/// The privileges of a list that are not limited to columns.
fn whole_privileges(list: &str) -> impl Iterator<Item = String> {
    let mut names = vec![String::new()];
    let (mut depth, mut quoted) = (0_u32, false);
    for char in list.chars() {
        match char {
            '`' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => names.push(String::new()),
            _ => {}
        }
        if let Some(name) = names.last_mut().filter(|_| char != ',' || depth > 0) {
            name.push(char);
        }
    }
    names
        .into_iter()
        .filter(|name| !name.contains('('))
        .map(|name| name.trim().to_ascii_uppercase())
}

fn scope(place: &str) -> Option<Scope> {
    // `ON FUNCTION` and `ON PROCEDURE` say nothing about tables.
    let place = place.strip_prefix("TABLE ").unwrap_or(place);
    if place.starts_with("*.*") {
        return Some(Scope::Global);
    }
    let (schema, rest) = quoted(place)?;
    let rest = rest.strip_prefix('.')?;
    if rest.starts_with('*') {
        return Some(Scope::Schema(schema));
    }
    Some(Scope::Table(schema, quoted(rest)?.0))
}

/// A name in backticks and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('`')?;
    let mut name = String::new();
    loop {
        let (part, after) = rest.split_once('`')?;
        name.push_str(part);
        match after.strip_prefix('`') {
            Some(more) => {
                name.push('`');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

fn split_outside_quotes<'a>(text: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
    text.match_indices(separator)
        .map(|(at, _)| {
            (
                text.get(..at).unwrap_or_default(),
                text.get(at + separator.len()..).unwrap_or_default(),
            )
        })
        .find(|(before, _)| before.matches('`').count() % 2 == 0)
}

/// LIKE, as the server matches schema patterns: `%`, `_`, and `\` before either.
fn like(pattern: &str, text: &str) -> bool {
    let mut chars = pattern.chars();
    match chars.next() {
        None => text.is_empty(),
        Some('%') => text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .any(|at| like(chars.as_str(), text.get(at..).unwrap_or_default())),
        Some(first) => {
            let literal = if first == '\\' {
                chars.next().unwrap_or(first)
            } else {
                first
            };
            let mut rest = text.chars();
            let Some(char) = rest.next() else { return false };
            ((first == '_') || char == literal) && like(chars.as_str(), rest.as_str())
        }
    }
}

fn escape_pattern(schema: &str) -> String {
    schema
        .replace('\\', "\\\\")
        .replace('_', "\\_")
        .replace('%', "\\%")
}

fn unescape_pattern(pattern: &str) -> String {
    pattern.replace("\\_", "_").replace("\\%", "%")
}

/// An account as `CURRENT_USER()` prints it, quoted for a GRANT.
pub(super) fn quote_account(account: &str) -> String {
    let (user, host) = account.rsplit_once('@').unwrap_or((account, "%"));
    format!("`{}`@`{}`", user.replace('`', "``"), host.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[&str] = &[
        "ALTER",
        "CREATE",
        "CREATE TEMPORARY TABLES",
        "DELETE",
        "DROP",
        "INDEX",
        "INSERT",
        "LOCK TABLES",
        "SELECT",
        "TRIGGER",
        "UPDATE",
    ];
    const REPLICATION: &str = "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`";

    fn lacking(lines: &[&str]) -> Vec<&'static str> {
        Grants::parse(lines, false)
            .missing("shop_a", &["t", "_t_gho"], true)
            .schema
    }

    #[test]
    fn what_satisfies_a_schema() {
        let none: &[&str] = &[];
        let cases: &[(&[&str], &[&str])] = &[
            (
                &["GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION"],
                none,
            ),
            (&["GRANT ALL PRIVILEGES ON `shop\\_a`.* TO `u`@`%`"], none),
            (&["GRANT ALL PRIVILEGES ON `shop_a`.* TO `u`@`%`"], none),
            (&["GRANT ALL PRIVILEGES ON `shop%`.* TO `u`@`%`"], none),
            (&["GRANT ALL PRIVILEGES ON `shop\\_`.* TO `u`@`%`"], ALL),
            (&["GRANT ALL PRIVILEGES ON `shop`.* TO `u`@`%`"], ALL),
            (
                &["GRANT USAGE ON *.* TO `u`@`%`", "GRANT `role`@`%` TO `u`@`%`"],
                ALL,
            ),
            (
                &["GRANT PROXY ON ``@`` TO `root`@`localhost` WITH GRANT OPTION"],
                ALL,
            ),
            (&["GRANT ALL PRIVILEGES ON FUNCTION `shop_a`.`t` TO `u`@`%`"], ALL),
            (
                &["GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX, ALTER ON `shop_a`.* TO `u`@`%`"],
                &["CREATE TEMPORARY TABLES", "DROP", "LOCK TABLES", "TRIGGER"],
            ),
        ];
        for (lines, expected) in cases {
            assert_eq!(lacking(lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn table_grants_count_when_every_table_has_them() {
        let source = "GRANT SELECT, INSERT (`a`, `b, ON c`), UPDATE ON `shop_a`.`t` TO `u`@`%`";
        let ghost = "GRANT SELECT, UPDATE ON TABLE `shop_a`.`_t_gho` TO `u`@`%`";
        let missing = lacking(&[source, ghost]);
        assert!(
            !missing.contains(&"SELECT") && !missing.contains(&"UPDATE"),
            "{missing:?}"
        );
        assert!(
            missing.contains(&"INSERT"),
            "a column's INSERT is not the table's: {missing:?}"
        );
        assert!(lacking(&[source]).contains(&"SELECT"));
    }

    #[test]
    fn partial_revokes_take_back() {
        let lines = [
            "GRANT SELECT, INSERT, DROP ON *.* TO `u`@`%`",
            "REVOKE INSERT ON `shop_a`.* FROM `u`@`%`",
        ];
        let grants = Grants::parse(&lines, true);
        assert!(grants.on_schema("SELECT", "shop_a"));
        assert!(!grants.on_schema("INSERT", "shop_a"));
        assert!(grants.on_schema("INSERT", "shop_b"));
    }

    #[test]
    fn with_partial_revokes_wildcards_are_letters() {
        let line = ["GRANT SELECT ON `shop_a`.* TO `u`@`%`"];
        assert!(Grants::parse(&line, false).on_schema("SELECT", "shopXa"));
        assert!(!Grants::parse(&line, true).on_schema("SELECT", "shopXa"));
        assert!(Grants::parse(&line, true).on_schema("SELECT", "shop_a"));
    }

    #[test]
    fn global_privileges() {
        let missing = |lines: &[&str]| Grants::parse(lines, false).missing("s", &["t"], true).global;
        assert_eq!(missing(&[REPLICATION]), Vec::<&str>::new());
        assert_eq!(
            missing(&["GRANT REPLICATION SLAVE, SUPER ON *.* TO `u`@`%`"]),
            Vec::<&str>::new()
        );
        assert_eq!(
            missing(&["GRANT ALL PRIVILEGES ON `s`.* TO `u`@`%`"]),
            ["REPLICATION CLIENT", "REPLICATION SLAVE"]
        );
    }

    #[test]
    fn names_with_backticks_and_words_of_the_grammar() {
        let line = "GRANT SELECT ON `a`` ON ``b`.* TO `u`@`%`";
        assert!(Grants::parse(&[line], false).on_schema("SELECT", "a` ON `b"));
    }

    #[test]
    fn the_statements_to_run() {
        let missing = Missing {
            schema: vec!["DROP", "LOCK TABLES"],
            global: vec!["REPLICATION SLAVE"],
        };
        assert_eq!(
            missing.statements("shop_a", "app@10.%"),
            [
                "GRANT DROP, LOCK TABLES ON `shop\\_a`.* TO `app`@`10.%`;",
                "GRANT REPLICATION SLAVE ON *.* TO `app`@`10.%`;",
            ]
        );
        assert!(Missing::default().is_empty() && Missing::default().statements("s", "u@h").is_empty());
    }

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("a%c", "abbc", true),
            ("a_c", "abc", true),
            ("a\\_c", "abc", false),
            ("a\\_c", "a_c", true),
            ("%", "", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
