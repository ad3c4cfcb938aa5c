//! The answer to whoever handed the mail in: plain words, what to do now, and nothing that sounds like an all-clear.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use sakimori_words::{Lang, Text};

use super::{Examined, House, Verdict};

/// Signs named in an answer; the record has them all.
const SIGNS_NAMED: usize = 5;

/// What is told to staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// One line.
    pub subject: Text,
    /// The whole text.
    pub text: Text,
}

/// Words the answer.
#[must_use]
pub fn answer(examined: &Examined, house: &House) -> Answer {
    let subject = Text::new(
        format!("【不審メールの確認結果】{}", headline(examined.verdict, Lang::Ja)),
        format!("[Mail you handed in] {}", headline(examined.verdict, Lang::En)),
    );
    Answer { subject, text: Text::new(body_ja(examined, house), body_en(examined, house)) }
}

const fn headline(verdict: Verdict, lang: Lang) -> &'static str {
    match (verdict, lang) {
        (Verdict::Dangerous, Lang::Ja) => "危険なメールです。開かないでください",
        (Verdict::Suspicious, Lang::Ja) => "不審な点があります。開かないでください",
        (Verdict::NothingFound, Lang::Ja) => "不審な点は見つかりませんでした（安全とは限りません）",
        (Verdict::Dangerous, Lang::En) => "This mail is dangerous. Do not open it",
        (Verdict::Suspicious, Lang::En) => "This mail is suspicious. Do not open it",
        (Verdict::NothingFound, Lang::En) => "Nothing was found, which does not mean it is safe",
    }
}

fn body_ja(examined: &Examined, house: &House) -> String {
    let mut lines = vec![
        "不審なメールを知らせていただき、ありがとうございます。".to_owned(),
        String::new(),
        format!("{}。", headline(examined.verdict, Lang::Ja)),
        format!("件名: {}", shown(&examined.subject, "（件名なし）")),
        format!("差出人: {}", from(examined, "（差出人なし）")),
    ];
    let found = examined.verdict != Verdict::NothingFound;
    lines.extend(reasons(examined, Lang::Ja, if found { "理由:" } else { "気づいた点:" }));
    lines.push(String::new());
    lines.push("いますぐしていただくこと:".to_owned());
    if !found {
        lines.push("・差出人に心当たりがないときは、開かずに消してください。".to_owned());
        lines.push("・心当たりがあるときも、ふだんの電話番号で本人に確かめてから開いてください。メールに書かれた番号は使わないでください。".to_owned());
        lines.push(
            "・パスワードや口座の入力を求められたら、入力せずに知らせてください。".to_owned(),
        );
    } else {
        lines.push(
            "・リンクや添付ファイルを開かないでください。返信も転送もしないでください。".to_owned(),
        );
        lines.push("・メールは消さずに、そのままにしてください。".to_owned());
    }
    lines.push(String::new());
    lines.push("もう開いてしまった、または入力してしまったとき:".to_owned());
    lines.push("・LANケーブルを抜き、無線（Wi-Fi）を切ってください。".to_owned());
    lines.push("・パソコンの電源は切らないでください。".to_owned());
    lines.push(match house.phone.as_str() {
        "" => "・すぐに情報システムの担当者へ電話してください。".to_owned(),
        phone => format!("・すぐに情報システムの担当者へ電話してください（{phone}）。"),
    });
    lines.push("・知らせてくれた人が責められることはありません。早いほど助かります。".to_owned());
    lines.join("\n") + "\n"
}

