//! Everything public: what may be shown, what subtraction reveals, hiding, caching, hostile labels.

use crate::day::Day;
use crate::publish::charts::CHARTS;
use crate::publish::exact;
use crate::publish::hide::{EVERYWHERE, label_key};
use crate::publish::pairs::Sort;
use crate::publish::rules::{Grain, coarse};
use crate::publish::view::Window;
use crate::store::{Access, Credentials, HideAction, Submission};
use crate::test_world::World;
use crate::wire::Label;
use axum::body::Body;
use axum::http::HeaderMap;
use callback_collector::dictionary::{INFO, group};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tower::ServiceExt;

/// The first day on which something is reported.
const FIRST: Day = Day(20_600);

async fn new_world() -> World {
    World::new(FIRST, None).await
}

/// A label with a figure.
type Entry<'a> = (&'static str, &'a str, u64);

impl World {
    fn claim(&self, name: &str) -> Credentials {
        Credentials { install: self.receiver.key.install(name), secret: None }
    }

    fn grain(&self, name: &str) -> Grain {
        Grain::of(&self.receiver.key.install(name))
    }

    async fn report(&self, name: &str, day: i32, entries: &[Entry<'_>]) {
        let totals = entries.iter().map(|(part, text, figure)| {
            let label = match text.split_once('|') {
                Some((os, rest)) if *part == INFO => {
                    let (oid, descr) = rest.split_once('|').unwrap();
                    Label { group: INFO, text: Some(descr.into()), pair: Some((os.into(), oid.into())) }
                }
                _ => Label::of(group(part).unwrap(), Some((*text).to_owned())),
            };
            (label, *figure)
        });
        let submission = Submission {
            credentials: self.claim(name),
            day: FIRST.plus(day),
            payload_sha256: [0; 32],
            module_sha256: None,
            totals: totals.collect::<BTreeMap<_, _>>().into_iter().collect(),
        };
        assert_eq!(self.receiver.store.keep(submission).await.unwrap(), Access::Granted(()));
    }

    async fn clear(&self, name: &str) {
        let claim = self.claim(name);
        let tombstone = self.receiver.key.tombstone(&claim.install);
        self.receiver.store.clear(claim, tombstone, FIRST).await.unwrap();
    }

    /// Lets a day pass that is this many days after the first, and publishes it.
    async fn end_of(&self, day: i32) -> usize {
        self.set_today(FIRST.plus(day + 1));
        self.jobs.publish().await.unwrap()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
        self.send("GET", path, headers, Body::empty()).await
    }

    async fn text(&self, path: &str) -> String {
        let (status, _, body) = self.get(path, &[]).await;
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        String::from_utf8(body).unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    /// The rows of a chart: label, value, installs.
    async fn rows(&self, chart: &str) -> Vec<(String, u64, u64)> {
        let data = self.json(&format!("/api/v1/charts/{chart}")).await;
        let row = |row: &Value| {
            (
                row["label"].as_str().unwrap().to_owned(),
                row["value"].as_u64().unwrap(),
                row["installs"].as_u64().unwrap(),
            )
        };
        data["rows"].as_array().unwrap().iter().map(row).collect()
    }

    /// Everything that anybody can get, by address.
    async fn everything(&self) -> BTreeMap<String, String> {
        let mut paths: Vec<String> =
            ["/pairs", "/next", "/privacy", "/labels?q=e", "/api/v1/charts", "/feed.atom"].map(str::to_owned).into();
        paths.extend(["/api/v1/labels", "/api/v1/labels?q=e", "/api/v1/policy"].map(str::to_owned));
        for window in Window::ALL {
            paths.push(format!("/?window={}", window.days()));
            for chart in CHARTS {
                for (before, after) in [("/charts/", ""), ("/api/v1/charts/", ""), ("/api/v1/charts/", ".csv")] {
                    paths.push(format!("{before}{}{after}?window={}", chart.id, window.days()));
                }
            }
        }
        for (name, _) in Sort::ALL {
            for path in ["/pairs", "/api/v1/pairs", "/api/v1/pairs.csv"] {
                paths.push(format!("{path}?sort={name}&oid=1.3"));
            }
        }
        paths.extend(CHARTS.iter().filter(|c| c.stock.is_some()).map(|c| format!("/data.php?id=draw-{}", c.id)));
        let mut all = BTreeMap::new();
        for path in paths {
            let text = self.text(&path).await;
            all.insert(path, text);
        }
        all
    }
}

/// An ordinary install's entries.
fn ordinary(n: u64) -> Vec<Entry<'static>> {
    vec![
        ("os", "linux", 20 + n),
        ("os", "ios", 7 + n),
        ("type", "server", 20 + n),
        ("type", "network", 7 + n),
        ("port_type", "ethernetCsmacd", 600 + 10 * n),
        ("port_ifspeed", "1000", 600 + 10 * n),
        ("php_version", "8.2.29", 1),
        ("dbschema", "300", 1),
        ("librenms_release", "master", 1),
        ("hardware", "C2960", 7 + n),
        (INFO, "ios|.1.3.6.1.4.1.9.1.1|Cisco IOS", 7 + n),
    ]
}

fn name(n: u64) -> String {
    format!("install {n}")
}

#[tokio::test]
async fn an_install_counts_from_its_third_day_and_a_label_from_enough_installs() {
    let world = new_world().await;
    for day in 0..4 {
        for n in 0..5 {
            // The fifth is a day late.
            if n < 4 || day > 0 {
                world.report(&name(n), day, &ordinary(n)).await;
            }
        }
        world.end_of(day).await;
        let shown = day == 3;
        assert_eq!(world.rows("os").await.is_empty(), !shown, "day {day}");
        assert_eq!(world.json("/api/v1/pairs").await["found"], u64::from(shown));
    }
    assert_eq!(world.rows("php_version").await, [("8.2".to_owned(), 5, 5)]);
    let total = world.rows("os").await.iter().find(|row| row.0 == "linux").unwrap().1;
    let expected: u64 = (0..5).map(|n| coarse(20 + n, world.grain(&name(n)))).sum();
    assert_eq!(total, expected);
    // The day that is under way is never shown.
    world.report(&name(9), 4, &[("os", "solaris", 9)]).await;
    assert_eq!(world.jobs.publish().await.unwrap(), 0);
    assert_eq!(world.json("/api/v1/charts").await["as_of"], FIRST.plus(3).to_string());
}

#[tokio::test]
async fn quotients_are_by_the_middle_of_a_step_and_the_window_begins_where_somebody_counts() {
    for installs in [9, 22_u64] {
        let world = new_world().await;
        for day in 0..5 {
            for n in 0..installs {
                world.report(&name(n), day, &[("port_type", "ethernetCsmacd", 100)]).await;
            }
            world.end_of(day).await;
        }
        let points = &world.json("/api/v1/charts/ports_per_install").await["lines"][0]["points"];
        let last = points.as_array().unwrap().last().unwrap()["value"].as_f64();
        if installs == 9 {
            assert_eq!(last, None, "a step is too large a part of nine");
        } else {
            let total: u64 = (0..installs).map(|n| coarse(100, world.grain(&name(n)))).sum();
            // 20 to 24 installs are shown as 20.
            assert!((last.unwrap() - total as f64 / 22.0).abs() < 1.0, "{last:?}, {total}");
        }
        let types = world.json("/api/v1/charts/port_type").await;
        assert_eq!(types["rows"][0]["before"], types["rows"][0]["value"], "the third day's, not the first's");
    }
}

#[tokio::test]
async fn what_one_install_dominates_and_what_few_have_is_only_shown_as_other() {
    let world = new_world().await;
    for day in 0..3 {
        // Enough of them that whatever they are scaled by, one makes less than half of all and more than half of the rest.
        for n in 0..12 {
            let mut entries = ordinary(n);
            entries.push(("os", "giant", if n == 0 { 300 } else { 1 }));
            let own = format!("own-{n}");
            entries.push(("os", &own, 1));
            entries.push(("wireless", "rssi", 5));
            if n == 0 {
                entries.push(("wireless", "only-one", 5));
            }
            world.report(&name(n), day, &entries).await;
        }
    }
    world.end_of(2).await;
    let labels: Vec<String> = world.rows("os").await.into_iter().map(|row| row.0).collect();
    assert_eq!(labels, ["linux", "ios"]);
    let os = world.json("/api/v1/charts/os").await;
    // Together with the giant one install makes more than half of the rest, too.
    assert_eq!(os["other"], Value::Null);
    let wireless = world.json("/api/v1/charts/wireless").await;
    assert_eq!((wireless["rows"].as_array().unwrap().len(), &wireless["other"]), (1, &Value::Null));
    for (path, text) in world.everything().await {
        for hidden in ["own-", "giant", "only-one"] {
            assert!(!text.contains(hidden), "{path} shows {hidden}");
        }
    }
}

#[tokio::test]
async fn other_stands_for_two_labels_and_enough_installs() {
    let world = new_world().await;
    for day in 0..3 {
        for n in 0..10 {
            let mut entries = ordinary(n);
            entries.push(("sensors", if n % 2 == 0 { "rare-even" } else { "rare-odd" }, 10 + n));
            entries.push(("sensors", "temperature", 10 + n));
            let own = format!("own-{}", n / 4);
            entries.push(("sensors", &own, 10));
            world.report(&name(n), day, &entries).await;
        }
    }
    world.end_of(2).await;
    let sensors = world.json("/api/v1/charts/sensors").await;
    let own: u64 = (0..10).map(|n| coarse(10, world.grain(&name(n)))).sum();
    assert_eq!(sensors["rows"].as_array().unwrap().len(), 3);
    assert_eq!(
        sensors["other"],
        json!({"labels": 2, "value": own, "installs": 10, "share": sensors["other"]["share"]})
    );
}

/// Another figure that goes into sums as the same step.
fn twin(figure: u64, grain: Grain) -> u64 {
    let same = |other: &u64| *other != figure && coarse(*other, grain) == coarse(figure, grain);
    (1..figure * 2 + 4).find(same).expect("each step stands for several figures")
}

/// The promise itself: two worlds that differ in one install's figures and in the names of what is hidden look the
/// same to everybody, before and after joins and clears. So no subtraction of anything from anything tells them apart.
#[tokio::test]
async fn two_worlds_that_differ_in_one_install_s_figures_look_the_same() {
    let one = new_world().await;
    let other = World::new(FIRST, Some(one.directory.path())).await;
    // An install that rounds 2 down, so that a 1 of it may be a 2. Of others a 2 may be a 3; who looks does not know which.
    let victim = (0..).map(|n| format!("victim {n}")).find(|name| coarse(2, one.grain(name)) == 1).unwrap();
    let grain = one.grain(&victim);
    let figures: Vec<Entry<'_>> = vec![
        ("os", "linux", 47),
        ("os", "ios", 13),
        ("os", "secret-os", 4),
        ("type", "server", 47),
        ("type", "network", 17),
        ("port_type", "ethernetCsmacd", 1_234),
        ("port_ifspeed", "1000", 1_234),
        ("php_version", "8.2.29", 1),
        ("php_version", "7.4.33", 1),
        ("hardware", "C2960", 2),
        ("hardware", "Prototype", 1),
        (INFO, "ios|.1.3.6.1.4.1.9.1.1|Cisco IOS", 13),
        (INFO, "ios|.1.3.6.1.4.1.9.1.2|Secret text", 6),
    ];
    let twins: Vec<Entry<'_>> = figures
        .iter()
        .map(|(part, text, figure)| {
            let text = match *text {
                "secret-os" => "hidden-os",
                "Prototype" => "Unknown 1",
                "ios|.1.3.6.1.4.1.9.1.2|Secret text" => "ios|.1.3.6.1.4.1.9.1.2|Hidden text",
                text => text,
            };
            let fixed = *part == "php_version";
            (*part, text, if fixed { 1 } else { twin(*figure, grain) })
        })
        .collect();
    assert!(figures.iter().zip(&twins).filter(|(a, b)| a.2 != b.2).count() >= 11);
    let mut seen = Vec::new();
    for day in 0..9 {
        for n in 0..8 {
            for world in [&one, &other] {
                world.report(&name(n), day, &ordinary(n + day as u64 % 3)).await;
            }
        }
        if day >= 2 {
            one.report(&victim, day, &figures).await;
            other.report(&victim, day, &twins).await;
        }
        match day {
            // One leaves while the victim is there, then the victim.
            6 => futures_util::future::join_all([&one, &other].map(|world| world.clear("install 7"))).await,
            7 => futures_util::future::join_all([&one, &other].map(|world| world.clear(&victim))).await,
            _ => Vec::new(),
        };
        for world in [&one, &other] {
            world.end_of(day).await;
        }
        let everything = one.everything().await;
        assert_eq!(everything, other.everything().await, "day {day}");
        seen.push(everything);
    }
    assert!(seen.windows(2).all(|days| days[0] != days[1]), "what is compared changes from day to day");
    assert_eq!(one.rows("os").await.len(), 2);
}

