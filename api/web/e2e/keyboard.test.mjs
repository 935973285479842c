// The way in, a message, a reaction, an invite and letting somebody in: by keyboard alone, and at every stop the focus can be seen.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until} from './lib.mjs';

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

/** Runs in the page: what is wrong with the focus, or nothing. */
function fault() {
  const e = document.activeElement;
  if (!e || e === document.body) return 'nothing has the focus';
  const what = `${e.tagName.toLowerCase()} "${(e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 40)}"`;
  let ring = false;
  for (let x = e, i = 0; x && i < 4; x = x.parentElement, i++) {
    const s = getComputedStyle(x);
    ring ||= s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
  }
  if (!ring) return `${what} shows no ring`;
  const r = e.getBoundingClientRect();
  const x = Math.min(Math.max(r.left + r.width / 2, 1), innerWidth - 1), y = Math.min(Math.max(r.top + Math.min(r.height / 2, 20), 1), innerHeight - 1);
  if (r.bottom < 0 || r.top > innerHeight || r.right < 0 || r.left > innerWidth) return `${what} is out of sight`;
  const hit = document.elementFromPoint(x, y);
  return hit && (e.contains(hit) || hit.contains(e) && hit !== document.body && hit !== document.documentElement) ? '' : `${what} is covered by ${hit?.tagName} ${hit?.className}`;
}

/** Presses a key until the focus is on an element, looking at each stop on the way. */
async function reach(p, target, key = 'Tab', most = 60) {
  await target.waitFor({state: 'attached'});
  for (let i = 0; i < most; i++) {
    if (await target.evaluate((e) => e === document.activeElement)) return;
    await p.keyboard.press(key);
    const at = await p.evaluate(() => document.activeElement !== document.body); // past the last stop the browser's own bar has it
    if (at) assert.equal(await p.evaluate(fault), '', `after ${i + 1} × ${key} on the way to ${target}`);
  }
  assert.fail(`${most} × ${key} do not lead to ${target}`);
}

const press = async (p, target, key = 'Enter', how = 'Tab') => {
  await reach(p, target, how);
  await p.keyboard.press(key);
};

test('a community begun, a message, a reaction, an invite and an approval, without a mouse', {skip, timeout: 180_000}, async () => {
  const p = await open(b), q = await open(b);
  await signIn(p, asha);
  await p.waitForFunction(() => document.activeElement?.id === 'name');
  await p.keyboard.type('Asha');
  await press(p, p.getByRole('button', {name: /Start a community/}));
  await p.waitForFunction(() => document.activeElement?.id === 'cname');
  await p.keyboard.type('Sunrise Ward');
  await press(p, p.getByRole('button', {name: 'Start it'}));
  const nav = p.getByRole('navigation', {name: 'Sunrise Ward'});
  await press(p, nav.getByRole('link', {name: /General/}));

  const box = p.getByRole('textbox', {name: /^Message/});
  await until(() => box.evaluate((e) => e === document.activeElement), 'the focus in the message box');
  await p.keyboard.type('Soup at six.');
  await p.keyboard.press('Enter');
  const said = p.getByRole('log').getByRole('article', {name: /^You/}).filter({hasText: 'Soup at six'});
  await said.getByText('Kept here').waitFor();
  await reach(p, said, 'Shift+Tab');
  await p.keyboard.press('+');
  await until(() => p.evaluate(() => document.activeElement?.textContent === '👍'), 'the focus on the first emoji');
  await p.keyboard.press('ArrowRight');
  await p.keyboard.press('ArrowRight');
  assert.equal(await p.evaluate(fault), '');
  await p.keyboard.press('Enter');
  await said.getByRole('button', {name: /🙏.*1/}).waitFor();
  assert.equal(await p.evaluate(fault), '', 'after the picker closed');
  assert.ok(await said.evaluate((e) => e.contains(document.activeElement)), 'the focus came back to the message');

  await p.keyboard.press('F6');
  assert.equal(await p.evaluate(fault), '', 'F6 leads to the next region');
  await press(p, nav.getByRole('button', {name: 'Community menu'}));
  await until(() => p.evaluate(() => document.activeElement?.getAttribute('role') === 'menuitem'), 'the focus in the menu');
  await p.keyboard.press('Escape');
  await until(() => nav.getByRole('button', {name: 'Community menu'}).evaluate((e) => e === document.activeElement), 'the focus back on the button');
  await p.keyboard.press('Enter');
  await reach(p, p.getByRole('menuitem', {name: 'Invite people'}), 'ArrowDown');
  await p.keyboard.press('Enter');
  await press(p, p.getByRole('checkbox', {name: /Somebody looks at each newcomer first/}), 'Space');
  await press(p, p.getByRole('button', {name: 'Make the invite'}));
  await press(p, p.getByRole('button', {name: 'Copy the link'}));
  await p.getByText('Copied').waitFor();
  const link = await p.evaluate(() => navigator.clipboard.readText());

  await signIn(q, budi);
  await q.waitForFunction(() => document.activeElement?.id === 'name');
  await q.keyboard.type('Budi');
  await q.keyboard.press('Enter');
  await reach(q, q.getByLabel('Paste the invite'));
  await q.keyboard.insertText(link);
  await q.getByRole('heading', {name: 'Sunrise Ward'}).waitFor();
  await press(q, q.getByRole('button', {name: /^Join /}));

  await press(p, nav.getByRole('link', {name: 'Home'}), 'Enter', 'Shift+Tab');
  await press(p, p.getByRole('link', {name: /1 person waits to join/}));
  await press(p, p.getByRole('button', {name: /Let in/}));
  await press(q, q.getByRole('link', {name: /General/}).first());
  await q.getByRole('log').getByText('Soup at six').or(q.getByRole('textbox', {name: /^Message/})).first().waitFor();
  assert.equal((await asha.api('GET', '/communities')).items[0].member_count, 2);
  for (const page of [p, q]) {
    assert.deepEqual(page.faults, []);
    await page.context().close(); // or it would read what is meant to stay unread
  }
});

