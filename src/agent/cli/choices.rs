//! The options of `enable` that choose what is sent. An option without a prefix never loosens a choice, unless it
//! names what is sent. Options that loosen a choice are called `--no-…`, `--set-…` or `--add-…`.

use super::output::visible;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::policy::newly_sent::is_same_term;
use crate::store::consent::{Choices, category_name, category_named};
use callback_collector::dictionary::{Category, GROUPS, INFO, group};
use clap::Args;

/// What to send and what to leave out.
#[derive(Args, Default)]
#[command(next_help_heading = "What is sent (default: as chosen before)")]
pub(super) struct ChoiceArgs {
    /// Send exactly these categories, or `all`; see `dictionary`
    #[arg(long, visible_alias = "set-categories", value_name = "LIST", value_delimiter = ',')]
    categories: Option<Vec<String>>,
    /// Also send these categories
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "categories")]
    add_categories: Vec<String>,
    /// No longer send these categories
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "categories")]
    no_categories: Vec<String>,
    /// Also withhold this label (repeatable)
    #[arg(long, value_name = "GROUP=LABEL", conflicts_with = "set_withhold")]
    withhold: Vec<String>,
    /// No longer withhold this label (repeatable)
    #[arg(long, value_name = "GROUP=LABEL", conflicts_with = "set_withhold")]
    no_withhold: Vec<String>,
    /// Withhold these labels only (repeatable), or `none`
    #[arg(long, value_name = "GROUP=LABEL")]
    set_withhold: Vec<String>,
    /// Also send this rare label (repeatable); see `preview --explain`
    #[arg(long, value_name = "GROUP=LABEL", conflicts_with = "set_include")]
    include: Vec<String>,
    /// No longer send this rare label (repeatable)
    #[arg(long, value_name = "GROUP=LABEL", conflicts_with = "set_include")]
    no_include: Vec<String>,
    /// Send these rare labels only (repeatable), or `none`
    #[arg(long, value_name = "GROUP=LABEL")]
    set_include: Vec<String>,
    /// Also redact these comma-separated words everywhere
    #[arg(long, value_name = "WORDS", value_delimiter = ',', conflicts_with = "set_terms")]
    terms: Vec<String>,
    /// No longer redact these words
    #[arg(long, value_name = "WORDS", value_delimiter = ',', conflicts_with = "set_terms")]
    no_terms: Vec<String>,
    /// Redact these words only, or `none`
    #[arg(long, value_name = "WORDS", value_delimiter = ',')]
    set_terms: Vec<String>,
}

/// A label with its group.
type Label = (String, String);

/// The resulting choices, and what to print about them.
pub(super) struct Chosen {
    pub(super) choices: Choices,
    /// Warnings about options used in their former form.
    pub(super) warnings: Vec<String>,
    /// Items to be removed that were not chosen before.
    pub(super) absent: Vec<String>,
}

impl ChoiceArgs {
    /// Applies the options to the previous choices. If two options contradict each other, more is left out.
    pub(super) fn applied_to(&self, before: Choices) -> Result<Chosen> {
        let mut chosen = Chosen { choices: before, warnings: Vec::new(), absent: Vec::new() };
        self.categories(&mut chosen)?;
        self.withheld(&mut chosen)?;
        self.included(&mut chosen)?;
        self.terms(&mut chosen)?;
        Ok(chosen)
    }

    fn categories(&self, chosen: &mut Chosen) -> Result<()> {
        let named = |option: &str, names: &[String]| {
            names.iter().map(|name| category(option, name.trim())).collect::<Result<Vec<_>>>()
        };
        let add = named("--add-categories", &self.add_categories)?;
        let remove = named("--no-categories", &self.no_categories)?;
        if remove.contains(&Category::Envelope) {
            chosen.warnings.push("--no-categories envelope: envelope is always sent".to_owned());
        }
        let choices = &mut chosen.choices;
        if let Some(names) = &self.categories {
            choices.categories = if is(names, "all") { None } else { Some(named("--categories", names)?) };
        }
        if let Some(categories) = &mut choices.categories {
            categories.extend(add);
        }
        if !remove.is_empty() {
            let categories = choices.categories.get_or_insert_with(|| Category::ALL.to_vec());
            categories.retain(|category| !remove.contains(category));
        }
        if let Some(categories) = &mut choices.categories {
            // Sort and deduplicate, so that equal choices give equal records.
            *categories = Category::ALL.into_iter().filter(|category| categories.contains(category)).collect();
        }
        Ok(())
    }

