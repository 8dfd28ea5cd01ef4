//! How vendors write releases, builds, order numbers and platforms: a word of one of these shapes is not an
//! identifier, even if it looks like a serial number, a name or an address.
//!
//! A grammar describes how a vendor or a standard writes such words, never a single product. Its examples are tested,
//! and tests generate further words from the pattern.

use super::rule::{counterexamples, documented};
use alloc::string::String;
use core::cell::OnceCell;
use regex::bytes::{Regex, RegexBuilder};

/// One grammar.
#[derive(Debug, Clone, Copy)]
pub struct Grammar {
    /// Its name: the vendor or standard, and what it describes.
    pub id: &'static str,
    /// What it describes, for the documentation.
    pub describes: &'static str,
    /// A regular expression for a whole word, over bytes, without Unicode.
    pub pattern: &'static str,
    /// Words that match.
    pub examples: &'static [&'static str],
    /// Words that look similar and are serial numbers, names or addresses.
    pub not: &'static [&'static str],
}

/// A grammar. The module contains neither descriptions nor examples (feature `rule-docs`).
pub const fn grammar(
    id: &'static str,
    describes: &'static str,
    pattern: &'static str,
    examples: &'static [&'static str],
    not: &'static [&'static str],
) -> Grammar {
    let (describes, examples, not) = (documented(describes), counterexamples(examples), counterexamples(not));
    Grammar { id, describes, pattern, examples, not }
}

