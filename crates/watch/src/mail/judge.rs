//! From a mail to its signs, and to what cannot be known from it.

use sakimori_words::Text;

use super::addresses::{Address, House, domain_of};
use super::attachments::{Attachment, AttachmentKind, ending, kind_by_name, runs};
use super::domains::{imitated, registrable};
use super::letter::{Letter, sender_domain};
use super::links::{Link, LinkOddity};
use super::signs::{Sign, SignKind};

/// Signs that turn the direction of writing.
const TURNING: [char; 5] = ['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2067}'];

/// Every sign in one mail.
pub(super) fn signs(letter: &Letter, house: &House) -> Vec<Sign> {
    let mut signs = Vec::new();
    sender_signs(letter, house, &mut signs);
    pass_signs(letter, house, &mut signs);
    for link in &letter.links {
        link_signs(link, house, &mut signs);
    }
    for attachment in &letter.attachments {
        attachment_signs(attachment, &mut signs);
    }
    if letter.damaged {
        signs.push(Sign::new(SignKind::Damaged, "MIME"));
    }
    signs
}

fn sender_signs(letter: &Letter, house: &House, signs: &mut Vec<Sign>) {
    let known = house.own_domains.iter().chain(&house.partners);
    for from in &letter.from {
        if let Some((known, _)) = imitated(&from.domain(), known.clone()) {
            signs.push(Sign::new(SignKind::SenderImitates, format!("{} ≠ {known}", from.address)));
        }
        if let Some(named) = address_in_name(from)
            && registrable(&domain_of(&named)) != registrable(&from.domain())
        {
            signs.push(Sign::new(SignKind::NameShowsAddress, from.shown()));
        }
        if !house.own_domains.is_empty()
            && !house.knows(&from.domain())
            && house.person_called(&from.name).is_some()
        {
            signs.push(Sign::new(SignKind::PersonImitated, from.shown()));
        }
    }
    let sender = sender_domain(letter);
    for reply in &letter.reply_to {
        if let Some((known, _)) = imitated(&reply.domain(), known.clone()) {
            signs.push(Sign::new(SignKind::ReplyImitates, format!("{} ≠ {known}", reply.address)));
        } else if !sender.is_empty() && registrable(&reply.domain()) != registrable(&sender) {
            signs.push(Sign::new(SignKind::ReplyElsewhere, format!("Reply-To: {}", reply.address)));
        }
    }
}

/// An address that is written where a name belongs.
fn address_in_name(from: &Address) -> Option<String> {
    let words =
        from.name.split(|sign: char| sign.is_whitespace() || "<>()\"'（）＜＞".contains(sign));
    let is_address = |word: &&str| {
        word.split_once('@').is_some_and(|(own, domain)| !own.is_empty() && domain.contains('.'))
    };
    words.filter(is_address).map(str::to_owned).next()
}

/// Only what speaks against a mail counts: a good result never makes another sign lighter.
fn pass_signs(letter: &Letter, house: &House, signs: &mut Vec<Sign>) {
    let Some(passes) = &letter.passes else { return };
    let said = |method: &str, result: &str| format!("{}: {method}={result}", passes.by);
    let own = house.is_own_domain(&sender_domain(letter));
    let (spf, dmarc) = (passes.result("spf"), passes.result("dmarc"));
    if dmarc == Some("fail") {
        let kind = if own { SignKind::OwnDomainForged } else { SignKind::DmarcFailed };
        signs.push(Sign::new(kind, said("dmarc", "fail")));
    }
    match spf {
        // A forwarding machine breaks SPF, and DMARC looks at both: what it let pass is not counted against a mail.
        Some("fail") if dmarc != Some("pass") => {
            let forged = own && dmarc.is_none() && passes.result("dkim") != Some("pass");
            let kind = if forged { SignKind::OwnDomainForged } else { SignKind::SpfFailed };
            signs.push(Sign::new(kind, said("spf", "fail")));
        }
        Some("softfail") if dmarc != Some("pass") => {
            signs.push(Sign::new(SignKind::SpfDoubtful, said("spf", "softfail")));
        }
        _ => {}
    }
    if passes.result("dkim") == Some("fail") {
        signs.push(Sign::new(SignKind::DkimFailed, said("dkim", "fail")));
    }
}

