//! Other dates and times in the same notation.

use super::dice::Dice;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Another date, where a token is one: `2021-03-04`, `04.03.2021`, `3/4/21`, `05-May-11`, `20210304`, `210304`,
/// `20210304121500`, `2021-03-04T12:15:00Z`.
#[must_use]
pub fn date(token: &str, dice: &mut Dice) -> Option<String> {
    if let Some((day, time_of_day)) = token.split_once('T') {
        let zone = time_of_day.len() - time_of_day.trim_end_matches('Z').len();
        let other = time(&time_of_day[..time_of_day.len() - zone], dice)?;
        return Some(date(day, dice)? + "T" + &other + &"Z".repeat(zone));
    }
    for mark in ['-', '/', '.'] {
        let parts: Vec<&str> = token.split(mark).collect();
        if let [first, middle, last] = parts[..] {
            let glue = |first: String, middle: String, last: String| [first, middle, last].join(&mark.to_string());
            let within = |part: &str, most| number(part, 2).is_some_and(|number| (1..=most).contains(&number));
            if is_year(first) && within(middle, 12) && within(last, 31) {
                return Some(glue(year(dice), part(middle, dice), part(last, dice)));
            }
            let ends_in_year = is_year(last) || (mark != '.' && last.len() == 2 && number(last, 2).is_some());
            if ends_in_year && within(first, 31) {
                let year = if last.len() == 4 { year(dice) } else { dice.within(10, 26).to_string() };
                if within(middle, 31) {
                    return Some(glue(part(first, dice), part(middle, dice), year));
                }
                if let Some(month) = month(middle, dice) {
                    return Some(glue(part(first, dice), month, year));
                }
            }
        }
    }
    compact(token, dice)
}

fn compact(token: &str, dice: &mut Dice) -> Option<String> {
    if !token.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (year_digits, rest) = match token.len() {
        6 => (2, ""),
        8 => (4, ""),
        12 | 14 => (4, &token[8..]),
        _ => return None,
    };
    let (month, day) = (&token[year_digits..year_digits + 2], &token[year_digits + 2..year_digits + 4]);
    let valid = (year_digits == 2 || is_year(&token[..4]))
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day));
    if !valid {
        return None;
    }
    let year = if year_digits == 2 { format!("{:02}", dice.within(1, 26)) } else { year(dice) };
    let time = match rest.len() {
        0 => String::new(),
        4 => format!("{:02}{:02}", dice.below(24), dice.below(60)),
        _ => format!("{:02}{:02}{:02}", dice.below(24), dice.below(60), dice.below(60)),
    };
    Some(format!("{year}{:02}{:02}{time}", dice.within(1, 12), dice.within(1, 28)))
}

/// Another time of day, where a token is one: `9:07`, `09:07:44`, `4:02p`.
#[must_use]
pub fn time(token: &str, dice: &mut Dice) -> Option<String> {
    let end = token.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(token.len());
    let (digits, tail) = token.split_at(end);
    if !matches!(tail, "" | "p" | "a" | "pm" | "am" | "PM" | "AM") {
        return None;
    }
    let parts: Vec<&str> = digits.split(':').collect();
    let valid = |at: usize, part: &str| number(part, 2).is_some_and(|n| n < if at == 0 { 24 } else { 60 });
    if !(2..=3).contains(&parts.len())
        || !parts.iter().enumerate().all(|(at, part)| valid(at, part))
        || parts[1].len() != 2
    {
        return None;
    }
    let hour = match (parts[0].len(), tail) {
        (1, _) => dice.within(1, 9).to_string(),
        (_, "") => format!("{:02}", dice.below(24)),
        _ => format!("{:02}", dice.within(1, 12)),
    };
    let rest: String = parts[1..].iter().map(|_| format!(":{:02}", dice.below(60))).collect();
    Some(hour + &rest + tail)
}

/// Another month, where a word is one, as long or as short.
#[must_use]
pub fn month(word: &str, dice: &mut Dice) -> Option<String> {
    one_of(&MONTHS, word, dice)
}

/// Another day of the week, where a word is one, as long or as short.
#[must_use]
pub fn weekday(word: &str, dice: &mut Dice) -> Option<String> {
    one_of(&DAYS, word, dice)
}

fn one_of(names: &[&str], word: &str, dice: &mut Dice) -> Option<String> {
    let short = |name: &str| name[..3].to_owned();
    let upper = word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase());
    let is = |name: &&&str| **name == word || short(name) == word || (upper && short(name).to_uppercase() == word);
    let name = names.iter().find(is)?;
    // The long and the short form of May are equal.
    let long = *name == word && word.len() > 3;
    let other = dice.pick(names);
    let other = if long { other.to_owned() } else { short(other) };
    Some(if upper { other.to_uppercase() } else { other })
}

/// Whether digits are a year in which devices were made.
#[must_use]
pub fn is_year(token: &str) -> bool {
    number(token, 4).is_some_and(|year| token.len() == 4 && (1980..2040).contains(&year))
}

/// Another year.
#[must_use]
pub fn year(dice: &mut Dice) -> String {
    dice.within(1996, 2026).to_string()
}

/// Another day or month, with as many digits.
#[must_use]
pub fn part(original: &str, dice: &mut Dice) -> String {
    if original.len() == 1 { dice.within(1, 9).to_string() } else { format!("{:02}", dice.within(1, 12)) }
}

fn number(digits: &str, most: usize) -> Option<usize> {
    let fits = !digits.is_empty() && digits.len() <= most && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metamorphic::shape::shape;

    #[test]
    fn dates_and_times_keep_their_notation() {
        for nth in 0..20 {
            let mut dice = Dice::of("dates", nth);
            for token in
                ["2021-03-04", "04.03.2021", "3/4/21", "05-May-11", "20210304", "210304", "2021-03-04T12:15:00Z"]
            {
                let other = date(token, &mut dice).unwrap_or_default();
                assert_eq!((shape(&other), other.len()), (shape(token), token.len()), "{token} became {other}");
            }
            for token in ["9:07", "09:07:44", "4:02p"] {
                let other = time(token, &mut dice).unwrap_or_default();
                assert_eq!((shape(&other), other.len()), (shape(token), token.len()), "{token} became {other}");
            }
            assert_eq!(month("JAN", &mut dice).map(|month| month.len()), Some(3));
            assert!(weekday("Tuesday", &mut dice).is_some_and(|day| day.ends_with("day")));
        }
    }

    #[test]
    fn versions_and_words_are_not_dates() {
        let mut dice = Dice::of("none", 0);
        for token in ["1.2.3", "14.03.14", "99.99.2021", "20211304", "12345", "Maybe", "5.10.0-26"] {
            assert_eq!(date(token, &mut dice), None, "{token}");
        }
        assert_eq!(time("12:61", &mut dice), None);
        assert_eq!(time("de:ad", &mut dice), None);
        assert_eq!(month("Mar1", &mut dice), None);
    }
}