/// All grammars.
pub static GRAMMARS: &[Grammar] = &[
    grammar(
        "huawei.release",
        "Version, release, customisation and patch of Huawei's and 3Com's systems.",
        r"V\d{1,3}R\d{1,3}(?:[A-Z]{1,4}\d{1,4}){0,6}",
        &["V200R021C00SPC100", "V300R002B41D017", "V300R003B02D009SP02", "V800R010C00SPC160B173", "V3R17C10"],
        &["VR200021C00", "V200X021C00SPC"],
    ),
    grammar(
        "h3c.release",
        "Releases with patch of H3C's and HPE's Comware.",
        r"(?:CMW\d{3}-)?[A-Z]?\d{4}(?:[PHL]\d{1,3}|SP\d{1,2}){1,3}",
        &["R3208P15", "CMW710-R2612P02", "1808P03", "E0321P03H06"],
        &["FDO2223L632", "R32P15"],
    ),
    grammar(
        "h3c.build",
        "Builds of Comware.",
        r"[BEFV]\d{2,3}D\d{3}(?:SP\d{2})?",
        &["B75D003", "B45D012SP02"],
        &["B75X003", "CB40117ZP"],
    ),
    grammar(
        "foundry.image",
        "Images of Foundry's and Brocade's IronWare.",
        r"[A-Z][A-Z0-9]{0,4}[RS]\d{5}[a-z]{0,3}\d?",
        &["H2R08001r", "FCXR08030k", "SXLR07202a", "XMR05600", "B2R07604"],
        &["FCX80301234", "SR1234567"],
    ),
    grammar(
        "cisco.image",
        "Images and feature sets of Cisco's IOS.",
        r"(?:[A-Z][A-Z0-9_]{2,15}[-_])?[A-Z0-9_]*(?:UNIVERSAL|ADV|IPBASE|IPSERVICES|ENTERPRISE|LANBASE|LANLITE|ENTSERVICES|SPSERVICES|BASE)[A-Z]*(?:K9)?(?:_[A-Z]{2,4})?(?:-MZ?)?",
        &["C2900-UNIVERSALK9-M", "UNIVERSALK9", "ADVENTERPRISEK9_LI", "CAT3K_CAA-UNIVERSALK9-M", "LANBASEK9"],
        &["FOC1234X0AB", "K9"],
    ),
    grammar(
        "cisco.phone-load",
        "Loads of Cisco's phones.",
        r"(?i)(?:SCCP|SIP)[0-9x]{2,5}\.\d{1,2}(?:-\d{1,3}){2,4}(?:SR\d{1,2}(?:-\d)?)?S?",
        &["SCCP11.9-2-1S", "SIP45.9-4-2SR3-1S", "sip88xx.12-5-1"],
        &["SEP001122334455"],
    ),
    grammar(
        "juniper.release",
        "Releases of Junos.",
        r"\d{1,2}\.\d(?:[RXFSBI]\d{1,2})(?:-[DS]\d{1,3})?(?:\.\d{1,2})?(?:-EVO)?",
        &["12.1X46-D15.3", "18.4R1.8", "21.4R3-S5.4", "10.0S10.1"],
        &["10.1.2.3"],
    ),
    grammar(
        "nokia.release",
        "Releases of Nokia's TiMOS.",
        r"TiMOS-[A-Z]{1,2}-\d{1,2}\.\d{1,2}\.[BIRS]\d{1,2}(?:-\d{1,2})?",
        &["TiMOS-B-20.10.R4", "TiMOS-DC-13.0.R7-1"],
        &["TiMOS-halden"],
    ),
    grammar(
        "ericsson.product",
        "Product numbers of Ericsson's software and boards.",
        r"(?:CX[ACPS]|ROA|ROJ|KDU|KRC|KRD|KRY|BFD|BFL|LZA|NTM)\d{3,8}(?:[/_-][A-Z0-9]{1,6})?",
        &["CXP9010463", "KDU137847/11", "CXC1725459_1", "ROA1285020"],
        &["CXP12", "ROB1285020"],
    ),
    grammar(
        "siemens.order-number",
        "Order numbers of Siemens (MLFB), with and without separators.",
        r"\d[A-Z]{2}\d ?-?\d{3}-?\d[A-Z]{2}\d{2}(?:-?\d[A-Z]{2}\d(?:-?[A-Z0-9]{2,3})?)?",
        &["6GK56020BA102AA3", "6ES7 315-2EH14-0AB0", "6GK5408-8GS00-2AM2", "6ES73152EH140AB0"],
        &["5CG7381K9R", "6GK5602"],
    ),
    grammar(
        "nokia.order-number",
        "Order numbers of Nokia's (Alcatel-Lucent's) boards.",
        r"3[A-Z]{2}\d{5}[A-Z]{2,4}",
        &["3HE11904AA", "3FE53441AAAB"],
        &["3HE1190AA", "3A0039S01156"],
    ),
    grammar(
        "ups.model",
        "Models of uninterruptible power supplies of Eaton and APC.",
        r"[59][PS]X\d{3,5}[iI]?(?:RT|TW)[A-Z0-9]*|S[UMR][A-Z]?\d{3,4}[A-Z]{1,4}\d?[A-Z]*",
        &["9PX3000IRT2U", "5PX2200IRT", "SUA3000RMXL", "SMT1500RMI2U"],
        &["9PX3000", "AS1234567890"],
    ),
    grammar(
        "hp.product-number",
        "Product numbers of HP and HPE.",
        r"(?:[A-Z]{1,2}\d{3,4}[A-Z]{1,2}|\d{6}-[A-Z0-9]\d{2})(?:#[A-Z0-9]{3})?",
        &["J4138A", "JG937A", "571402-B21", "Q7432A#ABA"],
        &["CZL208164C", "J4138A9K2"],
    ),
    grammar(
        "hp.firmware",
        "Firmware of HP's switches and printers.",
        r"[A-Z]{1,2}\.\d{2}\.\d{2}(?:\.\d{1,4})?[a-z]?(?:\.\d{1,2})?",
        &["K.15.16.0004", "V.36.11", "YA.16.02.0012"],
        &["K.halden"],
    ),
    grammar(
        "3com.product-number",
        "Product numbers of 3Com.",
        r"3C[A-Z]{0,4}\d{4,6}[A-Z]{0,2}",
        &["3CRWE876075", "3C17205", "3CR17501"],
        &["3CD12345678"],
    ),
    grammar(
        "ge.comcode",
        "Product numbers of Lucent's and GE's power systems.",
        r"CC\d{9}",
        &["CC109142638"],
        &["CC10914263"],
    ),
    grammar(
        "jetdirect.eeprom",
        "Firmware of HP's JetDirect cards, by its date.",
        r"(?:JDI|JSI|JD|JOL)\d{2,8}",
        &["JSI24090012", "JDI23500001", "JD149"],
        &["JSX24090012"],
    ),
    grammar(
        "xerox.version",
        "Versions of Xerox: numbers, then the year.",
        r"\d{1,3}(?:\.\d{1,3}){2,3}\.(?:19|20)\d{2}",
        &["33.81.11.17.2007", "18.02.08.01.2003"],
        &["33.81.11.17"],
    ),
    grammar(
        "lexmark.firmware",
        "Firmware of Lexmark.",
        r"[A-Z]{2,3}\d{0,2}\.[A-Z0-9]{2,4}\.[A-Z]?\d{3}[A-Za-z0-9-]{0,8}",
        &["NR.APS.N632", "LW20.SB7.P233"],
        &["NR.halden"],
    ),
    grammar(
        "onie.platform",
        "Platforms of ONIE: processor, maker, machine, revision.",
        r"(?:x86_64|arm64|aarch64|armv7a?|armhf|powerpc|ppc)-[a-z0-9]+_[a-z0-9_.-]*-?r\d{1,2}",
        &["x86_64-cel_seastone-r0", "x86_64-accton_as7712_32x-r0", "arm64-nokia_ixs7215_52x-r0"],
        &["x86_64-r0", "halden_core-r1"],
    ),
    grammar(
        "debian.version",
        "Versions of Debian's and Ubuntu's packages.",
        r"\d[0-9A-Za-z.:+~-]*(?:deb|bpo|ubuntu|dfsg|build|rpi|rpt|pve|kali)[0-9a-z.+~-]*",
        &["3.2.57-3~bpo60+1", "5.10.162-1+deb11u1", "0ubuntu0.22.04.1"],
        &["0400123456"],
    ),
    grammar(
        "rpm.version",
        "Versions of packages of Red Hat's and others' distributions.",
        r"\d[0-9A-Za-z.+~_-]*\.(?:el|fc|amzn|mga|lp|uek|pcbsd|suse)\d{1,3}[0-9A-Za-z._+-]*",
        &["3.10.0-1062.el7.x86_64", "4.1.12-112.14.15.el7uek.x86_64"],
        &["10.1.2.3"],
    ),
    grammar(
        "git.describe",
        "What `git describe` prints, and hashes.",
        r"v?\d+(?:\.\d+)*(?:-[a-z]+\d*)?(?:-\d{1,5})?-g?[0-9a-f]{7,12}(?:-dirty)?|(?:g|git-?)[0-9a-f]{7,12}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}",
        &["v2.1-14-g3ab515c", "2.7.0-5741e7a3", "gc80f187", "d41d8cd98f00b204e9800998ecf8427e"],
        &["3AB515C", "halden-g1"],
    ),
    grammar(
        "date",
        "Days, with or without a time, and words that end in one.",
        r"[A-Za-z]{0,8}(?:19[789]|20[0-4])\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[-_T]?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?Z?)?[A-Za-z]?",
        &["20120412", "20240131123456", "BUILD20120412", "20110926T2135Z"],
        &["20121399", "FCW20124567"],
    ),
    grammar(
        "build",
        "Builds and revisions that say so.",
        r"(?i)(?:build|bld|rel|rev|svn|patch|hotfix|hf|sp|ver)[-_.]?\d{1,9}[a-z]?",
        &["BUILD051", "rev1234567", "svn123456"],
        &["SVPK2138923"],
    ),
    grammar(
        "platform",
        "Names of processors and machines.",
        r"(?i)x86(?:[_-]64)?|i[3-6]86|amd64|ia64|arm(?:v\d[a-z]{0,3}|hf|64|el|eb)|aarch64|ppc(?:64)?(?:le)?|powerpc\d{0,4}[a-z]?|mips(?:64)?(?:el|eb)?|sparc(?:64|v9)?|sun4[a-z]",
        &["x86_64", "powerpc8548", "armv7l", "sparc64"],
        &["halden64"],
    ),
];

