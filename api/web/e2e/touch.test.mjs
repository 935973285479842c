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

    // The keyboard comes up: what was last said is still there to be answered.
    const end = () => thanks.evaluate((e) => e.getBoundingClientRect().bottom <= e.closest('.log').getBoundingClientRect().bottom);
    await until(end, 'the end of the group', 10_000);
    await p.setViewportSize({width, height: 420});
    await until(end, 'the end of the group, above the keyboard', 10_000);
    await p.setViewportSize({width, height});
    await until(end, 'the end of the group, the keyboard gone', 10_000);

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
    await until(end, 'the end of the group, above what is answered', 10_000);
    await p.getByRole('button', {name: w('Cancel')}).tap();
    await p.locator('.context').waitFor({state: 'detached'});
    assert.ok(await focused(box), 'the keyboard went away from under a draft');

    // Enter begins a line where no key is held beside it; the button sends, and the keyboard stays for what comes next.
    const two = `First line ${lang}\nsecond line`;
    await p.keyboard.type(two.split('\n')[0]);
    await p.keyboard.press('Enter');
    await p.keyboard.type(two.split('\n')[1]);
    assert.equal(await box.inputValue(), two);
    assert.equal(await box.getAttribute('enterkeyhint'), 'enter');
    await p.getByRole('button', {name: w('Send'), exact: true}).tap();
    await until(async () => (await asha.api('GET', `/groups/${group.id}/messages`)).items.some((m) => m.text === two), 'both lines');
    assert.ok(await focused(box), 'the keyboard goes away after each message');

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

test('what opens over a short screen is all within reach', {skip, timeout: 60_000}, async (t) => {
  const p = await open(b, {width: 640, height: 360, ...by}); // a phone lying down
  t.after(() => p.context().close());
  p.setDefaultTimeout(10_000);
  /** That a finger reaches what it opened: in sight, or by scrolling what it is in. */
  const reach = async (all, what) => {
    await until(async () => await all.count() > 3, what, 10_000);
    for (const e of await all.all()) {
      await e.evaluate((x) => x.scrollIntoView({block: 'nearest'}));
      const top = await e.evaluate((x) => {
        const r = x.getBoundingClientRect();
        return x.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2));
      });
      assert.ok(top, `${what}: ${await e.innerText()}`);
    }
  };
  await signIn(p, asha);
  await p.goto(`${asha.url}/c/${com.id}`);
  await p.locator('.canopy [aria-haspopup=menu]:visible').first().tap();
  await reach(p.locator('.menu:popover-open [role=menuitem]'), 'the menu of the community');
  await p.keyboard.press('Escape');

  await p.goto(`${asha.url}/c/${com.id}/announcements`);
  await p.locator('.cp textarea').tap();
  await p.locator('.cp textarea').fill('Soup\nat\nsix\nBring\nbowls'); // as tall as it can be
  await p.keyboard.type(' :he');
  await reach(p.getByRole('option'), 'what completes an announcement');
  await p.getByRole('listbox').evaluate((e) => e.scrollTo(0, 0));
  await p.keyboard.press('ArrowUp');
  const last = p.getByRole('option', {selected: true});
  await until(() => last.evaluate((e) => {
    const r = e.getBoundingClientRect(), l = e.parentElement.getBoundingClientRect();
    return !e.nextElementSibling && r.bottom <= l.bottom && r.top >= l.top;
  }), 'the last one, in sight');
  await p.locator('.cp textarea').fill('');

  // The tools of the first message of a thread stand above it, and nothing goes sideways for them.
  await p.setViewportSize({width: 375, height: 420});
  await p.goto(`${asha.url}/c/${com.id}/g/${group.id}/thread/${short.id}`);
  const thread = p.locator('.thread');
  await thread.locator('article .b').first().tap({position: {x: 16, y: 10}});
  await until(() => thread.locator('.tb').first().evaluate((e) => getComputedStyle(e).opacity === '1'), 'the tools');
  const [bar, edge, sideways] = await thread.evaluate((e) => [e.querySelector('.tb').getBoundingClientRect().top, e.getBoundingClientRect().top, e.scrollWidth - e.clientWidth]);
  assert.ok(bar >= edge, `tools at ${bar}, cut at ${edge}`);
  assert.equal(sideways, 0, 'the thread goes sideways');
  assert.deepEqual(p.faults, []);
});

test('one touch, or a slip, ends nothing for everybody and loses nothing', {skip, timeout: 60_000}, async (t) => {
  const p = await open(b, {width: 820, height: 1180, ...by});
  t.after(() => p.context().close());
  p.setDefaultTimeout(10_000);
  await signIn(p, asha);
  await p.goto(`${asha.url}/c/${com.id}/g/${group.id}`);
  await p.getByRole('button', {name: 'Add a poll or an event'}).tap();
  await p.getByRole('menuitem', {name: 'Poll'}).tap();
  const making = p.getByRole('dialog', {name: 'Poll'}), question = making.getByLabel('What do you want to know?');
  await question.fill('What first?');
  // Words are marked from inside, past the edge of what is open.
  const r = await question.boundingBox();
  await p.mouse.move(r.x + 60, r.y + r.height / 2);
  await p.mouse.down();
  await p.mouse.move(4, r.y + r.height / 2, {steps: 4});
  await p.mouse.up();
  assert.equal(await question.inputValue(), 'What first?', 'what was begun is lost');
  await making.getByRole('textbox', {name: 'Answer 1'}).fill('The lake');
  await making.getByRole('textbox', {name: 'Answer 2'}).fill('The lane');
  await making.getByRole('button', {name: 'Ask'}).tap();

  const poll = p.getByRole('group', {name: /What first/}), end = () => poll.getByRole('button', {name: 'End the poll'}).tap(), sure = p.getByRole('dialog', {name: 'End the poll'});
  await poll.getByText('The lake').tap();
  await end();
  await p.touchscreen.tap(8, 8); // outside
  await sure.waitFor({state: 'detached'});
  await poll.getByText('The lane').tap();
  await poll.getByRole('radio', {name: /The lane/, checked: true}).waitFor();
  await end();
  await sure.getByRole('button', {name: 'End the poll'}).tap();
  await poll.getByText('Ended').waitFor();
  assert.deepEqual(p.faults, []);
});
