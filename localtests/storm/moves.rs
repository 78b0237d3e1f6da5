//! What a writer may do. Each move is a list of statements and the same change of the model; it takes values from the pools and from
//! the writer's own rows only, so that no two writers ever want the same key or value.

use rand::RngExt;

use super::model::{Pools, Row, Share};
use super::table::{FORMS, Kind};

/// Rows of one INSERT at most.
const INSERT_ROWS_MAX: usize = 3;
/// Rows of one UPDATE at most.
const UPDATE_ROWS_MAX: usize = 8;

/// One statement.
#[derive(Debug)]
pub struct Step {
    pub sql: String,
    /// How many rows it must find; none where the server counts in its own way.
    pub rows: Option<u64>,
    /// The row that gets its id from the server.
    pub given: Option<Row>,
}

/// A move's statements; none if what it needs is not at hand.
type Steps = Option<Vec<Step>>;

/// A weight, and how the move is made.
type Move<'a> = (u32, fn(&mut Hand<'a>) -> Steps);

/// A move in the making.
pub struct Hand<'a> {
    pub kind: Kind,
    pub table: &'a str,
    pub share: &'a mut Share,
    pub pools: &'a Pools,
}

impl<'a> Hand<'a> {
    /// The moves, with their weights. Inserts and deletes balance.
    const MOVES: [Move<'a>; 16] = [
        (10, Self::insert),
        (6, Self::insert_given),
        (20, Self::update),
        (8, Self::update_many),
        (22, Self::delete),
        (8, Self::move_key),
        (4, Self::swap_keys),
        (6, Self::swap_values),
        (6, Self::rotate_values),
        (6, Self::give_value),
        (6, Self::take_value),
        (5, Self::upsert_by_key),
        (4, Self::upsert_by_value),
        (5, Self::replace_one),
        (3, Self::replace_two),
        (6, Self::respell_key),
    ];

    /// Some move.
    pub fn next(&mut self) -> Steps {
        let total: u32 = Self::MOVES.iter().map(|(weight, _)| weight).sum();
        let mut drawn = self.share.rng.random_range(0..total);
        for (weight, make) in Self::MOVES {
            if drawn < weight {
                return make(self);
            }
            drawn -= weight;
        }
        None
    }

    // --- rows

    fn insert(&mut self) -> Steps {
        let count = self.share.rng.random_range(1..=INSERT_ROWS_MAX);
        let mut values = Vec::new();
        for _ in 0..count {
            let Some(id) = self.share.free_id(self.pools) else {
                break;
            };
            let row = self.new_row();
            self.share.put(id, Some(row));
            values.push(self.kind.values(id, &row));
        }
        let rows = values.len() as u64;
        (rows > 0).then(|| {
            vec![step(
                format!("INSERT INTO {} VALUES {}", self.target(), values.join(", ")),
                rows,
            )]
        })
    }

    fn insert_given(&mut self) -> Steps {
        if self.kind != Kind::Int {
            return self.insert();
        }
        let row = self.new_row();
        let sql = format!(
            "INSERT INTO {} VALUES {}",
            self.target(),
            self.kind.values(0, &row).replacen("(0,", "(NULL,", 1)
        );
        Some(vec![Step {
            sql,
            rows: Some(1),
            given: Some(row),
        }])
    }

    fn update(&mut self) -> Steps {
        let (id, row) = self.share.any()?;
        let tag = self.share.rng.random();
        let row = Row { tag, ..row };
        self.share.put(id, Some(row));
        let text = super::table::text(tag);
        Some(vec![self.set(id, &format!("c = '{text}'"))])
    }

    fn update_many(&mut self) -> Steps {
        let count = self.share.rng.random_range(2..=UPDATE_ROWS_MAX);
        let rows = self.share.some(count);
        let mut conditions = Vec::new();
        for (id, row) in &rows {
            self.share.put(
                *id,
                Some(Row {
                    k: row.k.wrapping_add(1),
                    ..*row
                }),
            );
            conditions.push(self.is(*id));
        }
        let sql = format!(
            "UPDATE {} SET k = k + 1 WHERE {}",
            self.table,
            conditions.join(" OR ")
        );
        (!rows.is_empty()).then(|| vec![step(sql, rows.len() as u64)])
    }

    fn delete(&mut self) -> Steps {
        let (id, row) = self.share.any()?;
        self.share.put(id, None);
        if self.share.rng.random_bool(0.3) {
            self.share.give_value(row.u);
        }
        let is = self.is(id);
        Some(vec![step(format!("DELETE FROM {} WHERE {is}", self.table), 1)])
    }

    // --- keys

    fn move_key(&mut self) -> Steps {
        let (from, row) = self.share.any()?;
        let to = self.share.free_id(self.pools)?;
        Some(vec![self.rename(from, to, row)])
    }

    /// Two rows change their keys, by way of a third.
    fn swap_keys(&mut self) -> Steps {
        let [(a, row_a), (b, row_b)] = *self.share.some(2) else {
            return None;
        };
        let free = self.share.free_id(self.pools)?;
        Some(vec![
            self.rename(a, free, row_a),
            self.rename(b, a, row_b),
            self.rename(free, b, row_a),
        ])
    }

