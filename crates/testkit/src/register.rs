//! An invented register of institutions in the true proportions: as many of each kind, prefecture, size and founder as there are.
//!
//! Totals: 8,060 hospitals, 105,207 clinics, 66,378 dental clinics (MHLW 令和6年医療施設調査, 2024-10-01) and 62,828 pharmacies
//! (FY2023). Hospitals are spread as they are counted by prefecture (MHLW 医療施設動態調査), the others as the people (令和2年
//! 国勢調査); both tables are rounded, only their shares are used. Names, codes and numbers are invented; numbers begin like
//! those that nobody has (050-0000-).

use sakimori_words::{
    Founder, Institution, InstitutionKind, Lang, Organisation, OrganisationId, OrganisationKind,
    Prefecture,
};

use crate::SeededChance;

/// An invented institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterEntry {
    /// Id (in the form of the register), name, prefecture and profile.
    pub organisation: Organisation,
    /// How the name is read.
    pub kana: String,
    /// 市区町村.
    pub municipality: String,
    /// 所在地.
    pub address: String,
    /// Its telephone.
    pub telephone: String,
    /// Its mail address; empty for those that gave none.
    pub mail: String,
}

/// How many of each kind there are.
pub const TOTALS: [(InstitutionKind, u64); 4] = [
    (InstitutionKind::Hospital, 8_060),
    (InstitutionKind::Clinic, 105_207),
    (InstitutionKind::DentalClinic, 66_378),
    (InstitutionKind::Pharmacy, 62_828),
];

/// Hospitals by prefecture, in the order of codes.
const HOSPITALS: [u64; 47] = [
    528, 91, 91, 135, 62, 67, 122, 169, 106, 127, 341, 290, 629, 335, 115, 104, 89, 66, 60, 124,
    95, 169, 312, 92, 58, 159, 504, 344, 75, 82, 43, 46, 157, 229, 138, 103, 85, 133, 118, 449, 96,
    145, 203, 135, 131, 230, 89,
];

/// People by prefecture in thousands, in the order of codes.
const PEOPLE_THOUSANDS: [u64; 47] = [
    5_225, 1_238, 1_211, 2_302, 960, 1_068, 1_833, 2_867, 1_933, 1_939, 7_345, 6_284, 14_048,
    9_237, 2_201, 1_035, 1_133, 767, 810, 2_048, 1_979, 3_633, 7_542, 1_770, 1_414, 2_578, 8_838,
    5_465, 1_324, 923, 553, 671, 1_888, 2_800, 1_342, 720, 950, 1_335, 692, 5_135, 811, 1_312,
    1_738, 1_124, 1_070, 1_588, 1_467,
];

/// Hospitals by permitted beds, in thousandths: from, below, share.
const BEDS: [(u64, u64, u64); 9] = [
    (20, 50, 103),
    (50, 100, 246),
    (100, 150, 174),
    (150, 200, 173),
    (200, 300, 123),
    (300, 400, 84),
    (400, 500, 46),
    (500, 600, 19),
    (600, 1_100, 32),
];

/// Founders of hospitals and of the others, in thousandths.
const FOUNDERS: [(Founder, u64, u64); 7] = [
    (Founder::MedicalCorporation, 690, 420),
    (Founder::Other, 105, 60),
    (Founder::Municipality, 80, 25),
    (Founder::PublicBody, 50, 4),
    (Founder::State, 40, 4),
    (Founder::Prefecture, 24, 2),
    (Founder::Individual, 11, 485),
];

/// Names as people begin them, and how they are read.
const NAMES: [(&str, &str); 24] = [
    ("さくら", "サクラ"),
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("清水", "シミズ"),
    ("あおば", "アオバ"),
    ("ひまわり", "ヒマワリ"),
    ("みどり", "ミドリ"),
    ("けやき", "ケヤキ"),
    ("つばさ", "ツバサ"),
    ("わかば", "ワカバ"),
    ("ことぶき", "コトブキ"),
];

const QUARTERS: [(&str, &str); 8] = [
    ("中央", "チュウオウ"),
    ("東", "ヒガシ"),
    ("西", "ニシ"),
    ("南", "ミナミ"),
    ("北", "キタ"),
    ("駅前", "エキマエ"),
    ("本町", "ホンマチ"),
    ("", ""),
];

const TOWNS: [&str; 8] =
    ["見本市中央区", "見本市東区", "見本市西区", "青葉市", "若葉市", "緑町", "港市", "桜村"];

/// The whole country: 242,473 institutions in the order of prefectures. The same seed gives the same ones.
#[must_use]
pub fn country(seed: u64) -> Vec<RegisterEntry> {
    scaled(seed, 1)
}

