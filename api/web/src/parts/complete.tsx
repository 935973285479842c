// What is offered while something is written: after "@" the people of the group, after "#" my groups, after ":" and two letters emoji. Who stands in the
// text with "@" is told of it.
import type {ComponentChildren} from 'preact';
import {useEffect, useId, useState} from 'preact/hooks';
import {useList} from '../lib/data';
import type {Emoji} from '../lib/emoji';
import {lang, t} from '../lib/i18n';
import {groupsOf} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {Member} from '../lib/types';
import {Avatar, Icon} from './basic';

const most = 6;
// In a message a name of several words stays together by spaces that do not break: so all of it is seen to be the name.
const written = (sign: string, name: string) => sign + tidy(name).replaceAll(' ', '\u00A0');
const plain = (s: string) => s.replaceAll('\u00A0', ' ').toLocaleLowerCase();
const letter = /[\p{L}\p{M}\p{N}_]/u;
// A sign that begins something: neither in an address, nor in the time of day, nor two of them.
const begins = /(?<![\p{L}\p{M}\p{N}_@#/])(?:([@#])([^@#:\n]{0,30})|(?<!:)(:)(\p{L}[\p{L}\p{M}\p{N}_]{1,19}))$/u;

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

/** Something that can be put in. */
interface Offer {id: string; put: string; name: string; mark: ComponentChildren}

/** How well a name fits what is begun: 0 by its beginning, 1 by that of a word in it, 9 not at all. */
function rank(name: string, begun: string): number {
  const n = plain(tidy(name));
  return n.startsWith(begun) ? 0 : n.split(' ').some((w) => w.startsWith(begun)) ? 1 : 9;
}
const fitting = <T,>(all: T[], name: (x: T) => string, begun: string): T[] =>
  all.filter((x) => tidy(name(x)) && rank(name(x), begun) < 9).sort((a, b) => rank(name(a), begun) - rank(name(b), begun) || tidy(name(a)).localeCompare(tidy(name(b))));

export interface Completion {
  /** What is offered now, after which sign. */ list: Offer[]; sign: string; at: number; id: string; choose: (o: Offer) => void;
  /** What a key does to the list; true: nothing more is to be done with it. */ key: (e: KeyboardEvent) => boolean;
  look: () => void; close: () => void;
  /** The ids of those whom a text names. */ of: (text: string) => string[];
}

/** Completes in a text box of a community. `path` ("/groups/…/members") is where the people are who can be named, read when the first "@" is written. */
export function useCompletion(com: string, path: string | undefined, box: {current: HTMLTextAreaElement | null}, change: (text: string) => void, initial = ''): Completion {
  const id = useId();
  const [begun, setBegun] = useState<{sign: string; word: string} | null>(null);
  const [asked, setAsked] = useState(initial.includes('@'));
  const [at, setAt] = useState(0);
  const [emoji, setEmoji] = useState<((word: string) => Emoji[]) | null>(null);
  const people = useList<Member>(path && asked ? path : null, ['member']);
  const all = (people.value ?? []).filter((m) => m.state === 'active' && tidy(m.display_name));
  const sign = begun?.sign ?? '', word = plain(begun?.word ?? '');
  useEffect(() => {
    if (sign === ':' && !emoji) void import('../lib/emoji').then((e) => setEmoji(() => (w: string) => e.emojiFor(e.emojiIn(lang()), w, most)), () => {}); // without the node there are none
  }, [sign]);
  const offers = (): Offer[] => {
    switch (sign) {
      case '@': return fitting(all.filter((m) => !m.me), (m) => m.display_name!, word).map((m) => ({id: m.id, put: written(sign, m.display_name!), name: nameOf(m.display_name), mark: <Avatar size="s" id={m.id} name={m.display_name} />}));
      case '#': return fitting(groupsOf(com).filter((g) => g.kind === 'chat' && g.joined && !g.archived), (g) => g.name, word).map((g) => ({id: g.id, put: written(sign, g.name), name: tidy(g.name), mark: <Icon name="talk" />}));
      case ':': return (emoji?.(word) ?? []).map((e) => ({id: e.sign, put: e.sign, name: e.name, mark: <span class="emo" aria-hidden="true">{e.sign}</span>}));
      default: return [];
    }
  };
  const list = offers().slice(0, most);
  const before = () => box.current!.value.slice(0, box.current!.selectionStart);
  const choose = (o: Offer) => {
    const e = box.current!, head = before(), start = head.lastIndexOf(sign), put = o.put + ' ';
    const text = head.slice(0, start) + put + e.value.slice(e.selectionStart).replace(/^ /, '');
    change(text);
    setBegun(null);
    e.value = text;
    e.focus();
    e.setSelectionRange(start + put.length, start + put.length);
  };
  return {
    list, sign, at: Math.min(at, Math.max(0, list.length - 1)), id, choose,
    look: () => {
      const m = begins.exec(before());
      if (m?.[1] === '@') setAsked(true);
      setBegun(m ? {sign: m[1] ?? m[3]!, word: m[2] ?? m[4]!} : null);
      setAt(0);
    },
    close: () => setBegun(null),
    key: (e) => {
      if (!list.length) return false;
      const step = ({ArrowDown: 1, ArrowUp: -1} as Record<string, number>)[e.key];
      if (step) setAt((Math.min(at, list.length - 1) + step + list.length) % list.length);
      else if (e.key === 'Enter' || e.key === 'Tab' && !e.shiftKey) choose(list[Math.min(at, list.length - 1)]!);
      else if (e.key === 'Escape') setBegun(null);
      else return false;
      e.preventDefault();
      e.stopPropagation();
      return true;
    },
    of: (text) => (text.includes('@') ? named(text, all) : []),
  };
}

export function OfferList({n}: {n: Completion}) {
  return (
    <>
      {n.list.length ? (
        <ul class="names card" role="listbox" id={n.id} aria-label={t({'@': 'name.people', '#': 'name.groups', ':': 'name.emoji'}[n.sign]!)}>
          {n.list.map((o, i) => (
            <li key={o.id} id={`${n.id}-${i}`} role="option" aria-selected={i === n.at} ref={(e) => {
              if (i === n.at) e?.scrollIntoView({block: 'nearest'});
            }} onMouseDown={(e) => e.preventDefault()} onClick={() => n.choose(o)}>
              {o.mark}<bdi>{o.name}</bdi>
            </li>
          ))}
        </ul>
      ) : null}
      <p class="vh" role="status">{n.list.length ? t('name.offer', {n: n.list.length}) : ''}</p>
    </>
  );
}
