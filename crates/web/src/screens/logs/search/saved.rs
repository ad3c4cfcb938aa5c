//! Saved searches: the list beside the form, keeping the present one under a name, removing one.

use sakimori_identity::Action;
use sakimori_watch::{
    By, SEARCH_NAME_CHARS_MAX, SEARCH_TEXT_CHARS_MAX, SavedSearch, SavedSearchesError, SearchFields,
};
use sakimori_words::Instant;

use super::asked::{Asked, How};
use super::search_page;
use crate::address::with_query;
use crate::failure::{Answer, Failure, fails_with};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::visit::Visit;

fails_with!(SavedSearchesError);

/// A line of the list.
pub(super) struct SavedLine {
    pub(super) name: String,
    /// Leads to the search itself.
    pub(super) address: String,
    pub(super) saved_by: String,
    pub(super) saved_at: Instant,
}

/// What the page needs of saved searches.
pub(super) struct Saved {
    pub(super) lines: Vec<SavedLine>,
    /// Fields of the present search, to be saved with it; none while it cannot be read.
    pub(super) present: Vec<(&'static str, String)>,
    /// Whether something is wrong with the name, so that its form has to be open.
    pub(super) wrong: bool,
}

/// The list, and what the present search would be saved as.
pub(super) async fn saved(visit: &Visit, asked: &Asked) -> Result<Saved, Failure> {
    let searches = visit.site.saved_searches.list().await?;
    Ok(Saved {
        lines: searches.into_iter().map(line).collect(),
        present: present(asked),
        wrong: asked.form.problem("search-name").is_some(),
    })
}

fn line(search: SavedSearch) -> SavedLine {
    let fields = &search.fields;
    let query = [
        ("go", "1"),
        ("q", fields.text.as_str()),
        ("period", fields.period.as_str()),
        ("source", fields.source.as_str()),
        ("from", fields.from.as_str()),
        ("to", fields.to.as_str()),
    ];
    SavedLine {
        address: with_query("/search", &query),
        name: search.name,
        saved_by: search.saved_by_name,
        saved_at: search.saved_at,
    }
}

/// Names and values of the fields that make up a search.
fn present(asked: &Asked) -> Vec<(&'static str, String)> {
    if matches!(asked.how, How::Unreadable) && asked.form.problem("search-name").is_none() {
        return Vec::new();
    }
    let names = ["go", "q", "period", "source", "from", "to"];
    let fields = names.map(|name| (name, asked.form.text(name).to_owned()));
    fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Keeps what was asked under a name.
pub(super) async fn save(visit: Visit, mut form: Form) -> Answer {
    let name = form.required("search-name", SEARCH_NAME_CHARS_MAX);
    form.limited("q", SEARCH_TEXT_CHARS_MAX);
    visit.pass(Action::SearchLogs, "saved_search", &short(&name)).await?;
    let mut asked = Asked::read(form, visit.site.clock.now());
    if !asked.form.fine() {
        return search_page(&visit, asked, None).await;
    }
    match visit.site.saved_searches.save(&name, fields(&asked.form), by(&visit)).await {
        Ok(search) => {
            let flash = Flash::new("flash-search-saved").with("name", search.name);
            visit.done(&asked.address("/search", &[]), &flash)
        }
        Err(error) => {
            asked.form.wrong("search-name", problem(error)?);
            search_page(&visit, asked, None).await
        }
    }
}

/// What stands beside the name when the search could not be kept under it.
///
/// # Errors
/// When it was not for anything that the person typed.
fn problem(error: SavedSearchesError) -> Result<Problem, Failure> {
    match error {
        SavedSearchesError::Name { .. } => Ok(Problem::new("problem-search-name")),
        SavedSearchesError::Taken { .. } => Ok(Problem::new("problem-search-taken")),
        SavedSearchesError::Full { limit } => {
            Ok(Problem::new("problem-searches-full").with("limit", limit))
        }
        other => Err(other.into()),
    }
}

fn fields(form: &Form) -> SearchFields {
    let field = |name: &str| form.text(name).to_owned();
    SearchFields {
        text: field("q"),
        period: field("period"),
        source: field("source"),
        from: field("from"),
        to: field("to"),
    }
}

/// Removes one for everybody.
pub(super) async fn remove(visit: Visit, form: Form) -> Answer {
    let name = form.text("name");
    visit.pass(Action::SearchLogs, "saved_search", &short(name)).await?;
    let search = visit.site.saved_searches.remove(name, by(&visit)).await?;
    visit.done("/search", &Flash::new("flash-search-removed").with("name", search.name))
}

/// What was typed, as far as an access record needs it.
fn short(name: &str) -> String {
    name.chars().take(SEARCH_NAME_CHARS_MAX).collect()
}

fn by(visit: &Visit) -> By<'_> {
    By { person: &visit.principal.person, name: &visit.principal.name }
}