fn link_signs(link: &Link, house: &House, signs: &mut Vec<Sign>) {
    let known = house.own_domains.iter().chain(&house.partners);
    if let Some((known, _)) = imitated(&link.host, known) {
        let rests_on = format!("{} ≠ {known}", link.defanged());
        signs.push(Sign::new(SignKind::LinkImitates, rests_on));
    }
    if link.is_form {
        signs.push(Sign::new(SignKind::FormInMail, link.defanged()));
    }
    for odd in &link.odd {
        let (kind, rests_on) = match odd {
            LinkOddity::ShowsOther { shown } => {
                let pretends = house.knows(shown) && !house.knows(&link.host);
                let kind =
                    if pretends { SignKind::LinkShowsKnown } else { SignKind::LinkShowsOther };
                (kind, format!("{} → {}", shown.replace('.', "[.]"), link.defanged()))
            }
            LinkOddity::IpAddress => (SignKind::LinkToNumber, link.defanged()),
            LinkOddity::International { seen } => (
                SignKind::LinkInternational,
                format!("{} ({})", link.defanged(), seen.replace('.', "[.]")),
            ),
            LinkOddity::Shortener => (SignKind::LinkShortened, link.defanged()),
            LinkOddity::UserPart => (SignKind::LinkUserPart, link.defanged()),
            LinkOddity::Inline => (SignKind::LinkInline, short(&link.defanged())),
            LinkOddity::FileShare => (SignKind::LinkFileShare, link.defanged()),
        };
        signs.push(Sign::new(kind, rests_on));
    }
}

/// The beginning is enough of something that carries its content itself.
fn short(target: &str) -> String {
    target.chars().take(60).collect()
}

fn attachment_signs(attachment: &Attachment, signs: &mut Vec<Sign>) {
    let name = attachment.name.as_str();
    let mut push = |kind: SignKind, rests_on: &str| signs.push(Sign::new(kind, rests_on));
    if let Some(kind) = sign_of(attachment.kind) {
        push(kind, name);
    }
    if attachment.has_password {
        push(SignKind::AttachedLocked, name);
    }
    name_signs(name, &mut push);
    if is_disguised(attachment) {
        push(SignKind::Disguised, name);
    }
    for held in &attachment.holds {
        let place = format!("{name} → {held}");
        match kind_by_name(held) {
            AttachmentKind::Archive => push(SignKind::ArchiveInArchive, &place),
            // Its kind is only guessed from the name; what macro it holds cannot be.
            kind => {
                if let Some(kind) = sign_of(kind) {
                    push(kind, &place);
                }
            }
        }
        name_signs(held, &mut |kind, _| push(kind, &place));
    }
}

fn sign_of(kind: AttachmentKind) -> Option<SignKind> {
    Some(match kind {
        AttachmentKind::Program => SignKind::AttachedProgram,
        AttachmentKind::Script => SignKind::AttachedScript,
        AttachmentKind::Shortcut => SignKind::AttachedShortcut,
        AttachmentKind::DiskImage => SignKind::AttachedDiskImage,
        AttachmentKind::OneNote => SignKind::AttachedOneNote,
        AttachmentKind::OfficeMacro => SignKind::AttachedMacro,
        AttachmentKind::HtmlSmuggling => SignKind::AttachedSmuggling,
        AttachmentKind::HtmlForm => SignKind::AttachedForm,
        AttachmentKind::Html => SignKind::AttachedPage,
        AttachmentKind::OfficeLocked
        | AttachmentKind::Office
        | AttachmentKind::Pdf
        | AttachmentKind::Rtf
        | AttachmentKind::Archive
        | AttachmentKind::Mail
        | AttachmentKind::Picture
        | AttachmentKind::Other => return None,
    })
}

fn name_signs(name: &str, push: &mut dyn FnMut(SignKind, &str)) {
    if name.contains(TURNING) {
        push(SignKind::TurnedName, name);
    }
    let before = name.rsplit_once('.').map(|(before, _)| before).unwrap_or_default();
    let looks_harmless = matches!(
        kind_by_name(before),
        AttachmentKind::Pdf | AttachmentKind::Office | AttachmentKind::Picture
    ) || ending(before) == "txt";
    let page = kind_by_name(name) == AttachmentKind::Html;
    if looks_harmless && (runs(kind_by_name(name)) || page) {
        push(SignKind::DoubleEnding, name);
    }
}

