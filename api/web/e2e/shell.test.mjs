// A page whose node does not run: its own words in place of the browser's, nothing of the person kept, and never an old page where the node answers.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip} from './lib.mjs';

let b, n;
before(async () => {
  if (skip) return;
  [b, n] = await Promise.all([browser(), new Node('Asha').start()]);
});
after(async () => {
  await b?.close();
  await n?.end();
});

test('a stopped node has a page, a running one always its own', {skip, timeout: 120_000}, async () => {
  const com = await n.community('Zeppelin Lane', 'Asha');
  await n.api('POST', `/groups/${com.general.id}/messages`, {text: 'For our eyes only'});
  const p = await open(b);
  p.expected = ['ERR_CONNECTION_REFUSED', 'ERR_INCOMPLETE', 'ERR_NETWORK', 'ERR_EMPTY', 'ERR_CONNECTION_RESET'];
  await signIn(p, n);
  await p.goto(`${n.url}/c/${com.id}/g/${com.general.id}`);
  await p.getByRole('log').getByText('For our eyes only').waitFor();
  await p.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  const kept = () => p.evaluate(async () => {
    const out = {};
    for (const name of await caches.keys()) for (const r of await (await caches.open(name)).keys()) out[new URL(r.url).pathname] = await (await caches.match(r)).text();
    return out;
  });
  await p.reload(); // now everything goes through the worker
  await p.getByRole('log').getByText('For our eyes only').waitFor();
  assert.ok(await p.evaluate(() => navigator.serviceWorker.controller !== null), 'the worker serves the page');
  const files = await kept();
  assert.deepEqual(Object.keys(files).filter((f) => f.startsWith('/api/')), []);
  for (const [f, text] of Object.entries(files)) assert.ok(!text.includes('eyes only') && !text.includes('Zeppelin'), `${f} holds something of the person`);
  for (const f of ['/', '/app.js', '/app.css', '/en.js', '/hi.js', '/i.svg']) assert.ok(f in files, `${f} is not kept`);

  await n.stop();
  await p.reload();
  await p.getByRole('heading', {name: 'Pandal is not running'}).waitFor();
  await p.getByText('pandal', {exact: true}).first().waitFor();
  if (process.env.SHOTS) await p.screenshot({path: `${process.env.SHOTS}/stopped.png`});
  await p.goto(`${n.url}/settings/look`); // any address, not only the one that was open
  await p.getByRole('heading', {name: 'Pandal is not running'}).waitFor();
  assert.equal(await p.evaluate(() => fetch('/api/v1/version').then(() => 'answered', () => 'refused')), 'refused', 'no answer of the API is made up');

  await n.start();
  await p.getByRole('heading', {name: 'Look and language'}).waitFor(); // by itself

  // An old shell, as a program of another version left it.
  await p.evaluate(async () => {
    const c = await caches.open('shell'), old = (type, tag) => ({headers: {'Content-Type': type, ETag: tag}});
    await c.put('/', new Response('<!doctype html><title>old</title><h1>An old page</h1>', old('text/html', '"old"')));
    await c.put('/app.js', new Response('document.body.textContent = "old"', old('text/javascript', '"old"')));
  });
  await p.reload();
  await p.getByRole('heading', {name: 'Look and language'}).waitFor();
  await p.waitForFunction(async () => !(await (await caches.match('/')).text()).includes('An old page') && (await (await caches.match('/app.js')).text()).length > 1000);
  assert.deepEqual(p.faults, []);
});

test('a page that was open before the worker is in its care without another load', {skip, timeout: 60_000}, async () => {
  const p = await open(b);
  let loads = 0;
  p.on('framenavigated', (f) => f === p.mainFrame() && loads++);
  await p.goto(await n.link());
  await p.waitForFunction(() => navigator.serviceWorker.controller !== null);
  assert.equal(await p.evaluate(() => performance.getEntriesByType('navigation')[0].workerStart), 0, 'this document came without a worker');
  assert.ok(await p.evaluate(async () => (await fetch('/app.js')).ok), 'what it asks for now goes through the worker');
  p.expected = ['ERR_CONNECTION_REFUSED', 'ERR_INCOMPLETE', 'ERR_NETWORK', 'ERR_EMPTY', 'ERR_CONNECTION_RESET'];
  await n.stop();
  assert.ok(await p.evaluate(async () => (await fetch('/app.js')).ok), 'the shell answers for a node that does not');
  await n.start();
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

test('a page from the shell of another version starts anew when the node answers', {skip, timeout: 120_000}, async () => {
  const p = await open(b);
  p.expected = ['ERR_CONNECTION_REFUSED', 'ERR_INCOMPLETE', 'ERR_NETWORK', 'ERR_EMPTY', 'ERR_CONNECTION_RESET'];
  await signIn(p, n);
  await p.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await p.waitForFunction(async () => !!(await caches.match('/app.js')));
  const at = n.url;
  await n.stop();
  // The same page, as a program of another version would have left it: it runs, and it is told from this one.
  await p.evaluate(async () => {
    const c = await caches.open('shell'), text = await (await c.match('/app.js')).text();
    await c.put('/app.js', new Response(`globalThis.shellBefore = true;${text}`, {headers: {'Content-Type': 'text/javascript', ETag: '"before"'}}));
  });
  await p.goto(`${at}/settings/look`);
  await p.getByRole('heading', {name: 'Pandal is not running'}).waitFor();
  assert.equal(await p.evaluate(() => globalThis.shellBefore), true, 'it comes from the shell');
  await n.start();
  assert.equal(n.url, at);
  await p.getByRole('heading', {name: 'Look and language'}).waitFor();
  await p.waitForFunction(() => globalThis.shellBefore === undefined);
  await p.getByRole('heading', {name: 'Look and language'}).waitFor();
  await p.waitForFunction(async () => (await caches.match('/app.js')).headers.get('ETag') !== '"before"');
  assert.deepEqual(p.faults, []);
});
