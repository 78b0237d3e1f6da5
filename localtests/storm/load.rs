//! The table before the storm: made anew and filled by a few sessions with large INSERTs.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, TxOpts};
use tokio::task::JoinSet;

use super::model::{Row, first_given_id, ids_at_start};
use super::{Error, Storm};

const SESSIONS: usize = 2;
const ROWS_PER_INSERT: usize = 1_000;
const INSERTS_PER_COMMIT: usize = 10;

/// Create the schema if it is not there, drop the table and what earlier alters left, and fill it.
pub async fn load(storm: &Storm) -> Result<(), Error> {
    let mut conn = Conn::new(storm.opts.clone()).await?;
    conn.query_drop(format!("CREATE DATABASE IF NOT EXISTS {}", storm.schema))
        .await?;
    conn.query_drop(format!("USE {}", storm.schema)).await?;
    let table = &storm.table;
    conn.query_drop(format!(
        "DROP TABLE IF EXISTS {table}, _{table}_del, _{table}_gho, _{table}_ghc"
    ))
    .await?;
    conn.query_drop(storm.kind.create(&storm.table, first_given_id(storm.rows)))
        .await?;
    conn.disconnect().await?;
    let mut parts = JoinSet::new();
    for part in 0..SESSIONS {
        parts.spawn(fill(storm.clone(), part));
    }
    parts.join_all().await.into_iter().collect()
}

async fn fill(storm: Storm, part: usize) -> Result<(), Error> {
    let mut conn = Conn::new(storm.session()).await?;
    let ids: Vec<i64> = ids_at_start(storm.rows).collect();
    let share = ids.len().div_ceil(SESSIONS).max(1);
    let ids = ids.chunks(share).nth(part).unwrap_or_default();
    for commit in ids.chunks(ROWS_PER_INSERT * INSERTS_PER_COMMIT) {
        let mut transaction = conn.start_transaction(TxOpts::default()).await?;
        for insert in commit.chunks(ROWS_PER_INSERT) {
            let rows: Vec<String> = insert
                .iter()
                .map(|&id| storm.kind.values(id, &Row::at_start(id)))
                .collect();
            let sql = format!(
                "INSERT INTO {} ({}) VALUES {}",
                storm.table,
                storm.kind.columns(),
                rows.join(", ")
            );
            transaction.query_drop(sql).await?;
        }
        transaction.commit().await?;
    }
    conn.disconnect().await?;
    Ok(())
}
