// The element in pages that are not its own: their styles must not change what it shows, and it follows their colours, sizes and
// headings. Also the keyboard's place, and unsaved changes.
import { readFile } from 'node:fs/promises';
import { agent, STATES } from './mock-agent.mjs';
import { action, addWord, browser, built, check, digestBecomes, digestChangesFrom, equal, openTab, page, press, result, root, search, shownDigest, site, undo } from './harness.mjs';

const demo = await readFile(`${root}www/pages/demo-facts.json`, 'utf8');
const chromium = await browser();

/** A page with the element, its own style sheet, and an agent. */
async function embedded(css, { attributes = 'host="api/"', body = '', options = {}, state = STATES.on } = {}) {
  const html = `<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="icon.svg"><link rel="stylesheet" href="host.css">
    <script type="module" src="callback-preview.js"></script><h1>Host</h1><callback-preview ${attributes}></callback-preview>${body}</html>`;
  const install = { state, asked: [] };
  const served = await site(`${root}target/assets/preview`, (request, text) => {
    if (request.url === '/host.html') return { kind: 'text/html; charset=utf-8', body: html };
    if (request.url === '/host.css') return { kind: 'text/css', body: css };
    if (request.url === '/again/callback-preview.js') return { kind: 'text/javascript', body: '' };
    return agent(install.state, {
      facts: demo,
      payload: '{}',
      answer: (line) => {
        install.asked.push([line, text]);
        if (line !== 'POST /api/consent') return undefined;
        return { body: JSON.stringify({ code: 'opted-in', clear_cancelled: false, librenms: [], key_status: 'signs-nothing', given: STATES.on.given }) };
      },
    })(request);
  });
  const opened = await page(chromium, options);
  await opened.page.goto(`${served.url}host.html`);
  await built(opened.page);
  return { ...opened, install, close: async () => { check(opened.seen.wrong.length === 0, opened.seen.wrong.join('\n')); await opened.context.close(); served.close(); } };
}

const style = (page, selector, property) => page.locator(`callback-preview ${selector}`).first().evaluate((part, property) => getComputedStyle(part)[property], property);
const paper = (page) => style(page, '.root', 'backgroundColor');
const LIGHT = 'rgb(255, 255, 255)';
const DARK = 'rgb(21, 24, 27)';
/** What has the keyboard's focus in the element. */
const focused = (page) => page.evaluate(() => {
  const { activeElement } = document.querySelector('callback-preview').shadowRoot;
  return activeElement?.dataset.action ?? activeElement?.id ?? null;
});

// Inherited properties of the page do not get in: bytes are shown as they are.
{
  const { page: preview, close } = await embedded(`body { text-transform: uppercase; letter-spacing: .5em; word-spacing: 1em; white-space: nowrap; text-align: right;
    font: italic bold 30px/3 fantasy; text-indent: 4em; line-break: anywhere; hyphens: auto; font-variant: small-caps; cursor: wait }`);
  const plain = await embedded('');
  await openTab(preview, 'bytes');
  await openTab(plain.page, 'bytes');
  await preview.locator('callback-preview .byte-row').nth(3).waitFor();
  for (const selector of ['.root', '#payload-digest .digest', '.byte-row .text', 'button']) {
    for (const property of ['textTransform', 'letterSpacing', 'wordSpacing', 'whiteSpace', 'textAlign', 'fontStyle', 'fontFamily', 'textIndent', 'fontVariant']) {
      equal(await style(preview, selector, property), await style(plain.page, selector, property), `${property} of ${selector}`);
    }
  }
  // Rendered text is that of the report.
  // biome-ignore lint/performance/useDomNodeTextContent: it applies text-transform, unlike textContent
  const first = await preview.locator('callback-preview .byte-row').nth(1).evaluate((row) => row.innerText);
  check(first.includes('"uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11"'), first);
  await plain.close();
  await close();
}

// A page hides the element by itself or by an ancestor.
{
  const { page: preview, close } = await embedded('.gone { visibility: hidden }');
  await preview.evaluate(() => document.documentElement.classList.add('gone'));
  equal(await preview.locator('callback-preview #status').isVisible(), false, 'visibility inside of a hidden page');
  await preview.evaluate(() => document.documentElement.classList.remove('gone'));
  await preview.evaluate(() => { document.querySelector('callback-preview').hidden = true; });
  equal(await preview.locator('callback-preview #status').isVisible(), false, 'visibility of a hidden element');
  await close();
}

