//! The columns of a list and what they are called.

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Id,
    Code,
    Kind,
    Name,
    Kana,
    Prefecture,
    Municipality,
    Address,
    Beds,
    Founder,
    Functions,
    Mail,
    Telephone,
    Fax,
    Way,
    Node,
    ClosedOn,
    /// Of the person in charge (0) or the first deputy (1).
    Person(usize, PersonColumn),
}

/// What a list says of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PersonColumn {
    Name,
    Phone,
    Answered,
    Mail,
    From,
    To,
}

/// Every column in order: as it is written, and as it may be called otherwise.
const COLUMNS: [(Column, &str, &[&str]); 29] = [
    (Column::Id, "番号", &["id", "名簿番号"]),
    (Column::Code, "医療機関コード", &["code", "医療機関番号", "institution code"]),
    (Column::Kind, "種別", &["kind", "施設種別", "区分"]),
    (Column::Name, "名称", &["name", "医療機関名称", "医療機関名", "施設名", "薬局名称"]),
    (Column::Kana, "フリガナ", &["kana", "カナ", "名称カナ", "ふりがな"]),
    (Column::Prefecture, "都道府県", &["prefecture", "都道府県名"]),
    (Column::Municipality, "市区町村", &["municipality", "市区町村名"]),
    (Column::Address, "所在地", &["address", "住所", "医療機関所在地"]),
    (Column::Beds, "許可病床数", &["permitted beds", "beds", "病床数"]),
    (Column::Founder, "開設者", &["founder", "開設者区分"]),
    (Column::Functions, "機能", &["functions", "医療機能"]),
    (Column::Mail, "メール", &["mail", "email", "e-mail", "メールアドレス"]),
    (Column::Telephone, "電話", &["telephone", "phone", "電話番号"]),
    (Column::Fax, "FAX", &["fax", "ファクス", "ファックス", "fax番号"]),
    (Column::Way, "連絡方法", &["way", "reached by"]),
    (Column::Node, "ノード", &["node"]),
    (Column::ClosedOn, "廃止日", &["closed on", "廃止年月日"]),
    (Column::Person(0, PersonColumn::Name), "担当者", &["person in charge", "contact"]),
    (Column::Person(0, PersonColumn::Phone), "担当者電話", &["person in charge phone"]),
    (Column::Person(0, PersonColumn::Answered), "担当者受付", &["person in charge hours"]),
    (Column::Person(0, PersonColumn::Mail), "担当者メール", &["person in charge mail"]),
    (Column::Person(0, PersonColumn::From), "担当者有効開始", &["person in charge from"]),
    (Column::Person(0, PersonColumn::To), "担当者有効終了", &["person in charge to"]),
    (Column::Person(1, PersonColumn::Name), "代行者", &["deputy"]),
    (Column::Person(1, PersonColumn::Phone), "代行者電話", &["deputy phone"]),
    (Column::Person(1, PersonColumn::Answered), "代行者受付", &["deputy hours"]),
    (Column::Person(1, PersonColumn::Mail), "代行者メール", &["deputy mail"]),
    (Column::Person(1, PersonColumn::From), "代行者有効開始", &["deputy from"]),
    (Column::Person(1, PersonColumn::To), "代行者有効終了", &["deputy to"]),
];

impl Column {
    /// Every column in the order of exported lists.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        COLUMNS.iter().map(|(column, _, _)| *column)
    }

    /// The column that a heading names.
    pub(crate) fn named(heading: &str) -> Option<Self> {
        let heading = crate::folding::fold(heading);
        let same = |name: &str| crate::folding::fold(name) == heading;
        let found = COLUMNS
            .iter()
            .find(|(_, name, others)| same(name) || others.iter().any(|other| same(other)));
        found.map(|(column, _, _)| *column)
    }

    /// Its name in exported lists.
    pub(crate) fn name(self) -> &'static str {
        let found = COLUMNS.iter().find(|(column, _, _)| *column == self);
        found.map_or("", |(_, name, _)| name)
    }
}
