//! The options of `enable`: choices add up, everything that loosens them is listed before the question, and a run that
//! changes nothing writes nothing.

use anyhow::Result;
use callback_tests::recording_site::{Plays, Site};
use callback_tests::world::{World, codes};
use serde_json::{Value, json};

/// A world with a receiver that gets no requests.
async fn world() -> Result<World> {
    let world = World::new().await?;
    world.configure("terms = ['Fixed']\n[receiver]\nurl = 'http://127.0.0.1:9/log.php'\n")?;
    Ok(world)
}

fn systems(world: &World) -> Result<Vec<String>> {
    let payload = world.json(&["preview", "--raw"])?;
    let list = payload["data"]["os"].as_array().cloned().unwrap_or_default();
    Ok(list.iter().filter_map(|entry| entry["os"].as_str().map(str::to_owned)).collect())
}

#[tokio::test]
async fn adding_to_a_choice_loosens_nothing() -> Result<()> {
    let world = world().await?;
    let sent = systems(&world)?;
    let [first, second] = [&sent[0], &sent[1]];
    let withhold = |label: &str| format!("os={label}");
    world.ok(&["enable", "--yes", "--withhold", &withhold(first), "--terms", "Acme"])?;
    let enabled =
        world.json(&["enable", "--yes", "--json", "--withhold", &withhold(second), "--terms", "Harbour Street"])?;
    assert_eq!(enabled["newly_sent"], json!([]));
    assert_eq!(enabled["given"]["choices"]["withheld"], json!([["os", first], ["os", second]]));
    assert_eq!(enabled["given"]["choices"]["terms"], json!(["Acme", "Harbour Street"]));
    assert!(!systems(&world)?.contains(first) && !systems(&world)?.contains(second));
    assert_eq!(world.code(&["enable", "--yes", "--terms", ","])?, (3, "terms-invalid".to_owned()));
    assert_eq!(world.code(&["enable", "--yes", "--withhold", "os=a", "--set-withhold", "os=b"])?.0, 2);
    Ok(())
}

#[tokio::test]
async fn newly_sent_data_is_listed_before_the_question() -> Result<()> {
    let world = world().await?;
    let first = systems(&world)?.remove(0);
    let label = format!("os={first}");
    world.ok(&["enable", "--yes", "--categories", "devices,pairs", "--withhold", &label, "--terms", "Acme,fixed"])?;
    let looser = ["--add-categories", "health", "--no-withhold", &label, "--set-terms", "none"];
    // Nobody can answer: the report is shown and nothing is recorded.
    let asked = world.command(&[&["enable"][..], &looser].concat()).output()?;
    assert_eq!(asked.status.code(), Some(6));
    let shown = String::from_utf8(asked.stdout)?;
    for newly_sent in ["category health", label.as_str(), "Acme"] {
        assert!(shown.contains(newly_sent), "{newly_sent}: {shown}");
    }
    assert!(!systems(&world)?.contains(&first));
    let enabled = world.json(&[&["enable", "--yes", "--json"][..], &looser].concat())?;
    let expected = json!([
        {"what": "category", "name": "health"},
        {"what": "label", "group": "os", "label": first},
        {"what": "term", "term": "Acme"},
    ]);
    assert_eq!(enabled["newly_sent"], expected, "the configuration still redacts the other word");
    assert!(systems(&world)?.contains(&first));
    Ok(())
}

