// What somebody keeps to themselves, and what those who look after a community set: mute, stars, blocks, what was said before, a changed
// event, who chose what, messages that go, words of welcome, suggested groups.
import assert from 'node:assert/strict';
import {chmodSync, statSync} from 'node:fs';
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

test('mute, star, block, look back', {skip, timeout: 120_000}, async () => {
  const p = await open(b);
  await signIn(p, s.asha);
  const list = p.getByRole('navigation', {name: 'Sunrise Ward'});
  const menu = async (item) => {
    await p.getByRole('button', {name: 'Group menu'}).click();
    await p.getByRole('menuitem', {name: item}).click();
  };
  const until_ = async () => (await s.asha.api('GET', `/groups/${s.food.id}`)).muted_until;
  await list.getByRole('link', {name: /Food relief/}).click();
  await menu('Notifications');
  await p.getByRole('button', {name: 'For an hour'}).click();
  await p.getByRole('dialog').waitFor({state: 'detached'});
  const left = Date.parse(await until_()) - Date.now();
  assert.ok(left > 50 * 60_000 && left <= 3_600_000, `muted for ${left} ms`);
  await menu('Notifications');
  await p.getByText(/Muted until/).waitFor();
  await p.getByRole('button', {name: 'No longer muted'}).click();
  await until(async () => (await until_()) === null, 'the group to be heard again');

  const kg = p.getByRole('log').getByRole('article', {name: /^Budi/}).filter({hasText: '15 kg'}).first();
  const more = async (m, item) => {
    await m.hover();
    await m.getByRole('button', {name: 'More'}).click();
    await p.getByRole('menuitem', {name: item}).click();
  };
  await more(kg, 'Star');
  await kg.getByText('Starred').waitFor();
  const [mine] = (await s.asha.api('GET', `/groups/${s.food.id}/messages`)).items.filter((m) => m.text.includes('120 packets'));
  await s.asha.api('PATCH', `/messages/${mine.id}`, {text: 'Other words.'});
  const changed = p.getByRole('article', {name: /^You/}).filter({hasText: 'Other words.'});
  await changed.getByText('Edited').waitFor();
  await more(changed, 'What it said before');
  await p.getByRole('dialog').getByText('120 packets').waitFor();
  await p.keyboard.press('Escape');

  await list.getByRole('button', {name: 'Community menu'}).click();
  await p.getByRole('menuitem', {name: 'Starred'}).click();
  await p.getByRole('link', {name: /15 kg/}).waitFor();
  await p.getByRole('button', {name: 'Take the star away'}).click();
  await p.getByText('No stars yet').waitFor();

  await p.goto(`${s.asha.url}/c/${s.com.id}/members`);
  await p.getByRole('button', {name: /Budi Santoso/}).click();
  await p.getByRole('button', {name: 'Block', exact: true}).click();
  await p.getByRole('button', {name: 'No longer block'}).waitFor();
  await p.keyboard.press('Escape');
  await list.getByRole('link', {name: /Food relief/}).click();
  await p.getByRole('log').getByText('From somebody you blocked.').first().waitFor();
  assert.equal(await p.getByRole('log').getByText('15 kg').count(), 0, 'what he wrote is folded away');
  await kg.or(p.getByRole('article', {name: /^Budi/}).first()).first().getByRole('button', {name: 'Show', exact: true}).click();
  await p.getByRole('log').getByText('15 kg').waitFor();
  await p.goto(`${s.asha.url}/settings/blocks`);
  await p.getByRole('button', {name: /No longer block Budi Santoso/}).click();
  await p.getByText('Nobody is blocked').waitFor();
  assert.equal((await s.asha.api('GET', '/me/blocks')).items.length, 0);
  assert.deepEqual(p.faults, []);
});

