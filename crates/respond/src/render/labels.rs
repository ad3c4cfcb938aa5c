//! Words for the values of enums, as forms print them.

use sakimori_words::{Founder, InstitutionKind, Text};

use crate::LearnedFrom;

pub(crate) fn kind(kind: InstitutionKind) -> Text {
    match kind {
        InstitutionKind::Hospital => Text::new("病院", "Hospital"),
        InstitutionKind::Clinic => Text::new("診療所", "Clinic"),
        InstitutionKind::DentalClinic => Text::new("歯科診療所", "Dental clinic"),
        InstitutionKind::MaternityHome => Text::new("助産所", "Maternity home"),
        InstitutionKind::Pharmacy => Text::new("薬局", "Pharmacy"),
        InstitutionKind::RegionalNetwork => {
            Text::new("地域医療情報連携ネットワーク", "Regional medical network")
        }
    }
}

pub(super) fn founder(founder: Founder) -> Text {
    match founder {
        Founder::State => Text::new("国", "State"),
        Founder::Prefecture => Text::new("都道府県", "Prefecture"),
        Founder::Municipality => Text::new("市町村・一部事務組合", "Municipality"),
        Founder::PublicBody => Text::new("地方独立行政法人・公的医療機関", "Public body"),
        Founder::MedicalCorporation => Text::new("医療法人", "Medical corporation"),
        Founder::Individual => Text::new("個人", "Individual"),
        Founder::Other => Text::new("その他", "Other"),
    }
}

pub(super) fn learned_from(from: LearnedFrom) -> Text {
    match from {
        LearnedFrom::Staff => Text::new("職員の気付き", "Noticed by staff"),
        LearnedFrom::Monitoring => Text::new("監視・検知の仕組み", "Monitoring or detection"),
        LearnedFrom::Vendor => {
            Text::new("保守会社・委託先からの連絡", "Told by a vendor or supplier")
        }
        LearnedFrom::Outside => Text::new("外部からの通報", "Told by somebody outside"),
        LearnedFrom::Attacker => Text::new("攻撃者による表示・脅迫", "Shown by the attacker"),
        LearnedFrom::Press => Text::new("報道・SNS", "Press or social media"),
    }
}
