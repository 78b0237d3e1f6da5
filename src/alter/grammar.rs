//! The second reader: `sqlparser`'s MySQL grammar, for what a clause does to columns.
//!
//! It gets the clause with its texts blanked and its names in backticks, so that quotes, escapes and comments have been
//! decided before by the lexer, by the server's rules. No opinion (`None`) is normal: the grammar does not know all of MySQL.

use sqlparser::ast::AlterTableOperation;
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token as GrammarToken;

use super::clause::Action;
use super::lexer::{Kind, Token};

/// What the clause does to columns, if the grammar knows the whole clause and it is about columns.
pub(super) fn columns(code: &[Token<'_>]) -> Option<Action> {
    let text = plain(code);
    let dialect = MySqlDialect {};
    let mut parser = Parser::new(&dialect).try_with_sql(&text).ok()?;
    let operation = parser.parse_alter_table_operation().ok()?;
    if parser.peek_token().token != GrammarToken::EOF {
        return None;
    }
    about_columns(operation)
}

fn about_columns(operation: AlterTableOperation) -> Option<Action> {
    match operation {
        AlterTableOperation::AddColumn { column_def, .. } => {
            Some(Action::AddColumns(vec![column_def.name.value]))
        }
        AlterTableOperation::DropColumn { column_names, .. } => {
            let [column] = <[_; 1]>::try_from(column_names).ok()?;
            Some(Action::DropColumn(column.value))
        }
        AlterTableOperation::RenameColumn {
            old_column_name,
            new_column_name,
        } => Some(Action::RenameColumn {
            from: old_column_name.value,
            to: new_column_name.value,
        }),
        AlterTableOperation::ChangeColumn {
            old_name, new_name, ..
        } if old_name.value == new_name.value => Some(Action::ChangeColumn(old_name.value)),
        AlterTableOperation::ChangeColumn {
            old_name, new_name, ..
        } => Some(Action::RenameColumn {
            from: old_name.value,
            to: new_name.value,
        }),
        AlterTableOperation::ModifyColumn { col_name, .. } => Some(Action::ChangeColumn(col_name.value)),
        AlterTableOperation::AlterColumn { column_name, .. } => Some(Action::ChangeColumn(column_name.value)),
        _ => None,
    }
}

/// The clause as the grammar's own tokenizer cannot misread it; pieces that touched still touch.
fn plain(code: &[Token<'_>]) -> String {
    let mut text = String::new();
    let mut end = 0;
    for token in code {
        if token.start > end {
            text.push(' ');
        }
        end = token.end();
        match token.kind {
            Kind::Text => text.push_str("'x'"),
            Kind::QuotedName => text.push_str(&format!(
                "`{}`",
                token.name().unwrap_or_default().replace('`', "``")
            )),
            _ => text.push_str(token.text),
        }
    }
    text
}
