// look.mjs OUT JSON(how) screen... : pictures of screens in a setting
import {browser, open, signIn} from './lib.mjs';
import {scene} from './scene.mjs';
const [out, how, ...names] = process.argv.slice(2);
const [b, s] = await Promise.all([browser(), scene()]);
try {
  for (const [tag, h] of Object.entries(JSON.parse(how))) {
    const p = await open(b, h);
    await signIn(p, s.asha);
    await p.waitForURL(/\/c\//);
    for (const n of names.length ? names : Object.keys(s.screens)) {
      if (['jump', 'help', 'naming', 'whom', 'whole'].includes(n)) continue;
      await p.goto(s.asha.url + (n === 'thread' ? s.screens.chat : s.screens[n]));
      await p.waitForFunction(() => document.querySelector('main') && !document.querySelector('main .loading'));
      await p.waitForTimeout(450);
      if (n === 'thread') {
        const m = p.getByRole('article').filter({hasText: '15 kg'}).first();
        await m.focus();
        await p.keyboard.press('t');
        await p.waitForTimeout(500);
      }
      await p.screenshot({path: `${out}/${n}-${tag}.png`});
    }
    console.log(tag, p.faults);
    await p.context().close();
  }
} finally { await b.close(); await s.end(); }
