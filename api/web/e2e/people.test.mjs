// Between people: a direct message from a sheet to its end, a report and what becomes of it, what may call somebody and what others learn,
// an announcement that waits for its time, notices of somebody who is blocked.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, open, signIn, skip, until} from './lib.mjs';
import {scene} from './scene.mjs';

let b, s, base;
before(async () => {
  if (skip) return;
  [b, s] = await Promise.all([browser(), scene()]);
  base = `/communities/${s.com.id}`;
});
after(async () => {
  await b?.close();
  await s?.end();
});

test('a direct message begins by Ctrl+K and a name', {skip, timeout: 60_000}, async () => {
  const q = await open(b);
  await signIn(q, s.budi);
  await q.goto(`${s.budi.url}/c/${s.com.id}`);
  await q.getByRole('navigation', {name: 'Sunrise Ward'}).waitFor();
  await q.keyboard.press('Control+k');
  const place = q.getByRole('option').filter({hasText: 'Community'}).locator('.cm');
  const rail = q.getByRole('navigation', {name: 'Communities'}).locator('.cm.on');
  assert.equal(await place.evaluate((e) => getComputedStyle(e).backgroundColor), await rail.evaluate((e) => getComputedStyle(e).backgroundColor), 'the community wears its cloth');
  await q.keyboard.type('asha r');
  await q.getByRole('option', {selected: true}).filter({hasText: 'Asha Rao'}).waitFor();
  await q.keyboard.press('Enter');
  await q.getByText('Only the two of you read this').waitFor();
  await until(() => q.getByRole('textbox', {name: /^Message.*Asha/}).evaluate((e) => e === document.activeElement), 'the focus in the message box');
  await q.keyboard.type('By keyboard alone.');
  await q.keyboard.press('Enter');
  await until(async () => (await s.asha.api('GET', `${base}/groups`)).items.some((g) => g.kind === 'dm' && g.joined && g.last_message?.text === 'By keyboard alone.'), 'the message at Asha');
  assert.deepEqual(q.faults, []);
  await q.context().close();
});

