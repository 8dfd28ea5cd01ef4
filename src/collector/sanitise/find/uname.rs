//! What `uname -a` prints: system, nodename, release. The nodename is whatever stands between the first and the last.

use crate::sanitise::bits::WordList;
use crate::sanitise::scan::Scan;

/// Systems that print their name, then the nodename; lower case.
static SYSTEMS: WordList = WordList::new(&[
    "aix",
    "darwin",
    "dragonfly",
    "dragonflybsd",
    "freebsd",
    "gnu",
    "haiku",
    "hpux",
    "irix",
    "irix64",
    "linux",
    "midnightbsd",
    "minix",
    "netbsd",
    "onefs",
    "openbsd",
    "osf1",
    "qnx",
    "sunos",
    "ultrix",
    "unixware",
]);

/// Words of which a text must have one to be looked at: the systems' and the first of those that are two.
pub const TRIGGERS: &[&str] = &[
    "aix",
    "darwin",
    "dragonfly",
    "dragonflybsd",
    "freebsd",
    "gnu",
    "haiku",
    "hp",
    "irix",
    "irix64",
    "isilon",
    "kfreebsd",
    "linux",
    "midnightbsd",
    "minix",
    "netbsd",
    "onefs",
    "openbsd",
    "osf1",
    "qnx",
    "sunos",
    "ultrix",
    "unixware",
];

/// Longest nodename that is looked for, in words: people put blanks in names all the same.
const MAX_NODENAME_WORDS: usize = 6;

/// Marks the nodename of every line that begins as `uname -a` does, and the host before `FreeBSD`, as bsnmpd prints it.
pub fn nodename(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    for_each_line(text.folded.original, |line, start| {
        let mut words = Words::new(line);
        let Some(first) = words.next() else { return };
        let mut after = is_system(&line[first.0..first.1]).then_some(first.1);
        if after.is_none() && line[first.0..first.1].eq_ignore_ascii_case("isilon") {
            // Two words make one system.
            after = words.next().filter(|w| is_system(&line[w.0..w.1])).map(|w| w.1);
        }
        if let Some(after) = after {
            if let Some((from, to)) = between_system_and_release(&line[after..])
                .filter(|(from, to)| !line[after + from..after + to].split(' ').any(is_system))
            {
                mark(start + after + from, start + after + to);
            }
        } else if let Some((host, _)) = before_system(line) {
            mark(start + host.0, start + host.1);
        }
    });
}

/// Marks the number between a host and its system, as bsnmpd and Isilon print it.
pub fn host_id(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    for_each_line(text.folded.original, |line, start| {
        if let Some((_, id)) = before_system(line) {
            mark(start + id.0, start + id.1);
        }
    });
}

/// Calls `each` with every line that may be uname's, and where it begins.
fn for_each_line(text: &str, mut each: impl FnMut(&str, usize)) {
    let mut start = 0;
    for line in text.as_bytes().split_inclusive(|b| matches!(b, b'\n' | b'\r')).map(<[u8]>::len) {
        let trimmed = text[start..start + line].trim_end();
        if (8..=4096).contains(&trimmed.len()) {
            each(trimmed, start);
        }
        start += line;
    }
}

/// Words of a line with their positions.
struct Words<'l> {
    line: &'l str,
    at: usize,
}

impl<'l> Words<'l> {
    const fn new(line: &'l str) -> Self {
        Self { line, at: 0 }
    }
}

impl Iterator for Words<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        let blank = |b: &u8| matches!(b, b' ' | b'\t');
        let start = self.at + self.line.as_bytes()[self.at..].iter().position(|b| !blank(b))?;
        let end = self.line.as_bytes()[start..].iter().position(blank).map_or(self.line.len(), |at| start + at);
        self.at = end;
        Some((start, end))
    }
}

fn is_system(word: &str) -> bool {
    let mut name = [0_u8; 12];
    let mut length = 0;
    for byte in word.bytes().filter(|b| *b != b'-').map(|b| b.to_ascii_lowercase()) {
        if length == name.len() {
            return false;
        }
        name[length] = byte;
        length += 1;
    }
    // "GNU/kFreeBSD" and its like say the kernel after the slash.
    let name = name[..length].split(|b| *b == b'/').next().unwrap_or_default();
    core::str::from_utf8(name).is_ok_and(|name| SYSTEMS.contains(name))
}

