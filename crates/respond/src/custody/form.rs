//! The custody form (証拠物件の受渡記録) and the label of an item: their rows in the order in which they are printed.
//!
//! Screen, print and file are projections of these rows. The fields follow the check sheet of the guideline of the Digital
//! Forensics Institute of Japan: object and its state, tools and media, witnesses, identity check, record of work.

use sakimori_words::{Digest, Text};

use super::{ChainHead, CustodyEvent, EvidenceItem};
use crate::moment_words;

/// One label with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormRow {
    /// Its field, spelt as in the table that leaves as CSV; the same in every language.
    pub code: &'static str,
    /// Label.
    pub label: Text,
    /// Value; may be empty, to be filled in by hand.
    pub value: Text,
}

/// One line of the record of handlings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormEvent {
    /// When.
    pub at: Text,
    /// What was done.
    pub what: Text,
    /// From whom or where.
    pub from: Text,
    /// To whom or where.
    pub to: Text,
    /// Why, by what authority, under what seal, with which digests.
    pub particulars: Text,
    /// Who wrote it down, and who watched.
    pub people: Text,
}

/// A custody form as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustodyForm {
    /// Title.
    pub title: Text,
    /// Number of the item and title of the case.
    pub about: Vec<FormRow>,
    /// What the item is and how it was found.
    pub object: Vec<FormRow>,
    /// How it was acquired and checked.
    pub identity: Vec<FormRow>,
    /// What was done with it.
    pub events: Vec<FormEvent>,
    /// What stands at the foot: the head of the chain at the time of printing.
    pub foot: Vec<Text>,
}

/// The form of one item.
#[must_use]
pub fn custody_form(
    case_title: &str,
    case: &str,
    item: &EvidenceItem,
    head: ChainHead,
) -> CustodyForm {
    CustodyForm {
        title: Text::new("証拠物件の受渡記録", "Custody record of an item of evidence"),
        about: vec![
            row("no", "証拠番号", "Exhibit number", &item.no),
            row("root_no", "元の証拠の番号", "Root exhibit number", &item.facts.root_no),
            row("case_title", "件名", "Case", case_title),
            row("case", "事案番号", "Case id", case),
        ],
        object: object(item),
        identity: identity(item),
        events: item.events.iter().map(event_row).collect(),
        foot: vec![
            head_words(head),
            Text::new(
                "訂正は消さずに備考へ書き足す。封印の番号と写真を必ず残す。",
                "Never erase: add corrections as remarks. Always note seal numbers and take photographs.",
            ),
        ],
    }
}

/// The head of a chain as it is printed on paper.
#[must_use]
pub fn head_words(head: ChainHead) -> Text {
    let digest = grouped(head.digest);
    Text::new(
        format!("受渡記録の連鎖: {} 行、末尾の SHA-256 {digest}", head.n),
        format!("Custody chain: {} lines, SHA-256 of the last {digest}", head.n),
    )
}

