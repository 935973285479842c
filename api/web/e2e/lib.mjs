// Real nodes and a real browser. Nodes listen on loopback only and know of nobody but each other.
import {execFileSync, spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

export const root = new URL('../../..', import.meta.url).pathname;
const built = process.env.PANDAL_BIN;

export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p));
/** Why the browser tests cannot run here, or false. In CI they may not be skipped. */
export const skip = chromiumPath || process.env.CI ? false : 'chromium is not installed';

let bin = built;
/** The program: that of PANDAL_BIN, or one built for it. */
export function program() {
  if (!bin) {
    bin = join(mkdtempSync(join(tmpdir(), 'pandal-bin-')), 'pandal');
    execFileSync('go', ['build', '-o', bin, './cmd/pandal'], {cwd: root, stdio: 'inherit'});
  }
  return bin;
}

/** A node in a process of its own. */
export class Node {
  constructor(name = '') {
    this.name = name;
    this.dir = mkdtempSync(join(tmpdir(), 'pandal-e2e-'));
    this.listen = '127.0.0.1:0';
  }

  async start() {
    const args = ['up', '--data', this.dir, '--no-open', '--api-listen', this.listen, '--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', 'none', '--mdns=false'];
    if (this.name) args.push('--name', this.name);
    this.proc = spawn(program(), args, {stdio: ['ignore', 'ignore', 'pipe']});
    this.log = '';
    this.proc.stderr.on('data', (d) => (this.log += d));
    this.gone = new Promise((done) => this.proc.on('exit', done));
    const info = await until(() => {
      if (this.proc.exitCode !== null) throw new Error(`the node stopped: ${this.log}`);
      const path = join(this.dir, 'api.json');
      return existsSync(path) && JSON.parse(readFileSync(path, 'utf8'));
    }, 'the node');
    this.url = info.url;
    this.listen = new URL(info.url).host;
    this.token = readFileSync(join(this.dir, 'api-token'), 'utf8').trim();
    await until(() => this.api('GET', '/health').catch(() => false), 'the API');
    return this;
  }

  async stop() {
    this.proc.kill('SIGTERM');
    await this.gone;
  }

  async end() {
    if (this.proc?.exitCode === null) await this.stop();
    rmSync(this.dir, {recursive: true, force: true});
  }

  async api(method, path, body) {
    const r = await fetch(`${this.url}/api/v1${path}`, {
      method, headers: {Authorization: `Bearer ${this.token}`, ...(body ? {'Content-Type': 'application/json'} : {})}, body: body && JSON.stringify(body),
    });
    const text = await r.text();
    if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  async link() {
    return (await this.api('POST', '/session/login-links')).url;
  }

  /** A community with some life in it, of which this node is the owner. */
  async community(name, displayName, description = '') {
    const c = await this.api('POST', '/communities', {name, display_name: displayName, description});
    const groups = (await this.api('GET', `/communities/${c.id}/groups`)).items;
    return {...c, general: groups.find((g) => g.kind === 'chat')};
  }

  async join(link, displayName) {
    let job = await this.api('POST', '/invites/accept', {link, display_name: displayName});
    await until(async () => {
      job = await this.api('GET', `/jobs/${job.id}`);
      if (job.state === 'failed') throw new Error(JSON.stringify(job.error));
      return job.state === 'done';
    }, `${displayName} joining`);
    return job.result.community_id;
  }
}

/** Asks until the answer is true, and says what it waited for when it never is. */
export async function until(ask, what, ms = 60_000) {
  const end = Date.now() + ms;
  for (;;) {
    const v = await ask();
    if (v) return v;
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s for ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** A browser; `more` are flags of Chromium beside those that every test needs. */
export async function browser(more = []) {
  if (!chromiumPath) throw new Error('chromium is not installed, and in CI the browser tests may not be skipped');
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
  });
}

/** A page that counts everything it must not do: faults on the console, policy violations, requests to anywhere but its node. */
export async function open(b, {width = 1440, height = 900, theme = 'light', lang = 'en', locale = 'en', prefs = {}, context = {}} = {}) {
  const ctx = await b.newContext({viewport: {width, height}, colorScheme: theme, locale, reducedMotion: 'reduce', ...context});
  await ctx.grantPermissions(['clipboard-read', 'clipboard-write']);
  const faults = [];
  await ctx.addInitScript(([p]) => {
    if (!localStorage.getItem('prefs')) localStorage.setItem('prefs', p);
  }, [JSON.stringify({lang, ...prefs})]);
  ctx.on('request', (r) => {
    const u = new URL(r.url());
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(u.hostname) && !['data:', 'blob:'].includes(u.protocol)) faults.push(`request to ${r.url()}`);
  });
  const page = await ctx.newPage();
  watch(page, faults);
  page.faults = faults;
  page.expected = [];
  return page;
}

/** Opens a node's page by a login link. It is in when the address says so: a link is good once, and leaving earlier would spend it for nothing. */
export async function signIn(page, node) {
  await page.goto(await node.link());
  await page.waitForURL((u) => u.pathname !== '/login');
}

export function watch(page, faults) {
  page.on('console', (m) => {
    if (m.type() === 'error' && !(page.expected ?? []).some((e) => m.text().includes(e))) faults.push(`console: ${m.text()} ${m.location().url}`);
  });
  page.on('pageerror', (e) => faults.push(`error: ${e.message}`));
}

/** The words of the page in a language, each given as the English catalogue has it, so that one test walks in every language. What it gives is a
 * pattern of the whole text; `in` is one that may stand in more. What is put into a text fits anything, unless it is told. */
export function words(lang) {
  const read = (l) => JSON.parse(readFileSync(join(root, 'api/web/src/locales', `${l}.json`), 'utf8'));
  const english = read('en'), its = read(lang);
  const forms = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));
  const plain = (s) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = (text, args) => {
    const keys = Object.keys(english).filter((k) => forms(english[k]).includes(text));
    if (!keys.length) throw new Error(`the page has no words "${text}"`);
    const all = new Set(keys.flatMap((k) => forms(its[k])));
    // Names stand in marks of their own direction; numbers are written as the language writes them.
    const fill = (_, name) => (args[name] === undefined ? '.*' : typeof args[name] === 'number' ? new Intl.NumberFormat(lang).format(args[name]) : `[\u2066-\u2069]?${plain(args[name])}[\u2066-\u2069]?`);
    return [...all].map((s) => s.split(/(\{\w+\})/).map((part) => (/^\{/.test(part) ? part.replace(/\{(\w+)\}/, fill) : plain(part))).join('')).join('|');
  };
  const w = (text, args = {}) => new RegExp(`^\\s*(?:${pattern(text, args)})\\s*$`, 'u');
  w.in = (text, args = {}) => new RegExp(pattern(text, args), 'u');
  return w;
}
