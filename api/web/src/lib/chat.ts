// The messages of a group that this tab holds: what was loaded, what arrived, and what is on its way out.
import {signal} from '@preact/signals';
import {get, post, put, Refusal} from './api';
import {askGroup, communityOf, groups} from './state';
import type {Message, MessageDeliveryData, Page, Problem, StreamEvent} from './types';

/** A message of mine that the node has not taken yet. It has a key, so that sending it twice makes one message. */
export interface Pending {
  key: string; group: string; path: string; body: {text: string; [more: string]: unknown}; at: string; state: 'sending' | 'waiting' | 'failed'; problem?: Problem;
}

const pageSize = 50;

export class Chat {
  readonly items = signal<Message[]>([]);
  readonly loaded = signal(false);
  readonly loading = signal(false);
  readonly failed = signal('');
  /** Cursor of what is older, or 'before' the first that is here; null: the beginning is here. */
  readonly older = signal<string | null>(null);
  /** false after a jump to an old message: what is newer has gaps, and "back to the end" loads the end. */
  readonly atEnd = signal(true);

  /** Something happened while the list was being read: what was read may be from before it. */
  private touched = false;

  /** `lines`: the list comes with the lines that nobody wrote (kind system). */
  constructor(readonly list: string, readonly id: string, private readonly lines = false) {}

  private page(where = ''): Promise<Page<Message>> {
    return get<Page<Message>>(`${this.list}?limit=${pageSize}${this.lines ? '&system=true' : ''}${where}`);
  }

  async load(): Promise<void> {
    if (this.loading.value) return;
    this.loading.value = true;
    this.touched = false;
    try {
      const p = await this.page();
      const fresh = sorted(p.items);
      const first = fresh[0];
      // Where it reaches back to what is here, what is here stays; else there would be a hole between.
      const overlaps = !!first && this.items.value.some((m) => m.order >= first.order);
      if (this.loaded.value && overlaps && this.atEnd.value) {
        // A line goes when what it tells no longer counts, a message when its time is over.
        const newest = fresh.at(-1)!, here = new Set(fresh.map((m) => m.id));
        this.items.value = this.items.value.filter((m) => m.order < first.order || here.has(m.id) || m.kind !== 'system' && m.order > newest.order);
        this.merge(fresh);
      }
      else {
        this.items.value = fresh;
        this.older.value = p.next_cursor;
      }
      this.atEnd.value = true;
      this.loaded.value = true;
      this.failed.value = '';
    } catch (e) {
      this.failed.value = e instanceof Error ? e.message : String(e);
    } finally {
      this.loading.value = false;
    }
    if (this.touched && !this.failed.value) await this.load();
  }

  /** Messages whose time is over are gone: those of the newest page by what the node has, older ones by the time that the group gives them. */
  async expire(seconds: number | null): Promise<void> {
    if (seconds) {
      const over = Date.now() - seconds * 1000;
      this.items.value = this.items.value.filter((m) => m.kind === 'system' || Date.parse(m.created_at) > over);
    }
    if (this.loaded.value && this.atEnd.value) await this.load();
  }

  /** An event of this list came. */
  touch() {
    this.touched = true;
  }

  async loadOlder(): Promise<void> {
    const cursor = this.older.value;
    if (!cursor || this.loading.value) return;
    this.loading.value = true;
    try {
      // A line may count no longer by now; a message keeps its place.
      const from = this.items.value.find((m) => m.kind !== 'system') ?? this.items.value[0];
      const where = cursor === 'before' ? `&before=${from?.id ?? ''}` : `&cursor=${encodeURIComponent(cursor)}`;
      const p = await this.page(where);
      this.merge(p.items);
      this.older.value = p.next_cursor;
    } catch {
      // The node is away: the stream says so, and the next scroll asks again.
    } finally {
      this.loading.value = false;
    }
  }