#[tokio::test]
async fn writes_to_librenms_and_blocking_settings_are_listed_before_the_question() -> Result<()> {
    let world = world().await?;
    let asked = |arguments: &[&str]| -> Result<String> {
        let output = world.command(&[&["enable"][..], arguments].concat()).output()?;
        assert_eq!(output.status.code(), Some(6));
        Ok(String::from_utf8(output.stdout)?)
    };
    world.sql("DELETE FROM config WHERE config_name = 'reporting.usage'").await?;
    let shown = asked(&[])?;
    for written in ["reporting.usage", "row uuid", "row agent_day"] {
        assert!(shown.contains(written), "{written}: {shown}");
    }
    assert!(!shown.contains("--take-over"), "the built-in sender is off");
    world.sql("INSERT INTO callback VALUES ('enabled', '1')").await?;
    assert!(asked(&[])?.contains("--take-over"));
    assert!(asked(&["--take-over"])?.contains("row enabled"));
    assert_eq!(world.value("SELECT value FROM callback WHERE name = 'enabled'").await?.as_deref(), Some("1"));
    world.ok(&["enable", "--yes", "--take-over"])?;
    let shown = asked(&[])?;
    assert!(!shown.contains("row uuid") && !shown.contains("reporting.usage"), "these are in place: {shown}");
    Ok(())
}

