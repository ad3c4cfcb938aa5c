//! Addresses inside the site: query strings, and return paths that cannot lead anywhere else.

/// `path` with a query string; values are escaped, empty ones left out.
#[must_use]
pub fn with_query(path: &str, values: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// `next` if it is a plain path of this site, else `/today`. Anything that a browser could read as another host
/// (`//host`, `/\host`, control characters) is refused.
#[must_use]
pub fn local(next: &str) -> &str {
    let second = next.chars().nth(1);
    let plain = next.starts_with('/')
        && !matches!(second, Some('/' | '\\'))
        && !next.chars().any(|c| c.is_control() || c == '\\');
    if plain { next } else { "/today" }
}

#[cfg(test)]
mod tests {
    use super::{local, with_query};

    #[test]
    fn a_return_path_never_leaves_the_site() {
        assert_eq!(local("/cases/1?x=2"), "/cases/1?x=2");
        for outside in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "today",
            "/\t/evil",
            "/a\\b",
        ] {
            assert_eq!(local(outside), "/today", "{outside}");
        }
    }

    #[test]
    fn a_query_is_escaped_and_empty_values_are_left_out() {
        assert_eq!(with_query("/a", &[("q", "x y&z"), ("e", "")]), "/a?q=x+y%26z");
        assert_eq!(with_query("/a", &[]), "/a");
    }
}
