// One message, and the line that says how far it got.
import type {ComponentChildren} from 'preact';
import {useState} from 'preact/hooks';
import {clock, fullTime, joined, t} from '../lib/i18n';
import type {Pending} from '../lib/chat';
import {discard, retry} from '../lib/chat';
import {markdown} from '../lib/markdown';
import {communityOf, groups} from '../lib/state';
import {cleanText, nameOf, tidy} from '../lib/text';
import type {Community, Elsewhere, Message} from '../lib/types';
import {Avatar, Icon, problemText} from './basic';
import {EventCard, PollCard} from './cards';
import {ToWhom} from './private';
import {groupHref} from './shell';

const foldAt = 4000;

/** Long texts are cut until somebody asks for all of it. */
export function Body({text, com, big}: {text: string; com: string; big?: boolean}) {
  const [all, setAll] = useState(false);
  const cut = !all && text.length > foldAt;
  return (
    <div class={big ? 'big' : undefined}>
      {markdown(cut ? text.slice(0, 1200) + '…' : text, com)}
      {cut ? <button type="button" class="bt qt" onClick={() => setAll(true)}>{t('msg.showAll')}</button> : null}
    </div>
  );
}

export function stateWords(m: Message, c: Community): {cls: string; icon: string; text: string} {
  const d = m.delivery;
  if (d.read) return {cls: 'ok', icon: 'checks', text: t('msg.read', {n: d.read, of: d.expected})};
  if (d.state === 'delivered') return {cls: 'ok', icon: 'checks', text: t('msg.delivered', {n: d.reached, of: d.expected})};
  if (d.state === 'sent') return {cls: 'ok', icon: 'check', text: t('msg.sent')};
  if (d.expected === 0 || c.member_count <= 1) return {cls: '', icon: 'check', text: t('msg.keptHere')};
  return {cls: 'wt', icon: 'clock', text: c.reachable ? t('msg.waiting') : t('msg.waitingNobody')};
}

export interface Place {mine: boolean; cont: boolean}

const mostNamed = 64; // the node names nobody in larger groups

