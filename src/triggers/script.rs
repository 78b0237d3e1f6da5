//! The statements that make and name triggers, as packets of several statements.
//!
//! A trigger's own text is in the charset of the session that made it, and so is its statement here: a packet is bytes, not
//! text. Names stand without their schema, as a DBA writes them. CREATE TRIGGER stands last in its packet: with another
//! statement behind it, the server takes the semicolon between them for a part of the trigger's body (seen on 9.7).

use crate::mysql::{Session, SqlError};
use crate::plan::triggers::Carried;
use crate::plan::work::Tables;
use crate::schema::quote_ident;
use crate::sql::text;

/// The session's own settings, remembered and brought back.
const REMEMBER: &str = "SET @ghost_rs_sql_mode = @@sql_mode";
const RESTORE: &str = "SET NAMES utf8mb4, sql_mode = @ghost_rs_sql_mode";

/// Statements in one packet: the server works through all of them even if we are gone.
pub(super) fn packet(statements: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let statements: Vec<&[u8]> = statements.iter().map(AsRef::as_ref).collect();
    statements.join(&b";\n"[..])
}

/// Sends packets one after another, up to the first that fails; the session is as it was before.
pub(super) async fn send(session: &mut Session, schema: &str, packets: &[Vec<u8>]) -> Result<(), SqlError> {
    let begin = [format!("USE {}", quote_ident(schema)), REMEMBER.to_owned()];
    session.exec_bytes(&packet(&begin)).await?;
    let mut result = Ok(());
    for packet in packets {
        result = session.exec_bytes(packet).await;
        if result.is_err() {
            break;
        }
    }
    if result.as_ref().is_err_and(|error| error.lost) {
        return result;
    }
    let restored = session.exec(RESTORE).await;
    result.and(restored.map(|_| ()))
}

/// Makes all triggers on the ghost, in their order.
pub(super) fn arm(carried: &[Carried]) -> Vec<Vec<u8>> {
    let make = |trigger: &Carried| packet(&[trigger.original.session().as_bytes(), &trigger.on_ghost]);
    carried.iter().map(make).collect()
}

/// Gives all triggers their names. `found`: the names that are on each table. Names that are wanted are freed first,
/// where nobody writes any more. Then each trigger's twin is dropped and it is made under its name, in one packet: there is
/// no moment in which we could be lost and it missing, or there twice.
pub(super) fn name(tables: &Tables, carried: &[Carried], found: &[(String, Vec<String>)]) -> Vec<Vec<u8>> {
    let is_on = |table: &str, name: &String| {
        found
            .iter()
            .any(|(on, names)| on == table && names.contains(name))
    };
    let schema = &tables.source.schema;
    let freed = carried
        .iter()
        .map(|trigger| &trigger.original.name)
        .filter(|old| is_on(&tables.old.table, old) && carried.iter().any(|trigger| trigger.name == **old));
    let mut packets: Vec<Vec<u8>> = freed.map(|old| drop(schema, old).into_bytes()).collect();
    for trigger in carried {
        let mut statements = Vec::new();
        if is_on(&tables.source.table, &trigger.interim) {
            statements.push(drop(schema, &trigger.interim).into_bytes());
        }
        if !is_on(&tables.source.table, &trigger.name) {
            statements.push(trigger.original.session().into_bytes());
            statements.push(trigger.on_source.clone());
        }
        if !statements.is_empty() {
            packets.push(packet(&statements));
        }
    }
    packets
}

pub(super) fn drop(schema: &str, name: &str) -> String {
    format!("DROP TRIGGER {}.{}", quote_ident(schema), quote_ident(name))
}

/// A statement in a charset; `None` if some character of it does not exist there. The server converts.
pub(super) async fn encoded(
    session: &mut Session,
    sql: &str,
    charset: &str,
) -> Result<Option<Vec<u8>>, SqlError> {
    if charset == "utf8mb4" || charset == "utf8mb3" {
        return Ok(Some(sql.as_bytes().to_vec()));
    }
    let there = format!("CONVERT({} USING {charset})", text(sql));
    let query = format!("SELECT HEX({there}), HEX(CONVERT({there} USING utf8mb4))");
    let row = session.one(&query).await?.unwrap_or_default();
    let bytes = |index| row.bytes(index).and_then(unhex);
    Ok(match (bytes(0), bytes(1)) {
        (Some(there), Some(back)) if back == sql.as_bytes() => Some(there),
        _ => None,
    })
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(value(high)? * 16 + value(low)?).ok(),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}
