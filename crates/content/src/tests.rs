//! What users of a pack can rely on.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sakimori_words::{Date, Instant, Lang, Prefecture, Text, VendorContract};

use crate::{
    Answered, CallSheet, ContactRole, Content, ContentError, DayKind, Door, Limit, LocalContact,
    OwnPhone, PLACES, Pack, Problem, TROUBLES, Trigger, fuzz_pack,
};

mod holidays;

fn content() -> &'static Content {
    static CONTENT: std::sync::LazyLock<Content> =
        std::sync::LazyLock::new(|| Content::embedded().unwrap());
    &CONTENT
}

fn jst(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00+09:00")).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn osaka() -> Option<Prefecture> {
    Prefecture::from_code(27)
}

fn vendors() -> Vec<VendorContract> {
    vec![
        VendorContract {
            name: "なにわ電子カルテ".to_owned(),
            system: "電子カルテ".to_owned(),
            phone: "06-0000-0001".to_owned(),
        },
        VendorContract {
            name: "浪速ネットワーク".to_owned(),
            system: "VPN・外部接続".to_owned(),
            phone: String::new(),
        },
    ]
}

fn police_desk() -> LocalContact {
    LocalContact {
        id: "our-police".to_owned(),
        role: ContactRole::Police,
        replaces: Some("police".to_owned()),
        name: "大阪府警察本部 サイバー犯罪相談".to_owned(),
        phones: vec![OwnPhone::always("06-0000-0110", "24時間")],
        note: "担当: 平時に面談した係".to_owned(),
        ..LocalContact::default()
    }
}

/// The sheet as a person reads it.
fn shown(sheet: &CallSheet, lang: Lang) -> String {
    let mut text = format!("{} {:?} open: {}\n", sheet.at, sheet.day, sheet.offices_open);
    for entry in &sheet.entries {
        text.push_str(&format!("{}. {}\n", entry.id, entry.name.get(lang)));
        text.push_str(&format!("   {}\n", entry.what.get(lang)));
        for line in &entry.lines {
            let mark = if line.right_now { '>' } else { ' ' };
            let (label, validity) = (line.label.get(lang), line.validity.get(lang));
            text.push_str(&format!(" {mark} {} {label} [{validity}]\n", line.phone));
        }
        if entry.lines.is_empty() {
            text.push_str(&format!("   (no number) {}\n", entry.without_number.get(lang)));
        }
        for more in [entry.rule.get(lang), &entry.url, &entry.basis] {
            if !more.is_empty() {
                text.push_str(&format!("   {more}\n"));
            }
        }
    }
    text
}

#[test]
fn the_built_in_pack_is_whole() {
    assert_eq!(Content::check(&Pack::embedded()), Vec::<Problem>::new());
    assert_eq!(content().version().name, "sakimori-base");
}

#[test]
fn the_ministrys_right_number_stands_first_and_the_other_is_shown_with_its_validity() {
    const NORMAL: &str = "03-6812-7837";
    const YEAR_END: &str = "080-2073-0768";
    let cases = [
        ("2026-12-28T17:15", [NORMAL, YEAR_END]),
        ("2026-12-28T23:59", [NORMAL, YEAR_END]),
        ("2026-12-29T00:00", [YEAR_END, NORMAL]),
        ("2026-12-31T23:59", [YEAR_END, NORMAL]),
        ("2027-01-03T23:59", [YEAR_END, NORMAL]),
        ("2027-01-04T00:00", [NORMAL, YEAR_END]),
        ("2027-01-04T08:30", [NORMAL, YEAR_END]),
    ];
    for (at, expected) in cases {
        let sheet = content().call_sheet(jst(at), osaka(), &[], &[]);
        let ministry = sheet.first(ContactRole::Ministry).unwrap();
        let phones: Vec<&str> = ministry.lines.iter().map(|line| line.phone.as_str()).collect();
        assert_eq!(phones, expected, "{at}");
        assert_eq!(ministry.dial().map(|line| line.phone.as_str()), Some(expected[0]), "{at}");
        assert!(ministry.lines.iter().all(|line| line.validity.ja.contains("12月29日〜1月3日")));
        assert!(ministry.rule.ja.contains("184"));
    }
}