/// One institution for every `every` of the country, each kind still in its proportion; none below that.
#[must_use]
pub fn scaled(seed: u64, every: u64) -> Vec<RegisterEntry> {
    let chance = SeededChance::new(seed);
    let every = every.max(1);
    let counts = TOTALS.map(|(kind, total)| {
        let weights = match kind {
            InstitutionKind::Hospital => HOSPITALS,
            _ => PEOPLE_THOUSANDS,
        };
        (kind, apportion(total / every, &weights))
    });
    let mut entries = vec![];
    for (place, prefecture) in Prefecture::all().enumerate() {
        let mut n = 0;
        for (kind, counts) in &counts {
            for _ in 0..counts.get(place).copied().unwrap_or_default() {
                n += 1;
                entries.push(entry(&chance, prefecture, *kind, n));
            }
        }
    }
    entries
}

/// How many institutions of a kind stand in each prefecture, in the order of codes; together exactly `total`.
#[must_use]
pub fn apportion(total: u64, weights: &[u64; 47]) -> Vec<u64> {
    let sum: u64 = weights.iter().sum();
    let mut shares: Vec<u64> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut rest: Vec<(u64, usize)> =
        weights.iter().enumerate().map(|(n, weight)| (total * weight % sum, n)).collect();
    rest.sort_by_key(|(rest, n)| (std::cmp::Reverse(*rest), *n));
    let missing = total - shares.iter().sum::<u64>();
    for (_, n) in rest.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
        if let Some(share) = shares.get_mut(n) {
            *share += 1;
        }
    }
    shares
}

fn entry(
    chance: &SeededChance,
    prefecture: Prefecture,
    kind: InstitutionKind,
    n: u64,
) -> RegisterEntry {
    let (first, first_kana) = chance.pick(&NAMES);
    let (quarter, quarter_kana) = chance.pick(&QUARTERS);
    let (last, last_kana, points) = match kind {
        InstitutionKind::Hospital => ("病院", "ビョウイン", 1),
        InstitutionKind::DentalClinic => ("歯科医院", "シカイイン", 3),
        InstitutionKind::Pharmacy => ("薬局", "ヤッキョク", 4),
        _ => ("クリニック", "クリニック", 1),
    };
    let (town, block) = (chance.pick(&TOWNS), chance.below(30) + 1);
    let mail = if chance.below(100) < 60 {
        format!("info@f{n}.p{}.example", prefecture.code())
    } else {
        String::new()
    };
    let code = prefecture.code();
    RegisterEntry {
        organisation: Organisation {
            id: OrganisationId::from(format!("fac-{code:02}-{n:07}")),
            kind: OrganisationKind::Institution,
            name: format!("{first}{quarter}{last}"),
            prefecture: Some(prefecture),
            institution: Some(profile(chance, kind, format!("{code:02}{points}{n:07}"))),
        },
        kana: format!("{first_kana}{quarter_kana}{last_kana}"),
        municipality: town.to_owned(),
        address: format!("{}{town}{block}丁目{n}番", prefecture.name(Lang::Ja)),
        telephone: format!("050-0000-{:04}", n % 10_000),
        mail,
    }
}

fn profile(chance: &SeededChance, kind: InstitutionKind, code: String) -> Institution {
    let permitted_beds = match kind {
        InstitutionKind::Hospital => hospital_beds(chance),
        // 5,415 of the clinics have beds, 19 at the most.
        InstitutionKind::Clinic if chance.below(105_207) < 5_415 => {
            u32::try_from(chance.below(19) + 1).unwrap_or(1)
        }
        _ => 0,
    };
    let mut functions = vec![];
    if permitted_beds >= 300 && chance.below(100) < 50 {
        functions.push("災害拠点病院".to_owned());
    }
    if permitted_beds >= 400 && chance.below(100) < 40 {
        functions.push("救命救急センター".to_owned());
    }
    let founder = founder(chance, kind == InstitutionKind::Hospital);
    Institution { kind, permitted_beds, founder, functions, code, vendors: vec![] }
}

fn hospital_beds(chance: &SeededChance) -> u32 {
    let mut at = chance.below(1_000);
    for (from, below, share) in BEDS {
        if at < share {
            return u32::try_from(from + chance.below(below - from)).unwrap_or(20);
        }
        at -= share;
    }
    20
}

fn founder(chance: &SeededChance, hospital: bool) -> Founder {
    let mut at = chance.below(1_000);
    for (founder, of_hospitals, of_others) in FOUNDERS {
        let share = if hospital { of_hospitals } else { of_others };
        if at < share {
            return founder;
        }
        at -= share;
    }
    Founder::Other
}
