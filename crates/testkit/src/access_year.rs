//! A hospital's accesses to patients' records, with the lists such a hospital could hand in, and planted misuse.
//!
//! 150 beds, about 400 staff, 30,000 patients, about 5,500 accesses a day. What is ordinary includes what no list accounts for:
//! nurses who help on other wards, consults without referral, wrong patients opened, old records read for a letter, accounts
//! that the staff list lacks, emergencies by night. Which accesses are planted is known to [`AccessYear::planted`] alone:
//! planted ones use the same terminals, words and hours of work and stand among the others in order of time.

use std::collections::HashMap;

use sakimori_words::{Instant, SECOND_MICROS};

use crate::SeededChance;

/// 2026-01-01 00:00:00 in Japan.
const YEAR_BEGINS: i64 = 1_767_193_200;
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

const CLINICS: [&str; 10] = [
    "内科",
    "外科",
    "整形外科",
    "小児科",
    "産婦人科",
    "眼科",
    "皮膚科",
    "泌尿器科",
    "精神科",
    "救急科",
];
const WARDS: [&str; 5] = ["3A病棟", "3B病棟", "4A病棟", "4B病棟", "5A病棟"];
const PATIENTS: u64 = 30_000;
const FAMILIES: u64 = 900;
const AREAS: u64 = 80;

/// How much is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearSize {
    /// First day, counted from 2026-01-01.
    pub first_day: u32,
    /// How many days.
    pub days: u32,
    /// How many misuses are planted.
    pub planted: u32,
}

impl YearSize {
    /// 2026 with 200 misuses: about 1.85 million accesses.
    pub const YEAR: Self = Self { first_day: 0, days: 365, planted: 200 };

    /// October 2026 with 20 misuses: about 157,000 accesses.
    pub const MONTH: Self = Self { first_day: 273, days: 31, planted: 20 };
}

/// One access, as a record system logs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearAccess {
    /// When.
    pub at: Instant,
    /// The account.
    pub user: String,
    /// The patient's number.
    pub patient: String,
    /// What was done: `read`, `update`, `print`, `emergency override`.
    pub activity: &'static str,
    /// The terminal.
    pub host: String,
}

/// One planted misuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// Its kind, for people who read results.
    pub kind: &'static str,
    /// The account.
    pub user: String,
    /// The patients whose records were opened.
    pub patients: Vec<String>,
    /// When it began.
    pub at: Instant,
}

/// A generated hospital with its accesses.
pub struct AccessYear {
    size: YearSize,
    chance: SeededChance,
    staff: Vec<Person>,
    /// Who works where.
    places: HashMap<&'static str, Vec<usize>>,
    patients: Vec<Patient>,
    contacts: Vec<Contact>,
    duties: Vec<(usize, i64, i64, Option<usize>)>,
    vips: Vec<usize>,
    accesses: Vec<Raw>,
    planted: Vec<Planted>,
}

struct Person {
    role: &'static str,
    place: &'static str,
    scope: &'static str,
    family: u64,
    area: u64,
    patient: Option<usize>,
    listed: bool,
    terminal: u64,
}

struct Patient {
    family: u64,
    area: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stay,
    Visit,
    Order,
    Referral,
}

struct Contact {
    kind: Kind,
    patient: usize,
    place: &'static str,
    clinic: &'static str,
    from: i64,
    to: i64,
}

#[derive(Clone, Copy)]
struct Raw {
    at: i64,
    user: usize,
    patient: usize,
    activity: &'static str,
    host: u64,
}

impl AccessYear {
    /// The same seed and size give the same year.
    #[must_use]
    pub fn new(seed: u64, size: YearSize) -> Self {
        let mut year = Self {
            size,
            chance: SeededChance::new(seed),
            staff: Vec::new(),
            places: HashMap::new(),
            patients: Vec::new(),
            contacts: Vec::new(),
            duties: Vec::new(),
            vips: Vec::new(),
            accesses: Vec::new(),
            planted: Vec::new(),
        };
        year.people();
        year.care();
        year.work();
        year.noise();
        year.misuse();
        year.accesses.sort_by_key(|raw| (raw.at, raw.user, raw.patient));
        year
    }

