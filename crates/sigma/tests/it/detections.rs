//! Our own detections, walked: `content/watch/detections/<id>/{rule.yml, reason.toml, hits/, misses/}`.
//!
//! A file in `hits` or `misses` is one story: an event a line, `{product, service, time?, …flat columns, fields}`. Where the
//! detection looks at single events, every line of `hits` must hit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sakimori_sigma::{
    Correlator, CorrelatorLimits, Document, Placeholders, RuleIndex, RuleSet, Scratch,
};
use sakimori_words::{Digest, Event, EvidenceRef, Fields, Instant, Text};

/// The part of `reason.toml` that every finding shows, and the technique ids beside it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    title: Text,
    reason: Text,
    next_step: Text,
    #[serde(default)]
    clause: String,
    attack: Attack,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    /// As ATT&CK v19 names them.
    v19: Vec<String>,
    /// As they were named before, where that differs.
    #[serde(default)]
    older: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    product: String,
    service: String,
    #[serde(default)]
    time: Option<String>,
    #[serde(default)]
    host: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    src_ip: String,
    #[serde(default)]
    dst_ip: String,
    #[serde(default)]
    patient: String,
    #[serde(default)]
    activity: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    message: String,
    fields: serde_json::Map<String, serde_json::Value>,
}

impl Line {
    fn event(self) -> Event {
        let fields = self.fields.into_iter().flat_map(|(name, value)| {
            // A field that occurs several times stands as a list.
            let values = match value {
                serde_json::Value::Array(values) => values,
                one => vec![one],
            };
            values.into_iter().map(move |own| serde_json::json!([name, own]))
        });
        Event {
            product: self.product,
            service: self.service,
            time: self.time.map_or_else(Instant::default, |text| Instant::parse(&text).unwrap()),
            host: self.host,
            user: self.user,
            src_ip: self.src_ip,
            dst_ip: self.dst_ip,
            patient: self.patient,
            activity: self.activity,
            status: self.status,
            message: self.message,
            src: serde_json::from_value::<Fields>(fields.collect()).unwrap(),
            ..Event::default()
        }
    }
}

struct Detection {
    id: String,
    folder: PathBuf,
    documents: Vec<Document>,
    reason: Reason,
}

impl Detection {
    fn counts(&self) -> bool {
        self.documents.iter().any(|own| matches!(own, Document::Correlation(_)))
    }

    fn rules(&self) -> RuleSet {
        let (rules, problems) = RuleSet::compile(self.documents.clone(), &Placeholders::new());
        assert_eq!(problems, Vec::new(), "{}", self.id);
        assert!(rules.coverage().unmapped.is_empty(), "{}: log source not mapped", self.id);
        rules
    }

    fn stories(&self, kind: &str) -> Vec<(String, Vec<Event>)> {
        let mut stories: Vec<_> =
            entries(&self.folder.join(kind)).map(|path| story(&path)).collect();
        stories.sort_by(|left, right| left.0.cmp(&right.0));
        stories
    }
}

fn story(path: &Path) -> (String, Vec<Event>) {
    let text = fs::read_to_string(path).unwrap();
    let lines = serde_json::Deserializer::from_str(&text).into_iter::<Line>();
    let name = path.display().to_string();
    let events = lines.map(|line| line.unwrap_or_else(|error| panic!("{name}: {error}")).event());
    (name.clone(), events.collect())
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    read.map(|entry| entry.unwrap().path())
}

fn detections() -> Vec<Detection> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/watch/detections");
    let mut all: Vec<Detection> = entries(&folder).filter(|path| path.is_dir()).map(read).collect();
    all.sort_by(|left, right| left.id.cmp(&right.id));
    all
}

fn read(folder: PathBuf) -> Detection {
    let id = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let text = |name: &str| {
        fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{id}/{name}: {error}"))
    };
    let documents = Document::parse(&text("rule.yml")).unwrap_or_else(|e| panic!("{id}: {e}"));
    let reason = toml::from_str(&text("reason.toml")).unwrap_or_else(|e| panic!("{id}: {e}"));
    Detection { documents, reason, id, folder }
}

