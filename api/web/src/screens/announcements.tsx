// Announcements: a board of notices, the newest first. Who may announce writes below; everybody else is told who does.
import {useEffect, useMemo, useState} from 'preact/hooks';
import {chatOf, pending, seen, send} from '../lib/chat';
import {post, put} from '../lib/api';
import {clock, dayName, fullTime, joined, t, weekdayTime} from '../lib/i18n';
import {alive, can, communityOf, groupsOf} from '../lib/state';
import {nameOf} from '../lib/text';
import type {Community, Group, Message, Problem, Scheduled} from '../lib/types';
import {failText, Reactions, take, Tools} from '../parts/acts';
import {Avatar, Check, Empty, Icon, Loading, Note, Trouble} from '../parts/basic';
import {Composer} from '../parts/composer';
import {Dialog} from '../parts/dialog';
import {Body, Content, PendingRow} from '../parts/message';
import {MuteDialog, muteItem} from '../parts/private';
import {groupName, Shell, shut} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {Top, way} from './chat';
import {ScheduledList, useScheduled, WhenDialog} from './schedule';
import {NotFound} from './states';
import {ThreadPanel} from './thread';

export function Announcements({com, at = '', thread}: {com: string; at?: string; thread?: boolean}) {
  const c = communityOf(com)!;
  const g = groupsOf(com).find((o) => o.kind === 'announcements');
  useTitle(t('announcements'));
  if (!g) return <Shell com={com}><NotFound back={`/c/${com}`} /></Shell>;
  return <Shell com={com} group={g.id} side><Board key={g.id} c={c} g={g} at={at} open={thread ? at : ''} /></Shell>;
}

function Board({c, g, at, open}: {c: Community; g: Group; at: string; open: string}) {
  const chat = useMemo(() => chatOf(g.id), [g.id]);
  const may = can(c, 'announce') && alive(c);
  useEffect(() => {
    if (!chat.loaded.value) void chat.load();
  }, [chat]);
  const [thread, setThread] = useState(open);
  useEffect(() => {
    if (open) setThread(open);
  }, [open]);
  useEffect(() => {
    if (at && chat.loaded.value) void chat.loadAround(at).then(() => requestAnimationFrame(() => document.getElementById(at)?.scrollIntoView({block: 'center'})));
  }, [at, chat.loaded.value]);
  const [muting, setMuting] = useState(false);
  const later = useScheduled(c, may);
  const newest = chat.items.value.at(-1);
  useEffect(() => {
    const look = () => newest && chat.atEnd.value && document.hasFocus() && seen(newest);
    look();
    addEventListener('focus', look);
    return () => removeEventListener('focus', look);
  }, [newest?.id]);
  const root = chat.items.value.find((m) => m.id === thread);
  const notices = [...chat.items.value].reverse();
  const waiting = pending.value.filter((p) => p.path.endsWith('/announcements') && p.group === g.id);
  return (
    <>
    <main class="chat" id="main" tabIndex={-1}>
      <Top c={c} g={g} items={[{icon: 'search', label: t('search.here'), href: `/search?community=${c.id}&group=${g.id}`}, muteItem(g, () => setMuting(true))]} sub={c.state !== 'active' ? way(c, g) : c.archived ? t('members', {n: c.member_count}) : `${t('announce.who')} · ${t('members', {n: c.member_count})}`} />
      <div class="board" role="group" aria-label={t('announcements')} tabIndex={0}>
        <ScheduledList c={c} list={later} />
        <div class="feed" role="feed" aria-label={t('announcements')} aria-busy={chat.loading.value}>
        {waiting.length ? <div class="log flat">{waiting.map((p) => <PendingRow key={p.key} p={p} />)}</div> : null}
        {!chat.loaded.value ? (chat.failed.value ? <Note kind="dg" icon="alert" alert>{chat.failed.value}</Note> : <Loading what={t('chat.loading')} />) : null}
        {chat.loaded.value && !notices.length ? <Empty title={t('announce.emptyTitle')} text={may ? t('announce.emptyMay') : t('announce.emptyText')} /> : null}
        {notices.map((m) => <Notice key={m.id} m={m} c={c} g={g} hot={m.id === at} onThread={(m) => setThread(m.id)} />)}
        {chat.older.value ? <button type="button" class="bt" onClick={() => void chat.loadOlder()}>{t('announce.older')}</button> : null}
        </div>
      </div>
      {may ? <Write c={c} g={g} onLater={later.reload} /> : shut(c) ? <div class="cp"><Note icon="lock">{shut(c)}</Note></div> : <div class="cp"><Note kind="vi" icon="announce"><b>{t('announce.onlyTitle')}</b> {t('announce.onlyText')}</Note></div>}
    {muting ? <MuteDialog g={g} onClose={() => setMuting(false)} /> : null}
    </main>
    {root ? <ThreadPanel key={root.id} root={root} c={c} g={g} may={alive(c)} onClose={() => setThread('')} /> : null}
    </>
  );
}