test('a click counts while the list scrolls', {skip, timeout: 60_000}, async () => {
  const p = await open(b, {height: 420});
  await signIn(p, s.asha);
  await p.goto(`${s.asha.url}/c/${s.com.id}/g/${s.food.id}`);
  const log = p.getByRole('log');
  await log.getByText('15 kg').waitFor();
  const missed = await log.evaluate(async (l) => {
    let n = 0;
    for (let i = 0; i < 20; i++) {
      l.scrollTop = i % 2 ? 60 : 0;
      await new Promise((done) => requestAnimationFrame(done));
      const box = l.getBoundingClientRect();
      const under = [0.2, 0.4, 0.6, 0.8].some((y) => document.elementFromPoint(box.x + box.width - 60, box.y + box.height * y)?.closest('.b'));
      if (!under) n++;
    }
    return n;
  });
  assert.equal(missed, 0, 'what is under the pointer is a message, not the list');
});

test('a changed event, who chose what, messages that go, a welcome and a suggested group', {skip, timeout: 180_000}, async () => {
  const p = await open(b), q = await open(b);
  await signIn(p, s.asha);
  await signIn(q, s.budi);
  const food = `/c/${s.com.id}/g/${s.food.id}`;
  await s.asha.api('POST', `/groups/${s.food.id}/calendar`, {title: 'Cook together', starts_at: new Date(Date.now() + 86_400_000).toISOString()});
  const poll = await s.asha.api('POST', `/groups/${s.food.id}/polls`, {question: 'Rice or bread?', options: ['Rice', 'Bread']});
  await until(() => s.budi.api('GET', `/polls/${poll.id}`).catch(() => false), 'the poll');
  await s.budi.api('PUT', `/polls/${poll.id}/vote`, {options: [poll.options[0].id]});
  await p.goto(s.asha.url + food);
  await q.goto(s.budi.url + food);
  await q.getByRole('button', {name: /^Going/}).click();
  await p.getByRole('button', {name: /^Going.*1/}).waitFor();
  await p.getByRole('button', {name: 'Who comes'}).click();
  await p.getByRole('dialog').getByText('Budi Santoso').waitFor();
  await p.keyboard.press('Escape');
  await p.getByText('1 person answered').waitFor();
  await p.getByRole('button', {name: 'Who chose what'}).click();
  await p.getByRole('dialog').getByText('Budi Santoso').waitFor();
  await p.getByRole('dialog').getByText('Nobody yet').waitFor();
  await p.keyboard.press('Escape');
  assert.equal(await q.getByRole('button', {name: 'Change', exact: true}).count(), 0, 'only its author changes an event');
  await p.getByRole('button', {name: 'Change', exact: true}).click();
  await p.getByLabel('What is it?').fill('Cook and eat together');
  await p.getByRole('button', {name: 'Save'}).click();
  await q.getByRole('heading', {name: 'Cook and eat together'}).waitFor();
  await p.getByRole('dialog').waitFor({state: 'detached'});
  await p.getByRole('button', {name: 'Change', exact: true}).click();
  await p.getByRole('button', {name: 'Call it off'}).click();
  await q.getByText('This was called off.').waitFor();

  await p.goto(`${s.asha.url}${food}/about`);
  await p.getByRole('button', {name: 'Change'}).click();
  await p.getByLabel('How long messages stay').selectOption({label: '7 days'});
  await p.getByRole('button', {name: 'Save'}).click();
  await p.getByText('Messages go after 7 days').waitFor();
  await q.getByRole('log').getByText(/Asha Rao.*lets messages go after.*7 days/).waitFor(); // between the messages, without a reload
  assert.equal(await q.getByRole('log').getByText(/Budi Santoso.*joined/).count(), 1, 'a line that was there before');
  await until(async () => (await s.budi.api('GET', `/groups/${s.food.id}`)).disappearing_seconds === 604_800, 'the same at his node');

  await p.goto(`${s.asha.url}/c/${s.com.id}/admin/overview`);
  await p.getByLabel('Words of welcome').fill('Welcome! **Ask** anything.');
  await p.getByLabel('First steps, one in each line').fill('Read the rules\nSay hello');
  await p.locator('form', {hasText: 'What newcomers are met with'}).getByRole('button', {name: 'Save'}).click();
  await p.getByText('Saved.').waitFor();
  await until(async () => (await s.budi.api('GET', `/communities/${s.com.id}/welcome`)).message, 'the welcome at his node');
  await q.goto(`${s.budi.url}/c/${s.com.id}`);
  await q.getByLabel('Say hello').check();
  await q.reload();
  assert.ok(await q.getByLabel('Say hello').isChecked(), 'what was ticked stays ticked');
  await q.getByRole('button', {name: 'Put it away'}).click();
  await q.getByText('Good that you are here').waitFor({state: 'detached'});

  await q.getByRole('link', {name: 'Suggest a group'}).click();
  await q.getByLabel('Name of the group').fill('Cyclists');
  await q.getByRole('button', {name: 'Suggest it'}).click();
  await q.getByText('It is on its way to the admins.').waitFor();
  await p.goto(`${s.asha.url}/c/${s.com.id}/admin/groups`);
  await p.getByRole('button', {name: 'Make the group Cyclists'}).click();
  await q.getByRole('link', {name: /Cyclists/}).first().waitFor();
  await until(async () => (await s.budi.api('GET', `/communities/${s.com.id}/suggestions`)).items[0]?.state === 'accepted', 'the answer at his node', 20_000);
  await q.getByText('Made', {exact: true}).waitFor();
  for (const page of [p, q]) assert.deepEqual(page.faults, []);
});

