// Runs the module once on made-up devices while the page still waits for facts: browsers compile WebAssembly function by
// function, when it is first called.
import { build, type Device, type Facts } from 'callback-collector/slim';

const DESCRIPTIONS = [
  'Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E3, RELEASE SOFTWARE (fc3)\r\nCompiled Mon 13-Apr-20 by prod_rel_team',
  'Linux edge-01.example.net 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64',
  'Juniper Networks, Inc. ex4300-48t Ethernet Switch, kernel JUNOS 21.4R3, Build date: 2022-09-09 [edge-01]',
  'Hardware: Intel64 Family 6 Model 85 Stepping 7 AT/AT COMPATIBLE - Software: Windows Version 10.0 (Build 17763)',
  'Printer in room 4.12, S/N: XK4711C0815, 192.0.2.17, 00:00:5e:00:53:01, +49 30 5550100, jane@example.org, http://edge-01/',
  'APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.8.2 PN:apc_hw05_aos_682.bin AN1:apc_hw05_sumx_682.bin MN:AP9630 HR:05 SN: ZA1421019912 MD:05/24/2014)',
];

function example(): Facts {
  const devices: Device[] = Array.from({ length: 96 }, (_, n) => ({
    os: ['ios', 'linux', 'junos', 'windows', 'jetdirect', 'apc'][n % 6] ?? null,
    hardware: `Model ${n % 12}`,
    sysDescr: (DESCRIPTIONS[n % 6] ?? '').replaceAll('edge-01', `edge-${n}`),
    sysObjectID: `.1.3.6.1.4.1.9.1.${n % 12}`,
    hostname: `edge-${n}.example.net`,
    sysName: `edge-${n}`,
    ip: `192.0.2.${n}`,
    serial: `XK47${n}C0815`,
    sysContact: 'Jane Roe <jane@example.org>',
    location: `Harbour Street ${n % 12}, Springfield`,
  }));
  return { schema: 1, uuid: '00000000-0000-4000-8000-000000000000', devices, consent: { schema: 1 } };
}

/**
 * Builds a report of made-up devices, which goes nowhere, again and again until `enough` says so: what is called often,
 * browsers compile better. Twenty times at most, which is less than a second.
 */
export function warmUp(enough: () => boolean, rounds = 20): void {
  setTimeout(() => {
    if (rounds === 0 || enough()) return;
    build(example());
    warmUp(enough, rounds - 1);
  });
}
