// What counts as read, and what search finds.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, open, signIn, skip, until} from './lib.mjs';
import {scene} from './scene.mjs';

let b, s;
before(async () => {
  if (skip) return;
  [b, s] = await Promise.all([browser(), scene()]);
});
after(async () => {
  await b?.close();
  await s?.end();
});

test('what was looked at counts as read, what was not stays counted', {skip, timeout: 60_000}, async () => {
  const q = await open(b);
  await signIn(q, s.budi);
  await s.asha.api('POST', `/groups/${s.com.general.id}/messages`, {text: 'Unseen so far'});
  await until(async () => (await s.budi.api('GET', `/groups/${s.com.general.id}`)).unread === 1, 'the count');
  await q.getByRole('link', {name: /General.*1 unread/}).first().click();
  await q.getByRole('log').getByText('Unseen so far').waitFor();
  await until(async () => (await s.budi.api('GET', `/groups/${s.com.general.id}`)).unread === 0, 'the count to go');
  await q.getByRole('link', {name: /General.*unread/}).waitFor({state: 'detached'});
  await q.getByText('New · 1 message', {exact: true}).waitFor(); // the line stays as long as one stays
  const list = q.getByRole('navigation', {name: 'Sunrise Ward'});
  await list.getByRole('link', {name: /Food relief/}).click();
  await q.getByRole('log').getByText('15 kg').waitFor();
  await list.getByRole('link', {name: /General/}).click();
  await q.getByRole('log').getByText('Unseen so far').waitFor();
  assert.equal(await q.locator('.day.new').count(), 0, 'nothing is new');

  assert.deepEqual(q.faults, []);
});

test('search finds, marks, filters and leads to the place', {skip, timeout: 120_000}, async () => {
  const p = await open(b);
  const say = (n, text, path = `/groups/${s.food.id}/messages`) => n.api('POST', path, {text});
  const root = await say(s.budi, '🧨🧨 Pump keys: https://example.org/keys');
  await until(() => s.asha.api('GET', `/messages/${root.id}`).catch(() => false), 'his message');
  await say(s.asha, 'The pump is **repaired**, keys at my door.', `/messages/${root.id}/thread`);
  for (let i = 0; i < 60; i++) await say(s.asha, `Line ${i}`);
  await until(async () => (await s.asha.api('GET', '/search?q=pump')).items.length === 2, 'both messages');
  await s.asha.api('PUT', `/groups/${s.food.id}/read`, {up_to: root.id}); // so that the group opens at its end
  await signIn(p, s.asha);
  await p.getByRole('navigation', {name: 'Sunrise Ward'}).getByRole('link', {name: /Food relief/}).click();
  await p.getByRole('log').getByText('Line 59').waitFor();

  await p.keyboard.press('Control+f');
  const field = p.getByRole('searchbox', {name: 'Words to look for'});
  await field.waitFor();
  assert.equal(await p.getByLabel('Group').inputValue(), s.food.id, 'the search begins in the open group');
  await p.getByText('What are you looking for?').waitFor();
  await field.fill('pump key');
  await p.getByText('2 found').waitFor();
  assert.deepEqual(await p.locator('mark').allTextContents(), ['pump', 'keys', 'Pump', 'keys', 'keys'], 'what is found is marked, also behind an emoji');
  await p.getByLabel('A link').check();
  await p.getByText('1 found').waitFor();
  await p.getByLabel('From', {exact: true}).selectOption({label: 'You'});
  await p.getByText('Nothing found').waitFor();
  await p.getByRole('button', {name: 'Clear the filters'}).click();
  await p.getByText('2 found').waitFor();
  await p.getByLabel('Up to this day').fill('2020-01-01');
  await p.getByText('Nothing found').waitFor();
  await p.getByLabel('Up to this day').fill('');
  await p.getByText('2 found').waitFor();
  await field.fill('"');
  await field.fill('pump keys');
  const firstHit = () => p.locator('.hit').first().innerText();
  await until(async () => (await p.locator('.hit').count()) === 2 && (await firstHit()).includes('keys at my door'), 'the newest first');
  await p.getByRole('radio', {name: 'Best first'}).click();
  await until(async () => (await firstHit()).includes('Pump keys'), 'first what has the words together');
  await p.waitForURL((u) => u.searchParams.get('order') === 'best'); // the address keeps it
  await field.fill('keys');

  await p.getByRole('link', {name: /Budi Santoso.*Pump/}).click();
  await p.waitForFunction((id) => document.activeElement?.id === id, root.id);
  assert.ok(await p.locator(`[id="${root.id}"]`).evaluate((e) => e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().bottom <= innerHeight), 'in sight');
  await p.goBack();
  assert.equal(await field.inputValue(), 'keys', 'the question is still there');
  await p.getByRole('link', {name: /In a thread/}).click();
  await p.getByRole('complementary').getByText('keys at my door').waitFor();
  await p.keyboard.press('Control+Shift+f');
  await field.waitFor();
  await p.waitForURL((u) => u.search === ''); // Ctrl+Shift+F begins in all communities
  assert.deepEqual(p.faults, []);
});
