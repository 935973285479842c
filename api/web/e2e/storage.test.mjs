// What the page says of the room that things take, against what the node counts, and where it leads.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip} from './lib.mjs';

let b, asha, com;
before(async () => {
  if (skip) return;
  [b, asha] = await Promise.all([browser(), new Node('Asha').start()]);
});
after(async () => {
  await b?.close();
  await asha?.end();
});

test('storage: nothing yet, then each community with its groups, the largest first', {skip, timeout: 60_000}, async () => {
  const page = await open(b);
  await signIn(page, asha);
  await page.goto(`${asha.url}/settings/storage`);
  await page.getByRole('heading', {name: 'Nothing is kept yet'}).waitFor();
  for (const name of ['Sunrise', 'Harbour']) await asha.community(name, 'Asha');
  const [small, large] = (await asha.api('GET', '/communities')).items; // in the node's order the larger comes last
  com = {...large, general: (await asha.api('GET', `/communities/${large.id}/groups`)).items.find((g) => g.kind === 'chat')};
  for (let i = 0; i < 3; i++) await asha.api('POST', `/groups/${com.general.id}/messages`, {text: 'mango '.repeat(5000)});
  await page.reload();
  const s = await asha.api('GET', `/communities/${com.id}/storage`);
  const near = (text, bytes) => { // what is told of grows a little while it is looked at
    const shown = Number(text.match(/(\d+) kB/)?.[1]) * 1e3;
    assert.ok(shown > bytes * 0.8 - 1e3 && shown < bytes * 1.2 + 1e3, `${text}, the node says ${bytes} bytes`);
  };
  near(await page.getByRole('heading', {name: /^Pandal takes .* on this computer$/}).textContent(), s.file_bytes);
  const shares = page.locator('main section[aria-labelledby]');
  const first = await shares.nth(0).locator('h2').textContent();
  assert.match(first, new RegExp(large.name));
  near(first, s.bytes);
  assert.match(await shares.nth(1).locator('h2').textContent(), new RegExp(small.name));
  const row = shares.nth(0).locator('li').first();
  assert.match(await row.textContent(), /General3 messages · since .*\d{4}/);
  near(await row.locator('.nw').textContent(), s.groups.find((g) => g.group_id === com.general.id).bytes);
  await row.getByRole('link').click();
  await page.waitForURL(`**/c/${com.id}/g/${com.general.id}/about`);
  await page.goBack();
  assert.equal(await shares.nth(0).getByRole('link', {name: 'Forget it on this computer'}).getAttribute('href'), `/c/${com.id}/admin/danger`);
  await page.getByRole('radio', {name: 'Low data'}).click();
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
  assert.equal((await asha.api('GET', '/network')).mode, 'low_data');
  await page.getByText('Since Pandal was started').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
