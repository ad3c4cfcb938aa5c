//! Remote maintenance: lines and plans entered on the command line, sessions of the log matched with them by the running node.

use sakimori_ledger::Store;
use sakimori_watch::KeptFinding;
use sakimori_watch::maintenance::Session;

use crate::house::{House, printed, run, wait_for};

/// A gateway's word that somebody came in at nine o'clock of new year's day, sent late.
fn tunnel(account: &str, number: u32) -> String {
    format!(
        "date=2020-01-01 time=09:00:00 devname=\"FG-01\" devid=\"FG100FTK20000001\" eventtime=1577836800000000000 tz=\"+0900\" logid=\"0101039424\" type=\"event\" subtype=\"vpn\" level=\"information\" vd=\"root\" action=\"tunnel-up\" tunneltype=\"ssl-tunnel\" tunnelid={number} remip=203.0.113.7 tunnelip=10.212.134.{number} user=\"{account}\" group=\"vendor-vpn\" msg=\"SSL tunnel established\"\n"
    )
}

async fn all<T: serde::de::DeserializeOwned>(store: &dyn Store, shelf: &str) -> Vec<T> {
    let records = store.list(shelf, None, 100).await.unwrap();
    records.iter().map(|record| record.read().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_session_is_no_finding_and_one_without_a_plan_is() {
    let data = tempfile::tempdir().unwrap();
    let house = House::start(data.path());
    let at = data.path().display().to_string();
    let maintenance = |words: &[&str]| run(&[&["maintenance"], words, &["--data", &at]].concat());
    for (supplier, account) in [("Sample Records", "emr-maint"), ("Sample Food", "kyushoku-maint")]
    {
        let output = maintenance(&["line", "add", "--supplier", supplier, "--account", account]);
        assert!(output.status.success(), "{}", printed(&output));
    }
    assert!(printed(&maintenance(&["line", "list"])).contains("emr-maint"));
    let table = data.path().join("plans.csv");
    let rows = "supplier,from,to,purpose\nSample Records,2020-01-01 8:30,2020-01-01 12:00,update\n";
    std::fs::write(&table, rows).unwrap();
    let output = maintenance(&["plan", "import", &table.display().to_string()]);
    assert!(printed(&output).contains("1 entered"), "{}", printed(&output));
    let times = ["--from", "2020-01-02 9:00", "--to", "2020-01-02 10:00"];
    let add = |supplier: &str| {
        let words = ["plan", "add", "--supplier", supplier, "--purpose", "menus"];
        maintenance(&[&words[..], &times[..]].concat())
    };
    assert!(add("Sample Food").status.success());
    assert_eq!(add("Nobody").status.code(), Some(3));
    let listed = printed(&maintenance(&["plan", "list"]));
    assert!(listed.contains("Sample Records") && listed.contains("2020-01-02"), "{listed}");

    // The node has read what another process entered before it looks at what comes.
    std::thread::sleep(std::time::Duration::from_secs(6));
    let staff = tunnel("tanaka", 3).replace("vendor-vpn", "staff-vpn");
    let lines = [tunnel("emr-maint", 1), tunnel("kyushoku-maint", 2), staff];
    std::fs::write(data.path().join("inbox/vpn.log"), lines.concat()).unwrap();
    let address = format!("sqlite:{}", data.path().join("ledger.sqlite").display());
    let store = sakimori_ledger::open(&address).await.unwrap();
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        wait_for("the sessions are not kept", || {
            runtime.block_on(all::<Session>(store.as_ref(), "maintenance_session")).len() == 2
        });
    });
    let findings: Vec<KeptFinding> = all(store.as_ref(), "finding_open").await;
    let told: Vec<(&str, &str)> = findings
        .iter()
        .map(|kept| (kept.finding.rule_id.as_str(), kept.finding.user.as_str()))
        .filter(|(rule, _)| rule.starts_with("sakimori-maintenance"))
        .collect();
    assert_eq!(told, [("sakimori-maintenance-unplanned", "kyushoku-maint")]);
    let rule = sakimori_watch::maintenance::SUPPLIER_RULE;
    assert!(findings.iter().all(|kept| kept.finding.rule_id != rule), "it is told once");
    house.stop();
}
