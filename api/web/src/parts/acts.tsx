// What can be done with a message: react, answer, open its thread, change, delete, hide, pin.
import {useId, useLayoutEffect, useRef, useState} from 'preact/hooks';
import {del, patch, put, Refusal, seg} from '../lib/api';
import {chatOf, threadOf} from '../lib/chat';
import {t} from '../lib/i18n';
import {can} from '../lib/state';
import {nameOf, oneLine} from '../lib/text';
import type {Community, Group, Message} from '../lib/types';
import {Icon} from './basic';
import {Confirm, Menu, type MenuItem} from './dialog';
import {History} from './private';
import {ReportDialog} from './report';

const quick = ['👍', '❤️', '🙏', '😂', '😮', '😢', '🎉', '✅', '👏', '🔥', '🙂', '🤔', '👀', '💪', '🌱', '🍲', '☀️', '🌧️', '🚲', '💧', '📌', '❌', '➕', '🕊️'];

/** Takes the answer of an act into the lists that show the message. */
export function take(m: Message) {
  chatOf(m.group_id).change(m.id, () => m);
  if (m.thread_root) threadOf(m.thread_root).change(m.id, () => m);
}

export async function react(m: Message, emoji: string): Promise<void> {
  const mine = m.reactions.some((r) => r.emoji === emoji && r.mine);
  const path = `/messages/${m.id}/reactions/${seg(emoji)}`;
  take(await (mine ? del<Message>(path) : put<Message>(path)));
}

function Picker({m, onFail, small}: {m: Message; onFail: (e: unknown) => void; small?: boolean}) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null), box = useRef<HTMLDivElement>(null);
  const place = () => {
    const b = button.current!.getBoundingClientRect(), p = box.current!;
    p.style.left = `${Math.min(Math.max(8, b.left + b.width / 2 - p.offsetWidth / 2), innerWidth - p.offsetWidth - 8)}px`;
    p.style.top = `${b.top - p.offsetHeight - 6 > 8 ? b.top - p.offsetHeight - 6 : b.bottom + 6}px`;
  };
  return (
    <>
      <button ref={button} type="button" data-act={small ? undefined : 'react'} class={small ? undefined : 'bt ic'} aria-label={t('msg.react')} aria-haspopup="dialog" popovertarget={id}>
        {small ? <span class="p"><Icon name="react" /></span> : <Icon name="react" />}
      </button>
      <div ref={box} id={id} popover="auto" role="dialog" aria-label={t('msg.react')} class="emoji" onToggle={(e) => {
        if ((e as unknown as ToggleEvent).newState === 'open') {
          place();
          box.current!.querySelector('button')?.focus();
        }
      }} onKeyDown={(e) => {
        const all = [...box.current!.querySelectorAll('button')], at = all.indexOf(document.activeElement as HTMLButtonElement);
        const rtl = document.documentElement.dir === 'rtl' ? -1 : 1;
        const step = ({ArrowRight: rtl, ArrowLeft: -rtl, ArrowDown: 6, ArrowUp: -6} as Record<string, number>)[e.key];
        if (!step) return;
        e.preventDefault();
        all[(at + step + all.length) % all.length]?.focus();
      }}>
        {quick.map((x) => <button key={x} type="button" onClick={() => {
          box.current!.hidePopover();
          react(m, x).catch(onFail);
        }}>{x}</button>)}
      </div>
    </>
  );
}

export function Reactions({m, onFail, may}: {m: Message; onFail: (e: unknown) => void; may: boolean}) {
  if (!m.reactions.length) return null;
  return (
    <ul class="rx" aria-label={t('msg.reactions')}>
      {m.reactions.map((r) => (
        <li key={r.emoji}><button type="button" aria-pressed={r.mine} disabled={!may} aria-label={t('msg.reacted', {what: r.emoji.slice(0, 16), n: r.count})} onClick={() => react(m, r.emoji).catch(onFail)}>
          <span class="p"><span aria-hidden="true" class="emo">{[...r.emoji].slice(0, 8).join('')}</span> <span>{r.count}</span></span></button></li>
      ))}
      {may ? <li><Picker small m={m} onFail={onFail} /></li> : null}
    </ul>
  );
}

export interface Acts {reply?: (m: Message) => void; thread?: (m: Message) => void; edit?: (m: Message) => void}

