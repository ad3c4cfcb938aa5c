//! Stopping a search that runs.
//!
//! The engine stops between batches, and only where it happens to wait: a join of two large tables can run for hours after
//! its caller went away. Guards look at a flag at every batch, and keep the batches small for joins that compare all with all.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::common::tree_node::{
    Transformed, TransformedResult as _, TreeNode as _, TreeNodeRecursion,
};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::execution_plan::{CardinalityEffect, replace_children_if_necessary};
use datafusion::physical_plan::joins::{CrossJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PhysicalExpr, PlanProperties,
};
use futures::StreamExt as _;

/// Most pairs of rows that a join compares before it looks up: a fraction of a second.
const PAIRS_MAX: usize = 8_192 * 8_192;

/// Tells a search to stop; set when its time is up or its caller is gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Stops the search at its next batch.
    pub(crate) fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Puts guards wherever rows come into a plan or may become more.
pub(crate) fn guarded(
    plan: Arc<dyn ExecutionPlan>,
    stop: &StopFlag,
) -> Result<Arc<dyn ExecutionPlan>> {
    let guard = |node: Arc<dyn ExecutionPlan>| {
        let node = bound_loop(node, stop)?;
        let grows = matches!(
            node.cardinality_effect(),
            CardinalityEffect::Unknown | CardinalityEffect::GreaterEqual
        );
        if node.children().is_empty() || grows {
            return Ok(Transformed::yes(Guard::over(node, stop, Duty::Watch)));
        }
        Ok(Transformed::yes(node))
    };
    plan.transform_up(guard).data()
}

/// A join without an equality compares each row of the side it keeps with every row of a batch of the other side, and does
/// not look up before it is done. The batches are made as small as the kept side is large.
fn bound_loop(node: Arc<dyn ExecutionPlan>, stop: &StopFlag) -> Result<Arc<dyn ExecutionPlan>> {
    if !node.is::<NestedLoopJoinExec>() && !node.is::<CrossJoinExec>() {
        return Ok(node);
    }
    let n_kept = Arc::new(AtomicUsize::new(0));
    let duties = [Duty::Count(Arc::clone(&n_kept)), Duty::Slice(n_kept)];
    let children = node.children().into_iter().zip(duties);
    let children = children.map(|(child, duty)| Guard::over(Arc::clone(child), stop, duty));
    let children = children.collect();
    replace_children_if_necessary(node, children)
}

/// Passes batches on until it is told to stop.
#[derive(Debug)]
struct Guard {
    input: Arc<dyn ExecutionPlan>,
    stop: StopFlag,
    duty: Duty,
}

/// What a guard does besides looking at the flag.
#[derive(Clone, Debug)]
enum Duty {
    /// Nothing.
    Watch,
    /// Counts the rows that a join keeps.
    Count(Arc<AtomicUsize>),
    /// Slices the other side's batches by that count. A join asks for them when it has all rows that it keeps.
    Slice(Arc<AtomicUsize>),
}

impl Duty {
    fn pieces(&self, batch: RecordBatch) -> Vec<RecordBatch> {
        let n_kept = match self {
            Self::Watch => return vec![batch],
            Self::Count(n_kept) => {
                n_kept.fetch_add(batch.num_rows(), Ordering::Relaxed);
                return vec![batch];
            }
            Self::Slice(n_kept) => n_kept.load(Ordering::Relaxed),
        };
        let (n_rows, step) = (batch.num_rows(), (PAIRS_MAX / n_kept.max(1)).max(1));
        let starts = (0..n_rows.max(1)).step_by(step);
        starts.map(|start| batch.slice(start, step.min(n_rows - start))).collect()
    }
}

impl Guard {
    fn over(input: Arc<dyn ExecutionPlan>, stop: &StopFlag, duty: Duty) -> Arc<dyn ExecutionPlan> {
        Arc::new(Self { input, stop: stop.clone(), duty })
    }
}

impl DisplayAs for Guard {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl ExecutionPlan for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
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
        Ok(Self::over(input, &self.stop, self.duty.clone()))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let rows = self.input.execute(partition, context)?;
        let schema = rows.schema();
        let (stop, duty) = (self.stop.clone(), self.duty.clone());
        let pieces = rows.flat_map(move |batch| {
            let pieces = batch.map_or_else(
                |error| vec![Err(error)],
                |batch| duty.pieces(batch).into_iter().map(Ok).collect(),
            );
            futures::stream::iter(pieces)
        });
        let guarded = pieces.map(move |piece| if stop.is_set() { Err(stopped()) } else { piece });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, guarded)))
    }
}

fn stopped() -> DataFusionError {
    DataFusionError::Execution("the search was stopped".to_owned())
}