    fn withheld(&self, chosen: &mut Chosen) -> Result<()> {
        let option = "--withhold";
        let list = &mut chosen.choices.withheld;
        if is(&self.withhold, "none") {
            chosen.warnings.push(former_option_warning(option));
            list.clear();
            return remove(list, &withheld("--no-withhold", &self.no_withhold)?, "--no-withhold", &mut chosen.absent);
        }
        if !self.set_withhold.is_empty() {
            let is_none = is(&self.set_withhold, "none");
            *list = if is_none { Vec::new() } else { withheld("--set-withhold", &self.set_withhold)? };
        }
        remove(list, &withheld("--no-withhold", &self.no_withhold)?, "--no-withhold", &mut chosen.absent)?;
        list.extend(withheld(option, &self.withhold)?);
        once_each(list);
        Ok(())
    }

    fn included(&self, chosen: &mut Chosen) -> Result<()> {
        let list = &mut chosen.choices.included;
        if is(&self.include, "none") {
            chosen.warnings.push(former_option_warning("--include"));
            list.clear();
        } else {
            list.extend(included("--include", &self.include)?);
        }
        if !self.set_include.is_empty() {
            let is_none = is(&self.set_include, "none");
            *list = if is_none { Vec::new() } else { included("--set-include", &self.set_include)? };
        }
        remove(list, &included("--no-include", &self.no_include)?, "--no-include", &mut chosen.absent)?;
        once_each(list);
        Ok(())
    }

    fn terms(&self, chosen: &mut Chosen) -> Result<()> {
        let list = &mut chosen.choices.terms;
        if is(&self.terms, "none") {
            chosen.warnings.push(former_option_warning("--terms"));
            list.clear();
        }
        if !self.set_terms.is_empty() {
            *list = if is(&self.set_terms, "none") { Vec::new() } else { words("--set-terms", &self.set_terms)? };
        }
        for word in words("--no-terms", &self.no_terms)? {
            let before = list.len();
            list.retain(|term| !is_same_term(term, &word));
            if list.len() == before {
                chosen.absent.push(format!("--no-terms {word}: was not redacted"));
            }
        }
        if !is(&self.terms, "none") {
            for word in words("--terms", &self.terms)? {
                if !list.iter().any(|term| is_same_term(term, &word)) {
                    list.push(word);
                }
            }
        }
        Ok(())
    }
}

/// Whether a list consists of one keyword, such as `all` or `none`.
fn is(words: &[String], word: &str) -> bool {
    matches!(words, [only] if only.trim() == word)
}

/// The warning about an option that was used to empty a list, before `--set-…` existed.
fn former_option_warning(option: &str) -> String {
    let name = option.trim_start_matches('-');
    format!("`{option} none` is now `--set-{name} none`; the old form will be removed in the next version")
}

fn remove(list: &mut Vec<Label>, labels: &[Label], option: &str, absent: &mut Vec<String>) -> Result<()> {
    for label in labels {
        if !list.contains(label) {
            absent.push(format!("{option} {}={}: was not chosen", label.0, label.1));
        }
        list.retain(|other| other != label);
    }
    Ok(())
}

fn once_each(list: &mut Vec<Label>) {
    let mut known = std::collections::BTreeSet::new();
    list.retain(|label| known.insert(label.clone()));
}

/// Trims the words, and drops empty ones, which stray commas cause.
fn words(option: &str, given: &[String]) -> Result<Vec<String>> {
    let words: Vec<String> = given.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() && !given.is_empty() {
        return Err(Error::new(
            Code::TermsInvalid,
            format!("{option}: expected comma-separated words; to redact no words of your own: --set-terms none"),
        ));
    }
    Ok(words)
}

fn category(option: &str, name: &str) -> Result<Category> {
    category_named(name).ok_or_else(|| {
        let names: Vec<_> = Category::ALL.into_iter().map(category_name).collect();
        Error::new(
            Code::CategoryUnknown,
            format!(
                "{option}: unknown category \"{}\"; expected a comma-separated list of {}, or `--categories all`",
                visible(name),
                names.join(", ")
            ),
        )
    })
}

