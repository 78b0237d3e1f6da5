//! The statements of `changes.sql`, applied to the twin and to the table in one transaction each.
//!
//! Lock step is what makes the oracle exact: every statement runs once in each schema, in the same order, and must end alike
//! (done, or the same error). Statements between BEGIN and COMMIT or ROLLBACK stay together.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::image::quoted;
use super::script::{self, shortened};
use crate::support::{Outcome, Server, ensure, trouble};

/// A transaction of the file, and how it ends.
struct Group {
    statements: Vec<String>,
    end: &'static str,
}

/// Changes ready to be applied.
pub struct Changes {
    conn: Conn,
    groups: Vec<Group>,
    schemas: [String; 2],
    /// How often the whole file has run.
    pub rounds: u64,
}

impl Changes {
    pub async fn open(server: &Server, text: &str, twin_schema: &str, schema: &str) -> Outcome<Self> {
        let conn = server.connect().await?;
        let schemas = [twin_schema.to_owned(), schema.to_owned()];
        Ok(Self {
            conn,
            groups: groups(text),
            schemas,
            rounds: 0,
        })
    }

    /// All of the file, once.
    pub async fn round(&mut self) -> Outcome {
        for group in &self.groups {
            self.conn.query_drop("BEGIN").await?;
            let mut ends = Vec::new();
            for schema in &self.schemas {
                self.conn.query_drop(format!("USE {}", quoted(schema))).await?;
                ends.push(run_group(&mut self.conn, &group.statements).await?);
            }
            self.conn.query_drop(group.end).await?;
            ensure(ends.first() == ends.last(), || {
                let text = group
                    .statements
                    .iter()
                    .map(|s| shortened(s))
                    .collect::<Vec<_>>()
                    .join("; ");
                format!("table and twin answer differently to {text}: (twin, table) = {ends:?}")
            })?;
        }
        self.rounds += 1;
        Ok(())
    }
}

/// The statements' error numbers, 0 where there is none.
async fn run_group(conn: &mut Conn, statements: &[String]) -> Outcome<Vec<u16>> {
    let mut codes = Vec::new();
    for statement in statements {
        codes.push(match conn.query_drop(statement).await {
            Ok(()) => 0,
            Err(mysql_async::Error::Server(error)) => error.code,
            Err(other) => return Err(trouble(format!("{}: {other}", shortened(statement)))),
        });
    }
    Ok(codes)
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut open: Option<Vec<String>> = None;
    for statement in script::statements(text) {
        let end = match statement.to_uppercase().as_str() {
            "BEGIN" => {
                open = Some(Vec::new());
                continue;
            }
            "COMMIT" => "COMMIT",
            "ROLLBACK" => "ROLLBACK",
            _ => match &mut open {
                Some(statements) => {
                    statements.push(statement);
                    continue;
                }
                None => {
                    groups.push(Group {
                        statements: vec![statement],
                        end: "COMMIT",
                    });
                    continue;
                }
            },
        };
        groups.push(Group {
            statements: open.take().unwrap_or_default(),
            end,
        });
    }
    groups
}
