// Who is writing: what the stream says of others, kept for seconds, and what the node may tell them of me.
import {signal} from '@preact/signals';
import {ask, get} from './api';
import type {Group, Message, Privacy, StreamEvent} from './types';

/** The node tells at most every 3 seconds, so one that was missed does not end it. */
const shown = 6000, every = 3000;
/** Larger groups are told neither who reads nor who writes. */
export const mostReaders = 64;

interface Typist {id: string; name: string | null; until: number}

/** Who writes in each group, the one who began first at the head. */
export const typists = signal<ReadonlyMap<string, readonly Typist[]>>(new Map());
/** What others learn of me; null until somebody asks. */
export const privacy = signal<Privacy | null>(null);

let timer = 0;
function keep(f: (id: string, t: Typist) => boolean) {
  const next = new Map<string, readonly Typist[]>();
  for (const [group, list] of typists.value) {
    const left = list.filter((t) => f(group, t));
    if (left.length) next.set(group, left);
  }
  typists.value = next;
  clearTimeout(timer);
  const first = Math.min(...[...next.values()].flat().map((t) => t.until));
  if (next.size) timer = setTimeout(() => keep((_, t) => t.until > Date.now()), Math.max(0, first - Date.now()) + 20);
}

export function heardTyping(e: StreamEvent) {
  const group = e.group_id ?? '', id = e.actor_id ?? '';
  const one = {id, name: (e.data as {display_name?: string}).display_name ?? null, until: Date.now() + shown};
  const list = typists.value.get(group) ?? [];
  typists.value = new Map(typists.value).set(group, list.some((t) => t.id === id) ? list.map((t) => (t.id === id ? one : t)) : [...list, one]);
  keep(() => true);
}

/** Their message is here: they are done. */
export function wrote(m: Message) {
  if (typists.value.get(m.group_id)?.some((t) => t.id === m.author_id)) keep((group, t) => group !== m.group_id || t.id !== m.author_id);
}

const told = new Map<string, number>();
/** Lets a group know that I am writing there, at most every 3 seconds. What goes wrong with it is nothing to tell of. */
export async function writing(g: Group): Promise<void> {
  if (g.kind === 'announcements' || g.member_count > mostReaders || Date.now() - (told.get(g.id) ?? 0) < every) return;
  told.set(g.id, Date.now());
  try {
    privacy.value ??= await get<Privacy>('/me/privacy');
    if (!privacy.value.typing) told.delete(g.id);
    else await ask('POST', `/groups/${g.id}/typing`, undefined, '');
  } catch {
    // The node is away, or has not let me write: the message itself will say so.
  }
}
