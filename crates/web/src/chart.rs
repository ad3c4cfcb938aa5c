//! Charts as SVG without inline style; every chart stands beside a table with the same numbers.

use std::fmt::Write as _;

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// How much.
    pub value: u64,
}

/// Upright bars side by side, as an `<svg>` element. `title` is read aloud; the numbers are in the table beside it.
#[must_use]
pub fn bars(title: &str, bars: &[Bar]) -> String {
    const WIDTH: usize = 720;
    const HEIGHT: usize = 160;
    const FOOT: usize = 20;
    let highest = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let step = WIDTH / bars.len().max(1);
    let mut svg = format!(
        r#"<svg role="img" viewBox="0 0 {WIDTH} {}" xmlns="http://www.w3.org/2000/svg"><title>{}</title>"#,
        HEIGHT + FOOT,
        escape(title)
    );
    for (n, bar) in bars.iter().enumerate() {
        let height = height_of(bar.value, highest, HEIGHT);
        let _ = write!(
            svg,
            r#"<rect class="chart-bar" x="{}" y="{}" width="{}" height="{height}"/>"#,
            n * step + 1,
            HEIGHT - height,
            step.saturating_sub(2).max(1),
        );
        if n % label_every(bars.len()) == 0 {
            let _ = write!(
                svg,
                r#"<text class="chart-text" x="{}" y="{}">{}</text>"#,
                n * step + 1,
                HEIGHT + FOOT - 5,
                escape(&bar.label)
            );
        }
    }
    let _ = write!(
        svg,
        r#"<line class="chart-axis" x1="0" y1="{HEIGHT}" x2="{WIDTH}" y2="{HEIGHT}"/></svg>"#
    );
    svg
}

/// A bar that is present is never invisible: one event among a million still shows a line.
fn height_of(value: u64, highest: u64, height: usize) -> usize {
    let scaled = u128::from(value) * u128::try_from(height).unwrap_or(0) / u128::from(highest);
    let scaled = usize::try_from(scaled).unwrap_or(height);
    if value > 0 { scaled.max(2) } else { 0 }
}

const fn label_every(n_bars: usize) -> usize {
    if n_bars <= 12 { 1 } else { n_bars.div_ceil(8) }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Bar, bars};

    #[test]
    fn one_event_among_many_is_still_seen_and_labels_are_text() {
        let svg = bars(
            "<title>",
            &[Bar { label: "a".into(), value: 1 }, Bar { label: "<b>".into(), value: 1_000_000 }],
        );
        assert!(svg.contains(r#"height="2""#), "{svg}");
        assert!(svg.contains("&lt;b&gt;") && !svg.contains("<b>"), "{svg}");
        assert!(!svg.contains("style="));
    }

    #[test]
    fn no_bars_are_an_empty_chart() {
        assert!(bars("none", &[]).ends_with("</svg>"));
    }
}
