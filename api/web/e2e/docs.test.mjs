// The pages of help: no fault that axe finds, no sideways scroll, nothing asked of anywhere but the node, in the look that the person chose; and a
// way to them from the page and back.
import assert from 'node:assert/strict';
import {mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip} from './lib.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const paths = ['', 'start', 'join', 'groups', 'safe', 'offline', 'activists', 'commands', 'program', 'api', 'problems/', 'problems/locked', 'nothing-here'];
const settings = {
  '1440': {width: 1440, height: 900}, '1440-dark': {width: 1440, height: 900, theme: 'dark'}, '375': {width: 375, height: 760}, '320-150-dark': {width: 320, height: 700, prefs: {text: '150', theme: 'dark'}},
  '900-contrast': {width: 900, height: 800, prefs: {contrast: true}}, '1440-forced': {width: 1440, height: 900, context: {forcedColors: 'active'}},
};

let b, n;
before(async () => {
  if (skip) return;
  [b, n] = await Promise.all([browser(), new Node('Asha').start()]);
});
after(async () => {
  await b?.close();
  await n?.end();
});

for (const [name, how] of Object.entries(settings).filter(([n]) => !process.env.SETTINGS || process.env.SETTINGS.split(',').includes(n))) {
  test(`pages of help: ${name}`, {skip, timeout: 300_000}, async () => {
    const p = await open(b, {...how, context: {...how.context, serviceWorkers: 'block'}}); // who opens them first has no worker
    p.expected = ['404']; // the page that is not there
    const found = [];
    for (const path of paths) {
      await p.goto(`${n.url}/docs/${path}`);
      if (path === 'api') await p.locator('#createMessage > summary').click();
      await p.evaluate(axe);
      const r = await p.evaluate((tags) => globalThis.axe.run(document, {runOnly: tags}), tags);
      for (const v of r.violations) found.push(`${path}: ${v.id}: ${v.nodes.map((x) => x.target.join(' ')).slice(0, 3).join(' | ')}: ${v.nodes[0].failureSummary?.split('\n').slice(0, 3).join(' ')}`);
      found.push(...(await p.evaluate(() => {
        const out = [], root = document.scrollingElement;
        if (root.scrollWidth > root.clientWidth + 1) out.push(`sideways scroll: ${root.scrollWidth} in ${root.clientWidth}`);
        for (const e of document.querySelectorAll('a[href], summary')) {
          const box = e.getBoundingClientRect();
          if (box.width && getComputedStyle(e).display !== 'inline' && !e.matches('.skip') && (box.height < 43.5 || box.width < 43.5)) out.push(`${e.textContent} is ${Math.round(box.width)}×${Math.round(box.height)}`);
        }
        for (const i of document.images) if (Math.abs(i.width / i.height - i.getAttribute('width') / i.getAttribute('height')) > 0.01) out.push(`${i.src} is not of the size it says`);
        return out;
      })).map((f) => `${path}: ${f}`));
      if (process.env.SHOTS) {
        mkdirSync(process.env.SHOTS, {recursive: true});
        await p.screenshot({path: `${process.env.SHOTS}/docs-${path.replace('/', '-') || 'index'}-${name}.png`});
      }
    }
    if (how.prefs?.text) assert.equal(await p.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize)), 24, 'the size of text that was chosen');
    found.push(...p.faults);
    assert.deepEqual(found, []);
    await p.context().close();
  });
}

test('the page leads to its help, and the help back', {skip, timeout: 60_000}, async () => {
  const com = await n.community('Sunrise Ward', 'Asha');
  const p = await open(b);
  await signIn(p, n);
  await p.goto(`${n.url}/c/${com.id}`);
  await p.getByRole('navigation', {name: 'Communities'}).getByRole('link', {name: 'Help'}).click();
  await p.getByRole('heading', {name: 'Help', level: 1}).waitFor();
  await p.getByRole('navigation', {name: 'Help'}).getByRole('link', {name: 'Keep it safe'}).click();
  await p.getByRole('heading', {name: 'Recovery words'}).waitFor();
  await p.getByRole('main').getByRole('link', {name: 'Recovery and passphrase'}).first().click();
  await p.getByRole('button', {name: 'Show my words'}).waitFor(); // still signed in
  await p.keyboard.press('Control+/');
  await p.getByRole('dialog').getByRole('link', {name: 'Open the help pages'}).click();
  await p.getByRole('link', {name: 'Open Pandal'}).click();
  await p.waitForURL(/\/c\//);
  assert.deepEqual(p.faults, []);
});
