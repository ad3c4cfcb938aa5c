//! A shared case that came to the hospital, and one about itself that it is asked about.

use sakimori_content::FieldClass;
use sakimori_federation::{Addressee, Members, Outgoing, Routes};
use sakimori_identity::Role;
use sakimori_share::exchange::{SHARED_CASE_TYPE, SharedCaseV1};
use sakimori_share::{
    Analysis, ReportedCase, ReportedField, SharedCase, SharedContent, SharedKey, Signer, Writing,
};
use sakimori_words::{CaseId, ReportId, SharedCaseId, Text, Tlp, jst_date};
use serde_json::json;

use super::{OneWire, SampleError, XSS, signer};
use crate::site::Site;

pub(super) async fn share(hub: &Site, node: &Site) -> Result<(), SampleError> {
    let officer = signer(hub, Role::Officer).await?;
    let author = Signer { person: officer.person, name: officer.name };
    let own = hub.shares.draft(reported(hub, node), &author).await?;
    let mut writing = Writing {
        title: format!("保守回線からの侵入と電子カルテの停止 {XSS}"),
        course: "EMR-SV01 と 10.11.12.13 が夜間に暗号化された。".to_owned(),
        lesson: "保守回線を使う時だけ開け、バックアップを切り離しておく。".to_owned(),
        analysis: Analysis {
            route: "supplier-line".to_owned(),
            family: Some("lockbit".to_owned()),
            techniques: vec!["T1133".to_owned(), "T1486".to_owned()],
            safeguards: vec!["supplier-lines-watched".to_owned(), "backup-offline".to_owned()],
        },
        ..Writing::default()
    };
    let own = hub.shares.write(&own.id, writing.clone(), &author).await?;
    let preview = hub.shares.preview(&own).await?;
    writing.reviewed = preview.scrubbed.to_review;
    hub.shares.write(&own.id, writing, &author).await?;
    hub.shares.ask(&own.id, &author).await?;
    if let Some(content) = preview.content {
        publish(hub, node, content).await?;
    }
    let wire = OneWire(std::sync::Arc::clone(&hub.post));
    node.post.exchange_once(&hub.settings.organisation, &wire).await?;
    node.post.deliver(&[node.shares.as_ref()]).await?;
    Ok(())
}

fn reported(hub: &Site, node: &Site) -> ReportedCase {
    let now = hub.clock.now();
    let field = |id: &str, label: Text, value: &str, class| ReportedField {
        id: id.to_owned(),
        label,
        value: Text::new(value, value),
        class,
    };
    let institution = node.post.me();
    let fields = vec![
        field(
            "name",
            Text::new("医療機関等の名称", "Institution"),
            &institution.name,
            FieldClass::Identity,
        ),
        field(
            "incident_class",
            Text::new("事案の類型", "Class of incident"),
            "ランサムウェア",
            FieldClass::Technical,
        ),
        field(
            "affected_count",
            Text::new("影響を受けた台数", "Number of machines"),
            "1,300",
            FieldClass::Damage,
        ),
        field("details", Text::new("経過・状況", "Course and state"), XSS, FieldClass::Free),
    ];
    ReportedCase {
        case: CaseId::new(now, hub.chance.as_ref()),
        report: ReportId::new(now, hub.chance.as_ref()),
        institution,
        detected_on: jst_date(now.plus_days(-200)),
        published: false,
        exercise: false,
        fields,
    }
}

/// A case as an office published it some time ago, with all its checks behind it.
async fn publish(hub: &Site, node: &Site, content: SharedContent) -> Result<(), SampleError> {
    let now = hub.clock.now();
    let id = SharedCaseId::new(now, hub.chance.as_ref());
    let case = SharedCase {
        key: SharedKey { origin: hub.settings.organisation.clone(), id },
        revision: 2,
        created_at: now,
        modified_at: now,
        withdrawn: false,
        content: SharedContent { tlp: Tlp::Green, ..content },
    };
    let outgoing = Outgoing {
        id: None,
        to: Addressee::Members(Members::These(vec![node.settings.organisation.clone()])),
        message_type: SHARED_CASE_TYPE.to_owned(),
        body: json!(SharedCaseV1::new(&case)),
        tlp: case.content.tlp,
        exercise: false,
        expires: None,
        in_reply_to: None,
        routes: Routes::Best,
        files: vec![],
    };
    hub.post.send(outgoing).await?;
    Ok(())
}