#[test]
fn the_call_sheet_of_an_ordinary_night() {
    let sheet =
        content().call_sheet(jst("2026-11-20T03:12"), osaka(), &vendors(), &[police_desk()]);
    insta::assert_snapshot!(shown(&sheet, Lang::Ja));
}

#[test]
fn the_call_sheet_of_new_years_eve_in_english() {
    let sheet = content().call_sheet(jst("2026-12-31T23:59"), osaka(), &vendors(), &[]);
    insta::assert_snapshot!(shown(&sheet, Lang::En));
}

#[test]
fn a_number_that_is_in_none_of_our_sources_is_asked_for_and_not_invented() {
    let sheet = content().call_sheet(jst("2026-11-20T03:12"), osaka(), &[], &[]);
    for role in [ContactRole::Vendor, ContactRole::Police, ContactRole::Prefecture] {
        assert_eq!(sheet.first(role).unwrap().dial(), None, "{role:?}");
    }
    let police = sheet.first(ContactRole::Police).unwrap();
    assert_eq!(police.url, "https://www.npa.go.jp/bureau/cyber/soudan.html");
    assert!(police.name.ja.starts_with("大阪府警察本部"));
}

#[test]
fn an_own_contact_takes_the_packs_place_and_keeps_its_instructions() {
    let extra = LocalContact {
        id: "insurer".to_owned(),
        role: ContactRole::Other,
        name: "サイバー保険".to_owned(),
        phones: vec![OwnPhone::always("0120-000-000", "")],
        ..LocalContact::default()
    };
    let sheet =
        content().call_sheet(jst("2026-11-20T03:12"), osaka(), &vendors(), &[extra, police_desk()]);
    let order: Vec<&str> = sheet.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(
        order,
        [
            "vendor-1",
            "vendor-2",
            "our-police",
            "ministry",
            "prefecture",
            "privacy-commission",
            "national-cyber-office",
            "jma-desk",
            "rapid-help",
            "insurer"
        ]
    );
    let police = sheet.first(ContactRole::Police).unwrap();
    assert!(police.own && police.basis == "S0-14" && police.what.ja.ends_with("面談した係"));
    assert_eq!(police.dial().map(|line| line.phone.as_str()), Some("06-0000-0110"));
}

#[test]
fn an_own_contact_never_hides_the_ministrys_numbers() {
    let at = jst("2026-12-31T23:59");
    let mut own = LocalContact {
        role: ContactRole::Ministry,
        replaces: Some("ministry".to_owned()),
        name: "厚生労働省（担当直通）".to_owned(),
        ..police_desk()
    };
    let sheet = content().call_sheet(at, osaka(), &[], std::slice::from_ref(&own));
    let ministry = sheet.first(ContactRole::Ministry).unwrap();
    let phones: Vec<&str> = ministry.lines.iter().map(|line| line.phone.as_str()).collect();
    assert_eq!(phones, ["06-0000-0110", "080-2073-0768", "03-6812-7837"]);
    own.phones = vec![OwnPhone::always(" ", "")];
    let sheet = content().call_sheet(at, osaka(), &[], &[own]);
    let ministry = sheet.first(ContactRole::Ministry).unwrap();
    assert!(!ministry.own && ministry.dial().is_some());
}

