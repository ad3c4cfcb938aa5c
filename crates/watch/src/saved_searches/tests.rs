use std::sync::Arc;

use sakimori_ledger::Store;
use sakimori_words::PersonId;

use super::{
    SAVED_SEARCHES_MAX, SEARCH_TEXT_CHARS_MAX, SavedSearches, SavedSearchesError, SearchFields,
};
use crate::By;

struct Desk {
    searches: SavedSearches,
    store: Arc<dyn Store>,
    person: PersonId,
    _folder: tempfile::TempDir,
}

async fn desk() -> Desk {
    let (folder, store, clock) = crate::desk::ledger().await;
    let searches = SavedSearches::new(Arc::clone(&store), clock);
    Desk { searches, store, person: "tanaka".into(), _folder: folder }
}

impl Desk {
    const fn by(&self) -> By<'_> {
        By { person: &self.person, name: "田中" }
    }

    async fn names(&self) -> Vec<String> {
        self.searches.list().await.unwrap().into_iter().map(|search| search.name).collect()
    }
}

fn filter(text: &str) -> SearchFields {
    SearchFields { text: text.to_owned(), period: "7d".to_owned(), ..SearchFields::default() }
}

#[tokio::test]
async fn what_was_saved_is_listed_by_name_with_who_saved_it_until_it_is_removed() {
    let desk = desk().await;
    let vpn = filter("class:vpn status:failure");
    desk.searches.save(" VPNの失敗 ", vpn.clone(), desk.by()).await.unwrap();
    desk.searches.save("1. 夜間のログオン", filter("class:logon"), desk.by()).await.unwrap();
    assert_eq!(desk.names().await, ["1. 夜間のログオン", "VPNの失敗"]);
    let saved = desk.searches.list().await.unwrap().remove(1);
    assert_eq!((saved.fields, saved.saved_by_name.as_str()), (vpn, "田中"));
    desk.searches.remove("VPNの失敗", desk.by()).await.unwrap();
    assert_eq!(desk.names().await, ["1. 夜間のログオン"]);
    let again = desk.searches.remove("VPNの失敗", desk.by()).await.unwrap_err();
    assert!(matches!(again, SavedSearchesError::Unknown { .. }), "{again}");
    let kinds: Vec<String> =
        desk.store.entries(0, 10).await.unwrap().into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["search_saved", "search_saved", "search_removed"]);
}

#[tokio::test]
async fn a_name_is_given_once_and_again_after_it_was_removed() {
    let desk = desk().await;
    desk.searches.save("VPN", filter("a"), desk.by()).await.unwrap();
    let taken = desk.searches.save("VPN", filter("b"), desk.by()).await.unwrap_err();
    assert!(matches!(taken, SavedSearchesError::Taken { .. }), "{taken}");
    assert_eq!(desk.searches.list().await.unwrap()[0].fields.text, "a");
    desk.searches.remove("VPN", desk.by()).await.unwrap();
    desk.searches.save("VPN", filter("b"), desk.by()).await.unwrap();
    assert_eq!(desk.searches.list().await.unwrap()[0].fields.text, "b");
}

#[tokio::test]
async fn what_would_not_fit_a_list_is_refused() {
    let desk = desk().await;
    for name in ["", " ", "a\nb", "a\u{0}", "x\u{202e}y", "x\u{200b}y", &"あ".repeat(61)] {
        let refused = desk.searches.save(name, filter(""), desk.by()).await.unwrap_err();
        assert!(matches!(refused, SavedSearchesError::Name { .. }), "{name:?}");
        assert_eq!(refused.trouble().kind.code, "SK-WATCH-021");
    }
    desk.searches.save(&"あ".repeat(60), filter(""), desk.by()).await.unwrap();
    let long = "x".repeat(SEARCH_TEXT_CHARS_MAX + 1);
    let refused = desk.searches.save("long", filter(&long), desk.by()).await.unwrap_err();
    assert!(matches!(refused, SavedSearchesError::TooLong { .. }), "{refused}");
    let source = SearchFields { source: "x".repeat(201), ..filter("") };
    assert!(desk.searches.save("long", source, desk.by()).await.is_err());
}

#[tokio::test]
async fn the_list_does_not_grow_without_end() {
    let desk = desk().await;
    for n in 0..SAVED_SEARCHES_MAX {
        desk.searches.save(&format!("{n}"), filter(""), desk.by()).await.unwrap();
    }
    let full = desk.searches.save("one more", filter(""), desk.by()).await.unwrap_err();
    assert_eq!(full.trouble().kind.code, "SK-WATCH-024");
    desk.searches.remove("7", desk.by()).await.unwrap();
    desk.searches.save("one more", filter(""), desk.by()).await.unwrap();
}
