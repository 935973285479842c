// A group: its messages, newest at the foot, and the composer.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {chatOf, pending, seen, send} from '../lib/chat';
import {t} from '../lib/i18n';
import {onScreenKeys} from '../lib/prefs';
import {go} from '../lib/router';
import {alive, communityOf, groups, putGroup} from '../lib/state';
import {post, Refusal} from '../lib/api';
import {nameOf, oneLine, tidy} from '../lib/text';
import {mostReaders, writing} from '../lib/typing';
import {useList} from '../lib/data';
import type {Community, Group, Message, Problem} from '../lib/types';
import {failText, Quote, Reactions, Tools, useEdit, type Acts} from '../parts/acts';
import {Empty, Icon, Loading, Note, Trouble} from '../parts/basic';
import {Composer} from '../parts/composer';
import {Log} from '../parts/log';
import {Confirm, Dialog, Menu, type MenuItem} from '../parts/dialog';
import {MakeEvent, MakePoll} from '../parts/make';
import {GoThere} from '../parts/message';
import {MuteDialog, muteItem} from '../parts/private';
import {groupHref, GroupMark, groupName, Shell, shut} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {Typing} from '../parts/typing';
import {NotFound} from './states';
import {ThreadPanel} from './thread';

export function ChatScreen({com, id, at, thread}: {com: string; id: string; at?: string; thread?: boolean}) {
  const c = communityOf(com), g = groups.value.get(id);
  useTitle(g ? groupName(g) : '');
  if (!c || !g || g.kind === 'dm' && !holds(g)) return <Shell com={com}><NotFound back={`/c/${com}`} /></Shell>;
  return (
    <Shell com={com} group={id} side target={`#t-${id}`}>
      {holds(g) ? <Room key={id} c={c} g={g} {...(at ? {at} : {})} open={thread ? at ?? '' : ''} /> : <Outside key={id} c={c} g={g} />}
    </Shell>
  );
}

/** Whether there is something to read in a group: who is out of it keeps what he had. */
function holds(g: Group): boolean {
  return g.joined || !!g.last_message;
}

export function Top({c, g, items, sub}: {c: Community; g: Group; items?: MenuItem[]; sub?: string}) {
  const ann = g.kind === 'announcements', dm = g.kind === 'dm';
  return (
    <header class="top">
      <a class="bt ic back" href={`/c/${c.id}`} aria-label={t('back')}><Icon name="back" /></a>
      <GroupMark g={g} hide />
      <div class="grow">
        <h1>{ann ? groupName(g) : <bdi>{groupName(g)}</bdi>}</h1>
        <p>{sub ?? (dm ? t('dm.sub') : !g.joined && !ann ? way(c, g) : g.description ? <><span>{t('members', {n: g.member_count})}</span> · <bdi>{tidy(g.description)}</bdi></> : t('members', {n: g.member_count}))}</p>
      </div>
      <a class="bt ic hide-p" href={`/search?community=${c.id}&group=${g.id}`} aria-label={t('search.here')}><Icon name="search" /></a>
      {ann || dm ? null : <a class="bt ic" href={`/c/${c.id}/g/${g.id}/about`} aria-label={t('group.about')}><Icon name="users" /></a>}
      {items?.length ? <Menu label={t('group.menu')} items={items} /> : null}
    </header>
  );
}

/** How one who is not in a group gets in, in a few words. */
export function way(c: Community, g: Group): string {
  return c.state !== 'active' ? t(`pill.${c.state}`) : g.open ? t('group.openLong') : t('group.closedLong');
}

/** Why I cannot write here, or nothing. */
function muzzle(c: Community, g: Group): string {
  if (c.state !== 'active') return t(`chat.${c.state}`);
  if (g.state === 'ended') return t('dm.ended');
  if (g.moved_to) return communityOf(g.moved_to.community_id) ? t('chat.movedTo', {name: tidy(communityOf(g.moved_to.community_id)!.name)}) : t('chat.moved');
  if (!g.joined) return t(g.kind === 'dm' ? 'dm.ended' : 'chat.out');
  if (c.archived || g.archived) return t('chat.archived');
  if (g.who_posts === 'moderators' && !['owner', 'admin', 'moderator'].includes(c.role) && !c.permissions.includes('moderate')) return t('chat.moderatorsOnly');
  return '';
}

