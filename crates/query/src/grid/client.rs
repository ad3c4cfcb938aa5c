//! The node's side of the grid: which searches go there, and how.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ballista_core::JobId;
use ballista_core::config::BALLISTA_CLIENT_PULL;
use ballista_core::execution_plans::DistributedQueryExec;
use ballista_core::extension::{SessionConfigExt as _, SessionStateExt as _};
use ballista_core::serde::protobuf::CancelJobParams;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use datafusion::common::Result;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, SessionState};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::LogicalPlanNode;
use futures::{Stream, StreamExt as _};
use sakimori_lake::Snapshot;
use tokio::runtime::Handle;

use super::MESSAGE_BYTES_MAX;
use super::codec::LogicalCodec;

/// Most unsealed events that travel with a search, in bytes of memory. The log is sealed at 64 MiB, so more is rare.
const HOT_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Into how many parts a search is divided: enough for some machines, few enough for the price of each.
const PARTS: usize = 16;

/// All nodes' sessions have one name: what executors know of segment files serves the next search, and a scheduler does not
/// collect sessions.
pub(crate) const SESSION: &str = "sakimori";

type Distributed = DistributedQueryExec<LogicalPlanNode>;

/// Where large searches go.
#[derive(Clone, Debug)]
pub struct Grid {
    scheduler: SocketAddr,
    events_min: u64,
    n_answered: Arc<AtomicU64>,
}

impl Grid {
    /// The grid of the scheduler at that address, for logs of at least `events_min` sealed events. Smaller logs are searched
    /// faster by the node itself: a trip costs about half a second.
    #[must_use]
    pub fn new(scheduler: SocketAddr, events_min: u64) -> Self {
        Self { scheduler, events_min, n_answered: Arc::default() }
    }

    /// How many searches it has answered.
    #[must_use]
    pub fn n_answered(&self) -> u64 {
        self.n_answered.load(Ordering::Relaxed)
    }

    /// Whether a search over `snapshot` goes there.
    pub(crate) fn takes(&self, snapshot: &Snapshot) -> bool {
        let sealed: u64 = snapshot.segments.iter().map(|segment| segment.events).sum();
        let hot: usize = snapshot.hot.iter().map(RecordBatch::get_array_memory_size).sum();
        sealed >= self.events_min && hot <= HOT_BYTES_MAX
    }

    /// Counts a search that it has answered.
    pub(crate) fn answered(&self) {
        self.n_answered.fetch_add(1, Ordering::Relaxed);
    }

    /// How a search is planned that runs there.
    pub(crate) fn config(config: SessionConfig) -> SessionConfig {
        // Ballista's own settings first: with an option of its set, it takes the rest as chosen.
        config
            .upgrade_for_ballista()
            .with_target_partitions(PARTS)
            .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES_MAX as usize)
            .with_ballista_logical_extension_codec(Arc::new(LogicalCodec::default()))
            // Asking how far it is: only so the number of a job is known before its end, and it can be cancelled.
            .set_bool(BALLISTA_CLIENT_PULL, true)
    }

    /// The session of a search, running there instead of here.
    pub(crate) fn state(&self, here: SessionState) -> Result<SessionState> {
        here.upgrade_for_ballista(format!("http://{}", self.scheduler))
    }

    /// The rows of a search whose plan is `plan`. It is cancelled when nobody waits for them any more.
    pub(crate) fn watched(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        rows: SendableRecordBatchStream,
    ) -> SendableRecordBatchStream {
        let job = plan.downcast_ref::<Distributed>().cloned();
        Box::pin(Rows { rows, job, scheduler: self.scheduler })
    }
}

/// Rows of a job that runs elsewhere.
struct Rows {
    rows: SendableRecordBatchStream,
    /// `None` when it is over.
    job: Option<Distributed>,
    scheduler: SocketAddr,
}

impl Stream for Rows {
    type Item = Result<RecordBatch>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<RecordBatch>>> {
        let next = ready!(self.rows.poll_next_unpin(context));
        if next.is_none() {
            self.job = None;
        }
        Poll::Ready(next)
    }
}

impl RecordBatchStream for Rows {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        let job = self.job.take().and_then(|job| job.job_id());
        if let (Some(job), Ok(threads)) = (job, Handle::try_current()) {
            threads.spawn(cancel(self.scheduler, job));
        }
    }
}

async fn cancel(scheduler: SocketAddr, job: JobId) {
    let Ok(mut client) = SchedulerGrpcClient::connect(format!("http://{scheduler}")).await else {
        return;
    };
    let asked = CancelJobParams { job_id: job.to_string() };
    if let Err(error) = client.cancel_job(asked).await {
        tracing::warn!(%error, "a search on the grid could not be cancelled; it runs to its end");
    }
}
