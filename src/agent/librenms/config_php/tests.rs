//! Files that PHP reads in a way that is easy to get wrong, and what the agent reads in them.

use super::*;

fn read(php: &str) -> ConfigPhp {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("config.php"), php).unwrap();
    ConfigPhp::read(&directory.path().join("config.php")).unwrap()
}

#[test]
fn constants_are_evaluated_and_nothing_is_run() {
    let read = read(
        "<?php\n// $config['callback_post'] = 'https://old.example/';\n\
         $config['callback_post'] = 'https://stats.example/log.php?a=1;b=2'; # here\n\
         $config['reporting']['usage'] = false;\n/* $config['http_proxy'] = 'x'; */\n\
         $config[\"no_proxy\"] = \"a,b\";\n$config['db_host'] = getenv('HOST');\n$config['db_pass']=\"a;b\";\n\
         $config['update_channel'] = 'release';\n$config['a;b'] = 'it\\'s';\n$config['nets'][] = '10.0.0.0/8';\n\
         if ($config['debug'] == true) { echo \"it's $x\"; }\n",
    );
    let get = |name: &str| read.get(name).flatten();
    assert_eq!(get("callback_post"), Some("https://stats.example/log.php?a=1;b=2"));
    assert_eq!(get("reporting.usage"), Some("false"));
    assert_eq!((get("no_proxy"), get("db_pass")), (Some("a,b"), Some("a;b")));
    assert_eq!((get("update_channel"), get("a;b")), (Some("release"), Some("it's")));
    assert_eq!((read.get("http_proxy"), read.get("db_host")), (None, Some(None)));
}

#[test]
fn syntax_errors_are_distinct_from_computed_settings() {
    for broken in [
        "<?php if (true) {",
        "<?php if (true) { $config['a'] = 1; ]",
        "<?php $config['a'] = 'x'\n$config['b'] = 'y';",
        "<?php $config['a'] 'x';",
        "<?php $config['a'] = 'x;\n",
        "<?php /* $config['a'] = 'x';\n",
        "<?php $config['a'] = <<<X\nabc\n",
    ] {
        let read = read(broken);
        assert!(read.broken().is_some_and(|path| path.ends_with("config.php")), "{broken}");
        assert_eq!(read.get("callback_post"), Some(None), "{broken}");
    }
    for whole in [
        "<?php if (true): $config['a'] = getenv('X'); endif;",
        "<?php foreach ([1, 2] as $x) { $config['a'][$x] = \"{$x} '\"; }\n?>\n{ text\n<?= $x ?>",
        "<?php $config['a'] = [1, 'x' => -2, ...[$x]]; if ($config['a'] and $b) $c = fn(int $x) => $x;",
        "<?php try { f(); } catch (E $e) { } switch ($x) { case 'a': $y = 1; } echo 'a', $b;",
        "<? if (true) {",
        "<?php #[A(1)] function f(#[B] $x) {}",
        "<?php $x = 1; __halt_compiler(); {{{ 'it",
    ] {
        assert_eq!(read(whole).broken(), None, "{whole}");
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("config.php"), "<?php include 'more.php';").unwrap();
    std::fs::write(directory.path().join("more.php"), "<?php if (").unwrap();
    let read = ConfigPhp::read(&directory.path().join("config.php")).unwrap();
    assert!(read.broken().is_some_and(|path| path.ends_with("more.php")), "the file that is wrong is named");
}

