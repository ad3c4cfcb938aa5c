//! Who sees patients: the columns that a search for somebody without that right gets instead.
//!
//! Masking happens below the statement, in the table itself: whatever an expression does with `patient` or `raw`, it does it
//! with the mask. What stays possible is counting: a condition on a masked column compares with the pseudonym, never with the
//! patient's number.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, MutableArrayData, StringArray, make_array};
use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, col,
    lit, when,
};
use sakimori_words::{Digest, RECORD_ACCESS};

/// What stands where a record names a patient and the person may not see whom.
pub const MASKED_TEXT: &str = "[masked: names a patient]";

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
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pseudonyms {
    secret: Arc<[u8; 32]>,
}

impl Pseudonyms {
    /// Pseudonyms made with the node's secret. Numbers of patients are few: with the secret, each could be tried.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret: Arc::new(secret) }
    }

    /// What they are made with, for those who make them elsewhere for the same search.
    #[cfg(feature = "grid")]
    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
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
    pub(crate) fn column(&self, name: &str) -> Result<Expr> {
        let Self::Masked(pseudonyms) = self else { return Ok(col(name)) };
        match name {
            "patient" => Ok(pseudonym_function(pseudonyms).call(vec![col(name)]).alias(name)),
            name if TELLING.contains(&name) => masked_where_telling(col(name), name),
            "raw_bytes" | "src" => {
                Ok(without_function().call(vec![col(name), telling()]).alias(name))
            }
            other => Ok(col(other)),
        }
    }

    /// The computed column `leaf` as this sight shows it. Who may see patients proves a record with it, or exports the evidence.
    pub(crate) fn leaf(&self, leaf: Expr) -> Result<Expr> {
        match self {
            Self::Full => Ok(leaf),
            Self::Masked(_) => masked_where_telling(leaf, "leaf"),
        }
    }
}

fn masked_where_telling(shown: Expr, name: &str) -> Result<Expr> {
    Ok(when(telling(), lit(MASKED_TEXT)).otherwise(shown)?.alias(name))
}

/// Whether a record names a patient. Who looks into records names one also where the source's own field was not found.
fn telling() -> Expr {
    col("patient").not_eq(lit("")).or(col("class_uid").eq(lit(RECORD_ACCESS)))
}

/// The function that puts a pseudonym in the place of a patient.
pub(crate) fn pseudonym_function(pseudonyms: &Pseudonyms) -> ScalarUDF {
    let signature = Signature::exact(vec![DataType::Utf8], Volatility::Immutable);
    ScalarUDF::new_from_impl(Pseudonym { pseudonyms: pseudonyms.clone(), signature })
}

/// Knows the secret, so it is no function by name: it has to be handed on as a whole.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pseudonym {
    pub(crate) pseudonyms: Pseudonyms,
    signature: Signature,
}

impl ScalarUDFImpl for Pseudonym {
    fn name(&self) -> &'static str {
        "pseudonym"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&given.args)?;
        let patients =
            arrays.first().and_then(|array| array.as_any().downcast_ref::<StringArray>());
        let patients = patients.ok_or_else(|| exec_datafusion_err!("pseudonym takes a text"))?;
        let shown = patients.iter().map(|patient| patient.map(|name| self.pseudonyms.of(name)));
        Ok(ColumnarValue::Array(Arc::new(shown.collect::<StringArray>())))
    }
}

/// The function that takes the value away from the rows that its second argument names.
pub(crate) fn without_function() -> ScalarUDF {
    ScalarUDF::new_from_impl(Without { signature: Signature::any(2, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Without {
    signature: Signature,
}

impl ScalarUDFImpl for Without {
    fn name(&self) -> &'static str {
        "without"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let values = arguments.first().cloned();
        values.ok_or_else(|| exec_datafusion_err!("without takes two columns"))
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&given.args)?;
        let [values, telling] = &*arrays else {
            return Err(exec_datafusion_err!("without takes two columns"));
        };
        let telling = telling.as_any().downcast_ref::<BooleanArray>();
        let telling = telling.ok_or_else(|| exec_datafusion_err!("without takes a condition"))?;
        Ok(ColumnarValue::Array(emptied(values, telling)?))
    }
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
