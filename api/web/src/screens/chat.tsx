// A group: its messages, newest at the foot, and the composer.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {chatOf, pending, send} from '../lib/chat';
import {t} from '../lib/i18n';
import {communityOf, groups, putGroup} from '../lib/state';
import {post, Refusal} from '../lib/api';
import {tidy} from '../lib/text';
import type {Community, Group, Problem} from '../lib/types';
import {Icon, Note, Trouble} from '../parts/basic';
import {Composer} from '../parts/composer';
import {Log} from '../parts/log';
import {Menu, type MenuItem} from '../parts/dialog';
import {groupName, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {NotFound} from './states';

export function ChatScreen({com, id, at}: {com: string; id: string; at?: string}) {
  const c = communityOf(com), g = groups.value.get(id);
  useTitle(g ? groupName(g) : '');
  if (!c || !g) return <Shell com={com}><NotFound back={`/c/${com}`} /></Shell>;
  return (
    <Shell com={com} group={id} target={`#t-${id}`}>
      {g.joined ? <Room key={id} c={c} g={g} {...(at ? {at} : {})} /> : <Outside key={id} c={c} g={g} />}
    </Shell>
  );
}

export function Top({c, g, items, sub}: {c: Community; g: Group; items?: MenuItem[]; sub?: string}) {
  const ann = g.kind === 'announcements';
  return (
    <header class="top">
      <a class="bt ic back" href={`/c/${c.id}`} aria-label={t('back')}><Icon name="back" /></a>
      <span class={ann ? 'gi vi hide-p' : 'gi hide-p'}><Icon name={ann ? 'announce' : 'talk'} /></span>
      <div class="grow">
        <h1>{ann ? groupName(g) : <bdi>{groupName(g)}</bdi>}</h1>
        <p>{sub ?? (g.description ? <><span>{t('members', {n: g.member_count})}</span> · <bdi>{tidy(g.description)}</bdi></> : t('members', {n: g.member_count}))}</p>
      </div>
      {ann ? null : <a class="bt ic" href={`/c/${c.id}/g/${g.id}/about`} aria-label={t('group.about')}><Icon name="users" /></a>}
      {items?.length ? <Menu label={t('group.menu')} items={items} /> : null}
    </header>
  );
}

/** Why I cannot write here, or nothing. */
function muzzle(c: Community, g: Group): string {
  if (c.state === 'removed') return t('chat.removed');
  if (c.state === 'left') return t('chat.left');
  if (c.archived || g.archived) return t('chat.archived');
  if (g.who_posts === 'moderators' && !['owner', 'admin', 'moderator'].includes(c.role) && !c.permissions.includes('moderate')) return t('chat.moderatorsOnly');
  return '';
}

function Room({c, g, at}: {c: Community; g: Group; at?: string}) {
  const chat = useMemo(() => chatOf(g.id), [g.id]);
  const [failed, setFailed] = useState('');
  const sent = useRef(0);
  useEffect(() => {
    if (!chat.loaded.value) void chat.load();
  }, [chat]);
  const why = muzzle(c, g);
  const mine = pending.value.filter((p) => p.group === g.id && p.path.endsWith('/messages'));
  return (
    <main class="chat" id="main" tabIndex={-1}>
      <Top c={c} g={g} />
      <Log chat={chat} c={c} g={g} pending={mine} sent={sent.current} {...(at ? {at} : {})} />
      <div>
        {failed ? <Note kind="dg" icon="alert" alert>{failed}</Note> : null}
        {why ? <div class="cp"><Note icon="lock">{why}</Note></div> : (
          <Composer id={g.id} label={t('chat.messageTo', {name: groupName(g)})} place={t('chat.messageTo', {name: groupName(g)})} button={t('send')} focusOn={g.id}
            onSend={(text) => {
              sent.current++;
              setFailed('');
              void send(g.id, `/groups/${g.id}/messages`, {text});
            }} />
        )}
      </div>
    </main>
  );
}

/** A group that I am not in: what it is and how to come in. */
function Outside({c, g}: {c: Community; g: Group}) {
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
  return (
    <main class="chat" id="main" tabIndex={-1}>
      <Top c={c} g={g} sub={g.open ? t('group.openLong') : t('group.closedLong')} />
      <div class="log middle">
        <form class="wc card" onSubmit={join}>
          <h2 class="serif em-h"><bdi>{groupName(g)}</bdi></h2>
          {g.description ? <p dir="auto">{tidy(g.description)}</p> : null}
          <p class="mu">{g.open ? t('outside.open') : t('outside.closed')}</p>
          {asked ? <Note kind="ok" icon="check">{t('outside.asked')}</Note> : c.state !== 'active' || c.archived || g.archived ? null : (
            <>
              {g.open ? null : (
                <div>
                  <label class="lbl" for="ask">{t('outside.note')} <span class="mu plain">{t('optional')}</span></label>
                  <input class="fld" id="ask" dir="auto" maxLength={300} value={note} onInput={(e) => setNote(e.currentTarget.value)} />
                </div>
              )}
              <Trouble problem={problem} />
              <button class="bt pr" disabled={busy}>{g.open ? t('outside.join') : t('outside.ask')}</button>
            </>
          )}
        </form>
      </div>
    </main>
  );
}
