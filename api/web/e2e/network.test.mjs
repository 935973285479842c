// How the node uses the network, changed on the page: what is written offline waits, and goes out by itself afterwards.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until} from './lib.mjs';

let b, asha, budi, com, food;
before(async () => {
  if (skip) return;
  [b, asha, budi] = await Promise.all([browser(), new Node('Asha').start(), new Node('Budi').start()]);
  com = await asha.community('Sunrise', 'Asha');
  food = com.general;
  await budi.join((await asha.api('POST', `/communities/${com.id}/invites`, {groups: [food.id]})).link, 'Budi');
});
after(async () => {
  await b?.close();
  await Promise.all([asha, budi].map((n) => n?.end()));
});

const alone = {serviceWorkers: 'block'}; // what passes through one does not pass the tests' own answers
const screen = () => `${asha.url}/c/${com.id}/network`;
const chosen = (page, name) => page.waitForFunction((n) => [...document.querySelectorAll('input[name=mode]')].some((i) => i.checked && i.parentElement.textContent === n) && !document.querySelector('[aria-busy=true]'), name);

test('offline by wish: a message waits, every tab says so, and it is delivered afterwards', {skip, timeout: 120_000}, async () => {
  const page = await open(b);
  await signIn(page, asha);
  await page.goto(screen());
  const other = await page.context().newPage();
  await other.goto(`${asha.url}/c/${com.id}/g/${food.id}`);
  const pill = (p) => p.locator('a.pill').first();
  await pill(other).getByText('Online · 1 reachable').waitFor();
  const modes = page.getByRole('group', {name: 'How this computer uses the network'});
  await modes.getByRole('radio', {name: 'Offline'}).check();
  await chosen(page, 'Offline');
  assert.equal((await asha.api('GET', '/network')).mode, 'offline');
  await page.getByRole('heading', {level: 1, name: 'You are offline, as you chose.'}).waitFor();
  assert.equal(await page.locator('#addr').count(), 0, 'a form that could not work');
  await pill(page).getByText('Offline', {exact: true}).waitFor();
  await pill(other).getByText('Offline', {exact: true}).waitFor();

  await other.locator('.cp textarea').fill('Written offline');
  await other.keyboard.press('Enter');
  const mine = other.locator('.m', {hasText: 'Written offline'});
  await mine.getByText('Waiting').waitFor();
  await budi.api('POST', `/groups/${food.id}/messages`, {text: 'Written meanwhile'});
  const shown = async (n, text) => (await n.api('GET', `/groups/${food.id}/messages`)).items.some((m) => m.text === text);
  assert.equal(await shown(budi, 'Written offline'), false);

  await modes.getByRole('radio', {name: 'Normal'}).check();
  await chosen(page, 'Normal');
  await mine.getByText('Delivered').waitFor();
  await other.locator('.m', {hasText: 'Written meanwhile'}).waitFor();
  await until(() => shown(budi, 'Written offline'), 'the message at Budi');
  await pill(other).getByText('Online · 1 reachable').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('by the arrow keys: the last wish stays, and what each does is said', {skip, timeout: 60_000}, async () => {
  const page = await open(b, {width: 375, height: 760, context: alone});
  await signIn(page, asha);
  await page.goto(screen());
  await chosen(page, 'Normal');
  await page.getByRole('radio', {name: 'Normal'}).focus();
  const asked = [];
  let go;
  const held = new Promise((done) => (go = done));
  await page.route('**/network/mode', async (r) => { // the node takes its time: meanwhile two more keys are pressed
    asked.push(r.request().postDataJSON().mode);
    await held;
    await r.continue();
  });
  for (const _ of 'abc') await page.keyboard.press('ArrowRight');
  await page.getByText('Switching. Connections').waitFor();
  go();
  await chosen(page, 'Offline');
  assert.deepEqual(asked, ['low_data', 'offline']);
  await until(async () => (await asha.api('GET', '/network')).mode === 'offline', 'the node offline');
  assert.equal(await page.evaluate(() => document.activeElement.closest('label').textContent), 'Offline');
  const said = await page.getByRole('radio', {name: 'Low data'}).evaluate((i) => document.getElementById(i.getAttribute('aria-describedby')).textContent);
  assert.match(said, /two minutes/);
  for (const label of await page.locator('.seg label:has([name=mode])').all()) assert.ok((await label.boundingBox()).height >= 44);
  await page.keyboard.press('ArrowLeft');
  await chosen(page, 'LAN only');
  await until(async () => (await asha.api('GET', '/network')).hosts[0].peers === 1, 'Budi, who is on this machine');
  await page.locator('a.pill').first().getByText('LAN only · 1 here').waitFor({state: 'attached'});
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('what the node refuses is said, and the choice stays as it was', {skip, timeout: 60_000}, async () => {
  const page = await open(b, {context: alone});
  await signIn(page, asha);
  await page.goto(screen());
  await chosen(page, 'LAN only');
  page.expected.push('507');
  await page.route('**/network/mode', (r) => r.fulfill({status: 507, contentType: 'application/problem+json', body: JSON.stringify({type: '', title: 'Disk full', status: 507, code: 'disk_full', detail: ''})}));
  await page.getByRole('radio', {name: 'Low data'}).click(); // and it may be back already when the click is over
  await page.getByRole('alert').waitFor();
  await chosen(page, 'LAN only');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('how many can be reached is said as people say it', {skip, timeout: 60_000}, async () => {
  const page = await open(b, {context: alone});
  await signIn(page, asha);
  let is;
  const change = (c) => Object.assign(c, c.id === com.id ? is : {});
  await page.route('**/api/v1/start', async (r) => {
    const res = await r.fetch(), start = await res.json();
    start.communities.forEach(change);
    await r.fulfill({response: res, json: {...start, mode: 'normal'}});
  });
  await page.route(`**/api/v1/communities/${com.id}`, async (r) => {
    const res = await r.fetch();
    await r.fulfill({response: res, json: change(await res.json())});
  });
  for (const [member_count, reachable, title, text] of [
    [1, 0, 'Only you so far', 'Invite somebody'],
    [2, 0, 'You can reach nobody right now.', 'You can read and write all the same'],
    [2, 1, 'You can reach the one other person here right now.', 'is there at once'],
    [2, 2, 'You can reach the one other person here right now.', 'is there at once'],
    [3, 2, 'You can reach everybody right now: 2 people.', 'is there at once'],
    [6, 0, 'You can reach nobody right now.', 'You can read and write all the same'],
    [6, 1, 'You can reach 1 of 5 people right now.', 'from neighbour to neighbour'],
    [6, 5, 'You can reach everybody right now: 5 people.', 'is there at once'],
  ]) {
    is = {member_count, reachable};
    await page.goto(screen());
    await page.getByRole('heading', {level: 1, name: title, exact: true}).waitFor();
    await page.getByText(text).waitFor();
    assert.equal(await page.locator('.dots-map circle.on').count(), member_count > 5 ? reachable : 0);
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