#[test]
fn a_desk_with_hours_of_its_own_is_dialled_only_within_them() {
    let cases = [
        ("2026-11-20T08:59", None),
        ("2026-11-20T09:00", Some("0120-339-199")),
        ("2026-11-20T17:59", Some("0120-339-199")),
        ("2026-11-20T18:00", None),
        ("2026-11-21T10:00", None),
        ("2026-11-23T10:00", None),
        ("2026-12-29T10:00", None),
    ];
    for (at, expected) in cases {
        let sheet = content().call_sheet(jst(at), osaka(), &[], &[]);
        let desk = sheet.entries.iter().find(|entry| entry.id == "jma-desk").unwrap();
        assert_eq!(desk.role, ContactRole::Other, "advice is no report to the CEPTOAR");
        assert_eq!(desk.dial().map(|line| line.phone.as_str()), expected, "{at}");
        assert_eq!(desk.lines.len(), 1, "the number is shown at any time");
        assert!(desk.lines[0].validity.ja.starts_with("平日 9:00〜18:00"));
    }
}

#[test]
fn a_form_is_no_telephone_until_the_institution_enters_a_number() {
    let at = jst("2026-11-20T03:12");
    let by_form = |local: &[LocalContact]| {
        let sheet = content().call_sheet(at, osaka(), &[], local);
        let entries = sheet.entries.into_iter().filter(|entry| entry.by_form);
        entries.map(|entry| (entry.id, entry.without_number.ja)).collect::<Vec<_>>()
    };
    let [(id, advice)] = &by_form(&[])[..] else { panic!("one office is reached by a form") };
    assert_eq!(id, "privacy-commission");
    assert!(advice.contains("フォーム"));
    let own = LocalContact {
        role: ContactRole::PrivacyCommission,
        replaces: Some("privacy-commission".to_owned()),
        ..police_desk()
    };
    assert_eq!(by_form(&[own]), []);
}

#[test]
fn a_clause_is_cited_with_the_notice_it_stands_in() {
    let cited = |clauses: &[&str]| content().citation(clauses.iter().copied());
    assert_eq!(
        cited(&["S4-12"]),
        Text::new(
            "令和3年6月28日 事務連絡（Sakimori 整理番号 S4-12）",
            "Notice of 28 June 2021 (Sakimori ref. S4-12)"
        )
    );
    let mixed = cited(&["S4-15", "S0-9", "S4-16", "院内規程 第3条"]);
    assert_eq!(
        mixed.ja,
        "令和3年6月28日 事務連絡（Sakimori 整理番号 S4-15, S4-16）、令和5年12月21日 事務連絡（Sakimori 整理番号 S0-9）、院内規程 第3条"
    );
    assert_eq!(cited(&[""]), Text::default());
    let day = day("2026-11-20");
    let of = |id: &str| {
        let deadline = content().deadlines(day).find(|deadline| deadline.id == id).unwrap();
        deadline.provenance.citation()
    };
    assert_eq!(of("police-call"), "令和5年12月21日 事務連絡（Sakimori 整理番号 S0-14）");
    assert_eq!(
        of("vendor-call"),
        "平成30年10月29日 通知、令和5年12月21日 事務連絡（Sakimori 整理番号 S1-6, S0-13。督促までの15分は Sakimori の目安）"
    );
    assert_eq!(of("subject-notice"), "個人情報の保護に関する法律（第26条第2項）");
}

#[test]
fn the_tokyo_police_are_the_metropolitan_police_department() {
    let sheet = content().call_sheet(jst("2026-11-20T03:12"), Prefecture::from_code(13), &[], &[]);
    assert!(sheet.first(ContactRole::Police).unwrap().name.ja.starts_with("警視庁"));
    let nowhere = content().call_sheet(jst("2026-11-20T03:12"), None, &[], &[]);
    assert!(nowhere.first(ContactRole::Police).unwrap().name.ja.starts_with("都道府県警察本部"));
}

#[test]
fn a_contact_is_not_shown_before_it_holds() {
    let sheet = content().call_sheet(jst("2019-06-01T10:00"), osaka(), &[], &[]);
    assert!(sheet.first(ContactRole::Ministry).is_none());
    assert!(sheet.first(ContactRole::Vendor).is_some());
}

