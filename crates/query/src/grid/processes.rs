//! The processes of a grid: one scheduler, and executors that read segments.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use ballista_core::RuntimeProducer;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::extension::ballista_scalar_functions;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::default_session_builder;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::common::Result as EngineResult;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{FunctionRegistry as _, SessionState};
use datafusion::prelude::SessionConfig;
use sakimori_lake::ObjectStore;

use super::codec::{LogicalCodec, PhysicalCodec};
use super::{GridError, MESSAGE_BYTES_MAX, only_loopback};
use crate::events::STORE;
use crate::functions::functions;

/// The scheduler brings the work. Executors that ask for it need no second port, but nobody could tell them to stop either.
const WORK: TaskSchedulingPolicy = TaskSchedulingPolicy::PushStaged;

/// How often an executor says that it is there, in seconds.
const HEARTBEAT_SECONDS: u64 = 3;

/// After how many seconds without that sign its work is given to others. Ballista's own three minutes are longer than a
/// person waits.
const LOST_AFTER_SECONDS: u64 = 10;

/// How long parts of answers stay on an executor's disk, in seconds, when nobody takes them away.
const PARTS_KEPT_SECONDS: u64 = 3_600;

/// How an executor works.
#[derive(Clone)]
pub struct ExecutorSettings {
    /// Where it gives parts of answers to other executors and to nodes. On the next port it takes work from the scheduler.
    pub listen: SocketAddr,
    /// The address under which other machines see it, with the same ports.
    pub seen_at: IpAddr,
    /// The scheduler it takes work from.
    pub scheduler: SocketAddr,
    /// Where the segments are, opened with this process's own keys.
    pub segments: Arc<dyn ObjectStore>,
    /// An existing folder that only this account reads: parts of answers lie there unmasked.
    pub work: PathBuf,
}

impl fmt::Debug for ExecutorSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExecutorSettings({} for {})", self.listen, self.scheduler)
    }
}

/// Runs a scheduler until the process ends. It keeps nothing on disk: a search that runs when it ends is searched again by the
/// node.
///
/// # Errors
/// When `listen` is reached by other machines or cannot be opened.
pub async fn run_scheduler(listen: SocketAddr) -> Result<(), GridError> {
    only_loopback(listen)?;
    let config = SchedulerConfig {
        bind_host: listen.ip().to_string(),
        external_host: listen.ip().to_string(),
        bind_port: listen.port(),
        scheduling_policy: WORK,
        executor_timeout_seconds: LOST_AFTER_SECONDS,
        expire_dead_executor_interval_seconds: HEARTBEAT_SECONDS,
        no_executors_grace_period_seconds: LOST_AFTER_SECONDS,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES_MAX,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES_MAX,
        grpc_client_max_message_size: MESSAGE_BYTES_MAX,
        override_session_builder: Some(Arc::new(session)),
        override_logical_codec: Some(Arc::new(LogicalCodec::default())),
        override_physical_codec: Some(Arc::new(PhysicalCodec::default())),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(GridError::failed)?;
    start_server(cluster, listen, Arc::new(config)).await.map_err(GridError::failed)
}

/// Runs an executor until the process is asked to end or has lost its scheduler for good.
///
/// # Errors
/// When one of the addresses is reached by other machines, or the scheduler does not answer.
pub async fn run_executor(settings: ExecutorSettings) -> Result<(), GridError> {
    only_loopback(settings.listen)?;
    only_loopback(settings.scheduler)?;
    only_loopback(SocketAddr::new(settings.seen_at, settings.listen.port()))?;
    let next = settings.listen.port().checked_add(1);
    let grpc_port = next.ok_or_else(|| GridError::failed("there is no port after 65535"))?;
    // Apart from each other: what is old among the parts is removed, and a folder for spilling may be old and in use.
    let (parts, spill) = (settings.work.join("parts"), settings.work.join("spill"));
    for folder in [&parts, &spill] {
        std::fs::create_dir_all(folder).map_err(GridError::failed)?;
    }
    let config = ExecutorProcessConfig {
        bind_host: settings.listen.ip().to_string(),
        external_host: Some(settings.seen_at.to_string()),
        port: settings.listen.port(),
        grpc_port,
        scheduler_host: settings.scheduler.ip().to_string(),
        scheduler_port: settings.scheduler.port(),
        scheduler_connect_timeout_seconds: 30,
        task_scheduling_policy: WORK,
        work_dir: Some(parts.display().to_string()),
        job_data_ttl_seconds: PARTS_KEPT_SECONDS,
        job_data_clean_up_interval_seconds: PARTS_KEPT_SECONDS / 4,
        grpc_max_decoding_message_size: MESSAGE_BYTES_MAX,
        grpc_max_encoding_message_size: MESSAGE_BYTES_MAX,
        executor_heartbeat_interval_seconds: HEARTBEAT_SECONDS,
        override_function_registry: Some(Arc::new(registry().map_err(GridError::failed)?)),
        override_runtime_producer: Some(reading(settings.segments, spill)),
        override_logical_codec: Some(Arc::new(LogicalCodec::default())),
        override_physical_codec: Some(Arc::new(PhysicalCodec::default())),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.map_err(GridError::failed)
}

/// A session in which a scheduler plans.
fn session(config: SessionConfig) -> EngineResult<SessionState> {
    let mut state = default_session_builder(config)?;
    for function in functions()? {
        state.register_udf(function)?;
    }
    Ok(state)
}

/// The functions an executor knows. Ballista's own list has none of those over lists and maps.
fn registry() -> EngineResult<BallistaFunctionRegistry> {
    let mut registry = BallistaFunctionRegistry::default();
    for function in ballista_scalar_functions().into_iter().chain(functions()?) {
        registry.scalar_functions.insert(function.name().to_owned(), function);
    }
    Ok(registry)
}

/// Where an executor's tasks read: the segments and nothing else of this machine, whatever a plan asks for.
fn reading(segments: Arc<dyn ObjectStore>, spill: PathBuf) -> RuntimeProducer {
    Arc::new(move |_config: &SessionConfig| -> EngineResult<Arc<RuntimeEnv>> {
        let environment =
            RuntimeEnvBuilder::new().with_temp_file_path(spill.clone()).build_arc()?;
        environment.deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())?;
        let address = ObjectStoreUrl::parse(STORE)?;
        environment.register_object_store(address.as_ref(), Arc::clone(&segments));
        Ok(environment)
    })
}