/// All numbers of a document, by where they stand.
fn numbers(value: &Value, path: &str, found: &mut BTreeMap<String, f64>) {
    match value {
        Value::Number(number) => drop(found.insert(path.to_owned(), number.as_f64().unwrap())),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, value)| {
            let key = value["label"].as_str().or(value["day"].as_str()).map_or_else(|| at.to_string(), str::to_owned);
            numbers(value, &format!("{path}/{key}"), found);
        }),
        Value::Object(map) => map.iter().for_each(|(key, value)| numbers(value, &format!("{path}/{key}"), found)),
        _ => {}
    }
}

#[tokio::test]
async fn subtracting_before_from_after_gives_no_figure_of_the_install_that_left() {
    let world = new_world().await;
    // Small enough that no cap touches them, and neither steps nor sums of steps that one grain gives.
    let victim: &[Entry<'_>] = &[
        ("os", "linux", 23),
        ("os", "ios", 17),
        ("os", "secret-os", 29),
        ("type", "server", 23),
        ("type", "network", 46),
        ("port_type", "ethernetCsmacd", 1_234),
        ("hardware", "C2960", 17),
        (INFO, "ios|.1.3.6.1.4.1.9.1.1|Cisco IOS", 17),
        ("php_version", "8.2.29", 1),
    ];
    let figures = [23.0, 17.0, 29.0, 46.0, 1_234.0, 69.0];
    let mut published: Vec<BTreeMap<String, f64>> = Vec::new();
    for stage in 0..6 {
        for n in 0..9 {
            world.report(&name(n), stage, &ordinary(n)).await;
        }
        if stage < 4 {
            world.report("victim", stage, victim).await;
        } else {
            world.clear("victim").await;
        }
        world.end_of(stage).await;
        let mut found = BTreeMap::new();
        for (path, text) in world.everything().await {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                numbers(&value, &path, &mut found);
            }
        }
        published.push(found);
    }
    let mut differences = 0;
    for (at, before) in published.iter().enumerate() {
        for after in &published[at + 1..] {
            for (path, number) in before {
                let Some(other) = after.get(path) else { continue };
                let difference = (number - other).abs();
                differences += usize::from(difference > 0.0);
                assert!(!figures.contains(&difference), "{path}: {number} and {other}");
            }
            // What is shown of a group, taken from its whole, before and after.
            for id in ["os", "device_type", "hardware"] {
                let rest = |all: &BTreeMap<String, f64>| {
                    let path = format!("/api/v1/charts/{id}?window=90");
                    let shown: f64 = all
                        .range(format!("{path}/rows")..format!("{path}/rowt"))
                        .filter(|(k, _)| k.ends_with("/value"))
                        .map(|(_, v)| v)
                        .sum();
                    all.get(&format!("{path}/total")).map(|total| total - shown)
                };
                if let (Some(before), Some(after)) = (rest(before), rest(after)) {
                    for rest in [before, after, (before - after).abs()] {
                        assert!(!figures.contains(&rest), "{id}: {rest}");
                    }
                }
            }
        }
    }
    assert!(differences > 100);
}

