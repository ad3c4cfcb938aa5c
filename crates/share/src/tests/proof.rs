//! Ten thousand incidents, and fifty texts written by somebody who does not think of the victim.

use sakimori_words::{Lang, OrganisationId, Tlp, parse_date};

use super::country::{content, hospitals, reported};
use crate::{
    Analysis, Canaries, Climb, NameBook, ReportedCase, SharedCase, SharedContent, SharedIndicator,
    SharedKey, Spread, Writing, channels, gate, k_for, letter,
};

fn writing(course: String, tlp: Tlp) -> Writing {
    let seen = SharedIndicator {
        indicator: sakimori_standards::Indicator::address("198.51.100.7").unwrap(),
        // What is said of an indicator is written by the same careless officer.
        seen_as: course.clone(),
        technique: Some("T1133".to_owned()),
    };
    Writing {
        title: "電子カルテの停止".to_owned(),
        course,
        indicators: vec![seen],
        lesson: "保守回線を閉じ、バックアップを切り離していれば防げた".to_owned(),
        tlp,
        analysis: Analysis {
            route: "supplier-line".to_owned(),
            family: Some("lockbit".to_owned()),
            techniques: vec!["T1133".to_owned(), "T1486".to_owned()],
            safeguards: vec!["supplier-lines-watched".to_owned()],
        },
        ..Writing::default()
    }
}

fn shared(
    reported: &ReportedCase,
    writing: &Writing,
    climb: &Climb,
    book: &NameBook,
) -> SharedCase {
    let sharing = content().sharing();
    let today = parse_date("2026-11-22").unwrap();
    let form = content().form(&sharing.fields.form, today).unwrap();
    let scrubbed = writing.scrubbed(book, reported);
    let made = SharedContent::new(reported, writing, &scrubbed, climb, (sharing, form), today);
    let at = sakimori_words::Instant::parse("2026-11-22T00:00:00Z").unwrap();
    SharedCase {
        key: SharedKey {
            origin: OrganisationId::from("mhlw"),
            id: "0199aaaa-0000-7000-8000-1".into(),
        },
        revision: 1,
        created_at: at,
        modified_at: at,
        withdrawn: false,
        content: made.unwrap(),
    }
}

fn office() -> sakimori_words::Organisation {
    sakimori_words::Organisation {
        id: OrganisationId::from("mhlw"),
        kind: sakimori_words::OrganisationKind::Ministry,
        name: "厚生労働省".to_owned(),
        prefecture: None,
        institution: None,
    }
}

#[test]
fn of_ten_thousand_incidents_no_byte_names_a_victim_and_all_words_fit_k() {
    let sharing = content().sharing();
    let ladder = &sharing.ladder;
    let population = hospitals(20_261_122);
    let spreads = [Tlp::Amber, Tlp::Clear]
        .map(|tlp| (tlp, Spread::new(ladder, &population, k_for(ladder, tlp))));
    // The victim's own names alone: the register's would hide what these miss.
    let nobody = NameBook::default();
    let (mut least, mut n_bytes) = (usize::MAX, 0);
    let mut seen = std::collections::BTreeMap::new();
    for (number, victim) in (0..10_000).zip(population.iter().cycle()) {
        let (tlp, spread) = &spreads[usize::from(number % 5 == 0)];
        let reported = reported(victim, number);
        let climb = spread.climb(&victim.id).unwrap();
        least = least.min(climb.n_candidates() * 10 / climb.k);
        let name = &victim.name;
        let area = victim.prefecture.unwrap().name(Lang::Ja);
        let course = format!(
            "{area}の{name}で、EMR-SV01（10.11.12.13）が暗号化された。06-6543-2100 に連絡した。"
        );
        let case = shared(&reported, &writing(course, *tlp), &climb, &nobody);
        let outgoing = channels(std::slice::from_ref(&case), &office(), sharing).unwrap();
        for channel in outgoing.keys() {
            *seen.entry(*channel).or_insert(0_usize) += 1;
        }
        let bytes: Vec<(&str, &[u8])> =
            outgoing.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        n_bytes += bytes.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        let canaries = Canaries::of(&reported, &case.content.place, ladder);
        let passed = gate(&canaries, climb.n_candidates(), climb.k, &bytes);
        assert!(passed.is_ok(), "{name}: {passed:?}\n{}", letter(&case, sharing, Lang::Ja));
    }
    assert!(least >= 10, "every k is reached");
    assert!(n_bytes > 100_000_000, "{n_bytes} bytes were looked through");
    for channel in
        ["message", "letter-ja", "letter-en", "list", "page-ja", "page-en", "taxii", "misp"]
    {
        assert_eq!(seen.get(channel), Some(&10_000), "{channel}");
    }
    assert_eq!(seen.get("atom"), Some(&2_000), "what is CLEAR");
}