  /** Shows the neighbourhood of a message that is not loaded. */
  async loadAround(id: string): Promise<boolean> {
    if (this.items.value.some((m) => m.id === id)) return true;
    try {
      const p = await this.page(`&around=${encodeURIComponent(id)}`);
      const items = sorted(p.items);
      if (!items.some((m) => m.id === id)) return false;
      this.items.value = items;
      this.older.value = 'before'; // a neighbourhood comes without a cursor
      this.atEnd.value = false;
      this.loaded.value = true;
      return true;
    } catch {
      return false;
    }
  }

  merge(more: Message[]) {
    const by = new Map(this.items.value.map((m) => [m.id, m]));
    for (const m of more) by.set(m.id, m);
    this.items.value = sorted([...by.values()]);
  }

  /** Takes a message in, unless the stream brought it already: what it said since is newer. */
  add(m: Message) {
    if (!this.items.value.some((o) => o.id === m.id)) this.merge([m]);
  }

  /** Reads the newest page again, at most once a second, where a message of it has not reached everybody. */
  askStates() {
    const open = this.items.value.slice(-pageSize).some((m) => m.delivery.state !== 'delivered' || m.delivery.reached < m.delivery.expected);
    if (this.asking || !this.loaded.value || !this.atEnd.value || !open) return;
    this.asking = true;
    setTimeout(() => {
      this.asking = false;
      this.page().then((p) => this.merge(p.items), () => {});
    }, 500);
  }
  private asking = false;

  change(id: string, f: (m: Message) => Message) {
    if (this.items.value.some((m) => m.id === id)) this.items.value = this.items.value.map((m) => (m.id === id ? f(m) : m));
  }

  drop(id: string) {
    this.items.value = this.items.value.filter((m) => m.id !== id);
  }
}

function sorted(items: Message[]): Message[] {
  return [...items].sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
}

/** Somebody was blocked, or is no longer: what they wrote is folded away in every list that is here. */
export function setBlocked(author: string, blocked: boolean) {
  for (const c of [...chats.values(), ...threads.values()]) c.items.value = c.items.value.map((m) => (m.author_id === author ? {...m, blocked} : m));
}

const told = new Map<string, string>();
/** Tells the node how far a group was read, each place once. It is called only when somebody looks at it, and with a message: a line may count no longer. */
export function seen(m: Message) {
  const before = told.get(m.group_id);
  if (before !== undefined && before >= m.order) return;
  told.set(m.group_id, m.order);
  put(`/groups/${m.group_id}/read`, {up_to: m.id}).then(() => askGroup(m.group_id), () => told.delete(m.group_id));
}

const chats = new Map<string, Chat>();
const threads = new Map<string, Chat>();

export function chatOf(group: string): Chat {
  let c = chats.get(group);
  if (!c) chats.set(group, (c = new Chat(`/groups/${group}/messages`, group, groups.value.get(group)?.kind !== 'announcements')));
  return c;
}

export function threadOf(root: string): Chat {
  let c = threads.get(root);
  if (!c) threads.set(root, (c = new Chat(`/messages/${root}/thread`, root)));
  return c;
}

const dueLines = new Set<string>();
/** Who belongs to a group, or what is set in it, changed: the lines of its list may be others. It is read again, at most twice a second. */
export function linesChanged(group: string | undefined) {
  const c = chats.get(group ?? '');
  if (!c?.loaded.value || !c.atEnd.value || dueLines.has(c.id)) return;
  dueLines.add(c.id);
  setTimeout(() => {
    dueLines.delete(c.id);
    c.touch();
    void c.load();
  }, 500);
}

/** Reads one message again, where it is shown: what an event says of it is not all of it. One that has not come yet is not asked for. */
function ask(id: string, group: string) {
  if (![chats.get(group), ...threads.values()].some((c) => c?.items.value.some((m) => m.id === id))) return;
  get<Message>(`/messages/${id}`).then((m) => {
    chats.get(group)?.change(id, () => m);
    for (const t of threads.values()) t.change(id, () => m);
  }, () => {});
}

