// Who is out of a group, or of the whole community, keeps what they had of it, where it was, with the names of those who wrote it.
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

/** Notes, from now on, whenever a text is not to be seen in the log of the page. */
async function watchFor(q, text) {
  await q.evaluate((words) => {
    window.gaps = [];
    const look = () => {
      const log = document.querySelector('[role=log]');
      if (!log?.innerText.includes(words)) window.gaps.push(document.querySelector('main')?.innerText.slice(0, 200) ?? 'nothing');
      requestAnimationFrame(look);
    };
    look();
  }, text);
  return () => q.evaluate(() => window.gaps);
}

test('an archived community says so, keeps its groups in sight, and offers nothing that cannot be done', {skip, timeout: 90_000}, async () => {
  const p = await open(b), q = await open(b);
  await signIn(p, s.asha);
  await signIn(q, s.budi);
  await s.asha.api('POST', `/communities/${s.com.id}/announcements`, {text: 'Who brings cups?', replies: 'threaded'});
  await p.goto(`${s.asha.url}/c/${s.com.id}/admin/danger`);
  await p.getByRole('button', {name: 'Archive the community'}).click();
  await p.getByRole('dialog').getByRole('button', {name: 'Archive the community'}).click();
  await q.goto(`${s.budi.url}/c/${s.com.id}`);
  await q.getByText('This is archived.').waitFor();
  const main = q.getByRole('main'), list = q.getByRole('navigation', {name: 'Sunrise Ward'});
  await main.getByRole('link', {name: /Food relief/}).waitFor();
  assert.equal(await main.getByText('Room for the first group').count(), 0);
  assert.equal(await list.getByRole('heading', {name: 'Other groups'}).count(), 0, 'nobody comes into a group any more');
  await p.goto(`${s.asha.url}/c/${s.com.id}/announcements`);
  await p.getByText('This is archived.').waitFor();
  await p.getByRole('button', {name: 'Reply in the thread'}).click();
  await p.getByRole('complementary').getByText('Who brings cups?').waitFor();
  assert.equal(await p.getByRole('textbox').count() + await p.getByText('Only admins and announcers').count(), 0, 'the owner asks no admin');
  await q.goto(`${s.budi.url}/c/${s.com.id}/g/${s.quiet.id}`);
  await q.getByRole('main').getByText('This is archived.').waitFor();
  assert.equal(await q.getByText('Ask to come in').count(), 0);

  await p.goto(`${s.asha.url}/c/${s.com.id}/admin/danger`);
  await p.getByRole('button', {name: 'Take it out of the archive'}).click();
  await p.getByRole('dialog').getByRole('button', {name: 'Take it out of the archive'}).click();
  await q.getByText('Ask to come in').first().waitFor();
  for (const page of [p, q]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('who left a group reads on what was there, and comes in again', {skip, timeout: 90_000}, async () => {
  const q = await open(b);
  await signIn(q, s.budi);
  const here = `${s.budi.url}/c/${s.com.id}/g/${s.food.id}`;
  await q.goto(`${here}/about`);
  await q.getByRole('button', {name: 'Leave the group'}).click();
  await q.getByRole('dialog').getByRole('button', {name: 'Leave the group'}).click();
  const list = q.getByRole('navigation', {name: 'Sunrise Ward'});
  await list.getByRole('heading', {name: 'Other groups'}).waitFor();
  await list.getByRole('link', {name: /Food relief/}).click();
  await q.getByText('You are no longer in this group. You keep what you had').waitFor();
  await q.getByRole('log').getByText('Carmen confirmed').waitFor();
  await q.getByRole('article', {name: /^Asha Rao, /}).first().waitFor();
  assert.equal(await q.getByRole('textbox').count(), 0, 'nothing is written from outside');
  await q.getByRole('button', {name: 'Group menu'}).click();
  assert.equal(await q.getByRole('menuitem', {name: /Mute/}).count(), 0, 'nothing of it makes a noise');
  await q.keyboard.press('Escape');
  await s.asha.api('POST', `/groups/${s.food.id}/messages`, {text: 'Behind his back'});
  const gaps = await watchFor(q, 'Carmen confirmed');
  await q.getByRole('button', {name: 'Join this group'}).click();
  await q.getByRole('textbox', {name: /^Message/}).fill('I am back.');
  await q.keyboard.press('Enter');
  await until(async () => (await s.asha.api('GET', `/groups/${s.food.id}/messages`)).items.some((m) => m.text === 'I am back.'), 'the word of who is back');
  assert.deepEqual(await gaps(), [], 'what is read stays in its place');
  assert.deepEqual(q.faults, []);
  await q.context().close();
});

test('who was removed keeps groups and conversations where they were', {skip, timeout: 90_000}, async () => {
  const q = await open(b);
  await signIn(q, s.budi);
  await until(async () => (await s.budi.api('GET', `/groups/${s.dm.id}/messages`)).items.length > 0, 'the conversation');
  await q.goto(`${s.budi.url}/c/${s.com.id}/g/${s.food.id}`);
  await q.getByRole('log').getByText('Carmen confirmed').waitFor();
  const gaps = await watchFor(q, 'Carmen confirmed');
  const budi = (await s.asha.api('GET', `/communities/${s.com.id}/members`)).items.find((m) => m.display_name === 'Budi Santoso');
  await s.asha.api('DELETE', `/communities/${s.com.id}/members/${budi.id}`);
  await q.getByText('You are no longer a member.').waitFor();
  const list = q.getByRole('navigation', {name: 'Sunrise Ward'});
  await list.getByRole('link', {name: /Quiet corner/}).waitFor({state: 'detached'}); // he never was in it, and there is no way in now
  await list.getByRole('link', {name: /Food relief.*I am back/}).waitFor();
  assert.equal(await q.getByRole('main').getByText('0 members').count(), 0, 'nobody is not how many there are');
  assert.deepEqual(await gaps(), [], 'what is read stays in its place');
  await list.getByRole('link', {name: /^Asha Rao/}).click();
  await q.getByRole('log').getByText('lend me the big pot').waitFor();
  await q.getByRole('heading', {name: 'Asha Rao'}).waitFor();
  await until(async () => (await list.getByRole('link', {name: /unread/}).count()) === 0, 'nothing to be new to him from here on');
  await list.getByRole('link', {name: /Announcements/}).click();
  await q.getByRole('article', {name: /Asha Rao, /}).first().waitFor();
  await q.getByText('You are no longer a member.').waitFor();
  assert.equal(await q.getByRole('button', {name: 'I took note'}).count(), 0, 'nobody waits for it');
  await list.getByRole('button', {name: 'Community menu'}).click();
  await q.getByRole('menuitem', {name: 'Calendar'}).waitFor();
  for (const name of ['Members', 'Who is reachable']) assert.equal(await q.getByRole('menuitem', {name}).count(), 0, `${name} is of those who are in`);
  await q.keyboard.press('Escape');
  await q.goto(`${s.budi.url}/c/${s.com.id}/g/${s.quiet.id}`);
  await q.getByRole('main').getByText('You are no longer a member.').waitFor();
  assert.equal(await q.getByRole('button', {name: 'Ask to come in'}).count(), 0, 'there is no way in by a button');
  assert.deepEqual(q.faults, []);
  await q.context().close();
});
