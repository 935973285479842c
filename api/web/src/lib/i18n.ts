// Words. t looks a text up by its key and fills it in; where the text has plural forms, n chooses one by the rules of the language.
import {signal} from '@preact/signals';
import type {ComponentChild} from 'preact';
import {prefs, type Lang} from './prefs';

type Entry = string | Partial<Record<Intl.LDMLPluralRule, string>>;
type Words = Record<string, Entry>;

const load: Record<Lang, () => Promise<{default: Words}>> = {
  en: () => import('../locales/en.json'),
  hi: () => import('../locales/hi.json'),
  id: () => import('../locales/id.json'),
  es: () => import('../locales/es.json'),
  ar: () => import('../locales/ar.json'),
};

const rtl = new Set<string>(['ar']);

interface Loaded {lang: Lang; words: Words; plural: Intl.PluralRules; number: Intl.NumberFormat}
const state = signal<Loaded | null>(null);

export const lang = () => state.value?.lang ?? 'en';

/** Loads the words of the chosen language and turns the page its way. */
export async function useLanguage(l: Lang): Promise<void> {
  const words = (await load[l]()).default;
  state.value = {lang: l, words, plural: new Intl.PluralRules(l), number: new Intl.NumberFormat(l)};
  document.documentElement.lang = l;
  document.documentElement.dir = rtl.has(l) ? 'rtl' : 'ltr';
}
prefs.subscribe((p) => {
  if (state.peek() && state.peek()!.lang !== p.lang) void useLanguage(p.lang);
});

const units = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** How much room something takes, with two digits: 0.8 kB, 3.2 MB, 47 MB. */
export function size(bytes: number): string {
  let n = bytes / 1000, u = 0;
  for (; n >= 999.5 && u < units.length - 1; u++) n /= 1000;
  return new Intl.NumberFormat(lang(), {style: 'unit', unit: units[u]!, unitDisplay: 'short', maximumFractionDigits: n < 9.95 ? 1 : 0}).format(n);
}

export type Args = Record<string, string | number>;

function find(key: string, n: number | undefined): string {
  const s = state.value;
  const e = s?.words[key];
  if (e === undefined) return key;
  if (typeof e === 'string') return e;
  return e[s!.plural.select(n ?? 0)] ?? e.other ?? key;
}

/** Whether there are words for a key that is made of what the node says. */
export const has = (key: string): boolean => !!state.value && key in state.value.words;

export const num = (n: number) => state.value?.number.format(n) ?? String(n);

/** A text with its arguments. Names are isolated, so that their direction stays their own. */
export function t(key: string, args: Args = {}): string {
  const n = typeof args.n === 'number' ? args.n : undefined;
  return find(key, n).replace(/\{(\w+)\}/g, (all, name: string) => {
    const v = args[name];
    return v === undefined ? all : typeof v === 'number' ? num(v) : `\u2068${v}\u2069`;
  });
}

/** The same, with elements as arguments. */
export function tx(key: string, args: Record<string, ComponentChild>): ComponentChild[] {
  const n = typeof args.n === 'number' ? args.n : undefined;
  return find(key, n).split(/\{(\w+)\}/).map((part, i) => {
    if (i % 2 === 0) return part;
    const v = args[part];
    return typeof v === 'number' ? num(v) : (v ?? '');
  });
}

const cached = new Map<string, Intl.DateTimeFormat>();
function format(opts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = lang() + JSON.stringify(opts);
  let f = cached.get(key);
  if (!f) cached.set(key, (f = new Intl.DateTimeFormat(lang(), opts)));
  return f;
}

export const clock = (iso: string) => format({hour: '2-digit', minute: '2-digit'}).format(new Date(iso));
export const fullTime = (iso: string) => format({dateStyle: 'full', timeStyle: 'short'}).format(new Date(iso));
export const shortDate = (iso: string) => format({day: 'numeric', month: 'short', year: 'numeric'}).format(new Date(iso));
export const monthDay = (iso: string) => ({month: format({month: 'short'}).format(new Date(iso)), day: format({day: '2-digit'}).format(new Date(iso))});
export const weekdayTime = (iso: string) => format({weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit'}).format(new Date(iso));

const dayOf = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
const daysAgo = (iso: string) => Math.round((dayOf(new Date()) - dayOf(new Date(iso))) / 86_400_000);

/** Today, Yesterday, Monday, 3 November. */
export function dayName(iso: string): string {
  const ago = daysAgo(iso);
  if (ago === 0) return t('time.today');
  if (ago === 1) return t('time.yesterday');
  if (ago > 1 && ago < 7) return format({weekday: 'long'}).format(new Date(iso));
  return format({day: 'numeric', month: 'long', year: 'numeric'}).format(new Date(iso));
}

/** For lists: 09:40 today, a weekday in this week, else the date. */
export function shortWhen(iso: string): string {
  const ago = daysAgo(iso);
  if (ago <= 0) return clock(iso);
  return ago < 7 ? format({weekday: 'short'}).format(new Date(iso)) : format({day: 'numeric', month: 'short'}).format(new Date(iso));
}

/** In 6 days, 3 hours ago. */
export function relative(iso: string): string {
  const s = (Date.parse(iso) - Date.now()) / 1000;
  const f = new Intl.RelativeTimeFormat(lang(), {numeric: 'auto'});
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3600], ['minute', 60]];
  for (const [unit, size] of steps) if (Math.abs(s) >= size) return f.format(Math.trunc(s / size), unit);
  return t('time.now');
}

/** Things one after the other, the empty ones left out. */
export const joined = (items: (string | undefined)[]) => items.filter(Boolean).join(t('comma'));

export const listOf = (items: string[]) => new Intl.ListFormat(lang(), {type: 'conjunction'}).format(items);
