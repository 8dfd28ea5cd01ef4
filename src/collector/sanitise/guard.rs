//! The guard: words that a device may be named after but that identify nobody, and values that are too short.

use super::hashing;
use super::hashing::ByHash;
use super::replace::PLACEHOLDERS;
use super::scan::{self, Traits};
use super::word_list::{Bits, is_one_of};
use core::cmp::Ordering;

/// Technical words, lower case, sorted, separated by blanks (a table of slices would be larger than the words). A
/// name made only of these is not an identifier.
pub const TECHNICAL: &str = "\
    aarch64 accelerator access acl active actual adapter admin admin1 administrator adsl aes agent aix alarm alcatel \
    alert alliedware almalinux alpine alteon alto amd amd64 amplifier analog analyzer and android antenna any aos ap \
    apache apc api app appliance application arbor arista arm armv5tejl armv6l armv7l array aruba arubaos as asa asr \
    assembly asterisk asus asyncos at atm ats attached audio authentication auto automation availability avaya \
    avocent axis azure backup baicpe baie balancer barracuda base baseline basic batiment battery bay beta bgp bigip \
    bin bind bios bit blackberry blade bmc board boot bootloader bootrom box branch brand bridge broadband broadcast \
    broadcom brocade buero building bureau buro business by cable cacti calix cambium camera campus canon card \
    carrier cat catalyst catos ccmp ccu cell center centos central centre ceph ch channel chassis check checkpoint \
    chip ciena cimc cisa cisco cislo citrix classic cli client clock cloud cloudkey cluster cmts cnos co coax codec \
    collector com combo command common communication communications community commutateur compact company compute \
    computer comware config configuration conmutador connect connected connection connector console contact contacto \
    control controller cooling copper copy copyright core corp corporation cpu cumulus customer cyberoam cyclades \
    daemon darwin data database datacenter date dc debian debug default default1 dell demo department deployment \
    description desktop dev development device devices devops dhcp dialog digi digital direct disabled disk display \
    dist distribution dlink dnos dns dock docker docsis document domain door dovecot down drac draytek dream drive \
    driver drucker dsl dslam dual dvr dynamic eap east eaton ecs edge edgecore edgeos edgeswitch edificio edition \
    elasticsearch elastix electric electronics embedded emc ems emulator enabled encoder end energy eng engenius \
    engine engineering enterasys enterprise environment environmental eos epc epdu epson equipment ericsson esx esxi \
    etage eth eth0 eth1 ethernet evaluation event exchange exim exos experimental explorer express extended external \
    extreme extremexos f5 fabos fabric facilities facility factory fast fax fc feature fiber fiberhome fibre file \
    filter firewall fireware firma firmware fixed flash flex flexible floor force forcepoint fortiap fortigate \
    fortinet fortios fortiswitch foundation foundry foundryos frame free freebsd freenas freepbx front frontend fs \
    ftos fujitsu full function fw gaia gateway gb gbit gebaeude gebaude gebouw geist gen general generation generic \
    gentoo gerat gerate gerats gigabit gitlab global gmbh gnu gpon gps grafana grandstream graphics group gsm guest \
    guide gw h3c half handler haproxy hardware hardwareos hash head headquarters health help here high hikvision \
    hirschmann hitachi hmi home host hosting hostname hotspot hp hpe hq html http https huawei hub humidity hvac \
    hybrid hypervisor i386 i486 i586 i686 ibm icinga id idf idrac ids illegal ilo image imc imprimante in inc \
    incorporated indoor industrial infiniband influxdb info infoblox information infrastructure input inside instant \
    integrated intel intelligent interactive interface internal internet inverter ioc iocard ios iosxe iosxr iot ip \
    ipad iphone ipmi ipos ipsec ipso ipv4 ipv6 irix ironware is iscsi isp it java jenkins jetdirect jetstream job \
    juniper junos junose k8s kantoor keller kemp kernel key keyboard kit kontakt kubernetes kvm kyocera lab label \
    laboratory lager lan lancom lantronix laptop large laser laserjet layer lc lcd led legacy level lexmark lg \
    library librenms license licensed light limited line link linux list lite load loader lobby local localdomain \
    localhost location log logging logic login long loopback low ltd lte lte4 mac machine made mail main mainboard \
    maintenance manage managed management manager manual map market master matrix max maximum mba mdf me media \
    medium mellanox memcached memory meraki mesh meter metering metro mgmt mgr micro microsoft microwave mid \
    mikrotik mimosa mini minimum minolta mips mitel mk mobile mobility mode model modem modular module mongodb \
    monitor monitoring mos motorola mount move mp mpls ms msa multi multilayer multimedia my mysql na nagios name \
    named nas nat native nbsp nec net netapp netbotz netbsd netgate netgear netonix netscaler netvanta netware \
    network networker networking networks netz netzwerk new nexus nfs nfsd nginx nic nis nms noc node nokia non none \
    nonstop nortek nortel north nos not notebook novell now npt ntp ntpd null number numero nvr nx nxos object \
    observium oem of off office official oficina oid ok old olt olts omada omni omnios omnistack on one onefs onos \
    onu open openbsd opengear openindiana opensuse openvpn openwrt operating operation operations operator ops optic \
    optical optics option optional or oracle order org ort os os10 osx other out outdoor outlet output outside over \
    overlay packet page paloalto panasonic panel panos parallel parent part partner parts passive password patch \
    path pbx pc pci pdu peer pfs pfsense phone ping piso planta platform plesk plus poe point polycom pool pop port \
    portable portal ports postfix postgres postgresql power powerconnect powered poweredge powerlan powerwalker ppc \
    pppoe precision premium present preview primary printer pro probe process processor procurve prod product \
    production products professional profile program programmable project proliant prometheus protect protection \
    protocol provider proxmox proxy ptp public pulse purpose python qfx qnap qos quad queue rabbitmq rack rackmount \
    radio radius ram rancher range raritan raspberry rate raum raw ready real realtime rear rebroadcast receiver \
    rechner rechnerraum recorder recovery redhat redis redundant reg region relay release remote removed reseau \
    reserved reset resource rete rev revision rhel ribbon ricoh right rights ring rmm rocky rockylinux rom room root \
    route routed router router1 routeros routeur routing row rpm rs rtos rtu ruckus run running runtime safe safety \
    sala sales salle samba sample samsung san sata scalable scanner schleifenbauer schluessel schlussel schneider \
    schrank schule scientific scsi sdn search secondary sector secure security sede sensor sentry sequence seri \
    serial serie series seriove server serverraum serverruimte serveur service servidor session set setup sfp shared \
    shelf shell short siemens signal simple single sip site sitting slackware sles slim slot slots small smart \
    smartos smb smtp snmp snmpd snmpv1 snmpv2 snmpv3 sofaware software solaris solution solutions some something \
    sonic sonicos sonicwall sophos source south sparc spare spec special speed spine splunk squid srv srx ssh ssid \
    ssl stack stampante standalone standard standby standort start starter state static station status storage \
    stratix street string structure sub subnet subscriber subsystem suite sun sunos super supermicro supervisor \
    supply support surge suse sw switch switched switching switchs symbol symmetra sync synchronization synology sys \
    sysadmin syslog sysname system systems tape target tcp tcs team tech technical technicolor technologies \
    technology telco telecom telefon telephone telephony telesis telnet temp temperature template terminal \
    termination test test1 text the there thermal thin thunder time timeserver timos tiny tkip to tomcat tool tools \
    toshiba touch tower tplink traffic transceiver transit transmission transmitter transport tripp tripplite \
    truenas trunk type ubicacion ubiquiti ubnt ubuntu ucs udp uefi ufficio ui unbekannt unbound unifi unified \
    uniform unit universal universalk9 unix unknown unmanaged unspecified unused up update upgrade uplink ups usa \
    usb use user utc utility utm valid value varnish vcenter vdsl veeam vendor verdieping verified version verteiler \
    vertiv via video view viewer viptela virtual vista vlan vm vmware voip volume voss vpc vpn vrp vsphere vx \
    vxworks vyos vyrobni waas wall wan warehouse watch watchguard wave wavence web webui weight werk west wide wifi \
    win winbox windows wire wired wireless wlan wlc wlse work workstation world x64 x86 xen xenserver xeon xerox xg \
    xos xr xserve yamaha year you your zabbix zebra zentrale zone zte zynos zywall zyxel";

