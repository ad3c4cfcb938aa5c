//! Counting events by what stands in a dictionary, such as source and status.
//!
//! A segment holds such a column as a list of its few different values and a number for each event. The engine writes each
//! event's value out and looks it up among its groups; counting the numbers costs a quarter of that.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, DictionaryArray, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{
    Transformed, TransformedResult as _, TreeNode as _, TreeNodeRecursion,
};
use datafusion::common::{Result, Statistics, exec_datafusion_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfig, FileScanConfigBuilder, FileSource as _, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, PhysicalExpr,
    PlanProperties,
};
use futures::{Stream, TryStreamExt as _};

/// Columns of segments that stand there as a dictionary, few values in all.
const FEW_VALUES: [&str; 5] = ["source", "product", "service", "activity", "status"];

/// Most combinations of values that get a place of their own while a batch is counted. More than in any log seen: there, and when a batch
/// spells out its values, counting goes group by group.
const PLACES_MAX: usize = 1 << 16;

/// Values held at most before they are handed on; those of one batch come on top.
const HELD_BYTES_MAX: usize = 8 << 20;

/// Replaces the engine's counting over segments where only such columns are asked for.
#[derive(Debug)]
pub(crate) struct CountInDictionaries;

impl PhysicalOptimizerRule for CountInDictionaries {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down(|node| {
            let tallied = node.downcast_ref::<AggregateExec>().map(tallied).transpose()?.flatten();
            Ok(tallied.map_or_else(|| Transformed::no(node), Transformed::yes))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "count_in_dictionaries"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The same partial counts, taken from dictionaries wherever rows come from segments; nothing when that cannot be.
fn tallied(counting: &AggregateExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(columns) = counted_columns(counting) else { return Ok(None) };
    let inputs = match counting.input().downcast_ref::<UnionExec>() {
        Some(union) => union.inputs().clone(),
        None => vec![Arc::clone(counting.input())],
    };
    let mut n_tallied = 0;
    let mut parts: Vec<Arc<dyn ExecutionPlan>> = vec![];
    for input in inputs {
        if let Some(dictionaries) = dictionaries(&input, &columns)? {
            n_tallied += 1;
            parts.push(Arc::new(Tally::over(dictionaries, counting.schema())));
        } else {
            parts.push(engines_own(counting, input)?);
        }
    }
    if n_tallied == 0 {
        return Ok(None);
    }
    if parts.len() == 1 {
        return Ok(parts.pop());
    }
    UnionExec::try_new(parts).map(Some)
}

/// The columns by which events are counted, when nothing but counting is asked for.
fn counted_columns(counting: &AggregateExec) -> Option<Vec<Column>> {
    let groups = counting.group_expr();
    let only_counts = counting.aggr_expr().iter().all(|what| counts_rows(what))
        && counting.filter_expr().iter().all(Option::is_none);
    let plain = *counting.mode() == AggregateMode::Partial && groups.is_single();
    if !plain || !only_counts || groups.is_empty() || counting.limit_options().is_some() {
        return None;
    }
    groups.expr().iter().map(|(by, _)| by.downcast_ref::<Column>().cloned()).collect()
}

/// Whether this is `count(*)`: its state is one number.
fn counts_rows(what: &AggregateFunctionExpr) -> bool {
    let every_row = |counted: &Arc<dyn PhysicalExpr>| {
        counted.downcast_ref::<Literal>().is_some_and(|value| !value.value().is_null())
    };
    what.fun().name() == "count"
        && !what.is_distinct()
        && what.order_bys().is_empty()
        && what.expressions().iter().all(every_row)
}

/// What the engine would have done with this input.
fn engines_own(
    counting: &AggregateExec,
    input: Arc<dyn ExecutionPlan>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = input.schema();
    Ok(Arc::new(AggregateExec::try_new(
        *counting.mode(),
        counting.group_expr().clone(),
        counting.aggr_expr().to_vec(),
        counting.filter_expr().to_vec(),
        input,
        schema,
    )?))
}

/// The same segments, read for nothing but these columns and as dictionaries; nothing when they are no segments, or not such columns.
fn dictionaries(
    input: &Arc<dyn ExecutionPlan>,
    columns: &[Column],
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(scan) = input.downcast_ref::<DataSourceExec>() else { return Ok(None) };
    let Some((config, source)) = scan.downcast_to_file_source::<ParquetSource>() else {
        return Ok(None);
    };
    let table = Arc::clone(config.file_schema());
    let Some(places) = places_of(config, &table, columns) else { return Ok(None) };
    let predicate = source.filter();
    let asked = predicate.as_ref().map(collect_columns).unwrap_or_default();
    if config.limit.is_some() || asked.iter().any(|column| places.contains(&column.index())) {
        return Ok(None);
    }
    let table = as_dictionaries(&table, &places);
    let mut read = ParquetSource::new(Arc::clone(&table))
        .with_table_parquet_options(source.table_parquet_options().clone());
    if let Some(files) = source.parquet_file_reader_factory() {
        read = read.with_parquet_file_reader_factory(Arc::clone(files));
    }
    if let Some(predicate) = predicate {
        read = read.with_predicate(predicate);
    }
    let scan = FileScanConfigBuilder::from(config.clone())
        .with_source(Arc::new(read))
        .with_file_groups(with_schema(&config.file_groups, &table))
        .with_statistics(Statistics::new_unknown(&table))
        .with_projection_indices(Some(places))?
        .build();
    Ok(Some(DataSourceExec::from_data_source(scan)))
}

/// Where the columns stand in a segment, if all of them are of few values.
fn places_of(config: &FileScanConfig, table: &Schema, columns: &[Column]) -> Option<Vec<usize>> {
    let shown = config.file_source().projection()?;
    let place = |column: &Column| {
        let stored = shown.as_ref().get(column.index())?.expr.downcast_ref::<Column>()?;
        let name = table.fields().get(stored.index())?.name();
        FEW_VALUES.contains(&name.as_str()).then_some(stored.index())
    };
    columns.iter().map(place).collect()
}

fn as_dictionaries(table: &Schema, places: &[usize]) -> SchemaRef {
    let field = |(n, field): (usize, &Arc<Field>)| {
        if !places.contains(&n) {
            return Arc::clone(field);
        }
        let values = Box::new(field.data_type().clone());
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), values);
        Arc::new(field.as_ref().clone().with_data_type(dictionary))
    };
    Arc::new(Schema::new(table.fields().iter().enumerate().map(field).collect::<Vec<_>>()))
}

fn with_schema(groups: &[FileGroup], table: &SchemaRef) -> Vec<FileGroup> {
    let file = |file: &PartitionedFile| file.clone().with_arrow_schema(Arc::clone(table));
    groups.iter().map(|group| group.files().iter().map(file).collect()).collect()
}

/// Counts the rows of its input by the values of all its columns.
#[derive(Debug)]
struct Tally {
    input: Arc<dyn ExecutionPlan>,
    /// Values, then one number for each count that was asked for.
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl Tally {
    fn over(input: Arc<dyn ExecutionPlan>, schema: SchemaRef) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            input.output_partitioning().clone(),
            EmissionType::Both,
            Boundedness::Bounded,
        );
        Self { input, schema, properties: Arc::new(properties) }
    }
}

