// What this tab knows of the node: read once from /start, kept up to date by the stream.
import {computed, signal, type Signal} from '@preact/signals';
import {get, post, Refusal, secret, whenOut} from './api';
import {chatEvent, linesChanged, resend} from './chat';
import {go, opened} from './router';
import {freshShell} from './shell';
import {follow, restart, tellTabs, type Word} from './stream';
import {heardTyping, wrote} from './typing';
import type {Community, Group, Job, Me, Message, Mode, Session, Start, StreamEvent} from './types';

/** asking: no answer yet. out: this page is not signed in. stopped: the node does not answer. */
export type Phase = 'asking' | 'out' | 'in' | 'stopped' | 'locked';

export const phase = signal<Phase>('asking');
/** Why this page is not signed in, in the node's words. */
export const outWhy = signal('');
/** false while the stream is broken and tries again. */
export const streaming = signal(true);
export const me = signal<Me | null>(null);
export const communities = signal<Community[]>([]);
export const groups = signal<ReadonlyMap<string, Group>>(new Map());
/** How the node uses the network. */
export const mode = signal<Mode>('normal');
export const jobs = signal<ReadonlyMap<string, Job>>(new Map());

/** Whether anything more is said or done in a community by me. */
export const alive = (c: Community) => c.state === 'active' && !c.archived;

export const communityOf = (id: string) => communities.value.find((c) => c.id === id);
export const groupsOf = (com: string) => [...groups.value.values()].filter((g) => g.community_id === com);
export const can = (c: Community, bit: string) => c.permissions.includes(bit);
export const unreadTotal = computed(() => [...groups.value.values()].reduce((n, g) => n + (muted(g) ? 0 : g.unread ?? 0), 0));
export const muted = (g: Group) => !!g.muted_until && Date.parse(g.muted_until) > Date.now();

// Screens that show a list ask for it again when something of its kind happens: a counter for each kind and community.
const beats = new Map<string, Signal<number>>();
export function beat(topic: string): Signal<number> {
  let s = beats.get(topic);
  if (!s) beats.set(topic, (s = signal(0)));
  return s;
}
function bump(topic: string) {
  const s = beats.get(topic);
  if (s) s.value++;
}

export function putGroup(g: Group) {
  const next = new Map(groups.value);
  next.set(g.id, {...next.get(g.id), ...g});
  groups.value = next;
}

export function putCommunity(c: Community) {
  const list = communities.value;
  const i = list.findIndex((o) => o.id === c.id);
  communities.value = i < 0 ? [...list, c] : list.map((o, n) => (n === i ? {...o, ...c} : o));
  if (list[i]?.state === 'active' && c.state !== 'active') void askAll(); // each of its groups is another thing now
}

/** Takes a community out of this tab, or out of all tabs of this browser: the node has dropped it. */
export function forgetCommunity(id: string, everywhere = false) {
  if (everywhere) tellTabs({kind: 'forgotten', id});
  communities.value = communities.value.filter((c) => c.id !== id);
  groups.value = new Map([...groups.value].filter(([, g]) => g.community_id !== id));
}

/** Signs this tab in where the page was opened with a code, then reads everything. */
export async function begin(): Promise<void> {
  if (location.pathname === '/login' && opened.hash) {
    const [code, invite] = opened.hash.split('&');
    opened.hash = invite ?? ''; // `pandal ui INVITE`: the screen for joining takes it from here
    if (invite) go('/join', true);
    try {
      secret.set((await post<Session>('/session', {code})).secret!);
    } catch (e) {
      if (e instanceof Refusal && e.code !== 'stopped') {
        phase.value = 'out';
        outWhy.value = e.problem.detail ?? '';
        if (!secret.get()) return;
      }
    }
  }
  await refresh();
}

/** Reads everything again and follows the stream from there. */
export async function refresh(): Promise<void> {
  const early = phase.value === 'stopped' && !me.value;
  let s: Start;
  try {
    s = await get<Start>('/start');
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    setTimeout(() => {
      if (phase.value === 'stopped' || phase.value === 'locked') void refresh();
    }, 2000);
    return;
  }
  if (early) void freshShell(opened.hash);
  me.value = s.me;
  mode.value = s.mode;
  communities.value = s.communities;
  groups.value = new Map(s.groups.map((g) => [g.id, g]));
  phase.value = 'in';
  streaming.value = true;
  for (const topic of beats.keys()) bump(topic);
  follow(s.event_cursor, hear);
  resend();
}

whenOut((r) => {
  if (r.code === 'locked') return locked();
  phase.value = r.code === 'unauthenticated' ? 'out' : 'stopped';
  if (phase.value === 'stopped') streaming.value = false;
});

/** The node is locked. A tab that has read something starts anew, so that nothing of it stays here. */
function locked() {
  if (phase.value === 'in' || phase.value === 'stopped') location.reload();
  phase.value = 'locked';
}

