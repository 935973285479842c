// Everything by keyboard: what the keys do, the jump to anywhere, and the list of all of them.
import {signal} from '@preact/signals';
import {useMemo, useState} from 'preact/hooks';
import type {ComponentChildren} from 'preact';
import {post, Refusal} from '../lib/api';
import {seen} from '../lib/chat';
import {useList} from '../lib/data';
import {t} from '../lib/i18n';
import {actAnywhere, actOnMessage, anywhere, comboOf, keysOf, onMessage, type Act} from '../lib/keymap';
import {prefs} from '../lib/prefs';
import {go, parts, path} from '../lib/router';
import {communities, communityOf, groups, groupsOf, muted, phase, putGroup} from '../lib/state';
import {initials, nameOf, tidy} from '../lib/text';
import type {Community, Group, Member, Problem} from '../lib/types';
import {Keys} from '../screens/keyboard';
import {lockNode} from '../screens/lock';
import {Avatar, Icon, Trouble} from './basic';
import {Dialog} from './dialog';
import {clothOf, directOf, groupHref, GroupMark, groupName, orderGroups} from './shell';

const open = signal<'' | 'jump' | 'help'>('');
const said = signal('');
export const showHelp = () => (open.value = 'help');

/** Moves the focus to the next part of the screen: communities, the list, what is open, what stands beside it. */
function region(step: number) {
  if (document.querySelector('dialog[open]')) return;
  const all = [...document.querySelectorAll<HTMLElement>('.rail, .list, main, .side')].filter((r) => r.checkVisibility());
  const at = all.findIndex((r) => r.contains(document.activeElement));
  const next = all[(at + step + all.length) % all.length];
  next?.querySelector<HTMLElement>('[aria-current=page], a[href], button:not(:disabled), input, textarea, select, [tabindex="0"]')?.focus({focusVisible: true} as FocusOptions);
}

/** Opens the search: in the group or community that is open, or in all. False where the field has the focus: then it is the browser's. */
function search(all: boolean): boolean {
  const [head, com, what, group] = parts(path.value), field = document.getElementById('q');
  if (head === 'search' && field) {
    if (document.activeElement === field) return false;
    field.focus();
    return true;
  }
  if (document.querySelector('dialog[open]')) return false;
  const p = new URLSearchParams();
  if (!all && head === 'c' && com) {
    p.set('community', com);
    if (what === 'g' && group) p.set('group', group);
  }
  go(`/search${p.size ? `?${p}` : ''}`);
  return true;
}

/** The groups of a community in the order of its list. */
function inOrder(com: string): Group[] {
  const all = groupsOf(com);
  return [...all.filter((g) => g.kind === 'announcements'), ...orderGroups(all.filter((g) => g.kind === 'chat' && g.joined && !g.archived)), ...directOf(com)];
}

/** Opens the group above or below; with `unread`, the next that has something to read, in this community and then in the others. */
function walk(step: number, unread: boolean) {
  const [head, com, what, id] = parts(path.value);
  const here = head === 'c' && com && communityOf(com) ? com : communities.value[0]?.id;
  if (!here) return;
  const coms = communities.value.map((c) => c.id), from = coms.indexOf(here);
  const all = (unread ? [...coms.slice(from), ...coms.slice(0, from)] : [here]).flatMap(inOrder);
  const at = all.findIndex((g) => (what === 'announcements' ? g.kind === 'announcements' && g.community_id === here : what === 'g' && g.id === id));
  for (let n = 1; n <= all.length; n++) {
    const start = at < 0 && step < 0 ? 0 : at;
    const g = all[(((start + n * step) % all.length) + all.length) % all.length]!;
    if (unread && (!g.unread || muted(g))) continue;
    go(groupHref(g));
    return;
  }
}

const inField = (e: KeyboardEvent) => !!(e.target as Element).closest?.('input, textarea, select, [contenteditable]');

/** Marks the group that is open as read, where Esc closes nothing: neither what it has closed on its way here, nor what is still open. */
function readHere() {
  const [head, , what, id, more] = parts(path.value), g = head === 'c' && what === 'g' && more !== 'about' ? groups.value.get(id ?? '') : undefined;
  if (!g?.unread || !g.last_message || document.querySelector('dialog[open], :popover-open, [role=listbox], .side, .context')) return;
  seen(g.last_message);
  said.value = t('keys.readDone');
  setTimeout(() => (said.value = ''), 2000);
}

