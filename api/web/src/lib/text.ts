// Names and other short texts as people wrote them are hostile until proven otherwise.
import {t} from './i18n';

// Overrides and isolates of direction, zero-width characters, controls: none has a place in a name.
const unseen = /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g;
// More than three marks on one letter pile up over other lines.
const pile = /(\p{M}{3})\p{M}+/gu;

/** A name on one line: nothing invisible in it, at most 80 characters. */
export function tidy(name: string | null | undefined): string {
  const s = (name ?? '').slice(0, 400).replace(unseen, '').replace(pile, '$1').replace(/\s+/g, ' ').trim();
  const chars = [...s];
  return chars.length > 80 ? chars.slice(0, 79).join('') + '…' : s;
}

/** The name to show for a person, or "Somebody" where the reader may not know it. */
export const nameOf = (name: string | null | undefined) => tidy(name) || t('name.somebody');

/** A longer text: overrides of direction are taken out, the rest stays. */
export const cleanText = (s: string) => s.replace(/[\u202A-\u202E\u2066-\u2069]/g, '').replace(pile, '$1');

/** One line of a message for a list. */
export const oneLine = (s: string) => tidy(s.replace(/[*_`]+/g, ''));

/** Up to two letters for a round mark. */
export function initials(name: string): string {
  const words = tidy(name).split(' ').filter((w) => /[\p{L}\p{N}]/u.test(w));
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  const first = (w: string) => [...new Intl.Segmenter().segment(w.replace(/^[^\p{L}\p{N}]+/u, ''))][0]?.segment ?? '';
  return letters.map(first).join('').toLocaleUpperCase() || '?';
}

/** A number from 0 to n-1 that stays the same for an id: which tint or cloth somebody has. */
export function pick(id: string, n: number): number {
  let h = 7;
  for (const c of id) h = (h * 31 + c.charCodeAt(0)) >>> 0;
  return h % n;
}
