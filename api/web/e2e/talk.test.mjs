// The everyday acts in a group, seen on the other person's page as well: react, answer, thread, edit, delete, poll, event, announcement.
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

test('everyday acts, on two pages', {skip, timeout: 240_000}, async () => {
  const p = await open(b), q = await open(b);
  for (const [page, node] of [[p, s.asha], [q, s.budi]]) {
    await signIn(page, node);
    await page.getByRole('navigation', {name: 'Sunrise Ward'}).getByRole('link', {name: /Food relief/}).click();
    await page.getByRole('log').getByText('15 kg').waitFor();
  }
  const on = (page, text) => page.getByRole('log').getByRole('article', {name: /^(Budi|Asha|You)/}).filter({hasText: text}).first();

  const kg = on(p, '15 kg');
  await kg.hover();
  await kg.getByRole('button', {name: 'React'}).click();
  await p.getByRole('dialog', {name: 'React'}).getByText('🙏').click();
  await on(q, '15 kg').getByRole('button', {name: /🙏.*1/}).waitFor();

  await kg.hover();
  await kg.getByRole('button', {name: 'Answer'}).click();
  await p.keyboard.type('I will ask her.');
  await p.keyboard.press('Enter');
  await q.getByRole('log').getByText('I will ask her.').waitFor();
  await q.getByRole('log').getByRole('link', {name: /They gave us/}).waitFor();

  await kg.hover();
  await kg.getByRole('button', {name: 'Open the thread'}).click();
  await p.getByRole('complementary').getByRole('textbox').fill('Only in the thread');
  await p.keyboard.press('Enter');
  await p.getByRole('complementary').getByText('Only in the thread').waitFor();
  await q.getByRole('button', {name: /1 reply/}).click();
  await q.getByRole('complementary').getByText('Only in the thread').waitFor();
  await p.getByRole('complementary').getByRole('button', {name: 'Close'}).click();

  const hers = on(p, 'I will ask her.');
  await hers.hover();
  await hers.getByRole('button', {name: 'More'}).click();
  await p.getByRole('menuitem', {name: 'Change'}).click();
  await p.getByRole('textbox', {name: 'Your new words'}).fill('I asked her: yes.');
  await p.keyboard.press('Enter');
  await q.getByRole('log').getByText('I asked her: yes.').waitFor();

  const bike = on(q, 'on my bicycle');
  await bike.hover();
  await bike.getByRole('button', {name: 'More'}).click();
  await q.getByRole('menuitem', {name: 'Delete for everybody'}).click();
  await p.getByRole('log').getByText('This message was deleted.').waitFor();

  await p.getByRole('button', {name: 'Add a poll or an event'}).click();
  await p.getByRole('menuitem', {name: 'Poll'}).click();
  await p.getByLabel('What do you want to know?').fill('What should we clean first?');
  await p.getByRole('textbox', {name: /^Answer.*1/}).fill('The lake');
  await p.getByRole('textbox', {name: /^Answer.*2/}).fill('The lane');
  await p.getByRole('button', {name: 'Ask', exact: true}).click();
  await q.getByRole('group', {name: /clean first/}).getByText('The lake').click();
  await p.getByText('1 person answered').waitFor();

  await p.getByRole('button', {name: 'Add a poll or an event'}).click();
  await p.getByRole('menuitem', {name: 'Event'}).click();
  await p.getByLabel('What is it?').fill('Lake clean-up');
  await p.getByRole('textbox', {name: 'Day'}).fill('2027-03-06');
  await p.getByLabel('Where?').fill('East gate');
  await p.getByRole('button', {name: 'Invite the group'}).click();
  await q.getByRole('button', {name: /^Going/}).click();
  await p.getByRole('button', {name: /^Going.*1/}).waitFor();

  await p.getByRole('link', {name: /^Announcements/}).click();
  await p.getByLabel('Ask to take note').check();
  await p.getByRole('textbox', {name: 'Announce'}).fill('The lake is low. Save water.');
  await p.getByRole('button', {name: 'Announce'}).click();
  await q.getByRole('link', {name: /^Announcements/}).click();
  await q.getByText('Only admins and announcers post here.').waitFor();
  await q.getByRole('button', {name: 'I took note'}).click();
  await p.getByText('1 took note').first().waitFor();

  // What was looked at counts as read; what was not stays counted.
  await s.asha.api('POST', `/groups/${s.com.general.id}/messages`, {text: 'Unseen so far'});
  await until(async () => (await s.budi.api('GET', `/groups/${s.com.general.id}`)).unread === 1, 'the count');
  await q.bringToFront();
  await q.getByRole('link', {name: /General.*1 unread/}).first().click();
  await q.getByRole('log').getByText('Unseen so far').waitFor();
  await until(async () => (await s.budi.api('GET', `/groups/${s.com.general.id}`)).unread === 0, 'the count to go');
  await q.getByRole('link', {name: /General.*unread/}).waitFor({state: 'detached'});

  for (const page of [p, q]) assert.deepEqual(page.faults, []);
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
