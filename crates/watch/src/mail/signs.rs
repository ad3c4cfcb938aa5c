//! The signs of an attack: what each weighs, and how it is said to people who do not know the words of the trade.

use sakimori_words::Text;
use serde::{Deserialize, Serialize};

use super::Verdict;

/// What a sign weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Honest mail has it now and then.
    Slight,
    /// Honest mail seldom has it.
    Middle,
    /// Honest mail does not have it.
    Strong,
}

impl Weight {
    const fn points(self) -> u32 {
        match self {
            Self::Slight => 2,
            Self::Middle => 5,
            Self::Strong => 10,
        }
    }

    /// The weight in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Slight => Text::new("弱い", "slight"),
            Self::Middle => Text::new("中くらい", "middling"),
            Self::Strong => Text::new("強い", "strong"),
        }
    }
}

/// Points from which a mail is dangerous: one strong sign, or two middling ones.
const DANGEROUS: u32 = 10;
/// Points from which it is suspicious: one middling sign, or three slight ones.
const SUSPICIOUS: u32 = 5;

/// One sign, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    /// Which.
    pub kind: SignKind,
    /// What it weighs.
    pub weight: Weight,
    /// What it says, for staff.
    pub words: Text,
    /// The place in the mail it rests on, as it is written there.
    pub rests_on: String,
}

