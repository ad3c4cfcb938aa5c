//! What identifies by its shape: numbers, addresses, names of machines, wards, functions only few institutions have.

use std::sync::LazyLock;

use regex::Regex;

use super::Kind;

/// The shapes, in the order of their precedence where two begin at the same place and are equally long. The text is folded:
/// narrow, small letters.
const SHAPES: &[(Kind, &str)] = &[
    (Kind::Url, r"(?:https?|ftp|hxxps?)://[^\s「」（）、。<>]+|\bwww\.[a-z0-9./_%?=&-]+"),
    (Kind::Url, r"\b[a-z2-7]{16,56}\.onion\b\S*"),
    (Kind::Mail, r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"),
    (Kind::Path, r"\\\\[^\s\\「」、。]+(?:\\[^\s「」、。]*)?"),
    (Kind::Path, r"\b[a-z]:\\[^\s「」、。]+"),
    (Kind::Path, r"/(?:home|users|mnt|srv|var/www)/[^\s「」、。]+"),
    (Kind::Mac, r"\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b"),
    (
        Kind::Ip,
        r"\b(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b|\b(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?",
    ),
    (Kind::Ip, r"\b(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?\b"),
    (Kind::Ip, r"\b\d{1,3}(?:\[\.\]\d{1,3}){3}\b"),
    (
        Kind::Host,
        r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:local|lan|internal|corp|intra|ad|home|jp|com|net|org|info|biz)\b(?:\\[a-z0-9._-]+)?",
    ),
    (Kind::Host, r"\b[a-z][a-z0-9-]*\\[a-z0-9._-]+\b"),
    (
        Kind::Host,
        r"\b(?:sv|srv|pc|dc|fs|ws|nas|ad|db|his|emr|ris|pacs|web|vm|esxi?|note|cl|dt)[-_]?[a-z]{0,8}[-_]?\d{1,5}[a-z]?\b(?:\.[a-z0-9-]+\b)*",
    ),
    (Kind::Host, r"\b[a-z]{2,}[a-z0-9]*(?:-[a-z0-9]+)+\d\b(?:\.[a-z0-9-]+\b)*"),
    (Kind::Postcode, r"〒\s*\d{3}-?\d{4}|\b\d{3}-\d{4}\b"),
    (Kind::Phone, r"\+81[-\s]?\d{1,4}[-\s]?\d{1,4}[-\s]?\d{3,4}\b"),
    (Kind::Phone, r"\b0\d{1,4}[-(\s]\d{1,4}[-)\s]\d{3,4}\b|\b0\d{9,10}\b|内線\s*:?\s*\d{2,6}"),
    (
        Kind::Address,
        r"[一-龥ぁ-んァ-ヴー]{2,3}[都道府県][一-龥ぁ-んァ-ヴーケ々]{1,8}[市区町村郡](?:[一-龥ぁ-んァ-ヴーケ々0-9の-]*[0-9丁目番地号])?",
    ),
    (
        Kind::Address,
        r"[一-龥々ケ]{1,6}[市区町村郡][一-龥ぁ-んァ-ヴー々]{0,8}\d+(?:丁目|番地|番|号|-\d+)(?:[0-9丁目番地号の-]*[0-9丁目番地号])?",
    ),
    (
        Kind::Patient,
        r"(?:患者(?:id|番号|コード)|診察券(?:番号)?|カルテ(?:番号)?)\s*[:はの]?\s*[a-z]?\d[\d-]{2,}",
    ),
    (
        Kind::Beds,
        r"(?:約|全|許可病床数?|病床数?)?\s*[:は]?\s*\d[\d,]*\s*床(?:以上|以下|規模|余り?)?",
    ),
    (
        Kind::Date,
        r"(?:令和|平成|昭和)\s*(?:元|\d{1,2})\s*年(?:\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?)?",
    ),
    (
        Kind::Date,
        r"\b(?:19|20)\d{2}\s*[年/.-]\s*\d{1,2}(?:\s*[月/.-]\s*\d{1,2}\s*日?)?\b|(?:19|20)\d{2}\s*年(?:\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?)?",
    ),
    (Kind::Date, r"\d{1,2}\s*月\s*\d{1,2}\s*日|\b\d{1,2}/\d{1,2}\b"),
    (
        Kind::Function,
        r"(?:県|府|都|道|市|国|全国|圏域|地域|医療圏|日本|東日本|西日本)(?:内)?(?:で)?(?:唯一|初|最大|最古|随一)[のにで]?",
    ),
    (
        Kind::Function,
        r"(?:基幹)?災害(?:医療センター|拠点病院)|(?:高度)?救命救急センター|三次救急|ドクターヘリ|特定機能病院|地域医療支援病院|(?:都道府県|地域)?がん診療連携拠点病院|(?:総合|地域)周産期母子医療センター|(?:第一種|第二種|特定|一種|二種)?感染症指定医療機関|へき地(?:医療)?拠点病院|エイズ(?:治療)?(?:中核)?拠点病院|臨床研究中核病院|原子力災害(?:拠点病院|医療[一-龥]*)|大学(?:附属|付属)?病院|小児医療センター|こども病院|がんセンター|循環器病(?:研究)?センター|赤十字病院|労災病院|済生会|厚生連|徳洲会",
    ),
];