/// A name that says document or picture over content that is neither.
fn is_disguised(attachment: &Attachment) -> bool {
    use AttachmentKind::{
        Archive, DiskImage, Html, HtmlForm, HtmlSmuggling, Office, OfficeMacro, OneNote, Pdf,
        Picture, Program, Rtf, Script, Shortcut,
    };
    let is = attachment.kind;
    match kind_by_name(&attachment.name) {
        Pdf | Picture | Office => {
            matches!(
                is,
                Program
                    | Script
                    | Shortcut
                    | DiskImage
                    | OneNote
                    | HtmlSmuggling
                    | HtmlForm
                    | Html
                    | Archive
            ) || (ending(&attachment.name).ends_with('x') && is == OfficeMacro)
                || (kind_by_name(&attachment.name) != Office
                    && matches!(is, Office | OfficeMacro | Rtf))
        }
        Archive => matches!(is, Program | Script | Shortcut),
        _ => false,
    }
}

/// What nobody can tell from this mail.
pub(super) fn unknown(letter: &Letter, in_question: bool) -> Vec<Text> {
    let mut unknown = Vec::new();
    let mut say = |ja: String, en: String| unknown.push(Text { ja, en });
    if in_question {
        unknown_of_sender(letter, &mut say);
    }
    if letter.quotes_forward && !letter.holds_mail {
        say(
            "本文に転送されたメールは、元の差出人と経路の記録が失われています。元のメールを添付ファイルとして渡すと、もっと分かります。".into(),
            "A mail forwarded in the text has lost its sender and route. Handed in as an attachment, the original tells more.".into(),
        );
    }
    for attachment in &letter.attachments {
        unknown_of(attachment, &mut say);
    }
    if letter.attachments.iter().any(|one| matches!(one.kind, AttachmentKind::Pdf)) {
        say(
            "PDF の中のリンクは調べていません。".into(),
            "Links inside PDF files were not looked at.".into(),
        );
    }
    if !letter.links.is_empty() {
        say(
            "リンクの先には接続していません。行き先に何があるかは分かりません。".into(),
            "No link was followed: what is there is not known.".into(),
        );
    }
    if letter.not_looked_at > 0 {
        say(
            format!("数や深さの上限を超えた {} 個は調べていません。", letter.not_looked_at),
            format!(
                "{} parts beyond the limits of number and depth were not looked at.",
                letter.not_looked_at
            ),
        );
    }
    unknown
}

fn unknown_of_sender(letter: &Letter, say: &mut dyn FnMut(String, String)) {
    match &letter.passes {
        None => say(
            "差出人の確認（SPF・DKIM・DMARC）の結果が、受信したサーバによって書かれていません。差出人が本物かどうかは分かりません。".into(),
            "The receiving server wrote no results of SPF, DKIM and DMARC: whether the sender is genuine is not known.".into(),
        ),
        Some(passes) if !passes.by_receiver => say(
            format!("差出人の確認結果は「{}」と名乗るサーバが書いたもので、当院の受信サーバかどうかは確かめられません。", passes.by),
            format!("The results of the sender's checks were written by a machine that calls itself {}; whether that is our receiving server is not known.", passes.by),
        ),
        Some(_) => {}
    }
    if !letter.signed_by.is_empty() {
        let names = letter.signed_by.join("、");
        say(
            format!("電子署名（DKIM: {names}）は、ここでは検証し直していません。"),
            format!(
                "The signature (DKIM: {}) was not verified again here.",
                letter.signed_by.join(", ")
            ),
        );
    }
}

fn unknown_of(attachment: &Attachment, say: &mut dyn FnMut(String, String)) {
    let name = &attachment.name;
    if attachment.has_password {
        say(
            format!("「{name}」はパスワード付きのため、中身は分かりません。"),
            format!("“{name}” needs a password: what is in it is not known."),
        );
    } else if attachment.unreadable {
        say(
            format!("「{name}」の中は読めませんでした。"),
            format!("“{name}” could not be looked into."),
        );
    }
}
