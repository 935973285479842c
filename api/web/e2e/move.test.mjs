// A group that goes on in another community of the tree: who moves it, who goes along, and who is told.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {browser, Node, open, signIn, skip, until} from './lib.mjs';

test('a group moves from the school to the class', {skip, timeout: 120_000}, async () => {
  const [b, asha, budi, chen] = await Promise.all([browser(), new Node('asha').start(), new Node('budi').start(), new Node('chen').start()]);
  try {
    const school = await asha.community('School', 'Asha');
    const link = (await asha.api('POST', `/communities/${school.id}/invites`, {})).link;
    await Promise.all([budi.join(link, 'Budi'), chen.join(link, 'Chen')]);
    const p = await open(b);
    await signIn(p, asha);
    await p.goto(`${asha.url}/c/${school.id}/admin/groups`);
    await p.getByRole('link', {name: 'Start one under this'}).click();
    await p.getByRole('heading', {name: /^A community under .*School/}).waitFor();
    if (process.env.SHOTS) await p.screenshot({path: `${process.env.SHOTS}/below-new.png`});
    await p.getByLabel('What is it called?').fill('Class');
    await p.getByRole('button', {name: 'Start it'}).click();
    await p.getByRole('link', {name: /^Part of .*School/}).click();
    await p.getByRole('heading', {name: 'Communities under this one'}).waitFor();
    if (process.env.SHOTS) await p.screenshot({path: `${process.env.SHOTS}/below-home.png`});
    await p.getByRole('main').getByRole('link', {name: 'Class'}).click();
    await p.getByRole('link', {name: /^Part of .*School/}).waitFor();
    const klass = (await asha.api('GET', '/communities')).items.find((c) => c.name === 'Class');
    assert.equal(klass.parent_id, school.id);
    await budi.join((await asha.api('POST', `/communities/${klass.id}/invites`, {})).link, 'Budi');
    const people = (await asha.api('GET', `/communities/${school.id}/members`)).items.filter((m) => !m.me).map((m) => m.id);
    const trips = await asha.api('POST', `/communities/${school.id}/groups`, {name: 'Trips', members: people});
    for (const n of [budi, chen]) await until(async () => (await n.api('GET', `/communities/${school.id}/groups`)).items.some((g) => g.id === trips.id && g.joined), 'the group');
    await asha.api('POST', `/groups/${trips.id}/messages`, {text: 'To the sea.'});

    const [q, r] = [await open(b, {width: 375, height: 812, theme: 'dark'}), await open(b, {lang: 'ar'})];
    await Promise.all([signIn(q, budi), signIn(r, chen)]);
    await q.goto(`${budi.url}/c/${school.id}/g/${trips.id}`);
    await r.goto(`${chen.url}/c/${school.id}/g/${trips.id}`);
    for (const page of [q, r]) await page.getByRole('log').getByText('To the sea.').waitFor();
    await q.getByRole('textbox', {name: /^Message/}).waitFor();

    await p.goto(`${asha.url}/c/${school.id}/g/${trips.id}/about`);
    await p.getByRole('button', {name: 'Move to another community'}).click();
    const box = p.getByRole('dialog', {name: /^Move .*Trips/});
    await box.waitFor();
    assert.deepEqual(await box.getByLabel('To which community').locator('option').allTextContents(), ['Class']);
    await box.getByRole('button', {name: 'Move to another community'}).click();
    await box.getByText(/It goes on in .*Class.*, with 2 members/).waitFor();
    await box.getByText(/1 member is not in .*Class.* and stays behind/).waitFor();
    if (process.env.SHOTS) await p.screenshot({path: `${process.env.SHOTS}/move-done.png`});
    await box.getByRole('link', {name: /^Open it in .*Class/}).click();
    await p.getByRole('log').getByText('moved this group here from another community').waitFor();

    // who is in both is led to where it goes on, and back to what was said
    await q.getByText(/This group goes on in .*Class/).waitFor();
    if (process.env.SHOTS) await q.screenshot({path: `${process.env.SHOTS}/move-old.png`});
    assert.equal(await q.getByRole('textbox', {name: /^Message/}).count(), 0, 'nobody writes in the group of old');
    await q.getByRole('link', {name: /^Open it in .*Class/}).click();
    await q.getByRole('textbox', {name: /^Message/}).fill('By bus.');
    await q.keyboard.press('Enter');
    await p.getByRole('log').getByText('By bus.').waitFor();
    await q.getByRole('link', {name: /^Open it in .*School/}).click();
    await q.getByRole('log').getByText('To the sea.').waitFor();

    // who is not in the class reads that it went, and has no way there
    await r.getByText('تستمر هذه المجموعة في مجتمع آخر').waitFor();
    if (process.env.SHOTS) await r.screenshot({path: `${process.env.SHOTS}/move-behind.png`});
    assert.equal(await r.locator('main a', {hasText: 'افتحها'}).count(), 0);
    assert.ok(await r.getByRole('log').getByText('To the sea.').isVisible());

    // once he is in the class, it is moved once more, and he is there
    await chen.join((await asha.api('POST', `/communities/${klass.id}/invites`, {})).link, 'Chen');
    await until(async () => (await asha.api('GET', `/communities/${klass.id}`)).member_count === 3, 'Chen in the class');
    await p.goto(`${asha.url}/c/${school.id}/g/${trips.id}/about`);
    await p.getByRole('button', {name: 'Move to another community'}).click();
    await box.getByRole('button', {name: 'Move to another community'}).click();
    await box.getByText(/with 3 members/).waitFor();
    await r.locator('main a', {hasText: 'افتحها'}).click();
    await r.getByRole('log').getByText('By bus.').waitFor();
    for (const page of [p, q, r]) assert.deepEqual(page.faults, []);
  } finally {
    await b.close();
    await Promise.all([asha, budi, chen].map((n) => n.end()));
  }
});
