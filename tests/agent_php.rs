//! The agent's readers of `config.php` and `.env` against the real PHP and the real phpdotenv, over generated files.
//!
//! Whatever the file contains, the agent must never read "off" as "on". If nothing depends on a condition, it must read
//! exactly what PHP reads.

use anyhow::{Context, Result, bail, ensure};
use callback_agent::code::Code;
use callback_agent::librenms::Settings;
use callback_agent::librenms::database::Database;
use callback_agent::librenms::directory::LibreNmsDirectory;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use std::process::{Command, Stdio};

const SEED: u64 = 0x00C0_FFEE;

/// Runs a PHP script in a directory, and returns what it prints, one JSON value.
fn php(script: &str, directory: &Path, arguments: &[String]) -> Result<serde_json::Value> {
    let file = directory.join("script.php");
    std::fs::write(&file, script)?;
    let mut command = Command::new("php");
    command.arg("-d").arg("display_errors=0").arg(&file).args(arguments).current_dir(directory);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("php is missing; install it with: apt-get install php-cli php-vlucas-phpdotenv")?;
    ensure!(output.status.success(), "PHP failed: {}", output.status);
    serde_json::from_slice(&output.stdout).context("PHP printed no JSON")
}

/// A random element.
fn pick<'v>(rng: &mut ChaCha8Rng, values: &[&'v str]) -> &'v str {
    values[rng.random_range(0..values.len())]
}

/// Values of `reporting.usage` that PHP and the agent must read alike.
const VALUES: [&str; 12] =
    ["true", "false", "TRUE", "False", "1", "0", "'1'", "\"0\"", "''", "null", "'yes'", "['a' => 1] ? true : false"];

/// A statement that PHP always executes, and that sets `reporting.usage` or nothing.
fn certain(rng: &mut ChaCha8Rng) -> String {
    // The last value is an expression, which only PHP can evaluate.
    let value = pick(rng, &VALUES[..VALUES.len() - 1]);
    match rng.random_range(0..22) {
        0..3 => format!("$config['reporting']['usage'] = {value};"),
        3 => format!("$config [ \"reporting\" ] ['usage']={value} ;"),
        4 => format!("$config['reporting'] = ['usage' => {value}];"),
        5 => format!("$config['reporting'] = array('error' => true, \"usage\" => {value},);"),
        6 => format!("$config['reporting.usage'] = {value};"),
        7 => "unset($config['reporting']['usage']);".to_owned(),
        8 => format!("$config = array_merge($config, ['reporting' => ['usage' => {value}]]);"),
        9 => format!("$config['reporting'] = array_merge($config['reporting'], ['usage' => {value}]);"),
        10 => format!("// $config['reporting']['usage'] = {value};"),
        11 => format!("/* ?> */ # $config['reporting']['usage'] = {value};"),
        12 => "$config['nets'][] = '10.0.0.0/8'; $config['user'] = \"it's\";".to_owned(),
        13 => "foreach ($config['nets'] as $net) { $seen = $net; }".to_owned(),
        14 => format!("?>\n$config['reporting']['usage'] = {value};\n<?php"),
        15 => format!("$text = <<<'END'\n$config['reporting']['usage'] = {value};\nEND;"),
        16 => "if (isset($config['reporting']['usage']) && $config['user'] == 'x') { echo 'on'; }".to_owned(),
        17 => format!("$us = 'us'; $config['reporting'][$us . 'age'] = {value};"),
        18 => format!("foreach (['error', 'usage'] as $key) {{ $config['reporting'][$key] = {value}; }}"),
        19 => format!("$config['reporting']['us' . 'age'] = {value};"),
        20 => format!("{{ $config['reporting']['usage'] = {value}; }}"),
        _ => "if (!function_exists('unused_NAME')) { function unused_NAME($a) { if ($a) { return 1; } return 2; } }"
            .to_owned(),
    }
}