static COMPILED: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    SHAPES.iter().filter_map(|(kind, shape)| Some((*kind, compile(shape)?))).collect()
});

/// A shape whose word boundaries lie between ASCII and anything else: Japanese has no blank behind a number or a machine's name.
fn compile(shape: &str) -> Option<Regex> {
    Regex::new(&shape.replace(r"\b", r"(?-u:\b)")).ok()
}

/// Words that may be names: a person looks at each of them.
const NAME_LIKE: &[&str] = &[
    r"[一-龥々ァ-ヴー]{1,10}(?:病院|医院|診療所|クリニック|センター|薬局|大学|株式会社|会社|法人|機構|協会|財団|商事|電機|電気|製作所|システムズ)",
    r"(?:株式会社|有限会社|合同会社|\(株\))\s*[一-龥々ァ-ヴーa-z]{1,12}",
    r"[一-龥々]{1,5}(?:市|区|町|村|県|府|郡|駅)",
    r"[一-龥々]{1,4}\s?[一-龥々]{0,4}(?:氏|様|さん|先生|医師|院長|部長|課長|室長|係長|主任|看護師)",
    r"[ァ-ヴー]{3,}",
    r"\b[A-Za-z][A-Za-z0-9_-]{2,}\b",
];

static NAMES: LazyLock<Vec<Regex>> =
    LazyLock::new(|| NAME_LIKE.iter().filter_map(|shape| compile(shape)).collect());

/// Words of the trade that are nobody's name, in the folded spelling.
const TRADE: &[&str] = &[
    "vpn",
    "rdp",
    "smb",
    "usb",
    "edr",
    "mfa",
    "sql",
    "ssh",
    "ssl",
    "http",
    "https",
    "dns",
    "ldap",
    "wmi",
    "psexec",
    "powershell",
    "windows",
    "linux",
    "active",
    "directory",
    "server",
    "mimikatz",
    "cobalt",
    "strike",
    "anydesk",
    "teamviewer",
    "rclone",
    "cve",
    "ransomware",
    "lockbit",
    "akira",
    "phobos",
    "elbie",
    "qilin",
    "clop",
    "ransomhub",
    "fortigate",
    "fortios",
    "cisco",
    "esxi",
    "サーバー",
    "サーバ",
    "ランサムウェア",
    "ネットワーク",
    "バックアップ",
    "パスワード",
    "アカウント",
    "ファイル",
    "システム",
    "セキュリティ",
    "ログイン",
    "ログオン",
    "リモート",
    "デスクトップ",
    "ソフトウェア",
    "ウイルス",
    "マルウェア",
    "インターネット",
    "ファイアウォール",
    "ルーター",
    "メール",
    "データ",
    "データベース",
    "オフライン",
    "オンライン",
    "ドメイン",
    "コントローラー",
    "コントローラ",
    "サービス",
    "ツール",
    "スクリプト",
    "タスク",
    "フォルダ",
    "フォルダー",
    "カルテ",
    "オーダリング",
    "メンテナンス",
    "ベンダー",
    "ベンダ",
    "コンピューター",
    "コンピュータ",
    "テープ",
    "クラウド",
    "アクセス",
    "ポート",
    "パッチ",
    "アップデート",
    "ファームウェア",
    "ユーザー",
    "ユーザ",
    "クライアント",
    "セグメント",
    "スイッチ",
    "管理者",
    "センター",
    "ログ",
    "シェル",
    "プロセス",
    "コマンド",
    "リスト",
    "マニュアル",
    "チェックリスト",
    "サイバー",
    "インシデント",
    "フィッシング",
];

/// Every place of a folded text that identifies by its shape.
pub(super) fn find(text: &str) -> Vec<(usize, usize, Kind)> {
    let of = |(kind, shape): &(Kind, Regex)| {
        let kind = *kind;
        shape.find_iter(text).map(|hit| (hit.start(), hit.end(), kind)).collect::<Vec<_>>()
    };
    COMPILED.iter().flat_map(of).collect()
}

/// Every place of a folded text that may be a name.
pub(super) fn name_like(text: &str) -> Vec<(usize, usize)> {
    let is_trade = |word: &str| TRADE.contains(&word);
    let of = |shape: &Regex| {
        let hits = shape.find_iter(text).filter(|hit| !is_trade(hit.as_str()));
        hits.map(|hit| (hit.start(), hit.end())).collect::<Vec<_>>()
    };
    NAMES.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_in_use() {
        assert_eq!(COMPILED.len(), SHAPES.len());
        assert_eq!(NAMES.len(), NAME_LIKE.len());
    }
}
