//! What a client of the server can rely on.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use sakimori_ledger::Store;
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{Clock as _, Instant, OrganisationId, PersonId, Tlp};
use serde_json::{Value, json};

use super::*;
use crate::sample::{AT, item};
use crate::stix;

#[path = "../../../postgres/src/tests/postgres_server.rs"]
#[allow(dead_code, reason = "shared with the tests of the stores, which need more of it")]
mod postgres_server;

/// A hub with a shelf, and an account of each audience.
struct Hub {
    store: Arc<dyn Store>,
    clock: Arc<StepClock>,
    server: Server,
    organisation: OrganisationId,
    person: PersonId,
    _folder: tempfile::TempDir,
}

impl Hub {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("ledger.sqlite").display());
        let store = sakimori_ledger::open(&address).await.unwrap();
        let clock = Arc::new(StepClock::new(AT));
        let chance = Arc::new(SeededChance::new(7));
        let server = Server::new(Arc::clone(&store), clock.clone(), chance);
        let (organisation, person) = ("hub".into(), "officer".into());
        Self { store, clock, server, organisation, person, _folder: folder }
    }

    fn collection(&self, tlp: Tlp) -> Collection {
        Collection::of(&self.organisation, tlp).unwrap()
    }

    async fn token(&self, name: &str, audience: Audience) -> String {
        let by = By { person: &self.person, name: "係員" };
        self.server.readers().add(name, audience, by).await.unwrap().token
    }

    async fn add(&self, tlp: Tlp, objects: &[Value]) -> Added {
        self.server.shelf().add(&self.collection(tlp), objects, "officer").await.unwrap()
    }

    async fn ask(&self, request: Request) -> Answer {
        self.server.answer(&self.organisation, "見本", &request).await
    }
}

/// An account that asks.
struct Asking<'a> {
    hub: &'a Hub,
    name: &'static str,
    token: String,
}

impl<'a> Asking<'a> {
    async fn new(hub: &'a Hub, name: &'static str, audience: Audience) -> Self {
        let token = hub.token(name, audience).await;
        Self { hub, name, token }
    }

    fn request(&self, path: &str, query: &[(&str, &str)]) -> Request {
        Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            accept: MEDIA_TYPE.to_owned(),
            content_type: String::new(),
            basic: Some((self.name.to_owned(), self.token.clone())),
        }
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        self.hub.ask(self.request(path, query)).await
    }

    fn path(&self, tlp: Tlp, rest: &str) -> String {
        format!("{ROOT}collections/{}/{rest}", self.hub.collection(tlp).id)
    }

    async fn objects(&self, tlp: Tlp, query: &[(&str, &str)]) -> Answer {
        self.get(&self.path(tlp, "objects/"), query).await
    }
}

/// An indicator for an audience; `modified` makes it a version.
fn indicator(n: usize, modified: &str, tlp: Tlp) -> Value {
    json!({
        "type": "indicator", "spec_version": "2.1",
        "id": format!("indicator--{}", crate::ids::derived("test", &[&n.to_string()])),
        "created": "2026-01-01T00:00:00.000Z", "modified": modified, "pattern_type": "stix",
        "pattern": "[domain-name:value = 'a.example']", "valid_from": "2026-01-01T00:00:00Z",
        "object_marking_refs": [crate::tlp::marking_id(tlp)],
    })
}

fn greens(range: std::ops::Range<usize>) -> Vec<Value> {
    range.map(|n| indicator(n, "2026-01-01T00:00:00.000Z", Tlp::Green)).collect()
}

