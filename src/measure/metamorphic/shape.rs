//! The shape of a text, without the text: shapes may be committed, texts of rows may not.

use super::words::script_of;

/// Longest shape, in characters.
const LONGEST: usize = 24;

/// A text's shape: runs of letters become one `A`, `a` or, in mixed case, `Aa`; runs of digits `0`; letters beyond ASCII
/// `á`, `я`, `α`, `字` or `글`; marks stay. What is longer than 24 characters is cut.
#[must_use]
pub fn shape(text: &str) -> String {
    let mut shape: Vec<char> = Vec::new();
    for c in text.chars() {
        let next = match c {
            '0'..='9' => '0',
            'A'..='Z' => 'A',
            'a'..='z' => 'a',
            '\t' | '\r' | '\n' => ' ',
            c if c.is_ascii() => c,
            c => match script_of(c) {
                Some(0) => 'я',
                Some(1) => 'α',
                Some(2) => '字',
                Some(_) => '글',
                None if c.is_alphabetic() => 'á',
                None => '·',
            },
        };
        if shape.last() != Some(&next) || !next.is_alphanumeric() {
            shape.push(next);
        }
    }
    if shape.len() > LONGEST {
        shape.truncate(LONGEST - 1);
        shape.push('…');
    }
    shape.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn a_shape_contains_only_the_marks_of_its_text() {
        assert_eq!(shape("Halden-SW07.lan"), "Aa-A0.a");
        assert_eq!(shape("FOC1234X0AB"), "A0A0A");
        assert_eq!(shape("Łódź, 東京 Самара Πάτρα 부산"), "áaáa, 字 я α 글".replace("áaáa", &shape("Łódź")));
        assert_eq!(
            shape("1.2.3.4-5.6.7.8-9.10.11.12-13.14"),
            "0.0.0.0-0.0.0.0-0.0.0.0…".chars().take(23).chain(['…']).collect::<String>()
        );
        assert_eq!(shape("a\tb\nc"), "a a a");
    }
}