function audienceOf(m: Message): string {
  const ids = m.audience?.groups ?? [];
  if (!ids.length) return t('announce.everyone');
  const names = ids.map((id) => groupsOf(m.community_id).find((g) => g.id === id)).filter((g) => !!g).map((g) => groupName(g));
  return names.length ? t('announce.to', {names: joined(names)}) : t('announce.someGroups');
}

function Notice({m, c, g, hot, onThread}: {m: Message; c: Community; g: Group; hot: boolean; onThread: (m: Message) => void}) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const fail = (e: unknown) => setProblem(failText(e));
  const live = alive(c);
  const urgent = m.priority === 'urgent', important = m.priority === 'important';
  const name = nameOf(m.author_name);
  const mine = m.author_id === c.me_id;
  const [unfolded, setUnfolded] = useState(false);
  if (m.deleted) return <p class="note"><Icon name={m.deleted.hidden ? 'eye-off' : 'trash'} /><span class="mu">{t(m.deleted.hidden ? 'msg.hidden' : 'msg.deleted')}</span></p>;
  if (m.blocked && !mine && !unfolded) return <div class="note folded"><Icon name="eye-off" /><p class="mu grow">{t('block.folded')}</p><button type="button" class="bt qt" onClick={() => setUnfolded(true)}>{t('invite.show')}</button></div>;
  return (
    <article class={`nt ${urgent ? 'ug' : ''} ${hot ? 'hot' : ''}`} aria-label={joined([urgent ? t('announce.urgent') : '', mine ? t('you') : name, fullTime(m.created_at)])} id={m.id}>
      {urgent ? <p class="ugh"><Icon name="siren" /> {t('announce.urgent')}{m.ack_wanted ? <span class="sp">{t('announce.please')}</span> : null}</p> : null}
      <div class="bd1">
        <div class="row top-row">
          <Avatar id={m.author_id} name={m.author_name} />
          <div class="grow">
            <p class="w"><b><bdi>{name}</bdi></b>{important ? <span class="chip vi">{t('announce.important')}</span> : null}</p>
            <p class="xs mu"><time dateTime={m.created_at}>{dayName(m.created_at)} {clock(m.created_at)}</time> · <bdi>{audienceOf(m)}</bdi></p>
          </div>
          <Tools m={m} c={c} g={g} acts={{}} onFail={fail} may={live} />
        </div>
        {m.kind === 'announcement' ? <Body text={m.text} com={c.id} big /> : <Content m={m} c={c} />}
      </div>
      <div class="bd1 nt-acts">
        <Reactions m={m} onFail={fail} may={live} />
        {m.ack_wanted && !mine && live ? (m.acked ? <p class="note ok"><Icon name="check" />{t('announce.acked')}</p> : <p><button type="button" class="bt an" onClick={() => put<Message>(`/announcements/${m.id}/ack`).then(take, fail)}><Icon name="check" /> {t('announce.ack')}</button></p>) : null}
        {m.replies === 'threaded' ? <button type="button" class="thr" onClick={() => onThread(m)}><Icon name="thread" /> {m.thread_count ? t('msg.replies', {n: m.thread_count}) : t('msg.replyIn')}</button> : null}
        <Trouble problem={problem} />
      </div>
      {mine ? <Reach m={m} /> : null}
    </article>
  );
}