/// A statement whose effect only PHP can determine.
fn uncertain(rng: &mut ChaCha8Rng, includes: bool) -> String {
    let value = pick(rng, &VALUES);
    let condition = pick(rng, &["true", "false", "$yes", "!$yes", "is_dir(__DIR__)", "strlen('a') > 1"]);
    let set = format!("$config['reporting']['usage'] = {value};");
    let other = format!("$config['reporting']['usage'] = {};", pick(rng, &VALUES));
    match rng.random_range(0..27) {
        0 => format!("if ({condition}) {{ {set} }}"),
        1 => format!("if ({condition}) {set} else {other}"),
        2 => format!("if ({condition}): {set} elseif ($yes): {other} endif;"),
        3 => format!("switch (1) {{ case 1: {set} break; default: {other} }}"),
        4 => format!("for ($i = 0; $i < 2; $i++) {{ {set} }}"),
        5 => format!("$i = 0; while ($i++ < 1) {set}"),
        6 => format!("do {{ {set} }} while (false);"),
        7 => format!("{condition} and $config['reporting']['usage'] = {value};"),
        8 => format!("try {{ {set} throw new Exception('x'); {other} }} catch (Exception $e) {{ }}"),
        9 => format!("$c = &$config['reporting']; $c['usage'] = {value};"),
        10 => format!(
            "foreach ($config as $k => &$v) {{ if ($k == 'reporting') {{ $v['usage'] = {value}; }} }} unset($v);"
        ),
        11 => format!(
            "if (!function_exists('set_NAME')) {{ function set_NAME(&$a) {{ $a = {value}; }} }} set_NAME($config['reporting']['usage']);"
        ),
        12 => format!("$f = function () use (&$config) {{ {set} }}; $f();"),
        13 => format!("list($config['reporting']['usage']) = [{value}];"),
        14 => format!("['a' => $config['reporting']['usage']] = ['a' => {value}];"),
        15 => format!("$config['reporting']['usage'] ??= {value};"),
        16 => "$config['reporting']['usage'] .= '';".to_owned(),
        17 => format!("eval('$config[\"reporting\"][\"usage\"] = 0;'); {}", pick(rng, &["", "$a = 1;"])),
        18 => format!("$name = 'config'; $$name = ['reporting' => ['usage' => {value}]];"),
        19 => format!("extract(['config' => ['reporting' => ['usage' => {value}]]]);"),
        20 => format!("if ({condition}) {{ return; }}"),
        21 => format!("foreach ([{value}] as $config['reporting']['usage']) {{ }}"),
        22 => format!("$k = strtolower('USAGE'); $config['reporting'][$k] = {value};"),
        23 => "array_walk($config['reporting'], function (&$v) { $v = false; });".to_owned(),
        24 => format!("$text = \"{{$config['nets'][$config['reporting']['usage'] = {value}]}}\";"),
        // A file that includes itself never ends.
        25 if includes => format!("if ({condition}) {{ include 'later.php'; }}"),
        _ => format!(
            "parse_str('x=1', $config['more']); $config['reporting'] = array_replace($config['reporting'], ['usage' => {value}]);"
        ),
    }
}

/// A statement that includes files.
fn including(rng: &mut ChaCha8Rng) -> String {
    let place = pick(rng, &["one", "two"]);
    match rng.random_range(0..9) {
        // As in LibreNMS's container image.
        0..3 => format!("foreach (glob(__DIR__ . \"/{place}/*.php\") as $filename)\n    include $filename;"),
        3 => format!("foreach (glob('{place}/?-*.php') as $file) {{ require_once $file; }}"),
        4 => format!(
            "$dir = __DIR__ . '/{place}'; foreach (glob($dir . '/*.php') as $f): @include_once($f); endforeach;"
        ),
        5 => "include 'later.php';".to_owned(),
        6 => "include_once __DIR__ . '/later.php'; require_once('later.php');".to_owned(),
        7 => format!(
            "$all = array_merge(glob('one/*.php'), glob(dirname(__FILE__) . '/{place}/*.php')); foreach ($all as $f) include $f;"
        ),
        _ => "@include '/nonexistent/callback-agent.php';".to_owned(),
    }
}

/// Statements, with unique names for functions.
fn file(rng: &mut ChaCha8Rng, names: &str, certain_only: bool, includes: bool) -> String {
    let mut php = "<?php\n".to_owned();
    for at in 0..rng.random_range(1..5) {
        let statement = match rng.random_range(0..6) {
            0 | 1 if includes => including(rng),
            2 | 3 if !certain_only => uncertain(rng, includes),
            _ => certain(rng),
        };
        php.push_str(&statement.replace("NAME", &format!("{names}_{at}")));
        php.push('\n');
    }
    if rng.random_range(0..12) == 0 {
        php.push_str("return;\n");
        php.push_str(&certain(rng).replace("NAME", names));
    }
    php
}

/// Includes each `config.php` as LibreNMS does, with two states of its database.
const CONFIG_SCRIPT: &str = r#"<?php
error_reporting(0);
function load($file, $usage) {
    $config = ['reporting' => ['error' => false, 'usage' => $usage], 'nets' => ['192.0.2.0/24'], 'user' => 'librenms'];
    $yes = true;
    try {
        (function () use (&$config, $yes, $file) { @include $file; })();
    } catch (Throwable $e) {
        return null;
    }
    if (!is_array($config)) return null;
    if (isset($config['reporting.usage'])) return (bool) $config['reporting.usage'];
    return is_array($config['reporting']) && !empty($config['reporting']['usage']);
}
$all = [];
for ($at = 0; $at < (int) $argv[2]; $at++) {
    $directory = $argv[1] . '/' . $at;
    chdir($directory);
    ob_start();
    $all[] = load($directory . '/config.php', $argv[3] === 'true');
    ob_end_clean();
}
echo json_encode($all);
"#;