// Waiting for an answer is for the tab in front: it asks every two seconds while the node is away.
addEventListener('online', () => phase.value === 'stopped' && void refresh());

function hear(w: Word) {
  switch (w.kind) {
    case 'up':
      if (!streaming.value || phase.value === 'stopped') void refresh();
      streaming.value = true;
      break;
    case 'down':
      streaming.value = false;
      if (phase.value === 'in') void refresh();
      break;
    case 'out':
      if (w.code === 'locked') locked();
      else phase.value = 'out';
      break;
    case 'resync':
      void get<Start>('/start').then((s) => {
        restart(s.event_cursor);
        return refresh();
      }).catch(() => {});
      break;
    case 'forgotten':
      forgetCommunity(w.id);
      break;
    case 'event':
      dispatchEvent(new CustomEvent('pandal-event', {detail: w}));
      take(w.event);
  }
}

// Connections and members change in bursts: each thing is asked for once in half a second, and at once where it is about me.
const due = new Map<string, Promise<void>>();
function soon(key: string, read: () => Promise<void>, wait = 500): Promise<void> {
  let p = due.get(key);
  if (!p || !wait) {
    p = new Promise((done) => setTimeout(done, wait)).then(() => {
      if (due.get(key) === p) due.delete(key);
      return read();
    });
    due.set(key, p);
  }
  return p;
}

/** Reads which communities and groups there are. What this tab does not know (one that is just being joined) is not asked for by its id: the node may not know it yet. */
const askAll = () => soon('', () => get<Start>('/start').then((s) => {
  communities.value = s.communities;
  groups.value = new Map(s.groups.map((g) => [g.id, g]));
}, () => {}));

/** What was asked for by its id is no longer there. */
const gone = (e: unknown) => (e instanceof Refusal && e.code === 'not_found' ? askAll() : undefined);

function askCommunity(id: string, wait?: number): Promise<void> {
  if (!communityOf(id)) return askAll();
  return soon(id, () => (communityOf(id) ? get<Community>(`/communities/${id}`).then(putCommunity, gone) : askAll()), wait);
}

/** Reads a group again, at most twice a second. */
export function askGroup(id: string, wait?: number): Promise<void> {
  if (!groups.value.has(id)) return askAll();
  return soon(id, () => (groups.value.has(id) ? get<Group>(`/groups/${id}`).then(putGroup, gone) : askAll()), wait);
}

function take(e: StreamEvent) {
  const kind = e.type.split('.')[0]!;
  const com = e.community_id ?? '';
  const first: Promise<void>[] = [];
  switch (kind) {
    case 'message':
    case 'announcement':
    case 'reaction':
    case 'poll':
    case 'event':
      chatEvent(e);
      if (e.type === 'message.created') {
        last(e.data as Message);
        wrote(e.data as Message);
      }
      break;
    case 'typing':
      heardTyping(e);
      break;
    case 'group': {
      const g = e.data as Group;
      if (g.id && g.kind) putGroup(g);
      else if (e.group_id) first.push(askGroup(e.group_id));
      if (com) first.push(askCommunity(com));
      linesChanged(e.group_id ?? g.id);
      break;
    }
    case 'read':
      if (e.group_id) void askGroup(e.group_id);
      break;
    case 'community': {
      const c = e.data as Community;
      if (c.id && c.me_id) putCommunity(c);
      if (!groupsOf(com).length) void refresh();
      break;
    }
    case 'member': {
      const wait = (e.data as {id?: string}).id === communityOf(com)?.me_id ? 0 : undefined;
      if (com) first.push(askCommunity(com, wait));
      if (e.group_id) first.push(askGroup(e.group_id, wait));
      linesChanged(e.group_id);
      break;
    }
    case 'job': {
      const j = e.data as Job;
      if (j.id) jobs.value = new Map(jobs.value).set(j.id, j);
      if (j.state === 'done') void refresh();
      break;
    }
    case 'network':
      mode.value = (e.data as {mode: Mode}).mode;
      break;
    case 'peer':
    case 'join_request':
      if (com) void askCommunity(com);
  }
  const tell = () => {
    bump(kind);
    bump(`${kind}:${com}`);
    if (e.group_id) bump(`${kind}:${e.group_id}`);
  };
  // Who came or went may be me: what I may see is known before the screens ask for it.
  if (first.length) void Promise.all(first).then(tell);
  else tell();
}

function last(m: Message) {
  const g = groups.value.get(m.group_id);
  if (!g) {
    if (m.group_id) void askGroup(m.group_id);
    return;
  }
  if (m.thread_root) return;
  const mine = communityOf(m.community_id)?.me_id === m.author_id;
  const counts = typeof g.unread === 'number';
  if (!g.last_message || m.order >= g.last_message.order) putGroup({...g, last_message: m});
  if (counts && !mine) void askGroup(g.id);
}
