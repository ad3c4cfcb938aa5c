//! The opening: one warning that has already come down both routes when the visitor arrives.

use std::time::Duration;

use sakimori_warn::{Addressees, Attachment, NewRelay, RequestedAction, Signer, WarningContent};
use sakimori_words::{OrganisationKind, PersonId, Text, Tlp, Trouble, jst_date};

use super::cast::CAST;
use crate::node::Running;
use crate::troubles;
use crate::world::World;

/// The template the first warning is made from.
const TEMPLATE: &str = "ransomware";

/// The name of the file that goes with it.
const FILE_NAME: &str = "別添 緊急時の連絡先（記入用・デモ）.txt";

const FILE: &str = "緊急時の連絡先（印刷して、電話のそばに置いてください）\r\n\r\n\
    1. 電子カルテの保守会社  担当: ____________  電話（夜間も）: ____________\r\n\
    2. ネットワークの保守会社  担当: ____________  電話（夜間も）: ____________\r\n\
    3. 都道府県の担当課  電話: ____________\r\n\
    4. 厚生労働省 医政局  電話: ____________\r\n\
    5. 都道府県警察 サイバー犯罪相談窓口  電話: ____________\r\n";

/// How long the offices wait for the warning to come down to them.
const PATIENCE: Duration = Duration::from_secs(60);

/// The ministry issues, released by a second person; prefecture and CEPTOAR body relay it as soon as it reaches them.
pub(super) async fn send_first_warning(
    running: &[Running],
    people: &[Vec<(PersonId, Text)>],
    world: &World,
) -> Result<(), Trouble> {
    let Some((ministry, signers)) = office(running, people, OrganisationKind::Ministry) else {
        return Err(Trouble::new(&troubles::DEMO, "the cast has no ministry"));
    };
    wait_for_children(ministry).await;
    let desk = &ministry.house.warnings;
    let [author, releaser] = &signers;
    let content = content(ministry, attach(ministry).await?, world)?;
    let begun = desk.begin(content, author).await.map_err(|error| error.trouble())?;
    desk.submit(&begun.key.id, author).await.map_err(|error| error.trouble())?;
    desk.release(&begun.key.id, releaser).await.map_err(|error| error.trouble())?;
    for kind in [OrganisationKind::Prefecture, OrganisationKind::CeptoarBody] {
        if let Some((part, signers)) = office(running, people, kind) {
            relay_when_it_comes(part, &signers).await?;
        }
    }
    Ok(())
}

/// The office of that kind, with its officer and its approver.
fn office<'a>(
    running: &'a [Running],
    people: &[Vec<(PersonId, Text)>],
    kind: OrganisationKind,
) -> Option<(&'a Running, [Signer; 2])> {
    let index = CAST.iter().position(|member| member.kind == kind)?;
    let signer = |(person, label): &(PersonId, Text)| Signer {
        person: person.clone(),
        name: label.ja.clone(),
    };
    let [officer, approver] = people.get(index)?.as_slice() else { return None };
    Some((running.get(index)?, [signer(officer), signer(approver)]))
}

/// The file that goes with the warning: a page to be printed and filled in.
async fn attach(ministry: &Running) -> Result<Attachment, Trouble> {
    let attachment =
        Attachment::new(FILE_NAME, FILE.as_bytes()).map_err(|error| error.trouble())?;
    let kept = ministry.house.post.keep_file(FILE.into()).await;
    kept.map(|_| attachment).map_err(|error| error.trouble())
}

fn content(
    ministry: &Running,
    attachment: Attachment,
    world: &World,
) -> Result<WarningContent, Trouble> {
    let Some(template) = ministry.house.content.template(TEMPLATE) else {
        return Err(Trouble::new(
            &troubles::DEMO,
            format!("the content has no template `{TEMPLATE}`"),
        ));
    };
    let actions = template.actions.iter();
    Ok(WarningContent {
        number: "事務連絡（デモ）".to_owned(),
        issuer: "厚生労働省医政局（デモ）".to_owned(),
        class: template.urgency.into(),
        title: template.title.ja.clone(),
        body: template.body.ja.clone(),
        actions: actions
            .map(|action| RequestedAction {
                text: action.text.ja.clone(),
                clauses: action.clauses.clone(),
            })
            .collect(),
        advisories: Vec::new(),
        links: Vec::new(),
        attachments: vec![attachment],
        issued_on: jst_date(world.clock.now()),
        period: None,
        addressees: Addressees::default(),
        contact: "医療情報担当（デモ） 03-0000-0000".to_owned(),
        tlp: Tlp::Green,
        exercise: false,
        template: template.id.clone(),
        supersedes: None,
        withdrawn: None,
    })
}

/// The offices introduce their hospitals to the ministry with their first exchange.
async fn wait_for_children(ministry: &Running) {
    let known =
        || async { ministry.house.post.organisations().await.map_or(0, |known| known.len()) };
    let everybody = CAST.len() - 1;
    let waited = async {
        while known().await < everybody {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // Whoever is not there yet gets the warning when they are: the desk hands it to latecomers.
    let _ = tokio::time::timeout(PATIENCE, waited).await;
}

async fn relay_when_it_comes(part: &Running, signers: &[Signer; 2]) -> Result<(), Trouble> {
    let desk = &part.house.warnings;
    let [officer, _] = signers;
    let arrived = async {
        loop {
            part.house.hurry.notify_one();
            if let Some(warning) =
                desk.received(None, 1).await.ok().and_then(|received| received.into_iter().next())
            {
                return warning.key;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let Ok(key) = tokio::time::timeout(PATIENCE, arrived).await else { return Ok(()) };
    let remark =
        "管内の医療機関におかれては、期限までに確認結果を回答してください（デモ）".to_owned();
    desk.relay(&NewRelay { key, remark, by: officer.clone() })
        .await
        .map_err(|error| error.trouble())?;
    Ok(())
}