/// Vendors and product lines that are not technical words, lower case. Rules may treat them as hostnames, which they
/// often are (`Linux linksys 2.4`), but as a name in the database they identify nobody.
const VENDORS: &str = "\
    3com aastra accedian accton adtran adva advantech aerohive aficio airengine airfiber akcp allied alvarion arris \
    asrock asustor audiocodes aviat baystack belkin bigiron bizhub bluecoat celestica ceragon cloudengine coriant \
    cradlepoint cyberpower dahua dasan edgeconnect edgerouter edimax ekinops eltex equallogic exfo fanvil fastiron \
    force10 gigamon gigaset hewlett imagerunner infinera ipfire konica korenix lenovo levelone ligowave linksys \
    lucent maipu meinberg mercusys moxa nanostation netengine netiron netscreen nutanix oki opnsense packard \
    packetshaper peplink perle powerbeam powervault rackswitch radware radwin raisecom redback rittal riverbed \
    ruggedcom ruijie sangfor serveriron siklu silverpeak snom socomec stormshield storwize superstack symmetricom \
    tellabs teltonika tenda thecus thinksystem trendnet turboiron uniview vivotek westermo xirrus yealink zhone";

/// The number of technical words.
const COUNT: usize = {
    let (bytes, mut at, mut count) = (TECHNICAL.as_bytes(), 0, 1);
    while at < bytes.len() {
        count += (bytes[at] == b' ') as usize;
        at += 1;
    }
    count
};

