//! The functions of our own that a search may need, in one list for whoever runs a part of one.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::logical_expr::ScalarUDF;
use sakimori_lake::events_schema;

use crate::leaf::leaf_function;
use crate::packed::unpack_functions;
use crate::prefilter::may_hold_function;
use crate::sight::without_function;

/// Every function that is known by its name alone. The one for pseudonyms is not: it knows a secret.
pub(crate) fn functions() -> Result<Vec<Arc<ScalarUDF>>> {
    let mut functions =
        vec![leaf_function(&events_schema())?, without_function(), may_hold_function()];
    functions.extend(unpack_functions());
    Ok(functions.into_iter().map(Arc::new).collect())
}
