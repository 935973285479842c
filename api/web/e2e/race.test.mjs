// What an event tells of may be over, or not there yet, when the page asks: none of that is a fault. Each of these asked for something that the
// node refused, which a browser writes on its console.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until, watch} from './lib.mjs';
import {scene} from './scene.mjs';

let b, s, base, carmen;
before(async () => {
  if (skip) return;
  [b, s] = await Promise.all([browser(), scene()]);
  base = `/communities/${s.com.id}`;
});
after(async () => {
  await b?.close();
  await s?.end();
  await carmen?.end();
});

/** What the page asks of the API, as "GET /path". */
function log(page) {
  const asked = [];
  page.on('request', (r) => new URL(r.url()).pathname.startsWith('/api/v1/') && asked.push({what: `${r.method()} ${new URL(r.url()).pathname.slice(7)}`, body: r.postData()}));
  return asked;
}
const settled = (page) => page.evaluate(() => new Promise((done) => setTimeout(done, 1500))); // longer than all that the page waits before it asks

test('what the node does not know yet is not asked for by its id', {skip, timeout: 60_000}, async () => {
  const p = await open(b);
  await signIn(p, s.asha);
  await p.goto(`${s.asha.url}/c/${s.com.id}/g/${s.food.id}`);
  await p.getByRole('log').getByText('15 kg').waitFor();
  const asked = log(p);
  const [com, grp, msg] = ['com_none', 'grp_none', 'msg_none'];
  await p.evaluate((events) => {
    const tab = new BroadcastChannel('pandal-events');
    for (const event of events) tab.postMessage({kind: 'event', event});
  }, [
    {type: 'peer.connected', community_id: com, data: {}}, {type: 'member.joined', community_id: com, group_id: grp, data: {id: 'usr_none'}},
    {type: 'group.created', community_id: com, group_id: grp, data: {id: grp}}, {type: 'join_request.created', community_id: com, data: {}},
    {type: 'read.changed', community_id: com, group_id: grp, data: {}}, {type: 'message.created', community_id: com, group_id: grp, data: {id: msg, group_id: grp, community_id: com, kind: 'text', order: 'a', text: '', author_id: 'usr_none'}},
    {type: 'message.delivery', community_id: s.com.id, group_id: s.food.id, data: {id: msg}}, {type: 'reaction.added', community_id: s.com.id, group_id: s.food.id, data: {id: msg}},
  ]);
  await until(() => asked.some((a) => a.what === 'GET /start'), 'what there is read again');
  await settled(p);
  assert.deepEqual(asked.filter((a) => a.what.includes('_none')), []);
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('who is taken out of a group that is open does not ask who is in it', {skip, timeout: 60_000}, async () => {
  const q = await open(b);
  const budi = (await s.asha.api('GET', `${base}/members`)).items.find((m) => m.display_name === 'Budi Santoso');
  const g = await s.asha.api('POST', `${base}/groups`, {name: 'Kitchen', members: [budi.id]});
  await until(async () => (await s.budi.api('GET', `${base}/groups`)).items.find((x) => x.id === g.id)?.joined, 'Budi in the kitchen');
  await signIn(q, s.budi);
  await q.goto(`${s.budi.url}/c/${s.com.id}/g/${g.id}/about`);
  await q.getByRole('main').getByRole('button', {name: 'Asha Rao'}).waitFor();
  await s.asha.api('DELETE', `/groups/${g.id}/members/${budi.id}`);
  await q.getByRole('main').getByRole('button', {name: 'Asha Rao'}).waitFor({state: 'detached'});
  await settled(q);
  assert.deepEqual(q.faults, []);
  await q.context().close();
});

test('whose rights are taken away while a screen of admins is open asks for none of it', {skip, timeout: 60_000}, async () => {
  const q = await open(b);
  const budi = (await s.asha.api('GET', `${base}/members`)).items.find((m) => m.display_name === 'Budi Santoso');
  await signIn(q, s.budi);
  for (const tab of ['invites', 'audit', 'overview', 'reports', 'requests']) {
    await s.asha.api('PUT', `${base}/members/${budi.id}/roles/admin`);
    await until(async () => (await s.budi.api('GET', base)).permissions.includes('admit'), 'the rights of an admin');
    await q.goto(`${s.budi.url}/c/${s.com.id}/admin/${tab}`);
    await q.getByRole('navigation', {name: 'Manage community'}).waitFor();
    await settled(q);
    await s.asha.api('DELETE', `${base}/members/${budi.id}/roles/admin`);
    await q.getByRole('navigation', {name: 'Manage community'}).waitFor({state: 'detached'});
    await settled(q);
    assert.deepEqual(q.faults, [], tab);
  }
  await q.context().close();
});

test('a person who is removed while their sheet opens', {skip, timeout: 60_000}, async () => {
  const p = await open(b);
  await signIn(p, s.asha);
  await p.goto(`${s.asha.url}/c/${s.com.id}/members`);
  const invite = await s.asha.api('POST', `${base}/invites`, {});
  carmen = await new Node('Carmen').start();
  await carmen.join(invite.link, 'Carmen');
  const id = (await until(async () => (await s.asha.api('GET', `${base}/members`)).items.find((m) => !m.me && m.display_name !== 'Budi Santoso'), 'Carmen')).id;
  const held = [], sheet = new RegExp(`/members/${id}/`);
  await p.route(sheet, (r) => held.push(r));
  await p.getByRole('main').locator('.person').filter({hasNotText: 'Budi'}).filter({hasNotText: '(you)'}).click();
  await until(() => held.length === 2, 'what the sheet asks for');
  await s.asha.api('DELETE', `${base}/members/${id}`);
  await until(async () => (await s.asha.api('GET', `${base}/members/${id}`)).state === 'removed', 'Carmen out');
  for (const r of held) await r.continue();
  await p.getByRole('dialog').getByRole('button', {name: 'Remove', exact: true}).waitFor({state: 'detached'});
  await p.keyboard.press('Escape');
  await p.getByRole('button', {name: 'No longer here'}).click();
  await p.getByRole('main').locator('.person').click();
  await p.getByRole('dialog').getByRole('button', {name: 'Block'}).click(); // whose words are still here can still be folded away
  await p.getByRole('dialog').getByRole('button', {name: 'No longer block'}).waitFor();
  await p.keyboard.press('Escape');

  const again = await new Node('Dev').start();
  carmen = {end: ((first) => () => Promise.all([first.end(), again.end()]))(carmen)};
  await again.join(invite.link, 'Dev');
  const dev = (await until(async () => (await s.asha.api('GET', `${base}/members`)).items.find((m) => !m.me && m.display_name !== 'Budi Santoso'), 'Dev')).id;
  await s.asha.api('POST', `${base}/members/${dev}/ban`);
  const row = p.getByRole('main').locator('.person').filter({hasText: 'Banned'});
  await row.click();
  await p.getByRole('dialog').getByRole('button', {name: 'Lift the ban'}).click();
  await row.waitFor({state: 'detached'});
  await settled(p);
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('a line that nobody wrote is never what was read', {skip, timeout: 60_000}, async () => {
  const q = await open(b);
  await signIn(q, s.budi);
  const asked = log(q);
  await q.goto(`${s.budi.url}/c/${s.com.id}/g/${s.food.id}`);
  await q.getByRole('log').getByText('15 kg').waitFor();
  await s.asha.api('PATCH', `/groups/${s.food.id}`, {description: 'Pots and ladles'});
  await q.getByText(/changed the description/).waitFor();
  const last = await s.asha.api('POST', `/groups/${s.food.id}/messages`, {text: 'And spoons'});
  await q.getByRole('log').getByText('And spoons').waitFor();
  await s.asha.api('PATCH', `/groups/${s.food.id}`, {description: 'Pots, ladles, spoons'});
  await q.getByText(/changed the description/).nth(1).waitFor();
  await settled(q);
  const read = asked.filter((a) => a.what === `PUT /groups/${s.food.id}/read`).map((a) => JSON.parse(a.body).up_to);
  assert.equal(read.at(-1), last.id);
  for (const id of read) assert.notEqual((await s.budi.api('GET', `/messages/${id}`)).kind, 'system');
  assert.deepEqual(q.faults, []);
  await q.context().close();
});

test('a picture taken away, a block seen from two communities, a community forgotten in another tab', {skip, timeout: 90_000}, async () => {
  const q = await open(b);
  await signIn(q, s.budi);
  const other = await s.budi.community('Second Ward', 'Budi Santoso');
  const asha = (await s.budi.api('GET', `${base}/members`)).items.find((m) => m.display_name === 'Asha Rao');
  await s.budi.api('PUT', `/me/blocks/${asha.id}`);
  await q.goto(`${s.budi.url}/settings/blocks`);
  await q.getByRole('main').getByText('Sunrise Ward').waitFor();
  await s.budi.api('DELETE', `/me/blocks/${asha.id}`);
  await q.goto(`${s.budi.url}/c/${s.com.id}/me`);
  await q.getByLabel('Choose a picture').setInputFiles({name: 'me.png', mimeType: 'image/png', buffer: await q.screenshot()});
  await q.getByRole('main').locator('img.av').waitFor();
  await q.getByRole('button', {name: 'Take the picture away'}).click();
  await q.getByRole('main').locator('img.av').waitFor({state: 'detached'});
  const tab = await q.context().newPage();
  watch(tab, q.faults);
  await tab.goto(`${s.budi.url}/c/${other.id}`);
  await tab.getByRole('navigation', {name: 'Second Ward'}).waitFor();
  await q.goto(`${s.budi.url}/c/${other.id}/admin/danger`);
  await q.getByRole('button', {name: /^Forget/}).click();
  await q.getByRole('dialog').getByRole('button', {name: /^Forget/}).click();
  await tab.getByRole('navigation', {name: 'Second Ward'}).waitFor({state: 'detached'});
  await settled(tab);
  assert.deepEqual(q.faults, []);
  await q.context().close();
});
