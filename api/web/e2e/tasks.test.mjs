// The five commonest tasks, done by a mouse and a keyboard in a page of the built program, counted: clicks, fields that are filled, keys that are
// pressed beside them, and time until it is done (which the other person's page or node says). `npm run tasks` puts the table into the README.
import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {browser, Node, open, root, signIn, skip, until} from './lib.mjs';

let b, asha, budi;
before(async () => {
  if (skip) return;
  [b, asha, budi] = await Promise.all([browser(), new Node().start(), new Node('Budi').start()]);
});
after(async () => {
  await b?.close();
  await asha?.end();
  await budi?.end();
});

const table = [];
/** Does one task and counts. What it may cost at most is a promise: a design that needs more is another design. */
async function task(name, most, work) {
  const n = {clicks: 0, fields: 0, keys: 0};
  const hand = {
    click: async (where) => {
      n.clicks++;
      await where.click();
    },
    type: async (where, text) => {
      n.fields++;
      await where.pressSequentially(text);
    },
    key: async (page, key) => {
      n.keys++;
      await page.keyboard.press(key);
    },
  };
  const begun = performance.now();
  await work(hand);
  const seconds = (performance.now() - begun) / 1000;
  table.push({name, ...n, seconds});
  for (const [what, limit] of Object.entries(most)) assert.ok(n[what] <= limit, `${name}: ${n[what]} ${what}, at most ${limit}`);
  assert.ok(seconds < 30, `${name}: ${seconds.toFixed(1)} s`);
}

test('five tasks, counted', {skip, timeout: 240_000}, async (t) => {
  const p = await open(b), q = await open(b);
  await signIn(p, asha);
  let com;
  await task('Create a community, from the first screen on', {clicks: 2, fields: 2, keys: 0}, async ({click, type}) => {
    await type(p.getByLabel('Your name'), 'Asha');
    await click(p.getByRole('button', {name: /Start a community/}));
    await type(p.getByLabel('What is it called?'), 'Sunrise Ward');
    await click(p.getByRole('button', {name: 'Start it'}));
    await p.waitForURL(/\/c\/com_/);
    [com] = (await asha.api('GET', '/communities')).items;
    assert.equal(com.name, 'Sunrise Ward');
  });

  const nav = p.getByRole('navigation', {name: 'Sunrise Ward'});
  let link;
  await task('Invite: a link on the clipboard', {clicks: 4, fields: 0, keys: 0}, async ({click}) => {
    await click(nav.getByRole('button', {name: 'Community menu'}));
    await click(p.getByRole('menuitem', {name: 'Invite people'}));
    await click(p.getByRole('button', {name: 'Make the invite'}));
    await click(p.getByRole('button', {name: 'Copy the link'}));
    await p.getByText('Copied').waitFor();
    link = await p.evaluate(() => navigator.clipboard.readText());
    assert.match(link, /^pandal:\/\/join\//);
  });

  await signIn(q, budi);
  await q.goto(`${budi.url}/join`);
  await task('Join by it, on the other computer', {clicks: 1, fields: 1, keys: 0}, async ({click, type}) => {
    await q.getByLabel('Paste the invite').focus();
    await type({pressSequentially: () => q.keyboard.insertText(link)}, link); // pasted
    await click(q.getByRole('button', {name: /^Join /}));
    await until(async () => (await asha.api('GET', `/communities/${com.id}`)).member_count === 2, 'two members');
  });
  await q.goto(`${budi.url}/c/${com.id}/announcements`);
  await until(async () => (await asha.api('GET', `/communities/${com.id}`)).reachable === 1, 'Budi in reach');

  await task('Announce, until the other one sees it', {clicks: 2, fields: 1, keys: 0}, async ({click, type}) => {
    await click(nav.getByRole('link', {name: /Announcements/}));
    await type(p.getByRole('textbox', {name: 'Announce'}), 'Water from five on Lake Road.');
    await click(p.getByRole('button', {name: 'Announce'}));
    await q.getByRole('article').getByText('Water from five').waitFor();
  });

  const general = (await asha.api('GET', `/communities/${com.id}/groups`)).items.find((g) => g.kind === 'chat');
  await until(async () => (await budi.api('GET', `/communities/${com.id}/groups`)).items.some((g) => g.id === general.id && g.joined), 'Budi in the group');
  await q.goto(`${budi.url}/c/${com.id}/g/${general.id}`);
  await q.getByRole('textbox', {name: /^Message/}).waitFor();
  await task('Ask a poll, until the other one can vote', {clicks: 4, fields: 3, keys: 0}, async ({click, type}) => {
    await click(nav.getByRole('link', {name: /General/}));
    await click(p.getByRole('button', {name: 'Add a poll or an event'}));
    await click(p.getByRole('menuitem', {name: 'Poll'}));
    const box = p.getByRole('dialog');
    await type(box.getByLabel('What do you want to know?'), 'When shall we hang the lights?');
    await type(box.getByLabel('Answer 1'), 'Saturday');
    await type(box.getByLabel('Answer 2'), 'Sunday');
    await click(box.getByRole('button', {name: 'Ask'}));
    await q.getByRole('radio', {name: /Sunday/}).waitFor();
  });

  await task('Remove somebody, until they are out', {clicks: 5, fields: 0, keys: 0}, async ({click}) => {
    await click(nav.getByRole('button', {name: 'Community menu'}));
    await click(p.getByRole('menuitem', {name: 'Members'}));
    await click(p.getByRole('main').getByRole('button', {name: /Budi/}));
    await click(p.getByRole('dialog', {name: 'Budi'}).getByRole('button', {name: 'Remove', exact: true}));
    await click(p.getByRole('dialog', {name: /^Remove .*Budi/}).getByRole('button', {name: 'Remove', exact: true}));
    await q.getByText('You are no longer a member').waitFor();
    assert.ok(await q.getByRole('log').getByText('When shall we hang the lights?').isVisible(), 'what somebody had stays theirs to read');
  });
  for (const page of [p, q]) assert.deepEqual(page.faults, []);

  const lines = ['| task | clicks | fields typed | seconds |', '|---|---|---|---|', ...table.map((r) => `| ${r.name} | ${r.clicks} | ${r.fields} | ${r.seconds.toFixed(1)} |`),
    `| **together** | ${table.reduce((n, r) => n + r.clicks, 0)} | ${table.reduce((n, r) => n + r.fields, 0)} | ${table.reduce((n, r) => n + r.seconds, 0).toFixed(1)} |`];
  for (const l of lines) t.diagnostic(l);
  if (process.env.TASKS) {
    const file = `${root}${process.env.TASKS}`, begin = '<!-- npm run tasks writes what follows -->', end = '<!-- until here -->';
    const [head, rest] = readFileSync(file, 'utf8').split(begin);
    assert.ok(rest, `${process.env.TASKS} has no place for the table`);
    const version = b.version().split('.')[0];
    const when = `Counted on ${new Date().toISOString().slice(0, 10)} in Chromium ${version}, two nodes on one machine; the seconds are those of a hand that does not have to think.`;
    writeFileSync(file, `${head}${begin}\n\n${when}\n\n${lines.join('\n')}\n\n${rest.slice(rest.indexOf(end))}`);
  }
});