function Room({c, g, at, open}: {c: Community; g: Group; at?: string; open: string}) {
  const chat = useMemo(() => chatOf(g.id), [g.id]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [reply, setReply] = useState<Message | null>(null);
  const [thread, setThread] = useState(open);
  useEffect(() => {
    if (open) setThread(open);
  }, [open]);
  const [making, setMaking] = useState<'poll' | 'event' | 'pins' | 'mute' | 'end' | ''>('');
  const sent = useRef(0);
  useEffect(() => {
    if (!chat.loaded.value) void chat.load();
  }, [chat]);
  const why = muzzle(c, g), may = !why, dm = g.kind === 'dm';
  const fail = (e: unknown) => setProblem(failText(e));
  const {editing, setEditing, save} = useEdit(fail);
  const writes = useRef(!onScreenKeys());
  if (editing || reply) writes.current = true; // who leaves an answer or a change goes on in the box
  const mine = pending.value.filter((p) => p.group === g.id && p.path.endsWith('/messages'));
  const find = (id: string) => chat.items.value.find((m) => m.id === id);
  const root = find(thread);
  const acts: Acts = {reply: setReply, thread: (m) => setThread(m.id), edit: setEditing};
  const lastMine = () => [...chat.items.value].reverse().find((m) => m.author_id === c.me_id && m.kind === 'text' && !m.deleted);
  const label = editing ? t('msg.editLabel') : t('chat.messageTo', {name: groupName(g)});
  const context = editing ? {icon: 'edit', title: t('msg.editing'), text: editing.text, drop: () => setEditing(null)}
    : reply ? {icon: 'reply', title: t('msg.replyTo', {name: reply.author_id === c.me_id ? t('you') : nameOf(reply.author_name)}), text: reply.text, drop: () => setReply(null)} : null;
  return (
    <>
      <main class="chat" id="main" tabIndex={-1}>
        <Top c={c} g={g} items={[{icon: 'search', label: t('search.here'), href: `/search?community=${c.id}&group=${g.id}`}, ...(dm ? [] : [{icon: 'pin', label: t('pins.title'), run: () => setMaking('pins')}]), ...(g.joined ? [muteItem(g, () => setMaking('mute'))] : []),
          ...(dm ? g.joined ? [{icon: 'log-out', label: t('dm.end'), danger: true, run: () => setMaking('end')}] : [] : [{icon: 'info', label: t('group.about'), href: `/c/${c.id}/g/${g.id}/about`}])]} />
        <Log chat={chat} c={c} g={g} {...(g.joined ? {onSeen: seen} : {})} pending={mine} sent={sent.current} {...(at ? {at} : {})} extras={(m) => ({
          quote: <Quote m={m} c={c} find={find} />,
          tools: <Tools m={m} c={c} g={g} acts={acts} onFail={fail} may={may} />,
          below: m.reactions.length || m.thread_count ? (
            <>
              <Reactions m={m} onFail={fail} may={may} />
              {m.thread_count ? <button type="button" class="thr" aria-expanded={thread === m.id} onClick={() => setThread(m.id)}><Icon name="thread" />{t('msg.replies', {n: m.thread_count})}</button> : null}
            </>
          ) : undefined,
        })} />
        <div>
          {problem ? <div class="cp"><Trouble problem={problem} /></div> : null}
          {may && g.member_count <= mostReaders ? <Typing group={g.id} /> : null}
          {why ? <div class="cp"><Note icon="lock">{why}{g.moved_to ? <GoThere to={g.moved_to} /> : null}</Note>{g.joined || g.kind === 'dm' ? null : <ComeIn c={c} g={g} />}{(g.state === 'ended' || !g.joined) && g.user_id && c.state === 'active' ? <p class="gapt"><button type="button" class="bt pr" onClick={() => void post<Group>('/dms', {user_id: g.user_id}).then((d) => {
            putGroup(d);
            go(groupHref(d));
          }, fail)}><Icon name="talk" /> {t('dm.again')}</button></p> : null}</div> : (
            <Composer key={editing?.id ?? ''} id={g.id} com={c.id} label={label} place={label} button={editing ? t('save') : t('send')} focusOn={editing?.id ?? reply?.id ?? (at || !writes.current ? '' : g.id)}
              {...(editing ? {initial: editing.text} : {onWrite: () => void writing(g)})} people={dm ? undefined : `/groups/${g.id}/members`} onEsc={() => {
                context?.drop();
                return !!context;
              }}
              start={editing ? null : <Menu label={t('chat.add')} icon="plus" items={[{icon: 'list-checks', label: t('poll.new'), run: () => setMaking('poll')}, {icon: 'calendar-plus', label: t('event.new'), run: () => setMaking('event')}]} />}
              above={context ? (
                <div class="row context"><Icon name={context.icon} /><div class="grow"><b class="sm">{context.title}</b><p class="sm mu one">{oneLine(context.text.slice(0, 200))}</p></div>
                  <button type="button" class="bt ic" aria-label={t('cancel')} onClick={context.drop}><Icon name="x" /></button></div>
              ) : null}
              onUp={() => {
                const m = lastMine();
                if (m) setEditing(m);
                return !!m;
              }}
              onSend={(text, mentions) => {
                setProblem(null);
                if (editing) return save(text, mentions);
                sent.current++;
                void send(g.id, `/groups/${g.id}/messages`, {text, ...(mentions.length ? {mentions} : {}), ...(reply ? {reply_to: reply.id} : {})});
                setReply(null);
              }} />
          )}
        </div>
        {making === 'poll' ? <MakePoll g={g} onClose={() => setMaking('')} /> : making === 'event' ? <MakeEvent group={g.id} onClose={() => setMaking('')} /> : making === 'pins' ? <Pins c={c} g={g} onClose={() => setMaking('')} /> : making === 'mute' ? <MuteDialog g={g} onClose={() => setMaking('')} /> : making === 'end' ? <EndDirect c={c} g={g} onClose={() => setMaking('')} /> : null}
      </main>
      {root ? <ThreadPanel key={root.id} root={root} c={c} g={g} may={may} onClose={() => setThread('')} /> : null}
    </>
  );
}

/** Messages that somebody pinned. */
function Pins({c, g, onClose}: {c: Community; g: Group; onClose: () => void}) {
  const list = useList<Message>(`/groups/${g.id}/pins`, [`message:${g.id}`]);
  return (
    <Dialog title={t('pins.title')} onClose={onClose} wide>
      {!list.value ? <Loading what={t('pins.title')} /> : !list.value.length ? <Empty title={t('pins.none')} text={t('pins.noneText')} /> : (
        <ul class="tl">{list.value.map((m) => <li key={m.id}><div class="grow"><p><b><bdi>{nameOf(m.author_name)}</bdi></b></p><p dir="auto">{oneLine(m.text.slice(0, 300))}</p></div><a class="bt" href={`/c/${c.id}/g/${g.id}/m/${m.id}`} onClick={onClose}>{t('msg.look')}</a></li>)}</ul>
      )}
    </Dialog>
  );
}

/** Goes out of a direct message. What was written stays with the other one. */
function EndDirect({c, g, onClose}: {c: Community; g: Group; onClose: () => void}) {
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <Confirm title={t('dm.endAsk', {name: groupName(g)})} text={t('dm.endText')} action={t('dm.end')} onClose={onClose}
      onYes={() => void post(`/groups/${g.id}/leave`).then(() => {
        putGroup({...g, joined: false});
        go(`/c/${c.id}`);
      }, (e: unknown) => setProblem(failText(e)))}>
      <Trouble problem={problem} />
    </Confirm>
  );
}