/** How far an announcement of mine got. The bar says nothing that its words do not. */
function Reach({m}: {m: Message}) {
  const {reached, expected} = m.delivery;
  const left = Math.max(expected - reached, 0);
  const acks = Math.min(m.acks ?? 0, reached);
  return (
    <div class="rc">
      <p><b>{expected === 0 ? t('announce.nobodyYet') : t('announce.reached', {n: reached, of: expected})}</b></p>
      {expected > 0 ? (
        <>
          <div class="bar" role="img" aria-label={t('announce.reachedLong', {n: reached, left, acks})}><i style={{inlineSize: `${(acks / expected) * 100}%`}} /><i class="b2" style={{inlineSize: `${((reached - acks) / expected) * 100}%`}} /></div>
          <p class="key">{acks || m.ack_wanted ? <span><i />{t('announce.acks', {n: acks})}</span> : null}<span><i class="b2" />{t('announce.have', {n: reached - acks})}</span><span><i class="b3" />{t('announce.notYet', {n: left})}</span></p>
        </>
      ) : null}
    </div>
  );
}

function Write({c, g, onLater}: {c: Community; g: Group; onLater: () => void}) {
  const [at, setAt] = useState('');
  const [timing, setTiming] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [urgent, setUrgent] = useState(false);
  const [ack, setAck] = useState(false);
  const [replies, setReplies] = useState(true);
  const [groups, setGroups] = useState<string[]>([]);
  const [choosing, setChoosing] = useState(false);
  const all = groupsOf(c.id).filter((o) => o.kind === 'chat' && !o.archived);
  const to = groups.length ? t('announce.toGroups', {n: groups.length}) : t('announce.toAll', {n: c.member_count});
  return (
    <>
      <Composer id={g.id} com={c.id} violet label={t('announce.label')} place={t('announce.write')} button={at ? t('later.set') : t('announce.label')} {...(at ? {word: t('later.set')} : {})}
        above={
          <div class="row wrap sm write-opts">
            {all.length ? <button type="button" class="bt" onClick={() => setChoosing(true)}><Icon name="users" />{to}<Icon name="down" /></button> : null}
            <button type="button" class="bt" onClick={() => setTiming(true)}><Icon name="clock" />{at ? weekdayTime(at) : t('later.now')}<Icon name="down" /></button>
            <Check label={t('announce.urgent')} checked={urgent} onChange={setUrgent} />
            <Check label={t('announce.ackAsk')} checked={ack} onChange={setAck} />
            <Check label={t('announce.replies')} checked={replies} onChange={setReplies} />
            <Trouble problem={problem} />
          </div>
        }
        onSend={(text) => {
          const body = {text, ...(urgent ? {priority: 'urgent'} : {}), ...(ack ? {ack_wanted: true} : {}), ...(replies ? {replies: 'threaded'} : {}), ...(groups.length ? {audience: {groups}} : {})};
          setProblem(null);
          if (at) {
            return post<Scheduled>(`/communities/${c.id}/announcements/scheduled`, {...body, at}).then(() => {
              setAt('');
              setUrgent(false);
              onLater();
              return true;
            }, (e: unknown) => {
              setProblem(failText(e));
              return false;
            });
          }
          void send(g.id, `/communities/${c.id}/announcements`, body);
          setUrgent(false);
          return undefined;
        }} />
      {timing ? <WhenDialog at={at} onSet={setAt} onClose={() => setTiming(false)} /> : null}
      {choosing ? (
        <Dialog title={t('announce.whom')} onClose={() => setChoosing(false)}>
          <p class="mu">{t('announce.whomText')}</p>
          <div>
            <Check label={t('announce.everyone')} checked={!groups.length} onChange={() => setGroups([])} />
            {all.map((o) => (
              <Check key={o.id} label={<bdi>{groupName(o)}</bdi>} checked={groups.includes(o.id)} onChange={(v) => setGroups(v ? [...groups, o.id] : groups.filter((x) => x !== o.id))} />
            ))}
          </div>
          <div class="row end"><button type="button" class="bt pr" onClick={() => setChoosing(false)}>{t('done')}</button></div>
        </Dialog>
      ) : null}
    </>
  );
}
