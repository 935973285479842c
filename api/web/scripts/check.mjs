// What a build must hold: sizes, the same keys in every language with every plural form it needs, no markup from strings in our own
// source, and no file over 400 lines.
import {readdirSync, readFileSync} from 'node:fs';
import {gzipSync} from 'node:zlib';

const here = (path) => new URL(`../${path}`, import.meta.url);
const faults = [];
const kb = (n) => (n / 1024).toFixed(1) + ' KB';

const dist = readdirSync(here('dist'));
const bytes = Object.fromEntries(dist.map((f) => [f, readFileSync(here(`dist/${f}`))]));
const gz = (f) => gzipSync(bytes[f]).length;
const languages = readdirSync(here('src/locales')).map((f) => f.replace('.json', ''));
const limits = [
  ['initial JS with the largest language, gzip', gz('app.js') + Math.max(...languages.map((l) => gz(`${l}.js`))), 120 * 1024],
  ['CSS, gzip', gz('app.css'), 20 * 1024],
  ['all of dist', dist.reduce((n, f) => n + bytes[f].length, 0), 700 * 1024],
];
for (const [what, size, max] of limits) {
  console.log(`${what}: ${kb(size)} of ${kb(max)}`);
  if (size > max) faults.push(`${what} is ${kb(size)}, more than ${kb(max)}`);
}

// A part that the service worker does not keep would be missing where the node does not run.
const kept = readFileSync(here('public/sw.js'), 'utf8').match(/const files = \[(.*?)\]/s)[1].match(/(?<=')\/[^']*(?=')/g).map((f) => f.slice(1) || 'index.html').sort().join();
const parts = dist.filter((f) => f !== 'sw.js').sort().join();
if (kept !== parts) faults.push(`sw.js keeps ${kept}, dist has ${parts}`);

const en = JSON.parse(readFileSync(here('src/locales/en.json'), 'utf8'));
const args = (e) => [...new Set(Object.values(typeof e === 'string' ? {e} : e).join(' ').match(/\{\w+\}/g) ?? [])].sort().join();
const prefs = readFileSync(here('src/lib/prefs.ts'), 'utf8'), i18n = readFileSync(here('src/lib/i18n.ts'), 'utf8');
for (const lang of languages) {
  const json = readFileSync(here(`src/locales/${lang}.json`), 'utf8');
  const words = JSON.parse(json);
  const written = [...json.matchAll(/^  "([^"]+)":/gm)].map((m) => m[1]);
  for (const key of written) if (written.indexOf(key) !== written.lastIndexOf(key)) faults.push(`${lang}: ${key} is there twice`);
  if (!new RegExp(`\\b${lang}: '`).test(prefs) || !i18n.includes(`'../locales/${lang}.json'`)) faults.push(`${lang} cannot be chosen`);
  const rules = new Intl.PluralRules(lang), forms = rules.resolvedOptions().pluralCategories;
  // A form for one number alone ("two members" in Arabic) may leave the number out.
  const single = (form) => Array.from({length: 1000}, (_, n) => rules.select(n)).filter((f) => f === form).length === 1;
  for (const key of Object.keys(en)) if (!(key in words)) faults.push(`${lang}: ${key} is missing`);
  for (const [key, e] of Object.entries(words)) {
    if (key.startsWith('//')) continue;
    if (!(key in en)) faults.push(`${lang}: ${key} is not in en`);
    else if (typeof e !== typeof en[key]) faults.push(`${lang}: ${key} has plural forms in one language only`);
    else if (typeof e === 'string' ? !e.trim() : Object.values(e).some((v) => !v.trim())) faults.push(`${lang}: ${key} says nothing`);
    else if (args(e) !== args(en[key])) faults.push(`${lang}: ${key} has ${args(e) || 'no arguments'}, en has ${args(en[key]) || 'none'}`);
    if (typeof e !== 'object') continue;
    for (const f of forms) {
      if (!e[f]) faults.push(`${lang}: ${key} lacks the form "${f}"`);
      else if (!single(f) && args(e[f]) !== args(en[key])) faults.push(`${lang}: ${key} has ${args(e[f]) || 'no arguments'} in the form "${f}", en has ${args(en[key])}`);
    }
    for (const f of Object.keys(e)) if (!forms.includes(f)) faults.push(`${lang}: ${key} has the form "${f}", which the language never uses`);
  }
}

const source = readdirSync(here('src'), {recursive: true}).filter((f) => /\.tsx?$/.test(f));
const text = source.map((f) => readFileSync(here(`src/${f}`), 'utf8'));
source.forEach((f, i) => {
  if (/innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|\beval\(/.test(text[i])) faults.push(`${f} makes markup from a string`);
  if (text[i].split('\n').length > 401) faults.push(`${f} has more than 400 lines`);
});
const all = text.join('\n');
for (const m of all.matchAll(/\bt[x]?\('([\w.]+)'/g)) if (!(m[1] in en)) faults.push(`the text ${m[1]} is used and not in en.json`);
for (const key of Object.keys(en)) {
  const family = key.replace(/\.[^.]*$/, '.');
  const made = all.includes(`\`${family}\${`) || [...all.matchAll(/`([\w.]+)\$\{/g)].some((m) => key.startsWith(m[1]));
  if (!all.includes(`'${key}'`) && !made) faults.push(`the text ${key} is used nowhere`);
}

for (const f of faults) console.error(f);
if (faults.length) process.exit(1);
