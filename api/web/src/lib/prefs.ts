// How this browser shows the page. Kept here, not on the node: another device of the person may need other sizes.
import {effect, signal} from '@preact/signals';

/** Each language by its own name, so that whoever reads it finds it. */
export const languages = {en: 'English', hi: 'हिन्दी', id: 'Bahasa Indonesia', es: 'Español', ar: 'العربية'} as const;
export type Lang = keyof typeof languages;

export interface Prefs {
  theme: 'system' | 'light' | 'dark'; text: '100' | '115' | '130' | '150'; contrast: boolean; still: boolean; labels: boolean;
  simple: boolean; compact: boolean; enter: boolean; /** Single letters do something while a message has the focus. */ keys: boolean;
  /** Keys that somebody chose instead of those of keymap.ts; '' for none. */ map: Record<string, string>; lang: Lang;
}

/** Whether a text box that has the focus brings up a keyboard over half the screen, which has no Shift+Enter. It takes the focus then only from somebody who
 *  is about to write. */
export const onScreenKeys = () => matchMedia('(pointer:coarse)').matches;

function guess(): Lang {
  for (const l of navigator.languages) {
    const short = l.toLowerCase().split('-')[0]!;
    const found = short === 'in' ? 'id' : short;
    if (found in languages) return found as Lang;
  }
  return 'en';
}

const plain: Prefs = {
  theme: 'system', text: '100', contrast: false, still: false, labels: false, simple: false, compact: false, enter: !onScreenKeys(), keys: true, map: {}, lang: guess(),
};

function load(): Prefs {
  try {
    const kept = JSON.parse(localStorage.getItem('prefs') ?? '{}') as Partial<Prefs>;
    const out = {...plain, ...kept};
    if (!(out.lang in languages)) out.lang = plain.lang;
    if (typeof out.map !== 'object' || !out.map) out.map = {};
    return out;
  } catch {
    return plain;
  }
}

export const prefs = signal<Prefs>(load());

export function setPref<K extends keyof Prefs>(key: K, value: Prefs[K]) {
  prefs.value = {...prefs.value, [key]: value};
  localStorage.setItem('prefs', JSON.stringify(prefs.value));
}

addEventListener('storage', (e) => {
  if (e.key === 'prefs') prefs.value = load();
});

effect(() => {
  const p = prefs.value, d = document.documentElement.dataset;
  if (p.theme === 'system') delete d.theme;
  else d.theme = p.theme;
  if (d.text !== p.text) {
    d.text = p.text;
    // Chromium measures "rem" in a container query when the size of the container changes, not when the text does: the container begins anew.
    const body = document.body.style;
    body.containerType = 'normal';
    void document.body.offsetWidth;
    body.containerType = '';
  }
  d.contrast = p.contrast ? 'more' : '';
  d.still = p.still ? 'yes' : '';
  d.labels = p.labels ? 'always' : '';
  d.density = p.compact ? 'compact' : '';
});