fn ids(answer: &Answer) -> Vec<String> {
    let objects = answer.body["objects"].as_array().cloned().unwrap_or_default();
    objects.iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_account_sees_what_its_audience_may_and_nothing_else_is_there_for_it() {
    let hub = Hub::open().await;
    for tlp in Collection::LABELS {
        hub.add(tlp, &stix::objects(&item(tlp))).await;
    }
    let accounts = [
        (Audience::Public, "public", 1),
        (Audience::Community, "community", 2),
        (Audience::Client, "client", 3),
        (Audience::Recipient, "recipient", 4),
    ];
    for (audience, name, n_seen) in accounts {
        let asking = Asking::new(&hub, name, audience).await;
        let listed = asking.get("/taxii2/shared/collections/", &[]).await;
        assert_eq!(listed.body["collections"].as_array().unwrap().len(), n_seen, "{name}");
        for (n, tlp) in Collection::LABELS.into_iter().enumerate() {
            let answer = asking.objects(tlp, &[]).await;
            assert_eq!(answer.status, if n < n_seen { 200 } else { 404 }, "{name} {tlp:?}");
            let manifest = asking.get(&asking.path(tlp, "manifest/"), &[]).await;
            assert_eq!(manifest.status, answer.status);
        }
    }
    assert_eq!(Collection::of(&hub.organisation, Tlp::Red), None);
}

#[tokio::test]
async fn nothing_narrower_than_its_collection_gets_onto_the_shelf() {
    let hub = Hub::open().await;
    let green = hub.collection(Tlp::Green);
    let unmarked = json!({ "type": "indicator", "id": "indicator--1" });
    for (object, told) in
        [(indicator(1, "2026-01-01T00:00:00Z", Tlp::Amber), "TLP:AMBER"), (unmarked, "TLP:RED")]
    {
        let objects = [indicator(2, "2026-01-01T00:00:00Z", Tlp::Green), object];
        let refused = hub.server.shelf().add(&green, &objects, "officer").await.unwrap_err();
        assert!(refused.to_string().contains(told), "{refused}");
    }
    assert_eq!(
        hub.server.shelf().count(&green).await.unwrap(),
        0,
        "not even the objects beside it"
    );
}

#[tokio::test]
async fn what_lies_there_by_another_way_is_not_served_to_whom_it_is_not_for() {
    let hub = Hub::open().await;
    hub.add(Tlp::Green, &greens(0..2)).await;
    let shelf = format!("taxii_object/{}", hub.collection(Tlp::Green).id);
    let record = hub.store.list(&shelf, None, 1).await.unwrap().remove(0);
    let mut body = record.body.clone();
    body["object"]["object_marking_refs"] = json!([crate::tlp::marking_id(Tlp::Amber)]);
    let put = sakimori_ledger::Put::new(&shelf, &record.key, &body).unwrap();
    let fact = sakimori_ledger::Fact::new("x", "changed", AT, "x", &json!({})).unwrap().put(put);
    hub.store.commit(vec![fact]).await.unwrap();
    let asking = Asking::new(&hub, "community", Audience::Community).await;
    assert_eq!(ids(&asking.objects(Tlp::Green, &[]).await).len(), 1);
}

#[tokio::test]
async fn every_object_is_met_once_however_small_the_pages_and_whatever_is_added_meanwhile() {
    let hub = Hub::open().await;
    // All in one instant: the clock does not move.
    hub.add(Tlp::Green, &greens(0..25)).await;
    let asking = Asking::new(&hub, "community", Audience::Community).await;
    let mut seen = Vec::new();
    let mut next = String::new();
    let mut n_pages = 0;
    loop {
        let query: &[(&str, &str)] =
            if next.is_empty() { &[("limit", "4")] } else { &[("limit", "4"), ("next", &next)] };
        let answer = asking.objects(Tlp::Green, query).await;
        seen.extend(ids(&answer));
        n_pages += 1;
        if n_pages < 4 {
            hub.add(Tlp::Green, &greens(25 + n_pages..26 + n_pages)).await;
        }
        let more = answer.body["more"].as_bool().unwrap();
        assert_eq!(more, answer.body["next"].is_string(), "more always comes with next");
        match answer.body["next"].as_str() {
            Some(text) => next = text.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 28);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 28);
}

#[tokio::test]
async fn times_are_unique_even_when_the_clock_stands_or_goes_back() {
    let hub = Hub::open().await;
    hub.add(Tlp::Green, &greens(0..300)).await;
    hub.clock.set(AT.plus_days(-1));
    hub.add(Tlp::Green, &greens(300..310)).await;
    let all = Filter::default();
    let page =
        hub.server.shelf().page(&hub.collection(Tlp::Green), &all, None, 1_000).await.unwrap();
    let times: Vec<Instant> = page.placed.iter().map(|placed| placed.added_at).collect();
    assert_eq!(times.len(), 310);
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    let asked: Vec<_> = page.placed.iter().map(|placed| placed.id.clone()).collect();
    let put: Vec<_> =
        greens(0..310).iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(asked, put, "in the order in which they were added");
}

#[tokio::test]
async fn added_after_leaves_the_object_of_that_time_out() {
    let hub = Hub::open().await;
    hub.add(Tlp::Green, &greens(0..3)).await;
    let asking = Asking::new(&hub, "community", Audience::Community).await;
    let first = asking.objects(Tlp::Green, &[("limit", "1")]).await;
    let header = |answer: &Answer, wanted: &str| {
        answer
            .headers
            .iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.clone())
            .unwrap()
    };
    let last = header(&first, "X-TAXII-Date-Added-Last");
    assert_eq!(last, header(&first, "X-TAXII-Date-Added-First"));
    let rest = asking.objects(Tlp::Green, &[("added_after", &last)]).await;
    assert_eq!(ids(&rest).len(), 2);
    assert!(!ids(&rest).contains(&ids(&first)[0]));
    let end = header(&rest, "X-TAXII-Date-Added-Last");
    let none = asking.objects(Tlp::Green, &[("added_after", &end)]).await;
    assert_eq!((none.status, none.body, none.headers.len()), (200, json!({ "more": false }), 0));
}

