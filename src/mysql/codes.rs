//! What a server's error code means for us. This is the only place that knows the numbers.
//!
//! The classes answer one question: what may the caller do next? A code that stands nowhere is [`Class::Permanent`]:
//! the statement is not repeated and the message goes to the user as it is.

/// What may be done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Roll back and do the whole transaction again.
    Transient,
    /// The connection is gone, or goes now. Whether the statement in flight took effect is not known.
    Lost,
    /// A unique key's value is there already.
    Duplicate,
    /// A value does not fit its column or breaks a rule: repeating gives the same.
    Data,
    /// The server takes no writes (`read_only`, `super_read_only`).
    ReadOnly,
    /// No space for a table, a log or a temporary file.
    DiskFull,
    /// The account may not log in or may not do this.
    Access,
    /// Schema or table do not exist.
    NoSuchTable,
    /// Anything else: not repeated.
    Permanent,
}

/// The class of an error, from its code and, where one code says several things, its (English) message.
pub fn classify(code: u16, message: &str) -> Class {
    TABLE
        .iter()
        .find(|(_, codes)| codes.contains(&code))
        .map_or_else(|| by_message(code, message), |(class, _)| *class)
}

fn by_message(code: u16, message: &str) -> Class {
    let message = message.to_ascii_lowercase();
    match code {
        // "Got error 28 - 'No space left on device' from storage engine", and the file layer's own codes below 1000.
        1030 | 1026 | 3 | 1180 if message.contains("no space left") || message.contains("error 28") => {
            Class::DiskFull
        }
        // "The MySQL server is running with the --read-only option so it cannot execute this statement", but also
        // --skip-grant-tables, --secure-file-priv and others.
        1290 if message.contains("read-only") || message.contains("read_only") => Class::ReadOnly,
        _ => Class::Permanent,
    }
}

const TABLE: &[(Class, &[u16])] = &[
    (
        Class::Transient,
        &[
            1020, // Record has changed since last read
            1040, // Too many connections
            1203, // max_user_connections
            1205, // Lock wait timeout exceeded
            1213, // Deadlock found
            1226, // User has exceeded a resource
            1317, // Query execution was interrupted (KILL QUERY): the statement is undone, the session lives
            1412, // Table definition has changed, please retry transaction
            1615, // Prepared statement needs to be re-prepared
            1637, // Too many active concurrent transactions
            3024, // max_execution_time exceeded
            3058, // Deadlock found when trying to get user-level lock
            3101, // Plugin instructed the server to rollback the current transaction
            3572, // NOWAIT is set and a lock could not be acquired
        ],
    ),
    (
        Class::Lost,
        &[
            1053, // Server shutdown in progress
            1077, // Normal shutdown
            1079, // Shutdown complete
            1152, // Aborted connection
            1158, 1159, 1160, 1161, // network errors while reading or writing packets
            1184, // Aborted connection
            1927, // Connection was killed (MariaDB)
            2002, 2003, 2006, 2013, 2055, // the client library's own
            3169, // Session was killed
            4031, // The client was disconnected by the server because of inactivity
        ],
    ),
    (Class::Duplicate, &[1022, 1062, 1169, 1586, 1859]),
    (
        Class::Data,
        &[
            1048, // Column cannot be null
            1118, // Row size too large (for the page)
            1138, // Invalid use of NULL value
            1263, // Column set to default value; NULL supplied to NOT NULL column
            1264, // Out of range value
            1265, // Data truncated
            1292, // Incorrect DATE, DOUBLE … value
            1300, // Invalid character string
            1364, // Field doesn't have a default value
            1365, // Division by 0
            1366, // Incorrect value for column
            1367, // Illegal value found during parsing
            1406, // Data too long
            1411, // Incorrect value for function
            1416, // Cannot get geometry object
            1426, // Too big precision
            1441, // Datetime function: field overflow
            1525, // Incorrect value
            1526, // Table has no partition for value
            1690, // Value is out of range
            1748, // Found a row not matching the given partition set
            3037, // Invalid GIS data
            3140, 3141, 3142, 3143, 3144, 3145, 3146, 3147, 3148, 3149, 3150, 3155, 3156,
            3157, // JSON values
            3616, 3617, 3643, // longitude, latitude, SRID
            3751, // Data truncated for functional index
            3752, // Value is out of range for functional index
            3819, // Check constraint is violated
            3854, // Cannot convert string
            3903, 3904, 3907, // functional index: JSON value, cast, too long
            4025, // CONSTRAINT failed (MariaDB)
        ],
    ),
    (Class::ReadOnly, &[1792, 1836]),
    (
        Class::DiskFull,
        &[
            20,   // Disk is full writing a file
            1021, // Disk full
            1114, // The table is full
        ],
    ),
    (
        Class::Access,
        &[
            1044, 1045, 1095, 1129, 1130, 1131, 1132, 1133, 1141, 1142, 1143, 1147, 1227, 1251, 1370, 1396,
            1410, 1524, 1698, 1820, 1862, 3118, 3879, 3955, 4020,
        ],
    ),
    (Class::NoSuchTable, &[1049, 1051, 1146]),
];

