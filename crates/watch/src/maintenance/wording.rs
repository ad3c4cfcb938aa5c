//! What a finding about a session says, in both languages.

use std::net::IpAddr;

use sakimori_words::{Finding, FindingId, Instant, Involved, Level, Text};

use super::judge::{Deviation, comes_from_the_line, cover};
use super::register::{Line, Register};
use super::session::{Road, Session};
use super::tracker::Tale;
use crate::detector::{account_of, address_of, machine_name};

/// The names under which findings of this module are kept.
pub const RULES: [&str; 5] = [
    "sakimori-maintenance-unplanned",
    "sakimori-maintenance-overrun",
    "sakimori-maintenance-machine",
    "sakimori-maintenance-address",
    "sakimori-maintenance-no-line",
];

/// The clause about remote maintenance as a way in.
const CLAUSE: &str = "S4-21";

impl Deviation {
    /// The name under which it is kept.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        let [unplanned, overrun, machine, address, no_line] = RULES;
        match self {
            Self::Unplanned => unplanned,
            Self::Overrun => overrun,
            Self::MachineOutside { .. } => machine,
            Self::AddressOutside => address,
            Self::NoLine => no_line,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn title(&self) -> Text {
        match self {
            Self::Unplanned => {
                Text::new("作業予定のない遠隔保守の接続", "Remote maintenance without a work plan")
            }
            Self::Overrun => Text::new(
                "遠隔保守が予定の時間を過ぎても続いた",
                "Remote maintenance lasted beyond its work plan",
            ),
            Self::MachineOutside { machine } => Text::new(
                format!("遠隔保守の接続が予定にない機器に入った（{machine}）"),
                format!("Remote maintenance reached a machine outside its plan ({machine})"),
            ),
            Self::AddressOutside => Text::new(
                "遠隔保守の接続元がいつもと違う",
                "Remote maintenance came from an unusual address",
            ),
            Self::NoLine => Text::new(
                "登録のない保守用アカウントが VPN で接続した",
                "A supplier's account that no maintenance line knows connected by VPN",
            ),
        }
    }

    const fn level(&self) -> Level {
        match self {
            Self::Unplanned | Self::MachineOutside { .. } | Self::AddressOutside => Level::High,
            Self::Overrun | Self::NoLine => Level::Medium,
        }
    }
}

/// The finding about what was not announced.
pub(super) fn finding(tale: &Tale, register: &Register, found_at: Instant) -> Finding {
    let (session, deviation) = tale;
    let line = session.line.as_deref().and_then(|id| register.line(id));
    let machine = match deviation {
        Deviation::MachineOutside { machine } => machine.clone(),
        _ => String::new(),
    };
    let time = match deviation {
        Deviation::Unplanned | Deviation::AddressOutside | Deviation::NoLine => session.begun_at,
        Deviation::Overrun => session.lasted_until(found_at),
        Deviation::MachineOutside { .. } => session.heard_at,
    };
    Finding {
        id: FindingId::from(""),
        time,
        found_at,
        rule_id: deviation.rule().to_owned(),
        title: deviation.title(),
        reason: reason(session, deviation, line, register),
        next_step: next_step(session, deviation, line),
        level: deviation.level(),
        tags: ["attack.initial-access", "attack.t1133", "attack.t1078"].map(str::to_owned).to_vec(),
        author: "Sakimori".to_owned(),
        clause: CLAUSE.to_owned(),
        source: String::new(),
        host: if machine.is_empty() { session.device.clone() } else { machine.clone() },
        user: session.account.clone(),
        involved: involved(session, &machine),
        summary: summary(session),
        evidence: session.evidence.clone(),
    }
}

/// Whom a story can follow: the account, where it came from, the address it was given, and the machine it should not have been
/// on. A firewall is nobody: everything passes through it.
fn involved(session: &Session, machine: &str) -> Vec<Involved> {
    let account = account_of(&session.account);
    let addresses = [session.from, session.inside].into_iter().flatten();
    let addresses = addresses.filter_map(|address| address_of(&address.to_string()));
    let own = if session.road == Road::Vpn { "" } else { session.device.as_str() };
    let machines = [machine, own].into_iter().filter(|name| !name.is_empty()).map(machine_name);
    let machines = machines.filter(|name| name.parse::<IpAddr>().is_err()).map(Involved::Machine);
    let mut involved: Vec<Involved> =
        account.into_iter().chain(addresses).chain(machines).collect();
    involved.sort_unstable();
    involved.dedup();
    involved
}

fn summary(session: &Session) -> String {
    let Session { road, account, device, begun_at, .. } = session;
    let from = shown(session.from);
    let inside = session.inside.map(|inside| format!(" → {inside}")).unwrap_or_default();
    format!("{} {account} {from}{inside} ({device}) {begun_at}", road.name())
}

fn shown(address: Option<IpAddr>) -> String {
    address.map(|address| address.to_string()).unwrap_or_else(|| "?".to_owned())
}

fn reason(
    session: &Session,
    deviation: &Deviation,
    line: Option<&Line>,
    register: &Register,
) -> Text {
    let (supplier, account, begun) = (&session.supplier, &session.account, session.begun_at);
    let (road, from) = (session.road.name(), shown(session.from));
    match deviation {
        Deviation::Unplanned => {
            let strange = line.is_some_and(|line| !comes_from_the_line(session.from, line));
            let [ja, en] = if strange {
                ["接続元もいつもと違います。", " Nor does it come from where they usually do."]
            } else {
                ["", ""]
            };
            Text::new(
                format!(
                    "{supplier} の保守回線で {begun} に {road} の接続（{account}、{from} から）がありましたが、その時間の作業予定は登録されていません。{ja}盗まれたパスワードによる侵入の可能性があります。"
                ),
                format!(
                    "{supplier} came in by {road} at {begun} ({account} from {from}), and no work plan holds at that time.{en} It may be somebody with a stolen password."
                ),
            )
        }
        Deviation::Overrun => {
            let until = cover(session, &register.plans).map(|cover| cover.until.to_string());
            let until = until.unwrap_or_default();
            Text::new(
                format!(
                    "{supplier} の作業予定は {until} までですが、{begun} からの接続（{account}）がその後も切れていません。作業が延びたか、切り忘れか、別人が使っている可能性があります。"
                ),
                format!(
                    "The work plan of {supplier} ended at {until}, but the session of {begun} ({account}) went on. The work may take longer, they may have forgotten to leave, or somebody else is using it."
                ),
            )
        }
        Deviation::MachineOutside { machine } => Text::new(
            format!(
                "{supplier} の保守の接続（{account}、{begun} から）が、作業予定にも保守回線にも書かれていない機器「{machine}」に入りました。保守用の接続を足がかりに広がる攻撃と同じ動きです。"
            ),
            format!(
                "The session of {supplier} ({account}, since {begun}) logged on to “{machine}”, which neither its plan nor its line names. Attackers spread from a supplier's line in the same way."
            ),
        ),
        Deviation::AddressOutside => Text::new(
            format!(
                "{supplier} の作業予定の時間内ですが、接続元 {from} はこの保守回線に登録された接続元ではありません（{account}、{begun}）。予定を知った別人の可能性があります。"
            ),
            format!(
                "{supplier} has a work plan, but {from} is not among the addresses of its line ({account}, {begun}). It may be somebody else."
            ),
        ),
        Deviation::NoLine => Text::new(
            format!(
                "保守会社や委託先のものと思われるアカウント {account} が {begun} に {from} から接続しましたが、遠隔保守の一覧に登録がないため、作業予定と照らせません。"
            ),
            format!(
                "{account}, which looks like a supplier's account, connected at {begun} from {from}. No maintenance line knows it, so it cannot be matched with a work plan."
            ),
        ),
    }
}

fn next_step(session: &Session, deviation: &Deviation, line: Option<&Line>) -> Text {
    let phone = line.map(|line| line.fields.phone.as_str()).filter(|phone| !phone.is_empty());
    let [call_ja, call_en] = match phone {
        Some(phone) => [format!("（{phone}）"), format!(" ({phone})")],
        None => [String::new(), String::new()],
    };
    let (supplier, account) = (&session.supplier, &session.account);
    match deviation {
        Deviation::Unplanned | Deviation::AddressOutside => Text::new(
            format!(
                "{supplier} にいつもの番号{call_ja}で電話し、いま作業しているのが本人か確かめてください。確かめられなければ、VPN 装置でアカウント {account} を止め、接続を切って「疑い」を開いてください。本人なら「遠隔保守」の画面で予定を登録してください（後から登録したことも記録に残ります）。"
            ),
            format!(
                "Call {supplier} on the number you already know{call_en} and ask whether it is them. If they cannot confirm it, disable {account} on the VPN device, cut the session and open a suspicion. If it is them, enter the plan under “Remote maintenance”; that it was entered afterwards stays on record."
            ),
        ),
        Deviation::Overrun => Text::new(
            format!(
                "{supplier} に電話{call_ja}し、作業が続いているか確かめてください。続くなら「遠隔保守」の画面で予定を延長し、終わっていれば接続を切ってもらってください。"
            ),
            format!(
                "Call {supplier}{call_en} and ask whether they are still at work. If so, extend the plan under “Remote maintenance”; if not, have the session cut."
            ),
        ),
        Deviation::MachineOutside { machine } => Text::new(
            format!(
                "{supplier} に電話{call_ja}し、「{machine}」に入る必要があったか確かめてください。確かめられなければ VPN の接続を切り、「{machine}」のこの時間のログを検索し、「疑い」を開いてください。"
            ),
            format!(
                "Call {supplier}{call_en} and ask why they were on “{machine}”. If they cannot say, cut the VPN session, search the logs of “{machine}” around that time and open a suspicion."
            ),
        ),
        Deviation::NoLine => Text::new(
            "「遠隔保守」の画面で、このアカウントを保守回線として登録するか、院内の職員のものであれば「保守ではない」としてください。心当たりのない接続なら、アカウントを止めて「疑い」を開いてください。",
            "Under “Remote maintenance”, make this account a line, or mark it as none of a supplier's. If nobody knows of the connection, disable the account and open a suspicion.",
        ),
    }
}