#[tokio::test]
async fn the_last_version_is_meant_unless_another_is_asked_for() {
    let hub = Hub::open().await;
    let version = |day: u32| indicator(1, &format!("2026-01-{day:02}T00:00:00.000Z"), Tlp::Green);
    hub.add(Tlp::Green, &[version(2)]).await;
    hub.add(Tlp::Green, &[version(3)]).await;
    // An older one that arrives late is not the last one.
    hub.add(Tlp::Green, &[version(1)]).await;
    let asking = Asking::new(&hub, "community", Audience::Community).await;
    let asked = |versions: &'static str| {
        let asking = &asking;
        async move {
            let query = [("match[version]", versions)];
            let query = if versions.is_empty() { &query[..0] } else { &query[..] };
            let answer = asking.objects(Tlp::Green, query).await;
            let objects = answer.body["objects"].as_array().cloned().unwrap_or_default();
            let days = objects
                .iter()
                .map(|object| object["modified"].as_str().unwrap().get(8..10).unwrap().to_owned());
            days.collect::<Vec<_>>().join(" ")
        }
    };
    assert_eq!(asked("").await, "03");
    assert_eq!(asked("first").await, "01");
    assert_eq!(asked("all").await, "02 03 01");
    assert_eq!(asked("first,last").await, "03 01");
    assert_eq!(asked("2026-01-02T00:00:00Z").await, "02");
    let id = version(1)["id"].as_str().unwrap().to_owned();
    let versions =
        asking.get(&asking.path(Tlp::Green, &format!("objects/{id}/versions/")), &[]).await;
    assert_eq!(versions.body["versions"].as_array().unwrap().len(), 3);
    let one = asking.get(&asking.path(Tlp::Green, &format!("objects/{id}/")), &[]).await;
    assert_eq!(one.body["objects"][0]["modified"], "2026-01-03T00:00:00.000Z");
    assert_eq!(
        hub.add(Tlp::Green, &[version(1), version(3)]).await,
        Added { n_new: 0, n_known: 2 }
    );
}