test('shortcuts lead anywhere, are listed, and those of one letter can be off', {skip, timeout: 120_000}, async () => {
  const p = await open(b);
  await signIn(p, asha);
  const com = (await asha.api('GET', '/communities')).items[0];
  for (const name of ['Food relief', 'Quiet corner']) await asha.api('POST', `/communities/${com.id}/groups`, {name, open: true});
  const groups = (await asha.api('GET', `/communities/${com.id}/groups`)).items, id = (name) => groups.find((g) => g.name === name).id;
  await p.goto(`${asha.url}/c/${com.id}`);
  const list = p.getByRole('navigation', {name: com.name});
  await list.getByRole('link', {name: /Quiet corner/}).waitFor();

  await p.keyboard.press('Control+k');
  const jump = p.getByRole('combobox', {name: 'A group, a community or a person'});
  await until(() => jump.evaluate((e) => e === document.activeElement), 'the focus in the field');
  const chosen = () => p.getByRole('option', {selected: true}).innerText();
  const before = await chosen();
  await p.keyboard.press('ArrowDown');
  assert.notEqual(await chosen(), before, 'an arrow moves');
  await p.keyboard.press('ArrowUp');
  assert.equal(await chosen(), before);
  await p.keyboard.type('relief');
  assert.match(await chosen(), /Food relief/);
  assert.equal(await jump.getAttribute('aria-activedescendant'), `j-${id('Food relief')}`);
  await p.keyboard.press('Enter');
  await p.waitForURL(`**/g/${id('Food relief')}`);
  await until(() => p.getByRole('textbox', {name: /^Message.*Food relief/}).evaluate((e) => e === document.activeElement), 'the focus in the message box');
  await p.keyboard.press('Control+k');
  await p.keyboard.type('zeppelin');
  await p.getByText('Nothing here is called that.').waitFor();
  await p.keyboard.press('Escape');
  await jump.waitFor({state: 'detached'});

  const rows = await list.getByRole('link').evaluateAll((all) => all.map((a) => a.getAttribute('href')).filter((h) => /announcements$|\/g\//.test(h)));
  const here = () => new URL(p.url()).pathname;
  const at = rows.indexOf(here());
  await p.keyboard.press('Alt+ArrowDown');
  await p.waitForURL(`**${rows[(at + 1) % rows.length]}`); // the address is heard of a moment after the key
  await p.keyboard.press('Alt+ArrowUp');
  await p.keyboard.press('Alt+ArrowUp');
  await p.waitForURL(`**${rows[(at - 1 + rows.length) % rows.length]}`);

  await p.goto(`${asha.url}/c/${com.id}/members`); // nothing is read here
  const general = groups.find((g) => g.name === 'General');
  const theirs = (await budi.api('GET', '/communities')).items[0];
  await until(async () => (await budi.api('GET', `/communities/${theirs.id}/groups`)).items.find((g) => g.id === general.id)?.joined, 'Budi in the group');
  await budi.api('POST', `/groups/${general.id}/messages`, {text: 'Anybody here?'});
  await list.getByRole('link', {name: /General.*1 unread/}).waitFor();
  await p.keyboard.press('Alt+Shift+ArrowDown');
  await p.waitForURL(`**/g/${general.id}`);
  const said = p.getByRole('log').getByRole('article').filter({hasText: 'Anybody here?'});
  await said.waitFor();

  await p.keyboard.press('Control+/');
  const help = p.getByRole('dialog', {name: 'Keyboard shortcuts'});
  await help.getByText('Answer', {exact: true}).waitFor();
  await help.getByRole('link', {name: 'Keyboard'}).press('Enter');
  await p.getByRole('checkbox', {name: /Shortcuts of a single letter/}).uncheck();
  await p.getByRole('heading', {name: 'Keyboard', exact: true}).focus().catch(() => {});
  await p.keyboard.press('?');
  assert.equal(await help.count(), 0, 'nor does a question mark');
  await p.keyboard.press('Control+/');
  await help.getByText('Shortcuts of a single letter are off.').waitFor();
  assert.equal(await help.getByText('Answer', {exact: true}).count(), 0);
  await p.keyboard.press('Escape');
  await p.goto(`${asha.url}/c/${com.id}/g/${general.id}`);
  await said.focus();
  await p.keyboard.press('r');
  assert.equal(await p.getByText(/^Answer to/).count(), 0, 'a letter does nothing');
  await p.evaluate(() => localStorage.removeItem('prefs'));
  await p.reload();
  await said.focus();
  await p.keyboard.press('r');
  await p.locator('.context').waitFor();
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('a message is changed and deleted by a key, and every key can be another', {skip, timeout: 120_000}, async () => {
  const p = await open(b);
  await signIn(p, asha);
  const com = (await asha.api('GET', '/communities')).items[0];
  const second = await asha.community('Second Ward', 'Asha');
  const general = (await asha.api('GET', `/communities/${com.id}/groups`)).items.find((g) => g.name === 'General');
  const said = await asha.api('POST', `/groups/${general.id}/messages`, {text: 'Soup at seven.'});
  await p.goto(`${asha.url}/c/${com.id}/g/${general.id}`);
  const m = p.locator(`[id="${said.id}"]`);
  await m.focus();
  await p.keyboard.press('e');
  const box = p.locator('.cp textarea');
  await until(() => box.inputValue().then((v) => v === 'Soup at seven.'), 'the words in the box', 10_000);
  await until(() => box.evaluate((e) => e === document.activeElement), 'the focus in the box');
  await p.keyboard.type(' Or eight.');
  await p.keyboard.press('Enter');
  await until(async () => (await asha.api('GET', `/messages/${said.id}`)).text.includes('Or eight.'), 'the new words');
  await m.focus();
  await p.keyboard.press('Delete');
  await p.getByRole('dialog', {name: 'Delete this message for everybody?'}).waitFor();
  await p.keyboard.press('Escape');
  await until(() => m.evaluate((e) => e.contains(document.activeElement)), 'the focus back on the message');
  assert.equal((await asha.api('GET', `/messages/${said.id}`)).deleted, null, 'Esc deletes nothing');
  await m.focus();
  await p.keyboard.press('Delete');
  await press(p, p.getByRole('dialog').getByRole('button', {name: 'Delete for everybody'}));
  await until(async () => (await asha.api('GET', `/messages/${said.id}`)).deleted, 'the message gone');
  await p.locator('dialog').waitFor({state: 'detached'}); // the node is through before the page is

  await p.keyboard.press('Control+2');
  await p.waitForURL(`**/c/${second.id}`);
  await p.keyboard.press('Control+1');
  await p.waitForURL(`**/c/${com.id}`);
  await p.locator('main').focus();
  await p.keyboard.press('?');
  await p.getByRole('dialog', {name: 'Keyboard shortcuts'}).getByRole('link', {name: 'Keyboard'}).click();
  await p.waitForURL('**/settings/keyboard');

  const row = (name) => p.getByRole('listitem').filter({hasText: name});
  await row('Go to a group, a community or a person').getByRole('button', {name: /^Change/}).click();
  await p.keyboard.press('x');
  await p.getByText(/X\W* alone could no longer be typed/).waitFor();
  await p.keyboard.press('Control+f');
  await p.getByText(/Ctrl F\W* is taken already: \W*Search here/).waitFor();
  await p.keyboard.press('Control+c');
  await p.getByText(/Ctrl C\W* has its own meaning/).waitFor();
  await p.keyboard.press('Control+j');
  await row('Go to a group, a community or a person').getByText('J', {exact: true}).waitFor();
  await row('Answer').getByRole('button', {name: /^Change/}).click();
  await p.keyboard.press('a');
  await row('Answer').getByText('A', {exact: true}).waitFor();
  await row('The next part of the screen').getByRole('button', {name: /^Off/}).click();
  await row('The next part of the screen').getByText('No key').waitFor();
  await row('The next part of the screen').getByRole('button', {name: /^On/}).waitFor();
  assert.ok(await row('The next part of the screen').getByRole('button', {name: /^On/}).evaluate((e) => e === document.activeElement), 'the focus stays');

  const nine = row('The first to the ninth community');
  assert.equal(await nine.getByRole('button', {name: /^Change/}).count(), 0, 'nine keys are not changed by one');
  await nine.getByText('1…9', {exact: true}).waitFor();
  await nine.getByRole('button', {name: /^Off/}).click();
  await nine.getByText('No key').waitFor();
  await p.keyboard.press('Control+2');
  await p.keyboard.press('Alt+ArrowDown'); // whatever went before is done when this is
  await p.waitForURL((u) => u.pathname.startsWith(`/c/${com.id}/`));
  await p.goBack();
  await p.waitForURL('**/settings/keyboard');
  await nine.getByRole('button', {name: /^On/}).click();
  await nine.getByText('1…9', {exact: true}).waitFor();

  await budi.api('POST', `/groups/${general.id}/messages`, {text: 'Who brings bread?'});
  await p.goto(`${asha.url}/c/${com.id}/g/${general.id}`);
  const asked = p.getByRole('log').getByRole('article').filter({hasText: 'Who brings bread?'});
  await asked.focus();
  await p.keyboard.press('r');
  assert.equal(await p.locator('.context').count(), 0, 'the old key does nothing');
  await p.keyboard.press('a');
  await p.locator('.context').waitFor();
  await p.keyboard.press('Control+k');
  assert.equal(await p.getByRole('dialog').count(), 0);
  await p.keyboard.press('Control+j');
  await p.getByRole('combobox', {name: 'A group, a community or a person'}).waitFor();
  await p.keyboard.press('Escape');
  await p.keyboard.press('Control+/');
  const help = p.getByRole('dialog', {name: 'Keyboard shortcuts'});
  await help.getByText('J', {exact: true}).waitFor();
  assert.equal(await help.getByText('The next part of the screen').count(), 0, 'what has no key is not listed');
  await p.keyboard.press('Escape');
  await p.goto(`${asha.url}/settings/keyboard`);
  await p.getByRole('button', {name: 'All as they were'}).click();
  await row('Answer').getByText('R', {exact: true}).waitFor();
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('Esc marks the open group as read where it closes nothing', {skip, timeout: 90_000}, async () => {
  const p = await open(b);
  await signIn(p, asha);
  const com = (await asha.api('GET', '/communities')).items.find((c) => c.name === 'Sunrise Ward'), path = `/communities/${com.id}/groups`;
  const general = (await asha.api('GET', path)).items.find((g) => g.name === 'General');
  await p.goto(`${asha.url}/c/${com.id}/members`); // nothing is read here
  for (let i = 1; i <= 8; i++) await budi.api('POST', `/groups/${general.id}/messages`, {text: `List ${i}\n${'rice\n'.repeat(12)}`});
  const told = [];
  p.on('request', (r) => r.method() === 'PUT' && r.url().endsWith('/read') && told.push(r.postDataJSON().up_to));
  await until(async () => (await asha.api('GET', `/groups/${general.id}`)).last_message.text.startsWith('List 8'), 'all of them');
  const link = p.getByRole('navigation', {name: com.name}).getByRole('link', {name: /General.*[89] unread/});
  await link.click();
  const box = p.getByRole('textbox', {name: /^Message.*General/});
  await until(() => box.evaluate((e) => e === document.activeElement), 'the focus in the message box');
  await p.getByRole('log').getByText('List 1', {exact: false}).first().waitFor();
  const still = async (what) => {
    await p.keyboard.press('Escape');
    await p.evaluate(() => new Promise((done) => setTimeout(done)));
    assert.deepEqual(told, [], `Esc closes ${what} and does nothing else`);
  };
  await p.keyboard.press('Control+/');
  await p.getByRole('dialog').waitFor();
  await still('a dialog');
  await p.getByRole('button', {name: 'Group menu'}).press('Enter');
  await p.getByRole('menuitem').first().waitFor();
  await still('a menu');
  await box.focus();
  await box.pressSequentially('#fo');
  await p.getByRole('listbox').waitFor();
  await still('a list');
  await box.fill('');
  await p.keyboard.press('ArrowUp');
  await p.locator('.context').waitFor();
  await still('an edit');
  await p.locator('.context').waitFor({state: 'detached'});
  await p.getByRole('log').getByRole('article').filter({hasText: 'List 1'}).focus();
  await p.keyboard.press('t');
  const thread = p.getByRole('complementary', {name: 'Thread'});
  await until(() => thread.getByRole('textbox').evaluate((e) => e === document.activeElement), 'the focus in the thread');
  await still('a thread');
  await thread.waitFor({state: 'detached'});
  await p.keyboard.press('Escape');
  await p.getByRole('status').filter({hasText: 'Marked as read'}).waitFor();
  await link.waitFor({state: 'detached'});
  const g = await asha.api('GET', `/groups/${general.id}`);
  assert.deepEqual([g.unread, told], [0, [g.last_message.id]]);
  assert.deepEqual(p.faults, []);
  await p.context().close();
});