#[test]
fn offices_are_closed_at_night_on_weekends_holidays_and_over_the_year_end() {
    let content = content();
    let calendar = content.calendar();
    let cases = [
        ("2026-11-20T08:29", false),
        ("2026-11-20T08:30", true),
        ("2026-11-20T17:14", true),
        ("2026-11-20T17:15", false),
        ("2026-11-21T10:00", false),
        ("2026-11-23T10:00", false),
        ("2026-12-29T10:00", false),
        ("2027-01-04T10:00", true),
    ];
    for (at, open) in cases {
        assert_eq!(calendar.in_office_hours(jst(at)), open, "{at}");
    }
    let new_year = calendar.day_kind(day("2027-01-01"));
    assert_eq!(new_year, DayKind::Closed(Text::new("年末年始", "Year-end holidays")));
}

#[test]
fn working_days_skip_weekends_holidays_and_the_year_end() {
    let content = content();
    let calendar = content.calendar();
    assert_eq!(calendar.business_day_after(day("2026-12-28"), 1), day("2027-01-04"));
    assert_eq!(calendar.business_day_after(day("2026-09-18"), 1), day("2026-09-24"));
    assert_eq!(calendar.business_day_after(day("2026-11-20"), 5), day("2026-11-30"));
    assert_eq!(calendar.business_day_after(day("2026-11-21"), 0), day("2026-11-21"));
    let one_day = calendar.business_days_later(jst("2026-12-28T17:15"), 1);
    assert_eq!(one_day, jst("2027-01-04T17:15"));
}

#[test]
fn beyond_the_years_of_the_pack_weekends_and_the_year_end_still_hold() {
    let content = content();
    let calendar = content.calendar();
    assert!(calendar.knows_year(2028) && !calendar.knows_year(2031));
    assert!(!calendar.is_business_day(day("2031-01-02")));
    assert!(!calendar.is_business_day(day("2031-11-22")));
    assert!(calendar.is_business_day(day("2031-11-20")));
}

#[test]
fn the_privacy_commission_hears_promptly_and_fully_by_the_sixtieth_day() {
    let content = content();
    let knew = jst("2022-10-31T07:20");
    let due = |id: &str| {
        let deadline = content.deadlines(day("2026-11-20")).find(|deadline| deadline.id == id);
        deadline.and_then(|deadline| deadline.due_at(knew)).map(|at| at.to_string())
    };
    assert_eq!(due("ppc-prompt"), None, "three to five days are a guide, no limit");
    assert_eq!(due("ppc-final-60").as_deref(), Some("2022-12-29 23:59:59"));
    assert_eq!(due("ppc-final-30").as_deref(), Some("2022-11-29 23:59:59"));
    assert_eq!(due("ministry-report"), None);
    let prompt = content.deadlines(day("2026-11-20")).find(|one| one.id == "ppc-prompt").unwrap();
    assert_eq!(prompt.limit_words.ja, "速やかに（おおむね3〜5日以内）");
    assert_eq!(prompt.remind_at(knew), Some(jst("2022-11-03T07:20")));
}

#[test]
fn a_limit_with_a_number_is_met_by_a_report_and_promptness_has_a_reminder() {
    for deadline in content().deadlines(day("2026-11-20")) {
        match deadline.limit {
            Limit::Days { days } => assert!(days > 0 && !deadline.met_by_call, "{}", deadline.id),
            Limit::Promptly { remind_minutes } => assert!(remind_minutes > 0, "{}", deadline.id),
            Limit::Open => {}
        }
    }
    let triggers: Vec<Trigger> =
        content().deadlines(day("2026-11-20")).map(|deadline| deadline.trigger).collect();
    for trigger in [Trigger::Suspicion, Trigger::Threshold, Trigger::Leak, Trigger::OfficeLearned] {
        assert!(triggers.contains(&trigger), "{trigger:?}");
    }
}

