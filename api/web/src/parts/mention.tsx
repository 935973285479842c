// Who is named in what is being written: after "@" the people of the group are offered, and who stands in the text is told to them.
import {useId, useState} from 'preact/hooks';
import {useList} from '../lib/data';
import {t} from '../lib/i18n';
import {nameOf, tidy} from '../lib/text';
import type {Member} from '../lib/types';
import {Avatar} from './basic';

const most = 6;
// In a message a name of several words stays together by spaces that do not break: so all of it is seen to be the name.
const written = (m: Member) => '@' + tidy(m.display_name).replaceAll(' ', '\u00A0');
const plain = (s: string) => s.replaceAll('\u00A0', ' ').toLocaleLowerCase();
const letter = /[\p{L}\p{M}\p{N}_]/u;

/** Those whom a text names, by the whole name or by a first name that only one has. */
export function named(text: string, people: Member[]): string[] {
  const s = plain(text), out = new Set<string>(), taken: string[] = [];
  const all = people.filter((m) => tidy(m.display_name)).sort((a, b) => tidy(b.display_name).length - tidy(a.display_name).length);
  for (const m of all) {
    const name = plain('@' + tidy(m.display_name));
    for (let i = s.indexOf(name); i >= 0; i = s.indexOf(name, i + 1)) {
      if (letter.test(s[i + name.length] ?? '') || taken.some((x) => x.startsWith(name + '\n' + i))) continue;
      taken.push(`${name}\n${i}`);
      out.add(m.id);
    }
  }
  for (const [, word] of s.matchAll(/@([\p{L}\p{M}\p{N}_]+)/gu)) {
    const who = all.filter((m) => plain(tidy(m.display_name)).split(' ')[0] === word);
    if (who.length === 1) out.add(who[0]!.id);
  }
  return [...out].slice(0, 256);
}

export interface Naming {
  /** Those that are offered now. */ list: Member[]; at: number; id: string; choose: (m: Member) => void;
  /** What a key does to the list; true: nothing more is to be done with it. */ key: (e: KeyboardEvent) => boolean;
  look: () => void; close: () => void;
  /** The ids of those whom a text names. */ of: (text: string) => string[];
}

/** Offers the people of a path ("/groups/…/members") in a text box; without a path nothing. They are read when the first "@" is written. */
export function useNaming(path: string | undefined, box: {current: HTMLTextAreaElement | null}, change: (text: string) => void, initial = ''): Naming {
  const id = useId();
  const [word, setWord] = useState<string | null>(null);
  const [asked, setAsked] = useState(initial.includes('@'));
  const [at, setAt] = useState(0);
  const people = useList<Member>(path && asked ? path : null, ['member']);
  const all = (people.value ?? []).filter((m) => m.state === 'active' && tidy(m.display_name));
  const needle = word === null ? '' : plain(word);
  const rank = (m: Member) => {
    const n = plain(tidy(m.display_name));
    return n.startsWith(needle) ? 0 : n.split(' ').some((w) => w.startsWith(needle)) ? 1 : 9;
  };
  const list = word === null ? [] : all.filter((m) => !m.me && rank(m) < 9).sort((a, b) => rank(a) - rank(b) || tidy(a.display_name).localeCompare(tidy(b.display_name))).slice(0, most);
  const before = () => box.current!.value.slice(0, box.current!.selectionStart);
  const begun = () => /(?<![\p{L}\p{M}\p{N}_@])@([^@\n]{0,30})$/u.exec(before())?.[1];
  const choose = (m: Member) => {
    const e = box.current!, head = before(), start = head.lastIndexOf('@'), name = written(m) + ' ';
    const text = head.slice(0, start) + name + e.value.slice(e.selectionStart).replace(/^ /, '');
    change(text);
    setWord(null);
    e.value = text;
    e.focus();
    e.setSelectionRange(start + name.length, start + name.length);
  };
  return {
    list, at: Math.min(at, Math.max(0, list.length - 1)), id, choose,
    look: () => {
      if (!path) return;
      const w = begun();
      if (w !== undefined) setAsked(true);
      setWord(w ?? null);
      setAt(0);
    },
    close: () => setWord(null),
    key: (e) => {
      if (!list.length) return false;
      const step = ({ArrowDown: 1, ArrowUp: -1} as Record<string, number>)[e.key];
      if (step) setAt((Math.min(at, list.length - 1) + step + list.length) % list.length);
      else if (e.key === 'Enter' || e.key === 'Tab' && !e.shiftKey) choose(list[Math.min(at, list.length - 1)]!);
      else if (e.key === 'Escape') setWord(null);
      else return false;
      e.preventDefault();
      e.stopPropagation();
      return true;
    },
    of: (text) => (text.includes('@') ? named(text, all) : []),
  };
}

export function NameList({n}: {n: Naming}) {
  return (
    <>
      {n.list.length ? (
        <ul class="names card" role="listbox" id={n.id} aria-label={t('name.people')}>
          {n.list.map((m, i) => (
            <li key={m.id} id={`${n.id}-${i}`} role="option" aria-selected={i === n.at} onMouseDown={(e) => e.preventDefault()} onClick={() => n.choose(m)}>
              <Avatar size="s" id={m.id} name={m.display_name} /><bdi>{nameOf(m.display_name)}</bdi>
            </li>
          ))}
        </ul>
      ) : null}
      <p class="vh" role="status">{n.list.length ? t('name.offer', {n: n.list.length}) : ''}</p>
    </>
  );
}
