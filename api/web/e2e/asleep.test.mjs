// A machine that sleeps: its node and its page stand still, the others go on, and afterwards everything is there once, without a reload.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until, watch} from './lib.mjs';

let b, asha, budi;
before(async () => {
  if (skip) return;
  [b, asha, budi] = await Promise.all([browser(), new Node('Asha').start(), new Node('Budi').start()]);
});
after(async () => {
  asha?.proc.kill('SIGCONT');
  await b?.close();
  await asha?.end();
  await budi?.end();
});

test('a machine that slept has everything once', {skip, timeout: 240_000}, async (t) => {
  const com = await asha.community('Sunrise Ward', 'Asha');
  const invite = await asha.api('POST', `/communities/${com.id}/invites`, {groups: [com.general.id]});
  await budi.join(invite.link, 'Budi');
  const p = await open(b);
  p.expected = ['ERR_CONNECTION', 'ERR_INCOMPLETE', 'ERR_NETWORK', 'ERR_EMPTY'];
  let streams = 0;
  p.context().on('request', (r) => {
    if (r.url().includes('/events?')) streams++;
  });
  await signIn(p, asha);
  const here = `${asha.url}/c/${com.id}/g/${com.general.id}`;
  const second = await p.context().newPage();
  second.expected = p.expected;
  watch(second, p.faults);
  const tabs = [p, second];
  for (const tab of tabs) await tab.goto(here);
  const say = (text) => budi.api('POST', `/groups/${com.general.id}/messages`, {text});
  await say('Before the night');
  for (const tab of tabs) await tab.getByRole('log').getByText('Before the night').waitFor();

  const hands = [];
  for (const tab of tabs) {
    const hand = await p.context().newCDPSession(tab);
    await hand.send('Page.setWebLifecycleState', {state: 'frozen'});
    hands.push(hand);
  }
  asha.proc.kill('SIGSTOP');
  const slept = Date.now();
  for (let i = 0; i < 5; i++) await say(`In the night ${i}`);
  await until(async () => (await budi.api('GET', `/communities/${com.id}`)).reachable === 0, 'Budi to miss Asha', 120_000);
  t.diagnostic(`asleep for ${Math.round((Date.now() - slept) / 1000)} s`);
  await say('Still dark');
  streams = 0;
  asha.proc.kill('SIGCONT');
  for (const hand of hands) await hand.send('Page.setWebLifecycleState', {state: 'active'});

  await say('Good morning');
  for (const tab of tabs) {
    await tab.getByRole('log').getByText('Good morning').waitFor({timeout: 60_000});
    for (const text of ['In the night 0', 'In the night 4', 'Still dark']) {
      await tab.getByRole('log').getByText(text).waitFor();
      assert.equal(await tab.getByRole('log').getByText(text).count(), 1, text);
    }
  }
  await p.getByRole('textbox', {name: /^Message/}).fill('Slept well');
  await p.keyboard.press('Enter');
  await until(async () => (await budi.api('GET', `/groups/${com.general.id}/messages?limit=5`)).items.filter((m) => m.text === 'Slept well').length === 1, 'an answer');
  await second.getByRole('log').getByText('Slept well').waitFor();
  assert.ok(streams <= 1, `${streams} streams`);
  assert.deepEqual(p.faults, []);
});