#[test]
fn the_path_to_the_backups_is_cut_first_then_outside_lines_then_segment_borders() {
    let content = content();
    let guide = content.decision("isolation", day("2026-11-20")).unwrap();
    let order: Vec<&str> = guide.order.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(order, ["backup-path", "outside-lines", "segment-borders", "stop-systems"]);
    let steps = guide.steps_of(guide.option("segments").unwrap());
    assert_eq!(steps.iter().map(|step| step.id.as_str()).collect::<Vec<_>>(), order[..3]);
}

#[test]
fn the_first_hour_calls_vendor_police_ministry_and_prefecture_in_this_order() {
    let content = content();
    let playbook = content.playbook("first-hour", day("2026-11-20")).unwrap();
    let calls: Vec<ContactRole> = playbook.steps.iter().filter_map(|step| step.calls).collect();
    assert_eq!(
        calls,
        [ContactRole::Vendor, ContactRole::Police, ContactRole::Ministry, ContactRole::Prefecture]
    );
    let begins: Vec<u32> = playbook.steps.iter().map(|step| step.minutes[0]).collect();
    assert!(playbook.steps.iter().all(|step| step.minutes[0] <= step.minutes[1]));
    assert_eq!(playbook.step("backup-path").map(|step| step.minutes), Some([5, 10]));
    assert_eq!(begins.first(), Some(&0));
}

/// The playbooks, by id, in the order of the pack.
const PLAYBOOKS: [&str; 6] = [
    "first-hour",
    "lost-device",
    "ransomware",
    "record-snooping",
    "suspicious-mail",
    "vendor-line",
];

#[test]
fn there_is_a_playbook_for_every_kind_of_incident_a_hospital_meets() {
    let content = content();
    let mut ids: Vec<&str> =
        content.playbooks(day("2026-11-20")).map(|one| one.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, PLAYBOOKS);
}

#[test]
fn every_step_says_what_who_and_when_and_a_call_goes_to_somebody_on_the_call_sheet() {
    let content = content();
    let sheet = content.call_sheet(jst("2026-12-31T23:59"), osaka(), &vendors(), &[]);
    for playbook in content.playbooks(day("2026-11-20")) {
        assert!((8..=20).contains(&playbook.steps.len()), "{}", playbook.id);
        for step in &playbook.steps {
            let place = format!("{}/{}", playbook.id, step.id);
            let [from, to] = step.minutes;
            assert!(from < to, "{place}");
            assert!(step.title.ja.chars().count() <= 40, "{place}: one line");
            assert!(step.detail.ja.chars().count() <= 200, "{place}: readable at night");
            for text in [&step.title, &step.detail, &step.who] {
                assert!(!text.ja.is_empty() && !text.en.is_empty(), "{place}");
            }
            if let Some(role) = step.calls {
                assert!(sheet.first(role).is_some(), "{place}");
            }
            // Not every step rests on a notice; one that does names it.
            assert!(step.clause.is_empty() || content.notice_of(&step.clause).is_some(), "{place}");
        }
    }
}

#[test]
fn nothing_is_rebuilt_before_evidence_and_no_line_returns_before_the_hole_is_closed() {
    let content = content();
    let place = |playbook: &str, step: &str| {
        let playbook = content.playbook(playbook, day("2026-11-20")).unwrap();
        playbook.steps.iter().position(|one| one.id == step).unwrap()
    };
    assert!(place("ransomware", "evidence") < place("ransomware", "rebuild"));
    assert!(place("ransomware", "accounts") < place("ransomware", "rebuild"));
    assert!(place("suspicious-mail", "keep-mail") < place("suspicious-mail", "reinstall"));
    assert!(place("vendor-line", "device-log") < place("vendor-line", "patch"));
    assert!(place("vendor-line", "patch") < place("vendor-line", "conditions"));
    assert!(place("record-snooping", "no-talk") < place("record-snooping", "hear"));
    assert!(place("lost-device", "revoke") < place("lost-device", "content"));
}

