//! Rules about a firewall's traffic, on every log in which a firewall tells of it, and on no other.

use sakimori_sigma::{Document, Placeholders, RuleSet};
use sakimori_watch::sources::{Context, read_line};
use sakimori_words::Instant;

/// A connection from 10.20.5.5 to port 445 of 198.51.100.20.
const TRAFFIC: [&str; 9] = [
    // Yamaha: a filter's decision, and a session that was watched.
    "LAN2 Rejected at OUT(2000) filter: TCP 10.20.5.5:50000 > 198.51.100.20:445",
    "[INSPECT] PP[01][out][101099] TCP 10.20.5.5:50000 > 198.51.100.20:445 (2026/11/20 02:10:00)",
    // FortiGate, in its own words and in CEF.
    r#"<189>date=2026-11-20 time=02:11:00 devname="FW-01" logid="0000000013" type="traffic" subtype="forward" srcip=10.20.5.5 srcport=50000 dstip=198.51.100.20 dstport=445 action="deny""#,
    "CEF:0|Fortinet|Fortigate|v7.4.4|00013|traffic:forward deny|3|cat=traffic:forward FTNTFGTsubtype=forward src=10.20.5.5 spt=50000 dst=198.51.100.20 dpt=445 act=deny",
    // Others in CEF: one that says what it is about, one whose product says it.
    "CEF:0|Palo Alto Networks|PAN-OS|11.1.2|drop|TRAFFIC|3|src=10.20.5.5 spt=50000 dst=198.51.100.20 dpt=445 proto=tcp act=deny",
    "CEF:0|Example Security|Branch Firewall|7.2|20|Connection stopped|3|src=10.20.5.5 spt=50000 dst=198.51.100.20 dpt=445 act=blocked",
    // And in LEEF.
    "LEEF:2.0|Palo Alto Networks|PAN-OS Syslog Integration|11.1|deny|x7C|cat=TRAFFIC|src=10.20.5.5|dst=198.51.100.20|srcPort=50000|dstPort=445|action=deny",
    "LEEF:1.0|Example Security|Firewall|3.2|4001|cat=traffic\tsrc=10.20.5.5\tsrcPort=50000\tdst=198.51.100.20\tdstPort=445\taction=drop",
    "LEEF:1.0|Example Security|UTM 100|3.2|4002|src=10.20.5.5\tsrcPort=50000\tdst=198.51.100.20\tdstPort=445\taction=blocked",
];

/// The same connection, told by somebody who is no firewall or about something else than traffic.
const OTHER: [&str; 8] = [
    "CEF:0|Example Security|Sensor|1.0|77|Exploit attempt|9|src=10.20.5.5 spt=50000 dst=198.51.100.20 dpt=445 act=Alert",
    "CEF:0|Example Security|Sensor|1.0|78|Unusual traffic|5|cat=unusual traffic src=10.20.5.5 spt=50000 dst=198.51.100.20 dpt=445 act=blocked",
    "CEF:0|Example Security|Endpoint Agent|1.0|5|Connection opened|2|src=10.20.5.5 spt=50000 dst=198.51.100.20 dpt=445 act=allowed",
    "CEF:0|Example Security|Branch Firewall|7.2|9|Administrator logged in|3|src=10.20.5.5 spt=50000 dst=198.51.100.20 dpt=445 suser=admin outcome=success",
    "CEF:0|Example Security|Branch Firewall|7.2|31|Virus found|8|src=10.20.5.5 spt=50000 dst=198.51.100.20 dpt=445 act=blocked",
    "LEEF:1.0|Example Security|Proxy|2.1|web|src=10.20.5.5\tsrcPort=50000\tdst=198.51.100.20\tdstPort=445\turl=http://files.example/\taction=blocked",
    r#"<189>date=2026-11-20 time=02:11:00 devname="FW-01" logid="0419016384" type="utm" subtype="ips" srcip=10.20.5.5 srcport=50000 dstip=198.51.100.20 dstport=445 action="dropped""#,
    r#"{"event_type":"flow","src_ip":"10.20.5.5","src_port":50000,"dest_ip":"198.51.100.20","dest_port":445,"dst_ip":"198.51.100.20","dst_port":445}"#,
];

fn hits(source: &str, line: &str) -> bool {
    let text = format!(
        "title: T\nlogsource: {{{source}}}\ndetection: {{s: {{src_ip: 10.20.5.5, src_port: 50000, dst_ip|cidr: 198.51.100.0/24, dst_port: 445, action|re: '.'}}, condition: s}}"
    );
    let (rules, complaints) =
        RuleSet::compile(Document::parse(&text).unwrap(), &Placeholders::new());
    assert!(complaints.is_empty(), "{source}");
    let received_at = Instant::parse("2026-11-20T09:00:05Z").unwrap();
    let context = Context { source: "test".to_owned(), received_at };
    !rules.matches(&read_line(line.as_bytes(), &context)).is_empty()
}

#[test]
fn a_firewall_rule_reads_the_traffic_of_every_firewall() {
    for line in TRAFFIC {
        assert!(hits("category: firewall", line), "{line}");
    }
}

#[test]
fn a_firewall_rule_reads_nothing_else() {
    for line in OTHER {
        assert!(!hits("category: firewall", line), "{line}");
    }
}

#[test]
fn a_firewall_rule_for_one_product_reads_only_that() {
    for (product, n_lines) in [("yamaha", 2), ("fortigate", 2), ("paloalto", 2), ("checkpoint", 0)]
    {
        let source = format!("product: {product}, category: firewall");
        let n_hits = TRAFFIC.iter().filter(|line| hits(&source, line)).count();
        assert_eq!(n_hits, n_lines, "{product}");
    }
    assert!(hits("product: yamaha, service: filter, category: firewall", TRAFFIC[0]));
    assert!(!hits("product: yamaha, service: filter, category: firewall", TRAFFIC[1]));
}
