use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use sakimori_words::{Digest, Lang};
use zip::write::SimpleFileOptions;

use super::{House, SignKind, Verdict, answer, answer_mail, examine, fuzz_mail};

mod desk;

const PHISHING: &[u8] = include_bytes!("samples/phishing.eml");
const PARTNER: &[u8] = include_bytes!("samples/partner.eml");
const LOOK_ALIKE: &[u8] = include_bytes!("samples/look_alike.eml");
const BROKEN: &[u8] = include_bytes!("samples/broken.eml");

pub(super) fn house() -> House {
    House {
        own_domains: vec!["midori-hp.example".to_owned()],
        partners: vec!["sakura-lab.example".to_owned()],
        people: vec!["緑川 院長".to_owned()],
        phone: "内線 1234".to_owned(),
    }
}

/// Everything a person is shown of a mail.
fn told(bytes: &[u8]) -> String {
    let examined = examine(bytes, &house()).unwrap();
    let answer = answer(&examined, &house());
    let mut lines = vec![format!("{:?}", examined.verdict)];
    lines.extend(examined.signs.iter().map(|sign| {
        format!("{:?} {:?}: {} [{}]", sign.weight, sign.kind, sign.words.ja, sign.rests_on)
    }));
    lines.extend(examined.unknown.iter().map(|text| format!("? {}", text.ja)));
    let facts = serde_json::json!({
        "from": examined.from, "reply_to": examined.reply_to, "subject": examined.subject,
        "return_path": examined.return_path, "message_id": examined.message_id, "date": examined.date,
        "hops": examined.hops, "passes": examined.passes, "signed_by": examined.signed_by,
        "links": examined.links.iter().map(super::Link::defanged).collect::<Vec<_>>(),
        "attachments": examined.attachments.iter().map(|one| format!("{} ({}) {:?} {:?}{}{}", one.name,
            one.said, one.kind, one.holds, if one.has_password { " password" } else { "" },
            if one.unreadable { " unreadable" } else { "" })).collect::<Vec<_>>(),
        "forwarded_by": examined.forwarded_by,
    });
    lines.push(serde_json::to_string_pretty(&facts).unwrap());
    lines.push(answer.text.ja.clone());
    lines.push(answer.text.en);
    lines.join("\n")
}

fn kinds(bytes: &[u8]) -> Vec<SignKind> {
    examine(bytes, &house()).unwrap().signs.into_iter().map(|sign| sign.kind).collect()
}

/// A mail of a stranger that carries one file.
fn mail_with(name: &str, said: &str, bytes: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let body = base64::prelude::BASE64_STANDARD.encode(bytes);
    let name = base64::prelude::BASE64_STANDARD.encode(name);
    format!(
        "From: Yamada <yamada@stranger.example>\r\nTo: <soumu@midori-hp.example>\r\nSubject: invoice\r\n\
         Message-ID: <1@stranger.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nsee attachment\r\n--b\r\nContent-Type: {said}\r\n\
         Content-Disposition: attachment; filename=\"=?utf-8?B?{name}?=\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{body}\r\n--b--\r\n"
    )
    .into_bytes()
}