/** What the whole page does with a key. */
export function onKey(e: KeyboardEvent) {
  if (phase.value !== 'in' || e.isComposing) return;
  const dialog = !!document.querySelector('dialog[open]') && !open.value, combo = comboOf(e);
  // "?" asks for the list of keys wherever it is not written.
  const act = combo === '?' && prefs.value.keys && !inField(e) ? 'help' : actAnywhere(combo);
  const nth = keysOf('community') && /^Mod\+([1-9])$/.exec(combo)?.[1];
  switch (act) {
    case 'region':
    case 'regionBack':
      region(act === 'region' ? 1 : -1);
      break;
    case 'groupUp':
    case 'groupDown':
    case 'unreadUp':
    case 'unreadDown':
      if (dialog || open.value || (e.target as Element).matches?.('select')) return; // there it opens the choice
      walk(act.endsWith('Up') ? -1 : 1, act.startsWith('unread'));
      break;
    case 'lock':
      void lockNode();
      break;
    case 'jump':
    case 'help':
      if (dialog) return;
      open.value = open.value === act ? '' : act;
      break;
    case 'search':
    case 'searchAll':
      if (!search(act === 'searchAll')) return;
      break;
    default: {
      if (combo === 'Escape' && !e.defaultPrevented) return readHere();
      const c = nth && !dialog && !open.value ? communities.value[Number(nth) - 1] : undefined;
      if (!c) return;
      go(`/c/${c.id}`);
    }
  }
  e.preventDefault();
}

export function Overlay() {
  const what = open.value;
  // One that goes may not take the next one, which a quick hand has opened already, with it.
  const close = () => {
    if (open.value === what) open.value = '';
  };
  return <>{what === 'jump' ? <Jump key="jump" onClose={close} /> : what === 'help' ? <Help key="help" onClose={close} /> : null}<p class="vh" role="status">{said.value}</p></>;
}

interface Goal {id: string; name: string; where: string; mark: ComponentChildren; unread: number; at: string; href?: string; user?: string}

function goals(members: Member[], here: Community | undefined): Goal[] {
  const out: Goal[] = [];
  const written = new Set<string>();
  for (const c of communities.value) {
    for (const g of inOrder(c.id)) {
      const ended = g.state === 'ended';
      if (g.user_id && !ended) written.add(g.user_id);
      out.push({id: g.id, name: groupName(g), where: ended ? `${t('dm.endedShort')} · ${tidy(c.name)}` : tidy(c.name), mark: <GroupMark g={g} />, unread: muted(g) ? 0 : g.unread ?? 0, at: g.last_message?.created_at ?? '', href: groupHref(g)});
    }
    out.push({id: c.id, name: tidy(c.name), where: t('jump.community'), mark: <span class="cm on" data-cloth={clothOf(c)} aria-hidden="true">{initials(c.name)}</span>, unread: 0, at: '', href: `/c/${c.id}`});
  }
  for (const m of members) {
    if (m.me || m.state !== 'active' || !m.display_name || written.has(m.id) || here?.state !== 'active') continue;
    out.push({id: m.id, name: nameOf(m.display_name), where: t('dm.write'), mark: <Avatar id={m.id} name={m.display_name} />, unread: 0, at: '', user: m.id});
  }
  return out;
}

const most = 40;

