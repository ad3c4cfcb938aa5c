//! Passing over rows that cannot hold a text, before their records are put together.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, Like, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    col, lit,
};
use sakimori_lake::{Needle, may_hold};

use crate::sight::MASKED_TEXT;

/// The columns in which a record's texts stand when they are not packed.
const TEXTS: [&str; 2] = ["raw", "message"];

/// A condition on the columns of a segment that holds wherever `filter` does; `None` when `filter` is no search for texts in
/// records.
pub(crate) fn prefilter(filter: &Expr) -> Option<Expr> {
    let calls = needles(filter)?.into_iter().map(|needle| call(&needle));
    calls.reduce(Expr::or)
}

/// What is looked for, when the condition is a search for texts in records, or several of which one is enough.
fn needles(filter: &Expr) -> Option<Vec<Needle>> {
    match filter {
        Expr::BinaryExpr(binary) if binary.op == datafusion::logical_expr::Operator::Or => {
            let mut all = needles(&binary.left)?;
            for needle in needles(&binary.right)? {
                let known = |own: &Needle| {
                    own.text() == needle.text() && own.any_case() == needle.any_case()
                };
                if !all.iter().any(known) {
                    all.push(needle);
                }
            }
            Some(all)
        }
        Expr::Like(like) if !like.negated => Some(vec![needle_of(like)?]),
        _ => None,
    }
}

fn needle_of(like: &Like) -> Option<Needle> {
    let Expr::Literal(ScalarValue::Utf8(Some(pattern)), _) = &*like.pattern else { return None };
    let needle = Needle::new(longest_piece(pattern, like.escape_char)?, like.case_insensitive)?;
    is_of_record(&like.expr, &needle).then_some(needle)
}

/// The longest part of a pattern without wildcards: every text that fits the pattern holds it.
fn longest_piece(pattern: &str, escape: Option<char>) -> Option<&str> {
    // What is escaped is left to the search itself.
    if escape.is_some() || pattern.contains('\\') {
        return None;
    }
    pattern.split(['%', '_']).max_by_key(|piece| piece.len()).filter(|piece| !piece.is_empty())
}

/// Whether an expression is the text of a record, masked or not, that the needle is not found in because of the mask.
fn is_of_record(expr: &Expr, needle: &Needle) -> bool {
    match expr {
        Expr::Column(column) => TEXTS.contains(&column.name()),
        Expr::Cast(cast) => is_of_record(&cast.expr, needle),
        Expr::Case(case) => {
            let mask = |then: &Expr| matches!(then, Expr::Literal(ScalarValue::Utf8(Some(text)), _) if text == MASKED_TEXT);
            let masked = MASKED_TEXT.to_lowercase().contains(&needle.text().to_lowercase());
            let only =
                case.expr.is_none() && case.when_then_expr.iter().all(|(_, then)| mask(then));
            only && !masked
                && case.else_expr.as_ref().is_some_and(|text| is_of_record(text, needle))
        }
        _ => false,
    }
}

fn call(needle: &Needle) -> Expr {
    let wanted = [lit(needle.text()), lit(needle.any_case())];
    may_hold_function()
        .call(wanted.into_iter().chain(needle.columns().into_iter().map(col)).collect())
}

/// The function that tells, for whoever runs a part of a search.
pub(crate) fn may_hold_function() -> ScalarUDF {
    ScalarUDF::from(MayHold { signature: Signature::variadic_any(Volatility::Immutable) })
}

/// Whether a record may hold a text: the text, whether in any case, and the columns that [`Needle::columns`] names.
#[derive(Debug, PartialEq, Eq, Hash)]
struct MayHold {
    signature: Signature,
}

impl ScalarUDFImpl for MayHold {
    fn name(&self) -> &'static str {
        "may_hold"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let wrong = || exec_datafusion_err!("may_hold takes a text and the columns of records");
        let [ColumnarValue::Scalar(text), ColumnarValue::Scalar(any_case), columns @ ..] =
            &*args.args
        else {
            return Err(wrong());
        };
        let (ScalarValue::Utf8(Some(text)), ScalarValue::Boolean(Some(any_case))) =
            (text, any_case)
        else {
            return Err(wrong());
        };
        let needle = Needle::new(text, *any_case).ok_or_else(wrong)?;
        let arrays = ColumnarValue::values_to_arrays(columns)?;
        Ok(ColumnarValue::Array(Arc::new(may_hold(&needle, &arrays)?)))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::when;

    use super::*;

    fn passes_over(filter: &Expr) -> bool {
        prefilter(filter).is_some()
    }

    #[test]
    fn only_searches_for_texts_in_records_are_recognised() {
        let masked = when(col("class_uid").eq(lit(6005)), lit(MASKED_TEXT)).otherwise(col("raw"));
        let masked = masked.unwrap();
        assert!(passes_over(&col("raw").like(lit("%9f3a%"))));
        assert!(passes_over(&col("message").ilike(lit("%a%")).or(col("raw").ilike(lit("%a%")))));
        assert!(passes_over(&masked.clone().like(lit("%9f3a%"))));
        assert!(!passes_over(&masked.like(lit("%patient%"))), "the mask itself is text");
        assert!(!passes_over(&col("raw").not_like(lit("%9f3a%"))));
        assert!(!passes_over(&col("raw").like(lit("%"))));
        assert!(!passes_over(&col("raw").like(lit("%a\\_b%"))));
        assert!(!passes_over(&col("host").like(lit("%9f3a%"))));
        assert!(!passes_over(&col("raw").like(lit("%a%")).or(col("host").eq(lit("b")))));
        assert!(!passes_over(&col("raw").ilike(lit("%É%"))));
    }
}