test('the sheet of a person asks for each thing once, and what is shown of it is read again when it changes', {skip, timeout: 60_000}, async () => {
  const p = await open(b);
  await signIn(p, s.asha);
  const asked = [];
  const settled = () => p.evaluate(() => new Promise((done) => setTimeout(done, 500))); // twice what the page waits before it reads again
  p.on('request', (r) => new URL(r.url()).pathname.startsWith('/api/') && asked.push(`${r.method()} ${(new URL(r.url()).pathname + new URL(r.url()).search).replace('/api/v1', '')}`));
  await p.goto(`${s.asha.url}/c/${s.com.id}/members`);
  const row = p.getByRole('main').getByRole('button', {name: /Budi Santoso/});
  await row.waitFor();
  await settled();
  const lists = asked.filter((r) => r.startsWith(`GET ${base}/members`));
  assert.deepEqual([lists.length, new Set(lists).size], [4, 4], asked.join('\n')); // who is in, and who is out in three ways
  asked.length = 0;
  const budi = (await s.asha.api('GET', `${base}/members`)).items.find((m) => m.display_name === 'Budi Santoso');
  await row.click();
  const sheet = p.getByRole('dialog', {name: 'Budi Santoso'});
  for (const what of ['Safety words', 'What this person may do']) await sheet.getByRole('heading', {name: what}).waitFor();
  await sheet.getByRole('button', {name: 'Block'}).waitFor();
  await settled();
  const mine = asked.map((r) => r.replace('?limit=200', '')).filter((r) => /\/(members\/.|roles$|blocks\/)/.test(r)).sort();
  assert.deepEqual(mine, [...['profile', 'safety-words'].map((x) => `GET ${base}/members/${budi.id}/${x}`), `GET ${base}/roles`, `GET /me/blocks/${budi.id}`].sort());
  await sheet.getByRole('checkbox', {name: /^Announcer/}).click();
  await until(async () => (await s.asha.api('GET', `${base}/members/${budi.id}`)).roles.includes('announcer'), 'the role');
  await row.getByText('Announcer').waitFor();
  await s.asha.api('DELETE', `${base}/members/${budi.id}/roles/announcer`);
  await row.getByText('Announcer').waitFor({state: 'detached'});
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('a direct message begins on a sheet, is read by two, and ends', {skip, timeout: 120_000}, async () => {
  const p = await open(b), q = await open(b);
  for (const [page, node] of [[p, s.asha], [q, s.budi]]) await signIn(page, node);
  await q.goto(`${s.budi.url}/c/${s.com.id}/g/${s.food.id}/about`);
  await q.getByRole('main').getByRole('button', {name: 'Asha Rao'}).click();
  await q.getByRole('dialog').getByRole('button', {name: 'Write a message'}).click();
  await q.getByText('Only the two of you read this').waitFor();
  await q.getByRole('log').getByText('lend me the big pot').waitFor(); // the one that Asha began: there are no two
  await q.getByRole('textbox', {name: /^Message/}).fill('Yes, come by at six.');
  await q.keyboard.press('Enter');

  await p.goto(`${s.asha.url}/c/${s.com.id}`);
  const list = p.getByRole('navigation', {name: 'Sunrise Ward'});
  await list.getByRole('heading', {name: 'Direct messages'}).waitFor();
  await list.getByRole('link', {name: /Budi Santoso/}).click();
  await p.getByRole('log').getByText('Yes, come by at six.').waitFor();
  assert.deepEqual((await s.dalia.api('GET', '/communities')).items, [], 'who is not in has nothing of it');
  await p.getByRole('button', {name: 'Group menu'}).click();
  assert.equal(await p.getByRole('menuitem', {name: 'About this group'}).count(), 0, 'a direct message has no members to change');
  await p.getByRole('menuitem', {name: 'End this conversation'}).click();
  await p.getByRole('dialog').getByRole('button', {name: 'End this conversation'}).click();
  await p.waitForURL(new RegExp(`/c/${s.com.id}$`));
  await list.getByRole('link', {name: /Budi Santoso/}).waitFor({state: 'detached'});

  await q.getByText('This conversation has ended').waitFor();
  assert.equal(await q.getByRole('textbox', {name: /^Message/}).count(), 0, 'nothing is written to nobody');
  await q.getByRole('navigation', {name: 'Sunrise Ward'}).getByRole('link', {name: /Asha Rao.*Ended/}).waitFor();
  await q.keyboard.press('Control+k');
  await q.keyboard.type('asha');
  await q.getByRole('option').filter({hasText: 'Ended'}).waitFor();
  await q.getByRole('option').filter({hasText: 'Write a message'}).waitFor();
  await q.keyboard.press('Escape');
  assert.equal((await s.asha.api('GET', `${base}/groups`)).items.filter((g) => g.kind === 'dm' && g.joined).length, 0);
  const over = new URL(q.url()).pathname;
  await q.getByRole('button', {name: 'Begin anew'}).click();
  await q.waitForURL((u) => u.pathname !== over);
  await q.getByRole('textbox', {name: /^Message.*Asha/}).fill('Once more.');
  await q.keyboard.press('Enter');
  await list.getByRole('link', {name: /Budi Santoso/}).waitFor();
  for (const page of [p, q]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('a group opens at what is unread, and only what was in sight is read', {skip, timeout: 90_000}, async () => {
  const p = await open(b), told = [];
  await signIn(p, s.asha);
  await p.goto(`${s.asha.url}/c/${s.com.id}/members`); // nothing is read here
  p.on('request', (r) => r.method() === 'PUT' && r.url().endsWith('/read') && told.push(r.postDataJSON().up_to));
  const path = `/groups/${s.com.general.id}`, tall = (i) => `List ${i}\n${'rice\n'.repeat(12)}`;
  for (let i = 1; i <= 8; i++) await s.budi.api('POST', `${path}/messages`, {text: tall(i)});
  const last = await until(async () => {
    const m = (await s.asha.api('GET', path)).last_message;
    return m?.text.startsWith('List 8') && m;
  }, 'all of them');
  await p.getByRole('navigation', {name: 'Sunrise Ward'}).getByRole('link', {name: /General.*8 unread/}).click();
  const log = p.getByRole('log'), row = (i) => log.getByRole('article').filter({hasText: `List ${i}`});
  const inSight = (m) => m.evaluate((e) => e.getBoundingClientRect().top < e.closest('.log').getBoundingClientRect().bottom && e.getBoundingClientRect().bottom > e.closest('.log').getBoundingClientRect().top).catch(() => false);
  await row(1).waitFor();
  await until(() => inSight(row(1)), 'the first in sight');
  await p.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))));
  assert.deepEqual(told, [], 'the end is not in sight');
  await log.hover();
  await until(async () => {
    await p.mouse.wheel(0, 400);
    return inSight(row(8));
  }, 'the last in sight');
  await until(async () => (await s.asha.api('GET', path)).unread === 0, 'all to be read');
  assert.deepEqual(told, [last.id]);

  await p.goto(`${s.asha.url}/c/${s.com.id}/members`);
  await s.budi.api('POST', `${path}/messages`, {text: 'Short.'});
  await p.getByRole('navigation', {name: 'Sunrise Ward'}).getByRole('link', {name: /General.*1 unread/}).click();
  await log.getByText('Short.').waitFor();
  await until(async () => (await s.asha.api('GET', path)).unread === 0, 'what is in sight at once to be read');
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('whom a message reached and who has read it stands in a list, which is kept up to date', {skip, timeout: 120_000}, async () => {
  const p = await open(b);
  await signIn(p, s.asha);
  const told = await s.asha.api('PATCH', '/me/privacy', {read_receipts: true});
  assert.ok(told.read_receipts && (await s.budi.api('GET', '/me/privacy')).read_receipts);
  await s.budi.stop();
  await p.goto(`${s.asha.url}/c/${s.com.id}/g/${s.food.id}`);
  const box = p.getByRole('textbox', {name: /^Message/});
  await box.fill('To whom does this go?');
  await box.press('Enter');
  const said = p.getByRole('log').getByRole('article', {name: /^You/}).filter({hasText: 'To whom does this go?'});
  const how = said.getByRole('button', {name: /Waiting/});
  await how.waitFor();
  const size = await how.evaluate((e) => [e.offsetHeight, e.closest('.st').offsetHeight, e.closest('.st').querySelector('time').offsetHeight]);
  assert.ok(size[0] >= 43.5 && size[1] === size[2], `${size[0]} px to press in a line of ${size[1]} px, its time is ${size[2]} px`);
  assert.equal(await p.getByRole('log').locator('.how[tabindex="0"]').count(), 1, 'the list of messages is one stop of the Tab key, and so are its lists');
  await said.focus();
  await p.keyboard.press('Enter');
  const list = p.getByRole('dialog', {name: 'How far it got'});
  const part = (name) => list.locator('section').filter({has: p.getByRole('heading', {name})});
  await part(/^Not there yet 1$/).getByText('Budi Santoso').waitFor();
  assert.equal(await list.locator('section').count(), 1);
  assert.equal(await list.getByText('Asha Rao').count(), 0, 'who wrote it is not in it');
  await s.budi.start();
  await part(/^Have it 1$/).getByText('Budi Santoso').waitFor();
  const m = (await s.asha.api('GET', `/groups/${s.food.id}/messages?limit=1`)).items[0];
  await until(() => s.budi.api('PUT', `/groups/${s.food.id}/read`, {up_to: m.id}).catch(() => false), 'the message at his node');
  await part(/^Read 1$/).getByText('Budi Santoso').waitFor();
  await p.keyboard.press('Escape');
  await list.waitFor({state: 'detached'});
  assert.ok(await said.evaluate((e) => e === document.activeElement), 'the focus is where it was');
  await said.getByRole('button', {name: /^Read by 1 of 1/}).click();
  await list.getByText('Not everybody lets others know').waitFor();
  await p.keyboard.press('Escape');
  await s.asha.api('PATCH', '/me/privacy', {read_receipts: false});
  await p.reload();
  await said.getByRole('button', {name: /^Delivered to 1 of 1/}).click();
  await part(/^Have it 1$/).getByText('Budi Santoso').waitFor();
  await list.getByText('because you let nobody know').waitFor();
  await p.keyboard.press('Escape');
  assert.equal(await p.getByRole('log').getByRole('article', {name: /^Budi/}).locator('.how').count(), 0, 'of others nothing is told');
  await p.goto(`${s.asha.url}/c/${s.com.id}/announcements`);
  const a = await s.asha.api('POST', `${base}/announcements`, {text: 'Who brings a pot?', replies: 'threaded'});
  await s.asha.api('POST', `/messages/${a.id}/thread`, {text: 'I bring two.'});
  await p.getByRole('article').filter({hasText: 'Who brings a pot?'}).getByRole('button', {name: /1 reply|in the thread/i}).click();
  await p.getByRole('log', {name: 'Thread'}).getByText('I bring two.').waitFor();
  assert.equal(await p.locator('.how').count(), 0, 'of announcements the desk has its own list');
  await s.asha.api('PATCH', '/me/privacy', {read_receipts: true});
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('who is named with @ is offered, told, and shown', {skip, timeout: 90_000}, async () => {
  const p = await open(b), q = await open(b);
  await signIn(p, s.asha);
  await p.goto(`${s.asha.url}/c/${s.com.id}/members`); // nothing is read here
  await signIn(q, s.budi);
  await q.goto(`${s.budi.url}/c/${s.com.id}/g/${s.food.id}`);
  const box = q.getByRole('textbox', {name: /^Message/}), offer = q.getByRole('listbox', {name: 'People of this group'});
  await box.pressSequentially('mail a@ra');
  assert.equal(await offer.count(), 0, 'an address names nobody');
  await box.fill('');
  await box.pressSequentially('Please ask @as');
  await offer.getByRole('option', {name: 'Asha Rao', selected: true}).waitFor();
  assert.equal(await box.getAttribute('aria-activedescendant'), await offer.getByRole('option').getAttribute('id'));
  await q.keyboard.press('Escape');
  await offer.waitFor({state: 'detached'});
  assert.equal(await box.inputValue(), 'Please ask @as', 'Esc leaves what is written');
  await box.pressSequentially('h');
  await offer.getByRole('option', {name: 'Asha Rao'}).waitFor();
  await q.keyboard.press('Enter');
  assert.equal(await box.inputValue(), 'Please ask @Asha\u00A0Rao ', 'Enter puts the name in and sends nothing');
  await box.pressSequentially('about the pot');
  await q.keyboard.press('Enter');
  const said = q.getByRole('log').getByRole('article').filter({hasText: 'about the pot'});
  await said.locator('.at').filter({hasText: /^@Asha\sRao$/}).waitFor();
  await p.getByRole('navigation', {name: 'Sunrise Ward'}).getByRole('link', {name: /Food relief.*mention/}).waitFor();
  const asha = (await s.budi.api('GET', `${base}/members`)).items.find((m) => m.display_name === 'Asha Rao');
  const icon = (start) => until(() => p.evaluate(() => document.querySelector('link[rel=icon]').getAttribute('href')).then((h) => h.startsWith(start)), `an icon that begins with ${start}`, 15_000);
  await icon('data:image/svg+xml,');
  for (const g of (await s.asha.api('GET', `${base}/groups`)).items) if (g.unread) await s.asha.api('PUT', `/groups/${g.id}/read`, {up_to: g.last_message.id});
  await icon('/icon.svg');
  const last = async () => (await s.budi.api('GET', `/groups/${s.food.id}/messages?limit=1`)).items[0];
  assert.deepEqual((await last()).mentions, [asha.id]);
  await box.pressSequentially('Thank you, @asha!'); // by hand
  await q.keyboard.press('Escape');
  await q.keyboard.press('Enter');
  await until(async () => (await last()).text === 'Thank you, @asha!', 'the second message');
  assert.deepEqual((await last()).mentions, [asha.id], 'a first name that one alone has names them');
  await box.press('ArrowUp');
  await until(() => q.locator('.cp textarea').inputValue().then((v) => v.startsWith('Thank you')), 'the words to change');
  await q.locator('.cp textarea').fill('Many thanks, @asha!');
  await q.keyboard.press('Escape');
  for (const page of [p, q]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('after # my groups are offered, after : emoji; a named group is a link for whom can see it', {skip, timeout: 90_000}, async () => {
  const p = await open(b, {lang: 'es'}), q = await open(b);
  await signIn(p, s.asha);
  await signIn(q, s.budi);
  const food = `/c/${s.com.id}/g/${s.food.id}`;
  await q.goto(s.budi.url + food);
  const asked = [];
  q.on('request', (r) => asked.push(new URL(r.url()).pathname));
  const box = q.getByRole('textbox', {name: /^Message/}), offer = q.getByRole('listbox');
  const none = async (text, why) => {
    await box.fill('');
    await box.pressSequentially(text);
    assert.equal(await offer.count(), 0, why);
  };
  await none('See #qu', 'he is not in the quiet corner');
  await none('See a#fo', 'within a word');
  await none('http://x.org/#fo', 'within an address');
  for (const text of ['At 10:30', 'at 10:he', 'Well :)', 'Well:he', 'http://he', 'Hm :h', 'Hm ::he']) await none(text, text);
  assert.ok(!asked.includes('/emoji.js'), 'nobody has asked for emoji yet');
  await box.fill('');
  await box.pressSequentially('See #rel');
  await q.getByRole('listbox', {name: 'Your groups'}).getByRole('option', {name: 'Food relief', selected: true}).waitFor();
  await q.keyboard.press('Tab');
  assert.equal(await box.inputValue(), 'See #Food\u00A0relief ', 'Tab puts the name in');
  await box.pressSequentially('with :heart');
  const emoji = q.getByRole('listbox', {name: 'Emoji'}), chosen = emoji.getByRole('option', {selected: true});
  await emoji.waitFor();
  assert.equal(await chosen.textContent(), '❤️heart');
  assert.equal(await box.getAttribute('aria-activedescendant'), await chosen.getAttribute('id'));
  await q.keyboard.press('ArrowUp');
  assert.notEqual(await chosen.textContent(), '❤️heart', 'the last one');
  await q.keyboard.press('ArrowDown');
  await q.keyboard.press('Escape');
  await offer.waitFor({state: 'detached'});
  assert.equal(await box.inputValue(), 'See #Food\u00A0relief with :heart', 'Esc leaves what is written');
  await q.keyboard.press('Backspace');
  await emoji.waitFor();
  await q.keyboard.press('Enter');
  assert.equal(await box.inputValue(), 'See #Food\u00A0relief with ❤️ ', 'Enter puts it in and sends nothing');
  await q.keyboard.press('Enter');
  const said = q.getByRole('log').getByRole('article').filter({hasText: 'See #Food'});
  assert.equal(await said.getByRole('link', {name: '#Food relief'}).getAttribute('href'), food);

  await p.goto(s.asha.url + food);
  const field = p.locator('.cp textarea'), lista = p.getByRole('listbox', {name: 'Emojis'});
  for (const word of [':coraz', ':corazon', ':heart']) {
    await field.fill('');
    await field.pressSequentially(word);
    await lista.getByRole('option', {name: 'corazón', selected: true}).waitFor();
  }
  await field.fill('');
  const other = await s.asha.api('POST', '/communities', {name: 'Elsewhere', display_name: 'Asha'});
  await s.asha.api('POST', `/communities/${other.id}/groups`, {name: 'Secret club'});
  await s.asha.api('POST', `/groups/${s.food.id}/messages`, {text: 'Not #Secret club, not a#Food relief, not #Quiet cornerstone: **#quiet corner**, please'});
  for (const page of [p, q]) {
    const m = page.getByRole('log').getByRole('article').filter({hasText: 'Not #Secret club'});
    await m.waitFor();
    assert.deepEqual(await m.getByRole('link').allTextContents(), ['#quiet corner'], 'of another community nothing is known, and a name is whole');
  }
  await q.getByRole('link', {name: '#quiet corner', exact: true}).click();
  await q.waitForURL(`**/g/${s.quiet.id}`);
  await q.getByRole('heading', {level: 1, name: 'Quiet corner'}).waitFor();
  for (const page of [p, q]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('a report reaches those who let people in, who hide the message', {skip, timeout: 120_000}, async () => {
  const p = await open(b), q = await open(b);
  for (const [page, node] of [[p, s.asha], [q, s.budi]]) await signIn(page, node);
  await s.asha.api('POST', `/groups/${s.food.id}/messages`, {text: 'Buy cheap watches'});
  await q.goto(`${s.budi.url}/c/${s.com.id}/g/${s.food.id}`);
  const bad = q.getByRole('log').getByRole('article', {name: /^Asha/}).filter({hasText: 'cheap watches'});
  await bad.hover();
  await bad.getByRole('button', {name: 'More'}).click();
  await q.getByRole('menuitem', {name: 'Report'}).click();
  await q.getByLabel(/What is wrong/).fill('An advertisement');
  await q.getByRole('button', {name: 'Send the report'}).click();
  await q.getByText(/^Reported\./).waitFor();
  await q.getByRole('dialog').getByRole('button', {name: 'Done'}).click();

  await p.goto(`${s.asha.url}/c/${s.com.id}/admin/overview`);
  await p.getByText('2 reports are open').waitFor();
  await p.getByRole('navigation', {name: 'Manage community'}).getByRole('link', {name: 'Reports'}).click();
  const one = p.getByRole('article').filter({hasText: 'An advertisement'}), other = p.getByRole('article').filter({hasText: 'telephone numbers'});
  await one.getByText('Buy cheap watches').waitFor();
  await one.getByRole('button', {name: 'Nothing to do'}).click();
  await one.waitFor({state: 'detached'});
  await other.getByRole('button', {name: 'Hide the message'}).click();
  await p.getByText('Nothing is reported').waitFor();
  const states = (await s.asha.api('GET', `${base}/reports`)).items.map((r) => r.state).sort();
  assert.deepEqual(states, ['dismissed', 'resolved']);
  await q.getByRole('log').getByText('A moderator hid this message').waitFor();
  for (const page of [p, q]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('what may call somebody, and what others learn', {skip, timeout: 60_000}, async () => {
  const p = await open(b);
  await signIn(p, s.asha);
  await p.goto(`${s.asha.url}/settings/notifications`);
  await p.getByRole('listitem').filter({hasText: 'Food relief'}).getByRole('radio', {name: 'Only @ me'}).check();
  await until(async () => (await s.asha.api('GET', `/groups/${s.food.id}/notifications`)).level === 'mentions', 'the level');
  await p.goto(`${s.asha.url}/c/${s.com.id}/g/${s.food.id}`);
  await p.getByRole('button', {name: 'Group menu'}).click();
  await p.getByRole('menuitem', {name: 'Notifications'}).click();
  assert.ok(await p.getByRole('radio', {name: 'Only @ me'}).isChecked(), 'the menu of the group says the same');
  await p.goto(`${s.asha.url}/settings/privacy`);
  const box = p.getByRole('checkbox', {name: /Tell how far I have read/});
  const was = await box.isChecked();
  assert.equal(was, (await s.asha.api('GET', '/me/privacy')).read_receipts);
  await box.click();
  await until(async () => (await s.asha.api('GET', '/me/privacy')).read_receipts === !was, 'the choice');
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('an announcement waits for its time, or is taken back', {skip, timeout: 120_000}, async () => {
  const p = await open(b);
  await signIn(p, s.asha);
  await p.goto(`${s.asha.url}/c/${s.com.id}/announcements`);
  const wait = p.getByRole('region', {name: 'Waiting for their time'});
  await wait.getByText('The health camp is').waitFor();
  await wait.getByText(/only while Pandal runs here/).waitFor();
  await p.getByRole('button', {name: 'At once'}).click();
  const when = p.getByLabel('Day and time');
  await when.fill('2020-01-01T10:00');
  assert.ok(await p.getByRole('dialog').getByRole('button', {name: 'Schedule'}).isDisabled(), 'a time that is past');
  await when.fill(new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 16));
  await p.getByRole('dialog').getByRole('button', {name: 'Schedule'}).click();
  await p.getByRole('dialog').waitFor({state: 'detached'}); // it gives the focus back
  await p.getByRole('textbox', {name: 'Announce'}).fill('Happy new year!');
  await p.getByRole('textbox', {name: 'Announce'}).press('Enter');
  await wait.getByText('Happy new year!').waitFor();
  assert.equal(await p.getByRole('feed').getByRole('article').filter({hasText: 'Happy new year!'}).count(), 0, 'it is not out yet');
  await wait.getByRole('listitem').filter({hasText: 'Happy new year!'}).getByRole('button', {name: /Take back/}).click();
  await wait.getByText('Happy new year!').waitFor({state: 'detached'});
  assert.equal((await s.asha.api('GET', `${base}/announcements/scheduled`)).items.length, 1);
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('an announcement goes out at its time while the page is open', {skip, timeout: 120_000}, async () => {
  const p = await open(b), q = await open(b);
  for (const [page, node] of [[p, s.asha], [q, s.budi]]) {
    await signIn(page, node);
    await page.goto(`${node.url}/c/${s.com.id}/announcements`);
    await page.getByRole('feed').waitFor();
  }
  await s.asha.api('POST', `${base}/announcements/scheduled`, {text: 'The gates open now.', at: new Date(Date.now() + 4000).toISOString()});
  await p.reload();
  const wait = p.getByRole('region', {name: 'Waiting for their time'});
  await wait.getByText('The gates open now.').waitFor();
  assert.equal(await p.getByRole('feed').getByText('The gates open now.').count(), 0, 'it is not out yet');
  for (const page of [p, q]) await page.getByRole('feed').getByText('The gates open now.').waitFor();
  await wait.getByText('The gates open now.').waitFor({state: 'detached'});
  const legend = p.getByRole('feed').getByRole('article').filter({hasText: 'The gates open now.'}).locator('.key');
  assert.ok(await legend.evaluate((e) => e.clientWidth >= e.scrollWidth && e.clientWidth > 200), 'the words below the bar are seen');
  assert.ok(!(await s.asha.api('GET', `${base}/announcements/scheduled`)).items.some((a) => a.text.includes('gates')));
  for (const page of [p, q]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('a person is reported on their sheet, and only those who let people in learn of it', {skip, timeout: 120_000}, async () => {
  const p = await open(b), q = await open(b);
  for (const [page, node] of [[p, s.asha], [q, s.budi]]) await signIn(page, node);
  await q.goto(`${s.budi.url}/c/${s.com.id}/members`);
  await q.getByRole('main').getByRole('button', {name: /Asha Rao/}).click();
  const sheet = q.getByRole('dialog', {name: 'Asha Rao'});
  await sheet.getByRole('button', {name: /Report/}).click();
  await q.getByLabel(/What is wrong/).fill('She calls at night');
  await q.getByRole('button', {name: 'Send the report'}).click();
  await q.getByText(/^Reported\./).waitFor();

  await p.goto(`${s.asha.url}/c/${s.com.id}/admin/reports`);
  const one = p.getByRole('article').filter({hasText: 'She calls at night'});
  await one.waitFor();
  assert.equal(await one.getByRole('button', {name: 'Hide the message'}).count(), 0, 'a person has no message to hide');
  await one.getByRole('button', {name: 'Done'}).or(one.getByRole('button', {name: 'Nothing to do'})).first().click();
  await one.waitFor({state: 'detached'});
  const [kept] = (await s.asha.api('GET', `${base}/reports`)).items.filter((r) => r.reason === 'She calls at night');
  assert.equal(kept.message_id, null);
  for (const page of [p, q]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('notices of somebody who is blocked are folded', {skip, timeout: 60_000}, async () => {
  const q = await open(b);
  await signIn(q, s.budi);
  const asha = (await s.budi.api('GET', `${base}/members`)).items.find((m) => m.display_name === 'Asha Rao');
  await s.budi.api('PUT', `/me/blocks/${asha.id}`);
  await q.goto(`${s.budi.url}/c/${s.com.id}/announcements`);
  await q.getByText('From somebody you blocked.').first().waitFor();
  assert.equal(await q.getByText('Water tanker comes').count(), 0);
  await q.getByRole('button', {name: 'Show'}).last().click();
  await q.getByText('Water tanker comes').waitFor();
  assert.deepEqual(q.faults, []);
});