/// Where each technical word begins, and where the next one would begin.
static STARTS: [u16; COUNT + 1] = {
    let bytes = TECHNICAL.as_bytes();
    let (mut starts, mut at, mut count) = ([0; COUNT + 1], 0, 1);
    while at < bytes.len() {
        if bytes[at] == b' ' {
            starts[count] = at as u16 + 1;
            count += 1;
        }
        at += 1;
    }
    starts[COUNT] = bytes.len() as u16 + 1;
    starts
};

/// The technical word at an index below [`COUNT`].
const fn technical_word(index: usize) -> &'static str {
    let (_, from) = TECHNICAL.split_at(STARTS[index] as usize);
    from.split_at((STARTS[index + 1] - 1 - STARTS[index]) as usize).0
}

/// A set of the hashes of technical words and replacements. It rules out most other words.
static PRESENT: Bits<32> = {
    let (mut present, mut index) = (Bits::NONE, 0);
    while index < COUNT {
        present.add(hashing::hash(technical_word(index)));
        index += 1;
    }
    index = 0;
    while index < PLACEHOLDERS.len() {
        present.add(hashing::hash(PLACEHOLDERS[index]));
        index += 1;
    }
    present
};

/// Whether this word, in lower case, is technical or a replacement.
#[must_use]
pub fn is_technical(word: &str) -> bool {
    if !PRESENT.may_have(hashing::hash(word)) {
        return false;
    }
    let (mut from, mut to) = (0, COUNT);
    while from < to {
        let middle = from.midpoint(to);
        match technical_word(middle).cmp(word) {
            Ordering::Less => from = middle + 1,
            Ordering::Greater => to = middle,
            Ordering::Equal => return true,
        }
    }
    PLACEHOLDERS.contains(&word)
}

