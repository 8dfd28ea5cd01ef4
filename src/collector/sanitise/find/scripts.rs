//! Words in other scripts or with non-ASCII letters. Vendors write descriptions in English; people write the names of
//! places, persons and companies in their own language.

use crate::sanitise::guard;
use crate::sanitise::scan::{Scan, Traits, is_word_of_its_own};
use alloc::string::String;

/// Words of other scripts for kinds of devices, times and similar things; folded.
const TECHNICAL: &[&str] = &[
    "交换机",
    "交換機",
    "路由器",
    "服务器",
    "伺服器",
    "打印机",
    "防火墙",
    "无线",
    "光纤",
    "网络",
    "设备",
    "有限公司",
    "版本",
    "序列号",
    "中文",
    "スイッチ",
    "ルータ",
    "ルーター",
    "サーバ",
    "サーバー",
    "プリンタ",
    "バージョン",
    "シリアル番号",
    "스위치",
    "라우터",
    "서버",
    "프린터",
    "버전",
    "일련번호",
    "星期",
    "年",
    "月",
    "日",
    "时",
    "分",
    "秒",
    "時",
    "年月日",
    "周",
    "一",
    "二",
    "三",
    "四",
    "五",
    "六",
    "上午",
    "下午",
    "曜日",
    "火",
    "水",
    "木",
    "金",
    "土",
    "коммутатор",
    "маршрутизатор",
    "шлюз",
    "сервер",
    "принтер",
    "версия",
    "серииныи",
    "номер",
    "шлюзы",
    "мск",
    "узел",
    "контакт",
    "заказчик",
    "клиент",
    "место",
    "адрес",
    "телефон",
    "янв",
    "фев",
    "мар",
    "апр",
    "маи",
    "июн",
    "июл",
    "авг",
    "сен",
    "окт",
    "ноя",
    "дек",
    "пн",
    "вт",
    "ср",
    "чт",
    "пт",
    "сб",
    "вс",
    "μ",
    "ω",
    "μs",
];

/// Marks runs of words in scripts other than Latin.
pub fn other_script(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let folded = text.folded.as_str();
    let mut run: Option<(usize, usize)> = None;
    let mut index = 0;
    let words = &text.words;
    while index < words.len() {
        let start = words[index].start as usize;
        let first = folded[start..].chars().next().unwrap_or(' ');
        // Characters of scripts without blanks are joined to one word here.
        let mut last = index;
        if is_word_of_its_own(first) {
            while words.get(last + 1).is_some_and(|next| {
                next.start == words[last].end
                    && folded[next.start as usize..].chars().next().is_some_and(is_word_of_its_own)
            }) {
                last += 1;
            }
        }
        let end = words[last].end as usize;
        index = last + 1;
        let foreign = folded[start..end].chars().any(|c| c.is_alphabetic() && !is_latin(c));
        let bare = if foreign { without_technical(folded, start, end) } else { None };
        match (bare, &mut run) {
            (Some((from, to)), Some((_, run_end)))
                if folded[*run_end..from].chars().all(|c| c == ' ' || c == '.') && from - *run_end <= 2 =>
            {
                *run_end = to
            }
            (Some(span), _) => {
                if let Some((from, to)) = run.replace(span) {
                    emit(text, from, to, mark);
                }
            }
            (None, _) => {}
        }
    }
    if let Some((from, to)) = run {
        emit(text, from, to, mark);
    }
}

fn emit(text: &Scan<'_>, from: usize, to: usize, mark: &mut dyn FnMut(usize, usize)) {
    let (start, end) = text.folded.origin(from, to);
    mark(start, end);
}

/// The word without the technical ones that it begins or ends with.
fn without_technical(folded: &str, mut start: usize, mut end: usize) -> Option<(usize, usize)> {
    loop {
        let word = &folded[start..end];
        if word.is_empty() || word.chars().all(|c| !c.is_alphabetic()) {
            return None;
        }
        if TECHNICAL.contains(&word) {
            return None;
        }
        let own = word.chars().all(is_word_of_its_own);
        if let Some(known) = TECHNICAL.iter().find(|known| own && word.ends_with(**known)) {
            end -= known.len();
        } else if let Some(known) = TECHNICAL.iter().find(|known| own && word.starts_with(**known)) {
            start += known.len();
        } else {
            return Some((start, end));
        }
    }
}

const fn is_latin(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '\u{aa}' | '\u{ba}' | '\u{b5}' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}' | '\u{2100}'..='\u{214f}')
}

/// Marks Latin words with a letter beyond ASCII that begin with a capital (`Çankaya`).
pub fn marked_letters(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    // A description with a digit has a model or a version, so it may name a manufacturer and its town.
    if text.traits.include(Traits::DIGIT) {
        return;
    }
    let original = text.folded.original;
    for word in text.words.iter() {
        let (start, end) = text.folded.origin(word.start as usize, word.end as usize);
        let Some(find) = original.get(start..end) else { continue };
        if find.is_ascii() || find.chars().count() < 4 {
            continue;
        }
        let mut chars = find.chars();
        let capital = chars.next().is_some_and(char::is_uppercase);
        // One capital, at the beginning: anything else is text that was decoded with the wrong encoding.
        let rest_small = find.chars().skip(1).all(char::is_lowercase);
        let mut folded = String::new();
        crate::sanitise::fold::fold_into(find, &mut folded);
        if capital
            && rest_small
            && find.chars().all(|c| c.is_alphabetic() && is_latin(c))
            && !guard::is_technical(&folded)
        {
            mark(start, end + names_after(&original[end..]));
        }
    }
}

/// Length of the names that follow up to the end: a company, a town.
fn names_after(rest: &str) -> usize {
    let names = rest.trim_end();
    let all = !names.is_empty()
        && names.starts_with(' ')
        && names.split(' ').skip(1).count() <= 3
        && names.split(' ').skip(1).all(|word| {
            word.starts_with(char::is_uppercase)
                && word.chars().all(|c| c.is_alphabetic() || c == '.')
                && !guard::is_technical(&word.to_lowercase())
                || crate::sanitise::value::is_legal_form(word)
        });
    if all { names.len() } else { 0 }
}
