//! One search: statement, plan, run, within its limits.

use std::sync::Arc;

use datafusion::common::Result as EngineResult;
use datafusion::dataframe::DataFrame;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{
    SendableRecordBatchStream, SessionState, SessionStateBuilder, TaskContext,
};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use futures::StreamExt as _;
use sakimori_lake::{LakeReader, Snapshot};

use crate::events::{STORE, events_table};
#[cfg(feature = "grid")]
use crate::grid::{Grid, SESSION};
use crate::guard::{StopFlag, guarded};
use crate::memory::SearchMemory;
use crate::rows::TableBuilder;
use crate::statement::read_statement;
use crate::tally::CountInDictionaries;
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

/// What a search is run over.
#[derive(Clone)]
pub(crate) struct Place {
    /// The log.
    pub(crate) reader: LakeReader,
    /// Keeps what was learnt about segment files from one search to the next.
    pub(crate) environment: Arc<RuntimeEnv>,
    /// Where large searches go.
    #[cfg(feature = "grid")]
    pub(crate) grid: Option<Grid>,
}

/// What is asked, of which events.
struct Asked<'a> {
    statement: Statement,
    snapshot: Snapshot,
    sight: &'a Sight,
    limits: Limits,
    stop: &'a StopFlag,
}

/// Runs one search.
pub(crate) async fn run(
    place: &Place,
    sql: &str,
    sight: &Sight,
    limits: Limits,
    stop: &StopFlag,
) -> Result<Table, QueryError> {
    answer(place, sql, sight, limits, stop, collect).await
}

/// Runs one search and writes its rows as a Parquet file.
pub(crate) async fn run_to_parquet(
    place: &Place,
    sql: &str,
    sight: &Sight,
    limits: Limits,
    stop: &StopFlag,
) -> Result<ParquetFile, QueryError> {
    answer(place, sql, sight, limits, stop, parquet::collect).await
}

/// Asks where the answer comes from soonest and takes the rows.
async fn answer<T, C>(
    place: &Place,
    sql: &str,
    sight: &Sight,
    limits: Limits,
    stop: &StopFlag,
    take: impl Fn(SendableRecordBatchStream, Limits) -> C,
) -> Result<T, QueryError>
where
    C: Future<Output = EngineResult<T>>,
{
    let statement = read_statement(sql)?;
    let snapshot = place.reader.snapshot().await?;
    let asked = Asked { statement, snapshot, sight, limits, stop };
    #[cfg(feature = "grid")]
    if let Some(grid) = place.grid.as_ref().filter(|grid| grid.takes(&asked.snapshot)) {
        match answer_from(place, &asked, Some(grid), &take).await {
            Ok(answer) => {
                grid.answered();
                return Ok(answer);
            }
            // Whatever it was: here the same statement gives its rows, or its own error.
            Err(error) => tracing::warn!(%error, "the grid gave no answer; searching here"),
        }
    }
    answer_from(place, &asked, None, &take).await
}

/// Without the feature there is no grid to name.
#[cfg(not(feature = "grid"))]
enum Grid {}

async fn answer_from<T, C>(
    place: &Place,
    asked: &Asked<'_>,
    grid: Option<&Grid>,
    take: &impl Fn(SendableRecordBatchStream, Limits) -> C,
) -> Result<T, QueryError>
where
    C: Future<Output = EngineResult<T>>,
{
    let rows = start(place, asked, grid).await?;
    take(rows, asked.limits).await.map_err(|error| QueryError::running(&error))
}

async fn start(
    place: &Place,
    asked: &Asked<'_>,
    grid: Option<&Grid>,
) -> Result<SendableRecordBatchStream, QueryError> {
    let (plan, task) = planned(place, asked, grid).await?;
    let start = || {
        let rows = execute_stream(guarded(Arc::clone(&plan), asked.stop)?, task)?;
        #[cfg(feature = "grid")]
        if let Some(grid) = grid {
            return Ok(grid.watched(&plan, rows));
        }
        Ok(rows)
    };
    start().map_err(|error| QueryError::planning(&error))
}

async fn planned(
    place: &Place,
    asked: &Asked<'_>,
    grid: Option<&Grid>,
) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>), QueryError> {
    let context = context(place, asked, grid)
        .map_err(|error| QueryError::Failed { message: error.strip_backtrace() })?;
    let state = context.state();
    let plan = state
        .statement_to_plan(asked.statement.clone())
        .await
        .map_err(|error| QueryError::planning(&error))?;
    // The statement was a query; this also refuses what hides inside one.
    let reading =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    reading
        .verify_plan(&plan)
        .map_err(|error| QueryError::NotReading { what: error.strip_backtrace() })?;
    let frame = DataFrame::new(state, plan)
        .limit(0, Some(asked.limits.rows.saturating_add(1)))
        .map_err(|error| QueryError::planning(&error))?;
    let task = Arc::new(frame.task_ctx());
    let plan = frame.create_physical_plan().await.map_err(|error| QueryError::planning(&error))?;
    Ok((plan, task))
}

fn context(place: &Place, asked: &Asked<'_>, grid: Option<&Grid>) -> EngineResult<SessionContext> {
    let spilling = DiskManagerBuilder::default().with_max_temp_directory_size(SPILL_BYTES_MAX);
    let environment = RuntimeEnvBuilder::from_runtime_env(&place.environment)
        .with_memory_pool(Arc::new(SearchMemory::new(asked.limits.memory_bytes)))
        .with_disk_manager_builder(spilling)
        .build_arc()?;
    environment
        .register_object_store(ObjectStoreUrl::parse(STORE)?.as_ref(), place.reader.segments());
    let context = SessionContext::new_with_state(session(environment, grid)?);
    for name in ROW_MAKERS {
        context.deregister_udf(name);
        context.deregister_udtf(name);
    }
    context.register_table("events", events_table(asked.snapshot.clone(), asked.sight)?)?;
    Ok(context)
}

fn session(environment: Arc<RuntimeEnv>, grid: Option<&Grid>) -> EngineResult<SessionState> {
    let state = SessionStateBuilder::new().with_runtime_env(environment).with_default_features();
    match grid {
        None => Ok(state
            .with_config(config())
            .with_physical_optimizer_rule(Arc::new(CountInDictionaries))
            .build()),
        #[cfg(feature = "grid")]
        Some(grid) => {
            let config = Grid::config(config());
            grid.state(state.with_config(config).with_session_id(SESSION.to_owned()).build())
        }
        #[cfg(not(feature = "grid"))]
        Some(none) => match *none {},
    }
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

/// How the engine would go about a search, as text; for tests.
#[cfg(test)]
pub(crate) async fn plan_of(place: &Place, sql: &str) -> String {
    let snapshot = place.reader.snapshot().await.unwrap();
    let (statement, limits) = (read_statement(sql).unwrap(), Limits::SCREEN);
    let stop = StopFlag::default();
    let asked = Asked { statement, snapshot, sight: &Sight::Full, limits, stop: &stop };
    let (plan, _) = planned(place, &asked, None).await.unwrap();
    datafusion::physical_plan::displayable(plan.as_ref()).indent(true).to_string()
}
