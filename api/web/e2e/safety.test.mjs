// What people write is hostile until proven otherwise; a node stops and comes back; many tabs share one stream.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until, watch} from './lib.mjs';

let b, n;
before(async () => {
  if (skip) return;
  [b, n] = await Promise.all([browser(), new Node('Asha').start()]);
});
after(async () => {
  await b?.close();
  await n?.end();
});

const hostile = [
  '<script>globalThis.hacked=1</script>', '<img src=x onerror="globalThis.hacked=1">', '"><svg onload=globalThis.hacked=1>', '{{7*7}}${7*7}', 'javascript:globalThis.hacked=1',
  '\u202Egnp.exe \u202D', '\u200B\u200B\u200B', 'a' + '\u0301'.repeat(300), 'W'.repeat(120), '﷽'.repeat(30), "';DROP TABLE x;--", 'अ'.repeat(60), '🧨'.repeat(40),
];

test('hostile names and messages run nothing, ask nobody, and keep the layout', {skip, timeout: 180_000}, async () => {
  const com = await n.community('<b>Ward</b>\u202E12', 'A\u202Esha<img src=http://evil.example/x>', '<iframe src=http://evil.example></iframe>');
  const groups = [];
  for (const h of hostile) if (h.replace(/[\u200B]/g, '')) groups.push(await n.api('POST', `/communities/${com.id}/groups`, {name: [...h].slice(0, 30).join(''), description: h, open: true}));
  const say = (text) => n.api('POST', `/groups/${com.general.id}/messages`, {text});
  for (const h of hostile) await say(h);
  for (const text of ['[x](javascript:alert(1))', 'http://evil.example/<script>', 'https://user:pass@evil.example/', '![p](http://evil.example/p.png)', '```\n<script>globalThis.hacked=1</script>\n```',
    '**'.repeat(2000), '*a '.repeat(3000), '`'.repeat(3000), 'x'.repeat(60_000), '\n'.repeat(500) + 'end']) await say(text);
  await n.api('POST', `/communities/${com.id}/announcements`, {text: hostile.join(' '), priority: 'urgent'});
  for (const size of [{width: 1440, height: 900}, {width: 375, height: 760, theme: 'dark'}]) {
    const p = await open(b, size);
    await signIn(p, n);
    await p.waitForURL(/\/c\//);
    for (const path of ['', `/g/${com.general.id}`, '/announcements', '/members', '/admin/groups', '/admin/audit', '/admin/overview', `/g/${groups[1].id}/about`, '/me', '/calendar']) {
      await p.evaluate((x) => {
        history.pushState(null, '', x);
        dispatchEvent(new PopStateEvent('popstate'));
      }, `/c/${com.id}${path}`);
      await p.waitForFunction(() => document.querySelector('main') && !document.querySelector('main .loading'));
      await p.waitForTimeout(300);
      const seen = await p.evaluate(() => ({
        hacked: globalThis.hacked ?? false, wide: document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth,
        foreign: [...document.querySelectorAll('script:not([src^="/"]), iframe, object, embed, img:not([src^="blob:"]):not([src^="/"]), [onerror], [onload]')].map((e) => e.outerHTML),
        bad: [...document.querySelectorAll('a')].map((a) => a.protocol).filter((x) => !['http:', 'https:'].includes(x)),
        turned: /[\u202A-\u202E]/.test(document.body.innerText),
      }));
      assert.deepEqual(seen, {hacked: false, wide: Math.min(seen.wide, 1), foreign: [], bad: [], turned: false}, `${path} at ${size.width}`);
    }
    assert.deepEqual(p.faults, []);
    await p.context().close();
  }
});

test('hostile people, polls, events, contacts, requests and reports', {skip, timeout: 240_000}, async () => {
  const name = '<img src=x onerror="globalThis.hacked=1">\u202Egnp', long = 'W'.repeat(60), mark = '<script>globalThis.hacked=1</script>';
  const com = await n.community('Ward', 'Asha'), c = `/communities/${com.id}`;
  const mallory = await new Node(name).start(), other = await new Node(mark).start();
  try {
    await mallory.join((await n.api('POST', `${c}/invites`, {groups: [com.general.id]})).link, name);
    await mallory.api('PATCH', `${c}/me`, {display_name: name, contacts: [...hostile.filter((h) => h.replace(/[\u200B]/g, '') && h.length <= 200).slice(0, 8), 'javascript:globalThis.hacked=1', 'http://evil.example/'].map((value, i) => ({kind: i % 2 ? '<b>telephone</b>' : 'W'.repeat(32), value, visible: 'groups'}))});
    const g = com.general.id;
    const said = await mallory.api('POST', `/groups/${g}/messages`, {text: `${mark} [x](javascript:globalThis.hacked=1)`});
    await mallory.api('POST', `/messages/${said.id}/thread`, {text: hostile.join('\n')});
    for (const h of hostile) if (h.replace(/[\u200B]/g, '').trim()) await mallory.api('POST', `/groups/${g}/polls`, {question: h.slice(0, 200), options: [h.slice(0, 100), `${mark}!`, long]});
    const begins = new Date(Date.now() + 86_400_000), ends = new Date(begins.getTime() + 3_600_000);
    for (const h of hostile) if (h.replace(/[\u200B]/g, '').trim()) await mallory.api('POST', `/groups/${g}/calendar`, {title: h.slice(0, 100), place: h.slice(0, 100), text: h, starts_at: begins.toISOString(), ends_at: ends.toISOString()});
    await other.api('POST', '/invites/accept', {link: (await n.api('POST', `${c}/invites`, {needs_approval: true})).link, display_name: mark, note: `${name}${long}`});
    const his = await until(async () => (await n.api('GET', `/groups/${g}/messages?limit=200`)).items.filter((m) => m.kind === 'event').length >= 10 && (await n.api('GET', `/messages/${said.id}`)), 'what he wrote');
    await n.api('POST', `/messages/${his.id}/report`, {reason: `${mark}${long}`});
    await until(async () => (await n.api('GET', `${c}/join-requests`)).items.length === 1, 'a request');
    for (const size of [{width: 1440, height: 900}, {width: 375, height: 760, theme: 'dark'}]) {
      const p = await open(b, size);
      await signIn(p, n);
      await p.waitForURL(/\/c\//);
      const base = `/c/${com.id}`;
      for (const path of [base, `${base}/g/${g}`, `${base}/g/${g}/m/${said.id}`, `${base}/g/${g}/thread/${said.id}`, `${base}/calendar`, `${base}/members`, `${base}/admin/requests`, `${base}/admin/reports`, `${base}/admin/audit`, `/search?community=${com.id}&q=script`, '/settings/notifications', `${base}/g/${g}/about`]) {
        await p.evaluate((x) => {
          history.pushState(null, '', x);
          dispatchEvent(new PopStateEvent('popstate'));
        }, path);
        await p.waitForFunction(() => document.querySelector('main') && !document.querySelector('main .loading'));
        await p.waitForTimeout(350);
        if (path.endsWith('/members')) {
          await p.locator('.person').filter({hasText: 'img src=x'}).click();
          await p.locator('dialog[open]').getByText('evil.example').first().waitFor();
        }
        if (process.env.SHOTS) await p.screenshot({path: `${process.env.SHOTS}/hostile-${path.split('/').slice(3).join('-').replace(/[a-z]{3}_\w+/g, 'x') || 'home'}-${size.width}.png`});
        const seen = await p.evaluate(() => ({
          hacked: globalThis.hacked ?? false, wide: document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth,
          over: [...document.querySelectorAll('dialog[open], dialog[open] .card, main .card, main .b')].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.className),
          foreign: [...document.querySelectorAll('script:not([src^="/"]), iframe, object, embed, img:not([src^="blob:"]):not([src^="/"]), [onerror], [onload]')].map((e) => e.outerHTML),
          bad: [...document.querySelectorAll('a')].map((a) => a.protocol).filter((x) => !['http:', 'https:'].includes(x)), turned: /[\u202A-\u202E]/.test(document.body.innerText),
        }));
        assert.deepEqual(seen, {hacked: false, wide: Math.min(seen.wide, 1), over: [], foreign: [], bad: [], turned: false}, `${path} at ${size.width}`);
        if (path.endsWith('/members')) await p.keyboard.press('Escape');
      }
      assert.deepEqual(p.faults, []);
      await p.context().close();
    }
  } finally {
    await mallory.end();
    await other.end();
  }
});

test('a full disk says so, and what was written can be sent again', {skip, timeout: 60_000}, async () => {
  const com = await n.community('Ward with little room', 'Asha');
  const p = await open(b);
  p.expected = ['507'];
  await signIn(p, n);
  await p.goto(`${n.url}/c/${com.id}/g/${com.general.id}`);
  const full = (r) => r.request().method() === 'POST' ? r.fulfill({status: 507, contentType: 'application/problem+json', body: JSON.stringify({type: 'about:blank', title: 'The disk is full', status: 507, code: 'disk_full'})}) : r.continue();
  await p.route('**/messages', full);
  await p.getByRole('textbox', {name: /^Message/}).fill('Soup at six');
  await p.keyboard.press('Enter');
  await p.getByText('This computer has no room left. Nothing was written.').waitFor();
  await p.reload();
  await p.getByRole('log').getByText('Soup at six').waitFor(); // kept, also over a reload
  assert.equal((await n.api('GET', `/groups/${com.general.id}/messages`)).items.length, 0);
  await p.unroute('**/messages', full);
  await p.getByRole('button', {name: 'Try again'}).click();
  await until(async () => (await n.api('GET', `/groups/${com.general.id}/messages`)).items.filter((m) => m.text === 'Soup at six').length === 1, 'the message');
  await p.getByText('Not sent.').waitFor({state: 'detached'});
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('the policy refuses markup from a string, scripts from elsewhere, and requests to anybody', {skip, timeout: 60_000}, async () => {
  const p = await open(b);
  await signIn(p, n);
  await p.waitForURL(/\/c\//);
  const got = await p.evaluate(async () => {
    const tried = {};
    try {
      document.createElement('div').innerHTML = '<b>x</b>';
      tried.markup = 'allowed';
    } catch (e) {
      tried.markup = e.name;
    }
    const s = document.createElement('script');
    try {
      s.src = 'http://127.0.0.1:1/x.js';
      tried.script = 'allowed';
    } catch (e) {
      tried.script = e.name;
    }
    tried.fetch = await fetch('http://127.0.0.1:1/').then(() => 'allowed', () => 'refused');
    try {
      trustedTypes.createPolicy('other', {});
      tried.policy = 'allowed';
    } catch (e) {
      tried.policy = e.name;
    }
    return tried;
  });
  assert.deepEqual(got, {markup: 'TypeError', script: 'TypeError', fetch: 'refused', policy: 'TypeError'});
  assert.ok(p.faults.length >= 3, 'the console says so');
  await p.context().close();
});

test('a locked node shows nothing of its person, and opens again', {skip, timeout: 120_000}, async () => {
  const com = (await n.api('GET', '/communities')).items[0] ?? (await n.community('Ward', 'Asha'));
  const general = (await n.api('GET', `/communities/${com.id}/groups`)).items.find((g) => g.kind === 'chat' && g.name === 'General');
  await n.api('POST', `/groups/${general.id}/messages`, {text: 'For our eyes only'});
  const p = await open(b);
  p.expected = ['503', '403', '409'];
  await signIn(p, n);
  await p.waitForURL(/\/c\//);
  const here = `${n.url}/c/${com.id}/g/${general.id}`;
  await p.goto(here);
  await p.getByRole('log').getByText('For our eyes only').waitFor();
  await p.keyboard.press('Control+Shift+L');
  await p.getByLabel('New passphrase').fill('correct horse');
  await p.getByRole('button', {name: 'Set the passphrase'}).click();
  await p.getByText('Saved').waitFor();
  await p.goto(here);
  await p.getByRole('log').getByText('For our eyes only').waitFor();
  const other = await p.context().newPage();
  other.expected = p.expected;
  watch(other, p.faults);
  await other.goto(here);
  await other.getByRole('log').getByText('For our eyes only').waitFor();

  await p.keyboard.press('Control+Shift+L');
  for (const tab of [p, other]) {
    await tab.getByRole('heading', {name: 'Locked'}).waitFor();
    const text = await tab.evaluate(() => document.documentElement.outerHTML);
    for (const word of ['Asha', 'Ward', 'General', 'eyes']) assert.ok(!text.includes(word), `${word} is still there`);
    assert.equal(await tab.title(), 'Pandal');
  }
  await p.getByLabel('Passphrase', {exact: true}).fill('wrong horse');
  await p.keyboard.press('Enter');
  await p.getByText('That is not the passphrase').waitFor();
  await p.getByLabel('Passphrase', {exact: true}).fill('correct horse');
  if (process.env.SHOTS) await p.screenshot({path: `${process.env.SHOTS}/lock.png`});
  await p.keyboard.press('Enter');
  for (const tab of [p, other]) await tab.getByRole('log').getByText('For our eyes only').waitFor();
  await n.api('PUT', '/passphrase', {old: 'correct horse', new: ''});
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('five tabs hold one stream; a node that stops loses nothing', {skip, timeout: 180_000}, async () => {
  const com = (await n.api('GET', '/communities')).items[0] ?? (await n.community('Ward', 'Asha'));
  const general = (await n.api('GET', `/communities/${com.id}/groups`)).items.find((g) => g.kind === 'chat' && g.name === 'General');
  const first = await open(b);
  first.expected = ['ERR_CONNECTION_REFUSED', 'ERR_INCOMPLETE', 'ERR_NETWORK', 'ERR_EMPTY', 'ERR_CONNECTION_RESET'];
  let streams = 0;
  first.context().on('request', (r) => {
    if (r.url().includes('/events?')) streams++;
  });
  await signIn(first, n);
  await first.waitForURL(/\/c\//);
  const tabs = [first];
  for (let i = 0; i < 4; i++) {
    const t = await first.context().newPage();
    t.expected = first.expected;
    watch(t, first.faults);
    tabs.push(t);
  }
  for (const t of tabs) {
    await t.goto(`${n.url}/c/${com.id}/g/${general.id}`);
    await t.getByRole('textbox', {name: /^Message/}).waitFor();
  }
  streams = 0;
  await n.api('POST', `/groups/${general.id}/messages`, {text: 'To all tabs'});
  for (const t of tabs) await t.getByRole('log').getByText('To all tabs').waitFor();
  assert.ok(streams <= 1, `${streams} streams were opened`);

  await n.stop();
  await first.getByText('Pandal is not running').waitFor();
  await first.getByRole('textbox', {name: /^Message/}).fill('Written while it was away');
  await first.keyboard.press('Enter');
  await first.getByText('Waits for your node').waitFor();
  await n.start();
  await first.getByText('Waits for your node').waitFor({state: 'detached', timeout: 60_000});
  const got = await until(async () => {
    const all = (await n.api('GET', `/groups/${general.id}/messages?limit=50`)).items.filter((m) => m.text === 'Written while it was away');
    return all.length && all;
  }, 'the message');
  assert.equal(got.length, 1, 'sent once');
  for (const t of tabs) await t.getByRole('log').getByText('Written while it was away').waitFor({timeout: 60_000});
  assert.equal(await tabs[1].getByRole('log').getByText('Written while it was away').count(), 1);
  assert.deepEqual(first.faults, []);
});
