//! The engine's columns to rows of plain values.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, BooleanArray, MapArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Float64Type, Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use sakimori_words::Instant;

use crate::{Cell, Limits, Table};

/// A table that fills up to its limits.
pub(crate) struct TableBuilder {
    table: Table,
    rows_max: usize,
    bytes_left: usize,
}

impl TableBuilder {
    /// An empty table with the columns of `schema`.
    pub(crate) fn new(schema: &SchemaRef, limits: Limits) -> Self {
        let columns = schema.fields().iter().map(|field| field.name().clone()).collect();
        let table = Table { columns, rows: Vec::new(), truncated: false };
        Self { table, rows_max: limits.rows, bytes_left: limits.memory_bytes }
    }

    /// Adds rows; false when the table is full and more would be lost.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<bool, ArrowError> {
        let columns: Result<Vec<_>, _> = batch.columns().iter().map(cells_of).collect();
        let mut columns: Vec<_> = columns?.into_iter().map(Vec::into_iter).collect();
        for _ in 0..batch.num_rows() {
            let row: Vec<_> = columns.iter_mut().filter_map(Iterator::next).collect();
            let bytes: usize = row.iter().map(Cell::bytes).sum();
            if self.table.rows.len() >= self.rows_max || bytes > self.bytes_left {
                self.table.truncated = true;
                return Ok(false);
            }
            self.bytes_left -= bytes;
            self.table.rows.push(row);
        }
        Ok(true)
    }

    /// The table as far as it was filled.
    pub(crate) fn finish(self) -> Table {
        self.table
    }
}

/// The values of a column.
fn cells_of(array: &ArrayRef) -> Result<Vec<Cell>, ArrowError> {
    match array.data_type() {
        DataType::Null => Ok(vec![Cell::Null; array.len()]),
        DataType::Boolean => Ok(bools(array.as_boolean())),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => whole_numbers(array),
        DataType::UInt64 => large_numbers(array),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => numbers(array),
        DataType::Timestamp(_, zone) => times(array, zone.clone()),
        DataType::Map(..) => fields(array.as_map()),
        _ => texts(array),
    }
}

fn each<T>(values: impl Iterator<Item = Option<T>>, cell: impl Fn(T) -> Cell) -> Vec<Cell> {
    values.map(|value| value.map_or(Cell::Null, &cell)).collect()
}

fn bools(array: &BooleanArray) -> Vec<Cell> {
    each(array.iter(), Cell::Bool)
}

fn whole_numbers(array: &ArrayRef) -> Result<Vec<Cell>, ArrowError> {
    let numbers = cast(array, &DataType::Int64)?;
    Ok(each(numbers.as_primitive::<Int64Type>().iter(), Cell::Int))
}

/// Numbers that may not fit a signed one; those are kept as text.
fn large_numbers(array: &ArrayRef) -> Result<Vec<Cell>, ArrowError> {
    let cells = texts(array)?.into_iter().map(|cell| match cell {
        Cell::Text(digits) => digits.parse().map_or(Cell::Text(digits), Cell::Int),
        other => other,
    });
    Ok(cells.collect())
}

fn numbers(array: &ArrayRef) -> Result<Vec<Cell>, ArrowError> {
    let numbers = cast(array, &DataType::Float64)?;
    Ok(each(numbers.as_primitive::<Float64Type>().iter(), Cell::Float))
}

fn times(array: &ArrayRef, zone: Option<Arc<str>>) -> Result<Vec<Cell>, ArrowError> {
    let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone))?;
    let time = |micros| Cell::Time(Instant::from_micros(micros));
    Ok(each(micros.as_primitive::<TimestampMicrosecondType>().iter(), time))
}

fn fields(map: &MapArray) -> Result<Vec<Cell>, ArrowError> {
    let row = |row: usize| {
        if map.is_null(row) {
            return Ok(Cell::Null);
        }
        let entries = map.value(row);
        let names = texts(entries.column(0))?.into_iter().map(|cell| cell.to_string());
        let values = texts(entries.column(1))?.into_iter().map(|cell| cell.to_string());
        Ok(Cell::Fields(names.zip(values).collect()))
    };
    (0..map.len()).map(row).collect()
}

fn texts(array: &ArrayRef) -> Result<Vec<Cell>, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options)?;
    let text = |row| -> Result<Cell, ArrowError> {
        if array.is_null(row) {
            return Ok(Cell::Null);
        }
        Ok(Cell::Text(formatter.value(row).try_to_string()?))
    };
    (0..array.len()).map(text).collect()
}
