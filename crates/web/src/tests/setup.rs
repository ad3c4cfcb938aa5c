use sakimori_identity::Side;
use sakimori_words::{Instant, Lang};
use totp_rs::{Builder, Secret};

use super::browser::{Browser, Page, fresh};
use crate::profile;

const PROFILE: &[(&str, &str)] = &[
    ("institution-kind", "hospital"),
    ("org-name", "見本病院"),
    ("beds", "１５０"),
    ("prefecture", "27"),
    ("founder", "municipality"),
    ("functions", "disaster-base"),
    ("vendor-name", "見本電子カルテ"),
    ("vendor-system", "電子カルテ"),
    ("vendor-phone", "06-0000-1111"),
];

const ACCOUNT: &[(&str, &str)] = &[
    ("display-name", "山田 太郎"),
    ("sign-in-name", "yamada"),
    ("new-password", "つゆくさの咲く朝に歩いた道は長い"),
];

/// The fields a page carries, with more typed into it.
fn fill<'a>(page: &'a [(String, String)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    page.iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain(more.iter().copied())
        .collect()
}

/// Every hidden field of the page's main form.
fn hidden(page: &Page) -> Vec<(String, String)> {
    let main = page.text.split("<main").nth(1).unwrap();
    let names =
        main.split("type=\"hidden\" name=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let names: std::collections::BTreeSet<&str> = names.collect();
    names.into_iter().map(|name| (name.to_owned(), page.hidden(name))).collect()
}

/// The six digits an authenticator app would show for the secret on the page.
fn code(page: &Page, at: Instant) -> String {
    let secret: [u8; 20] = base32(&page.hidden("secret")).try_into().unwrap();
    let totp = Builder::new().with_secret(Secret::new_stack(secret)).build().unwrap();
    totp.generate(u64::try_from(at.as_micros() / 1_000_000).unwrap()).to_string()
}

fn base32(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digits = text.chars().filter_map(|c| alphabet.find(c));
    let bits: Vec<usize> =
        digits.flat_map(|digit| (0..5).rev().map(move |n| digit >> n & 1)).collect();
    bits.chunks_exact(8)
        .map(|byte| u8::try_from(byte.iter().fold(0, |all, bit| all * 2 + bit)).unwrap())
        .collect()
}

#[tokio::test]
async fn the_setup_leads_from_the_link_to_the_first_source() {
    let (site, _folder) = fresh(Side::Node).await;
    let token = site.identity.setup_token().await.unwrap().unwrap();
    let mut browser = Browser::new(&site, Lang::Ja);
    let page = browser.get(&format!("/setup?token={token}")).await;
    assert!(
        page.text.contains("日本語で進む") && page.text.contains("Continue in English"),
        "{}",
        page.text
    );
    let page = browser.post("/setup", &[("token", &token), ("lang", "ja")]).await;
    let page = browser.get(page.header("location")).await;
    assert!(page.text.contains("許可病床数"), "{}", page.text);
    let page =
        browser.post("/setup/profile", &[&[("token", token.as_str())], PROFILE].concat()).await;
    assert!(page.text.contains("最初の利用者"), "{}", page.text);
    let carried = hidden(&page);
    let page = browser.post("/setup/account", &fill(&carried, ACCOUNT)).await;
    assert!(page.text.contains("<svg role=\"img\""), "{}", page.text);
    assert!(
        profile::load(site.store.as_ref()).await.unwrap().is_none(),
        "nothing is written before the code fits"
    );
    let carried = hidden(&page);
    let wrong = browser.post("/setup/code", &fill(&carried, &[("code", "000000")])).await;
    assert!(wrong.text.contains("確認コードが一致しません"), "{}", wrong.text);
    let right = code(&page, site.clock.now());
    let page = browser.post("/setup/code", &fill(&carried, &[("code", &right)])).await;
    assert!(page.text.contains("復旧コード"), "{}", page.text);
    let own = profile::load(site.store.as_ref()).await.unwrap().unwrap().organisation;
    let institution = own.institution.unwrap();
    assert_eq!((own.name.as_str(), institution.permitted_beds), ("見本病院", 150));
    assert_eq!(institution.functions, ["災害拠点病院"]);
    assert_eq!(institution.vendors.len(), 1);
    let page = browser.get("/sources/connect?first=1").await;
    assert!(page.text.contains("logger --server 10.0.0.2 --port 5514"), "{}", page.text);
    assert_eq!(browser.get("/today").await.status, 200);

    let mut second = Browser::new(&site, Lang::Ja);
    let page = second.get(&format!("/setup?token={token}")).await;
    assert_eq!(page.status, 410);
    assert!(page.text.contains("SK-IDENTITY-001"), "{}", page.text);
    let page = second
        .post("/setup/account", &[&[("token", token.as_str())], PROFILE, ACCOUNT].concat())
        .await;
    assert_eq!(page.status, 410);
}

#[tokio::test]
async fn a_wrong_setup_link_is_a_trouble_and_a_half_filled_profile_keeps_what_was_typed() {
    let (site, _folder) = fresh(Side::Node).await;
    site.identity.setup_token().await.unwrap();
    let mut browser = Browser::new(&site, Lang::Ja);
    let page = browser
        .post("/setup/account", &[&[("token", "nonsense")], PROFILE, ACCOUNT].concat())
        .await;
    assert_eq!(page.status, 410, "{}", page.text);
    assert!(page.text.contains("SK-IDENTITY-002"), "{}", page.text);
    let fields = [
        ("token", "x"),
        ("institution-kind", "hospital"),
        ("org-name", "見本病院"),
        ("beds", "たくさん"),
        ("founder", "state"),
    ];
    let page = browser.post("/setup/profile", &fields).await;
    assert!(
        page.text.contains("href=\"#f-beds\"")
            && page.text.contains("0以上の整数を入力してください"),
        "{}",
        page.text
    );
    assert!(page.text.contains("href=\"#f-prefecture\""), "{}", page.text);
    assert!(
        page.text.contains("value=\"見本病院\"") && page.text.contains("value=\"たくさん\""),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn an_office_describes_itself_and_needs_no_log_source() {
    let (site, _folder) = fresh(Side::Hub).await;
    let mut browser = Browser::new(&site, Lang::En);
    let page = browser.get("/setup/profile?token=x").await;
    assert!(
        page.text.contains("Kind of office") && !page.text.contains("Permitted beds"),
        "{}",
        page.text
    );
    let fields =
        [("token", "x"), ("office-kind", "ministry"), ("org-name", "Ministry"), ("prefecture", "")];
    let page = browser.post("/setup/profile", &fields).await;
    assert!(page.text.contains("Step 3 of 5"), "{}", page.text);
}
