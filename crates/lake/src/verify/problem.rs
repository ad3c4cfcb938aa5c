//! What a verification can find, in words for people.

use std::fmt;

use sakimori_words::Lang;

/// A difference between a log store and what was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The record, source or time of receipt of an event was changed.
    EventChanged {
        /// Its sequence number.
        seq: u64,
        /// Its source as it stands now.
        source: String,
        /// The file it is in.
        file: String,
    },
    /// An event that was taken in is gone.
    EventRemoved {
        /// Its sequence number.
        seq: u64,
        /// The sources of which events are missing in that file.
        sources: Vec<String>,
        /// The file it was in.
        file: String,
    },
    /// An event stands in a file that never was taken in.
    EventAdded {
        /// The sequence number it pretends to have.
        seq: u64,
        /// The source it pretends to have.
        source: String,
        /// The file.
        file: String,
    },
    /// Events were acknowledged and are neither sealed nor in the log.
    EventsLost {
        /// The first one.
        first_seq: u64,
        /// The last one.
        last_seq: u64,
        /// The file after which or in which they are missing.
        file: String,
    },
    /// The last events are gone: some other store has seen events with higher numbers than this one holds.
    EventsGone {
        /// The first one.
        first_seq: u64,
        /// The last one that was seen elsewhere.
        last_seq: u64,
    },
    /// A segment holds other events than were sealed, and the changes were covered up inside the file.
    SegmentChanged {
        /// The segment file.
        file: String,
        /// The first sequence number it should hold.
        first_seq: u64,
        /// The last one.
        last_seq: u64,
        /// What differs.
        reason: String,
    },
    /// The records are as they were taken in, but the file around them was rewritten: readings such as user or host
    /// cannot be relied on.
    SegmentRewritten {
        /// The segment file.
        file: String,
    },
    /// A segment file is gone.
    SegmentMissing {
        /// The segment file.
        file: String,
        /// The first sequence number in it.
        first_seq: u64,
        /// The last one.
        last_seq: u64,
    },
    /// A segment file, or the folder of them, cannot be read.
    SegmentUnreadable {
        /// The segment file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file lies among the segments that is none. It is never read.
    SegmentExtra {
        /// The file.
        file: String,
    },
    /// There is no catalogue although the log was begun: the folder was emptied, moved away, or is another one.
    CatalogueMissing,
    /// A catalogue record was changed, removed or added.
    CatalogueChanged {
        /// The line, from 1.
        line: u64,
        /// What differs.
        reason: String,
    },
    /// The catalogue ends before a state that was signed.
    CatalogueCut {
        /// How many records it has.
        records: u64,
        /// How many were signed.
        signed: u64,
    },
    /// The last catalogue line is unfinished; opening the store for writing puts it right.
    CatalogueUnfinished,
    /// The signed checkpoint is missing or cannot be relied on.
    CheckpointBad {
        /// Why.
        reason: String,
    },
    /// A checkpoint kept elsewhere was signed over other records.
    HistoryRewritten {
        /// The number of records that checkpoint covers.
        signed: u64,
    },
    /// A file of the log cannot be read.
    LogUnreadable {
        /// The log file.
        file: String,
        /// Why.
        reason: String,
    },
    /// Bytes of the log cannot be read.
    LogDamaged {
        /// The log file.
        file: String,
        /// Where they begin.
        offset: u64,
        /// How many they are.
        bytes: u64,
    },
    /// The log ends in an unfinished write, which was not acknowledged.
    LogUnfinished {
        /// The log file.
        file: String,
        /// How many bytes.
        bytes: u64,
    },
}

