// Generated from docs/schema/facts.schema.json by www/generate.mjs. Do not edit.

/** A part of the report that the admin can include or leave out as a whole. */
export type Category = 'envelope' | 'usage' | 'devices' | 'network' | 'protocols' | 'health' | 'services' | 'software' | 'pairs';
/** A whole number; one beyond ±(2^53 − 1) is left out of the report and named. */
export type Whole = number;

/** The input of a report. Unknown fields are rejected, so that nothing is ignored by mistake. */
export interface Facts {
  consent?: Consent;
  counts?: Counts;
  /**
   * The devices. The groups `os` and `hardware` and the pairs are built from them. `null` if devices could not be
   * read.
   */
  devices?: Device[] | null;
  /** What could not be read from the database. It is listed with what the collector leaves out. */
  left_out?: Unread[];
  /**
   * The admin's own regular expressions (the `regex` crate's syntax, with ASCII classes): every match is removed.
   * A pattern is rejected if it does not compile, compiles to more than a megabyte, or enables Unicode mode.
   */
  patterns?: string[];
  /** Version of this document: 1. */
  schema: number;
  /** The admin's own words: removed in upper or lower case, with any separators between their parts, and next to digits. */
  terms?: string[];
  /** The install's uuid, a version 4 UUID. */
  uuid: string;
  versions?: Versions;
}
/** What the admin opted in to. */
export interface Consent {
  /** The categories that may be sent; `null` for all. */
  categories?: Category[] | null;
  /** Rare labels that the admin includes. */
  included?: LabelChoice[];
  /** The newest payload schema that the admin accepted; newer fields are left out. */
  schema?: number;
  /** Labels that the admin withholds. */
  withheld?: LabelChoice[];
}
/** A label that the admin withholds or includes, in the form in which it would be sent. */
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
/** The number of rows of a table with a label. */
export interface Count {
  /**
   * The ID of the device that has all of them. `null` if several devices do or if it is
   * unknown; each row then counts as a different device. Groups with composed labels need it (see the dictionary).
   */
  device?: Whole | null;
  /** The label as the database has it, numbers as text; `null` for NULL and for groups without a label. */
  label?: string | null;
  rows: Whole;
}
/** One device: the fields that are reported, and the fields that identify it and are removed from texts. */
export interface Device {
  /** Name shown in LibreNMS. */
  display?: string | null;
  /** Hardware model; free text. */
  hardware?: string | null;
  /** Hostname or address that LibreNMS polls. */
  hostname?: string | null;
  /** Address, as text. */
  ip?: string | null;
  /** Where the device is. */
  location?: string | null;
  /** LibreNMS's name of the operating system. */
  os?: string | null;
  /** Address or hostname that LibreNMS polls instead. */
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
/** A table or column that could not be read. */
export interface Unread {
  /** The group that is not reported, or the device field that is unknown. */
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
