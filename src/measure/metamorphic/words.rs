//! Names that the tests put into rows: common ones of five languages, and of four other scripts, with towns and invented
//! companies. None is a technical word.

/// First names: English, German, Polish, Spanish, Japanese.
pub const FIRST_NAMES: &[&str] = &[
    "Oliver",
    "Amelia",
    "Harriet",
    "Edward",
    "Beatrice",
    "Callum",
    "Imogen",
    "Rupert", //
    "Jürgen",
    "Annegret",
    "Wolfgang",
    "Käthe",
    "Matthias",
    "Sabine",
    "Björn",
    "Liesel", //
    "Zbigniew",
    "Małgorzata",
    "Łukasz",
    "Agnieszka",
    "Wojciech",
    "Krystyna",
    "Paweł",
    "Jadwiga", //
    "Joaquín",
    "Inés",
    "Rodrigo",
    "Lucía",
    "Álvaro",
    "Marisol",
    "Íñigo",
    "Pilar", //
    "Haruto",
    "Sakura",
    "Kenji",
    "Yukiko",
    "Takeshi",
    "Naomi",
    "Hiroshi",
    "Ayumi",
];

/// Last names: English, German, Polish, Spanish, Japanese.
pub const LAST_NAMES: &[&str] = &[
    "Whitmore",
    "Ashdown",
    "Pemberton",
    "Harcourt",
    "Lockwood",
    "Thornbury",
    "Fairclough",
    "Winslow", //
    "Schröder",
    "Vogelsang",
    "Krämer",
    "Weißmann",
    "Obermüller",
    "Lindemann",
    "Brückner",
    "Hoffmeister", //
    "Wiśniewski",
    "Kowalczyk",
    "Dąbrowska",
    "Zieliński",
    "Szymańska",
    "Wójcik",
    "Grabowski",
    "Pawlak", //
    "Echeverría",
    "Villanueva",
    "Muñoz",
    "Castellón",
    "Zamora",
    "Ordóñez",
    "Salvatierra",
    "Peñalver", //
    "Yamamoto",
    "Kobayashi",
    "Nishimura",
    "Fujiwara",
    "Hasegawa",
    "Shimizu",
    "Watanabe",
    "Okada",
];

/// Towns: English, German, Polish, Spanish, Japanese.
pub const TOWNS: &[&str] = &[
    "Guildford",
    "Harrogate",
    "Shrewsbury",
    "Taunton",
    "Kelowna",
    "Dunedin",
    "Ipswich",
    "Cheltenham", //
    "Göttingen",
    "Osnabrück",
    "Würzburg",
    "Lübeck",
    "Kassel",
    "Chemnitz",
    "Regensburg",
    "Flensburg", //
    "Gdynia",
    "Łódź",
    "Rzeszów",
    "Białystok",
    "Częstochowa",
    "Toruń",
    "Opole",
    "Kielce", //
    "Zaragoza",
    "Córdoba",
    "Badajoz",
    "Logroño",
    "Cádiz",
    "Almería",
    "Pontevedra",
    "Huesca", //
    "Kumamoto",
    "Sapporo",
    "Niigata",
    "Okayama",
    "Matsuyama",
    "Hamamatsu",
    "Sendai",
    "Kanazawa",
];

/// Invented companies.
pub const COMPANIES: &[&str] = &[
    "Brightwater",
    "Ostermark",
    "Ravensholm",
    "Kestrelgate",
    "Velmora",
    "Talisund",
    "Solbrook",
    "Marwick",
    "Grünfeld",
    "Hartenstein",
    "Nordkamp",
    "Zielnica",
    "Jasnowo",
    "Montañesa",
    "Riobravo",
    "Yoshinaga",
    "Kitamori",
    "Minatogumi",
];

/// Words for names of hosts: birds, gods, stars.
pub const HOST_WORDS: &[&str] = &[
    "kestrel",
    "osprey",
    "plover",
    "zarathustra",
    "persephone",
    "aldebaran",
    "hyperborea",
    "melusine",
    "rheingold",
    "wawel",
    "smok",
    "quijote",
    "dulcinea",
    "amaterasu",
    "tanuki",
    "yggdrasil",
    "capercaillie",
    "lindwurm",
];