/// The speaking rules that each event of a story brings to speak.
fn spoken(rules: &RuleSet, events: &[Event]) -> Vec<Vec<RuleIndex>> {
    let mut scratch = Scratch::new();
    let mut correlator = Correlator::new(rules, CorrelatorLimits::RECOMMENDED);
    let evidence = || EvidenceRef::Event { seq: 1, leaf: Digest::default() };
    let mut all = Vec::new();
    for event in events {
        let matched = rules.matches_with(&mut scratch, event);
        let correlated = correlator.offer(rules, event, matched, &evidence);
        let single = matched.iter().copied().filter(|rule| rules.speaks(*rule));
        all.push(single.chain(correlated.into_iter().map(|own| own.rule)).collect());
    }
    all
}

#[test]
fn every_detection_hits_its_hits() {
    for detection in detections() {
        let rules = detection.rules();
        let mut silent: BTreeSet<RuleIndex> =
            rules.headers().map(|(rule, _)| rule).filter(|rule| rules.speaks(*rule)).collect();
        let stories = detection.stories("hits");
        assert!(!stories.is_empty(), "{}: no hits", detection.id);
        for (name, events) in stories {
            let spoken = spoken(&rules, &events);
            assert!(spoken.iter().any(|rules| !rules.is_empty()), "{name} does not hit");
            if !detection.counts() {
                let missed = spoken.iter().position(Vec::is_empty);
                assert_eq!(missed, None, "{name}: this line does not hit");
            }
            spoken.iter().flatten().for_each(|rule| {
                silent.remove(rule);
            });
        }
        let untested = silent.iter().filter_map(|rule| rules.header(*rule));
        let untested: Vec<&str> = untested.map(|header| header.title.as_str()).collect();
        assert!(untested.is_empty(), "{}: nothing in hits tests {untested:?}", detection.id);
    }
}

#[test]
fn every_detection_misses_its_misses() {
    for detection in detections() {
        let rules = detection.rules();
        let stories = detection.stories("misses");
        assert!(!stories.is_empty(), "{}: no misses", detection.id);
        for (name, events) in stories {
            let spoken = spoken(&rules, &events);
            let hit = spoken.iter().position(|rules| !rules.is_empty());
            assert_eq!(hit, None, "{name}: this line hits");
        }
    }
}

#[test]
fn every_detection_says_what_happened_why_it_matters_and_what_to_do_in_both_languages() {
    for Detection { id, reason, .. } in detections() {
        for text in [&reason.title, &reason.reason, &reason.next_step] {
            assert!(!text.ja.trim().is_empty() && !text.en.trim().is_empty(), "{id}");
            let japanese = text.ja.chars().any(|c| ('\u{3041}'..='\u{30ff}').contains(&c));
            assert!(japanese && text.en.is_ascii(), "{id}: languages mixed up: {text:?}");
        }
        assert!(reason.title.ja.chars().count() <= 40, "{id}: the title is too long for a list");
        assert!(reason.clause.is_empty() || reason.clause.starts_with('S'), "{id}");
    }
}

#[test]
fn every_document_has_its_own_id_and_our_name_on_it() {
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for detection in detections() {
        for header in detection.documents.iter().map(Document::header) {
            let id = &detection.id;
            assert_eq!(header.author, "Sakimori", "{id}");
            assert_eq!(header.license, "MIT OR Apache-2.0", "{id}");
            let parts: Vec<usize> = header.id.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{id}: `{}` is no UUID", header.id);
            let other = ids.insert(header.id.clone(), id.clone());
            assert_eq!(other, None, "{id}: the id {} is used twice", header.id);
            if !header.name.is_empty() {
                let other = names.insert(header.name.clone(), id.clone());
                assert_eq!(other, None, "{id}: the name {} is used twice", header.name);
            }
        }
    }
    assert!(ids.len() >= 30);
}

#[test]
fn tags_and_reasons_name_the_same_techniques() {
    for Detection { id, documents, reason, .. } in detections() {
        let attack = reason.attack;
        let told: BTreeSet<String> =
            attack.v19.iter().chain(&attack.older).map(|own| own.to_lowercase()).collect();
        let tagged: BTreeSet<String> = documents
            .iter()
            .flat_map(|own| &own.header().tags)
            .filter_map(|tag| tag.strip_prefix("attack.t"))
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            .map(|rest| format!("t{rest}"))
            .collect();
        assert!(!told.is_empty(), "{id}: no technique");
        assert_eq!(tagged, told, "{id}");
    }
}

#[test]
fn all_detections_work_together() {
    let documents = detections().into_iter().flat_map(|own| own.documents).collect();
    let (rules, problems) = RuleSet::compile(documents, &Placeholders::new());
    assert_eq!(problems, Vec::new());
    assert!(rules.coverage().unmapped.is_empty());
}
