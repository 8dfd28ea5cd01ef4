//! The rules behave in the module, without Unicode tables, as they do natively.

use anyhow::Result;
use callback_agent::sandbox::module::Module;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_collector::Collector;
use callback_collector::sanitise::rules::RULES;
use serde_json::{Value, json};

#[test]
fn every_example_of_every_rule_gives_the_same_result() -> Result<()> {
    let sandbox = Sandbox::new(&Module::embedded()?, None, Limits::default())?;
    let mut instance = sandbox.instance()?;
    let collector = Collector::new();
    let mut compared = 0;
    for rule in RULES {
        let texts = rule.matches.iter().flat_map(|(before, after)| [before, after]).chain(rule.leaves);
        for text in texts {
            let device = serde_json::to_vec(&json!({"sysDescr": text}))?;
            let wasm: Value = serde_json::from_slice(&instance.sanitise(&device)?)?;
            assert_eq!(wasm, serde_json::to_value(collector.sanitise(&device)?)?, "{}: {text}", rule.id);
            compared += 1;
        }
        for (before, _) in rule.matches {
            let device = serde_json::to_vec(&json!({"sysDescr": before}))?;
            let wasm: Value = serde_json::from_slice(&instance.sanitise(&device)?)?;
            assert_ne!(wasm["sysDescr"], json!(before), "{} does nothing in the module", rule.id);
        }
    }
    assert!(compared > 30);
    Ok(())
}

#[test]
fn the_module_has_the_collectors_dictionary_and_uuids() -> Result<()> {
    let sandbox = Sandbox::new(&Module::embedded()?, None, Limits::default())?;
    let mut instance = sandbox.instance()?;
    let dictionary: Value = serde_json::from_slice(&instance.dictionary()?)?;
    assert_eq!(dictionary, serde_json::to_value(callback_collector::dictionary::fields())?);
    let (one, other) = (instance.install_id()?, instance.install_id()?);
    assert_ne!(one, other);
    assert_eq!(callback_collector::install_id::normalised(&one), Some(one));
    Ok(())
}