/// Kinds, weights and words in one table.
macro_rules! signs {
    ($($(#[$doc:meta])* $name:ident: $weight:ident, $ja:literal, $en:literal;)+) => {
        /// What was seen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum SignKind { $($(#[$doc])* $name),+ }

        impl SignKind {
            fn weight(self) -> Weight {
                match self { $(Self::$name => Weight::$weight),+ }
            }

            fn words(self) -> Text {
                match self { $(Self::$name => Text::new($ja, $en)),+ }
            }
        }
    };
}

signs! {
    /// The sender's domain imitates one that is known.
    SenderImitates: Strong, "差出人のアドレスが、当院や取引先のものに似せて作られています",
        "the sender's address imitates one of ours or of a partner";
    /// It says that it comes from the house, and the receiving machine found that it does not.
    OwnDomainForged: Strong, "当院のアドレスを名乗っていますが、受信したサーバの確認では当院から送られていません",
        "it claims one of our own addresses, and the receiving server found that it did not come from us";
    /// The shown name holds another address than the real one.
    NameShowsAddress: Strong, "差出人の表示名に、実際とは別のアドレスが書かれています",
        "the shown name holds another address than the real one";
    /// The shown name is that of somebody of the house, the address is not.
    PersonImitated: Middle, "当院の人の名前を名乗っていますが、院外のアドレスから届いています",
        "it is written under the name of one of our people, from an outside address";
    /// Answers go to another house than the sender's.
    ReplyElsewhere: Slight, "返信すると、差出人とは別の相手に届きます",
        "an answer would go to somebody other than the sender";
    /// Answers go to an imitation.
    ReplyImitates: Strong, "返信先のアドレスが、当院や取引先のものに似せて作られています",
        "the address for answers imitates one of ours or of a partner";
    /// DMARC failed.
    DmarcFailed: Middle, "差出人のドメインが定めた確認（DMARC）に通っていません",
        "it fails the check that the sender's domain asks for (DMARC)";
    /// SPF failed.
    SpfFailed: Middle, "差出人が認めていないサーバから送られています（SPF）",
        "it was sent by a machine that the sender does not allow (SPF)";
    /// SPF failed softly.
    SpfDoubtful: Slight, "差出人が認めたサーバからとは確認できません（SPF）",
        "it cannot be shown to come from a machine of the sender (SPF)";
    /// A signature did not hold.
    DkimFailed: Slight, "電子署名（DKIM）が正しくありません。途中で書き換わった場合にも起こります",
        "its signature (DKIM) does not hold; a change on the way can also cause this";
    /// A link shows another address than it leads to.
    LinkShowsOther: Middle, "表示されている行き先と、実際の行き先が違うリンクがあります",
        "a link shows another address than it leads to";
    /// A link shows one of the house's or a partner's addresses and leads elsewhere.
    LinkShowsKnown: Strong, "当院や取引先の行き先に見せかけて、別の行き先へ導くリンクがあります",
        "a link pretends to lead to us or to a partner, and leads elsewhere";
    /// A link leads to an imitation.
    LinkImitates: Strong, "当院や取引先に似せた行き先へのリンクがあります",
        "a link leads to an imitation of ours or of a partner's address";
    /// A link leads to a number.
    LinkToNumber: Middle, "行き先が名前でなく番号（IPアドレス）のリンクがあります",
        "a link leads to a bare number (IP address)";
    /// A link's host is written in look-alike characters.
    LinkInternational: Middle, "行き先の名前に、英数字に見える別の文字などが使われたリンクがあります",
        "the name a link leads to is written in characters beyond the Latin ones";
    /// A link holds an `@`.
    LinkUserPart: Strong, "「@」の前に偽の行き先を書いたリンクがあります",
        "a link has a false address before an @";
    /// A link is a program or a page by itself.
    LinkInline: Strong, "開くとその場でプログラムや偽の画面が動くリンクがあります",
        "a link runs or shows something by itself";
    /// A link leads to a file share.
    LinkFileShare: Strong, "開くと外部の共有フォルダへつながるリンクがあります。パスワードの情報が渡ります",
        "a link opens an outside file share, which hands over password material";
    /// A link is shortened.
    LinkShortened: Slight, "行き先を隠す短縮リンクがあります", "a shortened link hides where it leads";
    /// The mail itself sends a form.
    FormInMail: Strong, "メールの中に、入力した内容を外部へ送る欄があります",
        "the mail itself has fields that send what is typed to the outside";
    /// A program.
    AttachedProgram: Strong, "プログラムが添付されています", "a program is attached";
    /// A script.
    AttachedScript: Strong, "開くと動く命令ファイル（スクリプト）が添付されています",
        "a script that runs when opened is attached";
    /// A shortcut.
    AttachedShortcut: Strong, "ショートカットが添付されています。開くと隠れた命令が動きます",
        "a shortcut is attached; opening it runs hidden commands";
    /// A disk image.
    AttachedDiskImage: Strong, "ディスクの形のファイル（ISO・IMG・VHD）が添付されています。安全装置をすり抜けるために使われます",
        "a disk image (ISO, IMG, VHD) is attached, as is done to get around Windows' protection";
    /// `OneNote`.
    AttachedOneNote: Strong, "OneNote のファイルが添付されています。中に命令を隠すために使われます",
        "a OneNote file is attached, as is done to hide commands in it";
    /// A macro.
    AttachedMacro: Middle, "マクロ（自動で動く命令）の入った文書が添付されています",
        "a document with a macro (commands that run by themselves) is attached";
    /// A page that makes a file.
    AttachedSmuggling: Strong, "開くと自分でファイルを作り出すウェブページが添付されています",
        "a web page is attached that makes a file by itself when opened";
    /// A page with a form.
    AttachedForm: Strong, "パスワードなどを入力させるウェブページが添付されています",
        "a web page is attached that asks for a password or other input";
    /// A page.
    AttachedPage: Slight, "ウェブページのファイルが添付されています", "a web page is attached as a file";
    /// A password-protected archive or document.
    AttachedLocked: Middle, "パスワード付きの添付があり、中を調べられません。ウイルス対策をすり抜けるためにも使われます",
        "an attachment needs a password and cannot be looked into; this is also done to get past virus scanners";
    /// Two endings.
    DoubleEnding: Strong, "文書に見せかけた名前（二重の拡張子）の添付があります",
        "an attachment has two endings, so that it looks like a document";
    /// The direction of writing is turned in a name.
    TurnedName: Strong, "文字の並びを逆に見せる細工をした名前の添付があります",
        "an attachment's name turns its letters around to hide its ending";
    /// Not what its name says.
    Disguised: Middle, "名前と中身の種類が違う添付があります", "an attachment is not of the kind its name says";
    /// An archive inside an archive.
    ArchiveInArchive: Slight, "圧縮ファイルの中に、さらに圧縮ファイルがあります", "an archive holds another archive";
    /// Parts cannot be read.
    Damaged: Slight, "メールの形が壊れていて、読めない部分があります", "the mail is malformed, and parts of it cannot be read";
}

impl Sign {
    /// The sign with what it rests on.
    pub(super) fn new(kind: SignKind, rests_on: impl Into<String>) -> Self {
        Self { kind, weight: kind.weight(), words: kind.words(), rests_on: rests_on.into() }
    }
}

/// Each sign once for each place, the heaviest first, and not more than people read.
pub(super) fn sorted(mut signs: Vec<Sign>) -> Vec<Sign> {
    const SIGNS_MAX: usize = 40;
    signs.sort_by(|one, other| {
        let key = |sign: &Sign| (std::cmp::Reverse(sign.weight), sign.kind);
        key(one).cmp(&key(other)).then_with(|| one.rests_on.cmp(&other.rests_on))
    });
    signs.dedup_by(|one, other| one.kind == other.kind && one.rests_on == other.rests_on);
    signs.truncate(SIGNS_MAX);
    signs
}

/// What the signs come to. A kind counts once, however often it is seen.
pub(super) fn verdict(signs: &[Sign]) -> Verdict {
    let mut kinds: Vec<SignKind> = signs.iter().map(|sign| sign.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let points: u32 = kinds.into_iter().map(|kind| kind.weight().points()).sum();
    match points {
        DANGEROUS.. => Verdict::Dangerous,
        SUSPICIOUS.. => Verdict::Suspicious,
        _ => Verdict::NothingFound,
    }
}
