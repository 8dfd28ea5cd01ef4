//! The SQL statements that grant a database user the missing permissions, and nothing more: those of docs/least-privilege.md.

use crate::librenms::inspect::DeniedWrite;

const LEAST_PRIVILEGE: &str = include_str!("../../../../docs/least-privilege.md");

/// The statements for reading a table, or a column as `table.column`.
pub(super) fn to_read(denied: &str, database: &str, user: &str) -> String {
    // The table also holds SNMP communities and passwords.
    if denied == "config" {
        let view = statement("CREATE VIEW librenms.callback_agent_config").unwrap_or_default();
        let view = view.replace("librenms.", &format!("`{database}`."));
        return format!("{view}; GRANT SELECT ON `{database}`.`callback_agent_config` TO {user}");
    }
    let (table, column) = denied.split_once('.').map_or((denied, None), |(table, column)| (table, Some(column)));
    let columns = column.map(str::to_owned).or_else(|| columns_of(table));
    let columns = columns.map(|columns| format!(" ({columns})")).unwrap_or_default();
    format!("GRANT SELECT{columns} ON `{database}`.`{table}` TO {user}")
}

/// What to run for the writes that are denied: a grant, or the change itself.
pub(super) fn to_write(denied: &[DeniedWrite], database: &str, user: &str) -> Vec<String> {
    let mut verbs: Vec<&str> = Vec::new();
    for write in denied.iter().filter(|write| write.table != "config") {
        let verb = write.sql.split(' ').next().unwrap_or_default();
        if !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    let grant = (!verbs.is_empty()).then(|| format!("GRANT {} ON `{database}`.`callback` TO {user}", verbs.join(", ")));
    let usage = denied.iter().any(|write| write.table == "config");
    let usage = usage.then(|| "lnms config:set reporting.usage true".to_owned());
    grant.into_iter().chain(usage).collect()
}

/// The document's statement that starts with `start`, on one line.
fn statement(start: &str) -> Option<String> {
    let text = &LEAST_PRIVILEGE[LEAST_PRIVILEGE.find(start)?..];
    Some(text.split(';').next()?.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The columns of a table that the document grants.
fn columns_of(table: &str) -> Option<String> {
    let before = &LEAST_PRIVILEGE[..LEAST_PRIVILEGE.find(&format!(") ON librenms.{table} TO "))?];
    let columns = &before[before.rfind('(')? + 1..];
    Some(columns.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_granted_and_never_table_config() {
        let user = "'lnms'@'%'";
        assert_eq!(to_read("vrfs", "db", user), "GRANT SELECT (vrf_id) ON `db`.`vrfs` TO 'lnms'@'%'");
        assert_eq!(to_read("ports.ifType", "db", user), "GRANT SELECT (ifType) ON `db`.`ports` TO 'lnms'@'%'");
        assert!(to_read("devices", "db", user).starts_with("GRANT SELECT (device_id, hostname, "));
        let view = to_read("config", "db", user);
        assert!(
            view.starts_with(
                "CREATE VIEW `db`.callback_agent_config AS SELECT config_name, config_value FROM `db`.config WHERE"
            ),
            "{view}"
        );
        assert!(view.ends_with("; GRANT SELECT ON `db`.`callback_agent_config` TO 'lnms'@'%'"), "{view}");
        let write = |sql, table| DeniedWrite { sql, table, purpose: "" };
        let denied = [write("INSERT INTO config", "config"), write("DELETE FROM callback", "callback")];
        assert_eq!(
            to_write(&denied, "db", user),
            ["GRANT DELETE ON `db`.`callback` TO 'lnms'@'%'", "lnms config:set reporting.usage true"]
        );
        assert_eq!(to_write(&denied[1..], "db", user).len(), 1);
    }

    #[test]
    fn the_columns_of_every_table_of_the_report_are_known() {
        for table in crate::librenms::plan::Plan::tables() {
            let is_config = matches!(table, "config" | "callback_agent_config");
            assert!(is_config || columns_of(table).is_some(), "{table}");
        }
    }
}
