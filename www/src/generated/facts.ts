// Generated from docs/schema/facts.schema.json by www/generate.mjs. Do not edit.

/** What the admin can allow or withhold as a whole. */
export type Category = 'envelope' | 'usage' | 'devices' | 'network' | 'protocols' | 'health' | 'services' | 'software' | 'pairs';
/** A whole number; one beyond ±(2^53 − 1) is left out of the report and named. */
export type Whole = number;

/** Everything that a report is built from. Unknown fields are refused, so that nothing slips through unread. */
export interface Facts {
  consent?: Consent;
  counts?: Counts;
  /**
   * The devices one by one; groups `os` and `hardware` and the pairs are made of them. Nothing, if devices could
   * not be read at all.
   */
  devices?: Device[] | null;
  /** What the reader of the database could not read, to be named beside what the collector leaves out. */
  left_out?: Unread[];
  /**
   * The admin's own regular expressions (the `regex` crate's syntax, with ASCII classes): what matches is removed,
   * wherever it stands. One that does not compile, compiles to more than a megabyte, or switches Unicode mode on is refused.
   */
  patterns?: string[];
  /** Version of this document: 1. */
  schema: number;
  /** The admin's own words: found in any case, whatever separates their parts and beside digits, and removed. */
  terms?: string[];
  /** The install's pseudonym, a version 4 UUID. */
  uuid: string;
  versions?: Versions;
}
/** What the admin allowed. */
export interface Consent {
  /** The categories that may be sent; nothing means all. */
  categories?: Category[] | null;
  /** Rare labels that the admin includes all the same. */
  included?: LabelChoice[];
  /** The newest payload schema that the admin accepted; fields that came later stay out. */
  schema?: number;
  /** Labels that the admin withholds. */
  withheld?: LabelChoice[];
}
/** One label that the admin withholds or includes, in the form in which it would be sent. */
export interface LabelChoice {
  /** Name of the group, or `info` for a pair. */
  group: string;
  /** The label; for `info` the sysDescr. */
  label: string;
}
export interface Counts {
  alert_rules?: Count[];
  alert_templates?: Count[];
  api_tokens?: Count[];
  applications?: Count[];
  arch?: Count[];
  bgppeer_state?: Count[];
  bgppeer_status?: Count[];
  bills?: Count[];
  cef?: Count[];
  dbschema?: Count[];
  ipsec?: Count[];
  ipv4_addresses?: Count[];
  ipv4_macaddress?: Count[];
  ipv4_networks?: Count[];
  ipv6_addresses?: Count[];
  ipv6_networks?: Count[];
  mempool?: Count[];
  ospf?: Count[];
  ospf_links?: Count[];
  ospfv3?: Count[];
  ospfv3_links?: Count[];
  pollers?: Count[];
  port_assoc?: Count[];
  port_ifspeed?: Count[];
  port_type?: Count[];
  port_vlans?: Count[];
  processes?: Count[];
  processors?: Count[];
  pseudowires?: Count[];
  sensors?: Count[];
  sla?: Count[];
  snmp_version?: Count[];
  storage?: Count[];
  toner?: Count[];
  type?: Count[];
  vlans?: Count[];
  vminfo?: Count[];
  vmware?: Count[];
  vrfs?: Count[];
  wireless?: Count[];
  xdp?: Count[];
}
/** How many rows of a table carry a label. */
export interface Count {
  /**
   * The one device that has all of them, by its number in the install. Nothing where several devices do, and where
   * nobody knows: then each row counts as another device's. Groups whose labels are composed need it (see the
   * dictionary).
   */
  device?: Whole | null;
  /** The label as the database has it, numbers as text; nothing for NULL and for groups without a label. */
  label?: string | null;
  rows: Whole;
}
/** One device: what is reported of it, and what identifies it and must not be. */
export interface Device {
  /** Name shown in LibreNMS. */
  display?: string | null;
  /** Hardware model; free text. */
  hardware?: string | null;
  /** Name or address that LibreNMS polls. */
  hostname?: string | null;
  /** Address, as text. */
  ip?: string | null;
  /** Where the device is. */
  location?: string | null;
  /** LibreNMS's name of the operating system. */
  os?: string | null;
  /** Address or name that LibreNMS polls in place of that one. */
  overwrite_ip?: string | null;
  /** Serial number. */
  serial?: string | null;
  /** SNMP's sysContact: a person, a mail address, a phone number. */
  sysContact?: string | null;
  /** SNMP's sysDescr; free text. */
  sysDescr?: string | null;
  /** SNMP's sysName. */
  sysName?: string | null;
  /** SNMP's sysObjectID, numeric. */
  sysObjectID?: string | null;
}
/** Something that the reader of the database could not read. */
export interface Unread {
  /** The group that is not reported, or the device field that is not known. */
  field: string;
  /** Table or `table.column` that this version of LibreNMS lacks. */
  missing: string;
}
/** Versions of the install's software. */
export interface Versions {
  /** Database server, as in `MariaDB 10.11.6`. */
  database?: string | null;
  /** LibreNMS's release, or `master` on the default update channel. */
  librenms?: string | null;
  /** Net-SNMP. */
  netsnmp?: string | null;
  /** Distribution and its version, as in `Debian GNU/Linux 12`. */
  os?: string | null;
  /** PHP. */
  php?: string | null;
  /** Python. */
  python?: string | null;
  /** RRDtool. */
  rrdtool?: string | null;
}