/// What hosts do, as their names abbreviate it.
pub const ROLES: &[&str] = &[
    "acc", "agg", "ap", "backup", "bras", "cam", "ce", "core", "cpe", "db", "dist", "dns", "edge", "esx", "fw", "gw",
    "kvm", "lb", "leaf", "log", "mail", "mon", "nas", "ns", "ntp", "olt", "pdu", "pe", "print", "proxy", "radius",
    "rtr", "spine", "srv", "sw", "ups", "vm", "vpn", "web", "wlc",
];

/// Names in another script.
#[derive(Debug)]
pub struct Script {
    /// Persons, as one writes them in full.
    pub persons: &'static [&'static str],
    /// Last names alone.
    pub last_names: &'static [&'static str],
    /// Towns.
    pub towns: &'static [&'static str],
    /// Common words for places.
    pub places: &'static [&'static str],
}

/// Cyrillic, Greek, Chinese and Japanese, Korean.
pub const SCRIPTS: [Script; 4] = [
    Script {
        persons: &["Дмитрий Воронцов", "Ольга Кузнецова", "Соколова Н.П.", "Сергей Лебедев"],
        last_names: &["Воронцов", "Кузнецова", "Соколова", "Лебедев", "Морозова", "Зайцев"],
        towns: &["Самара", "Воронеж", "Новосибирск", "Казань", "Краснодар", "Тюмень"],
        places: &["подвал", "кабинет", "чердак", "корпус"],
    },
    Script {
        persons: &["Γιώργος Παπαδόπουλος", "Ελένη Οικονόμου", "Νίκος Καραμανλής", "Μαρία Δημητρίου"],
        last_names: &["Παπαδόπουλος", "Οικονόμου", "Καραμανλής", "Δημητρίου"],
        towns: &["Πάτρα", "Ηράκλειο", "Λάρισα", "Βόλος", "Καβάλα"],
        places: &["υπόγειο", "γραφείο"],
    },
    Script {
        persons: &["佐藤健一", "王小明", "田中美咲", "李建国"],
        last_names: &["佐藤", "田中", "鈴木", "高橋"],
        towns: &["横浜", "広州", "名古屋", "成都", "札幌", "武漢"],
        places: &["地下室", "事務所"],
    },
    Script {
        persons: &["김민준", "박서연", "최현우", "이지은"],
        last_names: &["김민준", "박서연"],
        towns: &["부산", "인천", "광주", "대전"],
        places: &["지하실", "사무실"],
    },
];

/// The script of a letter beyond Latin, as an index into [`SCRIPTS`].
#[must_use]
pub fn script_of(c: char) -> Option<usize> {
    match c {
        '\u{400}'..='\u{52f}' => Some(0),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(1),
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' => Some(2),
        '\u{ac00}'..='\u{d7a3}' => Some(3),
        _ => None,
    }
}

/// A name in ASCII letters, as hosts are called.
#[must_use]
pub fn ascii(name: &str) -> String {
    let mut ascii = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            'ä' => ascii.push_str("ae"),
            'ö' => ascii.push_str("oe"),
            'ü' => ascii.push_str("ue"),
            'ß' => ascii.push_str("ss"),
            'á' | 'ą' => ascii.push('a'),
            'Á' => ascii.push('A'),
            'ć' => ascii.push('c'),
            'é' | 'ę' => ascii.push('e'),
            'í' => ascii.push('i'),
            'Í' => ascii.push('I'),
            'ł' => ascii.push('l'),
            'Ł' => ascii.push('L'),
            'ń' | 'ñ' => ascii.push('n'),
            'ó' => ascii.push('o'),
            'ś' => ascii.push('s'),
            'ź' | 'ż' => ascii.push('z'),
            'ú' => ascii.push('u'),
            c => ascii.push(c),
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;
    use callback_collector::sanitise::guard::is_technical;

    #[test]
    fn no_name_is_a_technical_word_and_all_have_an_ascii_form() {
        for names in [FIRST_NAMES, LAST_NAMES, TOWNS, COMPANIES, HOST_WORDS] {
            for name in names {
                assert!(ascii(name).bytes().all(|b| b.is_ascii_alphabetic()), "{name}");
                assert!(!is_technical(&ascii(name).to_lowercase()), "{name}");
            }
        }
        for (index, script) in SCRIPTS.iter().enumerate() {
            let words = [script.persons, script.last_names, script.towns, script.places].concat();
            let letters = words.iter().flat_map(|word| word.chars()).filter(|c| c.is_alphabetic());
            assert!(letters.clone().count() > 20 && letters.into_iter().all(|c| script_of(c) == Some(index)));
        }
    }
}
