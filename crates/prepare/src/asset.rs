//! One line of the list of devices and systems.

use sakimori_words::{AssetId, Instant, OwnedProduct, PersonId, Text};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Most characters of a field on one line.
pub const FIELD_CHARS_MAX: usize = 200;
/// Most characters of the note.
pub const NOTE_CHARS_MAX: usize = 1_000;
/// Most devices on one line.
pub(crate) const QUANTITY_MAX: u32 = 100_000;

/// What kind of thing it is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// 情報システム・ネットワーク機器.
    #[default]
    System,
    /// 医療機器.
    MedicalDevice,
}

impl AssetKind {
    /// Both, in the order of lists.
    pub const ALL: [Self; 2] = [Self::System, Self::MedicalDevice];

    /// Its name.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::System => Text::new("情報システム", "System"),
            Self::MedicalDevice => Text::new("医療機器", "Medical device"),
        }
    }
}

/// What a person says about a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssetFields {
    /// The institution's own number for it (管理番号); may be empty.
    pub number: String,
    /// Maker or seller.
    pub vendor: String,
    /// Product; never empty.
    pub product: String,
    /// Version of its software.
    pub version: String,
    /// Where it stands.
    pub place: String,
    /// What kind of thing it is.
    pub kind: AssetKind,
    /// How many, at least one.
    pub quantity: u32,
    /// Whom to ask at the maker or seller, with telephone number.
    pub contact: String,
    /// Anything else.
    pub note: String,
}

impl AssetFields {
    /// What makes two rows the same line: the institution's number when there is one, else maker, product and place. The version
    /// is not part of it: a new version of the same device is a change, not another device.
    #[must_use]
    pub fn key(&self) -> String {
        if !self.number.trim().is_empty() {
            return format!("number\u{1f}{}", folded(&self.number));
        }
        let parts = [&self.vendor, &self.product, &self.place].map(|part| folded(part));
        format!("names\u{1f}{}", parts.join("\u{1f}"))
    }

    /// What makes the line unusable, as the field's name in files and why.
    pub(crate) fn fault(&self) -> Option<(&'static str, Text)> {
        if self.product.trim().is_empty() {
            return Some(("product", Text::new("製品名がありません", "there is no product")));
        }
        if !(1..=QUANTITY_MAX).contains(&self.quantity) {
            let why = format!("台数は1〜{QUANTITY_MAX}で書いてください");
            return Some((
                "quantity",
                Text::new(why, format!("write a number from 1 to {QUANTITY_MAX}")),
            ));
        }
        let lines = [
            ("number", &self.number, FIELD_CHARS_MAX),
            ("vendor", &self.vendor, FIELD_CHARS_MAX),
            ("product", &self.product, FIELD_CHARS_MAX),
            ("version", &self.version, FIELD_CHARS_MAX),
            ("place", &self.place, FIELD_CHARS_MAX),
            ("contact", &self.contact, FIELD_CHARS_MAX),
            ("note", &self.note, NOTE_CHARS_MAX),
        ];
        let long = lines.into_iter().find(|(_, text, limit)| text.chars().count() > *limit);
        long.map(|(name, _, limit)| {
            let why = Text::new(
                format!("{limit}文字以内にしてください"),
                format!("longer than {limit} characters"),
            );
            (name, why)
        })
    }
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// What it is.
    pub fields: AssetFields,
    /// When it was put on the list.
    pub added_at: Instant,
    /// When it was last changed.
    pub changed_at: Instant,
    /// Who changed it last.
    pub changed_by: PersonId,
    /// That person's name then.
    pub changed_by_name: String,
    /// Since when it is no longer there (廃棄・撤去); it stays readable.
    pub retired_at: Option<Instant>,
}

impl Asset {
    /// The line as other stages see it.
    #[must_use]
    pub fn owned(&self) -> OwnedProduct {
        OwnedProduct {
            asset: self.id.clone(),
            vendor: self.fields.vendor.clone(),
            product: self.fields.product.clone(),
            version: self.fields.version.clone(),
            place: self.fields.place.clone(),
            n_devices: self.fields.quantity,
        }
    }
}

/// A name as it is compared: full and half width alike, without blanks, in lower case.
pub(crate) fn folded(name: &str) -> String {
    name.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
