// The page behind nginx, for an administrator and for a user without permission. Usage: proxied.mjs URL
import { browser, built, check, page, press, result, shownDigest } from './harness.mjs';

const [url] = process.argv.slice(2);
const chromium = await browser();
const login = (value) => [{ name: 'laravel_session', value, url }];
const admin = await page(chromium);
await admin.context.addCookies(login('admin'));
await admin.page.goto(url);
await built(admin.page);
check(admin.seen.wrong.length === 0, admin.seen.wrong.join('\n'));
await press(admin.page, 'open-opt-in');
await press(admin.page, 'opt-in');
await result(admin.page, 'opted-in');
for (const name of ['reader', '']) {
  const reader = await page(chromium);
  if (name !== '') await reader.context.addCookies(login(name));
  const answer = await reader.page.goto(url);
  check([401, 403].includes(answer.status()), `${name}: ${answer.status()}`);
}
console.log(await shownDigest(admin.page));
await chromium.close();
process.exit(0);
