//! The text about publication that is shown before an opt-in. When it changes, its version changes, and `status` warns.

use crate::receiver::Kind;

/// Version of the text.
pub const TEXT_VERSION: u32 = 1;

/// The text for a kind of receiver.
#[must_use]
pub const fn text(kind: Kind) -> &'static str {
    match kind {
        Kind::CallbackStats => {
            "\
What happens to it: the receiver keeps each report for at most 90 days, without your address and under a keyed hash of
  the uuid. It publishes totals over all installs: a label or device description appears once at least 5 installs have
  it, unless the receiver states another threshold. Someone who submits many fake reports could get around that.
What remains identifiable: the report carries a random uuid, and someone who knows your network might recognise an
  unusual combination of counts.
How to undo it: `callback-agent disable` stops it at once; `callback-agent clear` deletes all sent reports, with a
  signed receipt."
        }
        Kind::Stock => {
            "\
What happens to it: this receiver is treated as LibreNMS's statistics site or one like it. It publishes totals over all
  installs without a threshold, and gives no receipt. Its own page says how long it keeps reports.
What remains identifiable: the report carries a random uuid, and someone who knows your network might recognise an
  unusual combination of counts.
How to undo it: `callback-agent disable` stops it at once; `callback-agent clear` asks for all sent reports to be
  deleted."
        }
    }
}