#[test]
fn the_first_report_has_the_sections_offices_expect() {
    let content = content();
    let form = content.form("first-report", day("2026-11-20")).unwrap();
    let titles: Vec<&str> = form.sections.iter().map(|section| section.title.ja.as_str()).collect();
    assert_eq!(
        titles,
        [
            "件名",
            "報告の区分",
            "報告者",
            "発生・把握日時",
            "対象システム",
            "事象の概要",
            "診療への影響",
            "漏えい等のおそれ",
            "初動対応",
            "原因・復旧・再発防止",
            "連絡先",
            "今後の予定"
        ]
    );
    assert_eq!(content.form_version("first-report", &form.version), Some(form));
}

#[test]
fn every_notice_has_a_template_with_its_clauses() {
    let content = content();
    let numbered: u32 = content.notices().iter().map(|notice| notice.clauses).sum();
    assert_eq!(numbered, 98);
    for notice in content.notices() {
        let templates: Vec<_> =
            content.templates().iter().filter(|template| template.notice == notice.id).collect();
        assert_eq!(templates.len(), 1, "{}", notice.id);
        for action in templates.iter().flat_map(|template| &template.actions) {
            assert!(!action.clauses.is_empty(), "{}", action.text.ja);
            assert!(action.clauses.iter().all(|clause| content.notice_of(clause).is_some()));
        }
    }
}

