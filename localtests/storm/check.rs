//! The table against what all writers remember: every row of it, streamed in the order of the key.

use std::collections::HashMap;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde::Serialize;

use super::model::{Row, Share};
use super::{Error, Storm};

/// Rows named in the summary.
const EXAMPLES: usize = 5;

/// The verdict on the table.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Check {
    pub rows: u64,
    /// In the model, not in the table.
    pub missing: u64,
    /// In the table, not in the model.
    pub extra: u64,
    /// In both, with other values.
    pub wrong: u64,
    pub examples: Vec<String>,
}

impl Check {
    /// Whether the table is what the writers wrote.
    pub fn holds(&self) -> bool {
        self.missing == 0 && self.extra == 0 && self.wrong == 0
    }

    fn found(
        &mut self,
        kind: super::Kind,
        model: &mut HashMap<i64, Row>,
        found: (i64, String, String, i32, String),
    ) {
        self.rows += 1;
        let shown = format!("{found:?}");
        let known = kind
            .as_found(found)
            .and_then(|(id, text)| Some((id, text, model.remove(&id)?)));
        match known {
            None => {
                self.extra += 1;
                self.example(format!("extra: {shown}"));
            }
            Some((id, text, row)) if text != kind.expected(id, &row) => {
                self.wrong += 1;
                self.example(format!("wrong: {shown}, written was {}", kind.expected(id, &row)));
            }
            Some(_) => {}
        }
    }

    fn example(&mut self, text: String) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(text);
        }
    }
}

/// Compare.
pub async fn check(storm: &Storm, shares: &[Share]) -> Result<Check, Error> {
    let mut model: HashMap<i64, Row> = shares.iter().flat_map(Share::rows).collect();
    let mut check = Check::default();
    let mut conn = Conn::new(storm.session()).await?;
    let kind = storm.kind;
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {}",
        kind.found_columns(),
        storm.table,
        kind.key_columns()
    );
    let mut rows = conn.query_iter(sql).await?;
    while let Some(row) = rows.next().await? {
        check.found(kind, &mut model, mysql_async::from_row_opt(row)?);
    }
    drop(rows);
    check.missing = model.len() as u64;
    for (id, row) in model.iter().take(EXAMPLES) {
        check.example(format!("missing: {id}, written was {}", kind.expected(*id, row)));
    }
    conn.disconnect().await?;
    Ok(check)
}