// Colours: the page's, not the operating system's.
{
  const light = await embedded('', { options: { colorScheme: 'dark' } });
  equal(await paper(light.page), LIGHT, 'the background in a page without color-scheme');
  await light.page.evaluate(() => document.documentElement.classList.add('dark'));
  await light.page.locator('callback-preview [data-scheme=dark]').waitFor();
  equal(await paper(light.page), DARK, 'the background inside of the class dark');
  await light.page.evaluate(() => document.documentElement.classList.remove('dark'));
  await light.page.locator('callback-preview [data-scheme=dark]').waitFor({ state: 'detached' });
  equal(await paper(light.page), LIGHT, 'the background without the class');
  await light.page.evaluate(() => document.querySelector('callback-preview').setAttribute('color-scheme', 'dark'));
  await light.page.locator('callback-preview [data-scheme=dark]').waitFor();
  equal(await paper(light.page), DARK, 'the background with the attribute');
  await light.close();
  for (const [scheme, expected] of [['dark', DARK], ['light', LIGHT], ['light dark', LIGHT]]) {
    const { page: preview, close } = await embedded(`html { color-scheme: ${scheme} }`, { options: { colorScheme: 'light' } });
    equal(await paper(preview), expected, `the background with color-scheme: ${scheme}`);
    await close();
  }
}

// Sizes follow the place where the element is, as with Bootstrap 3 and LibreNMS, and stay readable.
for (const [css, expected] of [['html { font-size: 10px } body { font-size: 14px }', 14], ['html { font-size: 10px }', 14], ['', 16], ['html { font-size: 200% }', 32]]) {
  const { page: preview, close } = await embedded(css);
  equal(parseFloat(await style(preview, '.root', 'fontSize')), expected, `the font size with ${css}`);
  equal(parseFloat(await style(preview, '#payload-digest .digest', 'fontSize')), expected * 0.875, `the size of digests with ${css}`);
  const small = await preview.evaluate(() => {
    const sizes = [...document.querySelector('callback-preview').shadowRoot.querySelectorAll('.root *')].map((part) => parseFloat(getComputedStyle(part).fontSize));
    return Math.min(...sizes);
  });
  check(small >= 0.85 * expected, `with ${css} some text has ${small} px`);
  await openTab(preview, 'bytes');
  await preview.locator('callback-preview .byte-row').nth(3).waitFor();
  const [row, estimate] = await preview.locator('callback-preview .viewport').evaluate((list) => [list.querySelector('.byte-row').getBoundingClientRect().height, list.closest('callback-preview-list').estimate]);
  check(Math.abs(row - estimate) < 0.51, `rows of ${row} px are laid out as ${estimate} px`);
  await close();
}

// Headings, parts and colours can be set from the page; a second copy of the script does no harm.
{
  const { page: preview, close } = await embedded('callback-preview { --accent: rgb(1, 2, 3) } callback-preview::part(details) { outline: 5px solid }', {
    attributes: 'host="api/" heading-level="2"',
    body: '<script type="module" src="callback-preview.js?again"></script>',
  });
  equal(await preview.locator('callback-preview').evaluate(({ shadowRoot }) => [...shadowRoot.querySelectorAll('h1, h2, h3')].map(({ tagName }) => tagName)), ['H2', 'H3', 'H3', 'H3'], 'headings');
  equal(await style(preview, 'button.main', 'backgroundColor'), 'rgb(1, 2, 3)', 'the colour of the main button');
  equal(await style(preview, '[part=details]', 'outlineWidth'), '5px', 'the outline of a part');
  for (const part of ['body', 'consent', 'sent', 'removed', 'verify', 'details', 'unsaved']) {
    equal(await preview.locator(`callback-preview [part=${part}]`).count(), 1, `parts named ${part}`);
  }
  const names = await preview.locator('callback-preview [data-action=copy]').evaluateAll((buttons) => buttons.map((button) => button.ariaLabel));
  equal(new Set(names).size, names.length, 'names of buttons that copy');
  await close();
}

// A right-to-left page: both languages stay left-to-right.
{
  const { page: preview, close } = await embedded('', { attributes: 'host="api/"', body: '' });
  await preview.evaluate(() => { document.documentElement.dir = 'rtl'; });
  equal(await style(preview, '.root', 'direction'), 'ltr', 'the direction of the texts');
  await close();
}