#[test]
fn a_possible_opt_out_is_never_overlooked() {
    for php in [
        "if (file_exists('/x')) { include '/nonexistent/x'; }\n$config['reporting']['usage'] = false;",
        "if (true) { $config['reporting']['usage'] = FALSE; }",
        "$config['reporting'] = ['usage' => false];",
        "$config['reporting'] = ['error' => true];",
        "$config = []; $config['rrd_dir'] = '/opt/rrd';",
        "unset($config['reporting']['usage']);",
        "$config['reporting.usage'] = false;",
        "$config['reporting']['usage'] = true; if ($x) { $config['reporting']['usage'] = false; }",
        "if ($x) { return; } $config['reporting']['usage'] = true;",
        "while ($x) { $config['reporting']['usage'] = true; }",
        "$x or $config['reporting']['usage'] = true;",
        "$config['reporting']['usage'] = true; foreach ([1] as &$config['reporting']) {}",
        "$config['reporting']['usage'] = true; foreach (['usage'] as $k) { $config['reporting'][$k] = false; }",
        "$config['reporting']['usage'] = true; array_walk($config['reporting'], 'intval');",
        "$config['reporting']['usage'] = true; $f = function () use (&$config) { $config = []; }; $f();",
        "$config['reporting']['usage'] = true; \\LibreNMS\\Config::set('reporting.usage', false);",
        "$config['reporting']['usage'] = true; $a = \"{$config[$config['reporting']['usage'] = false]}\";",
        "if ($x) { exit; } $config['reporting']['usage'] = true;",
        "$config['reporting']['usage'] = null;",
        "$config['reporting']['usage'] = getenv('X') === 'y';",
        "$config [ 'reporting' ] [ 'usage' ] = 0;",
        "?>it's text\n<?php $config['reporting']['usage'] = '';",
        "$x = <<<END\nit's\nEND;\n$config['reporting']['usage'] = false;",
        "$config['reporting']['usage'] = false; if (0) { $config['reporting']['usage'] = true; }",
        "$config = ['reporting' => ['usage' => false]];",
        "$config = array_merge($config, ['reporting' => ['usage' => false]]);",
        "$k = 'usage'; $config['reporting'][$k] = false;",
        "$config['reporting']['us' . 'age'] = false;",
        "$config['reporting']['usage'] &= false;",
        "$config['reporting']['usage'] ??= false;",
        "$c = &$config['reporting']; $c['usage'] = false;",
        "$GLOBALS['config']['reporting']['usage'] = false;",
        "list($config['reporting']['usage']) = [false];",
        "['usage' => $config['reporting']['usage']] = ['usage' => false];",
        "foreach ([false] as $config['reporting']['usage']) {}",
        "${'config'}['reporting']['usage'] = false;",
        "$name = 'config'; $$name = ['reporting' => []];",
        "// note ?><?php $config['reporting']['usage'] = false;",
        "eval('$x');",
        "extract(['config' => []]);",
        "include $somewhere;",
        "chdir(__DIR__ . '/other'); include 'off.php';",
        "set_include_path('/other'); include 'off.php';",
        "ini_set('include_path', '/other'); include 'off.php';",
        "ini_set($name, '/other'); include 'off.php';",
        "\\INI_SET('Include_Path', '/other');",
        "require dirname($file) . '/x.php';",
        "settings($config);",
        "/* $config['reporting']['usage'] = true; */ $config['reporting']['usage'] = 'false';",
    ] {
        let value = read(&format!("<?php {php}")).get("reporting.usage").map(|value| value.map(str::to_owned));
        let is_no = matches!(&value, Some(None))
            || value.clone().flatten().is_some_and(|v| matches!(v.as_str(), "" | "0" | "false"));
        assert!(is_no, "{php}: {value:?}");
    }
}

#[test]
fn reading_a_setting_does_not_change_it() {
    for php in [
        "$configuration['reporting']['usage'] = false;",
        "$config['log_dir'] = $config['install_dir'] . '/logs';",
        "if ($config['reporting']['usage'] === false) { echo 'off'; }",
        "# don't\n$config['user'] = 'librenms'; // it's fine\n$config['nets'][] = \"10.0.0.0/8\";",
        "function f($a) { return $a; } if (f(1)) { echo \"{$config['user']}\"; }",
        "switch ($x) { case 1: $config['a'] = 1; break; default: $config['a'] = 2; }",
        "$text = <<<END\nit's {$config['user']}\nEND;\n$config['rrd_dir'] = '/opt/rrd';",
        "foreach (['a', 'b'] as $name) { $config['nets'][] = $name; }",
        "if (isset($config['reporting']['usage'])) { echo 'set'; }",
        "include '/nonexistent/callback-agent-test.php';",
    ] {
        assert_eq!(read(&format!("<?php {php}")).get("reporting.usage"), None, "{php}");
    }
}

