// The page under a finger, which does not hover, covers what it touches, and has its keyboard on the screen.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until, words} from './lib.mjs';

const by = {context: {isMobile: true, hasTouch: true}};
let b, asha, budi, com, group, short;
before(async () => {
  if (skip) return;
  b = await browser();
  [asha, budi] = await Promise.all([new Node('Asha').start(), new Node('Budi').start()]);
  com = await asha.community('Sunrise Ward', 'Asha');
  group = com.general;
  await budi.join((await asha.api('POST', `/communities/${com.id}/invites`, {groups: [group.id]})).link, 'Budi');
  const say = (n, text, more = {}) => n.api('POST', `/groups/${group.id}/messages`, {text, ...more});
  for (let i = 0; i < 20; i++) await say(asha, `Line ${i} of many, so that there is something to scroll.`);
  await say(budi, 'Rice came.');
  short = await say(budi, 'Ok');
  await until(async () => (await asha.api('GET', `/groups/${group.id}/messages`)).items.find((m) => m.id === short.id), 'what Budi wrote');
  await say(asha, 'Thank you', {reply_to: short.id});
});
after(async () => {
  await b?.close();
  await Promise.all([asha, budi].map((n) => n?.end()));
});

for (const [lang, width, height] of [['en', 375, 760], ['ar', 1180, 820]]) {
  test(`messages under a finger: ${lang}, ${width}`, {skip, timeout: 60_000}, async (t) => {
    const w = words(lang);
    const p = await open(b, {width, height, lang, locale: lang, ...by});
    t.after(() => p.context().close());
    p.setDefaultTimeout(10_000);
    const ok = p.locator(`#${short.id}`), thanks = p.locator('article.m.me').filter({hasText: 'Thank you'});
    const box = p.getByRole('textbox', {name: w('Message {name}')});
    const focused = (e) => e.evaluate((x) => x === document.activeElement);
    /** Whose tools are to be seen. */
    const shown = () => p.locator('.tb').evaluateAll((all) => all.filter((x) => getComputedStyle(x).opacity !== '0').map((x) => x.closest('article').dataset.id));
    const touch = async (m) => {
      await m.locator('.b').tap({position: {x: 16, y: 10}});
      await until(() => focused(m), 'the message that was touched');
    };

    await signIn(p, asha);
    await p.goto(`${asha.url}/c/${com.id}`);
    await p.locator(`a[href$="${group.id}"]:visible`).first().tap();
    await thanks.waitFor();
    assert.equal(await p.evaluate(() => document.activeElement.tagName), 'MAIN', 'a keyboard comes up over what somebody came to read');
    assert.equal(await p.evaluate(() => getComputedStyle(document.documentElement).touchAction), 'manipulation', 'two touches in a row make the page larger');

    // All tools of the narrowest bubble can be reached.
    await touch(ok);
    for (const e of await ok.locator('.tb > button').all()) {
      const at = await e.boundingBox();
      assert.ok(at.x >= 0 && at.x + at.width <= width, `a tool at ${at.x}`);
    }
    await ok.locator('[data-act=react]').tap();
    await p.getByRole('dialog', {name: w('React')}).getByText('🙏').tap();
    await ok.getByRole('button', {name: /🙏/}).waitFor();
    await ok.getByRole('button', {name: /🙏/}).tap();
    await ok.getByRole('button', {name: /🙏/}).waitFor({state: 'detached'});

    // An answer: the box has the focus, and the tools are gone from the words that are answered.
    await touch(ok);
    await ok.locator('[data-act=reply]').tap();
    await until(() => focused(box), 'the box in which to answer');
    assert.deepEqual(await shown(), [], 'tools over what is answered');
    await p.getByRole('button', {name: w('Cancel')}).tap();
    await p.locator('.context').waitFor({state: 'detached'});
    assert.ok(await focused(box), 'the keyboard went away from under a draft');

    // What it answers: only the tools of the message that is gone to.
    await thanks.locator('.q').tap();
    await until(() => focused(ok), 'the message that was answered');
    assert.equal((await shown()).length, 1, 'tools of two messages');

    // The thread is there to be read first.
    await ok.locator('[data-act=thread]').tap();
    const thread = p.getByRole(width < 1120 ? 'dialog' : 'complementary').filter({has: p.getByRole('textbox', {name: w('Reply in the thread')})});
    await thread.waitFor();
    assert.ok(!(await focused(thread.getByRole('textbox'))), 'a keyboard comes up over the thread');
    await thread.getByRole('button', {name: w('Close')}).tap();
    await thread.waitFor({state: 'detached'});
    assert.deepEqual(p.faults, []);
  });
}