test('how Pandal keeps running is told, with lines to copy', {skip, timeout: 60_000}, async () => {
  const p = await open(b);
  await signIn(p, s.asha);
  await p.goto(`${s.asha.url}/settings/devices`);
  await p.getByRole('heading', {name: 'Keep running after you log in'}).waitFor();
  await p.getByRole('button', {name: 'Copy both lines'}).click();
  await p.getByText('Copied').waitFor();
  assert.equal(await p.evaluate(() => navigator.clipboard.readText()), 'pandal down\npandal service install\n');
  await p.getByRole('link', {name: 'How to start Pandal'}).click();
  await p.waitForURL('**/docs/start');
  await p.getByText('pandal service install').waitFor();
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('what is wrong is told and mended, lists stand closer, and a community that was left is forgotten', {skip, timeout: 90_000}, async () => {
  const p = await open(b);
  await signIn(p, s.budi);
  await p.goto(`${s.budi.url}/c/${s.com.id}/network`);
  const card = p.getByRole('region', {name: 'Is something wrong?'});
  await card.getByRole('button', {name: 'Look'}).click();
  await card.getByText(/things were looked at and are fine/).waitFor();
  chmodSync(`${s.budi.dir}/api-token`, 0o644);
  await card.getByRole('button', {name: 'Look'}).click();
  await card.getByText('Something is wrong:').waitFor();
  await card.getByText('Other users of this computer may read what Pandal keeps.').waitFor();
  const helper = card.getByText(/other users of this machine may read/);
  assert.ok(!(await helper.isVisible()), 'the words of the node are for who asks for them');
  await card.getByRole('listitem').filter({hasText: 'Other users'}).getByText('Details for a helper').click();
  await helper.waitFor();
  await card.getByRole('button', {name: 'Mend what can be mended'}).click();
  await helper.waitFor({state: 'detached'});
  assert.equal(statSync(`${s.budi.dir}/api-token`).mode & 0o077, 0);

  const row = p.getByRole('navigation', {name: 'Sunrise Ward'}).getByRole('link', {name: /Food relief/});
  const tall = await row.evaluate((e) => e.offsetHeight);
  await p.goto(`${s.budi.url}/settings/look`);
  await p.getByRole('checkbox', {name: /Closer together/}).click();
  await p.goto(`${s.budi.url}/c/${s.com.id}`);
  await row.waitFor();
  const close = await row.evaluate((e) => e.offsetHeight);
  assert.ok(close < tall && close >= 44, `${close} px instead of ${tall}`);

  await s.budi.api('POST', `/communities/${s.com.id}/leave`);
  await p.getByText('You left this community').first().waitFor();
  await p.getByRole('link', {name: 'Forget it on this computer'}).click();
  await p.getByRole('button', {name: 'Forget it on this computer'}).click();
  await p.getByRole('dialog').getByRole('button', {name: 'Forget it on this computer'}).click();
  await p.getByText('What should people call you?').waitFor();
  assert.deepEqual((await s.budi.api('GET', '/communities')).items, []);
  assert.deepEqual(p.faults, []);
  await p.context().close();
});