/** What fits the words, what begins with them first; without words, what is unread and what was written last. */
function fitting(all: Goal[], q: string): Goal[] {
  const needle = q.trim().toLocaleLowerCase();
  if (!needle) return all.filter((g) => g.href).sort((a, b) => Number(b.unread > 0) - Number(a.unread > 0) || (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, most);
  const rank = (g: Goal) => {
    const n = g.name.toLocaleLowerCase();
    return n.startsWith(needle) ? 0 : n.split(/\s+/).some((w) => w.startsWith(needle)) ? 1 : n.includes(needle) ? 2 : 9;
  };
  return all.map((g) => ({g, r: rank(g)})).filter((x) => x.r < 9).sort((a, b) => a.r - b.r).slice(0, most).map((x) => x.g);
}

function Jump({onClose}: {onClose: () => void}) {
  const here = communityOf(parts(path.value)[0] === 'c' ? parts(path.value)[1] ?? '' : '');
  const members = useList<Member>(here ? `/communities/${here.id}/members?state=active` : null);
  const [q, setQ] = useState('');
  const [at, setAt] = useState(0);
  const [problem, setProblem] = useState<Problem | null>(null);
  const all = useMemo(() => goals(members.value ?? [], here), [members.value, here]);
  const shown = useMemo(() => fitting(all, q), [all, q]);
  const on = shown[Math.min(at, shown.length - 1)];
  const leave = (href: string) => {
    onClose();
    // The dialog gives the focus back first; then it goes where the new screen wants it.
    requestAnimationFrame(() => {
      go(href);
      requestAnimationFrame(() => requestAnimationFrame(() => {
        const main = document.getElementById('main');
        if (!main?.contains(document.activeElement)) main?.focus({preventScroll: true});
      }));
    });
  };
  const choose = (g: Goal) => {
    if (g.href) return leave(g.href);
    post<Group>('/dms', {user_id: g.user}).then((d) => {
      putGroup(d);
      leave(groupHref(d));
    }, (e: unknown) => e instanceof Refusal && setProblem(e.problem));
    return undefined;
  };
  return (
    <Dialog title={t('jump.title')} onClose={onClose}>
      <div class="stack jump">
        <label class="vh" for="jump">{t('jump.label')}</label>
        <input class="fld" id="jump" dir="auto" autocomplete="off" spellcheck={false} role="combobox" aria-expanded={shown.length > 0} aria-controls="jumps" aria-autocomplete="list" autofocus
          {...(on ? {'aria-activedescendant': `j-${on.id}`} : {})} placeholder={t('jump.label')} value={q}
          onInput={(e) => {
            setQ(e.currentTarget.value);
            setAt(0);
            setProblem(null);
          }}
          onKeyDown={(e) => {
            if (e.isComposing || e.altKey) return;
            const step = ({ArrowDown: 1, ArrowUp: -1} as Record<string, number>)[e.key];
            if (step && shown.length) {
              e.preventDefault();
              const to = (at + step + shown.length) % shown.length;
              setAt(to);
              document.getElementById(`j-${shown[to]!.id}`)?.scrollIntoView({block: 'nearest'});
            } else if (e.key === 'Enter' && on) {
              e.preventDefault();
              choose(on);
            }
          }} />
        <ul id="jumps" role="listbox" aria-label={t('jump.title')}>
          {shown.map((g) => (
            <li key={g.id} id={`j-${g.id}`} role="option" aria-selected={g === on} onClick={() => choose(g)}>
              {g.mark}<span class="grow"><b><bdi>{g.name}</bdi></b><span class="sm mu block"><bdi>{g.where}</bdi></span></span>
              {g.unread ? <span class="bd"><span aria-hidden="true">{g.unread > 99 ? '99+' : g.unread}</span><span class="vh">{t('group.unread', {n: g.unread})}</span></span> : null}
            </li>
          ))}
        </ul>
        <p class={shown.length ? 'vh' : 'mu'} role="status">{shown.length ? '' : t('jump.none')}</p>
        <Trouble problem={problem} />
      </div>
    </Dialog>
  );
}

function Help({onClose}: {onClose: () => void}) {
  const enter = prefs.value.enter, single = prefs.value.keys;
  const ours = (acts: object) => (Object.keys(acts) as Act[]).filter((x) => keysOf(x)).map((x) => [`keys.${x}`, keysOf(x)] as [string, string]);
  const all: [string, [string, string][]][] = [
    ['keys.anywhere', [...ours(anywhere), ['keys.read', 'Esc']]],
    ['keys.messages', [['keys.move', '↑ ↓'], ['keys.ends', 'Home+End'], ...ours(onMessage).filter(([, combo]) => actOnMessage(combo))]],
    ['keys.writing', [['keys.send', enter ? 'Enter' : 'Mod+Enter'], ['keys.line', enter ? 'Shift+Enter' : 'Enter'], ['keys.last', '↑'], ['keys.drop', 'Esc']]],
  ];
  return (
    <Dialog title={t('keys.title')} onClose={onClose} wide>
      {all.map(([head, keys]) => (
        <section key={head}>
          <h3>{t(head)}</h3>
          <dl class="keys">{keys.map(([what, combo]) => <div key={what}><dt>{t(what)}</dt><dd><Keys combo={combo} /></dd></div>)}</dl>
        </section>
      ))}
      <p><a class="bt" href="/docs/"><Icon name="help" /> {t('help.open')}</a></p>
      <p class="sm mu">{single ? t('keys.single') : t('keys.singleOff')} <a href="/settings/keyboard" onClick={onClose}>{t('settings.keyboard')}</a></p>
    </Dialog>
  );
}