// Leaving out a row keeps it, the focus and the place; the bar stays in view and the change is announced.
{
  const { page: preview, install, close } = await embedded('', { options: { viewport: { width: 390, height: 844 } } });
  const before = await shownDigest(preview);
  const leaveOut = preview.locator('callback-preview-contents [data-action=leave-out]').nth(2);
  const what = await leaveOut.getAttribute('aria-label');
  await leaveOut.focus();
  const { y: place } = await leaveOut.boundingBox();
  await preview.keyboard.press('Enter');
  await digestChangesFrom(preview, before);
  await preview.locator('.left-out').waitFor();
  check(Math.abs((await preview.locator('.left-out button').boundingBox()).y - place) < 2, 'the row moved');
  equal(await focused(preview), 'include-again', 'the focused control after leaving out');
  check((await preview.locator('.left-out').textContent()).includes(what.split(' ').at(-1)), `${what} is not struck through`);
  await preview.locator('#announcement:not(:empty)').waitFor({ state: 'attached' });
  for (const top of [0, 400, 5000]) {
    await preview.evaluate((top) => scrollTo(0, top), top);
    const { y, height } = await preview.locator('#unsaved').boundingBox();
    check(y >= 0 && y + height <= 844, `scrolled to ${top}, the bar is at ${y} px`);
  }
  // The browser asks before changes are lost.
  const asks = () => preview.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  equal(await asks(), true, 'whether leaving the page asks');
  // Saved from the bar, which says so where it was pressed.
  await press(preview, 'save');
  await result(preview, 'saved');
  equal(await preview.locator('#unsaved #message').count(), 1, 'messages in the bar');
  equal(JSON.parse(install.asked.find(([line]) => line === 'POST /api/consent')[1]).choices.withheld.length, 1, 'labels left out in the consent');
  await press(preview, 'dismiss');
  await preview.locator('#unsaved').waitFor({ state: 'detached' });
  equal(await asks(), false, 'whether leaving the page asks after saving');
  // Again by the keyboard, from the same place.
  await preview.locator('[data-action=include-again]').focus();
  await preview.keyboard.press('Enter');
  await digestBecomes(preview, before);
  equal(await focused(preview), 'leave-out', 'the focused control after including again');
  // Discarding leaves the focus in the element.
  await action(preview, 'discard').focus();
  await preview.keyboard.press('Enter');
  await preview.locator('#unsaved').waitFor({ state: 'detached' });
  equal(await focused(preview), 'tab-contents', 'the focused control after discarding');
  await close();
}

// Taking back a word moves the focus to the next one, then to the details; a refresh keeps it.
{
  const { page: preview, close } = await embedded('');
  for (const word of ['Catalyst', 'RouterOS']) {
    await addWord(preview, word);
    await undo(preview, word).waitFor();
  }
  await preview.locator('[aria-busy=false]').first().waitFor();
  await undo(preview, 'Catalyst').focus();
  await preview.keyboard.press('Enter');
  await undo(preview, 'Catalyst').waitFor({ state: 'detached' });
  equal(await focused(preview), 'undo', 'the focused control after the first word');
  await preview.keyboard.press('Enter');
  await undo(preview, 'RouterOS').waitFor({ state: 'detached' });
  equal(await focused(preview), 'tab-removed', 'the focused control after the last word');
  await action(preview, 'refresh').focus();
  await preview.keyboard.press('Enter');
  await preview.locator('[aria-busy=false]').first().waitFor();
  equal(await focused(preview), 'refresh', 'the focused control after a refresh');
  await close();
}

// Texts that became the same are one row, with the others on demand.
{
  const { page: preview, close } = await embedded('');
  await openTab(preview, 'removed');
  const others = preview.locator('callback-preview-removed .same-result').first();
  await others.locator('summary').click();
  await others.locator('li').first().waitFor();
  const listed = await others.locator('li').allTextContents();
  equal(listed.length, Math.min(50, Number(await others.getAttribute('data-texts')) - 1), 'other texts');
  equal(new Set(listed).size, listed.length, 'distinct texts');
  await close();
}

// The search in the bytes says which match is shown, and marks it.
{
  const { page: preview, close } = await embedded('');
  await openTab(preview, 'bytes');
  await search(preview).fill('linux');
  await preview.locator('#hits[data-hit="1"]').waitFor();
  await press(preview, 'next-hit');
  await preview.locator('#hits[data-hit="2"]').waitFor();
  await preview.locator('mark.hit.current').waitFor();
  equal(await preview.locator('mark.hit.current').count(), 1, 'current matches');
  await press(preview, 'taller');
  const height = await preview.locator('callback-preview .viewport').evaluate((list) => list.clientHeight);
  check(height > 800, `a list in full height has ${height} px`);
  await close();
}

// The lamp is a shape, also in forced colours and on paper: a ring is off, a disc is on.
for (const [state, full] of [['on', true], ['off', false]]) {
  const { page: preview, close } = await embedded('', { state: STATES[state] });
  await preview.emulateMedia({ forcedColors: 'active' });
  const [width, border] = await preview.locator('.lamp').evaluate((lamp) => [lamp.getBoundingClientRect().width, parseFloat(getComputedStyle(lamp).borderBlockStartWidth)]);
  equal(2 * border >= width - 2, full, `${state}: a border of ${border} px in ${width} px`);
  await close();
}

await chromium.close();
process.exit(0);
