//! The table `events`: sealed segments and hot batches as one.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::common::config::TableParquetOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Result, ScalarValue, Statistics, ToDFSchema as _};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown, TableType,
};
use datafusion::physical_plan::ExecutionPlan;
use sakimori_lake::{SegmentInfo, Snapshot, events_schema, sealed_schema};
use sakimori_words::Instant;

use crate::Sight;
use crate::leaf::leaf_expr;
use crate::packed::{read_for, unpacked, unpacks};
use crate::prefilter::prefilter;

/// The address under which the engine finds the segment store.
pub(crate) const STORE: &str = "sakimori://segments";

/// Columns of the store that searching does not show: the leaf itself is there.
const HIDDEN: &str = "leaf_check";

/// The table `events` over everything in `snapshot`, as `sight` shows it.
pub(crate) fn events_table(snapshot: Snapshot, sight: &Sight) -> Result<Arc<dyn TableProvider>> {
    let hot = MemTable::try_new(events_schema(), vec![snapshot.hot])?;
    let mut plan = LogicalPlanBuilder::scan("hot", provider_as_source(Arc::new(hot)), None)?;
    if !snapshot.segments.is_empty() {
        let sealed = Sealed::new(events_schema(), snapshot.segments);
        let sealed =
            LogicalPlanBuilder::scan("sealed", provider_as_source(Arc::new(sealed)), None)?;
        plan = sealed.union(plan.build()?)?;
    }
    Ok(Arc::new(ViewTable::new(shown(plan, sight)?, None)))
}

/// The columns that a search shows: those stored, with `leaf` computed before `src` from what is truly there.
fn shown(plan: LogicalPlanBuilder, sight: &Sight) -> Result<LogicalPlan> {
    let stored = events_schema();
    let mut columns = Vec::new();
    for field in stored.fields().iter().filter(|field| field.name() != HIDDEN) {
        if field.name() == "src" {
            columns.push(sight.leaf(leaf_expr(&stored)?)?);
        }
        columns.push(sight.column(field.name())?);
    }
    plan.project(columns)?.build()
}

/// The sealed segments that the catalogue names; nothing is listed or opened to plan a search.
pub(crate) struct Sealed {
    schema: SchemaRef,
    segments: Vec<Arc<SegmentInfo>>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} segments)", self.segments.len())
    }
}

#[async_trait]
impl TableProvider for Sealed {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        // Inexact: the engine hands them to the Parquet reader itself and keeps what that cannot do.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = || (0..self.schema.fields().len()).collect();
        let wanted = projection.cloned().unwrap_or_else(all);
        let plan = self.read(state, &wanted, filters, limit)?;
        unpacked(state, plan, &wanted)
    }
}

impl Sealed {
    /// The table of `segments` that hold the columns of `schema`.
    pub(crate) const fn new(schema: SchemaRef, segments: Vec<Arc<SegmentInfo>>) -> Self {
        Self { schema, segments }
    }

    /// The segments it is made of.
    #[cfg(feature = "grid")]
    pub(crate) fn segments(&self) -> &[Arc<SegmentInfo>] {
        &self.segments
    }

    /// Reads the segments' own columns that `wanted` columns of events are made of.
    fn read(
        &self,
        state: &dyn Session,
        wanted: &[usize],
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let address = ObjectStoreUrl::parse(STORE)?;
        let environment = state.runtime_env();
        let sealed = sealed_schema();
        let mut source =
            ParquetSource::new(Arc::clone(&sealed)).with_table_parquet_options(options);
        // A scheduler plans what others read: it has no store and needs none.
        if let Ok(store) = environment.object_store(&address) {
            let known = environment.cache_manager.get_file_metadata_cache();
            let files = CachedParquetFileReaderFactory::new(store, known);
            source = source.with_parquet_file_reader_factory(Arc::new(files));
        }
        let filters = filters.iter().filter_map(follows_for_segments);
        if let Some(filter) = conjunction(filters) {
            let filter = state.create_physical_expr(filter, &Arc::clone(&sealed).to_dfschema()?)?;
            source = source.with_predicate(filter);
        }
        let scan = FileScanConfigBuilder::new(address, Arc::new(source))
            .with_file_groups(self.file_groups(state.config().target_partitions()))
            .with_statistics(statistics_of(&self.segments))
            .with_projection_indices(Some(read_for(wanted)?))?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }

