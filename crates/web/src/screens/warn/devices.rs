//! A warning held against the list of devices: what is shown beside it, and what goes along with the answer.

use sakimori_prepare::OwnAliasKind;
use sakimori_warn::matching::{Aliases, Assessment, DeviceMatch, Verdict, assess};
use sakimori_warn::{Answer, DeviceCounts, DeviceTotals, WarningContent};
use sakimori_words::{AssetId, Inventory};

use crate::failure::Failure;
use crate::frame::Frame;
use crate::site::Side;
use crate::visit::Visit;
use crate::wording;

/// What the list says about a warning.
pub(super) struct Checked {
    list: Option<Inventory>,
    assessment: Assessment,
}

/// The same, ready for a page.
pub(super) struct DevicesView {
    pub(super) summary: String,
    pub(super) class: &'static str,
    pub(super) listed: String,
    pub(super) has_list: bool,
    pub(super) rows: Vec<DeviceRow>,
}

/// One line of the list that the warning names.
pub(super) struct DeviceRow {
    pub(super) asset: AssetId,
    pub(super) product: String,
    pub(super) place: String,
    pub(super) count: u32,
    pub(super) verdict: String,
    pub(super) class: &'static str,
    pub(super) why: String,
    pub(super) named: String,
}

/// Holds a warning against the list; `None` where it names no product, and at an office.
pub(super) async fn check(
    visit: &Visit,
    content: &WarningContent,
) -> Result<Option<Checked>, Failure> {
    let names_products = content.advisories.iter().any(|advisory| !advisory.products.is_empty());
    if visit.site.settings.side != Side::Node || !names_products {
        return Ok(None);
    }
    let list = visit.site.assets.inventory().await?;
    let assessment = match &list {
        Some(list) => assess(&content.advisories, list, &aliases(visit).await?),
        None => Assessment::default(),
    };
    Ok(Some(Checked { list, assessment }))
}

/// The names of the content pack, and those of the institution.
async fn aliases(visit: &Visit) -> Result<Aliases, Failure> {
    let own = visit.site.assets.aliases().await?;
    let table = Aliases::new(visit.site.content.aliases());
    Ok(own.into_iter().fold(table, |table, alias| match alias.kind {
        OwnAliasKind::Vendor => table.with_vendor(&alias.names.name, &alias.names.also),
        OwnAliasKind::Product => table.with_product(&alias.names.name, &alias.names.also),
    }))
}

impl Checked {
    /// The answer that follows; `None` without a list, because silence of no list is no "not affected". An empty list is none
    /// either.
    pub(super) fn proposal(&self) -> Option<Answer> {
        self.filled_list().map(|_| self.assessment.proposal())
    }

    /// What goes along with the answer.
    pub(super) fn counts(&self) -> Option<DeviceCounts> {
        self.filled_list().map(|list| DeviceCounts::new(&self.assessment, list))
    }

    fn filled_list(&self) -> Option<&Inventory> {
        self.list.as_ref().filter(|list| !list.products.is_empty())
    }

    pub(super) fn view(&self, frame: &Frame) -> DevicesView {
        let (summary, class) = self.summary(frame);
        let listed = self.filled_list().map(|list| {
            let at = frame.minute(list.changed_at);
            frame.with2("match-listed", "count", list.n_devices(), "at", at)
        });
        DevicesView {
            summary,
            class,
            has_list: listed.is_some(),
            listed: listed.unwrap_or_default(),
            rows: self.assessment.matches.iter().map(|one| row(frame, one)).collect(),
        }
    }

    fn summary(&self, frame: &Frame) -> (String, &'static str) {
        let affected = self.assessment.n_devices(Verdict::Affected);
        let to_ask = self.assessment.n_devices(Verdict::CannotTell);
        match (self.proposal(), to_ask) {
            (None, _) => (frame.t("match-no-list"), "look"),
            (Some(Answer::Affected), 0) => (frame.with("match-affected", "count", affected), "bad"),
            (Some(Answer::Affected), _) => {
                (frame.with2("match-affected-and-ask", "count", affected, "ask", to_ask), "bad")
            }
            (Some(Answer::Checking), _) => (frame.with("match-ask", "count", to_ask), "look"),
            (Some(Answer::NotAffected), _) => (frame.t("match-none"), "good"),
        }
    }
}

fn row(frame: &Frame, one: &DeviceMatch) -> DeviceRow {
    let (word, class) = match one.verdict {
        Verdict::Affected => ("verdict-affected", "bad"),
        Verdict::CannotTell => ("verdict-ask", "look"),
        Verdict::NotAffected => ("verdict-not-affected", "good"),
    };
    let named = &one.named;
    DeviceRow {
        asset: one.owned.asset.clone(),
        product: format!("{} {} {}", one.owned.vendor, one.owned.product, one.owned.version)
            .trim()
            .to_owned(),
        place: one.owned.place.clone(),
        count: one.owned.n_devices,
        verdict: frame.t(word),
        class,
        why: frame.text(&one.why).to_owned(),
        named: format!("{} {} {}", named.vendor, named.product, named.versions).trim().to_owned(),
    }
}

/// The devices behind the answers, in a sentence; `None` while nobody has answered.
pub(super) fn totals_words(frame: &Frame, totals: &DeviceTotals) -> Option<String> {
    let without = totals.n_without_list;
    let Some(oldest) = totals.oldest_at else {
        return (without > 0).then(|| frame.with("match-totals-no-list", "count", without));
    };
    let values: [(&str, &dyn std::fmt::Display); 6] = [
        ("affected", &totals.n_affected),
        ("ask", &totals.n_to_ask),
        ("with", &totals.n_with_list),
        ("listed", &totals.n_listed),
        ("at", &frame.minute(oldest)),
        ("without", &without),
    ];
    Some(wording::say_with(frame.lang, "match-totals", &values))
}

/// The devices behind one answer; empty when it came without a list.
pub(super) fn counts_words(frame: &Frame, counts: Option<DeviceCounts>) -> String {
    let Some(counts) = counts else { return String::new() };
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("affected", &counts.n_affected),
        ("ask", &counts.n_to_ask),
        ("listed", &counts.n_listed),
        ("at", &frame.minute(counts.listed_at)),
    ];
    wording::say_with(frame.lang, "match-counts", &values)
}
