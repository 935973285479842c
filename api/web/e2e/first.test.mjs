// The first minute: a name, a community, an invite, another node that joins by it, and a message each way while both watch.
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

test('from an empty node to a first message, and a second person', {skip, timeout: 180_000}, async (t) => {
  const p = await open(b);
  const begun = Date.now();
  await signIn(p, asha);
  assert.equal(new URL(p.url()).hash, '', 'the code stayed in the address');
  await p.getByLabel('Your name').fill('Asha'); // input 1
  await p.getByRole('button', {name: /Start a community/}).click();
  await p.getByLabel('What is it called?').fill('Sunrise Ward'); // input 2
  await p.getByRole('button', {name: 'Start it'}).click();
  await p.getByRole('link', {name: /General/}).first().click();
  await p.getByRole('textbox', {name: /^Message/}).fill('Soup at six, **bring bowls**.'); // input 3
  await p.keyboard.press('Enter');
  await p.getByRole('article', {name: /^You/}).getByText('bring bowls').waitFor();
  const took = Date.now() - begun;
  t.diagnostic(`first run to first message: ${took} ms, 3 inputs`);
  assert.ok(took < 60_000, `${took} ms`);

  const [com] = (await asha.api('GET', '/communities')).items;
  const general = (await asha.api('GET', `/communities/${com.id}/groups`)).items.find((g) => g.kind === 'chat');
  const invite = await asha.api('POST', `/communities/${com.id}/invites`, {groups: [general.id]});

  const q = await open(b);
  await signIn(q, budi);
  await q.getByLabel('Your name').fill('Budi');
  await q.keyboard.press('Enter');
  await q.getByLabel('Paste the invite').fill(`Come in: ${invite.link} see you`);
  await q.getByRole('heading', {name: 'Sunrise Ward'}).waitFor();
  assert.equal((await budi.api('GET', '/jobs')).items.length, 0, 'somebody was contacted for the preview');
  await q.getByRole('button', {name: 'Join Sunrise Ward'}).or(q.getByRole('button', {name: /^Join/})).first().click();
  await q.getByRole('link', {name: /General/}).first().click();
  await q.getByRole('textbox', {name: /^Message/}).fill('I take twenty.');
  await q.keyboard.press('Enter');

  await p.getByRole('log').getByText('I take twenty.').waitFor();
  await p.getByRole('textbox', {name: /^Message/}).fill('Thank you, Budi!');
  await p.keyboard.press('Enter');
  await q.getByRole('log').getByText('Thank you, Budi!').waitFor();
  await p.getByText(/(Delivered to|Read by) 1 of 1/).last().waitFor();

  // A second use of a link is refused in words.
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

  for (const page of [p, q, r, s, v]) assert.deepEqual(page.faults, []);
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
