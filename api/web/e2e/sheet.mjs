import {browser} from './lib.mjs';
import {readFileSync} from 'node:fs';
const [out, cols, width, ...files] = process.argv.slice(2);
const b = await browser();
const p = await (await b.newContext({viewport: {width: cols * (+width + 8), height: 400}})).newPage();
await p.setContent(`<body style="margin:0;background:#888;display:flex;flex-wrap:wrap;gap:8px">${files.map((f) => `<figure style="margin:0;width:${width}px;font:14px sans-serif"><img style="width:100%;display:block" src="data:image/png;base64,${readFileSync(f).toString('base64')}">${f.split('/').pop()}</figure>`).join('')}`);
await p.waitForTimeout(300);
await p.screenshot({path: out, fullPage: true});
await b.close();
