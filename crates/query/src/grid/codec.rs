//! What travels of a search besides what the engine itself can write down: our tables, and the function that knows a secret.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::{Result, TableReference, exec_datafusion_err, exec_err};
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan, ScalarUDF};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use sakimori_lake::SegmentInfo;

use crate::Pseudonyms;
use crate::events::Sealed;
use crate::sight::{Pseudonym, pseudonym_function};

/// First byte of a table of sealed segments; what the catalogue says of them follows, as JSON.
const SEALED: u8 = b'S';

/// First byte of a table of unsealed events; they follow as an Arrow stream.
const HOT: u8 = b'H';

/// Plans on their way from the node to the scheduler.
#[derive(Debug, Default)]
pub(super) struct LogicalCodec(BallistaLogicalExtensionCodec);

impl LogicalExtensionCodec for LogicalCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        context: &TaskContext,
    ) -> Result<Extension> {
        self.0.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, bytes: &mut Vec<u8>) -> Result<()> {
        self.0.try_encode(node, bytes)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        _name: &TableReference,
        schema: SchemaRef,
        _context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        match bytes.split_first() {
            Some((&SEALED, segments)) => read_sealed(segments, schema),
            Some((&HOT, events)) => read_hot(events, schema),
            _ => exec_err!("a table that this version of Sakimori does not know"),
        }
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        if let Some(sealed) = table.downcast_ref::<Sealed>() {
            return write_sealed(sealed, bytes);
        }
        match table.downcast_ref::<MemTable>() {
            Some(hot) => write_hot(hot, bytes),
            None => exec_err!("the table {name} does not travel"),
        }
    }

    fn try_decode_file_format(
        &self,
        bytes: &[u8],
        context: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.0.try_decode_file_format(bytes, context)
    }

    fn try_encode_file_format(
        &self,
        bytes: &mut Vec<u8>,
        format: Arc<dyn FileFormatFactory>,
    ) -> Result<()> {
        self.0.try_encode_file_format(bytes, format)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        read_function(name, bytes)
    }

    fn try_encode_udf(&self, function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
        write_function(function, bytes);
        Ok(())
    }
}

/// Stages of a plan on their way from the scheduler to executors.
#[derive(Debug, Default)]
pub(super) struct PhysicalCodec(BallistaPhysicalExtensionCodec);

impl PhysicalExtensionCodec for PhysicalCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.0.try_decode(bytes, inputs, context, converter)
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        self.0.try_encode(node, bytes, converter)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        read_function(name, bytes)
    }

    fn try_encode_udf(&self, function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
        write_function(function, bytes);
        Ok(())
    }
}

fn write_sealed(sealed: &Sealed, bytes: &mut Vec<u8>) -> Result<()> {
    let segments: Vec<&SegmentInfo> = sealed.segments().iter().map(AsRef::as_ref).collect();
    bytes.push(SEALED);
    serde_json::to_writer(bytes, &segments).map_err(unwritten)
}

fn read_sealed(bytes: &[u8], schema: SchemaRef) -> Result<Arc<dyn TableProvider>> {
    let segments: Vec<SegmentInfo> = serde_json::from_slice(bytes).map_err(unread)?;
    Ok(Arc::new(Sealed::new(schema, segments.into_iter().map(Arc::new).collect())))
}

fn write_hot(hot: &MemTable, bytes: &mut Vec<u8>) -> Result<()> {
    bytes.push(HOT);
    let mut writer = StreamWriter::try_new(bytes, &hot.schema())?;
    for part in &hot.batches {
        // Nobody writes to it; it was made for this search.
        for batch in part.try_read().map_err(unwritten)?.iter() {
            writer.write(batch)?;
        }
    }
    Ok(writer.finish()?)
}

fn read_hot(bytes: &[u8], schema: SchemaRef) -> Result<Arc<dyn TableProvider>> {
    let batches: Result<Vec<_>, _> = StreamReader::try_new(bytes, None)?.collect();
    Ok(Arc::new(MemTable::try_new(schema, vec![batches?])?))
}

/// The secret travels with the search: executors read the log itself, so it tells them nothing that they could not see.
fn write_function(function: &ScalarUDF, bytes: &mut Vec<u8>) {
    if let Some(pseudonym) = function.inner().downcast_ref::<Pseudonym>() {
        bytes.extend_from_slice(pseudonym.pseudonyms.secret());
    }
}

fn read_function(name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
    match <[u8; 32]>::try_from(bytes) {
        Ok(secret) => Ok(Arc::new(pseudonym_function(&Pseudonyms::new(secret)))),
        Err(_) => exec_err!("this version of Sakimori has no function {name}"),
    }
}

fn unwritten(error: impl std::fmt::Display) -> datafusion::error::DataFusionError {
    exec_datafusion_err!("a table could not be written down: {error}")
}

fn unread(error: impl std::fmt::Display) -> datafusion::error::DataFusionError {
    exec_datafusion_err!("a table could not be read: {error}")
}
