// en-XA, a language nobody speaks: the English words with every letter accented and each word about 40 % longer. What is readable without accents on a
// page in it does not come from the words of src/locales; what does not fit will not fit in some language either. It is made here, from en.json, and put
// in the place of en.js on its way to the page: nobody can choose it, and nothing of it is in dist.
import {readFileSync} from 'node:fs';

const plain = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const accented = 'áƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÁƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ';

/** A word grows by its vowels, one without any by its last letter: so it stays one word, and as hard to break as before. */
function longer(word) {
  const more = Math.ceil(word.length * 0.4);
  const at = Math.max(word.search(/[aeiou]/i), 0) || word.length - 1;
  return word.slice(0, at + 1) + word[at].toLowerCase().repeat(more) + word.slice(at + 1);
}

const say = (text) => text.split(/(\{\w+\})/).map((part, i) => (i % 2 ? part : part.replace(/[A-Za-z]+/g, longer).replace(/[A-Za-z]/g, (c) => accented[plain.indexOf(c)]))).join('');

export function words() {
  const en = JSON.parse(readFileSync(new URL('../src/locales/en.json', import.meta.url), 'utf8'));
  return Object.fromEntries(Object.entries(en).map(([k, v]) => [k, typeof v === 'string' ? say(v) : Object.fromEntries(Object.entries(v).map(([f, w]) => [f, say(w)]))]));
}

/** Puts it in the place of English, in a context whose service workers are blocked (they would fetch past this). */
export async function speak(page) {
  const body = `export default ${JSON.stringify(words())};`;
  await page.context().route('**/en.js', (r) => r.fulfill({contentType: 'text/javascript; charset=utf-8', body}));
}

// The words that the browser's own formats make of times and sizes are English there, since it knows no other en-XA.
const formats = (() => {
  const out = new Set(['kB', 'MB', 'GB', 'AM', 'PM', 'at', 'and', 'in', 'ago', 'now']);
  for (let i = 0; i < 12; i++) for (const month of ['long', 'short']) out.add(new Intl.DateTimeFormat('en', {month}).format(new Date(2026, i, 1)));
  for (let i = 1; i < 8; i++) for (const weekday of ['long', 'short']) out.add(new Intl.DateTimeFormat('en', {weekday}).format(new Date(2026, 1, i)));
  for (const unit of ['day', 'hour', 'minute']) out.add(unit).add(`${unit}s`);
  for (const n of [-1, 0, 1]) for (const w of new Intl.RelativeTimeFormat('en', {numeric: 'auto'}).format(n, 'day').split(' ')) out.add(w);
  return [...out];
})();

// What is not the program's to say, each with why.
const kinds = [
  'bdi', '[dir=auto]', // what people wrote, and their names: marked so, since its direction is its own
  'code', 'pre', 'kbd', '[dir=ltr]:not(html)', // what is typed or pressed as it stands, and addresses
  '[lang]:not(html)', // says itself which language it is in: names of languages, and the node's findings, which are English
  '.av', '.cm', // the first letters of a name
].join();

/** What the page says without accents, of text and of what is read aloud or shown on hovering. */
export const unaccented = (page) => page.evaluate(([skip, formats]) => {
  const out = new Set();
  const names = [...document.querySelectorAll('bdi, [dir=auto]')].map((e) => e.textContent.trim()).filter(Boolean).sort((a, b) => b.length - a.length);
  const look = (text, e, what) => {
    const rest = text.match(/[A-Za-z]{2,}/g)?.filter((w) => w !== 'Pandal' && !formats.includes(w)) ?? [];
    if (rest.length) out.add(`${what} "${text.trim().slice(0, 80)}" in ${e.tagName.toLowerCase()}${e.getAttribute('class') ? `.${e.getAttribute('class').trim().replaceAll(/ +/g, '.')}` : ''} does not come from the words`);
  };
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = nodes.nextNode());) {
    const e = n.parentElement;
    if (e.closest(skip) || e.closest('script, style, textarea') || !e.checkVisibility()) continue;
    look(n.data.replace(/\u2068[^\u2069]*\u2069/g, ''), e, 'text'); // t() isolates the names that it puts among words
  }
  for (const name of ['aria-label', 'aria-description', 'aria-roledescription', 'title', 'placeholder', 'alt']) {
    for (const e of document.querySelectorAll(`[${name}]`)) {
      if (e.closest('[lang]:not(html), .cm') || name === 'placeholder' && e.matches('[dir=ltr]')) continue;
      // An attribute cannot mark a name: those that the page shows are taken out.
      look(names.reduce((text, n) => text.replaceAll(n, ''), e.getAttribute(name).replace(/\u2068[^\u2069]*\u2069/g, '')), e, name);
    }
  }
  return [...out];
}, [kinds, formats]);

/** Words that are cut off, or stick out of what they stand in. */
export const cut = (page) => page.evaluate(() => {
  const out = new Set();
  const range = document.createRange();
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = nodes.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || e.closest('.vh, .skip, svg, script, style, [popover]:not(:popover-open)') || !e.checkVisibility()) continue;
    range.selectNodeContents(n);
    const r = range.getBoundingClientRect();
    if (!r.width) continue;
    for (let a = e; a && a !== document.body; a = a.parentElement) {
      const how = getComputedStyle(a);
      if (how.position === 'fixed' || how.textOverflow === 'ellipsis' || ['auto', 'scroll'].includes(how.overflowX) || how.webkitLineClamp !== 'none') break; // meant so, or to be scrolled to
      const box = a.getBoundingClientRect();
      const holds = how.overflowX !== 'visible' || a.matches('button, a.bt, label, .card, .note, .chip, li, th, td, dialog, h1, h2');
      if (box.width <= 1) break; // for those who listen
      if (how.display !== 'inline' && holds && (r.right > box.right + 1 || r.left < box.left - 1)) {
        out.add(`"${n.data.trim().slice(0, 40)}" (${Math.round(r.left)} to ${Math.round(r.right)}) sticks out of ${a.tagName.toLowerCase()}.${(a.getAttribute('class') ?? '').trim().replaceAll(/ +/g, '.')} (${Math.round(box.left)} to ${Math.round(box.right)})`);
        break;
      }
    }
  }
  return [...out];
});

/** A text that nobody translated, and one that does not fit: both must be found, or nothing above means anything. */
export const plant = (page) => page.evaluate(() => {
  const p = document.createElement('button');
  p.id = 'planted';
  Object.assign(p.style, {width: '44px', overflow: 'hidden', whiteSpace: 'nowrap'});
  p.textContent = 'Hard coded text';
  p.title = 'Hard coded title';
  document.querySelector('main').append(p);
});
export const unplant = (page) => page.evaluate(() => document.getElementById('planted').remove());
