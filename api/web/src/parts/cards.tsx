// Polls and events, as they stand among the messages.
import {useState} from 'preact/hooks';
import {del, post, put, Refusal} from '../lib/api';
import {monthDay, num, t, weekdayTime} from '../lib/i18n';
import {cleanText, tidy} from '../lib/text';
import {alive} from '../lib/state';
import type {CalendarEvent, Community, Message, Poll, Problem} from '../lib/types';
import {Icon, Trouble} from './basic';
import {markdown} from '../lib/markdown';
import {saveFile} from '../screens/admin';
import {Confirm} from './dialog';
import {MakeEvent} from './make';
import {Guests, Voters} from './private';

export function PollCard({m, p, c}: {m: Message; p: Poll; c: Community}) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [who, setWho] = useState(false);
  const [ending, setEnding] = useState(false);
  const mine = p.options.filter((o) => o.mine).map((o) => o.id);
  const most = Math.max(p.voters, 1);
  const vote = (ids: string[]) => {
    setProblem(null);
    (ids.length ? put(`/polls/${p.id}/vote`, {options: ids}) : del(`/polls/${p.id}/vote`)).catch((e: unknown) => e instanceof Refusal && setProblem(e.problem));
  };
  const open = !p.closed && alive(c);
  const hints = [p.multiple ? t('poll.several') : t('poll.one'), p.closes_at ? t(p.closed ? 'poll.closedAt' : 'poll.closes', {when: weekdayTime(p.closes_at)}) : p.closed ? t('poll.closed') : '', p.anonymous ? t('poll.anonymous') : ''].filter(Boolean);
  return (
    <fieldset class="poll">
      <legend><b dir="auto">{cleanText(p.question)}</b></legend>
      <p class="sm mu">{hints.join(' · ')}</p>
      {p.options.map((o) => {
        const part = Math.round((o.votes / most) * 100);
        return (
          <label class="op" key={o.id} style={{'--v': `${part}%`}}>
            <input type={p.multiple ? 'checkbox' : 'radio'} name={p.id} checked={o.mine} disabled={!open} onChange={() => vote(p.multiple ? (o.mine ? mine.filter((x) => x !== o.id) : [...mine, o.id]) : [o.id])} />
            <bdi class="grow">{tidy(o.text)}</bdi><span class="num">{p.results === 'after_close' && !p.closed ? '' : `${num(o.votes)} · ${num(part)} %`}</span>
          </label>
        );
      })}
      <p class="row wrap sm mu gapt"><span class="grow">{t('poll.voters', {n: p.voters})}</span>
        {p.voters && !p.anonymous && (p.closed || p.results !== 'after_close') ? <button type="button" class="bt qt" onClick={() => setWho(true)}>{t('poll.who')}</button> : null}
        {open && mine.length ? <button type="button" class="bt qt" onClick={() => vote([])}>{t('poll.back')}</button> : null}
        {open && m.author_id === c.me_id ? <button type="button" class="bt" onClick={() => setEnding(true)}>{t('poll.close')}</button> : null}</p>
      <Trouble problem={problem} />
      {ending ? <Confirm title={t('poll.close')} text={t('poll.closeText')} action={t('poll.close')} onClose={() => setEnding(false)} onYes={() => {
        setEnding(false);
        post(`/polls/${p.id}/close`).catch((e: unknown) => e instanceof Refusal && setProblem(e.problem));
      }} /> : null}
      {who ? <Voters p={p} onClose={() => setWho(false)} /> : null}
    </fieldset>
  );
}

export function EventCard({e, c}: {e: CalendarEvent; c: Community}) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [dialog, setDialog] = useState<'guests' | 'edit' | ''>('');
  const when = monthDay(e.starts_at);
  const mine = e.rsvps.mine;
  const over = Date.parse(e.ends_at ?? e.starts_at) < Date.now() - 86_400_000;
  const answer = (status: string) => {
    setProblem(null);
    put(`/calendar/${e.id}/rsvp`, {status: status === mine ? 'none' : status}).catch((err: unknown) => err instanceof Refusal && setProblem(err.problem));
  };
  return (
    <div class="event">
      <div class="row top-row">
        <div class="date" aria-hidden="true"><b>{when.month}</b><span>{when.day}</span></div>
        <div class="grow">
          <h2 dir="auto">{tidy(e.title)}</h2>
          <p class="sm">{weekdayTime(e.starts_at)}</p>
          {e.place ? <p class="sm mu"><Icon name="map-pin" /> <bdi>{tidy(e.place)}</bdi></p> : null}
        </div>
      </div>
      {e.text ? <div class="sm">{markdown(e.text.slice(0, 4000))}</div> : null}
      {e.cancelled ? <p class="note wn"><Icon name="warn" />{t('event.cancelled')}</p> : over || c.state !== 'active' ? null : (
        <div class="row wrap gapt">
          <div class="seg" role="group" aria-label={t('event.ask')}>
            {(['yes', 'maybe', 'no'] as const).map((s) => <button key={s} type="button" aria-pressed={mine === s} onClick={() => answer(s)}>{t(`event.${s}`)} <span class="num">{num(e.rsvps[s])}</span></button>)}
          </div>
          <button type="button" class="bt" onClick={() => setDialog('guests')}><Icon name="users" /> {t('event.who')}</button>
          {e.mine ? <button type="button" class="bt" onClick={() => setDialog('edit')}><Icon name="edit" /> {t('msg.edit')}</button> : null}
          <button type="button" class="bt" onClick={() => void saveFile(`/calendar/${e.id}/ics`, 'event.ics')}><Icon name="calendar-plus" /> {t('event.add')}</button>
        </div>
      )}
      {e.rsvps.i_wait ? <p class="sm mu">{t('event.wait')}</p> : null}
      <Trouble problem={problem} />
      {dialog === 'guests' ? <Guests e={e} onClose={() => setDialog('')} /> : dialog === 'edit' ? <MakeEvent group={e.group_id} e={e} onClose={() => setDialog('')} /> : null}
    </div>
  );
}
