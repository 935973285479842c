// The figures of a community: what a node of two people may show (nothing of anybody), what one of many shows, and who decides that they count.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until} from './lib.mjs';

let b, n, com;
before(async () => {
  if (skip) return;
  [b, n] = await Promise.all([browser(), new Node('Asha').start()]);
  com = await n.community('Sunrise Ward', 'Asha');
});
after(async () => {
  await b?.close();
  await n?.end();
});

test('few people are told of nobody, and each says for themselves whether they count', {skip, timeout: 60_000}, async () => {
  const p = await open(b);
  await signIn(p, n);
  await p.goto(`${n.url}/c/${com.id}/admin/insights`);
  await p.getByRole('heading', {name: 'Nothing to show yet'}).waitFor();
  await p.getByText('at least 5 people').waitFor();
  assert.equal(await p.locator('.chart').count(), 0, 'no chart of nothing');
  await p.getByRole('main').getByRole('link', {name: 'You in this community'}).click();
  const box = p.getByRole('checkbox', {name: /Let what I do count/});
  assert.equal(await box.isChecked(), false, 'nobody counts without a word');
  await box.check();
  await until(async () => (await n.api('GET', `/communities/${com.id}/insights/consent`)).on, 'the consent');
  await p.reload();
  await box.waitFor();
  await until(() => box.isChecked(), 'the same after a reload');
  await box.uncheck();
  await until(async () => !(await n.api('GET', `/communities/${com.id}/insights/consent`)).on, 'the consent taken back');
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

/** What a node of a larger community answers: one day is not shown, two days have announcements. */
const days = Array.from({length: 30}, (_, i) => ({
  day: new Date(Date.UTC(2026, 10, 1 + i)).toISOString().slice(0, 10), complete: true, groups: 4, of_groups: 6, members: 212,
  ...(i === 7 ? {} : {active: 12 + (i % 5), messages: 20 + ((i * 7) % 40)}), ...(i === 3 ? {reached: 181, expected: 212} : i === 20 ? {reached: 97, expected: 212} : {}),
}));
const large = {bucket: 'day', from: days[0].day, to: days[29].day, fewest_people: 5, coverage: {groups: 4, of_groups: 6, history_since: '2026-10-02', members: 212, opted_in: 60, text: ''}, days};

for (const how of [{width: 1440, height: 900}, {width: 375, height: 760, theme: 'dark'}, {width: 1440, height: 900, lang: 'ar', locale: 'ar'}]) {
  const name = `${how.width}${how.theme ? '-dark' : ''}${how.lang ? '-ar' : ''}`;
  test(`many people are counted, with a table beside each chart: ${name}`, {skip, timeout: 60_000}, async () => {
    const p = await open(b, {...how, context: {serviceWorkers: 'block'}});
    const asked = [];
    await p.route('**/insights?*', (r) => {
      asked.push(r.request().url());
      return r.fulfill({json: large});
    });
    await signIn(p, n);
    await p.goto(`${n.url}/c/${com.id}/admin/insights`);
    await p.locator('.chart').nth(1).waitFor();
    if (process.env.SHOTS) await p.screenshot({path: `${process.env.SHOTS}/insights-many-${name}.png`});
    const bars = (i, s) => p.locator('.chart').nth(i).locator(s).count();
    assert.equal(await bars(0, 'rect'), 29, 'a day that is not shown has no bar');
    assert.deepEqual([await bars(1, 'rect.of'), await bars(1, 'rect:not(.of)')], [2, 2]);
    const ends = await p.locator('.chart').first().evaluate((c) => [c.querySelector('rect'), [...c.querySelectorAll('rect')].at(-1), ...c.querySelectorAll('.ends span')].map((e) => e.getBoundingClientRect().left));
    assert.equal(ends[0] < ends[1], ends[2] < ends[3], 'the first bar is above the first day');
    if (!how.lang) {
      assert.match(await p.getByRole('img', {name: /Messages.*at most/}).getAttribute('aria-label'), /at most 59, on .*18/);
      await p.getByText('Show as a table').first().click();
      const row = p.getByRole('row').filter({hasText: 'Nov 8, 2026'});
      assert.deepEqual((await row.getByRole('cell').allInnerTexts()).map((s) => s.trim()), ['not shown', 'not shown', '212']);
      await p.getByRole('radio', {name: '14 days'}).check();
      await until(() => asked.length > 1 && new URL(asked.at(-1)).searchParams.get('from') > new URL(asked[0]).searchParams.get('from'), 'a later first day');
      await p.getByText('4 of 6').waitFor();
    }
    assert.ok(await p.evaluate(() => document.querySelector('main').scrollWidth <= document.querySelector('main').clientWidth + 1), 'no sideways scroll');
    assert.deepEqual(p.faults, []);
    await p.context().close();
  });
}