    /// The lists the hospital hands in: name and CSV.
    #[must_use]
    pub fn lists(&self) -> Vec<(&'static str, String)> {
        vec![
            ("staff.csv", self.staff_list()),
            ("patients.csv", self.patient_list()),
            ("marks.csv", self.mark_list()),
            ("duties.csv", self.duty_list()),
            ("stays.csv", self.contact_list(Kind::Stay)),
            ("visits.csv", self.contact_list(Kind::Visit)),
            ("orders.csv", self.contact_list(Kind::Order)),
            ("referrals.csv", self.contact_list(Kind::Referral)),
        ]
    }

    /// The accesses in order of time.
    pub fn accesses(&self) -> impl Iterator<Item = YearAccess> {
        self.accesses.iter().map(|raw| YearAccess {
            at: instant(raw.at),
            user: user_name(raw.user),
            patient: patient_number(raw.patient),
            activity: raw.activity,
            host: format!("PC-{:03}", raw.host),
        })
    }

    /// How many accesses there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.accesses.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.accesses.is_empty()
    }

    /// What was planted. For judging a result, never for making one.
    #[must_use]
    pub fn planted(&self) -> &[Planted] {
        &self.planted
    }

    fn below(&self, limit: u64) -> u64 {
        self.chance.below(limit)
    }

    fn one_in(&self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn index(&self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// Small numbers are frequent: family names and areas are spread so.
    fn skewed(&self, n: u64) -> u64 {
        let x = self.below(n * 1_000);
        x * x / (n * 1_000_000)
    }

    fn people(&mut self) {
        for clinic in CLINICS {
            self.hire(4, "医師", clinic, "");
            self.hire(4, "看護師", clinic, "");
            self.hire(2, "医師事務作業補助者", clinic, "");
        }
        for ward in WARDS {
            self.hire(26, "看護師", ward, "");
            self.hire(3, "看護助手", ward, "");
        }
        let services = [
            (14, "診療放射線技師", "放射線科", ""),
            (14, "臨床検査技師", "検査科", ""),
            (24, "理学療法士", "リハビリ科", ""),
            (12, "薬剤師", "薬剤部", "全院"),
            (5, "管理栄養士", "栄養科", "全院"),
            (4, "看護師", "看護部", "全院"),
            (28, "事務", "医事課", "事務"),
            (4, "診療情報管理士", "診療情報管理室", "事務"),
            (6, "社会福祉士", "地域連携室", "事務"),
            (8, "事務", "総務課", ""),
        ];
        for (n, role, place, scope) in services {
            self.hire(n, role, place, scope);
        }
        for _ in 0..PATIENTS {
            let (family, area) = (self.skewed(FAMILIES), self.skewed(AREAS));
            self.patients.push(Patient { family, area });
        }
        for n in 0..self.staff.len() {
            if self.one_in(6) {
                let patient = self.index(self.patients.len());
                let (family, area) = self.staff.get(n).map_or((0, 0), |own| (own.family, own.area));
                if let (Some(own), Some(record)) =
                    (self.staff.get_mut(n), self.patients.get_mut(patient))
                {
                    own.patient = Some(patient);
                    (record.family, record.area) = (family, area);
                }
            }
        }
        self.vips = (0..40).map(|_| self.index(self.patients.len())).collect();
    }

    fn hire(&mut self, n: u64, role: &'static str, place: &'static str, scope: &'static str) {
        for _ in 0..n {
            let person = Person {
                role,
                place,
                scope,
                family: self.skewed(FAMILIES),
                area: self.skewed(AREAS),
                patient: None,
                // One in 150 was forgotten when the list was drawn up.
                listed: !self.one_in(150),
                terminal: self.below(240),
            };
            self.places.entry(place).or_default().push(self.staff.len());
            self.staff.push(person);
        }
    }

    /// Stays, visits, orders, referrals and duties, from two months before to a month after.
    fn care(&mut self) {
        let first = i64::from(self.size.first_day) - 60;
        let last = i64::from(self.size.first_day + self.size.days) + 30;
        for day in first..last {
            let midnight = YEAR_BEGINS + day * DAY;
            let weekend = weekend(day);
            for _ in 0..if weekend { 4 } else { 12 } {
                self.admit(midnight);
            }
            for _ in 0..if weekend { 15 } else { 300 } {
                let patient = self.someone();
                let clinic = self.chance.pick(&CLINICS);
                self.visit(patient, clinic, midnight + 8 * HOUR + self.seconds(9));
            }
            self.on_duty(midnight);
        }
    }

    fn someone(&self) -> usize {
        if self.one_in(150) {
            let n = self.index(self.vips.len());
            return self.vips.get(n).copied().unwrap_or(0);
        }
        self.index(self.patients.len())
    }

    fn seconds(&self, hours: u64) -> i64 {
        i64::try_from(self.below(hours * 3_600)).unwrap_or(0)
    }

    fn days(&self, n: u64) -> i64 {
        i64::try_from(self.below(n)).unwrap_or(0)
    }

    fn admit(&mut self, midnight: i64) {
        let (patient, place, clinic) =
            (self.someone(), self.chance.pick(&WARDS), self.chance.pick(&CLINICS));
        let from = midnight + 9 * HOUR + self.seconds(10);
        let to = from + (2 + self.days(23)) * DAY;
        self.contacts.push(Contact { kind: Kind::Stay, patient, place, clinic, from, to });
        let mut at = from + self.seconds(20);
        while at < to {
            self.order(patient, clinic, at);
            at += DAY + self.days(4) * DAY;
        }
        if self.one_in(6) {
            let place = self.chance.pick(&CLINICS);
            let at = from + DAY;
            self.contacts.push(Contact {
                kind: Kind::Referral,
                patient,
                place,
                clinic,
                from: at,
                to: at,
            });
        }
    }

    fn visit(&mut self, patient: usize, clinic: &'static str, at: i64) {
        self.contacts.push(Contact {
            kind: Kind::Visit,
            patient,
            place: clinic,
            clinic,
            from: at,
            to: at,
        });
        if self.one_in(2) {
            self.order(patient, clinic, at + HOUR / 2);
        }
    }

    fn order(&mut self, patient: usize, clinic: &'static str, at: i64) {
        let place = self.chance.pick(&["放射線科", "検査科", "検査科", "リハビリ科"]);
        self.contacts.push(Contact { kind: Kind::Order, patient, place, clinic, from: at, to: at });
    }

    /// Two doctors and a nurse for the night; some nurses help elsewhere by roster.
    fn on_duty(&mut self, midnight: i64) {
        let evening = midnight + 17 * HOUR;
        for role in ["医師", "医師", "看護師", "事務"] {
            if let Some(user) = self.staff_of(|person| person.role == role) {
                self.duties.push((user, evening, evening + 16 * HOUR, None));
            }
        }
        for _ in 0..6 {
            let ward = self.index(WARDS.len());
            if let Some(user) = self.staff_of(|person| person.role == "看護師") {
                let from = midnight + 8 * HOUR;
                self.duties.push((user, from, from + 10 * HOUR, Some(ward)));
            }
        }
    }

    fn staff_of(&self, fits: impl Fn(&Person) -> bool) -> Option<usize> {
        for _ in 0..400 {
            let n = self.index(self.staff.len());
            if self.staff.get(n).is_some_and(&fits) {
                return Some(n);
            }
        }
        None
    }

    const fn span(&self) -> (i64, i64) {
        let first = YEAR_BEGINS + self.size.first_day as i64 * DAY;
        (first, first + self.size.days as i64 * DAY)
    }

    /// The accesses that care and its paperwork make.
    fn work(&mut self) {
        let contacts = std::mem::take(&mut self.contacts);
        for contact in &contacts {
            match contact.kind {
                Kind::Stay => self.ward_work(contact),
                Kind::Visit => self.clinic_work(contact),
                Kind::Order => self.open(contact.place, contact.patient, contact.from, 6, 2),
                Kind::Referral => self.open(contact.place, contact.patient, contact.from, 60, 4),
            }
        }
        self.contacts = contacts;
    }

    fn ward_work(&mut self, stay: &Contact) {
        let mut midnight = stay.from;
        while midnight < stay.to {
            for _ in 0..15 {
                self.open(stay.place, stay.patient, midnight, 24, 1);
            }
            self.open(stay.clinic, stay.patient, midnight, 10, 5);
            self.open("薬剤部", stay.patient, midnight, 10, 1);
            midnight += DAY;
        }
        self.open("栄養科", stay.patient, stay.from, 10, 1);
        self.open("医事課", stay.patient, stay.to, 200, 3);
        self.open("地域連携室", stay.patient, stay.to - DAY, 20, 1);
        self.open(stay.clinic, stay.patient, stay.to + DAY, 200, 1);
    }

    fn clinic_work(&mut self, visit: &Contact) {
        self.open(visit.place, visit.patient, visit.from - 2 * DAY, 30, 1);
        for _ in 0..3 {
            self.open(visit.place, visit.patient, visit.from, 2, 2);
        }
        self.open("医事課", visit.patient, visit.from, 72, 1);
    }

    /// Somebody of that place opens the record a few times within some hours.
    fn open(&mut self, place: &'static str, patient: usize, from: i64, hours: u64, times: u64) {
        let colleagues = self.places.get(place).map(Vec::as_slice).unwrap_or_default();
        let Some(user) = colleagues.get(self.index(colleagues.len())).copied() else { return };
        let mut at = from + self.seconds(hours);
        for _ in 0..times {
            let activity = self.chance.pick(&["read", "read", "read", "update", "update", "print"]);
            self.log(at, user, patient, activity);
            at += 20 + self.seconds(1) / 12;
        }
    }

    fn log(&mut self, at: i64, user: usize, patient: usize, activity: &'static str) {
        let (first, last) = self.span();
        if at < first || at >= last {
            return;
        }
        let own = self.staff.get(user).map_or(0, |person| person.terminal);
        let host = if self.one_in(12) { self.below(240) } else { own };
        let activity = if activity.is_empty() { "read" } else { activity };
        self.accesses.push(Raw { at, user, patient, activity, host });
    }

    /// What is ordinary and stands on no list.
    fn noise(&mut self) {
        let stays: Vec<(usize, i64)> = self
            .contacts
            .iter()
            .filter(|contact| contact.kind == Kind::Stay)
            .map(|contact| (contact.patient, contact.from))
            .collect();
        for day in 0..i64::from(self.size.days) {
            let midnight = self.span().0 + day * DAY;
            self.helping_out(&stays, midnight);
            self.old_records(midnight);
            for _ in 0..12 {
                // The wrong line of a list was clicked.
                let (user, patient) =
                    (self.index(self.staff.len()), self.index(self.patients.len()));
                let at = midnight + self.hour_of_work(user);
                self.log(at, user, patient, "read");
            }
            if self.one_in(2) {
                let patient = self.someone();
                if let Some(user) = self.staff_of(|person| person.place == "救急科") {
                    let at = midnight + 20 * HOUR + self.seconds(8);
                    self.log(at, user, patient, "emergency override");
                    self.log(at + 60, user, patient, "read");
                }
            }
        }
    }

    /// Nurses on other wards without roster, consults without referral, secretaries for another department.
    fn helping_out(&mut self, stays: &[(usize, i64)], midnight: i64) {
        let present: Vec<usize> = stays
            .iter()
            .filter(|(_, from)| (0..10 * DAY).contains(&(midnight - from)))
            .map(|(patient, _)| *patient)
            .collect();
        for (role, n, times) in [
            ("看護師", 22, 4),
            ("医師", 14, 4),
            ("医師事務作業補助者", 10, 3),
            ("理学療法士", 6, 3),
        ] {
            for _ in 0..n {
                let patient = present.get(self.index(present.len())).copied().unwrap_or(0);
                if let Some(user) = self.staff_of(|person| person.role == role) {
                    let at = midnight + self.hour_of_work(user);
                    for nth in 0..times {
                        self.log(
                            at + nth * 90,
                            user,
                            patient,
                            self.chance.pick(&["read", "update"]),
                        );
                    }
                }
            }
        }
    }

    /// Letters, questions on the telephone, lectures: records of long ago.
    fn old_records(&mut self, midnight: i64) {
        for (role, n) in
            [("医師", 8), ("医師事務作業補助者", 6), ("事務", 6), ("診療情報管理士", 10)]
        {
            for _ in 0..n {
                let patient = self.index(self.patients.len());
                if let Some(user) = self.staff_of(|person| person.role == role) {
                    let at = midnight + self.hour_of_work(user);
                    self.log(at, user, patient, "read");
                    if self.one_in(3) {
                        self.log(at + 40, user, patient, "print");
                    }
                }
            }
        }
    }

    /// A second of the day at which that person works: wards around the clock, the others mostly by day.
    fn hour_of_work(&self, user: usize) -> i64 {
        let ward = self.staff.get(user).is_some_and(|person| WARDS.contains(&person.place));
        if ward || self.one_in(8) { self.seconds(24) } else { 8 * HOUR + self.seconds(10) }
    }

    fn misuse(&mut self) {
        for n in 0..self.size.planted {
            // Of a hundred: the kinds that hospitals report, and some that no list can show.
            match n * 37 % 100 {
                0..22 => self.co_worker(),
                22..44 => self.family(),
                44..57 => self.neighbour(),
                57..72 => self.celebrity(),
                72..80 => self.acquaintance(),
                80..88 => self.browsing(),
                88..94 => self.override_abuse(),
                _ => self.own_department(),
            }
        }
    }

    fn co_worker(&mut self) {
        let Some(colleague) = self.staff_of(|person| person.patient.is_some()) else { return };
        let patient = self.staff.get(colleague).and_then(|own| own.patient).unwrap_or(0);
        let user = self.index(self.staff.len());
        self.plant("co-worker", user, &[patient], 1);
    }

    fn family(&mut self) {
        let user = self.index(self.staff.len());
        let (family, area) = self.staff.get(user).map_or((0, 0), |own| (own.family, own.area));
        let patient = self.index(self.patients.len());
        // The relative is somebody of the town: given the name, and the address in two of three.
        let same_area = !self.one_in(3);
        if let Some(relative) = self.patients.get_mut(patient) {
            relative.family = family;
            if same_area {
                relative.area = area;
            }
        }
        let days = 1 + self.days(2);
        self.plant("family", user, &[patient], days);
    }

    fn neighbour(&mut self) {
        let user = self.index(self.staff.len());
        let area = self.staff.get(user).map_or(0, |own| own.area);
        let patient = self.index(self.patients.len());
        if let Some(neighbour) = self.patients.get_mut(patient) {
            neighbour.area = area;
        }
        self.plant("neighbour", user, &[patient], 1);
    }

    fn celebrity(&mut self) {
        let patient = self.vips.get(self.index(self.vips.len())).copied().unwrap_or(0);
        let user = self.index(self.staff.len());
        self.plant("marked patient", user, &[patient], 1);
    }

    fn acquaintance(&mut self) {
        let (user, patient) = (self.index(self.staff.len()), self.index(self.patients.len()));
        let days = 3 + self.days(3);
        self.plant("acquaintance", user, &[patient], days);
    }

    fn browsing(&mut self) {
        let user = self.index(self.staff.len());
        let n = 12 + self.below(20);
        let patients: Vec<usize> = (0..n).map(|_| self.index(self.patients.len())).collect();
        self.plant("browsing", user, &patients, 1);
    }

    fn override_abuse(&mut self) {
        let (user, patient) = (self.index(self.staff.len()), self.index(self.patients.len()));
        let at = self.moment();
        self.log(at, user, patient, "emergency override");
        self.note("override", user, &[patient], at);
    }

    /// A patient of the person's own department: care explains it, whatever it was for.
    fn own_department(&mut self) {
        let (first, last) = self.span();
        let stays = |contact: &&Contact| {
            contact.kind == Kind::Stay && contact.from > first && contact.to < last
        };
        let all: Vec<(usize, &'static str, i64)> = self
            .contacts
            .iter()
            .filter(stays)
            .map(|contact| (contact.patient, contact.place, contact.from))
            .collect();
        let Some((patient, place, from)) = all.get(self.index(all.len())).copied() else { return };
        let Some(user) = self.staff_of(|person| person.place == place) else { return };
        let at = from + DAY + self.seconds(20);
        self.log(at, user, patient, "read");
        self.note("own department", user, &[patient], at);
    }

    /// A moment of the period, two in five of them in the evening or at night.
    fn moment(&self) -> i64 {
        let midnight = self.span().0 + self.days(u64::from(self.size.days)) * DAY;
        if self.below(5) < 2 {
            midnight + self.seconds(24)
        } else {
            midnight + 8 * HOUR + self.seconds(10)
        }
    }

    fn plant(&mut self, kind: &'static str, user: usize, patients: &[usize], days: i64) {
        let mut at = self.moment();
        // Those that go on for days begin early enough to.
        at = at.min(self.span().1 - (days * 4 + 1) * DAY);
        let begins = at;
        for _ in 0..days {
            for patient in patients {
                let times = 1 + self.days(3);
                for _ in 0..times {
                    self.log(
                        at,
                        user,
                        *patient,
                        self.chance.pick(&["read", "read", "read", "print"]),
                    );
                    at += 20 + self.seconds(1) / 12;
                }
            }
            at += (1 + self.days(3)) * DAY;
        }
        self.note(kind, user, patients, begins);
    }

    fn note(&mut self, kind: &'static str, user: usize, patients: &[usize], at: i64) {
        self.planted.push(Planted {
            kind,
            user: user_name(user),
            patients: patients.iter().map(|patient| patient_number(*patient)).collect(),
            at: instant(at),
        });
    }

    fn staff_list(&self) -> String {
        let mut text = "職員ID,職種,部署,担当範囲,氏名カナ,郵便番号,患者ID\n".to_owned();
        for (n, own) in self.staff.iter().enumerate().filter(|(_, own)| own.listed) {
            let patient = own.patient.map(patient_number).unwrap_or_default();
            text.push_str(&format!(
                "{},{},{},{},{} タロウ,{},{patient}\n",
                user_name(n),
                own.role,
                own.place,
                own.scope,
                family_name(own.family),
                postcode(own.area)
            ));
        }
        text
    }

    fn patient_list(&self) -> String {
        let mut text = "患者ID,氏名カナ,郵便番号\n".to_owned();
        for (n, own) in self.patients.iter().enumerate() {
            let (family, postcode) = (family_name(own.family), postcode(own.area));
            text.push_str(&format!("{},{family} ハナコ,{postcode}\n", patient_number(n)));
        }
        text
    }

    fn mark_list(&self) -> String {
        let lines = self.vips.iter().map(|own| format!("{},著名人\n", patient_number(*own)));
        std::iter::once("患者ID,区分\n".to_owned()).chain(lines).collect()
    }

    fn duty_list(&self) -> String {
        let line = |(user, from, to, ward): &(usize, i64, i64, Option<usize>)| {
            let place = ward.and_then(|ward| WARDS.get(ward)).copied().unwrap_or_default();
            format!("{},{},{},{place}\n", user_name(*user), instant(*from), instant(*to))
        };
        let lines = self.duties.iter().map(line);
        std::iter::once("職員ID,勤務開始,勤務終了,部署\n".to_owned()).chain(lines).collect()
    }

    fn contact_list(&self, kind: Kind) -> String {
        let mut text = match kind {
            Kind::Stay => "患者ID,入院日時,退院日時,病棟,診療科\n",
            Kind::Visit => "患者ID,予約日時,診療科\n",
            Kind::Order => "患者ID,オーダ日時,実施部門\n",
            Kind::Referral => "患者ID,紹介日,紹介先\n",
        }
        .to_owned();
        for own in self.contacts.iter().filter(|own| own.kind == kind) {
            let (patient, from) = (patient_number(own.patient), instant(own.from));
            text.push_str(&match kind {
                Kind::Stay => {
                    format!("{patient},{from},{},{},{}\n", instant(own.to), own.place, own.clinic)
                }
                _ => format!("{patient},{from},{}\n", own.place),
            });
        }
        text
    }
}

fn instant(seconds: i64) -> Instant {
    Instant::from_micros(seconds * SECOND_MICROS)
}

/// 2026-01-01 is a Thursday.
const fn weekend(day: i64) -> bool {
    matches!((day + 3).rem_euclid(7), 5 | 6)
}

fn user_name(n: usize) -> String {
    format!("s{:04}", 1_000 + n)
}

/// As a card shows it, with leading zeros.
fn patient_number(n: usize) -> String {
    format!("{:08}", 10_000 + n)
}

/// An invented family name: three kana.
fn family_name(n: u64) -> String {
    const KANA: [&str; 10] = ["ア", "カ", "サ", "タ", "ナ", "ハ", "マ", "ヤ", "ラ", "ワ"];
    let sign = |n: u64| usize::try_from(n % 10).ok().and_then(|n| KANA.get(n)).copied();
    [sign(n / 100), sign(n / 10), sign(n)].into_iter().flatten().collect()
}

/// An invented area: a prefix that the post has not given out.
fn postcode(area: u64) -> String {
    format!("000-{:04}", 100 + area)
}
