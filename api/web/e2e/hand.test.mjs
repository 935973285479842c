// The owner's computer is gone: those whom the owner named give the community another one, in the page, by texts that they send each other.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until} from './lib.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let b, asha, budi, chen, com;
before(async () => {
  if (skip) return;
  [b, asha, budi, chen] = await Promise.all([browser(), new Node('Asha').start(), new Node('Budi').start(), new Node('Chen').start()]);
  com = await asha.community('Sunrise Ward', 'Asha');
  const {link} = await asha.api('POST', `/communities/${com.id}/invites`, {groups: [com.general.id]});
  await budi.join(link, 'Budi');
  await chen.join(link, 'Chen');
});
after(async () => {
  await b?.close();
  await Promise.all([asha, budi, chen].map((n) => n?.end()));
});

test('two who were named give the community a new owner', {skip, timeout: 120_000}, async (t) => {
  const p = await open(b), q = await open(b), r = await open(b);
  t.after(() => Promise.all([q, r].map((page) => page.context().close())));
  await signIn(p, asha);
  await p.goto(`${asha.url}/c/${com.id}/admin/danger`);
  for (const name of ['Budi', 'Chen']) await p.getByRole('checkbox', {name}).click();
  await p.getByRole('button', {name: 'Name these people'}).click();
  await p.getByText('2 of these 2 have to agree:').waitFor();
  for (const n of [budi, chen]) await until(async () => (await n.api('GET', `/communities/${com.id}/recovery`)).mine, 'who was named');
  assert.deepEqual(p.faults, []);
  await p.context().close();
  await asha.stop();

  for (const [page, n] of [[q, budi], [r, chen]]) {
    page.expected = ['400', '422']; // what is refused below
    await signIn(page, n);
    await page.goto(`${n.url}/c/${com.id}/me`);
    await page.getByRole('heading', {name: 'Hand the community on'}).waitFor();
  }
  const mine = q.getByRole('region', {name: 'Hand the community on'}), hers = r.getByRole('region', {name: 'Hand the community on'});
  await mine.getByText('Become the owner myself').click();
  await mine.getByRole('button', {name: 'Ask the others'}).click();
  const request = await mine.locator('pre').innerText();
  await mine.getByRole('button', {name: 'Become the owner', exact: true}).click();
  await mine.getByRole('alert').getByText(/1 of the 2/).waitFor(); // his own yes is not enough

  await hers.getByText('Somebody asks me to agree').click();
  const field = hers.getByLabel('Paste what they sent you');
  await field.fill(request.slice(0, -3));
  await hers.getByRole('button', {name: 'See who asks'}).click();
  await hers.getByRole('alert').getByText(/missing or changed/).waitFor();
  await field.fill(` ${request}\n`);
  await hers.getByRole('button', {name: 'See who asks'}).click();
  await hers.getByText(/Budi.* asks to become the owner of .*Sunrise Ward/).waitFor();
  assert.equal(await hers.locator('pre').count(), 0, 'nothing is signed before it is told for whom');
  await hers.getByRole('button', {name: 'I agree'}).click();
  const answer = await hers.locator('pre').innerText();
  assert.match(answer, /^PANDALSIGN1/);

  for (const page of [q, r]) { // all of it is open now
    await page.evaluate(axe);
    const {violations} = await page.evaluate(() => globalThis.axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}));
    assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(' | ')}`), []);
  }
  const answers = mine.getByLabel('Paste their answers, one below the other');
  await answers.fill(answer);
  await q.reload();
  await until(async () => (await answers.inputValue()) === answer, 'what was pasted, after the page was closed');
  await mine.getByRole('button', {name: 'Become the owner', exact: true}).click();
  await q.getByText('You are the owner now.').waitFor();
  await until(async () => (await chen.api('GET', `/communities/${com.id}/recovery`)).owner_id === (await budi.api('GET', `/communities/${com.id}`)).me_id, 'the new owner, at the others');
  assert.equal((await budi.api('GET', `/communities/${com.id}`)).role, 'owner');
  for (const page of [q, r]) assert.deepEqual(page.faults, []);
});
