// The ways into the page: by a login link, with an invite, in the language of the browser.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip} from './lib.mjs';

let b, asha, budi;
before(async () => {
  if (skip) return;
  [b, asha, budi] = await Promise.all([browser(), new Node().start(), new Node().start()]);
});
after(async () => {
  await b?.close();
  await asha?.end();
  await budi?.end();
});

test('a login link is good once, and an invite may come with it', {skip, timeout: 60_000}, async () => {
  const com = await asha.community('Sunrise Ward', 'Asha');
  const invite = await asha.api('POST', `/communities/${com.id}/invites`, {groups: [com.general.id]});
  const used = await asha.link();
  const r = await open(b);
  await r.goto(used);
  await r.getByText('Sunrise Ward').first().waitFor();
  const s = await open(b);
  s.expected = ['401'];
  await s.goto(used);
  await s.getByText('used before').waitFor();

  // An invite clicked elsewhere comes with the login link (`pandal ui INVITE`).
  const v = await open(b);
  await v.goto(`${await budi.link()}&${encodeURIComponent(invite.link)}`);
  await v.getByRole('heading', {name: 'Sunrise Ward'}).waitFor();
  assert.equal(v.url(), `${budi.url}/join`, 'the invite stayed in the address');

  for (const page of [r, s, v]) assert.deepEqual(page.faults, []);
});

test('the browser says which language, and only the chosen one is loaded', {skip, timeout: 60_000}, async () => {
  const p = await open(b, {locale: 'es-MX', prefs: {lang: undefined}});
  const loaded = new Set();
  p.on('request', (r) => /\/(en|hi|id|es|ar)\.js$/.test(r.url()) && loaded.add(r.url().slice(-5, -3)));
  await signIn(p, asha);
  await p.waitForURL(/\/c\//);
  await p.goto(`${asha.url}/settings/look`);
  await p.getByRole('heading', {name: 'Aspecto e idioma'}).waitFor();
  assert.deepEqual([...loaded], ['es']);
  const picker = p.getByLabel('Idioma');
  assert.deepEqual(await picker.locator('option').allTextContents(), ['English', 'हिन्दी', 'Bahasa Indonesia', 'Español', 'العربية']);
  await picker.selectOption('hi');
  await p.getByRole('heading', {name: 'रूप और भाषा'}).waitFor();
  await p.getByLabel('भाषा').selectOption('ar');
  await p.waitForFunction(() => document.documentElement.dir === 'rtl' && document.documentElement.lang === 'ar');
  await p.getByLabel('اللغة').selectOption('id');
  await p.getByRole('heading', {name: 'Tampilan dan bahasa'}).waitFor();
  assert.equal(await p.evaluate(() => document.documentElement.dir), 'ltr');
  await p.reload();
  await p.getByRole('heading', {name: 'Tampilan dan bahasa'}).waitFor();
  assert.deepEqual([...loaded], ['es', 'hi', 'ar', 'id']);
  assert.deepEqual(p.faults, []);
});