#[test]
fn a_replaced_pack_from_a_folder_is_the_same_content_under_the_same_digest() {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in Pack::embedded().files() {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    assert_eq!(&Content::from_dir(folder.path()).unwrap(), content());
    let offices = folder.path().join("contacts/offices.toml");
    let text = std::fs::read_to_string(&offices).unwrap().replace("03-6812-7837", "03-0000-0000");
    std::fs::write(&offices, text).unwrap();
    let replaced = Content::from_dir(folder.path()).unwrap();
    assert_ne!(replaced.version().digest, content().version().digest);
    let sheet = replaced.call_sheet(jst("2026-11-20T03:12"), osaka(), &[], &[]);
    let ministry = sheet.first(ContactRole::Ministry).unwrap();
    assert_eq!(ministry.dial().map(|line| line.phone.as_str()), Some("03-0000-0000"));
}

#[test]
fn every_product_says_what_to_type_and_only_known_places_stand_in_it() {
    let [host, port, inbox, base] =
        ["10.0.0.2", "5514", "/srv/inbox", "https://10.0.0.2:8460"].map(str::to_owned);
    let door = Door { host, port, inbox, base };
    assert!(content().products().len() >= 10);
    for product in content().products() {
        assert!(!product.steps.is_empty(), "{}", product.id);
        for step in &product.steps {
            let filled = step.commands_for(&door);
            assert!(!filled.contains('@'), "{}: {filled}", product.id);
            let travels = PLACES.iter().any(|place| step.commands.contains(place));
            assert!(!travels || step.carrier.is_some(), "{}: {}", product.id, step.text.ja);
        }
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = Content::from_dir(std::path::Path::new("/no/such/pack")).unwrap_err();
    assert!(matches!(error, ContentError::Unreadable { .. }));
    assert_eq!(error.trouble().kind.code, "SK-CONTENT-001");
}

/// The built-in pack with one text replaced in one file.
fn spoiled(path: &str, from: &str, to: &str) -> Pack {
    let mut files: BTreeMap<String, Vec<u8>> =
        Pack::embedded().files().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect();
    let text = String::from_utf8(files[path].clone()).unwrap();
    assert!(text.contains(from), "{path} does not contain {from}");
    files.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
    Pack::from_files(files)
}

#[test]
fn every_mistake_is_named_with_file_and_line() {
    let offices = "contacts/offices.toml";
    let deadlines = "respond/deadlines.toml";
    let decision = "respond/decisions/isolation/decision.toml";
    let playbook = "respond/playbooks/first-hour/playbook.toml";
    let template = "warn/templates/event/template.toml";
    let spoils = [
        (offices, "role = \"police\"", "role = \"polize\""),
        (offices, "\"03-6812-7837\"", "\"ask the desk\""),
        (offices, "period = \"year-end\"", "period = \"year-start\""),
        (offices, "opens_minute = 540", "opens_minute = 1200"),
        (offices, ", en = \"Normal times\"", ""),
        (offices, "basis = \"S0-14\"", "basis = \"S0-140\""),
        (deadlines, "id = \"police-call\"", "id = \"vendor-call\""),
        (deadlines, "days = 60", "days = sixty"),
        (decision, "steps = [\"backup-path\"]", "steps = [\"backup-paths\"]"),
        (decision, "id = \"isolation\"", "id = \"separation\""),
        (playbook, "decision = \"isolation\"", "decision = \"insulation\""),
        (playbook, "minutes = [0, 5]", "minuts = [0, 5]"),
        (template, "notice = \"S3\"", "notice = \"S9\""),
        (template, "effective_from = \"2016-03-14\"", "effective_from = \"2016-03-34\""),
        ("calendars/holidays/2026.toml", "on = \"2026-01-12\"", "on = \"2027-01-12\""),
        ("calendars/periods.toml", "first = [12, 29]", "first = [12, 32]"),
        ("notices.toml", "clauses = 18", "clauses = 3"),
        ("pack.toml", "version = ", "edition = "),
    ];
    let mut report = String::new();
    for (path, from, to) in spoils {
        let pack = spoiled(path, from, to);
        let problems = Content::check(&pack);
        assert!(!problems.is_empty(), "{to} was not noticed");
        assert!(Content::from_pack(&pack).is_err(), "{to} was accepted");
        report.push_str(&format!("{to}\n"));
        for problem in problems.iter().take(3) {
            report.push_str(&format!("    {problem}\n"));
        }
    }
    insta::assert_snapshot!(report);
}

#[test]
fn a_missing_or_misplaced_file_is_named() {
    let mut files: BTreeMap<String, Vec<u8>> =
        Pack::embedded().files().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect();
    let moved = files.remove("contacts/offices.toml").unwrap();
    files.insert("contact/offices.toml".to_owned(), moved);
    let problems = Content::check(&Pack::from_files(files));
    let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        problems,
        [
            "contact/offices.toml:0: nothing reads this file",
            "contacts/offices.toml:0: the file is missing"
        ]
    );
}

#[test]
fn a_broken_detection_is_left_out_and_named_and_takes_nothing_else_away() {
    let mut files: BTreeMap<String, Vec<u8>> = Pack::embedded()
        .files()
        .filter(|(path, _)| !path.starts_with("watch/"))
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    let reason = "clause = \"S4-18\"\n[title]\nja = \"題\"\nen = \"t\"\n[reason]\nja = \"理由\"\nen = \"r\"\n\
                  [next_step]\nja = \"次\"\nen = \"n\"\n";
    files.insert("watch/detections/good/rule.yml".to_owned(), b"title: x".to_vec());
    files.insert("watch/detections/good/reason.toml".to_owned(), reason.into());
    files.insert("watch/detections/good/hits/one.json".to_owned(), b"{}".to_vec());
    files.insert("watch/detections/bad/rule.yml".to_owned(), b"title: y".to_vec());
    let content = Content::from_pack(&Pack::from_files(files)).unwrap();
    assert_eq!(content.detections().len(), 1);
    assert_eq!(content.detections()[0].rule, "title: x");
    assert_eq!(content.detections()[0].reason.title.ja, "題");
    let problems: Vec<String> = content.problems().iter().map(Problem::to_string).collect();
    assert_eq!(
        problems.first().map(String::as_str),
        Some("watch/detections/bad/reason.toml:0: the file is missing")
    );
}

#[test]
fn trouble_codes_are_unique_and_in_both_languages() {
    let codes: std::collections::BTreeSet<&str> = TROUBLES.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), TROUBLES.len());
    for kind in TROUBLES {
        assert!(kind.code.starts_with("SK-CONTENT-"));
        assert!(kind.what.iter().chain(&kind.now).all(|text| !text.is_empty()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_bytes_in_any_file_are_named_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        fuzz_pack(&bytes);
    }

    #[test]
    fn any_toml_like_text_in_any_file_is_named_or_read(file in any::<u8>(), text in "(\\[*[a-z_]{1,8}\\]* ?=? ?[\"{\\[]?[a-zS0-9-]{0,6}[\"}\\]]?\n){0,6}") {
        fuzz_pack(&[&[file], text.as_bytes()].concat());
    }

    #[test]
    fn exactly_one_ministry_number_is_right_at_any_moment(hours in 0_i64..80_000) {
        let at = jst("2024-01-01T00:00").plus_seconds(hours * 3_600);
        let sheet = content().call_sheet(at, osaka(), &[], &[]);
        let ministry = sheet.first(ContactRole::Ministry).unwrap();
        prop_assert_eq!(ministry.lines.iter().filter(|line| line.right_now).count(), 1);
        prop_assert!(ministry.lines[0].right_now);
    }
}

/// People and firms of an institution: a system's vendor with a deputy, and the manager on call.
fn own_tree() -> Vec<LocalContact> {
    let person = |id: &str, name: &str, phone: &str| LocalContact {
        id: id.to_owned(),
        role: ContactRole::Staff,
        name: name.to_owned(),
        phones: vec![OwnPhone::always(phone, "")],
        ..LocalContact::default()
    };
    let weekdays = Answered::Weekdays { opens_minute: 9 * 60, closes_minute: 17 * 60 };
    let mut vendor = person("lab", "中之島検査システム", "06-0000-1001");
    vendor.role = ContactRole::Vendor;
    vendor.systems = vec!["検査部門システム".to_owned()];
    vendor.phones[0].answered = weekdays;
    vendor.deputies = vec!["lab-night".to_owned(), "gone".to_owned()];
    let mut left = person("left", "退職した人", "090-0000-0009");
    left.valid_to = Some("2026-10-31".parse().unwrap());
    vec![vendor, person("lab-night", "夜間担当", "090-0000-0001"), left]
}

#[test]
fn the_vendor_of_the_affected_system_is_called_first_and_a_deputy_stands_by() {
    let tree = own_tree();
    let affected = ["検査部門システム（本館）".to_owned()];
    let at = jst("2026-11-20T03:12");
    let sheet = content().call_sheet_affecting(at, osaka(), &vendors(), &tree, &affected);
    let first = &sheet.entries[0];
    assert_eq!((first.id.as_str(), first.affected, first.answers_now()), ("lab", true, false));
    let [deputy] = &first.deputies[..] else { panic!("one deputy is known") };
    assert!(deputy.answers_now() && deputy.id == "lab-night");
    assert!(sheet.entries.iter().all(|entry| entry.id != "left"), "who left is not called");
    let by_day = content().call_sheet_affecting(jst("2026-11-20T10:00"), osaka(), &[], &tree, &[]);
    assert!(by_day.first(ContactRole::Vendor).unwrap().answers_now());
    assert_eq!(by_day.entries.last().unwrap().role, ContactRole::Staff);
}

#[test]
fn a_vendor_that_is_also_an_own_contact_is_listed_once() {
    let own = LocalContact { name: vendors()[0].name.clone(), ..own_tree()[0].clone() };
    let sheet = content().call_sheet(jst("2026-11-20T10:00"), osaka(), &vendors(), &[own]);
    let ids: Vec<&str> = sheet.entries.iter().map(|entry| entry.id.as_str()).take(2).collect();
    assert_eq!(ids, ["vendor-2", "lab"]);
}
