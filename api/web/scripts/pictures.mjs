// Takes the pictures that the README and the pages at /docs show, of the people of `pandal demo --keep`: npm run pictures. They go into the
// program, so they are WebP of some 20 KB, made by Chromium itself. PANDAL_BIN saves building.
import {execFileSync, spawn} from 'node:child_process';
import {mkdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {browser, open, program, root} from '../e2e/lib.mjs';

const out = `${root}api/docs/screens`;
const bin = program();
const stage = spawn(bin, ['demo', '--keep'], {stdio: ['ignore', 'pipe', 'pipe']});
let said = '';
for (const s of [stage.stdout, stage.stderr]) s.on('data', (d) => (said += d));
await new Promise((done) => stage.on('exit', done));
const people = Object.fromEntries([...said.matchAll(/(Asha|Budi|Chitra):\s+(\S+)\s+--data (\S+)/g)].map(([, name, link, data]) => [name, {link, data}]));

const shots = [
  {file: 'announcements', who: 'Asha', path: (c) => `/c/${c}/announcements`},
  {file: 'group', who: 'Budi', path: (c, g) => `/c/${c}/g/${g}`},
  {file: 'home', who: 'Chitra', path: (c) => `/c/${c}`},
  {file: 'phone', who: 'Chitra', path: (c, g) => `/c/${c}/g/${g}`, how: {width: 375, height: 740, theme: 'dark'}},
];
const b = await browser();
try {
  mkdirSync(out, {recursive: true});
  const pages = {};
  let total = 0;
  for (const {file, who, path, how} of shots) {
    let p = how ? null : pages[who];
    if (!p) {
      p = await open(b, {width: 1080, height: 660, ...how});
      const link = how ? execFileSync(bin, ['--data', people[who].data, 'ui', '--print'], {encoding: 'utf8'}).match(/http\S+/)[0] : people[who].link;
      await p.goto(link);
      await p.waitForURL(/\/c\//);
      if (!how) pages[who] = p;
    }
    const com = new URL(p.url()).pathname.split('/')[2];
    const group = await p.evaluate(async (c) => {
      const r = await fetch(`/api/v1/communities/${c}/groups`, {headers: {'X-Pandal-Session': localStorage.getItem('session')}});
      return (await r.json()).items.find((g) => g.kind === 'chat' && g.name === 'General').id;
    }, com);
    await p.goto(new URL(path(com, group), p.url()).href);
    await p.waitForFunction(() => document.querySelector('main') && !document.querySelector('main .loading') && document.querySelector('.g'));
    await p.waitForFunction(() => !document.querySelector('.st.wt'), undefined, {timeout: 60_000}); // everything is where it is going
    await p.waitForTimeout(1200); // the list takes its place
    const png = (await p.screenshot()).toString('base64');
    const webp = await p.evaluate(async ([png, q]) => {
      const image = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))], {type: 'image/png'}));
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext('2d').drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', q).split(',')[1];
    }, [png, 0.35]);
    writeFileSync(`${out}/${file}.webp`, Buffer.from(webp, 'base64'));
    const size = statSync(`${out}/${file}.webp`).size;
    total += size;
    console.log(`${file}.webp: ${(size / 1024).toFixed(1)} KB`);
  }
  console.log(`together ${(total / 1024).toFixed(1)} KB`);
} finally {
  await b.close();
  for (const {data} of Object.values(people)) execFileSync(bin, ['--data', data, 'down']);
  const first = Object.values(people)[0];
  if (first) rmSync(dirname(first.data), {recursive: true, force: true});
}