/** A group that I am not in: what it is and how to come in. */
function Outside({c, g}: {c: Community; g: Group}) {
  return (
    <main class="chat" id="main" tabIndex={-1}>
      <Top c={c} g={g} />
      <div class="log middle">
        <div class="wc card">
          <h2 class="serif em-h"><bdi>{groupName(g)}</bdi></h2>
          {g.description ? <p dir="auto">{tidy(g.description)}</p> : null}
          <p class="mu">{shut(c) || (g.archived ? t('chat.archived') : g.open ? t('outside.open') : t('outside.closed'))}</p>
          <ComeIn c={c} g={g} />
        </div>
      </div>
    </main>
  );
}

/** Joins a group, or asks those who manage it. */
function ComeIn({c, g}: {c: Community; g: Group}) {
  const [note, setNote] = useState('');
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const join = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      const r = await post<Group & {state?: string}>(`/groups/${g.id}/join`, note.trim() ? {note: note.trim()} : {});
      if (r.kind === 'chat') putGroup(r);
      else setAsked(true);
    } catch (err) {
      if (err instanceof Refusal) setProblem(err.problem);
    }
    setBusy(false);
  };
  if (!alive(c) || g.archived) return null;
  if (asked) return <Note kind="ok" icon="check">{t('outside.asked')}</Note>;
  return (
    <form class="stack gapt" onSubmit={join}>
      {g.open ? null : (
        <div>
          <label class="lbl" for="ask">{t('outside.note')} <span class="mu plain">{t('optional')}</span></label>
          <input class="fld" id="ask" dir="auto" maxLength={300} value={note} onInput={(e) => setNote(e.currentTarget.value)} />
        </div>
      )}
      <Trouble problem={problem} />
      <p><button class="bt pr" disabled={busy}>{g.open ? t('outside.join') : t('outside.ask')}</button></p>
    </form>
  );
}