/// Whether this lower-case word is a vendor or product line that is not a technical word.
#[must_use]
pub fn is_vendor(name: &str) -> bool {
    is_one_of(VENDORS, name) || COMPOUNDS.contains(&name)
}

/// Factory-default names by which LibreNMS recognises devices; `*` stands for up to eight letters and digits.
const VENDOR_DEFAULTS: &[&str] = &[
    "(none)",
    "am335x-evm",
    "at9263",
    "baicpe",
    "bison",
    "endian",
    "es_controller",
    "gse200m",
    "gxw*",
    "ht8*",
    "ibootpdu",
    "ipstation",
    "mirthtemplate*",
    "none",
    "oi_*",
    "openwrt",
    "snmp-system",
    "teltonika",
    "teltonika-rut*.com",
    "ts-*",
    "ubnt",
    "ubnt*",
];

/// Whether a name, in lower case, is one that a vendor gives all its devices.
#[must_use]
pub fn is_vendor_default(name: &str) -> bool {
    const FIRST: &[u8] = b"(abeghimnostu";
    let Some(beginning) = name.as_bytes().first_chunk::<2>() else { return false };
    if name.len() > 20 || !FIRST.contains(&beginning[0]) {
        return false;
    }
    VENDOR_DEFAULTS.iter().filter(|default| default.as_bytes().starts_with(beginning)).any(|default| {
        match default.split_once('*') {
            None => *default == name,
            Some((start, end)) => name
                .strip_prefix(start)
                .and_then(|rest| rest.strip_suffix(end))
                .is_some_and(|middle| middle.len() <= 8 && middle.bytes().all(|b| b.is_ascii_alphanumeric())),
        }
    })
}

/// Technical words and vendors with a separator.
const COMPOUNDS: &[&str] = &["802.11", "d-link", "tp-link", "wi-fi", "x86-64", "x86_64"];

/// The guard's verdict on a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Hash of the first word.
    pub first: u64,
    /// Hash of all words.
    pub key: u64,
    /// How many words there are.
    pub words: usize,
    /// Whether it may be searched for in the texts of its own device.
    pub own: bool,
    /// Whether it may be searched for in the texts of all devices. It must be longer, because accidental matches are
    /// more likely.
    pub install: bool,
    /// A single word of letters: it may be a name, or any other word.
    pub plain: bool,
    /// Hash of the term with its separators, if only these match; 0 if any do.
    pub exact: u64,
}

/// The technical words by their hash, for judging many terms.
pub struct Guard(ByHash<()>);

impl Default for Guard {
    fn default() -> Self {
        let words = [TECHNICAL, VENDORS].into_iter().flat_map(|words| words.split(' '));
        Self(words.chain(PLACEHOLDERS.iter().copied()).map(|word| (hashing::hash(word), ())).collect())
    }
}

impl Guard {
    /// Judges a folded term in one pass over its words.
    #[must_use]
    pub fn judge(&self, term: &str) -> Verdict {
        let (mut first, mut key, mut words) = (0, 0, 0);
        let (mut technical, mut numbers, mut signs, mut longest, mut own) = (0, 0, 0, 0, 0);
        scan::for_each_word(term, &mut Traits::default(), |word| {
            if words == 0 {
                first = word.hash;
            }
            key = hashing::join(key, word.hash);
            words += 1;
            let length = word.end - word.start;
            signs += length;
            longest = longest.max(length);
            own += u32::from(length >= 3 && term[word.start as usize..].starts_with(scan::is_word_of_its_own));
            if word.number && length < 5 {
                numbers += 1;
            } else if self.0.contains_key(&word.hash) {
                technical += 1;
            }
        });
        let digits = term.bytes().filter(u8::is_ascii_digit).count() as u32;
        let long = |least: u32| own >= 2 || (signs >= least && (digits < signs || signs >= 5) && longest > 1);
        let nothing_else = technical + numbers == words;
        // With a hyphen or a number, technical words are the name of one of many devices (`mail-gw`, `core-switch 12`). Numbers
        // alone are phone numbers if they are long enough.
        let phrase = COMPOUNDS.contains(&term)
            || nothing_else
                && match (technical, numbers) {
                    (0, _) => digits < 7,
                    _ if words == 1 => true,
                    (_, 0) => !term.contains('-'),
                    _ => term.bytes().all(|b| b.is_ascii_alphanumeric()),
                };
        let names =
            words > 0 && long(3) && (is_address(term) || !(phrase || is_version_like(term) || is_vendor_default(term)));
        Verdict {
            first,
            key,
            words,
            own: names,
            install: names && long(4),
            plain: words == 1 && digits == 0 && own == 0,
            exact: if nothing_else && technical > 0 { hashing::hash(term) } else { 0 },
        }
    }
}