    /// The same key to the server, other letters to a reader.
    fn respell_key(&mut self) -> Steps {
        if self.kind != Kind::Vc {
            return self.update();
        }
        let (id, row) = self.share.any()?;
        Some(vec![self.rename(id, id, row)])
    }

    // --- values of the second unique key

    fn swap_values(&mut self) -> Steps {
        let rows = self.share.some(2);
        self.rotate(&rows)
    }

    fn rotate_values(&mut self) -> Steps {
        let rows = self.share.some(3);
        self.rotate(&rows)
    }

    /// Each row takes the value of the next, the first one steps aside for it.
    fn rotate(&mut self, rows: &[(i64, Row)]) -> Steps {
        let (first, last) = (rows.first()?, rows.last()?);
        if first.0 == last.0 {
            return None;
        }
        let aside = self.share.fresh_value();
        let mut steps = vec![self.assign_value(first.0, first.1, aside)];
        let mut free = first.1.u;
        for (id, row) in rows.iter().skip(1) {
            steps.push(self.assign_value(*id, *row, free));
            free = row.u;
        }
        steps.push(self.assign_value(first.0, first.1, free));
        Some(steps)
    }

    fn give_value(&mut self) -> Steps {
        let (id, row) = self.share.any()?;
        let fresh = self.share.fresh_value();
        self.share.give_value(row.u);
        Some(vec![self.assign_value(id, row, fresh)])
    }

    fn take_value(&mut self) -> Steps {
        let (id, row) = self.share.any()?;
        let value = self.share.pooled_value(self.pools)?;
        Some(vec![self.assign_value(id, row, value)])
    }

    // --- two in one

    fn upsert_by_key(&mut self) -> Steps {
        let (id, row) = self.share.any()?;
        let new = Row {
            k: row.k.wrapping_add(7),
            tag: self.share.rng.random(),
            ..row
        };
        self.share.put(id, Some(new));
        let unused = self.share.fresh_value();
        Some(vec![self.upsert(id, &Row { u: unused, ..new })])
    }

    /// The key is free, the value is not: the row that has the value is updated.
    fn upsert_by_value(&mut self) -> Steps {
        let (id, row) = self.share.any()?;
        let free = self.share.free_id(self.pools)?;
        let new = Row {
            k: row.k.wrapping_add(7),
            tag: self.share.rng.random(),
            ..row
        };
        self.share.put(id, Some(new));
        Some(vec![self.upsert(free, &new)])
    }

    fn replace_one(&mut self) -> Steps {
        let (id, _) = self.share.any()?;
        let row = self.new_row();
        self.share.put(id, Some(row));
        Some(vec![self.replace(id, &row)])
    }

    /// One REPLACE that takes the key of one row and the value of another: both go.
    fn replace_two(&mut self) -> Steps {
        let [(a, _), (b, row_b)] = *self.share.some(2) else {
            return None;
        };
        let row = Row {
            u: row_b.u,
            ..self.new_row()
        };
        self.share.put(b, None);
        self.share.put(a, Some(row));
        Some(vec![self.replace(a, &row)])
    }

    // --- parts

    fn new_row(&mut self) -> Row {
        let u = self.share.fresh_value();
        let form = self.form();
        Row {
            form,
            u,
            k: self.share.rng.random_range(0..1_000),
            tag: self.share.rng.random(),
        }
    }

    fn form(&mut self) -> u8 {
        if self.kind == Kind::Vc {
            self.share.rng.random_range(0..FORMS)
        } else {
            0
        }
    }

    fn target(&self) -> String {
        format!("{} ({})", self.table, self.kind.columns())
    }

    /// A condition for a row, its key spelled in some form.
    fn is(&mut self, id: i64) -> String {
        let form = self.form();
        self.kind.is(id, form)
    }

    fn set(&mut self, id: i64, assignment: &str) -> Step {
        let is = self.is(id);
        step(format!("UPDATE {} SET {assignment} WHERE {is}", self.table), 1)
    }

    fn assign_value(&mut self, id: i64, row: Row, u: i64) -> Step {
        self.share.put(id, Some(Row { u, ..row }));
        let value = self.kind.u(u);
        self.set(id, &format!("u = {value}"))
    }

    fn rename(&mut self, from: i64, to: i64, row: Row) -> Step {
        let form = self.form();
        self.share.put(from, None);
        self.share.put(to, Some(Row { form, ..row }));
        let becomes = self.kind.becomes(to, form);
        self.set(from, &becomes)
    }

    fn upsert(&self, id: i64, row: &Row) -> Step {
        let sql = format!(
            "INSERT INTO {} VALUES {} AS new ON DUPLICATE KEY UPDATE k = new.k, c = new.c",
            self.target(),
            self.kind.values(id, row)
        );
        Step {
            sql,
            rows: None,
            given: None,
        }
    }

    fn replace(&self, id: i64, row: &Row) -> Step {
        Step {
            sql: format!(
                "REPLACE INTO {} VALUES {}",
                self.target(),
                self.kind.values(id, row)
            ),
            rows: None,
            given: None,
        }
    }
}

fn step(sql: String, rows: u64) -> Step {
    Step {
        sql,
        rows: Some(rows),
        given: None,
    }
}
