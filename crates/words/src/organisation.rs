//! Organisations of the regime: offices, CEPTOAR bodies, institutions and vendors.

use serde::{Deserialize, Serialize};

use crate::{OrganisationId, Prefecture};

/// What an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// 厚生労働省.
    Ministry,
    /// 都道府県 衛生主管部局.
    Prefecture,
    /// 保健所設置市.
    HealthCentreCity,
    /// 特別区.
    SpecialWard,
    /// 医療セプターの構成団体: JMA and the member bodies with their branches.
    CeptoarBody,
    /// 医療機関等.
    Institution,
    /// 保守会社・製造販売業者.
    Vendor,
}

impl OrganisationKind {
    /// Whether it runs a hub: writes or relays warnings and receives reports.
    #[must_use]
    pub const fn is_office(self) -> bool {
        matches!(
            self,
            Self::Ministry
                | Self::Prefecture
                | Self::HealthCentreCity
                | Self::SpecialWard
                | Self::CeptoarBody
        )
    }
}

/// An organisation as every other one may know it: no secrets, no people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id, chosen once by itself.
    pub id: OrganisationId,
    /// What it is.
    pub kind: OrganisationKind,
    /// Its official name.
    pub name: String,
    /// Where it is; `None` for the ministry and national bodies.
    pub prefecture: Option<Prefecture>,
    /// Profile of an institution; `None` for others.
    pub institution: Option<Institution>,
}

/// Kinds of institution (医療法 and 薬機法).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstitutionKind {
    /// 病院 (20 beds or more).
    Hospital,
    /// 診療所.
    Clinic,
    /// 歯科診療所.
    DentalClinic,
    /// 助産所.
    MaternityHome,
    /// 薬局.
    Pharmacy,
    /// 地域医療情報連携ネットワーク.
    RegionalNetwork,
}

/// Who founded it (開設者). Decides, among others, which threshold of the privacy act applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Founder {
    /// 国.
    State,
    /// 都道府県.
    Prefecture,
    /// 市町村・一部事務組合 (自治体立病院).
    Municipality,
    /// 地方独立行政法人・公的医療機関.
    PublicBody,
    /// 医療法人.
    MedicalCorporation,
    /// 個人.
    Individual,
    /// その他.
    Other,
}

/// A maintenance contract: whom to call at once on suspicion (2018-10-29 notice §1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorContract {
    /// Company.
    pub name: String,
    /// System it maintains, e.g. 電子カルテ.
    pub system: String,
    /// Telephone, day and night.
    pub phone: String,
}

/// Profile of an institution: decides which duties and routes apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// Kind.
    pub kind: InstitutionKind,
    /// 許可病床数.
    pub permitted_beds: u32,
    /// Founder.
    pub founder: Founder,
    /// Functions such as 災害拠点病院, 救命救急センター.
    pub functions: Vec<String>,
    /// 医療機関コード (ten digits), empty when not given.
    pub code: String,
    /// Maintenance companies.
    pub vendors: Vec<VendorContract>,
}
