//! The words of the screens, in Fluent files per area and language: `words/{ja,en}/<area>.ftl`.

use std::fmt::Display;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use include_dir::{Dir, include_dir};
use sakimori_words::Lang;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/words");

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle(Lang::Ja), bundle(Lang::En)]);

/// The sentence or label `key` in `lang`. An unknown key shows itself, so that a forgotten word is seen and not hidden.
#[must_use]
pub fn say(lang: Lang, key: &str) -> String {
    format(lang, key, None)
}

/// The sentence `key` in `lang` with its places filled, e.g. `&[("count", "3")]`.
#[must_use]
pub fn say_with(lang: Lang, key: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut args = FluentArgs::new();
    for (name, value) in values {
        args.set((*name).to_owned(), value.to_string());
    }
    format(lang, key, Some(&args))
}

/// Whether `key` is a word in `lang`.
#[must_use]
pub fn knows(lang: Lang, key: &str) -> bool {
    of(lang).get_message(key).is_some_and(|message| message.value().is_some())
}

/// The Fluent files of one language: name and text.
pub(crate) fn files(lang: Lang) -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES
        .get_dir(lang.tag())
        .into_iter()
        .flat_map(|dir| dir.files())
        .filter_map(|file| Some((file.path().file_name()?.to_str()?, file.contents_utf8()?)))
}

fn of(lang: Lang) -> &'static FluentBundle<FluentResource> {
    let [ja, en] = &*BUNDLES;
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

fn format(lang: Lang, key: &str, args: Option<&FluentArgs<'_>>) -> String {
    let bundle = of(lang);
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let mut problems = Vec::new();
    bundle.format_pattern(pattern, args, &mut problems).into_owned()
}

fn bundle(lang: Lang) -> FluentBundle<FluentResource> {
    let locale = lang.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Isolation marks are for mixing text directions; here they would only end up in copied text and printed forms.
    bundle.set_use_isolating(false);
    for (_, text) in files(lang) {
        // A file with a mistake still gives its good entries; a test reads every file strictly.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(good, _)| good);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

#[cfg(test)]
mod tests;
