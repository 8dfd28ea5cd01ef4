//! What is said about publication before anything is allowed. A change of it is a new version, and `status` says so.

use crate::receiver::Kind;

/// Version of the texts.
pub const TEXT_VERSION: u32 = 1;

/// The text for a kind of receiver.
#[must_use]
pub const fn text(kind: Kind) -> &'static str {
    match kind {
        Kind::CallbackStats => {
            "\
What becomes of it: the receiver keeps each report for at most 90 days, without your address, under a keyed hash of the
  uuid. It publishes totals over all installs: a label or device description appears once at least 5 installs
  have it, unless the receiver states another number. That does not stop someone who runs many installs.
What stays: the report carries a random uuid, and an unusual combination of counts can be recognised by someone who
  knows your install.
To take it back: `callback-agent disable` stops it at once; `callback-agent clear` has all of it removed, with a receipt."
        }
        Kind::Stock => {
            "\
What becomes of it: this receiver is taken for LibreNMS's statistics site or one like it. It publishes totals over all
  installs without a least number of installs, and gives no receipt. Its own page says how long it keeps reports.
What stays: the report carries a random uuid, and an unusual combination of counts can be recognised by someone who
  knows your install.
To take it back: `callback-agent disable` stops it at once; `callback-agent clear` asks for all of it to be removed."
        }
    }
}
