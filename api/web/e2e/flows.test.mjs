// The ways that people go every day (ui.md, section 9), from an empty computer on: three nodes, each with its page, in English on a wide screen
// and in Arabic on a dark phone, where every name and message is in that language too.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until, watch, words} from './lib.mjs';

// Streams are counted by the browser's word, which does not tell of every request that a service worker lets by; e2e/shell.test.mjs is about the worker.
const ways = [
  {name: 'en, 1440, light', lang: 'en', look: {width: 1440, height: 900, context: {serviceWorkers: 'block'}}, asha: 'Asha', budi: 'Budi', dalia: 'Dalia', ward: 'Sunrise Ward', food: 'Food relief', soup: 'Soup at six, bring bowls.',
    came: 'I take twenty packets.', water: 'Water comes at five.', rice: 'Fifteen kilos of rice came.', asked: 'I will ask her.', told: 'I asked her: yes.', wrong: 'This was the wrong group.', inside: 'Only in the thread',
    clean: 'What should we clean first?', lake: 'The lake', lane: 'The lane', party: 'Lake clean-up', gate: 'East gate', later: 'Written while nobody was there', find: 'rice', note: 'I live in Lane 4.'},
  {name: 'ar, 375, dark', lang: 'ar', look: {width: 375, height: 760, theme: 'dark', lang: 'ar', locale: 'ar', context: {isMobile: true, hasTouch: true, serviceWorkers: 'block'}}, asha: 'عائشة', budi: 'بديع', dalia: 'داليا', ward: 'حي الشروق', food: 'إغاثة الطعام', soup: 'الحساء عند السادسة، أحضروا الأوعية.',
    came: 'آخذ عشرين علبة.', water: 'يصل الماء عند الخامسة.', rice: 'وصل خمسة عشر كيلو من الأرز.', asked: 'سأسألها.', told: 'سألتها: نعم.', wrong: 'هذه المجموعة الخطأ.', inside: 'في المناقشة فقط',
    clean: 'ماذا ننظف أولا؟', lake: 'البحيرة', lane: 'الزقاق', party: 'تنظيف البحيرة', gate: 'البوابة الشرقية', later: 'كتبت ولم يكن أحد هنا', find: 'الأرز', note: 'أسكن في الزقاق الرابع.'},
];

let b;
before(async () => {
  if (!skip) b = await browser();
});
after(() => b?.close());