#[tokio::test]
async fn repeating_an_opt_in_changes_nothing() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    world.configure(&format!("[receiver]\nurl = '{}'\n", site.log()))?;
    let enable = ["enable", "--yes", "--withhold", "os=linux"];
    world.ok(&[&enable[..], &["--who", "mira"]].concat())?;
    let look = || -> Result<(Value, Value)> {
        Ok((world.json(&["history", "--json"])?, world.json(&["status", "--json"])?["given"].clone()))
    };
    let before = look()?;
    assert_eq!(world.code(&enable)?, (0, "already-opted-in".to_owned()));
    assert_eq!(world.ok(&enable)?.lines().count(), 1);
    assert_eq!(world.ok(&[&enable[..], &["--quiet"]].concat())?, "");
    assert_eq!(look()?, before);
    // Another name, or another choice, is another consent.
    assert_eq!(world.code(&[&enable[..], &["--who", "jane"]].concat())?, (0, "opted-in".to_owned()));
    assert_eq!(world.code(&["enable", "--yes", "--withhold", "os=ios"])?, (0, "opted-in".to_owned()));
    let (history, given) = look()?;
    assert_eq!(history.as_array().map(Vec::len), before.0.as_array().map(|entries| entries.len() + 2));
    assert_eq!(given["who"], "jane");
    world.ok(&["submit"])?;
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn the_user_who_ran_sudo_opts_in_unless_a_name_is_given() -> Result<()> {
    let mut world = world().await?;
    world.variables.push(("SUDO_USER", "jane".to_owned()));
    let who = |world: &World| -> Result<Value> { Ok(world.json(&["status", "--json"])?["given"]["who"].clone()) };
    world.ok(&["enable", "--yes"])?;
    assert_eq!(who(&world)?, "jane");
    world.ok(&["enable", "--yes", "--who", "mira"])?;
    world.ok(&["enable", "--yes"])?;
    assert_eq!(who(&world)?, "mira");
    world.ok(&["disable"])?;
    world.ok(&["enable", "--yes", "--override-off"])?;
    assert_eq!(who(&world)?, "jane", "an opt-in after an opt-out is somebody else's");
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_config_php_may_override_gives_a_warning() -> Result<()> {
    let world = World::new().await?;
    let enabled = world.json(&["enable", "--yes", "--json"])?;
    assert_eq!(codes(&enabled["notices"]), ["receiver-assumed"]);
    let named = ["enable", "--yes", "--json", "--receiver", "http://127.0.0.1:9/log.php"];
    assert_eq!(codes(&world.json(&named)?["notices"]), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn the_former_way_to_empty_a_list_still_works() -> Result<()> {
    let world = world().await?;
    world.ok(&["enable", "--yes", "--withhold", "os=linux", "--terms", "Acme"])?;
    let output = world.command(&["enable", "--yes", "--json", "--withhold", "none", "--terms", "none"]).output()?;
    let enabled: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(
        (&enabled["given"]["choices"]["withheld"], &enabled["given"]["choices"]["terms"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(String::from_utf8(output.stderr)?.lines().count(), 2, "a warning each");
    Ok(())
}

#[tokio::test]
async fn a_label_that_is_not_found_is_named_once() -> Result<()> {
    let world = world().await?;
    let found = format!("os={}", systems(&world)?.remove(0));
    let line =
        ["enable", "--yes", "--json", "--withhold", &found, "--withhold", "os=typo", "--include", "mempool=Quorix"];
    let enabled = world.json(&line)?;
    assert_eq!(codes(&enabled["notices"]), ["label-not-found", "label-not-found"]);
    let texts = enabled["notices"].to_string();
    assert!(texts.contains("os=typo") && texts.contains("mempool=Quorix") && !texts.contains(&found), "{texts}");
    let enabled = world.json(&["enable", "--yes", "--json", "--terms", "Acme"])?;
    assert_eq!(codes(&enabled["notices"]), Vec::<String>::new(), "these were chosen before");
    Ok(())
}

#[tokio::test]
async fn the_history_records_what_was_chosen_for_which_receiver_and_by_whom() -> Result<()> {
    let world = world().await?;
    let chosen =
        ["--categories", "devices,health", "--withhold", "os=linux", "--include", "mempool=a", "--terms", "Acme"];
    world.ok(&[&["enable", "--yes", "--who", "mira"][..], &chosen].concat())?;
    let note = world.json(&["history", "--json"])?[0]["note"].take();
    for (name, list) in [
        ("categories", json!(["devices", "health"])),
        ("withheld", json!(["os=linux"])),
        ("included", json!(["mempool=a"])),
        ("terms", json!(["Acme"])),
    ] {
        assert_eq!(note[name], list, "{note}");
    }
    let shown = world.ok(&["show", "1"])?;
    for text in ["os=linux", "mempool=a", "Acme", "devices, health"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let history = world.ok(&["history"])?;
    assert!(history.contains("http://127.0.0.1:9/log.php") && history.contains("mira"), "{history}");
    world.ok(&["verify"])?;
    Ok(())
}

#[tokio::test]
async fn enable_names_what_may_be_a_mistake() -> Result<()> {
    let world = world().await?;
    let enabled = world.json(&["enable", "--yes", "--json", "--terms", "a,Acme"])?;
    assert_eq!(codes(&enabled["notices"]), ["terms-too-broad"]);
    assert_eq!(codes(&world.json(&["enable", "--yes", "--json"])?["notices"]), Vec::<String>::new(), "once");
    let printed = world.ok(&["enable", "--yes", "--receiver-kind", "callback-stats"])?;
    let url = "http://127.0.0.1:9/log.php";
    assert!(printed.contains(&format!("now {url} (callback-stats), was {url} (stock)")), "{printed}");
    let output = world.command(&["enable", "--yes", "--no-categories", "envelope"]).output()?;
    assert!(String::from_utf8(output.stderr)?.contains("envelope is always sent"));
    Ok(())
}

#[tokio::test]
async fn enable_says_if_the_schedule_is_blocked_or_the_kind_is_a_guess() -> Result<()> {
    let world = world().await?;
    let other = ["enable", "--yes", "--receiver", "http://127.0.0.1:9/other.php"];
    assert!(world.ok(&other)?.contains("counts as stock"));
    let known = [&other[..], &["--receiver-kind", "stock", "--terms", "Acme"]].concat();
    assert!(!world.ok(&known)?.contains("counts as stock"));
    let output = world.command(&[&other[..], &["--quiet"]].concat()).output()?;
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("no reports are sent yet") && said.contains("receiver.url"), "{said}");
    Ok(())
}

#[tokio::test]
async fn enable_shows_the_public_key_to_compare() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    world.configure(&format!("[receiver]\nurl = '{}'\nkind = 'callback-stats'\n", site.log()))?;
    let printed = world.ok(&["enable", "--yes"])?;
    let shown = world.json(&["key", "show", "--json"])?;
    let key = shown["known"][0]["public_key"].as_str().unwrap_or("no key is pinned");
    assert!(printed.contains(key), "{printed}");
    let again = world.ok(&["key", "accept", "--yes"])?;
    assert!(again.contains("already pinned") && !again.contains("different server"), "{again}");
    Ok(())
}
