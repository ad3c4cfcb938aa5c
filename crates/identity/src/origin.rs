//! Cross-site requests are refused by what the browser says about itself, without hidden form fields.

/// What a request says about where it comes from. Header values as they came; `None` when a header is absent.
#[derive(Clone, Copy, Debug)]
pub struct RequestOrigin<'a> {
    /// `GET`, `POST`…
    pub method: &'a str,
    /// `Sec-Fetch-Site`. Browsers send it over TLS and to loopback.
    pub sec_fetch_site: Option<&'a str>,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Host`, or the authority of the request.
    pub host: Option<&'a str>,
}

/// Whether the request may change something: it only reads, or it comes from our own pages.
///
/// `Sec-Fetch-Site` decides when there is one; else `Origin` must name our own host and port. A request with neither does
/// not come from a browser of this decade and passes; the session cookie is `SameSite=Strict` besides.
#[must_use]
pub fn same_origin(request: &RequestOrigin<'_>) -> bool {
    if matches!(request.method, "GET" | "HEAD" | "OPTIONS") {
        return true;
    }
    match (request.sec_fetch_site, request.origin) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin_is(origin, request.host),
        (None, None) => true,
    }
}

fn origin_is(origin: &str, host: Option<&str>) -> bool {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    match (authority, host) {
        (Some(authority), Some(host)) => authority.eq_ignore_ascii_case(host),
        _ => false,
    }
}
