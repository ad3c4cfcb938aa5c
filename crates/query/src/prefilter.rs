//! Passing over rows that cannot hold a text, before their records are put together.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, Like, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    col, lit,
};
use sakimori_lake::{Needle, PACKED, TAKEN_FROM, may_hold};

use crate::sight::MASKED_TEXT;

/// The columns in which a record's texts stand when they are not packed.
const TEXTS: [&str; 2] = ["raw", "message"];

/// A condition on the columns of `read` that holds wherever `filter` does; `None` when `filter` is no search for texts in
/// records, or not what that takes was read.
pub(crate) fn prefilter(filter: &Expr, read: &SchemaRef) -> Result<Option<Expr>> {
    let Some(needles) = needles(filter) else { return Ok(None) };
    let there = |name: &&str| read.column_with_name(name).is_some();
    let names: Vec<&str> =
        TEXTS.into_iter().filter(there).chain([PACKED]).chain(TAKEN_FROM).collect();
    if !names.iter().all(there) {
        return Ok(None);
    }
    let mut any: Option<Expr> = None;
    for needle in needles {
        let one = call(&needle, &names);
        any = Some(match any {
            Some(others) => others.or(one),
            None => one,
        });
    }
    Ok(any)
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

fn call(needle: &Needle, names: &[&str]) -> Expr {
    let wanted = [lit(needle.text()), lit(needle.any_case())];
    may_hold_function().call(wanted.into_iter().chain(names.iter().copied().map(col)).collect())
}

/// The function that tells, for whoever runs a part of a search.
pub(crate) fn may_hold_function() -> ScalarUDF {
    ScalarUDF::from(MayHold { signature: Signature::variadic_any(Volatility::Immutable) })
}

/// Whether a record may hold a text: the text, whether in any case, those of [`TEXTS`] that were read, [`PACKED`], and the
/// columns of [`TAKEN_FROM`].
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
        let n_texts = arrays.len().checked_sub(TAKEN_FROM.len() + 1).ok_or_else(wrong)?;
        let (texts, rest) = arrays.split_at(n_texts);
        let [packed, taken @ ..] = rest else { return Err(wrong()) };
        Ok(ColumnarValue::Array(Arc::new(may_hold(&needle, texts, packed, taken)?)))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::when;
    use sakimori_lake::sealed_schema;

    use super::*;

    fn passes_over(filter: &Expr) -> bool {
        prefilter(filter, &sealed_schema()).unwrap().is_some()
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

    #[test]
    fn what_a_search_did_not_read_is_not_asked_for() {
        let read = Arc::new(sealed_schema().project(&[0, 1]).unwrap());
        assert!(prefilter(&col("raw").like(lit("%a%")), &read).unwrap().is_none());
    }
}
