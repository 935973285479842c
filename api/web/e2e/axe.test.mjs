// Every screen in every setting: no fault that axe finds, no sideways scroll, no control under 44 px, nothing on the console.
// SHOTS=dir also keeps pictures.
import assert from 'node:assert/strict';
import {mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip} from './lib.mjs';
import {cut, plant, speak, unaccented, unplant} from './pseudo.mjs';
import {scene} from './scene.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const only = process.env.SCREENS?.split(',');

// Words of other lengths and heights are looked at where there are many of them.
const wordy = ['welcome', 'below', 'join', 'home', 'announcements', 'chat', 'about', 'members', 'invite', 'overview', 'danger', 'look', 'recovery'];

// Every size with every theme and direction; Spanish, as long as any, stands in for English once. Then what people set for themselves.
export const settings = {
  '1440': {width: 1440, height: 900},
  '1440-dark': {width: 1440, height: 900, theme: 'dark'},
  '900': {width: 900, height: 800},
  '900-es-dark': {width: 900, height: 800, lang: 'es', locale: 'es-MX', theme: 'dark'},
  '375': {width: 375, height: 760},
  '375-dark': {width: 375, height: 760, theme: 'dark'},
  '1440-ar': {width: 1440, height: 900, lang: 'ar', locale: 'ar'},
  '1440-ar-dark': {width: 1440, height: 900, lang: 'ar', locale: 'ar', theme: 'dark'},
  '900-ar': {width: 900, height: 800, lang: 'ar', locale: 'ar'},
  '900-ar-dark': {width: 900, height: 800, lang: 'ar', locale: 'ar', theme: 'dark'},
  '375-ar': {width: 375, height: 760, lang: 'ar', locale: 'ar'},
  '375-ar-dark': {width: 375, height: 760, lang: 'ar', locale: 'ar', theme: 'dark'},
  '320-150': {width: 320, height: 700, prefs: {text: '150'}},
  '1440-150': {width: 1440, height: 900, prefs: {text: '150'}},
  '1440-contrast': {width: 1440, height: 900, prefs: {contrast: true, compact: true}},
  '1440-hi': {width: 1440, height: 900, lang: 'hi', locale: 'hi-IN', screens: wordy},
  '375-id': {width: 375, height: 760, lang: 'id', locale: 'id-ID', screens: wordy},
  '1280-200': {width: 1280, height: 1024, css: ':root{--scale:2!important}'},
  '320-spaced': {width: 320, height: 700, css: '*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-block-end:2em!important}', screens: wordy},
  '1440-xa': {width: 1440, height: 900, pseudo: true, context: {serviceWorkers: 'block'}},
  '375-xa': {width: 375, height: 760, pseudo: true, context: {serviceWorkers: 'block'}},
  '1440-forced': {width: 1440, height: 900, context: {forcedColors: 'active'}},
};

let b, s;
before(async () => {
  if (skip) return;
  [b, s] = await Promise.all([browser(), scene()]);
  const c = `/c/${s.com.id}`, feast = await s.asha.api('POST', `/communities/${s.com.id}/groups`, {name: 'Festival', open: true});
  await s.asha.api('POST', `/groups/${feast.id}/polls`, {question: 'When shall we hang the lights?', options: ['Saturday', 'Sunday', 'On both days, if it does not rain']});
  const begins = new Date(Date.now() + 5 * 86_400_000);
  await s.asha.api('POST', `/groups/${feast.id}/calendar`, {title: 'Hanging the lights', starts_at: begins.toISOString(), ends_at: new Date(begins.getTime() + 7_200_000).toISOString(), place: 'East gate', text: 'Bring ladders.'});
  Object.assign(s.screens, {cards: `${c}/g/${feast.id}`, calendar: `${c}/calendar`, person: `${c}/members`, thread: s.screens.chat, more: s.screens.chat, emoji: s.screens.chat, menu: c, poll: s.screens.chat, event: s.screens.chat,
    words: '/settings/recovery', invited: `${c}/invite`});
});

