//! A QR code as SVG without inline style.

use std::fmt::Write as _;

use qrcode::{Color, QrCode};

/// White frame around the code, in modules; scanners need four.
const QUIET: usize = 4;

/// The code for `text`, titled `title`; empty when the text is too long for a code (the secret can still be typed).
pub(crate) fn svg(text: &str, title: &str) -> String {
    let Ok(code) = QrCode::new(text) else { return String::new() };
    let width = code.width();
    let mut dark = String::new();
    for (n, color) in code.to_colors().iter().enumerate() {
        if *color == Color::Dark {
            let _ = write!(dark, "M{} {}h1v1h-1z", n % width + QUIET, n / width + QUIET);
        }
    }
    let size = width + 2 * QUIET;
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        r##"<svg role="img" viewBox="0 0 {size} {size}" shape-rendering="crispEdges" xmlns="http://www.w3.org/2000/svg"><title>{title}</title><path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path fill="#000" d="{dark}"/></svg>"##
    )
}
