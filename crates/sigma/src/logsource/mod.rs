//! Strict dispatch: which events a rule's log source means.
//!
//! A rule applies to an event only when the event is recognised as every part of the rule's log source: its product, its
//! service and its category. What the table does not recognise never matches; the opposite choice (try a rule on everything
//! that cannot be placed) gave most of the false findings of the engines we measured.

mod firewall;
mod table;

use std::collections::HashMap;

use sakimori_words::{Event, Value};

use self::table::{
    CHANNELS, GENERIC_CATEGORIES, PRODUCTS, RECOGNISERS, Recogniser, SERVICES, WIDER,
};
use crate::document::LogSource;

/// Sigma's field name and the record's own name for it.
pub(crate) type Alias = (&'static str, &'static str);

/// The Sigma service of a Windows channel (`Microsoft-Windows-Sysmon/Operational` is `sysmon`), if it has one.
#[must_use]
pub fn windows_service(channel: &str) -> Option<&'static str> {
    CHANNELS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(channel))
        .map(|(_, service)| *service)
}

/// One way in which events show that they belong to a log source.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    /// Empty: any product.
    product: String,
    /// Empty: any service.
    service: String,
    recogniser: Option<&'static Recogniser>,
}

/// The ways to recognise a log source; none when the table does not know it.
pub(crate) fn gates(source: &LogSource) -> Vec<Gate> {
    let product = canonical_product(&source.product);
    let service = canonical_service(&source.service);
    let gate = |product: &str, service: &str, recogniser| Gate {
        product: product.to_owned(),
        service: service.to_owned(),
        recogniser,
    };
    let generic = GENERIC_CATEGORIES.contains(&source.category.as_str()) && !product.is_empty();
    if source.category.is_empty() || generic {
        let says_something = !(product.is_empty() && service.is_empty());
        return says_something.then(|| gate(product, service, None)).into_iter().collect();
    }
    RECOGNISERS
        .iter()
        .filter(|own| own.category == source.category)
        .filter_map(|own| {
            let product = narrower(own.product, product)?;
            let service = narrower(own.service, service)?;
            Some(gate(product, service, Some(own)))
        })
        .collect()
}

/// What both admit, where nothing means anything; `None` when they exclude each other.
fn narrower<'a>(known: &'a str, asked: &'a str) -> Option<&'a str> {
    match (known, asked) {
        ("", any) | (any, "") => Some(any),
        (known, asked) => (known == asked).then_some(known),
    }
}

impl Gate {
    /// The record's own names for Sigma's fields, for events that come through this gate.
    pub(crate) const fn aliases(&self) -> &'static [Alias] {
        match self.recogniser {
            Some(recogniser) => recogniser.aliases,
            None => &[],
        }
    }

    /// Whether an event of the right product and service passes.
    fn admits(&self, event: &Event, event_ids: &[i64]) -> bool {
        let Some(own) = self.recogniser else { return true };
        let known_id =
            own.event_ids.is_empty() || event_ids.iter().any(|id| own.event_ids.contains(id));
        known_id
            && own.field.is_none_or(|(name, values)| has_value(event, name, values))
            && own.is.is_none_or(|is| is(event))
    }

    /// Whether an event of the right product and service with this id may pass.
    fn may_admit(&self, event_id: i64) -> bool {
        self.recogniser
            .is_none_or(|own| own.event_ids.is_empty() || own.event_ids.contains(&event_id))
    }

    /// Whether `event` comes through this gate; the slow way, for checking [`Dispatch`].
    #[cfg(test)]
    pub(crate) fn is_open_to(&self, event: &Event) -> bool {
        let is = |asked: &str, own: &str| asked.is_empty() || asked == own;
        is(&self.product, canonical_product(&event.product))
            && services_of(event).any(|own| is(&self.service, own))
            && {
                let mut event_ids = Vec::new();
                add_event_ids(event, &mut event_ids);
                self.admits(event, &event_ids)
            }
    }
}

fn has_value(event: &Event, name: &str, values: &[&str]) -> bool {
    event.src.text(name).is_some_and(|own| values.iter().any(|v| v.eq_ignore_ascii_case(&own)))
}

fn canonical_product(product: &str) -> &str {
    PRODUCTS.iter().find(|(name, _)| *name == product).map_or(product, |(_, own)| own)
}

fn canonical_service(service: &str) -> &str {
    SERVICES.iter().find(|(name, _)| *name == service).map_or(service, |(_, own)| own)
}

