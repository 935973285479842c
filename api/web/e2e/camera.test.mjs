// Joining by the code of an invite before a camera. Chromium plays a film of the code in place of one.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {browser, Node, open, signIn, skip, until} from './lib.mjs';

let b, asha, budi, dir;
before(async () => {
  if (skip) return;
  dir = mkdtempSync(join(tmpdir(), 'pandal-film-'));
  [asha, budi] = await Promise.all([new Node('Asha').start(), new Node('Budi').start()]);
});
after(async () => {
  await b?.close();
  await asha?.end();
  await budi?.end();
  if (dir) rmSync(dir, {recursive: true, force: true});
});

/** Runs in a page: frames of 640 × 480, gray ones and then one with a picture in it, as JPEG. */
async function film(png) {
  const draw = async (picture) => {
    const c = new OffscreenCanvas(640, 480), pen = c.getContext('2d');
    pen.fillStyle = '#999';
    pen.fillRect(0, 0, 640, 480);
    if (picture) {
      pen.imageSmoothingEnabled = false;
      pen.drawImage(picture, 100, 20, 440, 440);
    }
    const bytes = new Uint8Array(await (await c.convertToBlob({type: 'image/jpeg', quality: 0.95})).arrayBuffer());
    return btoa(bytes.reduce((s, x) => s + String.fromCharCode(x), ''));
  };
  const code = await createImageBitmap(await new Response(Uint8Array.from(atob(png), (x) => x.charCodeAt(0))).blob());
  return [await draw(null), await draw(code)];
}

test('the code before the camera is the invite', {skip, timeout: 120_000}, async () => {
  const com = await asha.community('Sunrise Ward', 'Asha');
  const invite = await asha.api('POST', `/communities/${com.id}/invites`, {groups: [com.general.id]});
  const png = Buffer.from(await (await fetch(`${asha.url}/api/v1/invites/${invite.id}/qr.png`, {headers: {Authorization: `Bearer ${asha.token}`}})).arrayBuffer()).toString('base64');
  b = await browser();
  const dark = await open(b);
  await signIn(dark, budi);
  const [empty, code] = (await dark.evaluate(film, png)).map((x) => Buffer.from(x, 'base64'));
  await dark.goto(`${budi.url}/join`);
  await dark.getByText('Choose a picture of the code').waitFor();
  assert.equal(await dark.getByRole('button', {name: 'Use the camera'}).count(), 0, 'where there is no camera there is no button');
  assert.deepEqual(dark.faults, []);
  await b.close();

  const path = join(dir, 'code.mjpeg');
  writeFileSync(path, Buffer.concat([...Array.from({length: 30}, () => empty), ...Array.from({length: 300}, () => code)]));
  b = await browser(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${path}`]);
  const p = await open(b);
  await signIn(p, budi);
  await p.goto(`${budi.url}/join`);
  await p.getByRole('button', {name: 'Use the camera'}).click();
  const dialog = p.getByRole('dialog', {name: 'Use the camera'});
  await dialog.getByText('Looking for the code').waitFor();
  const answer = await p.waitForResponse((r) => r.url().includes('/invites/decode'));
  assert.equal(answer.status(), 200, 'a frame without a code is no error');
  await p.getByRole('heading', {name: 'Sunrise Ward'}).waitFor();
  await dialog.waitFor({state: 'detached'});
  await p.getByRole('button', {name: /^Join /}).click();
  await until(async () => (await budi.api('GET', '/communities')).items.some((c) => c.id === com.id), 'Budi in the community');
  assert.deepEqual(p.faults, []);
});
