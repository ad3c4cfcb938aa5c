//! An invented item for tests.

use sakimori_words::{Instant, Tlp};

use crate::{Indicator, IndicatorKind, Note, Publisher, SharedIntelligence, Technique};

/// 2026-11-20 18:00 in Japan.
pub(crate) const AT: Instant = Instant::from_micros(1_795_165_200_123_456);

pub(crate) fn item(tlp: Tlp) -> SharedIntelligence {
    let indicator = |kind, value| Indicator::new(kind, value).unwrap();
    SharedIntelligence {
        id: "0a3f6c1e-5b7d-4c2a-9e8f-1d2c3b4a5f60".to_owned(),
        publisher: Publisher {
            id: "7c9e6679-7425-40de-944b-e07fc1f90ae7".to_owned(),
            name: "見本省 医療情報担当".to_owned(),
        },
        title: "VPN装置から侵入するランサムウェア".to_owned(),
        description: "給食事業者との接続経由で侵入された。".to_owned(),
        published_at: AT,
        revised_at: AT,
        tlp,
        techniques: vec![Technique {
            id: "T1190".to_owned(),
            name: "Exploit Public-Facing Application".to_owned(),
        }],
        malware_family: Some("Phobos".to_owned()),
        vulnerabilities: vec!["CVE-2018-13379".to_owned()],
        indicators: vec![
            indicator(IndicatorKind::Ipv4, "198.51.100.7"),
            indicator(IndicatorKind::Ipv4, "203.0.113.0/24"),
            indicator(IndicatorKind::Ipv6, "2001:db8::7"),
            indicator(IndicatorKind::Domain, "evil.example"),
            indicator(IndicatorKind::Url, "http://evil.example/it's/a.exe"),
            indicator(IndicatorKind::Mail, "pay@evil.example"),
            indicator(IndicatorKind::FileName, "lock'er\\.exe"),
            indicator(IndicatorKind::Sha256, &"ab".repeat(32)),
            indicator(IndicatorKind::Sha1, &"cd".repeat(20)),
            indicator(IndicatorKind::Md5, &"ef".repeat(16)),
        ],
        notes: [(
            "198.51.100.7".to_owned(),
            Note {
                seen_as: "侵入に使われた接続元".to_owned(),
                technique: Some("T1190".to_owned()),
            },
        )]
        .into(),
        withdrawn: false,
    }
}

/// The files of `data` that come from outside the repository, below a folder, with a given ending.
pub(crate) fn shared(folder: &str, ending: &str) -> Vec<std::path::PathBuf> {
    let root = std::env::var_os("SAKIMORI_SHARED").map(std::path::PathBuf::from);
    let root = root.unwrap_or_else(|| {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared")
    });
    let mut folders = vec![root.join("data").join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