/// In groups of four digits, so that a person can compare and type them.
fn grouped(digest: Digest) -> String {
    let digits: Vec<char> = digest.to_string().chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn object(item: &EvidenceItem) -> Vec<FormRow> {
    let facts = &item.facts;
    let collected_by = match facts.collected_by.as_str() {
        "" => item.recorded_by.words(),
        name => Text::new(name, name),
    };
    vec![
        texts("kind", "種類", "Kind", facts.kind.label()),
        texts("title", "名称", "Title", item.title()),
        row("label", "札の番号", "Label number", &facts.label),
        row("make", "製造者", "Maker", &facts.make),
        row("model", "型番", "Model", &facts.model),
        row("serial", "製造番号", "Serial number", &facts.serial),
        row("machine", "対象の機器", "Machine", &facts.machine),
        row("found_at", "発見場所", "Found at", &facts.found_at),
        texts("found_state", "発見時の状態", "State when found", facts.found_state.label()),
        row("screen_text", "画面の表示", "Text on the screen", &facts.screen_text),
        texts(
            "collected_at",
            "採取日時",
            "Collected at",
            moment_words(facts.collected_at.unwrap_or(item.recorded_at)),
        ),
        texts("collected_by", "採取者", "Collected by", collected_by),
        row("witness", "立会人", "Witness", &facts.witness),
        row("seal", "封印・袋の番号", "Seal or bag number", &item.seal),
        row("place", "保管場所", "Kept at", &item.place),
        texts("class", "取扱区分", "Class", facts.class.label()),
        texts("state", "状態", "Status", item.state.label()),
        photos(item),
        remarks(item),
    ]
}

fn identity(item: &EvidenceItem) -> Vec<FormRow> {
    let measured = &item.measured;
    let size = |bytes: Option<u64>| bytes.map(|bytes| bytes.to_string()).unwrap_or_default();
    let mut bad: Vec<String> =
        measured.bad_ranges.iter().map(|one| format!("{}+{}", one.offset, one.length)).collect();
    if measured.bad_left_out > 0 {
        bad.push(format!("… +{}", measured.bad_left_out));
    }
    let manifest = measured.manifest_sha256.map(|one| one.to_string()).unwrap_or_default();
    let tool = [measured.tool.as_str(), measured.tool_version.as_str()].join(" ");
    let moment = |at: Option<_>| at.map_or_else(|| Text::new("", ""), moment_words);
    vec![
        row("tool", "取得に使った道具", "Tool", tool.trim()),
        row("tool_digest", "道具のハッシュ値", "Digest of the tool", &measured.tool_digest),
        row("examiner", "作業者", "Examiner", &measured.examiner),
        row("source_path", "読み取り元", "Source", &measured.source_path),
        row(
            "source_bytes",
            "読み取り元の大きさ (バイト)",
            "Size of the source (bytes)",
            &size(measured.source_bytes),
        ),
        texts("started_at", "取得開始", "Began", moment(measured.started_at)),
        texts("finished_at", "取得終了", "Ended", moment(measured.finished_at)),
        row("size_bytes", "大きさ (バイト)", "Size (bytes)", &size(measured.size_bytes)),
        row(
            "sha256",
            "SHA-256",
            "SHA-256",
            &measured.sha256.map(|one| one.to_string()).unwrap_or_default(),
        ),
        row("blake3", "BLAKE3", "BLAKE3", &measured.blake3),
        row("manifest_sha256", "取得記録の SHA-256", "SHA-256 of the manifest", &manifest),
        row(
            "bad_ranges",
            "読めなかった範囲 (開始+長さ)",
            "Unreadable ranges (offset+length)",
            &bad.join(", "),
        ),
        texts(
            "mismatch",
            "同一性",
            "Identity",
            match item.has_mismatch() {
                true => Text::new("不一致の記録がある", "A mismatch is on record"),
                false => Text::new("不一致の記録はない", "No mismatch on record"),
            },
        ),
    ]
}

fn photos(item: &EvidenceItem) -> FormRow {
    let lines: Vec<String> =
        item.photos.iter().map(|photo| format!("{} {}", photo.sha256, photo.note)).collect();
    row("photos", "写真 (SHA-256)", "Photographs (SHA-256)", &lines.join("\n"))
}

fn remarks(item: &EvidenceItem) -> FormRow {
    let lines: Vec<String> = item
        .remarks
        .iter()
        .map(|remark| format!("{} {}: {}", remark.at, remark.by.name, remark.text))
        .collect();
    row("remarks", "備考・訂正", "Remarks and corrections", &lines.join("\n"))
}

fn event_row(event: &CustodyEvent) -> FormEvent {
    let same = |text: &str| Text::new(text, text);
    let mut ja: Vec<String> = Vec::new();
    let mut en: Vec<String> = Vec::new();
    for (label_ja, label_en, value) in [
        ("理由", "reason", event.reason.clone()),
        ("根拠", "authority", event.authority.clone()),
        ("封印", "seal", event.seal.clone()),
        ("前", "before", event.hash_before.map(|one| one.to_string()).unwrap_or_default()),
        ("後", "after", event.hash_after.map(|one| one.to_string()).unwrap_or_default()),
    ] {
        if !value.is_empty() {
            ja.push(format!("{label_ja}: {value}"));
            en.push(format!("{label_en}: {value}"));
        }
    }
    match event.matches {
        Some(true) => {
            ja.push("ハッシュ値は一致".to_owned());
            en.push("digests match".to_owned());
        }
        Some(false) => {
            ja.push("【ハッシュ値の不一致】".to_owned());
            en.push("DIGESTS DO NOT MATCH".to_owned());
        }
        None => {}
    }
    let [witness_ja, witness_en] = match event.witness.as_str() {
        "" => [String::new(), String::new()],
        name => [format!("、立会: {name}"), format!(", witness: {name}")],
    };
    let by = event.by.words();
    FormEvent {
        at: moment_words(event.at),
        what: event.kind.label(),
        from: same(&event.from),
        to: same(&event.to),
        particulars: Text::new(ja.join("\n"), en.join("\n")),
        people: Text::new(by.ja + &witness_ja, by.en + &witness_en),
    }
}

fn row(code: &'static str, ja: &str, en: &str, value: &str) -> FormRow {
    texts(code, ja, en, Text::new(value, value))
}

fn texts(code: &'static str, ja: &str, en: &str, value: Text) -> FormRow {
    FormRow { code, label: Text::new(ja, en), value }
}
