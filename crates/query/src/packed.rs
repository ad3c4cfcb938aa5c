//! The columns that segments hold packed, computed where a search asks for them.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlanBuilder, ScalarUDF, Volatility, col, create_udf,
};
use sakimori_lake::{PACKED, TAKEN_FROM, Unpacks, events_schema, sealed_schema, unpack};

/// The rows of segments with the columns that every event has.
pub(crate) fn unpacked(sealed: LogicalPlanBuilder) -> Result<LogicalPlanBuilder> {
    let schema = sealed_schema();
    let column = |name: &str| -> Result<Expr> {
        match Unpacks::ALL.into_iter().find(|what| what.column() == name) {
            Some(what) => Ok(function(what, &schema)?.call(arguments(what)).alias(name)),
            None => Ok(col(name)),
        }
    };
    let columns = events_schema()
        .fields()
        .iter()
        .map(|field| column(field.name()))
        .collect::<Result<Vec<_>>>()?;
    sealed.project(columns)
}

fn arguments(what: Unpacks) -> Vec<Expr> {
    [what.column(), PACKED].into_iter().chain(TAKEN_FROM).map(col).collect()
}

fn function(what: Unpacks, schema: &SchemaRef) -> Result<ScalarUDF> {
    let data_type =
        |name: &str| schema.field_with_name(name).map(|field| field.data_type().clone());
    let names = [what.column(), PACKED].into_iter().chain(TAKEN_FROM);
    let types = names.map(data_type).collect::<Result<Vec<DataType>, _>>()?;
    let result = data_type(what.column())?;
    let each = move |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let [own, packed, taken @ ..] = &*arrays else {
            return Err(exec_datafusion_err!("unpack takes a column and what it is packed in"));
        };
        let column: ArrayRef = unpack(what, own, packed, taken)?;
        Ok(ColumnarValue::Array(column))
    };
    let name = format!("unpack_{}", what.column());
    Ok(create_udf(&name, types, result, Volatility::Immutable, Arc::new(each)))
}
