//! The column `leaf`: computed from the record when it is asked for, so that it proves what is there and costs no disk.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF, Volatility, col, create_udf};
use sakimori_lake::leaf_digest;
use sakimori_words::Instant;

/// The columns a leaf is made of.
const EVIDENCE: [&str; 5] = ["seq", "source", "received_at", "raw", "raw_bytes"];

/// The leaf digest as an expression over the stored columns.
pub(crate) fn leaf_expr(stored: &SchemaRef) -> Result<Expr> {
    Ok(leaf_function(stored)?.call(EVIDENCE.map(col).to_vec()).alias("leaf"))
}

/// The function that makes leaf digests of the stored columns.
pub(crate) fn leaf_function(stored: &SchemaRef) -> Result<ScalarUDF> {
    let types: Result<Vec<DataType>, _> = EVIDENCE
        .iter()
        .map(|name| stored.field_with_name(name).map(|field| field.data_type().clone()))
        .collect();
    Ok(create_udf(
        "leaf_digest",
        types?,
        DataType::Utf8,
        Volatility::Immutable,
        Arc::new(|arguments| Ok(ColumnarValue::Array(leaves(arguments)?))),
    ))
}

fn leaves(arguments: &[ColumnarValue]) -> Result<ArrayRef> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let [seq, source, received_at, raw, raw_bytes] = &*arrays else {
        return Err(exec_datafusion_err!("leaf_digest takes {} columns", EVIDENCE.len()));
    };
    let seq = column::<UInt64Array>(seq)?;
    let source = column::<StringArray>(source)?;
    let received_at = column::<TimestampMicrosecondArray>(received_at)?;
    let raw = column::<StringArray>(raw)?;
    let raw_bytes = column::<BinaryArray>(raw_bytes)?;
    let leaf = |row: usize| {
        let bytes =
            if raw_bytes.is_null(row) { raw.value(row).as_bytes() } else { raw_bytes.value(row) };
        let received_at = Instant::from_micros(received_at.value(row));
        leaf_digest(seq.value(row), source.value(row), received_at, bytes).to_string()
    };
    Ok(Arc::new(StringArray::from_iter_values((0..seq.len()).map(leaf))))
}

fn column<A: Array + 'static>(array: &ArrayRef) -> Result<&A> {
    let found = array.as_any().downcast_ref::<A>();
    found.ok_or_else(|| exec_datafusion_err!("leaf_digest got {}", array.data_type()))
}
