// A page that was read for longer than the agent keeps the facts: opting in reads the install again, and agrees to the same
// report. Usage: expired.mjs URL, of an agent that keeps facts for one second; prints the digest.
import { browser, built, check, equal, page, press, result, shownDigest } from './harness.mjs';

const [url] = process.argv.slice(2);
const chromium = await browser();
const { page: preview, seen } = await page(chromium);
await preview.goto(url);
await built(preview);
const digest = await shownDigest(preview);
await press(preview, 'open-opt-in');
await preview.waitForTimeout(1500);
await press(preview, 'opt-in');
await result(preview, 'opted-in');
const asked = (line) => seen.requests.filter((request) => request.startsWith('POST') && request.endsWith(line)).length;
equal([asked('/api/consent'), asked('/api/snapshots')], [2, 2], 'requests to opt in and to read the install');
equal(await shownDigest(preview), digest, 'the digest after reading again');
const wrong = seen.wrong.filter((line) => !line.includes('410'));
check(wrong.length === 0, wrong.join('\n'));
await chromium.close();
console.log(digest);
process.exit(0);
