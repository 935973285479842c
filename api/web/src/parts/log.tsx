// The messages of a group as a list that keeps its place: older ones load above, new ones below, and what is read stays where it is.
import {useEffect, useLayoutEffect, useMemo, useRef, useState} from 'preact/hooks';
import type {ComponentChildren} from 'preact';
import {Virtualizer, type VirtualizerHandle} from 'virtua';
import type {Chat, Pending} from '../lib/chat';
import {dayName, t} from '../lib/i18n';
import {actOnMessage, comboOf} from '../lib/keymap';
import {prefs} from '../lib/prefs';
import type {Community, Group, Message} from '../lib/types';
import {Empty, Icon, Loading, Note} from './basic';
import {MessageRow, PendingRow, SystemRow} from './message';

const together = 5 * 60_000; // messages of one author within this time stand as one

interface Row {key: string; day?: string; m?: Message; cont?: boolean; p?: Pending; fresh?: number}

export type Extras = (m: Message) => {quote?: ComponentChildren; below?: ComponentChildren; tools?: ComponentChildren; content?: ComponentChildren};

function rowsOf(items: Message[], waiting: Pending[], firstUnread: string, unread: number): Row[] {
  const out: Row[] = [];
  let last: Message | undefined;
  for (const m of items) {
    const newDay = !last || last.created_at.slice(0, 10) !== m.created_at.slice(0, 10) && dayName(last.created_at) !== dayName(m.created_at);
    if (newDay) out.push({key: `day-${m.id}`, day: dayName(m.created_at)});
    const fresh = m.id === firstUnread;
    if (fresh) out.push({key: 'fresh', fresh: unread});
    const cont = !newDay && !fresh && last!.author_id === m.author_id && Date.parse(m.created_at) - Date.parse(last!.created_at) < together && !m.reply_to && last!.kind !== 'system';
    out.push({key: m.id, m, cont});
    last = m;
  }
  for (const p of waiting) out.push({key: p.key, p});
  return out;
}

