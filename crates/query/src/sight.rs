//! Who sees patients: the columns that a search for somebody without that right gets instead.
//!
//! Masking happens below the statement, in the table itself: whatever an expression does with `patient` or `raw`, it does it
//! with the mask. What stays possible is counting: a condition on a masked column compares with the pseudonym, never with the
//! patient's number.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, MutableArrayData, StringArray, make_array};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarUDF, Volatility, col, create_udf, lit, when,
};
use sakimori_words::Digest;

/// What stands where a record names a patient and the person may not see whom.
pub const MASKED_TEXT: &str = "[masked: names a patient]";

/// The OCSF class of events about access to patients' records (Datastore Activity).
const RECORD_ACCESS: u32 = 6005;

/// Columns that repeat what the source wrote, whoever it names.
const TELLING: [&str; 2] = ["message", "raw"];

/// What a search shows of patients.
#[derive(Clone, Debug)]
pub enum Sight {
    /// Everything as it is stored.
    Full,
    /// A pseudonym for a patient, and nothing of the wording of records that name one.
    Masked(Pseudonyms),
}

/// Pseudonyms for patients: the same patient always has the same, and nobody without the secret finds the way back.
#[derive(Clone)]
pub struct Pseudonyms {
    secret: Arc<[u8; 32]>,
}

impl Pseudonyms {
    /// Pseudonyms made with the node's secret. Numbers of patients are few: with the secret, each could be tried.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret: Arc::new(secret) }
    }

    /// The pseudonym of a patient: `P-` and 12 hexadecimal digits; empty for none.
    ///
    /// The secret goes in before both digests (HMAC's construction with a digest of fixed length inside). 48 bits: two of a
    /// million patients share one with a chance of one in five hundred.
    #[must_use]
    pub fn of(&self, patient: &str) -> String {
        if patient.is_empty() {
            return String::new();
        }
        let inner = Digest::of_parts(&[b"sakimori patient 1", &*self.secret, patient.as_bytes()]);
        let outer = Digest::of_parts(&[&*self.secret, inner.as_bytes()]);
        format!("P-{}", outer.to_string().chars().take(12).collect::<String>())
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms(…)")
    }
}

impl Sight {
    /// The stored column `name` as this sight shows it.
    pub(crate) fn column(&self, name: &str, stored: &SchemaRef) -> Result<Expr> {
        let Self::Masked(pseudonyms) = self else { return Ok(col(name)) };
        match name {
            "patient" => Ok(pseudonym(pseudonyms).call(vec![col(name)]).alias(name)),
            name if TELLING.contains(&name) => {
                Ok(when(telling(), lit(MASKED_TEXT)).otherwise(col(name))?.alias(name))
            }
            "raw_bytes" | "src" => {
                let data_type = stored.field_with_name(name)?.data_type().clone();
                Ok(without(data_type).call(vec![col(name), telling()]).alias(name))
            }
            other => Ok(col(other)),
        }
    }
}

/// Whether a record names a patient. Who looks into records names one also where the source's own field was not found.
fn telling() -> Expr {
    col("patient").not_eq(lit("")).or(col("class_uid").eq(lit(RECORD_ACCESS)))
}

fn pseudonym(pseudonyms: &Pseudonyms) -> ScalarUDF {
    let pseudonyms = pseudonyms.clone();
    let each = move |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let patients =
            arrays.first().and_then(|array| array.as_any().downcast_ref::<StringArray>());
        let patients = patients.ok_or_else(|| exec_datafusion_err!("pseudonym takes a text"))?;
        let shown: StringArray =
            patients.iter().map(|patient| patient.map(|patient| pseudonyms.of(patient))).collect();
        Ok(ColumnarValue::Array(Arc::new(shown)))
    };
    let text = DataType::Utf8;
    create_udf("pseudonym", vec![text.clone()], text, Volatility::Immutable, Arc::new(each))
}

/// Takes the value away from the rows that the second argument names.
fn without(data_type: DataType) -> ScalarUDF {
    let each = |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let [values, telling] = &*arrays else {
            return Err(exec_datafusion_err!("without takes two columns"));
        };
        let telling = telling.as_any().downcast_ref::<BooleanArray>();
        let telling = telling.ok_or_else(|| exec_datafusion_err!("without takes a condition"))?;
        Ok(ColumnarValue::Array(emptied(values, telling)?))
    };
    let arguments = vec![data_type.clone(), DataType::Boolean];
    create_udf("without", arguments, data_type, Volatility::Immutable, Arc::new(each))
}

/// The values with nothing left of the marked rows. A null alone would not do: the engine looks into the fields of a record
/// by their offsets and finds what lies beneath a null.
fn emptied(values: &ArrayRef, marked: &BooleanArray) -> Result<ArrayRef> {
    if marked.true_count() == 0 {
        return Ok(Arc::clone(values));
    }
    let data = values.to_data();
    let mut kept = MutableArrayData::new(vec![&data], true, values.len());
    for row in 0..values.len() {
        if marked.is_valid(row) && !marked.value(row) {
            kept.try_extend(0, row, row + 1)?;
        } else {
            kept.try_extend_nulls(1)?;
        }
    }
    Ok(make_array(kept.freeze()))
}