/// A zip archive of files with these names.
fn zip_of(names: &[&str]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(b"x").unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The same archive saying that its files are encrypted: bit 0 of the flags, in both headers.
fn locked(mut zip: Vec<u8>) -> Vec<u8> {
    for (magic, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let found: Vec<usize> = memchr::memmem::find_iter(&zip, magic).collect();
        for start in found {
            zip[start + at] |= 1;
        }
    }
    zip
}

/// A disk image as far as its first volume descriptor.
fn iso() -> Vec<u8> {
    let mut image = vec![0; 0x8800];
    image[0x8001..0x8006].copy_from_slice(b"CD001");
    image
}

fn compound(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (place, bytes) in streams {
        let storage = place.rsplit_once('/').unwrap().0;
        if !storage.is_empty() {
            file.create_storage_all(storage).unwrap();
        }
        file.create_stream(place).unwrap().write_all(bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A mail as Outlook saves it, with a shortcut attached.
pub(super) fn msg() -> Vec<u8> {
    let headers = "Received: from a.example ([203.0.113.7]) by mx01.midori-hp.example; Fri, 20 Nov 2026 02:10:05 +0900\r\n\
        From: =?UTF-8?B?5bGx55Sw?= <yamada@stranger.example>\r\nReply-To: <x@other.example>\r\n\
        Message-ID: <77@stranger.example>\r\nSubject: ignored\r\n";
    compound(&[
        ("/__properties_version1.0", vec![0; 32]),
        ("/__substg1.0_0037001F", wide("請求書の件")),
        ("/__substg1.0_007D001F", wide(headers)),
        ("/__substg1.0_1000001F", wide("https://203.0.113.9/a")),
        (
            "/__substg1.0_10130102",
            b"<a href='https://203.0.113.9/a'>www.sakura-lab.example</a>".to_vec(),
        ),
        ("/__attach_version1.0_#00000000/__substg1.0_3707001F", wide("請求書.pdf.lnk")),
        ("/__attach_version1.0_#00000000/__substg1.0_37010102", b"L\0\0\0\x01\x14\x02\0".to_vec()),
        (
            "/__attach_version1.0_#00000001/__substg1.0_3701000D/__properties_version1.0",
            vec![0; 24],
        ),
        ("/__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_0037001F", wide("inner")),
        (
            "/__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_5D01001F",
            wide("b@c.example"),
        ),
    ])
}

/// That mail, forwarded by staff as an attachment.
pub(super) fn forwarded(inner: &[u8]) -> Vec<u8> {
    let mut mail = b"From: Sato <sato@midori-hp.example>\r\nTo: <fushin@midori-hp.example>\r\n\
        Subject: Fwd: strange\r\nMessage-ID: <fwd1@midori-hp.example>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: text/plain\r\n\r\nplease look\r\n\
        --outer\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=strange.eml\r\n\r\n"
        .to_vec();
    mail.extend_from_slice(inner);
    mail.extend_from_slice(b"\r\n--outer--\r\n");
    mail
}

#[test]
fn an_ordinary_mail_of_a_partner_has_no_signs_and_is_not_called_safe() {
    let told = told(PARTNER);
    assert!(told.starts_with("NothingFound") && told.contains("安全とは限りません"));
    insta::assert_snapshot!(told);
}

#[test]
fn a_phishing_mail_is_dangerous_by_its_links_and_what_the_gateway_wrote() {
    insta::assert_snapshot!(told(PHISHING));
}

#[test]
fn a_look_alike_of_the_house_under_its_directors_name_is_dangerous() {
    insta::assert_snapshot!(told(LOOK_ALIKE));
}

#[test]
fn a_mail_forwarded_as_attachment_is_examined_itself_and_the_forwarder_is_known() {
    let mail = forwarded(PHISHING);
    let examined = examine(&mail, &house()).unwrap();
    assert_eq!(examined.forwarded_by.as_ref().unwrap().address, "sato@midori-hp.example");
    assert_eq!(examined.sender(), "support@sakura-lab.example");
    assert_eq!(examined.verdict, Verdict::Dangerous);
    assert_eq!(examined.digest, Digest::of(&mail));
    insta::assert_snapshot!(told(&mail));
}

#[test]
fn a_mail_saved_by_outlook_is_read_with_its_headers_and_its_attachments() {
    insta::assert_snapshot!(told(&msg()));
}

#[test]
fn a_saved_outlook_mail_inside_a_forwarded_one_is_examined() {
    let mut mail = mail_with("x.msg", "application/octet-stream", &msg());
    let own = b"From: Sato <sato@midori-hp.example>\r\nX-Was: ";
    mail.splice(0..6, own.iter().copied());
    let examined = examine(&mail, &house()).unwrap();
    assert_eq!(examined.sender(), "yamada@stranger.example");
    assert_eq!(examined.forwarded_by.unwrap().address, "sato@midori-hp.example");
}

#[test]
fn attachments_are_known_by_their_content_and_by_what_archives_list() {
    let docm = zip_of(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]);
    let xls = compound(&[("/Workbook", vec![9; 9]), ("/_VBA_PROJECT_CUR/VBA/dir", vec![1])]);
    let locked_office = compound(&[("/EncryptionInfo", vec![1]), ("/EncryptedPackage", vec![2])]);
    let shortcut = zip_of(&["請求書.pdf.lnk", "readme.txt"]);
    let smuggling = b"<html><script>var b=new Blob([Uint8Array.from(atob('TVo='))]);URL.createObjectURL(b)</script>";
    let cases: [(&str, &[u8]); 14] = [
        ("a.docm", &docm),
        ("a.docx", &docm),
        ("a.xls", &xls),
        ("a.doc", &locked_office),
        ("a.iso", &iso()),
        ("a.pdf", &iso()),
        ("a.zip", &shortcut),
        ("b.zip", &locked(zip_of(&["a.xlsx"]))),
        ("c.zip", &zip_of(&["in.zip"])),
        ("報告書.pdf.exe", b"MZ"),
        ("cod\u{202e}fdp.exe", b"MZ"),
        ("page.html", smuggling),
        ("page.htm", b"<html><form action=x><input type=password>"),
        ("note.one", b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"),
    ];
    let line = |(name, bytes): (&str, &[u8])| {
        let mail = mail_with(name, "application/octet-stream", bytes);
        let examined = examine(&mail, &house()).unwrap();
        let kind = examined.attachments[0].kind;
        format!(
            "{} {kind:?}: {:?} {:?}",
            name.escape_unicode_sometimes(),
            examined.verdict,
            kinds(&mail)
        )
    };
    insta::assert_snapshot!(cases.map(line).join("\n"));
}

trait Shown {
    fn escape_unicode_sometimes(&self) -> String;
}

impl Shown for str {
    fn escape_unicode_sometimes(&self) -> String {
        self.replace('\u{202e}', "<turned>")
    }
}

#[test]
fn harmless_attachments_have_no_sign() {
    for (name, bytes) in [
        ("a.pdf", &b"%PDF-1.7"[..]),
        ("a.docx", &zip_of(&["[Content_Types].xml", "word/document.xml"])),
        ("a.zip", &zip_of(&["a.txt", "b.pdf"])),
        ("a.png", b"\x89PNG\r\n"),
    ] {
        assert_eq!(kinds(&mail_with(name, "application/x", bytes)), [], "{name}");
    }
}

#[test]
fn a_broken_mail_is_examined_as_far_as_it_goes() {
    insta::assert_snapshot!(told(BROKEN));
}

#[test]
fn what_is_no_mail_is_refused_with_what_to_do() {
    for bytes in [
        &b""[..],
        b" \r\n",
        b"\x89PNG\r\n\x1a\n",
        b"hello: world\n\ntext",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ] {
        let refused = examine(bytes, &house()).unwrap_err();
        assert_eq!(refused.trouble().kind.code, "SK-WATCH-041");
    }
    let large = vec![b'a'; super::MAIL_BYTES_MAX + 1];
    assert_eq!(examine(&large, &house()).unwrap_err().trouble().kind.code, "SK-WATCH-042");
}

#[test]
fn a_good_result_never_takes_weight_from_another_sign() {
    let passing = String::from_utf8(PHISHING.to_vec()).unwrap();
    let passing = passing.replace("dmarc=fail", "dmarc=pass").replace("spf=softfail", "spf=pass");
    assert_eq!(examine(passing.as_bytes(), &house()).unwrap().verdict, Verdict::Dangerous);
}

#[test]
fn results_that_came_with_the_mail_are_not_taken_for_the_gateways() {
    let forged = String::from_utf8(PARTNER.to_vec()).unwrap();
    let forged =
        forged.replacen("mx01.midori-hp.example;\r\n spf", "mx.attacker.example;\r\n spf", 1);
    let examined = examine(forged.as_bytes(), &house()).unwrap();
    assert!(!examined.passes.unwrap().by_receiver);
    assert!(examined.unknown.iter().any(|text| text.ja.contains("mx.attacker.example")));
}

#[test]
fn an_answer_goes_only_to_people_of_the_house_and_never_to_machines() {
    let (house, own) = (house(), forwarded(PHISHING));
    let written = |mail: &[u8]| {
        let examined = examine(mail, &house).unwrap();
        answer_mail(&examined, &answer(&examined, &house), &house)
    };
    insta::assert_snapshot!(written(&own).unwrap());
    assert_eq!(written(PHISHING), None, "nobody forwarded it");
    let bounce = [b"Auto-Submitted: auto-replied\r\n", &own[..]].concat();
    assert_eq!(written(&bounce), None);
    let bounce = [b"Return-Path: <>\r\n", &own[..]].concat();
    assert_eq!(written(&bounce), None);
}

#[test]
fn no_answer_sounds_like_an_all_clear() {
    for mail in [PARTNER, PHISHING, LOOK_ALIKE, BROKEN] {
        let examined = examine(mail, &house()).unwrap();
        let answer = answer(&examined, &house());
        for text in [answer.text.get(Lang::Ja), answer.text.get(Lang::En)] {
            assert!(
                !text.contains("問題ありません")
                    && !text.replace("does not mean it is safe", "").contains("safe"),
                "{text}"
            );
            assert!(
                !text.contains("http:") && !text.contains("https:"),
                "nothing to press: {text}"
            );
        }
    }
}

#[test]
fn mails_in_mails_in_mails_end_somewhere() {
    let mut mail = PHISHING.to_vec();
    for _ in 0..12 {
        mail =
            forwarded(&mail).iter().map(|byte| if *byte == b'!' { b'?' } else { *byte }).collect();
    }
    assert!(examine(&mail, &house()).is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_examined_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        fuzz_mail(&bytes);
        fuzz_mail(&[b"From: a@b.c\r\nTo: d@e.f\r\n", &bytes[..]].concat());
        fuzz_mail(&[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &bytes[..]].concat());
        fuzz_mail(&mail_with("a.zip", "application/zip", &[b"PK\x03\x04", &bytes[..]].concat()));
    }

    #[test]
    fn a_damaged_mail_is_examined_or_refused(which in 0_usize..5, at in any::<prop::sample::Index>(), with in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut mail = [PARTNER.to_vec(), PHISHING.to_vec(), msg(), forwarded(&msg()), mail_with("a.docm", "x/y", &zip_of(&["a.lnk", "b.js"]))][which].clone();
        let at = at.index(mail.len());
        let end = (at + with.len()).min(mail.len());
        mail.splice(at..end, with);
        fuzz_mail(&mail);
    }
}
