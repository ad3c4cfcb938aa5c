//! SQL text to one statement that only reads.

use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    self, Expr, FunctionArguments, ObjectNamePart, Value, ValueWithSpan, VisitMut as _, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;

use sakimori_words::parse_date;

use crate::QueryError;
use crate::limits::SQL_BYTES_MAX;

/// How deep parentheses and subqueries may be nested.
const NESTING_MAX: usize = 50;

/// How deep an expression may be: `a OR b OR c` is three deep. Planning deeper ones takes minutes.
const DEPTH_MAX: usize = 400;

/// The columns that hold points in time.
const TIME_COLUMNS: [&str; 2] = ["time", "received_at"];

/// Reads `sql` as one reading statement.
pub(crate) fn read_statement(sql: &str) -> Result<Statement, QueryError> {
    if sql.len() > SQL_BYTES_MAX {
        let what = format!("{} bytes of SQL, more than {SQL_BYTES_MAX}", sql.len());
        return Err(QueryError::TooLong { what });
    }
    let mut statements = DFParserBuilder::new(sql)
        .with_dialect(&GenericDialect {})
        .with_recursion_limit(NESTING_MAX)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| QueryError::reading(&error))?;
    match (statements.pop_front(), statements.is_empty()) {
        (Some(statement), true) => only_reading(statement),
        (Some(_), false) => Err(not_reading("more than one statement")),
        (None, _) => Err(not_reading("no statement")),
    }
}

fn only_reading(statement: Statement) -> Result<Statement, QueryError> {
    let Statement::Statement(mut inner) = statement else {
        return Err(not_reading(&first_words(&statement.to_string())));
    };
    if !matches!(*inner, ast::Statement::Query(_)) {
        return Err(not_reading(&first_words(&inner.to_string())));
    }
    let mut walk = Walk { depth: 0 };
    if inner.visit(&mut walk).is_break() {
        let what = format!("conditions chained or nested more than {DEPTH_MAX} deep");
        return Err(QueryError::TooLong { what });
    }
    Ok(Statement::Statement(inner))
}

/// Walks all expressions: bounds their depth and takes them as people mean them.
struct Walk {
    depth: usize,
}

impl VisitorMut for Walk {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        self.depth += 1;
        take_user_as_a_column(expr);
        complete_times(expr);
        if self.depth > DEPTH_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn post_visit_expr(&mut self, _expr: &mut Expr) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

/// `user` without quotes is a function of no arguments in the SQL standard; here it is the column of that name.
fn take_user_as_a_column(expr: &mut Expr) {
    let Expr::Function(function) = expr else { return };
    let [ObjectNamePart::Identifier(name)] = &*function.name.0 else { return };
    if matches!(function.args, FunctionArguments::None) && name.value.eq_ignore_ascii_case("user") {
        *expr = Expr::Identifier(name.clone());
    }
}

/// A time to the minute or with slashes, compared with a column of times, is taken as people write it.
fn complete_times(expr: &mut Expr) {
    match expr {
        Expr::BinaryOp { left, right, .. } => {
            if is_time_column(left) {
                complete_time(right);
            } else if is_time_column(right) {
                complete_time(left);
            }
        }
        Expr::Between { expr, low, high, .. } if is_time_column(expr) => {
            complete_time(low);
            complete_time(high);
        }
        _ => {}
    }
}

fn is_time_column(expr: &Expr) -> bool {
    let name = match expr {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        _ => None,
    };
    name.is_some_and(|name| TIME_COLUMNS.iter().any(|own| name.value.eq_ignore_ascii_case(own)))
}

fn complete_time(expr: &mut Expr) {
    if let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) = expr
        && let Some(whole) = whole_time(text)
    {
        *text = whole;
    }
}

/// `2026/11/20 9:05` as `2026-11-20 09:05:00`; nothing for texts that need no completing or are no time.
fn whole_time(text: &str) -> Option<String> {
    let (date, time) = text.trim().split_once([' ', 'T']).unwrap_or((text.trim(), "00:00"));
    let date = parse_date(date)?;
    let (hour, rest) = time.split_once(':')?;
    let hour: u8 = hour.parse().ok().filter(|hour| *hour < 24)?;
    let rest = if rest.len() == 2 { format!("{rest}:00") } else { rest.to_owned() };
    Some(format!("{date} {hour:02}:{rest}"))
}

fn not_reading(what: &str) -> QueryError {
    QueryError::NotReading { what: what.to_owned() }
}

/// The verb of a refused statement; its values are nobody's business in a log.
fn first_words(sql: &str) -> String {
    sql.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// Reads `bytes` as SQL, for fuzzing: must never panic.
pub fn fuzz_sql(bytes: &[u8]) {
    let _ = read_statement(&String::from_utf8_lossy(bytes));
}
