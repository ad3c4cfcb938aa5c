//! The same stories on a disk in memory.

use super::bench::Bench;
use super::{export, fact, put, stories};
use crate::MemoryDisk;

/// Stories in which somebody changes the engine's own tables: memory has none.
const WITH_TOOLS: [&str; 3] = [
    "rebuilding_gives_the_same_shelves",
    "rebuilding_refuses_a_broken_journal",
    "a_newer_format_is_refused",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_story_without_tables_holds_in_memory() {
    for (name, story) in stories::all() {
        if !WITH_TOOLS.contains(&name) {
            println!("{name}");
            story(Bench::Memory { disk: MemoryDisk::new() }).await;
        }
    }
    let disk = || Bench::Memory { disk: MemoryDisk::new() };
    export::check_move(&Bench::sqlite(), &disk()).await;
    export::check_move(&disk(), &Bench::sqlite()).await;
}

#[tokio::test]
async fn a_copy_goes_its_own_way() {
    let disk = MemoryDisk::new();
    let store = disk.open().unwrap();
    let kept = |key: &str| fact("s", "kept").put(put(key, &serde_json::json!(1)));
    store.commit(vec![kept("1")]).await.unwrap();
    let copy = disk.copy().open().unwrap();
    store.commit(vec![kept("2")]).await.unwrap();
    copy.commit(vec![kept("3")]).await.unwrap();
    for (store, expected) in [(store, ["1", "2"]), (copy, ["1", "3"])] {
        let found = store.list("case", None, 9).await.unwrap();
        assert_eq!(found.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), expected);
        store.rebuild().await.unwrap();
        assert!(store.check().await.unwrap().sound());
        assert_eq!(store.list("case", None, 9).await.unwrap(), found);
    }
}

#[tokio::test]
async fn after_a_power_failure_what_was_kept_is_there_and_nothing_else() {
    for (last_is_told, expected) in [(true, [true, true, false]), (false, [true, false, false])] {
        let disk = MemoryDisk::new();
        let store = disk.open().unwrap();
        disk.fail_after(2, last_is_told);
        let mut told = vec![];
        for key in ["1", "2", "3"] {
            let kept = fact("s", "kept").put(put(key, &serde_json::json!(1)));
            told.push(store.commit(vec![kept]).await.is_ok());
        }
        assert_eq!(told, expected);
        assert!(disk.has_failed());
        let store = disk.open().unwrap();
        assert!(!disk.has_failed());
        assert_eq!(store.count("case").await.unwrap(), 2);
        store.commit(vec![fact("s", "goes on")]).await.unwrap();
    }
}