#[test]
fn config_php_is_read_as_php_does_or_counts_as_off() -> Result<()> {
    const FILES: usize = 1200;
    let (root, mut rng) = (tempfile::tempdir()?, ChaCha8Rng::seed_from_u64(SEED));
    for at in 0..FILES {
        let directory = root.path().join(at.to_string());
        let certain_only = at % 2 == 0;
        for place in ["one", "two"] {
            std::fs::create_dir_all(directory.join(place))?;
            for number in 0..rng.random_range(0..3) {
                let name = format!("{place}/{number}-settings.php");
                std::fs::write(
                    directory.join(&name),
                    file(&mut rng, &format!("{at}{place}{number}"), certain_only, false),
                )?;
            }
            std::fs::write(directory.join(place).join(".hidden.php"), "<?php $config['reporting']['usage'] = false;")?;
        }
        std::fs::write(directory.join("later.php"), file(&mut rng, &format!("{at}later"), certain_only, false))?;
        std::fs::write(directory.join("config.php"), file(&mut rng, &format!("{at}"), certain_only, true))?;
        std::fs::write(directory.join("artisan"), "")?;
    }

    let (mut yes, mut no, mut careful, mut failed) = (0, 0, 0, 0);
    for database in ["true", "false"] {
        let arguments = [root.path().display().to_string(), FILES.to_string(), database.to_owned()];
        let answers = php(CONFIG_SCRIPT, root.path(), &arguments)?;
        let answers = answers.as_array().context("no list")?;
        ensure!(answers.len() == FILES, "PHP answered for {} of {FILES} files", answers.len());
        for (at, answer) in answers.iter().enumerate() {
            let directory = root.path().join(at.to_string());
            let mut settings = Settings::default();
            settings.by_name.insert("reporting.usage".to_owned(), database.to_owned());
            LibreNmsDirectory::open(&directory)?.override_settings(&mut settings);
            let source = || std::fs::read_to_string(directory.join("config.php")).unwrap_or_default();
            match (answer.as_bool(), settings.usage_is_off()) {
                // LibreNMS does not run with such a file.
                (None, _) => failed += 1,
                (Some(false), false) => bail!("{database}, file {at}: a no is overlooked\n{}", source()),
                (Some(false), true) => no += 1,
                (Some(true), false) => yes += 1,
                (Some(true), true) if at % 2 == 0 => {
                    bail!("{database}, file {at}: {:?}; PHP says yes\n{}", settings.unreadable, source())
                }
                (Some(true), true) => careful += 1,
            }
        }
    }
    let all = 2 * FILES;
    ensure!(
        yes > all / 5 && no > all / 5 && careful > all / 50 && failed < all / 5,
        "the files are one-sided: {yes} yes, {no} no, {careful} careful, {failed} failed"
    );
    Ok(())
}

/// Reads each `.env` with phpdotenv, and its settings as Laravel's `env()` does.
const ENV_SCRIPT: &str = r#"<?php
error_reporting(0);
require 'Dotenv/autoload.php';
function env($repository, $name) {
    $value = $repository->get($name);
    if ($value === null) return null;
    switch (strtolower($value)) {
        case 'true': case '(true)': return '1';
        case 'false': case '(false)': case 'empty': case '(empty)': return '';
        case 'null': case '(null)': return null;
    }
    return preg_match('/\A([\'"])(.*)\1\z/', $value, $matches) ? $matches[2] : $value;
}
$all = [];
for ($at = 0; $at < (int) $argv[2]; $at++) {
    $repository = Dotenv\Repository\RepositoryBuilder::createWithNoAdapters()
        ->addAdapter(Dotenv\Repository\Adapter\ArrayAdapter::class)->immutable()->make();
    try {
        Dotenv\Dotenv::create($repository, $argv[1] . '/' . $at, '.env')->safeLoad();
        $all[] = [env($repository, 'DB_USERNAME'), env($repository, 'DB_DATABASE')];
    } catch (Dotenv\Exception\InvalidFileException $e) {
        $all[] = false;
    }
}
echo json_encode($all);
"#;