impl DisplayAs for Tally {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tally")
    }
}

impl ExecutionPlan for Tally {
    fn name(&self) -> &'static str {
        "Tally"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(Self::over(input, Arc::clone(&self.schema))))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let rows = self.input.execute(partition, Arc::clone(&context))?;
        let held = MemoryConsumer::new("Tally").register(context.memory_pool());
        let counted = counted(rows, Counts::new(held), Arc::clone(&self.schema));
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), counted)))
    }
}

/// The counts of all rows. So many different values that they fill the memory are handed on and begun anew: the engine adds up what comes
/// more than once.
fn counted(
    rows: SendableRecordBatchStream,
    counts: Counts,
    schema: SchemaRef,
) -> impl Stream<Item = Result<RecordBatch>> {
    futures::stream::try_unfold(Some((rows, counts)), move |state| {
        let schema = Arc::clone(&schema);
        async move {
            let Some((mut rows, mut counts)) = state else { return Ok(None) };
            while let Some(batch) = rows.try_next().await? {
                counts.add(&batch)?;
                if counts.held.size() > HELD_BYTES_MAX {
                    let part = counts.take(schema)?;
                    return Ok(Some((part, Some((rows, counts)))));
                }
            }
            Ok(Some((counts.take(schema)?, None)))
        }
    })
}

/// The values of a combination; `None` where there is none.
type Values = Vec<Option<Box<str>>>;

