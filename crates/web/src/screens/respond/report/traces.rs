//! Traces that the findings of a case hold, offered for the report's question about the way in. A person ticks; nothing goes by itself.

use std::collections::BTreeMap;

use sakimori_respond::Case;
use sakimori_words::Involved;

use super::fields;
use crate::Failure;
use crate::form::Form;
use crate::traces::in_text;
use crate::visit::Visit;

/// The question that takes them.
pub(super) const FIELD: &str = "intrusion_path";
/// The name of the boxes.
pub(super) const NAME: &str = "report-trace";
/// How many findings of a case are looked through.
const FINDINGS_MAX: usize = 200;

/// A trace with the finding it stands in.
pub(super) struct TraceView {
    pub(super) value: String,
    pub(super) said_by: String,
}

/// What the findings of a case hold and the answer does not. Addresses and names from within a house are left out.
pub(super) async fn offered(visit: &Visit, case: &Case) -> Result<Vec<TraceView>, Failure> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for brief in case.findings().take(FINDINGS_MAX) {
        let Ok(kept) = visit.site.findings.get(&brief.id).await else { continue };
        let involved = kept.finding.involved.iter().filter_map(|one| match one {
            Involved::Address(address) => Some(address.to_string()),
            Involved::Machine(_) | Involved::Account(_) => None,
        });
        let text = involved.chain([kept.finding.summary.clone()]).collect::<Vec<_>>().join("\n");
        for trace in in_text(&text).into_iter().filter(|own| !sakimori_share::is_of_a_house(own)) {
            let title = brief.title.get(visit.lang());
            found.entry(trace.value).or_insert_with(|| title.to_owned());
        }
    }
    let answer = answer_of(case);
    found.retain(|value, _| !answer.contains(value.as_str()));
    let view = |(value, said_by)| TraceView { value, said_by };
    Ok(found.into_iter().map(view).collect())
}

/// Writes the ticked ones below what was typed.
pub(super) fn add_ticked(form: &mut Form) {
    let name = fields::input_name(FIELD);
    let mut lines = vec![form.value(&name).trim_end().to_owned()];
    let ticked: Vec<String> = form.all(NAME).map(str::to_owned).collect();
    if ticked.is_empty() {
        return;
    }
    lines.extend(ticked.iter().flat_map(|one| in_text(one)).map(|own| own.value));
    lines.retain(|line| !line.is_empty());
    form.set(&name, lines.join("\n"));
}

fn answer_of(case: &Case) -> &str {
    match case.answers.get(FIELD) {
        Some(sakimori_respond::Answer::Text { text }) => text,
        _ => "",
    }
}