export function Log({chat, c, g, pending, sent, at, extras, onSeen}: {
  chat: Chat; c: Community; g: Group; pending: Pending[]; sent: number; at?: string; extras?: Extras; onSeen?: (m: Message) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const [below, setBelow] = useState(0);
  const [active, setActive] = useState('');
  const [spoken, setSpoken] = useState('');
  // Where reading stopped is fixed when the group is opened: the line stays while the messages below it are read.
  const mark = useMemo(() => ({id: g.unread ? g.first_unread_id ?? '' : '', n: g.unread ?? 0}), [g.id]);
  const stick = useRef(!(at ?? mark.id)); // the end is what is read, where nothing else is gone to
  const items = chat.items.value;
  const rows = useMemo(() => rowsOf(items, pending, mark.id, mark.n), [items, pending, mark]);
  const first = items[0]?.id ?? '';
  const seenFirst = useRef(first);
  const shift = seenFirst.current !== '' && first !== seenFirst.current && items.some((m) => m.id === seenFirst.current);
  const newest = items.at(-1)?.id ?? '';
  const was = useRef({newest, count: items.length});

  useLayoutEffect(() => {
    seenFirst.current = first;
  }, [first]);

  // New messages: follow them while at the foot, else say how many came.
  useLayoutEffect(() => {
    const fresh = was.current.newest ? items.length - 1 - items.findIndex((m) => m.id === was.current.newest) : 0;
    const others = items.slice(items.length - fresh).filter((m) => m.author_id !== c.me_id && m.kind !== 'system').length;
    was.current = {newest, count: items.length};
    if (stick.current) toEnd();
    else if (others > 0) setBelow((n) => n + others);
    if (others > 0) {
      const timer = setTimeout(() => setSpoken(t('chat.newMessages', {n: others})), 1000);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [newest, rows.length]);

  useEffect(() => {
    if (sent) {
      stick.current = true;
      toEnd();
    }
  }, [sent]);

  // A permalink, or the first unread message.
  useEffect(() => {
    const id = at ?? mark.id;
    if (!id || !chat.loaded.value) return;
    void chat.loadAround(id).then((found) => {
      requestAnimationFrame(() => {
        const i = found ? rowsOf(chat.items.value, [], mark.id, mark.n).findIndex((r) => r.m?.id === id) : -1;
        if (i < 0) {
          stick.current = true;
          toEnd();
          requestAnimationFrame(() => requestAnimationFrame(onScroll));
          return;
        }
        stick.current = false;
        list.current?.scrollToIndex(i, {align: at ? 'center' : 'start'});
        // Where all of it is in sight nothing scrolls, and nothing else says that the end is seen.
        requestAnimationFrame(() => requestAnimationFrame(onScroll));
        if (!at) return;
        setActive(id);
        requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(id)?.focus({preventScroll: true})));
      });
    });
  }, [at, chat.loaded.value]);

  function toEnd() {
    setBelow(0);
    requestAnimationFrame(() => list.current?.scrollToIndex(rows.length - 1, {align: 'end'}));
  }

  const look = () => {
    const m = document.hasFocus() && chat.items.value.findLast((x) => x.kind !== 'system');
    if (m) onSeen?.(m);
  };

  const onScroll = () => {
    const s = scroller.current;
    if (!s) return; // the last scroll of a list that is gone
    stick.current = s.scrollHeight - s.scrollTop - s.clientHeight < 80;
    if (stick.current && below) setBelow(0);
    if (s.scrollTop < 600) void chat.loadOlder();
    if (stick.current) look();
  };

  useEffect(() => {
    const check = () => {
      if (stick.current && chat.atEnd.value) look();
    };
    check();
    addEventListener('focus', check);
    return () => removeEventListener('focus', check);
  }, [newest]);

  // Rows grow when they are measured, get reactions or a picture, and the room for them changes: whoever reads the end stays at the end.
  useEffect(() => {
    const s = scroller.current!;
    const grown = new ResizeObserver(() => {
      if (stick.current) s.scrollTop = s.scrollHeight;
    });
    for (const e of [s, ...s.children]) grown.observe(e); // its own height is less with a keyboard on the screen, or a line over the box
    return () => grown.disconnect();
  }, [chat.loaded.value, rows.length === 0]);

  // A page that does not fill the window has nothing to scroll: ask for more at once.
  useEffect(() => {
    const s = scroller.current;
    if (s && chat.loaded.value && chat.older.value && s.scrollHeight <= s.clientHeight + 600) void chat.loadOlder();
  }, [items.length, chat.loaded.value]);

  const focusable = items.some((m) => m.id === active) ? active : newest;
  const move = (e: KeyboardEvent) => {
    const here = (e.target as HTMLElement).closest('article');
    if (!here || e.target !== here) return;
    // Keys of the message that has the focus; nowhere else do they mean anything.
    const act = actOnMessage(comboOf(e));
    if (act) {
      e.preventDefault();
      const bar = here.querySelector('.tb'), button = bar?.querySelector<HTMLElement>(`[data-act=${act}]`);
      if (button) button.click();
      else bar?.dispatchEvent(new CustomEvent('act', {detail: act}));
      return;
    }
    const how = e.key === 'Enter' && here.querySelector<HTMLElement>('.how');
    if (how) {
      e.preventDefault();
      how.click();
      return;
    }
    const i = items.findIndex((m) => m.id === here.dataset.id);
    const to = ({ArrowUp: i - 1, ArrowDown: i + 1, Home: 0, End: items.length - 1} as Record<string, number>)[e.key];
    if (to === undefined || !items[to]) return;
    e.preventDefault();
    const id = items[to].id;
    setActive(id);
    list.current?.scrollToIndex(rows.findIndex((r) => r.m?.id === id), {align: 'nearest'});
    requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(id)?.focus()));
  };

  const draw = (r: Row) => (
    <div class="vrow" key={r.key}>
      {r.day ? <p class="day">{r.day}</p> : null}
      {r.fresh !== undefined ? <p class="day new">{t('chat.new', {n: r.fresh})}</p> : null}
      {r.m?.kind === 'system' ? <SystemRow m={r.m} tabIndex={r.m.id === focusable ? 0 : -1} /> : r.m ? <MessageRow m={r.m} c={c} place={{mine: r.m.author_id === c.me_id, cont: !!r.cont}} tabIndex={r.m.id === focusable ? 0 : -1} hot={r.m.id === at} {...extras?.(r.m)} /> : null}
      {r.p ? <PendingRow p={r.p} /> : null}
    </div>
  );

  const simple = prefs.value.simple;
  return (
    <div class="logbox">
      <div ref={scroller} class="log" role="log" aria-label={t('chat.messages')} aria-live="off" tabIndex={items.length ? -1 : 0} onScroll={onScroll} onKeyDown={move}>
        {!chat.loaded.value && chat.failed.value ? <Note kind="dg" icon="alert" alert>{chat.failed.value} <button type="button" class="bt" onClick={() => void chat.load()}>{t('msg.retry')}</button></Note> : null}
        {!chat.loaded.value && !chat.failed.value ? <Loading what={t('chat.loading')} rows={5} /> : null}
        {chat.loaded.value && chat.older.value === null && rows.length ? <p class="begin sm mu">{t('chat.begin')}</p> : null}
        {chat.loaded.value && simple && chat.older.value ? <p class="center"><button type="button" class="bt" onClick={() => void chat.loadOlder()}>{t('chat.older')}</button></p> : null}
        {simple ? rows.map(draw) : <Virtualizer ref={list} data={rows} scrollRef={scroller} shift={shift} keepMounted={keep(rows, focusable)}>{draw}</Virtualizer>}
        {chat.loaded.value && rows.every((r) => r.day || r.m?.kind === 'system') ? <Empty title={t('chat.emptyTitle')} text={t('chat.emptyText')} /> : null}
      </div>
      {below > 0 || !chat.atEnd.value ? (
        <p class="below"><button type="button" class="bt" onClick={() => {
          stick.current = true;
          if (chat.atEnd.value) toEnd();
          else void chat.load().then(toEnd);
        }}><Icon name="arrow-down" /> {below > 0 ? t('chat.below', {n: below}) : t('chat.toEnd')}</button></p>
      ) : null}
      <p class="vh" role="status">{spoken}</p>
    </div>
  );
}

/** Rows around the focus stay in the document, or a screen reader would lose its place. */
function keep(rows: Row[], id: string): number[] {
  const i = rows.findIndex((r) => r.m?.id === id);
  if (i < 0) return [];
  const out: number[] = [];
  for (let n = Math.max(0, i - 15); n < Math.min(rows.length, i + 15); n++) out.push(n);
  return out;
}