/// `1.2`, `12.1.3`, `v2`: more likely a version than a name. Does not include addresses.
fn is_version_like(term: &str) -> bool {
    let digits = term.strip_prefix('v').unwrap_or(term);
    digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.contains('.')
}

/// Whether this is exactly an IPv4 or IPv6 address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'))
        && text.bytes().any(|b| matches!(b, b'.' | b':'))
        && text.parse::<core::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifies(term: &str) -> bool {
        Guard::default().judge(term).own
    }

    #[test]
    fn the_technical_words_are_sorted() {
        assert!(TECHNICAL.split(' ').is_sorted());
        assert!(TECHNICAL.split(' ').all(is_technical));
        assert!(!is_technical("") && !is_technical("halden"));
    }

    #[test]
    fn technical_words_alone_identify_nothing() {
        for term in
            ["cisco", "linux server", "default", "hostname", "ap", "x86_64", "n/a", "1", "0000", "eth0", "", "-"]
        {
            assert!(!identifies(term), "{term}");
        }
        for term in [
            "web01",
            "cisco lyon",
            "halden dc 3",
            "10.0.0.7",
            "foc1234x0ab",
            "主機室",
            "東京",
            "core-switch-12",
            "mail-gw",
            "98765",
            "08 416 717 92",
            "fe80::1",
        ] {
            assert!(identifies(term), "{term}");
        }
    }

    #[test]
    fn a_vendors_name_identifies_nothing_and_is_not_a_technical_word() {
        assert!(!identifies("lenovo") && !identifies("teltonika networks") && identifies("lenovo halden"));
        assert!(!identifies("d-link") && !identifies("hewlett packard") && identifies("d-link halden"));
        assert!(is_vendor("lenovo") && !is_technical("lenovo") && !is_vendor("") && !is_vendor("halden"));
        assert!(VENDORS.split(' ').all(|word| !is_technical(word)));
    }

    #[test]
    fn vendors_default_names_are_recognised_by_their_prefix() {
        assert!(VENDOR_DEFAULTS.iter().all(|default| is_vendor_default(&default.replace('*', "1"))));
        assert!(!is_vendor_default("u") && !is_vendor_default("ubn") && !is_vendor_default("zubnt"));
    }

    #[test]
    fn versions_and_vendors_defaults_identify_nothing() {
        for term in ["12.4.3", "v2.1", "ubnt", "gxw4200", "ht802"] {
            assert!(!identifies(term), "{term}");
        }
    }

    #[test]
    fn a_term_for_all_devices_must_be_longer() {
        let judge = |term| Guard::default().judge(term);
        assert!(!judge("zax").install);
        assert!(judge("andromeda").install && judge("andromeda").plain);
        assert!(judge("web01").install && !judge("web01").plain);
    }

    #[test]
    fn technical_words_with_a_number_keep_their_separators() {
        let judge = |term| Guard::default().judge(term);
        assert_ne!(judge("sw-20").exact, 0);
        assert_eq!(judge("halden-20").exact, 0);
    }
}