/// Several grammars as one pattern, compiled when first needed.
pub struct Grammars {
    table: &'static [Grammar],
    any: OnceCell<Option<Regex>>,
}

impl Grammars {
    /// These grammars.
    #[must_use]
    pub const fn of(table: &'static [Grammar]) -> Self {
        Self { table, any: OnceCell::new() }
    }

    /// Whether a word matches one of them.
    #[must_use]
    pub fn is_match(&self, word: &str) -> bool {
        let any = self.any.get_or_init(|| {
            let mut pattern = String::from("^(?:");
            for grammar in self.table {
                pattern.push_str("(?:");
                pattern.push_str(grammar.pattern);
                pattern.push_str(")|");
            }
            pattern.pop();
            pattern.push_str(")$");
            compile(&pattern)
        });
        any.as_ref().is_some_and(|any| any.is_match(word.as_bytes()))
    }
}

/// Compiles a pattern without the Unicode tables that the module does not have. `None` if it does not compile, which
/// tests rule out: a broken pattern must never prevent a report.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

#[cfg(test)]
#[expect(missing_docs, reason = "shared with the tests of other tables")]
pub mod tests {
    use super::*;
    use alloc::format;

    /// Checks that each matches its examples, and none of the words that only look similar.
    pub fn check(table: &'static [Grammar]) {
        let all = Grammars::of(table);
        for grammar in table {
            let own = RegexBuilder::new(&format!("^(?:{})$", grammar.pattern)).unicode(false).build().unwrap();
            assert!(!grammar.examples.is_empty() && !grammar.not.is_empty(), "{} has no examples", grammar.id);
            for word in grammar.examples {
                assert!(own.is_match(word.as_bytes()), "{}: {word}", grammar.id);
                assert!(all.is_match(word), "{word}");
            }
            for word in grammar.not {
                assert!(!own.is_match(word.as_bytes()), "{}: {word}", grammar.id);
            }
        }
    }

    #[test]
    fn every_grammar_matches_its_examples_and_not_the_counterexamples() {
        check(GRAMMARS);
    }

    #[test]
    fn serial_numbers_and_names_have_no_grammar() {
        let all = Grammars::of(GRAMMARS);
        for word in [
            "FOC1234X0AB",
            "CZL208164C",
            "5CG7381K9R",
            "07084211G7KQWX",
            "sw-core-07",
            "SVPK2138923",
            "ZA1815031283",
            "10.20.30.40",
            "0a1b2c",
        ] {
            assert!(!all.is_match(word), "{word}");
        }
    }
}