/// Which index stood in the way, out of a message of class [`Class::Duplicate`]: the part after the last `for key`.
/// Since 8.0.19 the server writes `table.index` there; `table` (unqualified) takes that prefix off.
pub fn duplicate_index(message: &str, table: &str) -> Option<String> {
    // The value comes first and may hold anything, the same words too; the index's name comes last.
    let (_, tail) = message.rsplit_once("for key '")?;
    let name = tail.strip_suffix('\'').unwrap_or(tail);
    let unqualified = name.strip_prefix(table).and_then(|rest| rest.strip_prefix('.'));
    Some(unqualified.unwrap_or(name).to_owned())
}

/// The value that was there already, as the server prints it (it cuts long ones).
pub fn duplicate_value(message: &str) -> Option<&str> {
    let (head, _) = message.rsplit_once("' for key '")?;
    head.strip_prefix("Duplicate entry '")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once() {
        let mut codes: Vec<u16> = TABLE
            .iter()
            .flat_map(|(_, codes)| codes.iter().copied())
            .collect();
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(all, codes.len());
    }

    #[test]
    fn classes() {
        let cases: &[(u16, &str, Class)] = &[
            (
                1205,
                "Lock wait timeout exceeded; try restarting transaction",
                Class::Transient,
            ),
            (1213, "Deadlock found when trying to get lock", Class::Transient),
            (1317, "Query execution was interrupted", Class::Transient),
            (
                3572,
                "Statement aborted because lock(s) could not be acquired immediately",
                Class::Transient,
            ),
            (1053, "Server shutdown in progress", Class::Lost),
            (2013, "Lost connection to MySQL server during query", Class::Lost),
            (1062, "Duplicate entry '1' for key 't.PRIMARY'", Class::Duplicate),
            (1586, "Duplicate entry '1' for key 't.PRIMARY'", Class::Duplicate),
            (1264, "Out of range value for column 'a' at row 1", Class::Data),
            (1366, "Incorrect string value", Class::Data),
            (3819, "Check constraint 'c' is violated.", Class::Data),
            (
                1290,
                "The MySQL server is running with the --super-read-only option so it cannot",
                Class::ReadOnly,
            ),
            (
                1290,
                "The MySQL server is running with the --secure-file-priv option so it",
                Class::Permanent,
            ),
            (1836, "Running in read-only mode", Class::ReadOnly),
            (1114, "The table 't' is full", Class::DiskFull),
            (
                1030,
                "Got error 28 - 'No space left on device' from storage engine",
                Class::DiskFull,
            ),
            (
                1030,
                "Got error 168 - 'Unknown (generic) error from engine'",
                Class::Permanent,
            ),
            (
                3,
                "Error writing file '/x' (OS errno 28 - No space left on device)",
                Class::DiskFull,
            ),
            (1142, "DROP command denied to user", Class::Access),
            (1146, "Table 'a.b' doesn't exist", Class::NoSuchTable),
            (1064, "You have an error in your SQL syntax", Class::Permanent),
        ];
        for (code, message, class) in cases {
            assert_eq!(classify(*code, message), *class, "{code} {message}");
        }
    }

    #[test]
    fn the_index_in_the_way() {
        let cases = [
            ("Duplicate entry '1' for key 'PRIMARY'", Some("PRIMARY")),
            ("Duplicate entry '1' for key '_t_gho.email'", Some("email")),
            (
                "Duplicate entry 'x' for key 'other'' for key '_t_gho.e.mail'",
                Some("e.mail"),
            ),
            ("Duplicate entry 'it's' for key '_t_gho.PRIMARY'", Some("PRIMARY")),
            ("Deadlock found", None),
        ];
        for (message, index) in cases {
            assert_eq!(duplicate_index(message, "_t_gho").as_deref(), index, "{message}");
        }
        assert_eq!(
            duplicate_value("Duplicate entry 'it's' for key 't.k'"),
            Some("it's")
        );
    }
}
