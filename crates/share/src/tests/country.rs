//! A country of hospitals: as many in every prefecture as the survey of medical institutions counted at the end of January 2022 (8,193 in
//! all), with beds drawn about as the survey of 2009 found them. Names are made up.

use std::sync::OnceLock;

use sakimori_content::{Content, FieldClass};
use sakimori_testkit::SeededChance;
use sakimori_words::{
    Founder, Institution, InstitutionKind, Organisation, OrganisationKind, Prefecture, Text,
    VendorContract, parse_date,
};

use crate::reported::{ReportedCase, ReportedField};

/// Hospitals by prefecture, Hokkaido to Okinawa.
pub(crate) const HOSPITALS: [u32; 47] = [
    538, 93, 92, 135, 65, 67, 124, 172, 109, 128, 343, 289, 632, 337, 124, 106, 91, 67, 60, 126,
    98, 170, 318, 93, 58, 161, 510, 347, 75, 83, 43, 46, 159, 235, 140, 106, 89, 134, 121, 453, 97,
    148, 206, 151, 133, 232, 89,
];

/// First and last number of beds with how many of a thousand hospitals have them.
const BEDS: [(u32, u32, u64); 9] = [
    (20, 49, 120),
    (50, 99, 253),
    (100, 149, 163),
    (150, 199, 153),
    (200, 299, 129),
    (300, 399, 86),
    (400, 499, 44),
    (500, 899, 45),
    (900, 1400, 7),
];

pub(crate) fn content() -> &'static Content {
    static CONTENT: OnceLock<Content> = OnceLock::new();
    CONTENT.get_or_init(|| Content::embedded().unwrap())
}

pub(crate) fn hospitals(seed: u64) -> Vec<Organisation> {
    let chance = SeededChance::new(seed);
    let mut all = Vec::new();
    for (prefecture, n) in Prefecture::all().zip(HOSPITALS) {
        all.extend((0..n).map(|number| hospital(prefecture, number, &chance)));
    }
    all
}

fn hospital(prefecture: Prefecture, number: u32, chance: &SeededChance) -> Organisation {
    let place = ["桜川", "緑山", "清水谷", "若葉台", "鶴見野", "松ヶ崎", "青葉", "千歳原"];
    let [place, other] = [chance.pick(&place), chance.pick(&place)];
    let name = match chance.below(4) {
        0 => format!("医療法人社団{other}会 {place}{number}病院"),
        1 => format!("{place}{number}市民病院"),
        2 => format!("社会福祉法人{other}福祉会{place}第{number}記念病院"),
        _ => format!("{place}{number}総合医療センター"),
    };
    Organisation {
        id: format!("h-{:02}-{number:04}", prefecture.code()).as_str().into(),
        kind: OrganisationKind::Institution,
        name,
        prefecture: Some(prefecture),
        institution: Some(Institution {
            kind: InstitutionKind::Hospital,
            permitted_beds: beds(chance),
            founder: chance.pick(&FOUNDERS.map(Some)).unwrap_or(Founder::Other),
            functions: vec!["地域医療支援病院".to_owned()],
            code: format!("{:02}1{number:07}", prefecture.code()),
            vendors: vec![VendorContract {
                name: format!("{other}システムズ"),
                system: "電子カルテ".to_owned(),
                phone: "06-0000-0001".to_owned(),
            }],
        }),
    }
}

const FOUNDERS: [Founder; 7] = [
    Founder::State,
    Founder::Prefecture,
    Founder::Municipality,
    Founder::PublicBody,
    Founder::MedicalCorporation,
    Founder::MedicalCorporation,
    Founder::MedicalCorporation,
];

fn beds(chance: &SeededChance) -> u32 {
    let mut at = chance.below(1000);
    for (first, last, share) in BEDS {
        if at < share {
            return first + u32::try_from(chance.below(u64::from(last - first + 1))).unwrap();
        }
        at -= share;
    }
    20
}

/// The maintenance companies as the form lists them.
fn maintained(victim: &Organisation) -> String {
    let vendors = victim.institution.iter().flat_map(|own| &own.vendors);
    let lines = vendors.map(|vendor| format!("{}株式会社（{}）", vendor.name, vendor.system));
    lines.collect::<Vec<_>>().join("\n")
}

/// A report of `victim`, full of what must not leave.
pub(crate) fn reported(victim: &Organisation, number: u64) -> ReportedCase {
    let classes = &content().sharing().fields;
    let field = |id: &str, label: &str, value: String| ReportedField {
        id: id.to_owned(),
        label: Text::new(label, label),
        value: Text::new(value.clone(), value),
        class: classes.class_of(id),
    };
    let fields = vec![
        field("name", "医療機関等の名称", victim.name.clone()),
        field("vendors", "保守会社", maintained(victim)),
        field("contact", "部署・担当者", "医療情報管理室 見本花子".to_owned()),
        field("phone", "電話", "06-6543-2100".to_owned()),
        field("email", "電子メール", "jimu@kensa.example.jp".to_owned()),
        field("incident_class", "事案の類型", "ランサムウェア".to_owned()),
        field("environment", "設置環境", "院内設置".to_owned()),
        field("affected_count", "影響を受けた台数", "約1,300台".to_owned()),
        field("subject_count", "本人の数", "調査中".to_owned()),
        field("care_limits", "停止・制限している診療", "救急、予定手術".to_owned()),
        field(
            "details",
            "経過・状況",
            "サーバー EMR-SV01（10.11.12.13、emr01.kensa.local）が暗号化された".to_owned(),
        ),
    ];
    assert!(fields.iter().any(|field| field.class == FieldClass::Free));
    ReportedCase {
        case: format!("0198c9a0-0000-7000-8000-{number:012}").as_str().into(),
        report: format!("0198c9a0-0000-7000-9000-{number:012}").as_str().into(),
        institution: victim.clone(),
        detected_on: parse_date("2026-05-14").unwrap(),
        published: false,
        exercise: false,
        fields,
    }
}