#[test]
fn the_last_certain_assignment_wins() {
    for (php, usage) in [
        ("$config['reporting']['usage'] = false; $config['reporting']['usage'] = true;", "true"),
        ("$config['reporting']['usage'] = true; $config['reporting'] = ['usage' => false];", "false"),
        ("$config['reporting']['usage'] = false; { $config['reporting'] = array('usage' => 1,); }", "1"),
        ("$k = 'usage'; $config['reporting'][$k] = false; $config['reporting']['usage'] = true;", "true"),
        ("$config = array_merge($config, ['reporting' => ['usage' => true]]);", "true"),
        ("$config['reporting'] = array_merge($config['reporting'], ['usage' => true]);", "true"),
        ("foreach ($x as $y) { $config['os'][$y] = 1; } $config['reporting']['usage'] = true;", "true"),
        ("$config['reporting']['usage'] = true; return; $config['reporting']['usage'] = false;", "true"),
        ("$config['reporting']['usage'] = 'yes' ?>\ntext <?php $a = 1;", "yes"),
    ] {
        assert_eq!(read(&format!("<?php {php}")).get("reporting.usage"), Some(Some(usage)), "{php}");
    }
}

#[test]
fn each_loop_over_files_includes_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    for name in ["one", "two"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    std::fs::write(at("two/10-on.php"), "<?php $config['reporting']['usage'] = true;").unwrap();
    std::fs::write(at("two/20-off.php"), "<?php $config['reporting']['usage'] = false;").unwrap();
    std::fs::write(at("two/.30-hidden.php"), "<?php $config['reporting']['usage'] = true;").unwrap();
    let loops = |first: &str, second: &str| {
        let all = [first, second].map(|name| {
            format!("foreach (glob(\"{}/*.php\") as $filename)\n    include $filename;", at(name).display())
        });
        let php = format!("<?php foreach ($config['nets'] as $net) {{ echo $net; }}\n{}", all.join("\n"));
        std::fs::write(at("config.php"), php).unwrap();
        ConfigPhp::read(&at("config.php")).unwrap().get("reporting.usage").flatten().map(str::to_owned)
    };
    assert_eq!(loops("one", "two").as_deref(), Some("false"));
    assert_eq!(loops("two", "one").as_deref(), Some("false"));
    assert_eq!(loops("one", "one"), None);
    std::fs::write(at("one/on.php"), "<?php $config['reporting']['usage'] = true;").unwrap();
    assert_eq!(loops("two", "one").as_deref(), Some("true"));
}

#[test]
fn readers_are_sorted() {
    assert!(words::READERS.is_sorted());
}

#[test]
fn exponentially_growing_values_become_unknown() {
    let doubling = "$x = $x . $x; $y = [$y, $y]; $z = array_merge($z, $z);".repeat(80);
    let php = format!("<?php $x = 'a'; $y = [1]; $z = [1]; {doubling} $config['reporting']['usage'] = true;");
    assert_eq!(read(&php).get("reporting.usage"), Some(Some("true")));
    let nested = format!("<?php {} $config['reporting']['usage'] = true;", "while ($x) { if ($y) {".repeat(40));
    assert_eq!(read(&(nested + &"}}".repeat(40))).get("reporting.usage"), Some(None));
}

#[test]
fn included_files_count() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::create_dir(at("conf.d")).unwrap();
    std::fs::write(at("conf.d/privacy.php"), "<?php $config['reporting']['usage'] = false;").unwrap();
    let all = format!("foreach (glob(\"{}/*.php\") as $file)\n    include $file;", at("conf.d").display());
    for include in [
        "include 'conf.d/privacy.php';",
        "require_once(__DIR__ . '/conf.d/privacy.php');",
        "foreach (glob(__DIR__ . '/conf.d/*.php') as $name) { require $name; }",
        &all,
    ] {
        std::fs::write(at("config.php"), format!("<?php {include}")).unwrap();
        let read = ConfigPhp::read(&at("config.php")).unwrap();
        assert_eq!(read.get("reporting.usage"), Some(Some("false")), "{include}");
    }
    // A directory without such files sets nothing; a file that includes itself cannot be evaluated.
    std::fs::write(at("config.php"), format!("<?php {}", all.replace("*.php", "*.inc"))).unwrap();
    assert_eq!(ConfigPhp::read(&at("config.php")).unwrap().get("reporting.usage"), None);
    std::fs::write(at("config.php"), "<?php include 'config.php';").unwrap();
    assert_eq!(ConfigPhp::read(&at("config.php")).unwrap().get("reporting.usage"), Some(None));
    std::os::unix::fs::symlink("/nonexistent/callback", at("linked.php")).unwrap();
    assert!(ConfigPhp::read(&at("linked.php")).is_err());
}