fn body_en(examined: &Examined, house: &House) -> String {
    let mut lines = vec![
        "Thank you for handing in this mail.".to_owned(),
        String::new(),
        format!("{}.", headline(examined.verdict, Lang::En)),
        format!("Subject: {}", shown(&examined.subject, "(none)")),
        format!("From: {}", from(examined, "(none)")),
    ];
    let found = examined.verdict != Verdict::NothingFound;
    lines.extend(reasons(examined, Lang::En, if found { "Why:" } else { "Noticed:" }));
    lines.push(String::new());
    lines.push("What to do now:".to_owned());
    if !found {
        lines.push("- If you do not know the sender, delete it without opening it.".to_owned());
        lines.push("- If you do, ask them by a number you already know before you open it, not by one written in the mail.".to_owned());
        lines.push(
            "- If it asks for a password or an account, type nothing and tell us.".to_owned(),
        );
    } else {
        lines.push(
            "- Open neither links nor attachments; do not answer it or pass it on.".to_owned(),
        );
        lines.push("- Leave the mail where it is; do not delete it.".to_owned());
    }
    lines.push(String::new());
    lines.push("If you have opened it already, or typed something in:".to_owned());
    lines.push("- Pull out the network cable and switch Wi-Fi off.".to_owned());
    lines.push("- Do not switch the computer off.".to_owned());
    lines.push(match house.phone.as_str() {
        "" => "- Call the information systems desk at once.".to_owned(),
        phone => format!("- Call the information systems desk at once ({phone})."),
    });
    lines.push("- Nobody who tells us is blamed. The sooner, the better.".to_owned());
    lines.join("\n") + "\n"
}

fn reasons(examined: &Examined, lang: Lang, title: &str) -> Vec<String> {
    let mark = match lang {
        Lang::Ja => "・",
        Lang::En => "- ",
    };
    let mut kinds = Vec::new();
    let mut lines = Vec::new();
    for sign in &examined.signs {
        if !kinds.contains(&sign.kind) && kinds.len() < SIGNS_NAMED {
            kinds.push(sign.kind);
            lines.push(format!("{mark}{}", sign.words.get(lang)));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, title.to_owned());
        lines.insert(0, String::new());
    }
    lines
}

fn from(examined: &Examined, none: &str) -> String {
    let from = examined.from.first().map(super::Address::shown).unwrap_or_default();
    // Nobody's mail program shall turn an attacker's address into something to press.
    shown(&from, none).replace('@', "＠").replace("http", "hxxp")
}

fn shown(text: &str, none: &str) -> String {
    if text.is_empty() { none.to_owned() } else { text.replace("http", "hxxp") }
}

/// The answer as a mail that the site's own mail server can send: to whoever forwarded it, in reply to their mail. `None` when
/// nobody of the house forwarded it, so that no answer ever goes to a stranger.
#[must_use]
pub fn answer_mail(examined: &Examined, answer: &Answer, house: &House) -> Option<String> {
    let to = examined.forwarded_by.as_ref().filter(|by| house.is_own(&by.address))?;
    let is_plain = |text: &str| {
        text.chars().all(|sign| sign.is_ascii_graphic())
            && !text.contains(['<', '>', ',', ';', '"'])
    };
    if examined.forwarded_by_machine || !is_plain(&to.address) {
        return None;
    }
    let in_reply_to = match examined.forwarded_in.as_str() {
        id if !id.is_empty() && is_plain(id) => {
            format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n")
        }
        _ => String::new(),
    };
    let text = format!("{}\n----\n\n{}", answer.text.ja, answer.text.en);
    Some(format!(
        "To: {}\r\nSubject: {}\r\n{in_reply_to}Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        to.address,
        header_words(&answer.subject.ja),
        lines_of(&STANDARD.encode(text.replace('\n', "\r\n"))),
    ))
}

/// A header's text as encoded words (RFC 2047), none longer than 75 characters.
fn header_words(text: &str) -> String {
    // Fifteen characters of Japanese are 45 bytes, 60 in base64.
    let signs: Vec<char> = text.chars().collect();
    let word =
        |part: &[char]| format!("=?UTF-8?B?{}?=", STANDARD.encode(part.iter().collect::<String>()));
    signs.chunks(15).map(word).collect::<Vec<_>>().join("\r\n ")
}

/// Base64 in lines that every mail server takes.
fn lines_of(base64: &str) -> String {
    let mut lines = String::with_capacity(base64.len() + base64.len() / 38);
    for (at, sign) in base64.chars().enumerate() {
        if at > 0 && at.is_multiple_of(76) {
            lines.push_str("\r\n");
        }
        lines.push(sign);
    }
    lines + "\r\n"
}
