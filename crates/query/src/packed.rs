//! The columns that segments hold packed, computed where a search asks for them.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::{Result, ToDFSchema as _, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, col,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;
use sakimori_lake::{TAKEN_FROM, Unpacks, events_schema, packed_columns, sealed_schema, unpack};

/// The places in a segment of the columns that `wanted` columns of events are made of.
pub(crate) fn read_for(wanted: &[usize]) -> Result<Vec<usize>> {
    let (events, sealed) = (events_schema(), sealed_schema());
    let mut names: Vec<&str> = wanted.iter().map(|n| events.field(*n).name().as_str()).collect();
    if names.iter().any(|name| unpacks(name).is_some()) {
        names.extend(packed_columns().iter().map(String::as_str).chain(TAKEN_FROM));
    }
    let mut places =
        names.into_iter().map(|name| Ok(sealed.index_of(name)?)).collect::<Result<Vec<_>>>()?;
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

/// The columns of events that are `wanted`, from what [`read_for`] said.
pub(crate) fn unpacked(
    state: &dyn Session,
    read: Arc<dyn ExecutionPlan>,
    wanted: &[usize],
) -> Result<Arc<dyn ExecutionPlan>> {
    let events = events_schema();
    let columns = read.schema().to_dfschema()?;
    let mut expressions = Vec::with_capacity(wanted.len());
    for n in wanted {
        let name = events.field(*n).name().as_str();
        let expression = unpacks(name).map_or_else(|| col(name), |what| call(what, &events));
        expressions.push((state.create_physical_expr(expression, &columns)?, name.to_owned()));
    }
    Ok(Arc::new(ProjectionExec::try_new(expressions, read)?))
}

/// The functions that do it, for whoever runs a part of a search.
#[cfg(feature = "grid")]
pub(crate) fn unpack_functions() -> Vec<ScalarUDF> {
    let events = events_schema();
    Unpacks::ALL.into_iter().map(|what| function(what, &events)).collect()
}

/// How a column comes out of the packed one; nothing for those that stand as they are.
pub(crate) fn unpacks(name: &str) -> Option<Unpacks> {
    Unpacks::ALL.into_iter().find(|what| what.column() == name)
}

fn call(what: Unpacks, events: &SchemaRef) -> Expr {
    let packed = packed_columns().iter().map(String::as_str);
    let arguments = [what.column()].into_iter().chain(packed).chain(TAKEN_FROM).map(col);
    function(what, events).call(arguments.collect())
}

fn function(what: Unpacks, events: &SchemaRef) -> ScalarUDF {
    let data_type = events.field_with_name(what.column()).map(|field| field.data_type().clone());
    ScalarUDF::from(Unpack {
        name: format!("unpack_{}", what.column()),
        what,
        data_type: data_type.unwrap_or(DataType::Null),
        signature: Signature::any(
            1 + packed_columns().len() + TAKEN_FROM.len(),
            Volatility::Immutable,
        ),
    })
}

/// A column from what it is packed in.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Unpack {
    name: String,
    what: Unpacks,
    data_type: DataType,
    signature: Signature,
}

impl ScalarUDFImpl for Unpack {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(self.data_type.clone())
    }

    /// As in the table: never null.
    fn return_field_from_args(&self, _args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(self.what.column(), self.data_type.clone(), false)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let wrong = || exec_datafusion_err!("unpack takes a column and those it is packed in");
        let (own, others) = arrays.split_first().ok_or_else(wrong)?;
        let (packed, taken) = others.split_at_checked(packed_columns().len()).ok_or_else(wrong)?;
        let column: ArrayRef = unpack(self.what, own, packed, taken)?;
        Ok(ColumnarValue::Array(column))
    }
}