/** Beside a message, on hover and focus. */
export function Tools({m, c, g, acts, onFail, may}: {m: Message; c: Community; g: Group; acts: Acts; onFail: (e: unknown) => void; may: boolean}) {
  const mine = m.author_id === c.me_id;
  const moderates = can(c, 'moderate');
  const [history, setHistory] = useState(false);
  const [reporting, setReporting] = useState(false);
  const [asking, setAsking] = useState(false);
  const bar = useRef<HTMLDivElement>(null);
  const mayEdit = may && mine && (m.kind === 'text' || m.kind === 'announcement') && !!acts.edit;
  // What has no button of its own has a key.
  useLayoutEffect(() => {
    const hear = (e: Event) => {
      const what = (e as CustomEvent<string>).detail;
      if (what === 'edit' && mayEdit) acts.edit!(m);
      else if (what === 'delete' && mine) setAsking(true);
    };
    const b = bar.current!;
    b.addEventListener('act', hear);
    return () => b.removeEventListener('act', hear);
  });
  const items: MenuItem[] = [{icon: 'copy', label: t('msg.copy'), run: () => void navigator.clipboard.writeText(m.text)}];
  items.push(m.starred ? {icon: 'star', label: t('msg.unstar'), run: () => void del(`/me/stars/${m.id}`).then(() => take({...m, starred: false})).catch(onFail)}
    : {icon: 'star', label: t('msg.star'), run: () => void put(`/me/stars/${m.id}`).then(() => take({...m, starred: true})).catch(onFail)});
  if (m.edited_at) items.push({icon: 'clock', label: t('msg.history'), run: () => setHistory(true)});
  if (mayEdit) items.push({icon: 'edit', label: t('msg.edit'), run: () => acts.edit!(m)});
  if (may && moderates && g.kind === 'chat') {
    items.push(m.pinned_until || m.pinned ? {icon: 'pin', label: t('msg.unpin'), run: () => void del(`/groups/${m.group_id}/pins/${m.id}`).catch(onFail)}
      : {icon: 'pin', label: t('msg.pin'), run: () => void put(`/groups/${m.group_id}/pins/${m.id}`, {}).catch(onFail)});
  }
  if (!mine && c.state === 'active') items.push({icon: 'flag', label: t('report.title'), run: () => setReporting(true)});
  if (moderates && !mine && g.kind !== 'dm') items.push({icon: 'eye-off', label: t('msg.hide'), danger: true, run: () => void put<Message>(`/messages/${m.id}/hidden`, {}).then(take).catch(onFail)});
  if (mine) items.push({icon: 'trash', label: t('msg.delete'), danger: true, run: () => setAsking(true)});
  return (
    <>
    <div ref={bar} class="tb" role="group" aria-label={t('msg.actions')}>
      {may ? <Picker m={m} onFail={onFail} /> : null}
      {may && acts.reply ? <button type="button" class="bt ic" data-act="reply" aria-label={t('msg.reply')} onClick={() => acts.reply!(m)}><Icon name="reply" /></button> : null}
      {acts.thread ? <button type="button" class="bt ic" data-act="thread" aria-label={t('msg.thread')} onClick={() => acts.thread!(m)}><Icon name="thread" /></button> : null}
      <Menu act="more" label={t('msg.more')} items={items} />
    </div>
    {history ? <History m={m} onClose={() => setHistory(false)} /> : null}
    {asking ? <Confirm title={t('msg.deleteAsk')} text={oneLine(m.text.slice(0, 200))} action={t('msg.delete')} onClose={() => setAsking(false)} onYes={() => void del(`/messages/${m.id}`).then(() => setAsking(false), (e: unknown) => {
      setAsking(false);
      onFail(e);
    })} /> : null}
    {reporting ? <ReportDialog path={`/messages/${m.id}/report`} what={oneLine(m.text.slice(0, 200))} onClose={() => setReporting(false)} /> : null}
    </>
  );
}

/** The message that one answers. */
export function Quote({m, c, find}: {m: Message; c: Community; find: (id: string) => Message | undefined}) {
  if (!m.reply_to) return null;
  const of = find(m.reply_to);
  return (
    <a class="q" href={`/c/${m.community_id}/g/${m.group_id}/m/${m.reply_to}`}>
      <b><bdi>{of ? (of.author_id === c.me_id ? t('you') : nameOf(of.author_name)) : t('msg.earlier')}</bdi></b>
      <span>{of ? (of.deleted ? t('msg.deletedShort') : oneLine(of.text.slice(0, 200))) : t('msg.look')}</span>
    </a>
  );
}

/** Puts new words to a message, in place of the composer. */
export function useEdit(onFail: (e: unknown) => void) {
  const [editing, setEditing] = useState<Message | null>(null);
  const save = (text: string, named: string[] = []) => {
    const m = editing!;
    setEditing(null);
    if (text !== m.text) patch<Message>(`/messages/${m.id}`, {text, ...(text.includes('@') ? {mentions: named.length ? named : m.mentions} : {})}).then(take).catch(onFail);
  };
  return {editing, setEditing, save};
}

export const failText = (e: unknown) => (e instanceof Refusal ? e.problem : null);
