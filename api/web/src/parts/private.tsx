// What somebody keeps to themselves: quiet groups, stars, blocks. And what a message said before, who comes, who chose what.
import {useState} from 'preact/hooks';
import {patch, put, Refusal} from '../lib/api';
import {useData, useList} from '../lib/data';
import {fullTime, num, t, weekdayTime} from '../lib/i18n';
import {markdown} from '../lib/markdown';
import {muted, putGroup} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {CalendarEvent, DeliveryTo, Group, Guest, Level, Message, Poll, Problem, MessageVersion, Voter} from '../lib/types';
import {Avatar, Empty, Icon, Loading, Note, Segments, Trouble} from './basic';
import {Dialog, type MenuItem} from './dialog';
import {groupName} from './shell';

export const muteItem = (g: Group, run: () => void): MenuItem => ({icon: muted(g) ? 'bell' : 'bell-off', label: t('mute.title'), run});

const hour = 3_600_000;
const spans: [string, number][] = [['mute.hour', hour], ['mute.night', 8 * hour], ['mute.day', 24 * hour], ['mute.week', 168 * hour], ['mute.always', 87_600 * hour]];

export function MuteDialog({g, onClose}: {g: Group; onClose: () => void}) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const set = (until: string | null) => void put<Group>(`/groups/${g.id}/mute`, {until}).then((n) => {
    putGroup(n);
    onClose();
  }, (e: unknown) => e instanceof Refusal && setProblem(e.problem));
  const now = muted(g), far = now && Date.parse(g.muted_until!) - Date.now() > 8760 * hour;
  return (
    <Dialog title={t('mute.title')} onClose={onClose}>
      <Levels g={g} onFail={setProblem} />
      <h3>{t('mute.head')}</h3>
      <p class="mu">{t('mute.text')}</p>
      {now ? <Note icon="bell-off">{far ? t('mute.nowAlways') : t('mute.now', {when: weekdayTime(g.muted_until!)})}</Note> : null}
      <div class="stack">
        {spans.map(([key, ms]) => <button key={key} type="button" class="bt" onClick={() => set(new Date(Date.now() + ms).toISOString())}>{t(key)}</button>)}
        {now ? <button type="button" class="bt pr" onClick={() => set(null)}><Icon name="bell" /> {t('mute.off')}</button> : null}
      </div>
      <Trouble problem={problem} />
    </Dialog>
  );
}

/** What a group may call its person for. */
export function Levels({g, onFail, hideLegend = false}: {g: Group; onFail: (p: Problem | null) => void; hideLegend?: boolean}) {
  const dm = g.kind === 'dm';
  const options: [Level, string][] = [['all', t('level.all')], ...(dm ? [] : [['mentions', t('level.mentions')] as [Level, string]]), ['none', t('level.none')]];
  return (
    <Segments hideLegend={hideLegend} legend={hideLegend ? <bdi>{groupName(g)}</bdi> : t('level.legend')} name={`level-${g.id}`} value={dm && g.notifications === 'mentions' ? 'all' : g.notifications} options={options}
      onChange={(level) => {
        onFail(null);
        patch(`/groups/${g.id}/notifications`, {level}).then(() => putGroup({...g, notifications: level}), (e: unknown) => e instanceof Refusal && onFail(e.problem));
      }} />
  );
}

/** What a message said, the newest words first. */
export function History({m, onClose}: {m: Message; onClose: () => void}) {
  const list = useList<MessageVersion>(`/messages/${m.id}/edits`);
  return (
    <Dialog title={t('msg.history')} onClose={onClose} wide>
      <Trouble problem={list.problem} />
      {!list.value ? <Loading what={t('msg.history')} rows={2} /> : (
        <ol class="stack">{list.value.map((v, i) => <li key={i} class="card"><p class="sm mu"><time dateTime={v.at}>{fullTime(v.at)}</time></p>{markdown(v.text.slice(0, 8000), m.community_id)}</li>)}</ol>
      )}
    </Dialog>
  );
}

/** Who voted for what, answer by answer. */
export function Voters({p, onClose}: {p: Poll; onClose: () => void}) {
  const list = useList<Voter>(`/polls/${p.id}/votes`);
  return (
    <Dialog title={t('poll.who')} onClose={onClose}>
      <Trouble problem={list.problem} />
      {!list.value ? list.problem ? null : <Loading what={t('poll.who')} rows={2} /> : p.options.map((o) => {
        const who = list.value!.filter((v) => v.options.includes(o.id));
        return <section key={o.id}><h3><bdi>{tidy(o.text)}</bdi></h3>{who.length ? <ul class="tl">{who.map((v) => <li key={v.user_id}><Avatar size="s" id={v.user_id} name={v.display_name} /><bdi>{nameOf(v.display_name)}</bdi></li>)}</ul> : <p class="mu sm">{t('poll.nobody')}</p>}</section>;
      })}
    </Dialog>
  );
}

/** Whom a message of mine reached, and who has read it. */
export function ToWhom({m, onClose}: {m: Message; onClose: () => void}) {
  const now = useData<DeliveryTo>(`/messages/${m.id}/delivery`, [`message:${m.group_id}`, `member:${m.group_id}`]);
  const people = now.value?.people;
  return (
    <Dialog title={t('whom.title')} onClose={onClose}>
      <Trouble problem={now.problem} />
      {!now.value ? now.problem ? null : <Loading what={t('whom.title')} rows={2} /> : !people ? <p class="mu">{t('whom.large')}</p> : (
        <>
          {(['read', 'delivered', 'waiting'] as const).map((s) => {
            const who = people.filter((p) => p.state === s);
            return who.length ? <section key={s}><h3>{t(`whom.${s}`)} <span class="mu num">{num(who.length)}</span></h3><ul class="tl">{who.map((p) => <li key={p.user_id}><Avatar size="s" id={p.user_id} name={p.display_name} /><bdi>{nameOf(p.display_name)}</bdi></li>)}</ul></section> : null;
          })}
          <p class="sm mu">{now.value.read === null ? t('whom.off') : t('whom.some')}</p>
        </>
      )}
    </Dialog>
  );
}

/** Who comes to an event. */
export function Guests({e, onClose}: {e: CalendarEvent; onClose: () => void}) {
  const list = useList<Guest>(`/calendar/${e.id}/rsvps`);
  return (
    <Dialog title={t('event.who')} onClose={onClose}>
      <Trouble problem={list.problem} />
      {!list.value ? list.problem ? null : <Loading what={t('event.who')} rows={2} /> : !list.value.length ? <Empty title={t('event.nobody')} text={t('event.nobodyText')} /> : (['yes', 'maybe', 'no'] as const).map((s) => {
        const who = list.value!.filter((v) => v.status === s);
        return who.length ? <section key={s}><h3>{t(`event.${s}`)}</h3><ul class="tl">{who.map((v) => <li key={v.user_id}><Avatar size="s" id={v.user_id} name={v.display_name} /><p class="grow"><bdi>{nameOf(v.display_name)}</bdi>{v.guests ? ` +${v.guests}` : ''}</p>{v.waiting ? <span class="chip wn">{t('event.waiting')}</span> : null}</li>)}</ul></section> : null;
      })}
    </Dialog>
  );
}
