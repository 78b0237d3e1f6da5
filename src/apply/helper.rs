//! The temporary table in which a flush looks at its rows before they go into the ghost.
//!
//! It has the ghost's columns, generated ones and defaults included, so a row is there exactly what it will be in the
//! ghost; and no key but one, because a batch is written and emptied there again and again. Made from the ghost's
//! text and not LIKE it: a temporary table can have neither partitions, nor full-text keys, nor compressed rows.

use crate::{
    mysql::{Session, SqlError},
    plan::work::Work,
    schema::TableName,
    sql::quote_ident,
};

/// Whether a session has its table yet.
#[derive(Debug, Default)]
pub(super) struct Helper {
    made: bool,
}

/// The table's name. Temporary: each session has its own.
pub(super) fn table(work: &Work) -> TableName {
    work.tables.ghost.sibling("_ghost_rs_rows")
}

impl Helper {
    /// Makes the table, if the session has none yet.
    pub(super) async fn make(&mut self, session: &mut Session, work: &Work) -> Result<(), SqlError> {
        if self.made {
            return Ok(());
        }
        let table = table(work);
        session
            .exec(&format!("DROP TEMPORARY TABLE IF EXISTS {table}"))
            .await?;
        let shown = session
            .one(&format!("SHOW CREATE TABLE {}", work.tables.ghost))
            .await?;
        let shown = shown.and_then(|row| row.text(1)).unwrap_or_default();
        let definitions = definitions(&shown, key(work), work.ghost_auto_increment.as_deref());
        session
            .exec(&format!("CREATE TEMPORARY TABLE {table} {definitions}"))
            .await?;
        self.made = true;
        Ok(())
    }
}

/// The one key, for servers that want each table to have a primary key. Where the iteration key's text may be equal in
/// the ghost for two rows, there can be none.
fn key(work: &Work) -> Option<String> {
    (!work.text_differs).then(|| work.ghost_key(None).list())
}

/// What stands behind the name in CREATE TABLE, out of the text that SHOW CREATE TABLE gave.
fn definitions(shown: &str, key: Option<String>, auto_increment: Option<&str>) -> String {
    let mut lines = shown.lines().skip(1);
    let columns = lines
        .by_ref()
        .take_while(|line| !line.starts_with(')'))
        .map(|line| line.trim().trim_end_matches(','))
        .filter(|line| line.starts_with('`'))
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let primary = key.map(|columns| format!("PRIMARY KEY ({columns})"));
    let numbered = auto_increment.map(|column| format!("KEY ({})", quote_ident(column)));
    let all: Vec<String> = columns.into_iter().chain(primary).chain(numbered).collect();
    let options = shown.split_once("\n) ").map_or("", |(_, options)| options);
    format!("({}) ENGINE=InnoDB{}", all.join(", "), charset(options))
}

/// ` DEFAULT CHARSET=… COLLATE=…`: columns that name none have the table's.
fn charset(options: &str) -> String {
    ["DEFAULT CHARSET=", "COLLATE="]
        .iter()
        .filter_map(|option| {
            let (_, rest) = options.split_once(option)?;
            let value = rest.split_whitespace().next()?;
            Some(format!(" {option}{value}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "CREATE TABLE `a(b` (\n  `id` bigint NOT NULL AUTO_INCREMENT,\n  `t` text COLLATE latin1_bin COMMENT 'x, y',\n  \
        `g` int GENERATED ALWAYS AS ((`id` + 1)) STORED,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `u` (`g`),\n  FULLTEXT KEY `f` (`t`),\n  \
        CONSTRAINT `c` CHECK ((`id` > 0))\n) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=latin1 COLLATE=latin1_german2_ci \
        ROW_FORMAT=COMPRESSED COMMENT='COLLATE=x'\n/*!50100 PARTITION BY RANGE (`id`)\n(PARTITION p0 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */";

    #[test]
    fn columns_and_one_key_are_left_of_a_table() {
        assert_eq!(
            definitions(SHOWN, Some("`g`".into()), Some("id")),
            "(`id` bigint NOT NULL AUTO_INCREMENT, `t` text COLLATE latin1_bin COMMENT 'x, y', \
             `g` int GENERATED ALWAYS AS ((`id` + 1)) STORED, PRIMARY KEY (`g`), KEY (`id`)) \
             ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_german2_ci"
        );
    }
}
