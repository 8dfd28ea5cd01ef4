// Generated from docs/schema/payload.schema.json by www/generate.mjs. Do not edit.

export interface Payload {
  data: {
    /** How many alert rules are in use, by severity. */
    alert_rules?: {
      severity: string | null;
      total: number;
    }[];
    /** How many alert templates there are. */
    alert_templates?: {
      total: number;
    }[];
    /** How many API tokens are in use; no token is read. */
    api_tokens?: {
      total: number;
    }[];
    /** Which applications are monitored. */
    applications?: {
      app_type: string | null;
      total: number;
    }[];
    /** Which architectures packages are built for. */
    arch?: {
      arch: string | null;
      total: number;
    }[];
    /** How many BGP peers there are, by state. */
    bgppeer_state?: {
      bgpPeerState: string | null;
      total: number;
    }[];
    /** How many BGP peers there are, by administrative status. */
    bgppeer_status?: {
      bgpPeerAdminStatus: string | null;
      total: number;
    }[];
    /** How many bills there are, by type. */
    bills?: {
      bill_type: string | null;
      total: number;
    }[];
    /** How many Cisco Express Forwarding entries are kept. */
    cef?: {
      total: number;
    }[];
    /** Which database server is used, to know which ones must be supported. */
    database_version?: {
      total: number;
      version: string | null;
    }[];
    /** How far the database has been migrated: the number of migrations. */
    dbschema?: {
      total: number;
      version: number | null;
    }[];
    /** Which hardware models there are. */
    hardware?: {
      hardware: string | null;
      total: number;
    }[];
    /** How many IPsec tunnels there are. */
    ipsec?: {
      total: number;
    }[];
    /** How many IPv4 addresses there are; no address is read. */
    ipv4_addresses?: {
      total: number;
    }[];
    /** How many ARP entries there are; no address is read. */
    ipv4_macaddress?: {
      total: number;
    }[];
    /** How many IPv4 networks there are; no network is read. */
    ipv4_networks?: {
      total: number;
    }[];
    /** How many IPv6 addresses there are; no address is read. */
    ipv6_addresses?: {
      total: number;
    }[];
    /** How many IPv6 networks there are; no network is read. */
    ipv6_networks?: {
      total: number;
    }[];
    /** Which release of LibreNMS runs, or that it follows the master branch. */
    librenms_release?: {
      release: string | null;
      total: number;
    }[];
    /** Which memory pools devices report. */
    mempool?: {
      mempool_descr: string | null;
      total: number;
    }[];
    /** Which Net-SNMP is used. */
    netsnmp_version?: {
      total: number;
      version: string | null;
    }[];
    /** Which operating systems LibreNMS recognised. */
    os?: {
      os: string | null;
      total: number;
    }[];
    /** Which distribution LibreNMS runs on. */
    os_version?: {
      total: number;
      version: string | null;
    }[];
    /** How many OSPF instances there are, by version. */
    ospf?: {
      ospfVersionNumber: string | null;
      total: number;
    }[];
    /** How many OSPF interfaces there are, by type. */
    ospf_links?: {
      ospfIfType: string | null;
      total: number;
    }[];
    /** How many OSPFv3 instances there are, by version. */
    ospfv3?: {
      ospfv3VersionNumber: string | null;
      total: number;
    }[];
    /** How many OSPFv3 interfaces there are, by type. */
    ospfv3_links?: {
      ospfv3IfType: string | null;
      total: number;
    }[];
    /** Which PHP is used, to know when an old one can be dropped. */
    php_version?: {
      total: number;
      version: string | null;
    }[];
    /** How many pollers share the work. */
    pollers?: {
      total: number;
    }[];
    /** How ports are told apart, by mode. */
    port_assoc?: {
      port_association_mode: number | null;
      total: number;
    }[];
    /** How fast ports are, in Mbit/s. */
    port_ifspeed?: {
      ifSpeed: string | null;
      total: number;
    }[];
    /** Which types of ports there are. */
    port_type?: {
      ifType: string | null;
      total: number;
    }[];
    /** How many memberships of ports in VLANs there are, by state. */
    port_vlans?: {
      state: string | null;
      total: number;
    }[];
    /** How many processes are kept; none is read. */
    processes?: {
      total: number;
    }[];
    /** Which kinds of processors there are. */
    processors?: {
      processor_type: string | null;
      total: number;
    }[];
    /** How many pseudowires there are. */
    pseudowires?: {
      total: number;
    }[];
    /** Which Python is used. */
    python_version?: {
      total: number;
      version: string | null;
    }[];
    /** Which RRDtool is used. */
    rrdtool_version?: {
      total: number;
      version: string | null;
    }[];
    /** Which kinds of sensors there are. */
    sensors?: {
      sensor_class: string | null;
      total: number;
    }[];
    /** Which kinds of service-level probes there are. */
    sla?: {
      rtt_type: string | null;
      total: number;
    }[];
    /** Which SNMP versions are used. */
    snmp_version?: {
      snmpver: string | null;
      total: number;
    }[];
    /** Which kinds of storage there are. */
    storage?: {
      storage_type: string | null;
      total: number;
    }[];
    /** Which kinds of printer supplies there are. */
    toner?: {
      supply_type: string | null;
      total: number;
    }[];
    /** Which types of devices there are. */
    type?: {
      total: number;
      type: string | null;
    }[];
    /** How many VLANs there are, by type; no name is read. */
    vlans?: {
      total: number;
      vlan_type: string | null;
    }[];
    /** How many virtual machines there are, by hypervisor. */
    vminfo?: {
      total: number;
      vm_type: string | null;
    }[];
    /** How many virtual machines there are. */
    vmware?: {
      total: number;
    }[];
    /** How many VRFs there are; no name is read. */
    vrfs?: {
      total: number;
    }[];
    /** Which kinds of wireless sensors there are. */
    wireless?: {
      sensor_class: string | null;
      total: number;
    }[];
    /** How many links were discovered, by protocol. */
    xdp?: {
      protocol: string | null;
      total: number;
    }[];
  };
  info: {
    count: number;
    os: string;
    sysDescr: string;
    sysObjectID: string;
  }[];
  module: {
    name: string;
    version: string;
  };
  schema: number;
  uuid: string;
}