#[tokio::test]
async fn filters_narrow_what_is_answered() {
    let hub = Hub::open().await;
    hub.add(Tlp::Amber, &stix::objects(&item(Tlp::Amber))).await;
    let asking = Asking::new(&hub, "client", Audience::Client).await;
    let types = |answer: &Answer| -> BTreeSet<String> {
        let objects = answer.body["objects"].as_array().cloned().unwrap_or_default();
        objects.iter().map(|object| object["type"].as_str().unwrap().to_owned()).collect()
    };
    let some = asking.objects(Tlp::Amber, &[("match[type]", "malware,report")]).await;
    assert_eq!(types(&some), BTreeSet::from(["malware".to_owned(), "report".to_owned()]));
    assert!(types(&asking.objects(Tlp::Amber, &[("match[spec_version]", "2.0")]).await).is_empty());
    let manifest =
        asking.get(&asking.path(Tlp::Amber, "manifest/"), &[("match[type]", "malware")]).await;
    let entry = &manifest.body["objects"][0];
    assert!(entry["id"].as_str().unwrap().starts_with("malware--"));
    assert_eq!(entry["media_type"], stix::MEDIA_TYPE);
    assert!(entry["date_added"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn refusals_are_of_the_kind_the_standard_has_for_them() {
    let hub = Hub::open().await;
    hub.add(Tlp::Green, &greens(0..3)).await;
    let asking = Asking::new(&hub, "community", Audience::Community).await;
    let objects = asking.path(Tlp::Green, "objects/");
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = asking.request(&objects, &[]);
        change(&mut request);
        hub.ask(request)
    };
    let statuses = [
        (with(&|request| request.accept = "application/json".to_owned()).await, 406),
        (
            with(&|request| request.accept = "application/taxii+json;version=2.0".to_owned()).await,
            406,
        ),
        (with(&|request| request.accept = String::new()).await, 406),
        (
            with(&|request| request.accept = "application/taxii+json; version=2.1".to_owned())
                .await,
            200,
        ),
        (with(&|request| request.accept = "text/html, */*;q=0.1".to_owned()).await, 200),
        (with(&|request| request.basic = None).await, 401),
        (
            with(&|request| request.basic = Some(("community".to_owned(), "x".to_owned()))).await,
            401,
        ),
        (
            with(&|request| {
                request.basic = request.basic.take().map(|(_, token)| ("other".to_owned(), token));
            })
            .await,
            401,
        ),
        (with(&|request| request.method = "POST".to_owned()).await, 415),
        (
            with(&|request| {
                (request.method, request.content_type) = ("POST".to_owned(), MEDIA_TYPE.to_owned());
            })
            .await,
            403,
        ),
        (with(&|request| request.path = "/taxii2/other/".to_owned()).await, 404),
        (with(&|request| request.path.push_str("indicator--nowhere/")).await, 404),
        (with(&|request| request.query = vec![("limit".to_owned(), "0".to_owned())]).await, 400),
        (
            with(&|request| {
                request.query = vec![("added_after".to_owned(), "yesterday".to_owned())];
            })
            .await,
            400,
        ),
        (with(&|request| request.query = vec![("next".to_owned(), "1".to_owned())]).await, 400),
        (
            with(&|request| request.query = vec![("limit".to_owned(), "99999999999".to_owned())])
                .await,
            200,
        ),
    ];
    for (n, (answer, status)) in statuses.iter().enumerate() {
        assert_eq!(answer.status, *status, "{n}: {}", answer.body);
        if *status != 200 {
            assert!(
                answer.body["title"].is_string()
                    && answer.body["http_status"] == status.to_string().as_str()
            );
        }
    }
    let by = By { person: &hub.person, name: "係員" };
    hub.server.readers().revoke("community", by).await.unwrap();
    assert_eq!(asking.get("/taxii2/", &[]).await.status, 401);
}

#[tokio::test]
async fn an_office_without_a_name_still_has_the_titles_that_clients_insist_on() {
    let hub = Hub::open().await;
    let asking = Asking::new(&hub, "public", Audience::Public).await;
    for path in [DISCOVERY, ROOT] {
        let request = asking.request(path, &[]);
        let answer = hub.server.answer(&hub.organisation, " ", &request).await;
        assert_eq!(answer.body["title"], "Sakimori", "{path}");
    }
}

#[tokio::test]
async fn discovery_leads_to_the_collections_by_relative_addresses() {
    let hub = Hub::open().await;
    let asking = Asking::new(&hub, "public", Audience::Public).await;
    let discovery = asking.get(DISCOVERY, &[]).await;
    let root = discovery.body["api_roots"][0].as_str().unwrap().to_owned();
    assert!(root.starts_with('/'));
    assert_eq!(asking.get(&root, &[]).await.body["versions"], json!([MEDIA_TYPE]));
    let listed = asking.get(&format!("{root}collections/"), &[]).await;
    let id = listed.body["collections"][0]["id"].as_str().unwrap();
    assert!(crate::ids::is_uuid(id));
    assert_eq!(asking.get(&format!("{root}collections/{id}/"), &[]).await.body["can_write"], false);
}

#[tokio::test]
async fn what_is_published_lies_where_its_label_is_seen_and_can_be_read_there_alone() {
    let hub = Hub::open().await;
    let mut objects = stix::objects(&item(Tlp::Amber));
    let other = crate::SharedIntelligence {
        id: "11111111-2222-4333-8444-555555555555".to_owned(),
        ..item(Tlp::Green)
    };
    objects.extend(stix::objects(&other));
    hub.server.shelf().publish(&hub.organisation, &objects, "officer").await.unwrap();
    let asking = Asking::new(&hub, "client", Audience::Client).await;
    for (tlp, title) in [(Tlp::Green, other.id), (Tlp::Amber, item(Tlp::Amber).id)] {
        let answer = asking.objects(tlp, &[]).await;
        let ids = ids(&answer);
        assert!(ids.contains(&format!("report--{title}")), "{tlp:?}");
        assert!(ids.contains(&format!("identity--{}", item(tlp).publisher.id)), "{tlp:?}");
        assert!(ids.contains(&crate::tlp::marking_id(tlp).to_owned()), "{tlp:?}");
    }
    assert!(ids(&asking.objects(Tlp::Clear, &[]).await).is_empty());
    let red = stix::objects(&item(Tlp::Red));
    assert!(hub.server.shelf().publish(&hub.organisation, &red, "officer").await.is_err());
}

#[tokio::test]
async fn a_token_is_kept_nowhere() {
    let hub = Hub::open().await;
    let token = hub.token("community", Audience::Community).await;
    for entry in hub.store.entries(0, 100).await.unwrap() {
        assert!(!format!("{entry:?}").contains(&token));
    }
    let private = hub.store.list_private("taxii_reader_token").await.unwrap();
    assert!(!format!("{private:?}").contains(&token));
    let by = By { person: &hub.person, name: "係員" };
    let again = hub.server.readers().add("community", Audience::Public, by).await;
    assert!(matches!(again, Err(ReadersError::Taken { .. })));
    assert!(matches!(
        hub.server.readers().add("a:b", Audience::Public, by).await,
        Err(ReadersError::Name { .. })
    ));
}

#[tokio::test]
async fn a_rebuilt_shelf_answers_as_before() {
    let hub = Hub::open().await;
    hub.add(Tlp::Green, &greens(0..5)).await;
    let green = hub.collection(Tlp::Green);
    let before = hub.server.shelf().page(&green, &Filter::default(), None, 10).await.unwrap();
    hub.store.rebuild().await.unwrap();
    assert_eq!(
        hub.server.shelf().page(&green, &Filter::default(), None, 10).await.unwrap(),
        before
    );
    assert!(hub.store.check().await.unwrap().sound());
}

/// Our reader against our server, interrupted after every page and resumed from what was kept.
#[tokio::test]
async fn a_reading_goes_on_where_it_stood_and_ends() {
    let hub = Hub::open().await;
    hub.add(Tlp::Green, &greens(0..11)).await;
    let asking = Asking::new(&hub, "community", Audience::Community).await;
    let mut kept = serde_json::to_string(&Place::default()).unwrap();
    let mut seen = Vec::new();
    for n_run in 0..20 {
        let place: Place = serde_json::from_str(&kept).unwrap();
        let query = place.query(3);
        let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = asking.objects(Tlp::Green, &query).await;
        let last = answer.headers.last().map(|(_, value)| value.clone()).unwrap_or_default();
        let body = answer.body.to_string().into_bytes();
        let pulled =
            place.take(&Fetched { status: answer.status, date_added_last: last, body }).unwrap();
        seen.extend(pulled.objects.iter().map(|object| object["id"].clone()));
        kept = serde_json::to_string(&pulled.place).unwrap();
        if n_run == 6 {
            hub.add(Tlp::Green, &greens(11..12)).await;
        }
    }
    assert_eq!(seen, greens(0..12).iter().map(|object| object["id"].clone()).collect::<Vec<_>>());
}

#[test]
fn a_server_that_repeats_itself_does_not_hold_the_reader_for_ever() {
    let time = "2026-01-01T00:00:00.000000Z";
    let place =
        Place { added_after: time.to_owned(), next: "7".to_owned(), reached: time.to_owned() };
    let answer = |body: &str| Fetched {
        status: 200,
        date_added_last: "2025-01-01T00:00:00Z".to_owned(),
        body: body.as_bytes().to_vec(),
    };
    assert!(matches!(
        place.take(&answer(r#"{"more":true,"next":"7","objects":[{}]}"#)),
        Err(PullError::Standstill)
    ));
    let without_next = Place { next: String::new(), ..place.clone() };
    assert!(matches!(without_next.take(&answer(r#"{"more":true}"#)), Err(PullError::Standstill)));
    let ended = place.take(&answer("{}")).unwrap();
    assert_eq!(ended.place, without_next, "never thrown back");
    let later = Fetched {
        date_added_last: "2026-02-01T00:00:00Z".to_owned(),
        ..answer(r#"{"more":true,"next":"8"}"#)
    };
    let empty = Fetched { date_added_last: String::new(), ..answer("{}") };
    let ended = place.take(&later).unwrap().place.take(&empty).unwrap();
    assert_eq!(
        ended.place.added_after, "2026-02-01T00:00:00Z",
        "an empty last page forgets nothing"
    );
    let refused = Fetched { status: 401, ..answer(r#"{"title":"no"}"#) };
    assert_eq!(place.take(&refused).unwrap_err().to_string(), "the server answered 401: no");
}

#[tokio::test]
async fn a_page_is_never_longer_than_the_limit() {
    let hub = Hub::open().await;
    hub.add(Tlp::Green, &greens(0..PAGE_OBJECTS_MAX + 5)).await;
    let asking = Asking::new(&hub, "community", Audience::Community).await;
    for limit in ["101", "100000", "100"] {
        assert_eq!(
            ids(&asking.objects(Tlp::Green, &[("limit", limit)]).await).len(),
            PAGE_OBJECTS_MAX
        );
    }
    assert!(hub.clock.now() >= AT);
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,80}") {
        fuzz_query(&text);
        let fetched = Fetched { status: 200, date_added_last: text.clone(), body: text.into_bytes() };
        let _ = Place::default().take(&fetched);
        let _ = Heading::read(&fetched);
        let _ = collections(&fetched);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn two_processes_share_one_shelf_and_a_reader_beside_them_misses_nothing() {
    let postgres = postgres_server::Server::start();
    let address = postgres.address("");
    let shelf = async || {
        let store = sakimori_ledger::open(&address).await.unwrap();
        // Clocks that stand and differ: only the shelf keeps the times apart.
        Shelf::new(store, Arc::new(StepClock::new(AT)))
    };
    let collection = Collection::of(&"hub".into(), Tlp::Green).unwrap();
    let write = async |own: Shelf, from: usize| {
        for n in from..from + 30 {
            own.add(&collection, &greens(n..n + 1), "officer").await.unwrap();
        }
    };
    let reading = shelf().await;
    let read = async || {
        let (mut after, mut seen) = (None, Vec::new());
        while seen.len() < 60 {
            let page = reading.page(&collection, &Filter::default(), after, 7).await.unwrap();
            after = page.placed.last().map(|placed| placed.added_at).or(after);
            seen.extend(page.placed.into_iter().map(|placed| placed.id));
        }
        seen
    };
    let (one, other) = (shelf().await, shelf().await);
    let reader = async { tokio::time::timeout(std::time::Duration::from_secs(60), read()).await };
    let (.., seen) = tokio::join!(write(one, 0), write(other, 30), reader);
    let seen = seen.expect("an object was passed over");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 60);
}

#[tokio::test]
async fn what_everybody_may_read_is_laid_out_by_another_person_and_once() {
    let hub = Hub::open().await;
    let objects = stix::objects(&item(Tlp::Green));
    let (author, other) = (PersonId::from("author"), PersonId::from("other"));
    let [author, other] = [(&author, "作成"), (&other, "決裁")];
    let by = |(person, name)| By { person, name };
    let files = hub.server.proposals();
    let file = files.propose("bundle.json", &objects, by(author)).await.unwrap();
    assert!(file.labels.iter().all(|(tlp, _)| needs_second_officer(*tlp)), "{:?}", file.labels);
    let twice = files.propose("bundle.json", &objects, by(author)).await.unwrap();
    assert_eq!(twice.id, file.id, "the same file handed in twice waits once");
    let green = hub.collection(file.labels[0].0);
    assert_eq!(hub.server.shelf().count(&green).await.unwrap(), 0);
    let onto = (hub.server.shelf(), &hub.organisation);
    let own = files.release(&file.id, onto, by(author)).await;
    assert!(matches!(own, Err(ProposalError::SecondPerson)));
    files.release(&file.id, onto, by(other)).await.unwrap();
    let n = hub.server.shelf().count(&green).await.unwrap();
    assert!(n > 0);
    let again = files.release(&file.id, onto, by(other)).await;
    assert!(matches!(again, Err(ProposalError::Unknown(_))));

    let file = files.propose("other.json", &objects, by(author)).await.unwrap();
    let silent = files.refuse(&file.id, " ", by(other)).await;
    assert!(matches!(silent, Err(ProposalError::NoReason)));
    files.refuse(&file.id, "被害機関の名がある", by(other)).await.unwrap();
    assert!(files.release(&file.id, onto, by(other)).await.is_err(), "refused is refused");
    assert_eq!(hub.server.shelf().count(&green).await.unwrap(), n);
    let red = json!({ "type": "indicator", "id": "indicator--1" });
    let unlabelled = files.propose("red.json", &[red], by(author)).await;
    assert!(matches!(unlabelled, Err(ProposalError::Shelf(ShelfError::TooNarrow { .. }))));
}
