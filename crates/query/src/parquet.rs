//! The rows of a search as a Parquet file, for analysis elsewhere.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use futures::StreamExt as _;

use crate::Limits;

/// Largest file, in bytes. It is held in memory until it is handed over.
pub const PARQUET_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A search's rows as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParquetFile {
    /// The file.
    pub bytes: Vec<u8>,
    /// Rows in it.
    pub rows: usize,
    /// Whether there were more rows than asked for, or than fit.
    pub truncated: bool,
}

/// Writes rows until there are enough or the file is as large as it may be.
pub(crate) async fn collect(
    mut rows: SendableRecordBatchStream,
    limits: Limits,
) -> Result<ParquetFile> {
    let schema = plain_schema(&rows.schema());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties))?;
    let mut n_rows = 0;
    let mut truncated = false;
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        let left = limits.rows.saturating_sub(n_rows).min(batch.num_rows());
        truncated = left < batch.num_rows();
        writer.write(&plain(&batch.slice(0, left), &schema)?)?;
        n_rows += left;
        let bytes = writer.bytes_written() + writer.in_progress_size();
        truncated |= bytes > PARQUET_BYTES_MAX.min(limits.memory_bytes);
        if truncated {
            break;
        }
    }
    Ok(ParquetFile { bytes: writer.into_inner()?, rows: n_rows, truncated })
}

/// Types that other programs may not know, as those they do.
fn plain_schema(schema: &SchemaRef) -> SchemaRef {
    let field = |field: &Arc<Field>| {
        field.as_ref().clone().with_data_type(plain_type(field.data_type())).with_nullable(true)
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Null | DataType::Utf8View | DataType::Interval(_) | DataType::Duration(_) => {
            DataType::Utf8
        }
        DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, value) => plain_type(value),
        other => other.clone(),
    }
}

fn plain(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns: Result<Vec<ArrayRef>, _> = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| cast(column, field.data_type()))
        .collect();
    Ok(RecordBatch::try_new(Arc::clone(schema), columns?)?)
}