export function chatEvent(e: StreamEvent) {
  const data = e.data as Partial<Message & MessageDeliveryData> & {message_id?: string};
  const group = e.group_id ?? data.group_id ?? '';
  const c = chats.get(group);
  c?.touch();
  if ((e.type === 'message.delivery' || e.type === 'announcement.reach') && data.state) {
    const id = data.message_id ?? '';
    const delivery = {state: data.state, reached: data.reached!, expected: data.expected!, read: data.read ?? null};
    if (e.type === 'announcement.reach') ask(id, group);
    else for (const one of [c, ...threads.values()]) one?.change(id, (m) => ({...m, delivery}));
    return;
  }
  if (data.id && data.kind && data.order !== undefined) {
    const m = data as Message;
    if (e.type === 'message.created') settle(m);
    if (m.thread_root) {
      threads.get(m.thread_root)?.touch();
      threads.get(m.thread_root)?.merge([m]);
      if (e.type === 'message.created') ask(m.thread_root, group);
    } else if (e.type !== 'message.created') c?.change(m.id, () => m);
    else if (c?.loaded.value && c.atEnd.value) c.merge([m]);
    return;
  }
  if (e.type === 'message.delivery') {
    // A member's receipt, which covers many messages at once: read those that are not through yet.
    c?.askStates();
    return;
  }
  if (e.type === 'message.expired') {
    const seconds = groups.value.get(group)?.disappearing_seconds ?? null;
    for (const one of [c, ...threads.values()]) if (one && (one === c || one.items.value.some((m) => m.group_id === group))) void one.expire(seconds);
    return;
  }
  const id = data.message_id ?? data.id;
  if (id?.startsWith('msg_')) ask(id, group);
}

// What is on its way is kept, so that a closed tab or a stopped node loses nothing.
const outbox = 'outbox';
function kept(): Pending[] {
  try {
    return JSON.parse(localStorage.getItem(outbox) ?? '[]') as Pending[];
  } catch {
    return [];
  }
}
export const pending = signal<Pending[]>(kept().map((p) => ({...p, state: p.state === 'failed' ? 'failed' : 'waiting'})));
function setPending(list: Pending[]) {
  pending.value = list;
  localStorage.setItem(outbox, JSON.stringify(list));
}

/** My message came back by the stream before the answer to its POST. */
function settle(m: Message) {
  if (communityOf(m.community_id)?.me_id !== m.author_id) return;
  const i = pending.value.findIndex((p) => p.group === m.group_id && p.body.text === m.text && p.state === 'sending');
  if (i >= 0) setPending(pending.value.filter((_, n) => n !== i));
}

async function submit(p: Pending): Promise<void> {
  setPending(pending.value.map((o) => (o.key === p.key ? {...o, state: 'sending'} : o)));
  try {
    const m = await post<Message>(p.path, p.body, p.key);
    setPending(pending.value.filter((o) => o.key !== p.key));
    if (m.thread_root) threads.get(m.thread_root)?.add(m);
    else if (chats.get(m.group_id)?.atEnd.value) chats.get(m.group_id)?.add(m);
  } catch (e) {
    const problem = e instanceof Refusal ? e.problem : {title: String(e), status: 0, code: 'internal'};
    const again = problem.code === 'stopped' || problem.code === 'stopping' || problem.code === 'locked';
    setPending(pending.value.map((o) => (o.key === p.key ? {...o, state: again ? 'waiting' : 'failed', problem} : o)));
  }
}

/** Shows a message at once and hands it to the node. It resolves when the node has it, or when it failed. */
export function send(group: string, path: string, body: Pending['body']): Promise<void> {
  const p: Pending = {key: crypto.randomUUID(), group, path, body, at: new Date().toISOString(), state: 'sending'};
  setPending([...pending.value, p]);
  return submit(p);
}

export function retry(key: string) {
  const p = pending.value.find((o) => o.key === key);
  if (p) void submit(p);
}

export function discard(key: string) {
  setPending(pending.value.filter((p) => p.key !== key));
}

/** Sends what waited for the node, in the order it was written; the keys make a second try harmless. */
export function resend() {
  void (async () => {
    for (const p of pending.value.filter((o) => o.state === 'waiting')) await submit(p);
  })();
  for (const c of chats.values()) if (c.loaded.value) void c.load();
}