/// What stands in the columns of a batch.
type Columns<'a> = [&'a DictionaryArray<Int32Type>];

/// How often each combination of values came.
struct Counts {
    groups: HashMap<Values, i64>,
    held: MemoryReservation,
}

impl Counts {
    fn new(held: MemoryReservation) -> Self {
        Self { groups: HashMap::new(), held }
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns: Option<Vec<_>> =
            batch.columns().iter().map(|column| column.as_dictionary_opt()).collect();
        let columns = columns.ok_or_else(|| exec_datafusion_err!("a column is no dictionary"))?;
        let sizes: Vec<usize> = columns.iter().map(|column| size_of_dictionary(column)).collect();
        let n_places = sizes.iter().try_fold(1_usize, |all, size| all.checked_mul(*size));
        match n_places.filter(|n| *n <= PLACES_MAX) {
            Some(n_places) => self.add_by_place(&columns, &sizes, n_places),
            None => (0..batch.num_rows()).try_for_each(|row| {
                self.add_group(columns.iter().map(|c| value(c, key_at(c, row))).collect(), 1)
            }),
        }
    }

    /// Counts by place first, and looks at the values of each place once.
    fn add_by_place(
        &mut self,
        columns: &Columns<'_>,
        sizes: &[usize],
        n_places: usize,
    ) -> Result<()> {
        let mut counts = vec![0_i64; n_places];
        for place in places_in(columns, sizes) {
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
        }
        for (place, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let mut rest = place;
            let mut values: Values = vec![];
            for (column, size) in columns.iter().zip(sizes).rev() {
                values.push(value(column, rest % size));
                rest /= size;
            }
            values.reverse();
            self.add_group(values, count)?;
        }
        Ok(())
    }

    fn add_group(&mut self, values: Values, count: i64) -> Result<()> {
        if let Some(before) = self.groups.get_mut(&values) {
            *before += count;
            return Ok(());
        }
        let texts: usize = values.iter().flatten().map(|text| text.len()).sum();
        self.held.try_grow(texts + size_of::<(Values, i64)>() + size_of_val(values.as_slice()))?;
        self.groups.insert(values, count);
        Ok(())
    }

    /// The values and, as often as `schema` has columns left, their counts; then there are none.
    fn take(&mut self, schema: SchemaRef) -> Result<RecordBatch> {
        self.held.free();
        let (groups, counts): (Vec<Values>, Vec<i64>) = self.groups.drain().unzip();
        let counts: ArrayRef = Arc::new(Int64Array::from(counts));
        let n_values = groups.first().map_or(0, Vec::len);
        let mut columns: Vec<ArrayRef> = (0..n_values)
            .map(|n| {
                let values = groups.iter().map(|group| group.get(n).and_then(Option::as_deref));
                Arc::new(StringArray::from_iter(values)) as ArrayRef
            })
            .collect();
        if groups.is_empty() {
            return Ok(RecordBatch::new_empty(schema));
        }
        columns.resize(schema.fields().len(), counts);
        Ok(RecordBatch::try_new(schema, columns)?)
    }
}

/// How many keys a column of a batch can have, with one for "none".
fn size_of_dictionary(column: &DictionaryArray<Int32Type>) -> usize {
    column.values().len() + 1
}

/// The key of a row; the largest one where there is no value.
fn key_at(column: &DictionaryArray<Int32Type>, row: usize) -> usize {
    column.key(row).unwrap_or(column.values().len())
}

fn value(column: &DictionaryArray<Int32Type>, key: usize) -> Option<Box<str>> {
    let values: &StringArray = column.values().as_string_opt()?;
    (key < values.len() && values.is_valid(key)).then(|| values.value(key).into())
}

/// The place of each row's combination among all that the dictionaries allow.
fn places_in(columns: &Columns<'_>, sizes: &[usize]) -> Vec<usize> {
    let n_rows = columns.first().map_or(0, |column| column.len());
    let mut places = vec![0_usize; n_rows];
    for (column, size) in columns.iter().zip(sizes) {
        if column.null_count() > 0 {
            let keys = (0..n_rows).map(|row| key_at(column, row));
            places.iter_mut().zip(keys).for_each(|(place, key)| *place = *place * size + key);
            continue;
        }
        for (place, key) in places.iter_mut().zip(column.keys().values()) {
            *place = *place * size + usize::try_from(*key).unwrap_or(size - 1);
        }
    }
    places
}
