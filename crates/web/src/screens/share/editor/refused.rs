//! What the desk refuses and a person can put right on this page: said beside its field, so that nothing that was typed is lost.

use sakimori_share::{GateRefusal, ShareError};
use sakimori_words::{SharedCaseId, Text};

use crate::Failure;
use crate::form::{Form, Problem};
use crate::visit::Visit;

/// The outcome, or `None` when what was refused now stands in the form. Anything else goes to the page of troubles.
pub(super) async fn or_beside_the_field<T>(
    visit: &Visit,
    id: &SharedCaseId,
    form: &mut Form,
    outcome: Result<T, ShareError>,
) -> Result<Option<T>, Failure> {
    let error = match outcome {
        Ok(done) => return Ok(Some(done)),
        Err(error) => error,
    };
    let (field, problem) = match &error {
        ShareError::NotReviewed(_) => ("share-reviewed", not_reviewed(visit, id).await?),
        ShareError::VictimsOwn(value) => {
            let problem = Problem::new("problem-share-victims-own").with("value", value);
            ("share-indicators", problem)
        }
        ShareError::TooManyIndicators(_) => {
            let [ja, en] = error.trouble().kind.what;
            ("share-indicators", Problem::said(Text::new(ja, en)))
        }
        ShareError::Gate(GateRefusal::Identifies { found, .. }) => {
            ("", Problem::new("problem-share-identifies").with("words", listed(found)))
        }
        _ => return Err(error.into()),
    };
    form.wrong(field, problem);
    Ok(None)
}

/// Names the words that nobody has looked at.
async fn not_reviewed(visit: &Visit, id: &SharedCaseId) -> Result<Problem, Failure> {
    let own = visit.site.shares.own_one(id).await?;
    let reviewed = own.draft.as_ref().map(|draft| draft.writing.reviewed.clone());
    let reviewed = reviewed.unwrap_or_default();
    let mut waiting = visit.site.shares.preview(&own).await?.scrubbed.to_review;
    waiting.retain(|word| !reviewed.contains(word));
    Ok(Problem::new("problem-share-not-reviewed").with("words", listed(&waiting)))
}

fn listed(words: &[String]) -> String {
    words.iter().map(|word| format!("「{word}」")).collect()
}