    /// The files dealt out to the threads, newest first: most searches are for the newest events and can stop early.
    fn file_groups(&self, n_groups: usize) -> Vec<FileGroup> {
        let mut groups = vec![Vec::new(); n_groups.clamp(1, self.segments.len().max(1))];
        let n_groups = groups.len();
        for (n, segment) in self.segments.iter().rev().enumerate() {
            if let Some(group) = groups.get_mut(n % n_groups) {
                group.push(file(segment));
            }
        }
        groups.into_iter().map(FileGroup::new).collect()
    }
}

/// What follows for the columns of segments from a condition that needs unpacked ones. A condition on the segments' own columns the
/// engine hands to the reader itself, later; named here as well it would be looked at twice for each row.
fn follows_for_segments(filter: &Expr) -> Option<Expr> {
    let needs_unpacking =
        filter.column_refs().iter().any(|column| unpacks(column.name()).is_some());
    if needs_unpacking { prefilter(filter) } else { None }
}

fn file(segment: &Arc<SegmentInfo>) -> PartitionedFile {
    PartitionedFile::new(&segment.file, segment.file_bytes)
        // Ours, not the one in the file: arrow panics on a damaged one.
        .with_arrow_schema(sealed_schema())
        .with_statistics(Arc::new(statistics_of(std::slice::from_ref(segment))))
}

/// What the signed catalogue knows about segments, by which whole files are skipped.
fn statistics_of(segments: &[Arc<SegmentInfo>]) -> Statistics {
    let column = |field: &arrow::datatypes::FieldRef| {
        let bounds = segments.iter().filter_map(|segment| bounds(segment, field.name()));
        let nulls = if field.is_nullable() { Precision::Absent } else { Precision::Exact(0) };
        column_statistics(bounds, field.data_type()).with_null_count(nulls)
    };
    let events: u64 = segments.iter().map(|segment| segment.events).sum();
    let n_rows = usize::try_from(events).map_or(Precision::Absent, Precision::Exact);
    Statistics {
        num_rows: n_rows,
        total_byte_size: Precision::Absent,
        column_statistics: sealed_schema().fields().iter().map(column).collect(),
    }
}

/// Smallest and largest value of a column in a segment, where the catalogue says them.
fn bounds(segment: &SegmentInfo, column: &str) -> Option<(Bound, Bound)> {
    let times = |(from, to): (Instant, Instant)| (Bound::Time(from), Bound::Time(to));
    match column {
        "time" => Some(times(segment.time)),
        "received_at" => Some(times(segment.received)),
        "seq" => Some((Bound::Seq(segment.first_seq), Bound::Seq(segment.last_seq))),
        "source" => {
            let (first, last) = (segment.sources.first()?, segment.sources.last()?);
            Some((Bound::Text(first.source.clone()), Bound::Text(last.source.clone())))
        }
        _ => None,
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    Time(Instant),
    Seq(u64),
    Text(String),
}

impl Bound {
    fn scalar(self, data_type: &DataType) -> ScalarValue {
        match (self, data_type) {
            (Self::Time(at), DataType::Timestamp(_, zone)) => {
                ScalarValue::TimestampMicrosecond(Some(at.as_micros()), zone.clone())
            }
            (Self::Time(at), _) => ScalarValue::TimestampMicrosecond(Some(at.as_micros()), None),
            (Self::Seq(seq), _) => ScalarValue::UInt64(Some(seq)),
            (Self::Text(text), _) => ScalarValue::Utf8(Some(text)),
        }
    }
}

fn column_statistics(
    bounds: impl Iterator<Item = (Bound, Bound)>,
    data_type: &DataType,
) -> ColumnStatistics {
    let widest = bounds.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)));
    let Some((min, max)) = widest else { return ColumnStatistics::new_unknown() };
    ColumnStatistics::new_unknown()
        .with_min_value(Precision::Exact(min.scalar(data_type)))
        .with_max_value(Precision::Exact(max.scalar(data_type)))
}

/// Makes the compiler check that a table can be handed between threads.
const _: fn() = || {
    fn crosses_threads<T: Any + Send + Sync>() {}
    crosses_threads::<Sealed>();
};
