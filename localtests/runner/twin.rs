//! The oracle: the same table under the same name in a schema of its own, altered by the server itself.
//!
//! The twin is made from SHOW CREATE TABLE and a copy of the rows, and is compared before anything else, so that a twin that is
//! none cannot excuse anything.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::image::{Image, neutral, quoted, show_create};
use super::script;
use crate::support::{Outcome, Server, Trouble, ensure, trouble};

/// Make the twin of a table. `as_name` differs from `table` where the original has been renamed meanwhile.
pub async fn make(server: &Server, from: (&str, &str), to: (&str, &str)) -> Outcome {
    let mut conn = server.connect().await?;
    neutral(&mut conn).await?;
    let create = show_create(&mut conn, from.0, from.1).await?;
    let renamed = create.replacen(
        &format!("CREATE TABLE {}", quoted(from.1)),
        &format!("CREATE TABLE {}", quoted(to.1)),
        1,
    );
    conn.query_drop(format!("USE {}", quoted(to.0))).await?;
    conn.query_drop(renamed).await?;
    copy_rows(&mut conn, from, to).await?;
    let (one, other) = (
        Image::take(&mut conn, from.0, from.1).await?,
        Image::take(&mut conn, to.0, to.1).await?,
    );
    ensure(one.next_id == other.next_id, || {
        format!(
            "AUTO_INCREMENT of the twin: {:?} for {:?}",
            other.next_id, one.next_id
        )
    })?;
    one.differs(&other).map_or(Ok(()), |how| {
        Err(trouble(how).at("the twin is not like the table"))
    })
}

async fn copy_rows(conn: &mut Conn, from: (&str, &str), to: (&str, &str)) -> Outcome {
    let query = "SELECT column_name FROM information_schema.columns \
                 WHERE table_schema = ? AND table_name = ? AND generation_expression = '' ORDER BY ordinal_position";
    let columns: Vec<String> = conn.exec(query, from).await?;
    let list = columns
        .iter()
        .map(|name| quoted(name))
        .collect::<Vec<_>>()
        .join(", ");
    conn.query_drop(format!(
        "INSERT INTO {}.{} ({list}) SELECT {list} FROM {}.{}",
        quoted(to.0),
        quoted(to.1),
        quoted(from.0),
        quoted(from.1)
    ))
    .await?;
    Ok(())
}

/// The server's own ALTER, by copying, in a session with the server's own settings and those that a case adds. Its error is the
/// caller's to judge.
pub async fn alter(
    server: &Server,
    schema: &str,
    table: &str,
    alter: &str,
    setup: &str,
) -> Result<(), AlterError> {
    let mut conn = server.connect().await.map_err(AlterError::Other)?;
    // A clause ALGORITHM=COPY has no place that is right for every ALTER (partition clauses come last); the variable has.
    let setup = format!("USE {};SET SESSION old_alter_table = ON;{setup}", quoted(schema));
    script::run(&mut conn, &setup).await.map_err(AlterError::Other)?;
    let whole = alter
        .trim_start()
        .get(..11)
        .is_some_and(|start| start.eq_ignore_ascii_case("ALTER TABLE"));
    let statement = if whole {
        alter.to_owned()
    } else {
        format!("ALTER TABLE {} {alter}", quoted(table))
    };
    conn.query_drop(&statement).await.map_err(|error| match error {
        mysql_async::Error::Server(error) => AlterError::Server(error.code, error.message),
        other => AlterError::Other(other.into()),
    })
}

/// Why the server did not alter the twin.
pub enum AlterError {
    /// Its own error, by number.
    Server(u16, String),
    Other(Trouble),
}

impl From<AlterError> for Trouble {
    fn from(error: AlterError) -> Self {
        match error {
            AlterError::Server(code, message) => {
                trouble(format!("the server's own ALTER fails: ERROR {code}: {message}"))
            }
            AlterError::Other(trouble) => trouble,
        }
    }
}
