//! Indicators of a case: the attackers' go out, the victim's never.

use sakimori_standards::{Indicator, IndicatorKind};

use super::country::{content, hospitals, reported};
use crate::{Canaries, Place, SharedIndicator, gate};

fn told(kind: IndicatorKind, value: &str) -> SharedIndicator {
    let indicator = Indicator::new(kind, value).unwrap();
    SharedIndicator { indicator, seen_as: String::new(), technique: None }
}

#[test]
fn private_addresses_and_the_victims_own_names_are_refused() {
    use IndicatorKind::{Domain, FileName, Ipv4, Ipv6, Mail, Sha256, Url};
    let victim = hospitals(1).remove(0);
    let reported = reported(&victim, 1);
    for (kind, value) in [
        (Ipv4, "10.11.12.13"),
        (Ipv4, "172.31.0.1"),
        (Ipv4, "192.168.0.0/24"),
        (Ipv4, "8.0.0.0/5"),
        (Ipv4, "127.0.0.1"),
        (Ipv4, "100.64.1.1"),
        (Ipv6, "fd00::1"),
        (Ipv6, "fe80::1"),
        (Ipv6, "::ffff:10.1.2.3"),
        (Domain, "emr01.kensa.local"),
        (Domain, "kensa.example.jp"),
        (Domain, "VPN.kensa.example.jp"),
        (Mail, "jimu@kensa.example.jp"),
        (Url, "www.kensa.example.jp/login"),
        (Url, "http://10.0.0.5:8080/a"),
    ] {
        assert!(told(kind, value).is_the_victims(&reported), "{value}");
    }
    for (kind, value) in [
        (Ipv4, "198.51.100.7"),
        (Ipv4, "172.32.0.1"),
        (Ipv4, "203.0.113.0/24"),
        (Ipv6, "2001:db8::7"),
        (Domain, "evil.example"),
        (Domain, "notkensa.example.jp"),
        (Url, "evil.example/a.exe"),
        (FileName, "locker.exe"),
        (Sha256, &"ab".repeat(32)),
    ] {
        assert!(!told(kind, value).is_the_victims(&reported), "{value}");
    }
}

#[test]
fn what_the_report_tells_of_the_attacker_may_go_out_and_what_it_tells_of_the_victim_may_not() {
    let ladder = &content().sharing().ladder;
    let victim = hospitals(1).remove(0);
    let mut reported = reported(&victim, 1);
    let details = reported.fields.iter_mut().find(|field| field.id == "details").unwrap();
    details.value.ja.push_str("。198.51.100.7 と evil.example から EMR-SV02 に入られた");
    let place = Place { area: crate::Area::Nation, beds: None, kind: None, founder: None };
    let canaries = Canaries::of(&reported, &place, ladder);
    let open = |canaries: &Canaries, text: &str| {
        gate(canaries, 10, 10, &[("taxii", text.as_bytes())]).is_ok()
    };
    assert!(!open(&canaries, "198.51.100.7"), "nobody has said that it is the attacker's");
    let indicators = [
        told(IndicatorKind::Ipv4, "198.51.100.7"),
        told(IndicatorKind::Domain, "evil.example"),
        // An officer's mistake: the name of the victim's machine, and the victim's name itself.
        told(IndicatorKind::FileName, &victim.name),
    ];
    let canaries = canaries.apart_from(&indicators);
    assert!(open(&canaries, "198.51.100.7 evil.example"));
    assert!(!open(&canaries, "EMR-SV02") && !open(&canaries, "10.11.12.13"));
    assert!(!open(&canaries, &victim.name), "no indicator lets a name out");
}