/** How far a message of mine got. Where the node says to whom, it opens the list; it is reached from the message that has the focus. */
export function StateLine({m, c, tabIndex}: {m: Message; c: Community; tabIndex: number}) {
  const s = stateWords(m, c), g = groups.value.get(m.group_id);
  const [open, setOpen] = useState(false);
  const how = <><Icon name={s.icon} />{s.text}</>;
  const told = g?.joined && g.kind !== 'announcements' && m.delivery.expected > 0 && m.delivery.expected < mostNamed;
  return (
    <>
      <p class={`st ${s.cls}`}>
        <time dateTime={m.created_at} class="mu">{clock(m.created_at)}</time>
        {told ? <button type="button" class="how" aria-haspopup="dialog" tabIndex={tabIndex} onClick={() => setOpen(true)}>{how}</button> : how}
      </p>
      {open ? <ToWhom m={m} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

/** What stands in a bubble for a kind of message: text, or why there is none. */
export function Content({m, c}: {m: Message; c: Community}) {
  if (m.kind === 'poll' && m.poll) return <PollCard m={m} p={m.poll} c={c} />;
  if (m.kind === 'event' && m.event) return <EventCard e={m.event} c={c} />;
  if (m.kind === 'text' || m.kind === 'announcement' || m.kind === 'callout' || m.kind === 'system') return <Body text={m.text} com={c.id} />;
  if (m.text) return <Body text={m.text} com={c.id} />;
  return <p class="mu"><Icon name="help" /> {t('msg.unknown')}</p>;
}

export function MessageRow({m, c, place, quote, below, tools, tabIndex, hot, content}: {
  m: Message; c: Community; place: Place; quote?: ComponentChildren; below?: ComponentChildren; tools?: ComponentChildren; tabIndex: number; hot?: boolean;
  content?: ComponentChildren;
}) {
  const name = nameOf(m.author_name);
  const who = place.mine ? t('you') : name;
  // The tools of a message are made when somebody comes near it: most messages never need them.
  const [near, setNear] = useState(false);
  const [unfolded, setUnfolded] = useState(false);
  const folded = m.blocked && !place.mine && !unfolded && !m.deleted;
  const label = joined([who, fullTime(m.created_at), place.mine && !m.deleted ? stateWords(m, c).text : '', m.edited_at ? t('msg.edited') : '']);
  return (
    <article class={`m ${place.mine ? 'me' : ''} ${place.cont ? 'cont' : ''} ${hot ? 'hot' : ''}`} aria-label={label} tabIndex={tabIndex} data-id={m.id} id={m.id}
      onPointerEnter={() => setNear(true)} onFocusIn={() => setNear(true)}>
      {place.mine || place.cont ? null : <Avatar id={m.author_id} name={m.author_name} />}
      <div class="b">
        {place.mine || place.cont ? null : (
          <p class="w"><b><bdi>{name}</bdi></b><time dateTime={m.created_at} title={fullTime(m.created_at)}>{clock(m.created_at)}</time></p>
        )}
        {m.deleted ? <p class="mu"><Icon name={m.deleted.hidden ? 'eye-off' : 'trash'} /> {t(m.deleted.hidden ? 'msg.hidden' : 'msg.deleted')}</p> : folded ? <p class="mu"><Icon name="eye-off" /> {t('block.folded')} <button type="button" class="bt qt" onClick={() => setUnfolded(true)}>{t('invite.show')}</button></p> : <>{quote}{content ?? <Content m={m} c={c} />}</>}
        {m.starred ? <p class="st start"><Icon name="star" />{t('msg.starred')}</p> : null}
        {m.pinned_until ? <p class="st start"><Icon name="pin" />{t('msg.pinned')}</p> : null}
        {m.after_removal ? <p class="sm mu"><Icon name="info" /> {t('msg.afterRemoval')}</p> : null}
        {m.edited_at && !m.deleted ? <p class="st start">{t('msg.edited')}</p> : null}
        {place.mine && !m.deleted ? <StateLine m={m} c={c} tabIndex={tabIndex} /> : null}
      </div>
      {m.deleted || !near ? null : tools}
      {m.deleted ? null : below}
    </article>
  );
}

/** What a line tells that nobody wrote: who came and went, what was set. A kind of a newer node is told in the node's words. */
function lineText(m: Message): string {
  const y = m.system!, who = nameOf(m.author_name), whom = nameOf(y.subject_name);
  const days = Math.round(Number(y.value) / 86_400);
  const value = y.what === 'role_changed' ? t(`role.${y.value}`) : y.what === 'disappearing_set' ? t('invite.days', {n: days}) : cleanText(y.value);
  const key = `line.${y.what === 'disappearing_set' && !days ? 'disappearing_off' : y.what === 'who_posts_set' ? `who_posts_${y.value}` : y.what}`;
  const text = t(key, {who, whom, value});
  return text === key ? m.text : text;
}

/** Leads to where a group goes on, or came from, if this node has that. */
export function GoThere({to}: {to: Elsewhere}) {
  const g = groups.value.get(to.group_id);
  return g?.joined ? <> <a href={groupHref(g)}>{t('move.open', {name: tidy(communityOf(g.community_id)?.name ?? '')})}</a></> : null;
}

export function SystemRow({m, tabIndex}: {m: Message; tabIndex: number}) {
  const text = lineText(m), g = groups.value.get(m.group_id);
  const to = m.system!.what === 'group_continues' ? g?.continues : undefined;
  return (
    <article class="sys sm mu" aria-label={joined([text, fullTime(m.created_at)])} tabIndex={tabIndex} data-id={m.id} id={m.id}>
      <p>{text}{to ? <GoThere to={to} /> : null} <time dateTime={m.created_at} title={fullTime(m.created_at)}>{clock(m.created_at)}</time></p>
    </article>
  );
}

/** A message that the node has not taken yet. */
export function PendingRow({p}: {p: Pending}) {
  const failed = p.state === 'failed';
  return (
    <article class="m me" aria-label={joined([t('you'), t(`pending.${p.state}`)])}>
      <div class={failed ? 'b failed' : 'b'}>
        <Body text={p.body.text} com={groups.value.get(p.group)?.community_id ?? ''} />
        <p class={`st ${failed ? 'bad' : 'wt'}`}>
          <time dateTime={p.at} class="mu">{clock(p.at)}</time><Icon name={failed ? 'alert' : 'clock'} />
          <span>{t(`pending.${p.state}`)}{failed && p.problem ? ` ${problemText(p.problem)}` : ''}</span>
        </p>
        {failed ? (
          <div class="row wrap end">
            <button type="button" class="bt" onClick={() => retry(p.key)}><Icon name="retry" /> {t('msg.retry')}</button>
            <button type="button" class="bt" onClick={() => discard(p.key)}>{t('delete')}</button>
          </div>
        ) : null}
      </div>
    </article>
  );
}
