// Who is writing is shown while they write, moves nothing, ends with their message or by itself, and is told to nobody where it may not be.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until} from './lib.mjs';

let b, asha, budi, com, groups;
before(async () => {
  if (skip) return;
  [b, asha, budi] = await Promise.all([browser(), new Node('Asha Rao').start(), new Node('Budi').start()]);
  com = await asha.community('Sunrise Ward', 'Asha Rao');
  await budi.join((await asha.api('POST', `/communities/${com.id}/invites`, {groups: [com.general.id]})).link, 'Budi');
  const friend = await until(async () => (await budi.api('GET', `/communities/${com.id}/members`)).items.find((m) => m.display_name === 'Asha Rao'), 'the name of Asha');
  groups = {general: com.general.id, dm: (await budi.api('POST', '/dms', {user_id: friend.id})).id};
  await until(async () => (await asha.api('GET', `/communities/${com.id}/groups`)).items.some((g) => g.id === groups.dm && g.joined), 'the direct message at Asha');
});
after(async () => {
  await b?.close();
  await asha?.end();
  await budi?.end();
});

/** The places of what could jump. */
const places = (p) => p.evaluate(() => ['.cpb', '.log', '.top'].map((s) => JSON.stringify(document.querySelector(s).getBoundingClientRect())).join());

