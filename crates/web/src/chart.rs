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
            write_label(&mut svg, n * step + 1, HEIGHT + FOOT - 5, bar);
        }
    }
    write_end(&mut svg, WIDTH, HEIGHT);
    svg
}

/// Upright bars that can be clicked, as an `<svg>` element: each with the address it leads to. A bar's whole height can be
/// hit, and its number is read aloud.
#[must_use]
pub fn linked_bars(title: &str, bars: &[(Bar, &str)]) -> String {
    const WIDTH: usize = 720;
    const HEIGHT: usize = 110;
    const LABEL: usize = 80;
    const FOOT: usize = 20;
    let highest = bars.iter().map(|(bar, _)| bar.value).max().unwrap_or(0).max(1);
    let step = WIDTH / bars.len().max(1);
    let mut svg = format!(
        r#"<svg role="group" aria-label="{}" viewBox="0 0 {WIDTH} {}" xmlns="http://www.w3.org/2000/svg">"#,
        escape(title),
        HEIGHT + FOOT,
    );
    for (n, (bar, address)) in bars.iter().enumerate() {
        let height = height_of(bar.value, highest, HEIGHT);
        let (x, width) = (n * step, step.max(1));
        if bar.value > 0 {
            let label = escape(&format!("{}: {}", bar.label, bar.value));
            let _ = write!(
                svg,
                r#"<a href="{}" aria-label="{label}"><title>{label}</title><rect class="chart-hit" x="{x}" y="0" width="{width}" height="{HEIGHT}"/><rect class="chart-bar" x="{}" y="{}" width="{}" height="{height}"/></a>"#,
                escape(address),
                x + 1,
                HEIGHT - height,
                width.saturating_sub(2).max(1),
            );
        }
        // The last label would be cut at the edge.
        let has_room = n == 0 || x + LABEL <= WIDTH;
        if n % label_every(bars.len()) == 0 && has_room {
            write_label(&mut svg, x + 1, HEIGHT + FOOT - 5, bar);
        }
    }
    write_end(&mut svg, WIDTH, HEIGHT);
    svg
}

fn write_label(svg: &mut String, x: usize, y: usize, bar: &Bar) {
    let text = escape(&bar.label);
    let _ = write!(svg, r#"<text class="chart-text" x="{x}" y="{y}">{text}</text>"#);
}

/// The line the bars stand on, and the end of the chart.
fn write_end(svg: &mut String, width: usize, y: usize) {
    let _ =
        write!(svg, r#"<line class="chart-axis" x1="0" y1="{y}" x2="{width}" y2="{y}"/></svg>"#);
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
    use super::{Bar, bars, linked_bars};

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
    fn a_bar_leads_somewhere_and_an_empty_span_does_not() {
        let bar = |value| Bar { label: "12:00".into(), value };
        let svg = linked_bars("hits", &[(bar(0), "/a"), (bar(3), "/search?a=1&b=\"2\"")]);
        assert_eq!(svg.matches("<a ").count(), 1, "{svg}");
        assert!(
            svg.contains("href=\"/search?a=1&amp;b=&quot;2&quot;\" aria-label=\"12:00: 3\""),
            "{svg}"
        );
    }

    #[test]
    fn no_bars_are_an_empty_chart() {
        assert!(bars("none", &[]).ends_with("</svg>"));
    }
}