/// Ways to write about a hospital, as an officer in a hurry does.
const COURSES: [&str; 10] = [
    "{name}の電子カルテが止まった。",
    "{spaced} は 865床の病院で、10月31日の早朝に気付いた。",
    "{wide}、県内唯一の高度救命救急センターが狙われた。",
    "{short}では職員の見本花子（jimu@kensa.example.jp）が気付いた。",
    "{area}にある病院（電話 06-6543-2100）の emr01.kensa.local。",
    "メールは https://www.kensa.example.jp/{short} から来た。",
    "端末 10.11.12.13 と 00:1a:2b:3c:4d:5e が {name} の網にあった。",
    r"共有 \\EMR-SV01\{short} と C:\Users\hanako が暗号化された。",
    "a hospital called {name} in {area_en}, 令和8年5月14日",
    "{society}が運営し、患者ID 0012345 の記録が開けない。",
];

#[test]
fn fifty_careless_texts_identify_nobody_once_they_are_scrubbed_and_do_before() {
    let sharing = content().sharing();
    let ladder = &sharing.ladder;
    let population = hospitals(50);
    let book = NameBook::of_register(&population);
    let spread = Spread::new(ladder, &population, ladder.k_community);
    let victims = population.iter().step_by(population.len() / 50).take(50);
    let mut n_looked = 0;
    for (number, victim) in victims.enumerate() {
        let reported = reported(victim, number as u64);
        let climb = spread.climb(&victim.id).unwrap();
        let course = told(COURSES[number % COURSES.len()], victim);
        let canaries = Canaries::of(&reported, climb.place().unwrap(), ladder);
        let raw = gate(&canaries, climb.n_candidates(), climb.k, &[("raw", course.as_bytes())]);
        assert!(raw.is_err(), "the gate alone finds it: {course}");
        let case = shared(&reported, &writing(course.clone(), Tlp::Green), &climb, &book);
        for (channel, bytes) in channels(std::slice::from_ref(&case), &office(), sharing).unwrap() {
            let found = canaries.found_in(&bytes);
            assert!(found.is_empty(), "{channel}: {found:?}\n{course}\n{}", case.content.course);
        }
        let fitting = population.iter().filter(|one| case.content.place.fits(ladder, one)).count();
        assert!(fitting >= ladder.k_community);
        n_looked += 1;
    }
    assert_eq!(n_looked, 50);
}

fn told(course: &str, victim: &sakimori_words::Organisation) -> String {
    let name = crate::formal_names(&victim.name).pop().unwrap();
    let spaced: String = name.chars().flat_map(|c| [c, ' ']).collect();
    let wide = name.chars().map(|c| match c {
        '0'..='9' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        other => other,
    });
    let short = crate::short_names(&name).pop().unwrap_or_else(|| name.clone());
    let society = crate::formal_names(&victim.name).into_iter().find(|form| form.ends_with('会'));
    let prefecture = victim.prefecture.unwrap();
    course
        .replace("{wide}", &wide.collect::<String>())
        .replace("{spaced}", spaced.trim())
        .replace("{name}", &name)
        .replace("{short}", &short)
        .replace("{society}", &society.unwrap_or(name))
        .replace("{area_en}", prefecture.name(Lang::En))
        .replace("{area}", prefecture.name(Lang::Ja))
}