#[tokio::test]
async fn a_deletion_removes_its_days_at_once_and_they_are_rebuilt_without_it() {
    let world = new_world().await;
    for day in 0..3 {
        for n in 0..6 {
            let mut entries = ordinary(n);
            if n < 5 {
                entries.push(("os", "five-have-it", 5));
            }
            world.report(&name(n), day, &entries).await;
        }
    }
    world.end_of(2).await;
    assert!(world.text("/").await.contains("five-have-it"));
    let request = axum::http::Request::post("/clear.php").header("content-type", "application/x-www-form-urlencoded");
    let cleared =
        world.router.clone().oneshot(request.body(Body::from("uuid=6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11")).unwrap());
    assert_eq!(cleared.await.unwrap().status(), 200);
    world.clear(&name(0)).await;
    for (path, text) in world.everything().await {
        assert!(!text.contains("five-have-it"), "{path}");
    }
    assert_eq!(world.jobs.publish().await.unwrap(), 3);
    assert_eq!(world.rows("os").await.len(), 2);
    assert_eq!(world.rows("php_version").await, [("8.2".to_owned(), 5, 5)]);
    // After the days that are kept nothing is left.
    while !world.receiver.store.expire(FIRST.plus(3)).await.unwrap().is_empty() {}
    assert_eq!(world.json("/api/v1/charts").await["as_of"], Value::Null);
    assert!(world.rows("os").await.is_empty());
}

