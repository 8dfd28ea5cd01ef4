//! Words and signs of PHP that matter to the settings.

/// Functions that may set any variable.
pub(super) const SETTERS: [&str; 7] =
    ["eval", "extract", "parse_str", "mb_parse_str", "create_function", "assert", "settype"];

/// Functions that change where relative paths of later includes lead.
pub(super) const MOVERS: [&str; 3] = ["chdir", "set_include_path", "restore_include_path"];

/// Words that include a file.
pub(super) const INCLUDES: [&str; 4] = ["include", "include_once", "require", "require_once"];

/// Words before a parenthesis that change nothing inside it.
pub(super) const READERS: [&str; 74] = [
    "and",
    "array",
    "array_key_exists",
    "array_keys",
    "array_merge",
    "array_values",
    "basename",
    "boolval",
    "count",
    "date",
    "declare",
    "define",
    "defined",
    "die",
    "dirname",
    "echo",
    "else",
    "elseif",
    "empty",
    "error_log",
    "error_reporting",
    "exit",
    "explode",
    "file_exists",
    "file_get_contents",
    "filter_var",
    "floatval",
    "for",
    "getenv",
    "gethostname",
    "glob",
    "if",
    "implode",
    "in_array",
    "include",
    "include_once",
    "ini_set",
    "intval",
    "is_array",
    "is_dir",
    "is_file",
    "is_null",
    "is_readable",
    "is_string",
    "isset",
    "join",
    "json_decode",
    "json_encode",
    "ltrim",
    "match",
    "or",
    "php_uname",
    "print",
    "print_r",
    "printf",
    "realpath",
    "require",
    "require_once",
    "return",
    "rtrim",
    "sprintf",
    "str_replace",
    "strlen",
    "strpos",
    "strtolower",
    "strtoupper",
    "strval",
    "substr",
    "switch",
    "time",
    "trim",
    "var_dump",
    "while",
    "xor",
];

/// Signs that assign.
pub(super) const ASSIGNING: [&str; 16] =
    ["=", "+=", "-=", "*=", "/=", ".=", "%=", "&=", "|=", "^=", "<<=", ">>=", "**=", "??=", "++", "--"];