const openMenu = async (page, button) => {
  await button.click();
  await page.locator('.menu:popover-open').waitFor();
};
const add = (nth) => async (page) => {
  await openMenu(page, page.locator('.cp [aria-haspopup=menu]').first());
  await page.locator('.menu:popover-open [role=menuitem]').nth(nth).click();
  await page.locator('dialog[open] input').first().waitFor();
};
const onMessage = async (page, key) => {
  const m = page.locator('article.m').filter({hasText: '15 kg'}).first();
  await m.focus();
  await page.keyboard.press(key);
};
/** What is done on a screen before it is looked at. What lies over it afterwards is closed by Esc. */
const first = {
  jump: (page) => page.keyboard.press('Control+k'),
  help: (page) => page.keyboard.press('Control+/'),
  naming: async (page) => {
    await page.locator('.cp textarea').pressSequentially('@b');
    await page.getByRole('option', {name: 'Budi Santoso'}).waitFor();
  },
  whom: async (page) => {
    await page.locator('.how').last().click();
    await page.locator('dialog[open] section').first().waitFor();
  },
  join: async (page) => {
    await page.locator('#inv').fill(s.invite.link);
    await page.locator('.invite').waitFor();
  },
  members: (page) => page.locator('.person').first().waitFor(),
  cards: (page) => page.locator('.event').first().waitFor(),
  calendar: (page) => page.getByRole('main').getByText('Hanging the lights').first().waitFor(),
  person: async (page) => {
    await page.locator('.person').filter({hasText: 'Budi'}).click();
    await page.locator('dialog[open] .words').waitFor();
  },
  thread: async (page) => {
    await onMessage(page, 't');
    await page.locator('.thread').waitFor();
  },
  more: async (page) => {
    await onMessage(page, '.');
    await page.locator('.menu:popover-open').waitFor();
  },
  emoji: async (page) => {
    await onMessage(page, '+');
    await page.locator('.emoji:popover-open').waitFor();
  },
  menu: (page) => openMenu(page, page.locator('.canopy [aria-haspopup=menu]:visible').first()),
  poll: add(0),
  event: add(1),
  words: async (page) => {
    await page.locator('main .bt.pr').first().click();
    await page.locator('main ol li').nth(23).waitFor();
  },
  invited: async (page) => {
    await page.locator('main form .bt.pr').click();
    await page.locator('main img').first().waitFor();
  },
};
const over = 'dialog[open], [popover]:popover-open, .names';
after(async () => {
  await b?.close();
  await s?.end();
});