/// The nodename in what follows the system's name: up to a word that looks like a release.
fn between_system_and_release(rest: &str) -> Option<(usize, usize)> {
    let words = Words::new(rest);
    let (mut start, mut end) = (None, 0);
    for (count, (from, to)) in words.take(MAX_NODENAME_WORDS + 1).enumerate() {
        let word = &rest[from..to];
        if count > 0 && is_release(word) {
            let start = start?;
            let node = &rest[start..end];
            // "Linux 4.19.0-25 6.1" names nothing; "Linux 3.4-acme 4.19.9 #1" does: only a nodename that begins
            // like a release needs the build number after the release.
            let certain = !is_release(node.split(' ').next().unwrap_or_default())
                || node.parse::<core::net::Ipv4Addr>().is_ok()
                || rest[to..].trim_start().starts_with('#');
            return certain.then_some((start, end));
        }
        let address = word.parse::<core::net::Ipv4Addr>().is_ok();
        if word.starts_with(['#', '|', ',', ';'])
            || word.ends_with([',', ';'])
            || (count == 0 && is_plain_release(word) && !address)
        {
            return None;
        }
        start.get_or_insert(from);
        end = to;
    }
    None
}

/// `4.19.0-25-amd64`, `v7.1`, `B.11.31`, `5.11`, `3 5` of AIX.
fn is_release(word: &str) -> bool {
    let bytes = word.as_bytes();
    let start = bytes.iter().take_while(|b| matches!(b, b'v' | b'V')).count();
    let digits = bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
    let letter = digits == 0 && bytes.get(start).is_some_and(u8::is_ascii_uppercase);
    let dot = start + digits + usize::from(letter);
    (digits > 0 || letter) && bytes.get(dot) == Some(&b'.') && bytes.get(dot + 1).is_some_and(u8::is_ascii_digit)
}

/// Three numbers or more: a kernel's release and no name that begins like one.
fn is_plain_release(word: &str) -> bool {
    is_release(word) && word.bytes().filter(|b| *b == b'.').count() >= 2
}

/// `host 3603020406 FreeBSD 12.1-RELEASE`: where host and number stand.
fn before_system(line: &str) -> Option<((usize, usize), (usize, usize))> {
    let mut words = Words::new(line);
    let (host, id, mut system) = (words.next()?, words.next()?, words.next()?);
    if id.1 - id.0 < 6 || !line[id.0..id.1].bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if line[system.0..system.1].eq_ignore_ascii_case("isilon") {
        system = words.next()?;
    }
    let release = words.next()?;
    (is_system(&line[system.0..system.1]) && is_release(&line[release.0..release.1])).then_some((host, id))
}

/// Marks the name of the operator's own kernel configuration: in NetBSD's brackets, at the end of a BSD's build path.
pub fn kernel_config(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let capitals = |start: usize| {
        let name = original[start..]
            .bytes()
            .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'));
        start + name.count()
    };
    for (at, folder) in original.match_indices("/sys/").chain(original.match_indices("/compile/")) {
        let start = at + folder.len();
        let end = capitals(start);
        // The path is the kernel's own only behind who built it.
        if end - start >= 4
            && original[..at].contains('@')
            && !original[end..].starts_with(|c: char| c.is_alphanumeric() || c == '/')
        {
            mark(start, end);
        }
    }
    for (at, _) in original.match_indices(" (") {
        let start = at + 2;
        let end = capitals(start);
        if end - start >= 4 && original[end..].starts_with(") #") {
            mark(start, end);
        }
    }
}

/// Parts of kernels' releases that are no operator's name.
const FLAVOURS: &[&str] = &[
    "altera",
    "cloud",
    "default",
    "edge",
    "freescale",
    "generic",
    "lighthouse",
    "linaro",
    "liquorix",
    "lowlatency",
    "marvell",
    "meson",
    "netgear",
    "odroid",
    "preempt",
    "qoriq",
    "raspi",
    "raspberrypi",
    "realtime",
    "rockchip",
    "socfpga",
    "standard",
    "sunxi",
    "tegra",
    "virtual",
    "xanmod",
    "xilinx",
    "yocto",
    "zynq",
];

/// Ends of the releases of kernels that somebody built for a purpose.
const PURPOSES: &[&str] = &[
    "build",
    "custom",
    "dev",
    "edge",
    "lab",
    "lts",
    "prod",
    "production",
    "rt",
    "server",
    "stable",
    "staging",
    "test",
];

/// Marks the operator's name in the release of the operator's own kernel: `4.19.152-acme-prod`.
pub fn local_version(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    for_each_line(text.folded.original, |line, start| {
        for (from, to) in Words::new(line).skip(1).take(MAX_NODENAME_WORDS + 1) {
            let release = &line[from..to];
            if !release.contains('-') || !is_plain_release(release) {
                continue;
            }
            let mut at = from;
            let mut parts = release.split('-').peekable();
            while let Some(part) = parts.next() {
                let named =
                    part.len() >= 5 && part.bytes().all(|b| b.is_ascii_lowercase()) && !FLAVOURS.contains(&part);
                if named && parts.peek().is_some_and(|next| PURPOSES.contains(next)) {
                    mark(start + at, start + at + part.len());
                }
                at += part.len() + 1;
            }
        }
    });
}
