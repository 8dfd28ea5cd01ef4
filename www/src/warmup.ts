// Runs the module on invented devices while the page waits for facts. Browsers compile WebAssembly functions at their first
// call, and optimise them when they are called often; both would slow down the first report.
import { build, type Device, type Facts } from 'callback-collector/slim';

/** Descriptions that exercise as many rules as possible. `#` becomes the device's number. */
const DESCRIPTIONS = [
  'Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E3, RELEASE SOFTWARE (fc3)\r\nCompiled Mon 13-Apr-20 by prod_rel_team',
  'Linux edge-#.example.net 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64',
  'Linux box# 5.4.17-acme-prod-# (root@build#.example.net) (gcc version 10.2.1) #4 SMP Tue Feb 6 11:20:00 UTC 2024 armv7l',
  'FreeBSD edge-#.example.net 13.2-RELEASE-p4 FreeBSD 13.2-RELEASE-p4 releng/13.2-n254651 HARBOUR-KERNEL amd64',
  'Juniper Networks, Inc. ex4300-48t Ethernet Switch, kernel JUNOS 21.4R3, Build date: 2022-09-09 [edge-#]',
  'Hardware: Intel64 Family 6 Model 85 Stepping 7 AT/AT COMPATIBLE - Software: Windows Version 10.0 (Build 17763 Multiprocessor Free)',
  'Printer in room 4.12, S/N: XK47#C0815, 192.0.2.17, 00:00:5e:00:53:01, +49 30 5550100, jane@example.org, http://edge-#.example.net/',
  'APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.8.2 PN:apc_hw05_aos_682.bin MN:AP9630 HR:05 SN: ZA14#019912 MD:05/24/2014)',
  'HP J9773A 2530-24G-PoEP Switch, revision YA.16.11.0004, ROM YA.15.20 (/ws/swbuildm/rel) serial XK47#C0815',
  'RouterOS RB4011iGS+',
  'edge-#',
  'NYC-CORE-SW-#',
  'CORE-#> 24-Port Gigabit Switch, Firmware Version 1.02.#',
  'Fibre link to Harbour Street #, customer: Roe Bakery, VLAN 4# of ROE, circuit ID: DE/4711/#, AS64500, contact: Jane Roe',
  'Jane Roe\'s laptop, asset no. INV-00#, service tag 7XK#Q2, ticket INC00471#',
  'Rack R#, unit U12, building B, 2nd floor, room 3.0#, 52.5200, 13.4050; tel (030) 5550100 ext. 12',
  'UPS 3000 VA; Kontakt: Jörg Müller, Hauptstraße #, 10115 Berlin, Seriennummer: XK47#C0815',
  '機械室 # 号機 スイッチ Version 3.1.#',
  'VMware ESXi 7.0.3 build-19193900 VMware, Inc. x86_64, host uuid 6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11',
  'snmp community: s3cret#, user EXAMPLE\\jane, \\\\edge-#\\share, fe80::200:5eff:fe00:#, 198.51.100.#/24',
  'LTE gateway, IMEI 49015420323751#, SSID: Harbour-#, licence key ABCD-EFGH-1234-56#, jane (at) example dot org',
  'Brocade Communications Systems, Inc. ICX7150-48P, IronWare Version 08.0.95 Compiled on Sep 25 2021 at 02:17:51 labeled as SPS08095',
  `ProLiant DL380 Gen10, iLO 5 2.44, GPS: N 52 31 12.0 E 13 24 18.0, #${' built for the warehouse'.repeat(16)}`,
  null,
];

const pick = <T>(list: readonly T[], n: number): T | null => list[n % list.length] ?? null;

function devices(count: number): Device[] {
  return Array.from({ length: count }, (_, n) => {
    const name = n % 3 === 0 ? `edge-${n}.example.net` : n % 3 === 1 ? `ber${n}-core-sw${n % 7}` : `edge-${n}`;
    return {
      os: pick(['ios', 'linux', 'junos', 'windows', 'jetdirect', 'apc', 'generic', null], n),
      hardware: pick([`Model ${n % 12}`, `C9500-48Y${n % 4}C`, `edge-${n} board`, null], n),
      sysDescr: pick(DESCRIPTIONS, n)?.replaceAll('#', `${n}`) ?? null,
      sysObjectID: `.1.3.6.1.4.1.${n % 9}.1.${n % 12}`,
      hostname: name,
      sysName: name.split('.')[0] ?? null,
      display: n % 5 === 0 ? `Office ${n}` : name,
      ip: `192.0.2.${n % 256}`,
      serial: n % 4 === 0 ? null : `XK47${n}C0815`,
      sysContact: pick(['Jane Roe <jane@example.org>', 'Network team, +49 30 5550100', 'ops', ''], n),
      location: pick([`Harbour Street ${n % 12}, Springfield`, 'Lyon, Quai Perrache 12, Room 3', 'Zürich, 2. Stock', '京都 機械室', null], n),
    };
  });
}

const counts: NonNullable<Facts['counts']> = {
  alert_rules: [{ label: 'critical', rows: 17 }, { label: 'ok', rows: 4 }],
  api_tokens: [{ rows: 5 }],
  applications: ['apache', 'mysql', 'nginx', 'Harbour app', null].map((label, n) => ({ label, rows: n + 1 })),
  port_type: Array.from({ length: 40 }, (_, n) => ({ label: `type${n}`, rows: 47 * n + 1 })),
  processors: ['hr', 'Intel(R) Xeon(R) CPU E5-2620', 'edge-1 CPU'].map((label, n) => ({ label, rows: n + 1 })),
};

/**
 * Builds reports of invented devices, and discards them, until `isDone`. The first is small, to compile everything once; after
 * half a second of the larger ones the optimising compiler has nothing left to do.
 */
export function warmUp(isDone: () => boolean, rounds = 16, size = 48): void {
  setTimeout(() => {
    if (rounds === 0 || isDone()) return;
    build({ schema: 1, uuid: '00000000-0000-4000-8000-000000000000', counts, devices: devices(size), consent: { schema: 1 } });
    warmUp(isDone, rounds - 1, 288);
  });
}