/** What is wrong with a screen, and its picture. */
async function look(page, screen, name) {
  const r = await page.evaluate((tags) => globalThis.axe.run(document, {runOnly: tags}), tags);
  const found = r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}: ${v.nodes[0].failureSummary?.split('\n').slice(0, 3).join(' ')}`);
  found.push(...await page.evaluate(measure));
  if (process.env.SHOTS) {
    mkdirSync(process.env.SHOTS, {recursive: true});
    await page.screenshot({path: `${process.env.SHOTS}/${screen}-${name}.png`});
  }
  return found.map((f) => `${screen}: ${f}`);
}

test('every screen in every setting', {skip, concurrency: 2, timeout: 1_200_000}, (all) => Promise.all(
  Object.entries(settings).filter(([n]) => !process.env.SETTINGS || process.env.SETTINGS.split(',').includes(n)).map(([name, how]) => all.test(name, async () => {
    const page = await open(b, how);
    if (how.pseudo) await speak(page);
    await signIn(page, s.asha);
    await page.waitForURL(/\/c\//);
    await page.evaluate(axe);
    if (how.css) {
      await page.evaluate((css) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        document.adoptedStyleSheets.push(sheet);
      }, how.css);
    }
    const found = [];
    if (how.pseudo) {
      await page.locator('main h1').first().waitFor();
      await plant(page);
      assert.deepEqual([await unaccented(page), await cut(page)].map((l) => l.filter((f) => f.includes('Hard coded')).length), [2, 1], 'what was planted is not found');
      await unplant(page);
    }
    for (const [screen, path] of Object.entries(s.screens)) {
      if (only && !only.includes(screen) || how.screens && !how.screens.includes(screen)) continue;
      await page.evaluate((p) => {
        history.pushState(null, '', p);
        dispatchEvent(new PopStateEvent('popstate'));
      }, path);
      await page.waitForFunction(() => document.querySelector('main') && !document.querySelector('main .loading'));
      await page.waitForTimeout(350); // lists are read 0.25 s after they are asked for
      try {
        await first[screen]?.(page);
      } catch (e) {
        throw new Error(`${screen}: ${e.message}`);
      }
      found.push(...await look(page, screen, name));
      if (how.pseudo) found.push(...[...await unaccented(page), ...await cut(page)].map((f) => `${screen}: ${f}`));
      if (screen === 'naming') await page.locator('.cp textarea').fill('');
      if (await page.locator(over).count()) await page.keyboard.press('Escape');
      await page.locator(over).waitFor({state: 'detached'}); // what stays open would be looked at again
    }
    found.push(...page.faults);
    await page.context().close();
    assert.deepEqual(found, []);
  })),
));

test('what is shown where there is nothing to show, in every size, theme and direction', {skip, timeout: 600_000}, async () => {
  const n = await new Node('Asha').start();
  try {
    await n.community('Sunrise Ward', 'Asha');
    await n.api('PUT', '/passphrase', {new: 'correct horse'});
    const found = [], pages = new Map();
    const plain = Object.entries(settings).filter(([name, how]) => !how.prefs && !how.css && !how.context && !how.pseudo && !how.screens && (!process.env.SETTINGS || process.env.SETTINGS.split(',').includes(name)));
    for (const [name, how] of plain) {
      const page = await open(b, how), used = await n.link();
      page.expected = ['401', '403', '409', '503', 'ERR_'];
      pages.set(name, page);
      await page.goto(n.url);
      await page.locator('.cmd').waitFor();
      await page.evaluate(axe);
      found.push(...await look(page, 'out', name));
      await page.goto(used);
      await page.waitForURL(/\/c\//);
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
      const late = await open(b, how);
      late.expected = page.expected;
      await late.goto(used);
      await late.locator('.note.wn').waitFor();
      await late.evaluate(axe);
      found.push(...await look(late, 'used', name), ...late.faults);
      await late.context().close();
    }
    await n.api('POST', '/lock');
    for (const [name, page] of pages) {
      await page.locator('.lockcard').waitFor();
      await page.evaluate(axe);
      found.push(...await look(page, 'locked', name));
    }
    await n.stop();
    for (const [name, page] of pages) {
      await page.reload();
      await page.locator('.cmd').waitFor();
      await page.evaluate(axe);
      found.push(...await look(page, 'stopped', name), ...page.faults);
      await page.context().close();
    }
    assert.deepEqual(found, []);
  } finally {
    await n.end();
  }
});

test('text of another size counts at once where there is little room', {skip, timeout: 60_000}, async () => {
  const page = await open(b, {width: 320, height: 700, prefs: {text: '150'}});
  await signIn(page, s.asha);
  await page.waitForURL(/\/c\//);
  await page.locator('.phone-list').waitFor();
  const about = page.locator('.top > a[href$="/about"]');
  const chat = async () => {
    await page.evaluate((p) => {
      history.pushState(null, '', p);
      dispatchEvent(new PopStateEvent('popstate'));
    }, s.screens.chat);
    await page.locator('.top').waitFor();
  };
  await chat();
  await page.locator('.log article').first().waitFor();
  assert.ok(!(await about.isVisible()), 'its room is the name\'s');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/** Runs in the page: what axe does not measure. */
function measure() {
  const out = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth + 1) out.push(`sideways scroll: ${root.scrollWidth} in ${root.clientWidth}`);
  const main = document.querySelector('main');
  if (main && main.scrollWidth > main.clientWidth + 1) out.push(`sideways scroll in main: ${main.scrollWidth} in ${main.clientWidth}`);
  for (const e of document.querySelectorAll('button, a[href], select, input:not([type=radio]):not([type=checkbox]):not(.vh), textarea')) {
    const r = e.getBoundingClientRect();
    if (!r.width || e.closest('[popover]:not(:popover-open)') || e.closest('.skip')) continue;
    // A link or button inside a sentence is as tall as the line: 2.5.8 leaves those out.
    const inline = getComputedStyle(e).display === 'inline' || e.classList.contains('asLink') || e.closest('.nm') || e.closest('.tl .grow');
    if (!inline && (r.height < 43.5 || r.width < 43.5)) out.push(`${e.tagName.toLowerCase()} ${e.className} "${(e.textContent ?? '').trim().slice(0, 30)}" is ${Math.round(r.width)}×${Math.round(r.height)}`);
  }
  return out;
}
