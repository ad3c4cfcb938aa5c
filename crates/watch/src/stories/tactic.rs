//! The tactics of MITRE ATT&CK, in the order in which an attack goes through them.

use sakimori_words::Text;

/// What an attacker wants to reach with a step (ATT&CK v19; what older versions call defence evasion is [`Tactic::Stealth`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are ATT&CK's own")]
pub enum Tactic {
    Reconnaissance,
    ResourceDevelopment,
    InitialAccess,
    Execution,
    Persistence,
    PrivilegeEscalation,
    Stealth,
    DefenseImpairment,
    CredentialAccess,
    Discovery,
    LateralMovement,
    Collection,
    CommandAndControl,
    Exfiltration,
    Impact,
}

impl Tactic {
    /// The tactic that a rule's tag names, such as `attack.lateral-movement`; rules write it with `_` too.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let name = tag.strip_prefix("attack.")?.replace('_', "-");
        Some(match name.as_str() {
            "reconnaissance" => Self::Reconnaissance,
            "resource-development" => Self::ResourceDevelopment,
            "initial-access" => Self::InitialAccess,
            "execution" => Self::Execution,
            "persistence" => Self::Persistence,
            "privilege-escalation" => Self::PrivilegeEscalation,
            "stealth" | "defense-evasion" => Self::Stealth,
            "defense-impairment" => Self::DefenseImpairment,
            "credential-access" => Self::CredentialAccess,
            "discovery" => Self::Discovery,
            "lateral-movement" => Self::LateralMovement,
            "collection" => Self::Collection,
            "command-and-control" => Self::CommandAndControl,
            "exfiltration" => Self::Exfiltration,
            "impact" => Self::Impact,
            _ => return None,
        })
    }

    /// As people say it.
    #[must_use]
    pub fn name(self) -> Text {
        let (ja, en) = match self {
            Self::Reconnaissance => ("下調べ", "reconnaissance"),
            Self::ResourceDevelopment => ("攻撃の準備", "resource development"),
            Self::InitialAccess => ("侵入", "initial access"),
            Self::Execution => ("プログラムの実行", "execution"),
            Self::Persistence => ("居座り", "persistence"),
            Self::PrivilegeEscalation => ("権限の奪取", "privilege escalation"),
            Self::Stealth => ("痕跡隠し", "stealth"),
            Self::DefenseImpairment => ("防御の無効化", "defense impairment"),
            Self::CredentialAccess => ("パスワードの窃取", "credential access"),
            Self::Discovery => ("内部の探索", "discovery"),
            Self::LateralMovement => ("他の機器への移動", "lateral movement"),
            Self::Collection => ("情報の収集", "collection"),
            Self::CommandAndControl => ("外部からの遠隔操作", "command and control"),
            Self::Exfiltration => ("情報の持ち出し", "exfiltration"),
            Self::Impact => ("破壊・暗号化", "impact"),
        };
        Text::new(ja, en)
    }
}
