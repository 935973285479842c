// A group of 100,000 messages: how soon it is there, whether scrolling stays smooth, and what it holds in memory.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {after, before, test} from 'node:test';
import {browser, Node, open, root, signIn, skip} from './lib.mjs';

const many = process.env.SETTINGS ? 5000 : 100_000; // SETTINGS: a quick run

let b, n, com;
before(async () => {
  if (skip) return;
  [b, n] = await Promise.all([browser(), new Node('Asha').start()]);
  com = await n.community('Sunrise', 'Asha');
  await n.stop();
  execFileSync('go', ['test', './cmd/pandal', '-run', '^TestFill$', '-count=1', '-timeout=20m'], {cwd: root, env: {...process.env, PANDAL_FILL: `${n.dir},${com.general.id},${many}`}, stdio: 'inherit'});
  await n.start();
});
after(async () => {
  await b?.close();
  await n?.end();
});

test(`a group of ${many} messages opens at once, scrolls smoothly and stays small`, {skip, timeout: 300_000}, async (t) => {
  const p = await open(b);
  await signIn(p, n);
  await p.waitForURL(/\/c\//);
  const link = p.getByRole('link', {name: /General/}).first();
  await link.waitFor();
  // What other programs do at the same time is not the page's fault: the best of three counts, each from a fresh page. The aim is no task over
  // 50 ms on a machine that does nothing else; the test fails where one takes four times as long in each of three tries.
  const fine = (x) => x.opened < 300 && x.tasks.every((ms) => ms <= 200);
  const tries = [];
  for (let i = 0; i < 3 && !tries.some(fine); i++) {
    await p.goto(`${n.url}/c/${com.id}`);
    await link.waitFor();
    await p.waitForTimeout(1000);
    tries.push(await scroll(p));
  }
  const got = tries.find(fine) ?? tries.at(-1);
  const cdp = await p.context().newCDPSession(p);
  await cdp.send('HeapProfiler.collectGarbage');
  await cdp.send('Performance.enable');
  const heap = (await cdp.send('Performance.getMetrics')).metrics.find((m) => m.name === 'JSHeapUsedSize').value / 2 ** 20;
  for (const x of tries) t.diagnostic(`there after ${x.opened.toFixed(0)} ms; scrolled through ${((x.height - x.before) / 1000).toFixed(0)} thousand pixels of older messages, ${x.shown} in the document; ` +
    `tasks over 50 ms: ${x.tasks.join(', ') || 'none'}; heap ${heap.toFixed(0)} MiB`);
  assert.ok(got.height > got.before + 10_000, `scrolling loads older messages: ${got.before} to ${got.height}`);
  assert.ok(got.shown < 200, `${got.shown} messages stand in the document`);
  assert.ok(got.opened < 300, `opened after ${got.opened} ms`);
  assert.deepEqual(got.tasks.filter((ms) => ms > 200), [], 'tasks over 200 ms');
  assert.ok(heap < 150, `${heap} MiB`);
  assert.deepEqual(p.faults, []);
});

/** Opens the group from the list and scrolls up through older messages. */
async function scroll(p) {
  const opened = await p.evaluate(async () => {
    globalThis.tasks = [];
    new PerformanceObserver((l) => tasks.push(...l.getEntries().map((e) => Math.round(e.duration)))).observe({type: 'longtask'});
    const link = [...document.querySelectorAll('a')].find((a) => a.textContent.includes('General'));
    const at = performance.now();
    link.click();
    while (document.querySelectorAll('[role=log] article').length < 5) await new Promise(requestAnimationFrame);
    return performance.now() - at;
  });
  await p.waitForTimeout(1000);
  await p.evaluate(() => (tasks.length = 0));
  await p.getByRole('log').hover();
  const before = await p.evaluate(() => document.querySelector('[role=log]').scrollHeight);
  for (let i = 0; i < 150; i++) {
    await p.mouse.wheel(0, -900);
    await p.waitForTimeout(30);
  }
  await p.waitForTimeout(500);
  return {opened, before, ...(await p.evaluate(() => ({tasks: [...tasks], height: document.querySelector('[role=log]').scrollHeight, shown: document.querySelectorAll('[role=log] article').length})))};
}