test('who writes is shown in a group and in a direct message', {skip, timeout: 120_000}, async () => {
  const p = await open(b), q = await open(b);
  const told = [];
  p.on('request', (r) => r.url().endsWith('/typing') && told.push(r));
  for (const [page, node] of [[p, asha], [q, budi]]) await signIn(page, node);
  for (const g of [groups.general, groups.dm]) {
    for (const [page, node] of [[p, asha], [q, budi]]) await page.goto(`${node.url}/c/${com.id}/g/${g}`);
    const box = p.getByRole('textbox', {name: /^Message/}), line = q.locator('.typ');
    await q.getByRole('textbox', {name: /^Message/}).waitFor();
    await until(async () => (await asha.api('GET', `/communities/${com.id}`)).reachable === 1, 'Budi in reach');
    const before = await places(q);
    told.length = 0;
    await box.pressSequentially('   ');
    assert.equal(told.length, 0, 'an empty box tells nobody');
    await box.pressSequentially('The soup is on.', {delay: 20});
    assert.equal(told.length, 1, 'a line of some letters is told once');
    assert.equal(told[0].headers()['idempotency-key'], undefined, 'nothing is kept of it');
    await line.getByText('Asha Rao\u2069 is typing…').waitFor();
    assert.equal(await q.getByRole('status').filter({hasText: 'is typing'}).count(), 1, 'it is said, once');
    assert.equal(await places(q), before, 'nothing moved');
    if (process.env.SHOTS) await q.screenshot({path: `${process.env.SHOTS}/typing-${g === groups.dm ? 'dm' : 'group'}.png`});
    await box.press('Enter');
    await q.getByRole('log').getByText('The soup is on.').waitFor();
    assert.equal(await line.innerText(), '', 'the message ends it');
    await p.waitForTimeout(1100); // a node hears another one once a second
  }
  // By itself, some seconds after the last word.
  let from = 0;
  await until(async () => {
    from = Date.now();
    await p.getByRole('textbox', {name: /^Message/}).press('a'); // the next sign is due 3 seconds after the last
    return q.locator('.typ').getByText('is typing').isVisible();
  }, 'the sign');
  await q.locator('.typ').getByText('is typing').waitFor({state: 'detached', timeout: 20_000});
  assert.ok(Date.now() - from >= 5500, 'not before the next sign could come');
  assert.equal(await q.getByRole('status').filter({hasText: 'is typing'}).count(), 0);
  for (const page of [p, q]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('several who write are named or counted, in each language', {skip, timeout: 120_000}, async () => {
  const p = await open(b);
  await signIn(p, budi);
  await p.goto(`${budi.url}/c/${com.id}/g/${groups.general}`);
  await p.getByRole('textbox', {name: /^Message/}).waitFor();
  const say = (names) => p.evaluate(([g, names]) => {
    // What the leading tab says to the others.
    const c = new BroadcastChannel('pandal-events');
    for (const n of names) c.postMessage({kind: 'event', event: {type: 'typing', time: new Date().toISOString(), group_id: g, actor_id: `usr_${n}`, data: {display_name: n}}});
  }, [groups.general, names]);
  const text = async () => (await p.locator('.typ').innerText()).replace(/[\u2068\u2069]/g, '').trim();
  const is = (want) => until(async () => (await text()) === want, `"${want}"`, 10_000).catch(async (e) => assert.fail(`${e.message}, and it is "${await text()}"`));
  await say(['Carmen']);
  await is('Carmen is typing…');
  await say(['Femi']);
  await is('Carmen and Femi are typing…');
  await say(['Lin']);
  await is('3 people are typing…');
  assert.match(await p.getByRole('status').filter({hasText: 'typing'}).innerText(), /Carmen.* is typing/, 'a screen reader does not hear each of them');
  await say(['<img src=x onerror=alert(1)>'.repeat(20), 'a', 'b', 'c', 'd', 'e', 'f', 'g']);
  await is('11 people are typing…');
  for (const [lang, want] of [['ar', '١١ شخصًا يكتبون الآن…'], ['hi', '11 लोग लिख रहे हैं…'], ['es', '11 personas están escribiendo…'], ['id', '11 orang sedang mengetik…']]) {
    await p.evaluate((l) => localStorage.setItem('prefs', JSON.stringify({lang: l})), lang);
    await p.reload();
    await p.locator('.cpb').waitFor();
    await say([...'abcdefghijk']);
    await until(async () => (await text()) === want || lang === 'ar' && (await text()).includes('شخصًا يكتبون الآن'), want, 10_000).catch(async () => assert.equal(await text(), want));
  }
  // A long name is cut, and the box keeps its height.
  await p.setViewportSize({width: 320, height: 640});
  await p.reload();
  await p.locator('.cpb').waitFor();
  const before = await places(p);
  await say(['A name that is much longer than a narrow window '.repeat(2)]);
  await p.locator('.typ .one').waitFor();
  assert.equal(await places(p), before);
  assert.ok(await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scroll');
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('nobody is told in announcements, nor by who lets nobody know', {skip, timeout: 120_000}, async () => {
  const p = await open(b);
  const told = [];
  p.on('request', (r) => r.url().endsWith('/typing') && told.push(r.url()));
  await signIn(p, asha);
  await p.goto(`${asha.url}/c/${com.id}/announcements`);
  await p.getByRole('textbox', {name: 'Announce'}).pressSequentially('The tent is up.');
  await p.goto(`${asha.url}/settings/privacy`);
  await p.getByRole('checkbox', {name: /Tell that I am writing/}).uncheck();
  await until(async () => !(await asha.api('GET', '/me/privacy')).typing, 'the choice');
  assert.equal((await asha.api('GET', '/me/privacy')).read_receipts, true, 'the other stays');
  await p.goto(`${asha.url}/c/${com.id}/g/${groups.general}`);
  const asked = p.waitForResponse((r) => r.url().endsWith('/me/privacy'));
  await p.getByRole('textbox', {name: /^Message/}).pressSequentially('Hello');
  await asked;
  await p.keyboard.press('Enter');
  await p.getByRole('log').getByText('Hello').waitFor();
  assert.deepEqual(told, []);
  await p.goto(`${asha.url}/settings/privacy`);
  const taken = p.waitForResponse((r) => r.request().method() === 'PATCH' && r.url().endsWith('/me/privacy'));
  await p.getByRole('checkbox', {name: /Tell that I am writing/}).check();
  await (await taken).finished();
  await until(async () => (await asha.api('GET', '/me/privacy')).typing, 'the choice');
  await p.evaluate((g) => { // one tab, no reload: the page knows of the choice
    history.pushState(null, '', g);
    dispatchEvent(new PopStateEvent('popstate'));
  }, `/c/${com.id}/g/${groups.general}`);
  const post = p.waitForRequest((r) => r.url().endsWith('/typing'));
  await p.getByRole('textbox', {name: /^Message/}).pressSequentially('Again');
  await post;
  assert.deepEqual(p.faults, []);
});