/// A value, valid or not.
fn env_value(rng: &mut ChaCha8Rng) -> String {
    const PARTS: [&str; 40] = [
        "a",
        "pass",
        "Z9",
        "(x)",
        " ",
        "\t",
        "\\",
        "\\\\",
        "\\n",
        "\\\"",
        "\\$",
        "'",
        "\"",
        "\"",
        "#",
        " #",
        "$",
        "$A",
        "${A}",
        "${B.C}",
        "${UNKNOWN}",
        "${A",
        "}",
        "=",
        "=\"",
        "é",
        "\u{feff}",
        "null",
        "true",
        "!",
        "%",
        "\n",
        "\r",
        "\r\n",
        "\\t",
        "\\x",
        "`",
        ";",
        "${QUOTED}",
        ".",
    ];
    const WHOLE: [&str; 24] = [
        "null",
        "(null)",
        "NULL",
        "empty",
        "(Empty)",
        "true",
        "(TRUE)",
        "False",
        "(false)",
        "'null'",
        "\"(empty)\"",
        "\"'quoted'\"",
        "'\"quoted\"'",
        "ab\\cd",
        "ab\"cd",
        "x'y'z",
        "abc#def",
        "\"v\"#c",
        "\"v\"c",
        "\"a\nb\"",
        "${A}",
        "${UNKNOWN}",
        "\"a\\\nb\"",
        "\"unclosed",
    ];
    let quote = pick(rng, &["", "", "'", "\""]);
    match rng.random_range(0..4) {
        0 => pick(rng, &WHOLE).to_owned(),
        _ => {
            let parts: String = (0..rng.random_range(0..6)).map(|_| pick(rng, &PARTS)).collect();
            format!("{quote}{parts}{quote}")
        }
    }
}

#[test]
fn env_is_read_as_phpdotenv_and_laravel_read_it() -> Result<()> {
    const FILES: usize = 3000;
    let (root, mut rng) = (tempfile::tempdir()?, ChaCha8Rng::seed_from_u64(SEED));
    for at in 0..FILES {
        let directory = root.path().join(at.to_string());
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join("artisan"), "")?;
        let start = pick(&mut rng, &["", "", "", "\u{feff}", "# a comment with \"\n", "\n\n", " \t\n"]);
        let name = pick(
            &mut rng,
            &[
                "DB_USERNAME",
                "DB_USERNAME",
                "DB_USERNAME ",
                " DB_USERNAME",
                "export DB_USERNAME",
                "'DB_USERNAME'",
                "DB USERNAME",
                "DB_USERNAME\nDB_USERNAME",
            ],
        );
        let end = pick(&mut rng, &["\n", "\r\n", "\r"]);
        let (one, two) = (env_value(&mut rng), env_value(&mut rng));
        let mut env =
            format!("{start}A=first{end}B.C=\"$A\"{end}QUOTED=\"'x'\"{end}{name}={one}{end}DB_DATABASE={two}{end}")
                .into_bytes();
        if rng.random_range(0..20) == 0 {
            env.extend(b"NOTE=caf\xE9\n");
        }
        std::fs::write(directory.join(".env"), env)?;
    }

    let arguments = [root.path().display().to_string(), FILES.to_string()];
    let answers = php(ENV_SCRIPT, root.path(), &arguments)?;
    let answers = answers.as_array().context("no list")?;
    ensure!(answers.len() == FILES, "PHP answered for {} of {FILES} files", answers.len());
    let (mut read, mut rejected) = (0, 0);
    for (at, answer) in answers.iter().enumerate() {
        let directory = root.path().join(at.to_string());
        let source = String::from_utf8_lossy(&std::fs::read(directory.join(".env"))?).into_owned();
        let Some(expected) = answer.as_array() else {
            match LibreNmsDirectory::open(&directory) {
                Err(error) if error.code() == Code::EnvInvalid => rejected += 1,
                other => bail!("file {at}: {other:?}, but phpdotenv rejects {source:?}"),
            }
            continue;
        };
        let directory = LibreNmsDirectory::open(&directory).with_context(|| format!("file {at}: {source:?}"))?;
        let Database::MySql(server) = directory.database()? else { bail!("no MySQL") };
        let options = server.options();
        // LibreNMS's own defaults.
        let or_default = |at: usize| expected[at].as_str().filter(|value| !value.is_empty()).unwrap_or("librenms");
        let found = (options.get_username(), options.get_database());
        ensure!(found == (or_default(0), Some(or_default(1))), "file {at}: {found:?}, PHP {expected:?}: {source:?}");
        read += 1;
    }
    ensure!(read > FILES / 5 && rejected > FILES / 20, "the files are one-sided: {read} read, {rejected} rejected");
    Ok(())
}
