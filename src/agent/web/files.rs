//! The page's own files, as built by `cargo xtask assets`.

/// Name and content of each file; empty if the agent was built before the files.
const EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/preview.rs"));

/// The content security policy: the page's own scripts, styles and requests, and compiling the module; nothing from
/// other origins.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    worker-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file by its name. The name of the page itself is empty.
pub(crate) fn find(name: &str) -> Option<(&'static str, &'static [u8])> {
    let name = if name.is_empty() { "index.html" } else { name };
    let (name, bytes) = EMBEDDED.iter().find(|(own, _)| *own == name)?;
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    Some((kind, bytes))
}

/// Whether this build contains the page.
pub(crate) const fn has_page() -> bool {
    !EMBEDDED.is_empty()
}
