//! What the invented hospital has prepared: its people, deciders, criteria, a drill and an exercise.

use std::sync::Arc;

use sakimori_content::{Answered, ContactRole, LocalContact, OwnPhone, PhoneKind};
use sakimori_identity::Role;
use sakimori_prepare::{AssetFields, By, OwnAliasKind};
use sakimori_respond::readiness::{Decider, DrillPlan, ProcedureText, ReadinessDesk, Tried};
use sakimori_respond::{Actor, LearnedFrom, Opening, Origin};
use sakimori_warn::paper::PaperFields;
use sakimori_warn::{Advisory, AffectedProduct, Signer};
use sakimori_words::{PersonId, jst_date};

use super::{SampleError, XSS};
use crate::Site;

/// People and firms; one of them with a hostile name, as strangers type it.
pub(super) fn contacts() -> Vec<LocalContact> {
    let person = |id: &str, name: &str, kana: &str, duty: &str, phone: &str| LocalContact {
        id: id.to_owned(),
        role: ContactRole::Staff,
        name: name.to_owned(),
        kana: kana.to_owned(),
        duty: duty.to_owned(),
        phones: vec![OwnPhone {
            phone: phone.to_owned(),
            kind: PhoneKind::Mobile,
            ..OwnPhone::default()
        }],
        verified_on: "2026-10-01".parse().ok(),
        ..LocalContact::default()
    };
    let mut head = person("head", "見本 一郎", "みほん いちろう", "病院長", "090-0000-0001");
    let weekdays = Answered::Weekdays { opens_minute: 8 * 60 + 30, closes_minute: 17 * 60 + 15 };
    for phone in &mut head.phones {
        phone.answered = weekdays.clone();
    }
    head.deputies = vec!["manager".to_owned()];
    let mut maker = person("maker", "見本カルテ保守株式会社", "", "保守受付", "06-0000-1112");
    maker.role = ContactRole::Vendor;
    maker.systems = vec!["電子カルテ".to_owned()];
    maker.deputies = vec!["maker-night".to_owned()];
    for phone in &mut maker.phones {
        phone.answered = weekdays.clone();
    }
    let mut night = person("maker-night", "見本カルテ保守 夜間窓口", "", "当番", "080-0000-1113");
    night.role = ContactRole::Vendor;
    night.verified_on = None;
    vec![
        maker,
        night,
        head,
        person("manager", "見本 花子", "みほん はなこ", "事務長", "090-0000-0002"),
        person("it", XSS, "", "情報システム担当", "090-0000-0003"),
    ]
}

/// Deciders, criteria, a finished drill and a running exercise.
///
/// # Errors
/// When the store refuses.
pub(super) async fn prepare(node: &Site) -> Result<(), SampleError> {
    let desk = ReadinessDesk::new(
        Arc::clone(&node.store),
        Arc::clone(&node.clock),
        Arc::clone(&node.chance),
    );
    let by = Actor::new("system", "見本 太郎", Role::SafetyOfficer.label().ja);
    let decider = |contact: &str, position: &str, limits: &str| Decider {
        contact: contact.to_owned(),
        position: position.to_owned(),
        limits: limits.to_owned(),
    };
    let deciders = [
        decider("head", "病院長", ""),
        decider("it", "医療情報システム安全管理責任者", "外部回線の遮断まで"),
    ];
    desk.set_deciders(&deciders, &by).await?;
    let text = ProcedureText {
        stopping: "2台以上で同じ症状が出たら、病院長に確認する前に外部回線を切ってよい。"
            .to_owned(),
        approved_by: "病院長 見本 一郎".to_owned(),
        reviewed_on: Some(jst_date(node.clock.now())),
        ..ProcedureText::default()
    };
    desk.write_procedure("isolation", &text, &by).await?;
    let plan = DrillPlan {
        title: "秋の連絡訓練".to_owned(),
        people: ["head", "manager", "it"].map(str::to_owned).to_vec(),
        announced: true,
        ..DrillPlan::default()
    };
    let drill = desk.plan_drill(&plan, &contacts(), &by).await?.id;
    desk.start_drill(&drill, &by).await?;
    desk.tried(&drill, "head", "090-0000-0001", Tried::NoAnswer, &by).await?;
    desk.tried(&drill, "manager", "090-0000-0002", Tried::Answered, &by).await?;
    desk.end_drill(&drill, &by).await?;
    let due = jst_date(node.clock.now());
    desk.improve_drill(&drill, "病院長の夜間の番号を聞く", "見本 太郎", due, &by).await?;
    exercise(node, &by).await
}

async fn exercise(node: &Site, by: &Actor) -> Result<(), SampleError> {
    let sentence = "電子カルテの画面に身代金の要求が出た（演習）".to_owned();
    let opening = Opening {
        title: String::new(),
        origin: Origin::Person { sentence },
        learned_from: LearnedFrom::Staff,
        detected_at: None,
        knew_at: None,
        exercise: true,
    };
    let case = node.cases.open(&opening, by).await?;
    node.cases.add_inject(&case.id, 0, "病棟から印刷が止まらないと電話", "", by).await?;
    node.cases.add_inject(&case.id, 10, "報道機関から問合せ", "", by).await?;
    Ok(())
}

/// What the sample warning says about a product.
pub(super) fn advisory() -> Advisory {
    let product = AffectedProduct {
        vendor: "Fortinet".to_owned(),
        product: "FortiOS".to_owned(),
        versions: "6.0.0 to 6.0.4, 5.6.3 to 5.6.7".to_owned(),
        fixed_in: "6.0.5".to_owned(),
    };
    Advisory {
        cves: vec!["CVE-2018-13379".to_owned()],
        products: vec![product],
        remedy: "SSL-VPNを止め、更新後に利用者のパスワードを変える".to_owned(),
        link: "https://www.fortiguard.com/psirt/FG-IR-18-384".to_owned(),
    }
}

/// The sample hospital's devices: one affected, one to look at, one of a stranger.
pub(super) async fn devices(node: &Site) -> Result<(), SampleError> {
    let rows = [
        ("フォーティネットジャパン合同会社", "FortiOS", "6.0.2", "サーバ室", 3),
        ("Fortinet", "FortiGate 60F", "", "検査室", 1),
        ("Yamaha", "RTX1300", "23.00.05", XSS, 2),
    ];
    let person = PersonId::from("sample");
    for (vendor, product, version, place, quantity) in rows {
        let [vendor, product, version, place] =
            [vendor, product, version, place].map(str::to_owned);
        let fields =
            AssetFields { vendor, product, version, place, quantity, ..AssetFields::default() };
        node.assets.add(fields, By { person: &person, name: XSS }).await?;
    }
    let by = By { person: &person, name: XSS };
    node.assets.name(OwnAliasKind::Vendor, "Fortinet", XSS, by).await?;
    Ok(())
}

/// What came by fax: a copy of the signed warning, and one of a stranger.
pub(super) async fn papers(site: &Site) -> Result<(), SampleError> {
    let by = Signer { person: PersonId::from("sample"), name: XSS.to_owned() };
    let known = site.content.templates().first().map(|one| one.title.ja.clone());
    for (title, body) in [(known.unwrap_or_default(), ""), (XSS.to_owned(), XSS)] {
        let fields = PaperFields {
            title,
            number: "事務連絡 令和8年11月1日".to_owned(),
            issuer: XSS.to_owned(),
            body: body.to_owned(),
            from: "見本医師会".to_owned(),
            ..PaperFields::default()
        };
        site.papers.enter(fields, &by).await?;
    }
    Ok(())
}
