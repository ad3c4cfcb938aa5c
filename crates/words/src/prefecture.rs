//! The 47 prefectures by their JIS X 0401 codes.

use serde::{Deserialize, Deserializer, Serialize};

use crate::Lang;

/// A prefecture: JIS X 0401 code, 1 (Hokkaido) to 47 (Okinawa).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Prefecture(u8);

impl Prefecture {
    /// The prefecture with that code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        (1..=47).contains(&code).then_some(Self(code))
    }

    /// Its code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }

    /// Its name: `大阪府` or `Osaka`.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        let [ja, en] = PREFECTURES.get(usize::from(self.0) - 1).copied().unwrap_or(["", ""]);
        match lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    /// All of them in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=47).map(Self)
    }
}

impl<'de> Deserialize<'de> for Prefecture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = u8::deserialize(deserializer)?;
        Self::from_code(code)
            .ok_or_else(|| serde::de::Error::custom("a prefecture code is 1 to 47"))
    }
}

/// Names in Japanese and English, in the order of the codes.
pub const PREFECTURES: [[&str; 2]; 47] = [
    ["北海道", "Hokkaido"],
    ["青森県", "Aomori"],
    ["岩手県", "Iwate"],
    ["宮城県", "Miyagi"],
    ["秋田県", "Akita"],
    ["山形県", "Yamagata"],
    ["福島県", "Fukushima"],
    ["茨城県", "Ibaraki"],
    ["栃木県", "Tochigi"],
    ["群馬県", "Gunma"],
    ["埼玉県", "Saitama"],
    ["千葉県", "Chiba"],
    ["東京都", "Tokyo"],
    ["神奈川県", "Kanagawa"],
    ["新潟県", "Niigata"],
    ["富山県", "Toyama"],
    ["石川県", "Ishikawa"],
    ["福井県", "Fukui"],
    ["山梨県", "Yamanashi"],
    ["長野県", "Nagano"],
    ["岐阜県", "Gifu"],
    ["静岡県", "Shizuoka"],
    ["愛知県", "Aichi"],
    ["三重県", "Mie"],
    ["滋賀県", "Shiga"],
    ["京都府", "Kyoto"],
    ["大阪府", "Osaka"],
    ["兵庫県", "Hyogo"],
    ["奈良県", "Nara"],
    ["和歌山県", "Wakayama"],
    ["鳥取県", "Tottori"],
    ["島根県", "Shimane"],
    ["岡山県", "Okayama"],
    ["広島県", "Hiroshima"],
    ["山口県", "Yamaguchi"],
    ["徳島県", "Tokushima"],
    ["香川県", "Kagawa"],
    ["愛媛県", "Ehime"],
    ["高知県", "Kochi"],
    ["福岡県", "Fukuoka"],
    ["佐賀県", "Saga"],
    ["長崎県", "Nagasaki"],
    ["熊本県", "Kumamoto"],
    ["大分県", "Oita"],
    ["宮崎県", "Miyazaki"],
    ["鹿児島県", "Kagoshima"],
    ["沖縄県", "Okinawa"],
];