for (const way of ways) {
  test(`every day: ${way.name}`, {skip, timeout: 300_000}, async (t) => {
    const w = words(way.lang);
    const [asha, budi, dalia] = await Promise.all([new Node().start(), new Node().start(), new Node().start()]);
    t.after(() => Promise.all([asha, budi, dalia].map((n) => n.end())));
    const p = await open(b, way.look), q = await open(b, way.look), r = await open(b, way.look);
    t.after(() => Promise.all([p, q, r].map((page) => page.context().close())));
    const narrow = way.look.width < 760;
    const box = (page) => page.getByRole('textbox', {name: w('Message {name}')});
    const say = async (page, text) => {
      await box(page).fill(text);
      await off(page, box(page));
    };
    /** Sends what stands in a box: by Enter, or where Enter begins a line by its button. */
    const off = (page, field, name = 'Send') => (narrow ? field.locator('xpath=ancestor::form').getByRole('button', {name: w(name), exact: true}).tap() : page.keyboard.press('Enter'));
    const log = (page) => page.getByRole('log');
    const said = (page, text) => log(page).getByRole('article').filter({hasText: text}).first();
    const side = (page) => page.getByRole(narrow ? 'dialog' : 'complementary'); // on a phone the side lies over the chat
    /** Comes near a message, as a hand does there, and takes one of the things to do with it. */
    const take = async (page, m, name) => {
      if (narrow) await m.locator('time').first().tap(); // neither what it answers, nor where its tools come up
      else await m.hover();
      await m.getByRole('button', {name: w(name)}).click();
    };
    const home = (page) => page.getByRole('link', {name: w('Back')}).or(page.getByRole('link', {name: w('Home')})).first().click();
    /** Goes where a row of the list of the community leads. On a phone the list is the home screen. */
    const to = async (page, name) => {
      if (narrow && !(await page.locator('.phone-list').isVisible())) await home(page);
      await page.getByRole('link', {name}).first().click();
    };
    const flow = async (name, work) => {
      try {
        await work();
      } catch (e) {
        e.message = `${name}: ${e.message}`;
        if (process.env.SHOTS) for (const [i, page] of [p, q, r].entries()) await page.screenshot({path: `${process.env.SHOTS}/fault-${way.lang}-${i}.png`}).catch(() => {});
        throw e;
      }
      for (const page of [p, q, r]) assert.deepEqual(page.faults, [], name);
    };
    let com, food;

    await flow('from an empty computer to a first message', async () => {
      const begun = Date.now();
      await signIn(p, asha);
      assert.equal(new URL(p.url()).hash, '', 'the code stayed in the address');
      assert.deepEqual(await p.evaluate(() => [document.documentElement.lang, document.documentElement.dir, getComputedStyle(document.documentElement).colorScheme]), [way.lang, way.lang === 'ar' ? 'rtl' : 'ltr', 'light dark']);
      await p.getByLabel(w('Your name')).fill(way.asha); // input 1
      await p.getByRole('button', {name: w.in('Start a community')}).click();
      await p.getByLabel(w('What is it called?')).fill(way.ward); // input 2
      await p.getByRole('button', {name: w('Start it')}).click();
      await p.waitForURL(/\/c\/com_/);
      await p.getByRole('link', {name: /General/}).first().click();
      await say(p, way.soup); // input 3
      await said(p, way.soup).getByText(w.in('Kept here')).waitFor();
      const took = Date.now() - begun;
      t.diagnostic(`${way.name}: first run to first message ${took} ms, 3 inputs`);
      assert.ok(took < 60_000, `${took} ms`);
      [com] = (await asha.api('GET', '/communities')).items;
      food = await asha.api('POST', `/communities/${com.id}/groups`, {name: way.food, open: true});
    });

    await flow('an invite, a way in, and a yes', async () => {
      await home(p);
      await p.getByRole('button', {name: w('Community menu')}).first().click();
      await p.getByRole('menuitem', {name: w('Invite people')}).click();
      await p.getByRole('checkbox', {name: new RegExp(way.food)}).check();
      await p.getByRole('checkbox', {name: w.in('Somebody looks at each newcomer first')}).check();
      await p.getByRole('button', {name: w('Make the invite')}).click();
      await p.getByRole('button', {name: w('Copy the link')}).click();
      await p.getByText(w('Copied')).waitFor();
      const link = await p.evaluate(() => navigator.clipboard.readText());
      for (const [page, node, name] of [[q, budi, way.budi], [r, dalia, way.dalia]]) {
        await signIn(page, node);
        await page.getByLabel(w('Your name')).fill(name);
        await page.keyboard.press('Enter');
        await page.getByLabel(w('Paste the invite')).fill(`… ${link} …`);
        await page.getByRole('heading', {name: way.ward}).waitFor();
        await page.getByText(w('An admin approves')).waitFor();
        assert.equal((await node.api('GET', '/jobs')).items.length, 0, 'somebody was contacted for the preview');
        if (page === q) await page.getByLabel(w.in('A word to the admins')).fill(way.note);
        await page.getByRole('button', {name: w('Join {name}', {name: way.ward})}).click();
        await page.locator('[aria-current=step]').getByText(w('Asking to join')).waitFor();
      }
      await home(p);
      await p.getByRole('link', {name: w.in('{n} people wait to join.', {n: 2})}).click();
      await p.getByText(way.note).waitFor();
      await p.getByRole('button', {name: w.in('Let in')}).filter({hasText: way.budi}).click();
      await p.getByRole('button', {name: w.in('Let in')}).filter({hasText: way.dalia}).click();
      await p.getByText(w('Nobody waits')).waitFor();
      for (const page of [q, r]) {
        await page.waitForURL(`**/c/${com.id}`);
        await page.getByRole('link', {name: new RegExp(way.food)}).first().click();
        await box(page).waitFor();
        assert.equal(await box(page).evaluate((e) => getComputedStyle(e).direction), way.lang === 'ar' ? 'rtl' : 'ltr', 'what stands in the empty box');
      }
    });

    await flow('a message to everybody in the group', async () => {
      await p.goto(`${asha.url}/c/${com.id}`);
      await p.getByRole('link', {name: new RegExp(way.food)}).first().click();
      await say(p, way.rice);
      for (const page of [q, r]) await said(page, way.rice).waitFor();
      await said(p, way.rice).getByText(new RegExp(`${w.in('Delivered to {n} of {of}', {n: 2, of: 2}).source}|${w.in('Read by {n} of {of}').source}`, 'u')).waitFor();
    });

    await flow('react, answer, a thread, change, delete', async () => {
      if (narrow) { // the tools come up under the finger, and do not take the touch that called them
        await said(p, way.rice).locator('.b').tap({position: {x: 24, y: 10}});
        await until(() => said(p, way.rice).evaluate((e) => e === document.activeElement), 'the message that was touched');
      }
      await take(p, said(p, way.rice), 'React');
      await p.getByRole('dialog', {name: w('React')}).getByText('🙏').click();
      await said(q, way.rice).getByRole('button', {name: /🙏/}).waitFor();

      await take(q, said(q, way.rice), 'Answer');
      await say(q, way.asked);
      await said(p, way.asked).getByRole('link', {name: new RegExp(way.rice)}).waitFor();

      await take(p, said(p, way.rice), 'Open the thread');
      const thread = side(p);
      await thread.getByRole('textbox').fill(way.inside);
      await off(p, thread.getByRole('textbox'));
      await thread.getByText(way.inside).waitFor();
      await said(q, way.rice).getByRole('button', {name: w.in('{n} reply')}).click();
      await side(q).getByText(way.inside).waitFor();
      for (const page of [p, q]) await side(page).getByRole('button', {name: w('Close')}).click();

      await take(q, said(q, way.asked), 'More');
      await q.getByRole('menuitem', {name: w('Change')}).click();
      await q.getByRole('textbox', {name: w('Your new words')}).fill(way.told);
      await off(q, q.getByRole('textbox', {name: w('Your new words')}), 'Save');
      await said(p, way.told).getByText(w('Edited')).waitFor();

      await say(q, way.wrong);
      await said(p, way.wrong).waitFor();
      await take(q, said(q, way.wrong), 'More');
      await q.getByRole('menuitem', {name: w('Delete for everybody')}).click();
      await q.getByRole('dialog', {name: w('Delete this message for everybody?')}).getByRole('button', {name: w('Delete for everybody')}).click();
      for (const page of [p, q, r]) await log(page).getByText(w('This message was deleted.')).waitFor();
      assert.equal(await log(p).getByText(way.wrong).count(), 0);
    });

    await flow('a poll', async () => {
      await p.getByRole('button', {name: w('Add a poll or an event')}).click();
      await p.getByRole('menuitem', {name: w('Poll')}).click();
      await p.getByLabel(w('What do you want to know?')).fill(way.clean);
      const answers = p.getByRole('dialog').getByRole('textbox', {name: w('Answer {n}')});
      await answers.nth(0).fill(way.lake);
      await answers.nth(1).fill(way.lane);
      await p.getByRole('button', {name: w('Ask')}).click();
      await q.getByRole('group', {name: new RegExp(way.clean)}).getByText(way.lake).click();
      await r.getByRole('group', {name: new RegExp(way.clean)}).getByText(way.lane).click();
      await p.getByText(w('{n} people answered', {n: 2})).waitFor();
    });

    await flow('an event', async () => {
      await p.getByRole('button', {name: w('Add a poll or an event')}).click();
      await p.getByRole('menuitem', {name: w('Event')}).click();
      await p.getByLabel(w('What is it?')).fill(way.party);
      await p.getByLabel(w('Day')).fill('2027-03-06');
      await p.getByLabel(w.in('Where?')).fill(way.gate);
      await p.getByRole('button', {name: w('Invite the group')}).click();
      await q.getByRole('button', {name: w.in('Going')}).click();
      await p.getByRole('button', {name: w.in('Going')}).getByText(new Intl.NumberFormat(way.lang).format(1)).waitFor();
      await q.goto(`${budi.url}/c/${com.id}/calendar`);
      await q.getByRole('main').getByText(way.party).first().waitFor();
    });

    await flow('an announcement of an admin; a member may not', async () => {
      await to(p, w.in('Announcements'));
      await p.getByLabel(w('Ask to take note')).check();
      await p.getByRole('textbox', {name: w('Announce')}).fill(way.water);
      await p.getByRole('button', {name: w('Announce')}).click();
      await to(q, w.in('Announcements'));
      await q.getByRole('article').getByText(way.water).waitFor();
      await q.getByText(w('Only admins and announcers post here.')).waitFor();
      assert.equal(await q.getByRole('textbox', {name: w('Announce')}).count(), 0, 'a member is shown where to announce');
      await assert.rejects(budi.api('POST', `/communities/${com.id}/announcements`, {text: way.wrong}), /403.*announce_admin_only/);
      await q.getByRole('button', {name: w('I took note')}).click();
      await p.getByText(w.in('{n} took note', {n: 1})).first().waitFor();
    });

    await flow('nobody there, then everybody', async () => {
      await to(p, new RegExp(way.food));
      for (const page of [q, r]) page.expected = ['ERR_CONNECTION_REFUSED', 'ERR_INCOMPLETE', 'ERR_NETWORK', 'ERR_EMPTY', 'ERR_CONNECTION_RESET'];
      await Promise.all([budi.stop(), dalia.stop()]);
      await until(async () => (await asha.api('GET', `/communities/${com.id}`)).reachable === 0, 'nobody in reach');
      await say(p, way.later);
      await said(p, way.later).getByText(w.in('Waiting until somebody is reachable')).waitFor();
      if (!narrow) await p.getByText(w('Nobody reachable just now')).waitFor();
      await Promise.all([budi.start(), dalia.start()]);
      await said(p, way.later).getByText(new RegExp(`${w.in('Delivered to {n} of {of}', {n: 2, of: 2}).source}|${w.in('Read by {n} of {of}').source}`, 'u')).waitFor({timeout: 90_000});
      await to(q, new RegExp(way.food));
      await said(q, way.later).waitFor();
      await said(r, way.later).waitFor(); // its page came back by itself, where it was
    });

    await flow('search', async () => {
      await q.goto(`${budi.url}/search`);
      await q.getByRole('searchbox', {name: w('Words to look for')}).fill(way.find);
      await q.getByText(w('{n} found', {n: 1})).waitFor();
      assert.deepEqual(await q.locator('mark').allTextContents(), [way.find]);
      await q.locator('.hit').click();
      await said(q, way.rice).waitFor();
      await q.waitForFunction((text) => {
        const e = document.activeElement, r = e.getBoundingClientRect();
        return e.matches('article') && e.innerText.includes(text) && r.top >= 0 && r.bottom <= innerHeight;
      }, way.rice);
    });

    await flow('two tabs, one stream', async () => {
      await say(p, way.asked);
      await said(q, way.asked).waitFor(); // its stream is there
      let streams = 0;
      q.context().on('request', (x) => {
        if (x.url().includes('/events?')) streams++;
      });
      const tab = await q.context().newPage();
      tab.expected = q.expected;
      watch(tab, q.faults);
      await tab.goto(q.url());
      await box(tab).waitFor();
      await say(p, way.came);
      for (const page of [q, tab]) await said(page, way.came).waitFor();
      assert.equal(streams, 0, 'the second tab opened a stream of its own');
      await q.close();
      await say(p, way.soup);
      await said(tab, way.soup).waitFor(); // who is left takes the stream over
      assert.equal(streams, 1);
      assert.equal(await log(tab).getByText(way.came).count(), 1);
    });

    await flow('another language, and back', async () => {
      const other = way.lang === 'ar' ? 'en' : 'ar';
      await r.goto(`${dalia.url}/settings/look`);
      await r.getByLabel(w('Language')).selectOption(other);
      await r.getByRole('heading', {name: words(other)('Look and language')}).waitFor();
      assert.deepEqual(await r.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), [other, other === 'ar' ? 'rtl' : 'ltr']);
      await r.goto(`${dalia.url}/c/${com.id}/g/${food.id}`);
      await r.getByRole('textbox', {name: words(other)('Message {name}', {name: way.food})}).waitFor();
      await r.goto(`${dalia.url}/settings/look`);
      await r.getByLabel(words(other)('Language')).selectOption(way.lang);
      await r.getByRole('heading', {name: w('Look and language')}).waitFor();
    });

    await flow('lock', async () => {
      r.expected.push('503', '403', '409');
      await r.goto(`${dalia.url}/settings/recovery`);
      await r.getByLabel(w.in('New passphrase, at least 8 letters')).fill('correct horse');
      await r.getByRole('button', {name: w('Set the passphrase')}).click();
      await r.getByText(w('Saved.')).waitFor();
      await r.goto(`${dalia.url}/c/${com.id}/g/${food.id}`);
      await said(r, way.rice).waitFor();
      await r.keyboard.press('Control+Shift+L');
      await r.getByRole('heading', {name: w('Locked')}).waitFor();
      assert.ok(!(await r.evaluate(() => document.documentElement.outerHTML)).includes(way.rice), 'it can still be read');
      await r.getByLabel(w('Passphrase')).fill('correct horse');
      await r.keyboard.press('Enter');
      await said(r, way.rice).waitFor();
    });
  });
}