/// Labels, whose group must satisfy a condition.
fn labels(given: &[String], is_group: impl Fn(&str) -> bool, wrong: impl Fn(String) -> Error) -> Result<Vec<Label>> {
    let parse = |text: &String| {
        let parts = text.split_once('=').filter(|(name, _)| is_group(name));
        let (group, label) = parts.ok_or_else(|| wrong(without_label(text)))?;
        Ok((group.to_owned(), label.to_owned()))
    };
    given.iter().map(parse).collect()
}

/// A value for an error message: without the label, which may be text of a device.
fn without_label(text: &str) -> String {
    match text.split_once('=') {
        Some((group, _)) => format!("{}=\u{2026}", visible(group)),
        None => visible(text),
    }
}

fn withheld(option: &str, given: &[String]) -> Result<Vec<Label>> {
    let is_group = |name: &str| name == INFO || group(name).is_some();
    labels(given, is_group, |text| {
        let message = format!(
            "{option}: \"{text}\" is not a label; expected GROUP=LABEL, with a group of `callback-agent dictionary`, or \
             info=SYSDESCR"
        );
        Error::new(Code::WithholdInvalid, message)
    })
}

fn included(option: &str, given: &[String]) -> Result<Vec<Label>> {
    let is_group = |name: &str| group(name).is_some_and(|group| group.composed);
    labels(given, is_group, |text| {
        let names = GROUPS.iter().filter(|group| group.composed).map(|group| group.name);
        let names = names.collect::<Vec<_>>().join(", ");
        let message = format!(
            "{option}: \"{text}\" is not a rare label; expected GROUP=LABEL, with one of the groups {names}; list rare \
             labels with: callback-agent preview --explain"
        );
        Error::new(Code::IncludeInvalid, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Enable {
        #[command(flatten)]
        choices: ChoiceArgs,
    }

    fn apply(before: &Choices, line: &[&str]) -> Result<Chosen> {
        Enable::try_parse_from(std::iter::once(&"enable").chain(line)).unwrap().choices.applied_to(before.clone())
    }

    fn after(before: &Choices, line: &[&str]) -> Choices {
        apply(before, line).unwrap().choices
    }

    fn labels(list: &[(&str, &str)]) -> Vec<Label> {
        list.iter().map(|(group, label)| ((*group).to_owned(), (*label).to_owned())).collect()
    }

    fn some() -> Choices {
        Choices {
            categories: Some(vec![Category::Software, Category::Pairs]),
            withheld: labels(&[("os", "linux"), ("info", "a=b")]),
            included: labels(&[("mempool", "AP 1 [CN0489813]")]),
            terms: vec!["Acme".to_owned()],
        }
    }

    #[test]
    fn an_option_that_is_not_passed_changes_nothing() {
        assert_eq!(after(&some(), &[]), some());
        let line = [
            "--categories",
            "software,pairs",
            "--withhold",
            "os=linux",
            "--withhold",
            "info=a=b",
            "--include",
            "mempool=AP 1 [CN0489813]",
            "--terms",
            "Acme, ",
        ];
        assert_eq!(after(&Choices::default(), &line), some());
        assert_eq!(after(&some(), &line), some(), "once each");
    }

    #[test]
    fn an_option_adds_to_the_previous_choices() {
        let more = after(&some(), &["--withhold", "os=foo", "--terms", "Harbour,ACME", "--include", "storage=x"]);
        assert_eq!(more.withheld, labels(&[("os", "linux"), ("info", "a=b"), ("os", "foo")]));
        assert_eq!(more.included, labels(&[("mempool", "AP 1 [CN0489813]"), ("storage", "x")]));
        assert_eq!(more.terms, ["Acme", "Harbour"]);
        let more = after(&some(), &["--add-categories", "health"]).categories;
        assert_eq!(more, Some(vec![Category::Health, Category::Software, Category::Pairs]));
        assert_eq!(after(&Choices::default(), &["--add-categories", "health"]).categories, None, "all stay all");
    }

    #[test]
    fn there_are_options_to_remove_and_to_replace() {
        let less = after(&some(), &["--no-withhold", "os=linux", "--no-terms", "acme", "--no-categories", "pairs"]);
        assert_eq!(less.withheld, labels(&[("info", "a=b")]));
        assert_eq!((less.terms.len(), less.categories), (0, Some(vec![Category::Software])));
        let less = after(&Choices::default(), &["--no-categories", "pairs"]).categories.unwrap_or_default();
        assert_eq!((less.len(), less.contains(&Category::Pairs)), (Category::ALL.len() - 1, false));
        let set =
            ["--set-withhold", "os=x", "--set-include", "storage=y", "--set-terms", "New", "--set-categories", "usage"];
        let set = after(&some(), &set);
        assert_eq!((set.withheld, set.included), (labels(&[("os", "x")]), labels(&[("storage", "y")])));
        assert_eq!((set.terms, set.categories), (vec!["New".to_owned()], Some(vec![Category::Usage])));
        let none = ["--set-withhold", "none", "--set-include", "none", "--set-terms", "none", "--categories", "all"];
        assert_eq!(after(&some(), &none), Choices::default());
    }

    #[test]
    fn contradicting_options_leave_out_more() {
        let both =
            ["--withhold", "os=x", "--no-withhold", "os=x", "--include", "storage=y", "--no-include", "storage=y"];
        let both = after(&Choices::default(), &both);
        assert_eq!((both.withheld, both.included), (labels(&[("os", "x")]), Vec::new()));
        let both = after(&some(), &["--terms", "Acme", "--no-terms", "Acme"]);
        assert_eq!(both.terms, ["Acme"]);
        let both = after(&some(), &["--add-categories", "usage", "--no-categories", "usage"]);
        assert_eq!(both.categories, some().categories);
    }

    #[test]
    fn the_former_way_to_empty_a_list_works_with_a_warning() {
        let former = apply(&some(), &["--withhold", "none", "--include", "none", "--terms", "none"]).unwrap();
        assert_eq!(former.choices, Choices { categories: some().categories, ..Choices::default() });
        assert_eq!(former.warnings.len(), 3);
        assert!(apply(&some(), &["--set-withhold", "none"]).unwrap().warnings.is_empty());
    }

    #[test]
    fn removing_something_that_was_not_chosen_gives_a_warning() {
        let line = ["--no-withhold", "os=x", "--no-include", "storage=y", "--no-terms", "Nobody"];
        let chosen = apply(&some(), &line).unwrap();
        assert_eq!((chosen.choices, chosen.absent.len()), (some(), 3));
    }

    #[test]
    fn names_that_do_not_exist_are_rejected() {
        for (line, code) in [
            (["--categories", "everything"], Code::CategoryUnknown),
            (["--no-categories", "all"], Code::CategoryUnknown),
            (["--withhold", "nothing=x"], Code::WithholdInvalid),
            (["--withhold", "os"], Code::WithholdInvalid),
            (["--no-withhold", "none"], Code::WithholdInvalid),
            (["--include", "nothing=x"], Code::IncludeInvalid),
            (["--include", "mempool"], Code::IncludeInvalid),
            (["--include", "hardware=X 1"], Code::IncludeInvalid),
            (["--terms", ","], Code::TermsInvalid),
            (["--set-terms", " , "], Code::TermsInvalid),
        ] {
            assert_eq!(apply(&some(), &line).map(drop).map_err(|error| error.code()), Err(code), "{line:?}");
        }
    }

    #[test]
    fn an_error_names_the_option_and_the_value() {
        for (line, named) in [
            (["--withhold", "linux"], "--withhold: \"linux\""),
            (["--no-withhold", "linux"], "--no-withhold: \"linux\""),
            (["--include", "bogus=label"], "--include: \"bogus=\u{2026}\""),
            (["--set-include", "a\u{1b}b"], "--set-include: \"a<U+001B>b\""),
            (["--set-categories", "bogus"], "--categories: unknown category \"bogus\""),
            (["--add-categories", "bogus"], "--add-categories: unknown category \"bogus\""),
            (["--no-terms", ","], "--no-terms: expected"),
        ] {
            let error = apply(&some(), &line).map(drop).unwrap_err();
            assert!(error.message().starts_with(named), "{error}");
        }
    }

    #[test]
    fn the_envelope_is_always_sent() {
        let chosen = apply(&Choices::default(), &["--no-categories", "envelope"]).unwrap();
        assert_eq!(chosen.warnings, ["--no-categories envelope: envelope is always sent"]);
        assert!(chosen.choices.sends(Category::Envelope));
        assert!(apply(&some(), &["--no-categories", "pairs"]).unwrap().warnings.is_empty());
    }
}