#[tokio::test]
async fn a_snapshot_that_a_deletion_overtakes_is_not_stored() {
    let world = new_world().await;
    for day in 0..3 {
        for n in 0..6 {
            world.report(&name(n), day, &ordinary(n)).await;
        }
    }
    let store = &world.receiver.store;
    let mark = world.receiver.rules().mark();
    store.reconcile(FIRST.plus(2), mark.clone()).await.unwrap();
    let reports = store.day_reports(FIRST.plus(2)).await.unwrap();
    assert_eq!(reports.reports.len(), 6);
    let snapshot =
        |removals| crate::store::NewSnapshot { day: FIRST.plus(2), mark: mark.clone(), parts: Vec::new(), removals };
    world.clear(&name(1)).await;
    assert!(!store.publish(snapshot(reports.removals)).await.unwrap());
    let reports = store.day_reports(FIRST.plus(2)).await.unwrap();
    assert!(store.publish(snapshot(reports.removals)).await.unwrap());
}

#[tokio::test]
async fn a_browser_gets_errors_as_a_page_and_a_program_as_json() {
    let world = new_world().await;
    let browser = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for (path, status) in [
        ("/no-such-page", 404),
        ("/charts/nothing", 404),
        ("/charts/%ff", 404),
        ("/?window=8", 400),
        ("/pairs?limit=x", 400),
    ] {
        let (as_page, headers, page) = world.get(path, &[browser]).await;
        let page = String::from_utf8(page).unwrap();
        assert_eq!(
            (as_page, headers["content-type"].to_str().unwrap()),
            (status, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(headers.contains_key("content-security-policy") && page.contains("<h1>"), "{path}");
        let (as_json, headers, problem) = world.get(path, &[]).await;
        assert_eq!(
            (as_json, headers["content-type"].to_str().unwrap()),
            (status, "application/problem+json"),
            "{path}"
        );
        assert_eq!(serde_json::from_slice::<Value>(&problem).unwrap()["status"], status, "{path}");
    }
    for path in ["/api/v1/charts/nothing", "/api/v1/charts/%ff"] {
        let (status, headers, _) = world.get(path, &[browser]).await;
        assert_eq!((status, headers["content-type"].to_str().unwrap()), (404, "application/problem+json"), "{path}");
    }
}

#[tokio::test]
async fn ids_of_a_page_are_there_once() {
    let world = new_world().await;
    for day in 0..4 {
        for n in 0..6 {
            world.report(&name(n), day, &ordinary(n)).await;
        }
        world.end_of(day).await;
    }
    for path in ["/", "/charts/os", "/pairs", "/next", "/labels?q=i", "/privacy"] {
        let page = world.text(path).await;
        let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert!(all > 0 && ids.len() == all, "{path}");
    }
}

#[tokio::test]
async fn the_operator_learns_whether_a_text_is_stored() {
    let world = new_world().await;
    world.report(&name(1), 0, &ordinary(1)).await;
    world.receiver.store.aggregate().await.unwrap();
    let store = &world.receiver.store;
    let has = async |part, pair, text| exact::has(store, FIRST, part, pair, text).await.unwrap();
    assert!(has(Some("os"), None, "linux").await && has(None, None, "linux").await);
    assert!(!has(Some("hardware"), None, "linux").await && !has(None, None, "Linux").await);
    assert!(has(None, Some(("ios", ".1.3.6.1.4.1.9.1.1")), "Cisco IOS").await && has(None, None, "Cisco IOS").await);
    assert!(!has(None, Some(("ios", ".1.3")), "Cisco IOS").await);
    assert!(has(Some("php_family"), None, "any").await);
}

#[tokio::test]
async fn what_is_hidden_disappears_everywhere_at_once_and_is_logged() {
    let world = new_world().await;
    for day in 0..3 {
        for n in 0..6 {
            world.report(&name(n), day, &ordinary(n)).await;
        }
    }
    world.end_of(2).await;
    let action = |hide, label| HideAction {
        at: "2026-08-01T00:00:00Z".into(),
        hide,
        label,
        actor: "op".into(),
        reason: "a name".into(),
    };
    for (label, gone) in [
        (label_key(EVERYWHERE, "C2960"), "C2960"),
        (label_key("os", "ios"), "ios"),
        (crate::publish::hide::pair_key("ios", ".1.3.6.1.4.1.9.1.1", "Cisco IOS"), "Cisco IOS"),
    ] {
        let shown = |all: &BTreeMap<String, String>| all.iter().filter(|(_, text)| text.contains(gone)).count();
        let before = world.everything().await;
        assert!(shown(&before) > 2, "{gone}");
        world.receiver.store.hide(action(true, label)).await.unwrap();
        let left: Vec<String> =
            world.everything().await.into_iter().filter(|(_, t)| t.contains(gone)).map(|(p, _)| p).collect();
        // The words of the pages themselves have `ios` in them, and the database's schema is a number.
        assert!(left.is_empty() || gone == "ios", "{gone}: {left:?}");
        assert!(gone != "ios" || world.rows("os").await.len() == 1 && world.json("/api/v1/pairs").await["found"] == 0);
        world.receiver.store.hide(action(false, label)).await.unwrap();
        assert_eq!(world.everything().await, before);
    }
    let log = world.receiver.store.hide_log().await.unwrap();
    assert_eq!(log.len(), 6);
    assert_eq!(
        (log[0].hide, log[1].hide, log[0].actor.as_str(), log[0].reason.as_str()),
        (true, false, "op", "a name")
    );
}

#[tokio::test]
async fn false_reports_do_not_bend_the_graphs() {
    let honest = new_world().await;
    let lied_to = World::new(FIRST, Some(honest.directory.path())).await;
    for day in 0..3 {
        for world in [&honest, &lied_to] {
            for n in 0..60 {
                world.report(&name(n), day, &ordinary(n % 9)).await;
            }
        }
        // Fresh pseudonyms every day, and three that stay: with absurd totals, and with large ones.
        for n in 0..200 {
            lied_to.report(&format!("fresh {day} {n}"), day, &[("os", "fake", 9), ("type", "fake", 9)]).await;
        }
        lied_to.report("absurd", day, &[("os", "linux", i32::MAX as u64), ("type", "server", i32::MAX as u64)]).await;
        lied_to.report("large", day, &[("os", "linux", 3_000_000), ("type", "server", 3_000_000)]).await;
    }
    honest.end_of(2).await;
    lied_to.end_of(2).await;
    let (true_rows, rows) = (honest.rows("os").await, lied_to.rows("os").await);
    assert_eq!(rows.iter().map(|row| &row.0).collect::<Vec<_>>(), ["linux", "ios"]);
    for (true_row, row) in true_rows.iter().zip(&rows) {
        // The one that is left counts for as much as the largest of the honest ones.
        assert!(row.1.abs_diff(true_row.1) * 10 < true_row.1, "{true_row:?} became {row:?}");
    }
}

/// Labels that try to be more than text.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'-alert(1)-'",
    "=HYPERLINK(\"http://x\")",
    "@SUM(1)",
    "]]></title><x>",
    "\u{202e}txet desrever",
    "javascript:alert(1)",
    "a,b;c\nd",
];

#[tokio::test]
async fn hostile_labels_are_text_everywhere() {
    let world = new_world().await;
    for day in 0..4 {
        for n in 0..6 {
            let mut entries = ordinary(n);
            let pairs: Vec<String> = HOSTILE.iter().map(|text| format!("{text}|.1.3.6.1.4.1.9.<b>|{text}")).collect();
            for text in HOSTILE {
                for part in ["os", "hardware", "sensors", "librenms_release", "dbschema"] {
                    entries.push((part, text, 3));
                }
            }
            if day > 2 {
                entries.extend(pairs.iter().map(|pair| (INFO, pair.as_str(), 3)));
            }
            world.report(&name(n), day, &entries).await;
        }
    }
    world.end_of(3).await;
    assert_eq!(world.json("/api/v1/pairs").await["found"], HOSTILE.len() + 1);
    let labels: Vec<String> = world.rows("os").await.into_iter().map(|row| row.0).collect();
    assert!(HOSTILE.iter().all(|text| labels.iter().any(|label| label == text)));
    for (path, text) in world.everything().await {
        if path.contains(".csv") {
            for line in text.split("\r\n") {
                for field in line.split(',') {
                    assert!(!field.trim_matches('"').starts_with(['=', '@', '+', '-']), "{path}: {field}");
                }
            }
        } else if !path.starts_with("/api") && !path.starts_with("/data.php") {
            for mark in ["<script>", "<img", "<x>", "<b>", "onerror=alert(1)>", "\u{202e}"] {
                assert!(!text.contains(mark), "{path} has {mark}");
            }
            assert!(!text.contains("href=\"javascript"), "{path}");
        }
    }
    assert!(world.text("/feed.atom").await.contains("&lt;script&gt;"));
    let (_, headers, _) = world.get("/", &[]).await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
}

#[tokio::test]
async fn answers_are_cached_for_a_while_and_only_data_is_open_to_other_sites() {
    let world = new_world().await;
    for day in 0..3 {
        for n in 0..6 {
            world.report(&name(n), day, &ordinary(n)).await;
        }
    }
    world.end_of(2).await;
    for (path, open) in [
        ("/", false),
        ("/pairs", false),
        ("/graphs.css", false),
        ("/api/v1/charts", true),
        ("/api/v1/charts/os.csv", true),
        ("/api/v1/pairs", true),
        ("/feed.atom", true),
        ("/data.php?id=draw-os", true),
    ] {
        let (status, headers, body) = world.get(path, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!((status, headers["cache-control"].to_str().unwrap()), (200, "public, max-age=300"), "{path}");
        assert_eq!(headers.contains_key("access-control-allow-origin"), open, "{path}");
        assert!(!headers.contains_key("set-cookie") && body.len() < 150_000, "{path}");
        let etag = headers["etag"].to_str().unwrap();
        assert_eq!(world.get(path, &[("if-none-match", etag)]).await.0, 304, "{path}");
        let strong = etag.strip_prefix("W/").unwrap();
        assert_eq!(world.get(path, &[("if-none-match", strong)]).await.0, 304, "{path}");
        assert_eq!(world.get(path, &[("if-none-match", "W/\"x\"")]).await.0, 200, "{path}");
    }
    let (_, headers, packed) = world.get("/", &[("accept-encoding", "gzip")]).await;
    assert_eq!(headers["content-encoding"], "gzip");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut text).unwrap();
    assert_eq!(text, world.text("/").await);
    for (accepted, encoding) in
        [("gzip;q=0", None), ("identity, gzip;q=0.000", None), ("br;q=1, GZIP;q=0.5", Some("gzip")), ("br", None)]
    {
        let (_, headers, _) = world.get("/", &[("accept-encoding", accepted)]).await;
        let encoded = headers.get("content-encoding").map(|value| value.to_str().unwrap());
        assert_eq!((encoded, headers["vary"].to_str().unwrap()), (encoding, "accept-encoding"), "{accepted}");
    }
    for path in ["/api/v1/policy", "/api/v1/keys", "/healthz"] {
        assert!(!world.get(path, &[]).await.1.contains_key("access-control-allow-origin"), "{path}");
    }
    for (path, status) in [
        ("/api/v1/charts/none", 404),
        ("/charts/none", 404),
        ("/api/v1/charts/os?window=8", 400),
        ("/api/v1/pairs?sort=x", 400),
        ("/api/v1/pairs?limit=1001", 400),
        ("/data.php?id=os", 400),
        ("/data.php", 400),
    ] {
        assert_eq!(world.get(path, &[]).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn pages_are_marked_as_empty_or_out_of_date() {
    let world = new_world().await;
    assert!(world.everything().await.values().all(|text| !text.is_empty()));
    assert!(world.text("/").await.contains("id=\"nothing-published\""));
    for day in 0..3 {
        for n in 0..6 {
            world.report(&name(n), day, &ordinary(n)).await;
        }
    }
    world.end_of(2).await;
    assert!(!world.text("/").await.contains("id=\"out-of-date\""));
    world.end_of(5).await;
    assert!(world.text("/").await.contains("id=\"out-of-date\""));
}

#[tokio::test]
async fn the_stock_site_s_urls_keep_their_form() {
    let world = new_world().await;
    for day in 0..3 {
        for n in 0..6 {
            world.report(&name(n), day, &ordinary(3)).await;
        }
    }
    world.end_of(2).await;
    assert_eq!(world.json("/data.php?id=draw-php_version").await, json!([{"label": "8.2", "value": 5}]));
    assert_eq!(world.json("/data.php?id=draw-dbschema").await, json!([{"y": "300", "a": 5}]));
    let devices = world.json("/data.php?id=draw-total_devices").await;
    assert_eq!(devices[0]["y"], FIRST.plus(2).to_string());
    assert!(devices[0]["a"].as_f64().unwrap() > 100.0);
}
