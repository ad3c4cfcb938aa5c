use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use sakimori_words::Lang;

use super::{files, say, say_with};

fn keys(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::new();
    for (file, text) in files(lang) {
        FluentResource::try_new(text.to_owned())
            .unwrap_or_else(|(_, errors)| panic!("{}/{file}: {errors:?}", lang.tag()));
        for line in text.lines() {
            let Some((key, _)) = line.split_once(" =") else { continue };
            if key.starts_with(|c: char| c.is_ascii_lowercase()) {
                let first = keys.insert(format!("{file} {key}"), places(text, key));
                assert!(first.is_none(), "{}/{file}: `{key}` is there twice", lang.tag());
            }
        }
    }
    keys
}

/// The `{ $name }` places of one message.
fn places(text: &str, key: &str) -> BTreeSet<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with(&format!("{key} =")));
    let message: String = lines
        .enumerate()
        .take_while(|(n, line)| *n == 0 || line.starts_with(' '))
        .map(|(_, line)| line)
        .collect();
    message
        .split('$')
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn both_languages_have_the_same_words_with_the_same_places() {
    let (ja, en) = (keys(Lang::Ja), keys(Lang::En));
    assert_eq!(ja, en);
    assert!(ja.len() > 50, "only {} words were found", ja.len());
}

#[test]
fn no_word_is_declared_in_two_areas() {
    let mut seen = BTreeMap::new();
    for key in keys(Lang::Ja).keys() {
        let (file, word) = key.split_once(' ').unwrap();
        if let Some(other) = seen.insert(word.to_owned(), file.to_owned()) {
            panic!("`{word}` is in {other} and in {file}");
        }
    }
}

#[test]
fn every_word_a_template_or_screen_asks_for_exists() {
    let known: BTreeSet<String> = keys(Lang::Ja)
        .into_keys()
        .filter_map(|key| Some(key.split_once(' ')?.1.to_owned()))
        .collect();
    let mut missing = Vec::new();
    walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, text| {
        let starts = [
            "frame.t(\"",
            "frame.with(\"",
            "frame.with2(\"",
            "Problem::new(\"",
            "Flash::new(\"",
            " word: \"",
        ];
        for start in starts {
            for rest in text.split(start).skip(1) {
                let key = rest.split('"').next().unwrap_or_default();
                if !key.is_empty() && !known.contains(key) {
                    missing.push(format!("{}: {key}", path.display()));
                }
            }
        }
    });
    assert!(missing.is_empty(), "words without an entry:\n{}", missing.join("\n"));
}

#[test]
fn places_are_filled_without_isolation_marks() {
    assert_eq!(say_with(Lang::Ja, "count-items", &[("count", &3)]), "3件");
    assert_eq!(say_with(Lang::En, "count-items", &[("count", &3)]), "3 items");
}

#[test]
fn an_unknown_word_shows_its_key() {
    assert_eq!(say(Lang::Ja, "no-such-word"), "no-such-word");
}

fn walk(dir: &std::path::Path, each: &mut dyn FnMut(&std::path::Path, &str)) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, each);
        } else if path.file_name().is_some_and(|name| name != "tests.rs")
            && path.extension().is_some_and(|ending| ending == "rs" || ending == "html")
        {
            each(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
