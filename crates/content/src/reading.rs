//! Reads the files of a pack and collects every problem on the way, instead of stopping at the first.

use std::collections::BTreeSet;

use sakimori_words::Text;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::calendar::{Holiday, OfficeHours, Period};
use crate::chasing::Chasing;
use crate::check::{check_document, line_at, line_of};
use crate::checklists::Checklist;
use crate::materials::{Material, Materials};
use crate::{
    Calendar, Contact, Content, CsvMapText, Deadline, DecisionGuide, Detection, DetectionReason,
    EvidenceGuide, FieldClasses, Form, FormSheet, Ladder, NameAliases, Notice, Pack, PackVersion,
    Playbook, Problem, Product, Provenance, Publication, SharedWords, Sharing, Validity,
    WarningTemplate,
};

const DETECTIONS: &str = "watch/detections";
const CSV_MAPS: &str = "watch/csv_maps/";

/// What every column map of a pack says about itself; the rest is for the source that reads CSV.
#[derive(Deserialize)]
struct CsvMapHead {
    name: String,
    #[expect(
        dead_code,
        reason = "asked for in every map; both languages are checked on the document"
    )]
    title: Text,
    #[expect(dead_code, reason = "asked for in every map; its dates are checked on the document")]
    provenance: Provenance,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    name: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticesFile {
    notice: Vec<Notice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidaysFile {
    year: i16,
    #[expect(dead_code, reason = "asked for in every file; its dates are checked on the document")]
    provenance: Provenance,
    holiday: Vec<Holiday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodsFile {
    period: Vec<Period>,
    office_hours: OfficeHours,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactsFile {
    contact: Vec<Contact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeadlinesFile {
    deadline: Vec<Deadline>,
}

/// A pack as far as it could be read.
pub(crate) struct Reading {
    /// What was read; `None` when an item is missing without which nothing works.
    pub(crate) content: Option<Content>,
    /// Problems of items that must be whole.
    pub(crate) grave: Vec<Problem>,
}

/// Reads a pack. Problems of detections are kept in the content: one broken rule must not take the call sheet away.
pub(crate) fn read(pack: &Pack) -> Reading {
    let mut reader = Reader { pack, notices: Vec::new(), used: BTreeSet::new(), problems: vec![] };
    let content = reader.content();
    reader.name_unused_files();
    let mut grave = reader.problems;
    grave.sort();
    Reading { content, grave }
}

struct Reader<'a> {
    pack: &'a Pack,
    notices: Vec<Notice>,
    used: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Reads everything before it decides, so that all problems are named at once.
    fn content(&mut self) -> Option<Content> {
        self.notices =
            self.one("notices.toml").map_or_else(Vec::new, |file: NoticesFile| file.notice);
        let version = self.version();
        let calendar = self.calendar();
        let contacts = self.contacts(calendar.as_ref());
        let decisions = self.decisions();
        let evidence_guides =
            self.items("respond/evidence", "guide.toml", |guide: &EvidenceGuide| &guide.id);
        let playbooks = self.playbooks(&decisions);
        let deadlines = self.one("respond/deadlines.toml").map(|file: DeadlinesFile| file.deadline);
        let forms = self.items("respond/forms", "form.toml", |form: &Form| &form.id);
        let form_sheets = self.form_sheets(&forms);
        let templates = self.templates();
        let csv_maps = self.csv_maps();
        let products = self.products();
        let aliases = self.one::<NameAliases>("prepare/aliases.toml");
        let checklists = self.checklists();
        let materials = self.materials();
        let sharing = self.sharing(&forms, checklists.last());
        let chasing = self.chasing();
        let (detections, problems) = self.detections();
        Some(Content {
            version: version?,
            notices: self.notices.clone(),
            calendar: calendar?,
            contacts: contacts?,
            playbooks,
            decisions,
            evidence_guides,
            deadlines: deadlines?,
            forms,
            form_sheets,
            templates,
            products,
            aliases: aliases?,
            checklists,
            materials: materials?,
            sharing: sharing?,
            chasing: chasing?,
            detections,
            csv_maps,
            problems,
        })
    }

    fn version(&mut self) -> Option<PackVersion> {
        let file: PackFile = self.one("pack.toml")?;
        let digest = self.pack.digest();
        Some(PackVersion { name: file.name, version: file.version, digest })
    }

    fn calendar(&mut self) -> Option<Calendar> {
        let periods: Option<PeriodsFile> = self.one("calendars/periods.toml");
        let mut holidays = Vec::new();
        for path in self.files_in("calendars/holidays/") {
            let Some(file) = self.one::<HolidaysFile>(&path) else { continue };
            let year = file.year;
            if path != format!("calendars/holidays/{year}.toml") {
                self.complain(
                    &path,
                    "year",
                    format!("the file is not named after its year {year}"),
                );
            }
            for holiday in file.holiday.iter().filter(|holiday| holiday.on.year() != year) {
                let day = holiday.on.to_string();
                self.complain(&path, &day, format!("{day} is not in {year}"));
            }
            holidays.extend(file.holiday);
        }
        let periods = periods?;
        for period in &periods.period {
            for [month, day] in [period.first, period.last] {
                // 2024 is a leap year: 02-29 may begin or end a period.
                if sakimori_words::Date::new(2024, month, day).is_err() {
                    let what = format!("period `{}`: {month}-{day} is no day", period.id);
                    self.complain("calendars/periods.toml", &period.id, what);
                }
            }
        }
        Some(Calendar::new(holidays, periods.period, periods.office_hours))
    }

    fn contacts(&mut self, calendar: Option<&Calendar>) -> Option<Vec<Contact>> {
        let path = "contacts/offices.toml";
        let contacts = self.one::<ContactsFile>(path)?.contact;
        for line in contacts.iter().flat_map(|contact| &contact.lines) {
            if let Validity::Period { period } = &line.validity
                && calendar.is_some_and(|calendar| calendar.period(period).is_none())
            {
                self.complain(path, period, format!("there is no period `{period}`"));
            }
            if let Validity::Weekdays { opens_minute, closes_minute } = line.validity
                && !(0..closes_minute).contains(&opens_minute)
            {
                let what = format!("it opens at minute {opens_minute}, not before it closes");
                self.complain(path, &line.phone, what);
            }
            if !line.phone.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
                let what = format!("`{}` is not a telephone number", line.phone);
                self.complain(path, &line.phone, what);
            }
        }
        Some(contacts)
    }

    fn decisions(&mut self) -> Vec<DecisionGuide> {
        let guides =
            self.items("respond/decisions", "decision.toml", |guide: &DecisionGuide| &guide.id);
        for guide in &guides {
            let path = format!("respond/decisions/{}/decision.toml", guide.id);
            for step in guide.options.iter().flat_map(|option| &option.steps) {
                if !guide.order.iter().any(|known| known.id == *step) {
                    self.complain(&path, step, format!("there is no step `{step}`"));
                }
            }
        }
        guides
    }

    fn playbooks(&mut self, decisions: &[DecisionGuide]) -> Vec<Playbook> {
        let playbooks =
            self.items("respond/playbooks", "playbook.toml", |playbook: &Playbook| &playbook.id);
        for playbook in &playbooks {
            let path = format!("respond/playbooks/{}/playbook.toml", playbook.id);
            for decision in playbook.steps.iter().filter_map(|step| step.decision.as_ref()) {
                if !decisions.iter().any(|guide| guide.id == *decision) {
                    self.complain(&path, decision, format!("there is no decision `{decision}`"));
                }
            }
        }
        playbooks
    }

    /// The sheets below each form's folder; each names fields that the form has.
    fn form_sheets(&mut self, forms: &[Form]) -> Vec<FormSheet> {
        let mut sheets = Vec::new();
        for form in forms {
            let folder = format!("respond/forms/{}/sheets/", form.id);
            for path in self.files_in(&folder) {
                let Some(sheet) = self.one::<FormSheet>(&path) else { continue };
                if path != format!("{folder}{}-{}.toml", sheet.id, sheet.version) {
                    let what = "the file is not named after its id and version".to_owned();
                    self.complain(&path, &sheet.id, what);
                }
                if sheet.form != form.id {
                    let what = format!("`{}` is not the form of this folder", sheet.form);
                    self.complain(&path, &sheet.form, what);
                }
                for field in sheet.cells().flat_map(|cell| &cell.fields) {
                    if form.field(field).is_none() {
                        let what = format!("the form has no field `{field}`");
                        self.complain(&path, field, what);
                    }
                }
                sheets.push(sheet);
            }
        }
        sheets
    }

    /// How cases are shared. The ladder's rungs follow each other, and every field of the form has one class.
    fn sharing(&mut self, forms: &[Form], checklist: Option<&Checklist>) -> Option<Sharing> {
        let ladder: Option<Ladder> = self.one("share/ladder.toml");
        let fields: Option<FieldClasses> = self.one("share/fields.toml");
        let words: Option<SharedWords> = self.one("share/analysis.toml");
        let publication: Option<Publication> = self.one("share/publication.toml");
        let (ladder, fields, words) = (ladder?, fields?, words?);
        let publication = publication?;
        for (near, what) in publication.problems() {
            self.complain("share/publication.toml", &near, what);
        }
        for (near, what) in ladder.problems() {
            self.complain("share/ladder.toml", &near, what);
        }
        for form in forms.iter().filter(|form| form.id == fields.form) {
            for (near, what) in fields.problems(form) {
                self.complain("share/fields.toml", &near, what);
            }
        }
        for safeguard in &words.safeguards {
            let is_unknown = |id: &&String| checklist.is_none_or(|list| list.item(id).is_none());
            for id in safeguard.checklist.iter().filter(is_unknown) {
                let what = format!("the newest checklist has no item `{id}`");
                self.complain("share/analysis.toml", &safeguard.id, what);
            }
        }
        Some(Sharing { ladder, fields, words, publication })
    }

    /// How warnings are chased: one rule for each class.
    fn chasing(&mut self) -> Option<Chasing> {
        let chasing: Chasing = self.one("warn/chasing.toml")?;
        for (near, what) in chasing.problems() {
            self.complain("warn/chasing.toml", &near, what);
        }
        Some(chasing)
    }

    /// The checklists in the order in which they came into force.
    fn checklists(&mut self) -> Vec<Checklist> {
        let mut checklists =
            self.items("prepare/checklists", "checklist.toml", |list: &Checklist| &list.id);
        checklists.sort_by_key(|list| list.provenance.effective_from);
        for checklist in &checklists {
            let path = format!("prepare/checklists/{}/checklist.toml", checklist.id);
            for (near, what) in checklist.problems() {
                self.complain(&path, &near, what);
            }
        }
        checklists
    }

    /// What institutions read and teach with.
    fn materials(&mut self) -> Option<Vec<Material>> {
        let file: Materials = self.one("prepare/materials.toml")?;
        for (near, what) in file.problems() {
            self.complain("prepare/materials.toml", &near, what);
        }
        Some(file.materials)
    }

    fn products(&mut self) -> Vec<Product> {
        let mut products =
            self.items("watch/products", "product.toml", |product: &Product| &product.id);
        products.sort_by_key(|product| product.order);
        products
    }

    fn templates(&mut self) -> Vec<WarningTemplate> {
        let templates =
            self.items("warn/templates", "template.toml", |template: &WarningTemplate| {
                &template.id
            });
        for template in &templates {
            if !self.notices.iter().any(|notice| notice.id == template.notice) {
                let path = format!("warn/templates/{}/template.toml", template.id);
                let what = format!("there is no notice `{}`", template.notice);
                self.complain(&path, &template.notice, what);
            }
        }
        templates
    }

    fn csv_maps(&mut self) -> Vec<CsvMapText> {
        let mut maps = Vec::new();
        for file in self.files_in(CSV_MAPS) {
            let Some(head) = self.one::<CsvMapHead>(&file) else { continue };
            if file != format!("{CSV_MAPS}{}.toml", head.name) {
                let what = format!("the file is not named after its map `{}`", head.name);
                self.complain(&file, &head.name, what);
            }
            maps.extend(self.text(&file).map(|text| CsvMapText { file, text }));
        }
        maps
    }

    /// Detections that could be read, and the problems of the others.
    fn detections(&mut self) -> (Vec<Detection>, Vec<Problem>) {
        let so_far = std::mem::take(&mut self.problems);
        let mut detections = Vec::new();
        for id in self.pack.folders_under(DETECTIONS) {
            detections.extend(self.detection(id));
        }
        let mut problems = std::mem::replace(&mut self.problems, so_far);
        problems.sort();
        (detections, problems)
    }

    fn detection(&mut self, id: &str) -> Option<Detection> {
        let reason_path = format!("{DETECTIONS}/{id}/reason.toml");
        let rule = self.text(&format!("{DETECTIONS}/{id}/rule.yml"));
        let reason: Option<DetectionReason> = self.one(&reason_path);
        let reason_text = self.text(&reason_path)?;
        Some(Detection { id: id.to_owned(), rule: rule?, reason: reason?, reason_text })
    }

    /// The items of all folders under `folder`; each must carry its folder's name as id.
    fn items<T: DeserializeOwned>(
        &mut self,
        folder: &str,
        file: &str,
        id: fn(&T) -> &str,
    ) -> Vec<T> {
        let mut items = Vec::new();
        for name in self.pack.folders_under(folder) {
            let path = format!("{folder}/{name}/{file}");
            let Some(item) = self.one::<T>(&path) else { continue };
            if id(&item) != name {
                let what = format!("id `{}` is not the folder's name `{name}`", id(&item));
                self.complain(&path, id(&item), what);
            }
            items.push(item);
        }
        items
    }

    fn one<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let text = self.text(path)?;
        for (line, what) in check_document(&text, &self.notices) {
            self.problems.push(Problem { file: path.to_owned(), line, what });
        }
        match toml::from_str(&text) {
            Ok(item) => Some(item),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_at(&text, span.start));
                let what = error.message().to_owned();
                let problem = Problem { file: path.to_owned(), line, what };
                if !self.problems.contains(&problem) {
                    self.problems.push(problem);
                }
                None
            }
        }
    }

    fn text(&mut self, path: &str) -> Option<String> {
        self.used.insert(path.to_owned());
        let Some(bytes) = self.pack.file(path) else {
            self.problems.push(Problem::of_file(path, "the file is missing"));
            return None;
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            Err(_) => {
                self.problems.push(Problem::of_file(path, "the file is not UTF-8 text"));
                None
            }
        }
    }

    fn complain(&mut self, path: &str, near: &str, what: String) {
        let text = self.pack.file(path).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let line = text.map_or(0, |text| line_of(text, near));
        self.problems.push(Problem { file: path.to_owned(), line, what });
    }

    fn files_in(&self, prefix: &str) -> Vec<String> {
        self.pack
            .files()
            .map(|(path, _)| path)
            .filter(|path| path.starts_with(prefix))
            .map(str::to_owned)
            .collect()
    }

    /// A file that nothing reads is a misspelt one.
    fn name_unused_files(&mut self) {
        for (path, _) in self.pack.files() {
            let sample = path.starts_with(&format!("{DETECTIONS}/"));
            let for_people = path.ends_with(".md");
            if !sample && !for_people && !self.used.contains(path) {
                self.problems.push(Problem::of_file(path, "nothing reads this file"));
            }
        }
    }
}
