//! What an opt-in sends that the previous one did not. All of it is listed before the admin is asked.

use crate::receiver::without_query;
use crate::store::consent::{Choices, Given, category_name};
use callback_collector::dictionary::{self, Category};
use callback_protocol::agent_api::NewlySent;

/// Everything that `after` sends and `before` did not: categories, fields, labels, words; everything if the receiver is
/// different. `fixed_terms` are the configuration's words, which are always redacted.
pub(crate) fn newly_sent(before: &Given, after: &Given, fixed_terms: &[String]) -> Vec<NewlySent> {
    let (old, new) = (&before.choices, &after.choices);
    let mut list = Vec::new();
    if (&before.receiver.url, before.receiver.kind) != (&after.receiver.url, after.receiver.kind) {
        let (url, before) = (after.receiver.shown().to_owned(), before.receiver.shown().to_owned());
        list.push(NewlySent::Receiver { url, before });
    }
    // Delete requests contain the uuid and the secret.
    if before.receiver.url == after.receiver.url && before.receiver.clear_url != after.receiver.clear_url {
        let address = |given: &Given| without_query(&given.receiver.clear_url).to_owned();
        list.push(NewlySent::ClearUrl { url: address(after), before: address(before) });
    }
    for category in Category::ALL {
        if new.sends(category) && !old.sends(category) {
            list.push(NewlySent::Category { name: category_name(category) });
        }
    }
    for field in dictionary::fields() {
        let is_new = field.since > before.payload_schema && field.since <= after.payload_schema;
        if is_new && new.sends(field.category) {
            list.push(NewlySent::Field { name: field.field.to_owned() });
        }
    }
    let label = |(group, label): &(String, String)| (group.clone(), label.clone());
    for withheld in old.withheld.iter().filter(|it| !new.withheld.contains(it) && is_sent(new, &it.0)) {
        let (group, label) = label(withheld);
        list.push(NewlySent::Label { group, label });
    }
    for included in new.included.iter().filter(|it| !old.included.contains(it) && is_sent(new, &it.0)) {
        let (group, label) = label(included);
        list.push(NewlySent::RareLabel { group, label });
    }
    let has = |terms: &[String], term: &str| terms.iter().any(|other| is_same_term(other, term));
    for term in old.terms.iter().filter(|term| !has(&new.terms, term) && !has(fixed_terms, term)) {
        list.push(NewlySent::Term { term: term.clone() });
    }
    list
}

/// Whether two words redact the same text; case is ignored.
pub(crate) fn is_same_term(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Whether a report with these choices can have labels of a group. Operating systems are in device descriptions, too.
fn is_sent(choices: &Choices, group: &str) -> bool {
    let own = match dictionary::group(group) {
        Some(group) => choices.sends(group.category),
        None => false,
    };
    own || (matches!(group, dictionary::INFO | "os") && choices.sends(Category::Pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::{Kind, Receiver};

    fn given(choices: Choices) -> Given {
        Given {
            at: jiff::Timestamp::UNIX_EPOCH,
            who: None,
            payload_schema: callback_collector::PAYLOAD_SCHEMA,
            module_sha256: String::new(),
            text_version: 1,
            install: String::new(),
            receiver: Receiver::new("https://a.example/log.php", Kind::Stock, None).unwrap(),
            choices,
        }
    }

    fn labels(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(group, label)| ((*group).to_owned(), (*label).to_owned())).collect()
    }

    fn narrow() -> Choices {
        Choices {
            categories: Some(vec![Category::Devices, Category::Pairs]),
            withheld: labels(&[("os", "linux"), ("info", "a")]),
            included: Vec::new(),
            terms: vec!["Acme".into(), "Harbour".into()],
        }
    }

    #[test]
    fn nothing_is_new_if_choices_stay_or_leave_out_more() {
        let wide = Choices { included: labels(&[("mempool", "x")]), ..Choices::default() };
        assert_eq!(newly_sent(&given(narrow()), &given(narrow()), &[]), []);
        assert_eq!(newly_sent(&given(wide.clone()), &given(narrow()), &[]), []);
        assert_eq!(newly_sent(&given(Choices::default()), &given(Choices::default()), &[]), []);
    }

    #[test]
    fn every_loosened_choice_is_listed() {
        let mut after = narrow();
        after.categories = Some(vec![Category::Devices, Category::Pairs, Category::Health]);
        after.withheld = labels(&[("info", "a")]);
        after.included = labels(&[("mempool", "AP 1")]);
        after.terms = vec!["HARBOUR".into()];
        assert_eq!(
            newly_sent(&given(narrow()), &given(after.clone()), &[]),
            [
                NewlySent::Category { name: "health".into() },
                NewlySent::Label { group: "os".into(), label: "linux".into() },
                NewlySent::RareLabel { group: "mempool".into(), label: "AP 1".into() },
                NewlySent::Term { term: "Acme".into() },
            ]
        );
        let fixed = newly_sent(&given(narrow()), &given(after), &["acme".into()]);
        assert!(!fixed.iter().any(|it| matches!(it, NewlySent::Term { .. })), "the configuration still redacts it");
    }

    #[test]
    fn a_label_of_an_unsent_category_is_not_newly_sent() {
        let after = Choices { categories: Some(vec![Category::Usage]), ..Choices::default() };
        assert_eq!(
            newly_sent(&given(narrow()), &given(after), &["Acme".into(), "Harbour".into()]),
            [NewlySent::Category { name: "usage".into() }]
        );
    }

    #[test]
    fn new_fields_are_listed() {
        let mut before = given(Choices::default());
        before.payload_schema = 0;
        let listed = newly_sent(&before, &given(Choices::default()), &[]);
        assert!(listed.contains(&NewlySent::Field { name: "os".into() }), "{listed:?}");
        let only = given(Choices { categories: Some(vec![Category::Pairs]), ..Choices::default() });
        assert!(newly_sent(&before, &only, &[]).len() < listed.len());
    }
}
