//! One search: statement, plan, run, within its limits.

use std::sync::Arc;

use datafusion::common::Result as EngineResult;
use datafusion::dataframe::DataFrame;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt as _;
use sakimori_lake::LakeReader;

use crate::events::{STORE, events_table};
use crate::guard::{StopFlag, guarded};
use crate::rows::TableBuilder;
use crate::statement::read_statement;
use crate::{Limits, ParquetFile, QueryError, Sight, Table, parquet};

/// Most disk that one search may use when its memory is not enough. The disk belongs to the logs first.
const SPILL_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// How the engine reads bare dates and hours: as clocks in Japan show them.
const ZONE: &str = "+09:00";

/// Functions that turn a number into as much memory as it says, which no limit sees before it is taken.
const ROW_MAKERS: [&str; 9] = [
    "repeat",
    "lpad",
    "rpad",
    "range",
    "generate_series",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
];

/// The error of a search whose threads have ended.
pub(crate) fn ended() -> QueryError {
    QueryError::Failed { message: "searching has ended".to_owned() }
}

/// Runs one search.
pub(crate) async fn run(
    reader: &LakeReader,
    environment: &RuntimeEnv,
    sql: &str,
    sight: &Sight,
    limits: Limits,
    stop: &StopFlag,
) -> Result<Table, QueryError> {
    let rows = start(reader, environment, sql, sight, limits, stop).await?;
    collect(rows, limits).await.map_err(|error| QueryError::running(&error))
}

/// Runs one search and writes its rows as a Parquet file.
pub(crate) async fn run_to_parquet(
    reader: &LakeReader,
    environment: &RuntimeEnv,
    sql: &str,
    sight: &Sight,
    limits: Limits,
    stop: &StopFlag,
) -> Result<ParquetFile, QueryError> {
    let rows = start(reader, environment, sql, sight, limits, stop).await?;
    parquet::collect(rows, limits).await.map_err(|error| QueryError::running(&error))
}

async fn start(
    reader: &LakeReader,
    environment: &RuntimeEnv,
    sql: &str,
    sight: &Sight,
    limits: Limits,
    stop: &StopFlag,
) -> Result<SendableRecordBatchStream, QueryError> {
    let statement = read_statement(sql)?;
    let context = context(reader, environment, sight, limits).await?;
    let state = context.state();
    let plan =
        state.statement_to_plan(statement).await.map_err(|error| QueryError::planning(&error))?;
    // The statement was a query; this also refuses what hides inside one.
    let reading =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    reading
        .verify_plan(&plan)
        .map_err(|error| QueryError::NotReading { what: error.strip_backtrace() })?;
    let frame = DataFrame::new(state, plan)
        .limit(0, Some(limits.rows.saturating_add(1)))
        .map_err(|error| QueryError::planning(&error))?;
    let task = Arc::new(frame.task_ctx());
    let plan = frame.create_physical_plan().await.map_err(|error| QueryError::planning(&error))?;
    let start = || execute_stream(guarded(plan, stop)?, task);
    start().map_err(|error| QueryError::planning(&error))
}

async fn context(
    reader: &LakeReader,
    environment: &RuntimeEnv,
    sight: &Sight,
    limits: Limits,
) -> Result<SessionContext, QueryError> {
    let snapshot = reader.snapshot().await?;
    let prepare = || -> EngineResult<SessionContext> {
        let spilling = DiskManagerBuilder::default().with_max_temp_directory_size(SPILL_BYTES_MAX);
        let environment = RuntimeEnvBuilder::from_runtime_env(environment)
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(spilling)
            .build_arc()?;
        environment
            .register_object_store(ObjectStoreUrl::parse(STORE)?.as_ref(), reader.segments());
        let state = SessionStateBuilder::new()
            .with_config(config())
            .with_runtime_env(environment)
            .with_default_features()
            .build();
        let context = SessionContext::new_with_state(state);
        for name in ROW_MAKERS {
            context.deregister_udf(name);
            context.deregister_udtf(name);
        }
        context.register_table("events", events_table(snapshot, sight)?)?;
        Ok(context)
    };
    prepare().map_err(|error| QueryError::Failed { message: error.strip_backtrace() })
}

fn config() -> SessionConfig {
    let mut config = SessionConfig::new();
    let options = config.options_mut();
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    options.execution.time_zone = Some(ZONE.to_owned());
    options.sql_parser.collect_spans = true;
    config
}

/// Takes rows until there are enough or they fill the memory they may.
async fn collect(mut rows: SendableRecordBatchStream, limits: Limits) -> EngineResult<Table> {
    let mut table = TableBuilder::new(&rows.schema(), limits);
    while let Some(batch) = rows.next().await {
        if !table.add(&batch?)? {
            break;
        }
    }
    Ok(table.finish())
}