/// The service an event belongs to: what its channel says, else what its source said.
fn service_of(event: &Event) -> &str {
    if event.product == "windows"
        && let Some(Value::Text(channel)) = event.src.get("Channel")
        && let Some(service) = windows_service(channel)
    {
        return service;
    }
    canonical_service(&event.service)
}

/// Its own service, and those whose logs hold it as well: on Linux `auth.log` has what sshd says, and syslog has everything.
fn services_of(event: &Event) -> impl Iterator<Item = &str> {
    let own = service_of(event);
    let linux = event.product == "linux";
    let wider = WIDER.iter().filter(move |(narrow, _)| linux && *narrow == own);
    let wider = wider.map(|(_, service)| *service).filter(move |service| *service != own);
    let through_syslog = linux && own != "syslog" && event.src.get("syslog_appname").is_some();
    std::iter::once(own).chain(wider).chain(through_syslog.then_some("syslog"))
}

/// Adds every `EventID` the record carries; digits in text count.
pub(crate) fn add_event_ids(event: &Event, ids: &mut Vec<i64>) {
    let own = event.src.iter().filter(|(name, _)| *name == "EventID");
    ids.extend(own.filter_map(|(_, value)| match value {
        Value::Int(id) => Some(id),
        other => other.to_text().trim().parse().ok(),
    }));
}

/// Gates by product and service, so that an event asks only the few that may be open to it.
#[derive(Debug)]
pub(crate) struct Dispatch {
    by_product: HashMap<String, Services>,
}

#[derive(Debug, Default)]
struct Services {
    by_service: HashMap<String, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    gate: Gate,
    /// `None`: a gate that only gives its aliases.
    plan: Option<usize>,
}

impl Default for Dispatch {
    /// Leads nowhere yet. The gates with aliases are there from the start, so that what a rule sees of an event does not depend
    /// on which other rules are loaded.
    fn default() -> Self {
        let mut own = Self { by_product: HashMap::new() };
        for recogniser in RECOGNISERS.iter().filter(|own| !own.aliases.is_empty()) {
            let (product, service) = (recogniser.product.to_owned(), recogniser.service.to_owned());
            own.insert(Gate { product, service, recogniser: Some(recogniser) }, None);
        }
        own
    }
}

impl Dispatch {
    /// Lets events through `gate` to `plan`.
    pub(crate) fn add(&mut self, gate: Gate, plan: usize) {
        self.insert(gate, Some(plan));
    }

    fn insert(&mut self, gate: Gate, plan: Option<usize>) {
        let services = self.by_product.entry(gate.product.clone()).or_default();
        let entries = services.by_service.entry(gate.service.clone()).or_default();
        entries.push(Entry { gate, plan });
    }

    /// The plans that may apply to a record of which only this is known. May name a plan twice.
    pub(crate) fn plans_for(
        &self,
        product: &str,
        service: &str,
        event_id: i64,
    ) -> impl Iterator<Item = usize> {
        let (product, service) = (canonical_product(product), canonical_service(service));
        let services = [product, ""].into_iter().filter_map(|own| self.by_product.get(own));
        let entries = services.flat_map(move |services| {
            let both = [service, ""].into_iter().filter_map(|own| services.by_service.get(own));
            both.flatten()
        });
        entries.filter(move |entry| entry.gate.may_admit(event_id)).filter_map(|entry| entry.plan)
    }

    /// The plans that apply to `event` (each once) and the gates it came through.
    pub(crate) fn route(&self, event: &Event, event_ids: &[i64], route: &mut Route) {
        route.plans.clear();
        route.aliases.clear();
        let product = canonical_product(&event.product);
        let any_product = (!product.is_empty()).then_some("");
        for product in std::iter::once(product).chain(any_product) {
            let Some(services) = self.by_product.get(product) else { continue };
            for service in services_of(event).filter(|service| !service.is_empty()).chain([""]) {
                for entry in services.by_service.get(service).into_iter().flatten() {
                    if entry.gate.admits(event, event_ids) {
                        route.add(entry);
                    }
                }
            }
        }
    }
}

/// Where [`Dispatch`] sends one event.
#[derive(Debug, Default)]
pub(crate) struct Route {
    pub(crate) plans: Vec<usize>,
    pub(crate) aliases: Vec<&'static [Alias]>,
}

impl Route {
    fn add(&mut self, entry: &Entry) {
        if let Some(plan) = entry.plan
            && !self.plans.contains(&plan)
        {
            self.plans.push(plan);
        }
        let aliases = entry.gate.aliases();
        if !aliases.is_empty() && !self.aliases.iter().any(|own| std::ptr::eq(*own, aliases)) {
            self.aliases.push(aliases);
        }
    }
}