impl Problem {
    /// The problem in one sentence.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::Ja => self.ja(),
            Lang::En => self.to_string(),
        }
    }

    fn ja(&self) -> String {
        match self {
            Self::EventChanged { seq, source, file } => {
                format!("{file}: ログ {seq} 番（{source}）が書き換えられています")
            }
            Self::EventRemoved { seq, sources, file } => {
                format!("{file}: ログ {seq} 番が消されています（取得元: {}）", sources.join("、"))
            }
            Self::EventAdded { seq, source, file } => {
                format!("{file}: 受領していないログ {seq} 番（{source}）が加えられています")
            }
            Self::EventsLost { first_seq, last_seq, file } => {
                format!("{file}: 受領したログ {first_seq}～{last_seq} 番が失われています")
            }
            Self::EventsGone { first_seq, last_seq } => format!(
                "ログ {first_seq}～{last_seq} 番がありません（受領したことは、ほかの保管先の記録から分かります）"
            ),
            Self::SegmentChanged { file, first_seq, last_seq, reason } => {
                format!(
                    "{file}: 中身が保管時と異なります（ログ {first_seq}～{last_seq} 番、{reason}）"
                )
            }
            Self::SegmentRewritten { file } => format!(
                "{file}: 受領したログの原文は保管時のままですが、ファイルが書き直されています（利用者名などの項目は信用できません）"
            ),
            Self::SegmentMissing { file, first_seq, last_seq } => {
                format!("{file}: ファイルがありません（ログ {first_seq}～{last_seq} 番）")
            }
            Self::SegmentUnreadable { file, reason } => {
                format!("{file}: ファイルを読めないため、確かめられません（{reason}）")
            }
            Self::SegmentExtra { file } => {
                format!("{file}: 目録にないファイルです（検索には使われません）")
            }
            Self::CatalogueMissing => {
                "ログの保管を始めた記録がありますが、目録がありません（保管フォルダーが消されたか、移されたか、別のものです）"
                    .to_owned()
            }
            Self::CatalogueChanged { line, reason } => {
                format!("目録の {line} 行目が書き換えられています（{reason}）")
            }
            Self::CatalogueCut { records, signed } => format!(
                "目録の末尾が切り取られています（{signed} 件に署名済み、残りは {records} 件）"
            ),
            Self::CatalogueUnfinished => {
                "目録の最後の行が書きかけです（次の起動時に整えます）".to_owned()
            }
            Self::CheckpointBad { reason } => format!("署名を確認できません（{reason}）"),
            Self::HistoryRewritten { signed } => {
                format!("外部に控えた署名（{signed} 件時点）と目録が一致しません")
            }
            Self::LogUnreadable { file, reason } => {
                format!("{file}: ファイルを読めないため、確かめられません（{reason}）")
            }
            Self::LogDamaged { file, offset, bytes } => {
                format!("{file}: {offset} バイト目から {bytes} バイトを読めません")
            }
            Self::LogUnfinished { file, bytes } => {
                format!("{file}: 末尾に書きかけの {bytes} バイトがあります（受領前のものです）")
            }
        }
    }
}

impl fmt::Display for Problem {
    /// The problem in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EventChanged { seq, source, file } => {
                write!(f, "{file}: event {seq} ({source}) was changed")
            }
            Self::EventRemoved { seq, sources, file } => {
                write!(f, "{file}: event {seq} was removed (source: {})", sources.join(", "))
            }
            Self::EventAdded { seq, source, file } => {
                write!(f, "{file}: event {seq} ({source}) was added and never taken in")
            }
            Self::EventsLost { first_seq, last_seq, file } => {
                write!(f, "{file}: acknowledged events {first_seq} to {last_seq} are lost")
            }
            Self::EventsGone { first_seq, last_seq } => write!(
                f,
                "events {first_seq} to {last_seq} are gone: another store has seen that they were taken in"
            ),
            Self::SegmentChanged { file, first_seq, last_seq, reason } => {
                write!(
                    f,
                    "{file}: not what was sealed (events {first_seq} to {last_seq}, {reason})"
                )
            }
            Self::SegmentRewritten { file } => write!(
                f,
                "{file}: the records are as taken in, but the file was rewritten (its readings cannot be relied on)"
            ),
            Self::SegmentMissing { file, first_seq, last_seq } => {
                write!(f, "{file}: the file is missing (events {first_seq} to {last_seq})")
            }
            Self::SegmentUnreadable { file, reason } => {
                write!(f, "{file}: cannot be read and so not be checked ({reason})")
            }
            Self::SegmentExtra { file } => {
                write!(f, "{file}: not in the catalogue (never searched)")
            }
            Self::CatalogueMissing => f.write_str(
                "there is no catalogue although this log was begun: its folder was emptied, moved, or is another one",
            ),
            Self::CatalogueChanged { line, reason } => {
                write!(f, "catalogue line {line} was changed ({reason})")
            }
            Self::CatalogueCut { records, signed } => {
                write!(
                    f,
                    "the catalogue was cut off: {signed} records were signed, {records} are left"
                )
            }
            Self::CatalogueUnfinished => {
                f.write_str("the last catalogue line is unfinished (the next start puts it right)")
            }
            Self::CheckpointBad { reason } => {
                write!(f, "the signature cannot be checked ({reason})")
            }
            Self::HistoryRewritten { signed } => {
                write!(
                    f,
                    "a checkpoint kept elsewhere (over {signed} records) does not fit the catalogue"
                )
            }
            Self::LogUnreadable { file, reason } => {
                write!(f, "{file}: cannot be read and so not be checked ({reason})")
            }
            Self::LogDamaged { file, offset, bytes } => {
                write!(f, "{file}: {bytes} bytes at {offset} cannot be read")
            }
            Self::LogUnfinished { file, bytes } => {
                write!(
                    f,
                    "{file}: ends in {bytes} bytes of an unfinished write, never acknowledged"
                )
            }
        }
    }
}
