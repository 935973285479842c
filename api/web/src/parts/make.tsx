// Making a poll or an event in a group.
import {useState} from 'preact/hooks';
import {patch, post, Refusal} from '../lib/api';
import {t} from '../lib/i18n';
import type {CalendarEvent, Group, Problem} from '../lib/types';
import {Check, Icon, Trouble} from './basic';
import {Dialog} from './dialog';

export function MakePoll({g, onClose}: {g: Group; onClose: () => void}) {
  const [question, setQuestion] = useState('');
  const [options, setOptions] = useState(['', '']);
  const [multiple, setMultiple] = useState(false);
  const [anonymous, setAnonymous] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const filled = options.map((o) => o.trim()).filter(Boolean);
  return (
    <Dialog title={t('poll.new')} onClose={onClose}>
      <form class="stack" onSubmit={(e) => {
        e.preventDefault();
        post(`/groups/${g.id}/polls`, {question: question.trim(), options: filled, multiple, anonymous}).then(onClose, (err: unknown) => err instanceof Refusal && setProblem(err.problem));
      }}>
        <div><label class="lbl" for="pq">{t('poll.question')}</label><input class="fld" id="pq" dir="auto" required maxLength={300} value={question} onInput={(e) => setQuestion(e.currentTarget.value)} /></div>
        <fieldset class="stack"><legend class="lbl">{t('poll.options')}</legend>
          {options.map((o, i) => <input key={i} class="fld" dir="auto" maxLength={120} aria-label={t('poll.option', {n: i + 1})} placeholder={t('poll.option', {n: i + 1})} value={o} onInput={(e) => setOptions(options.map((x, n) => (n === i ? e.currentTarget.value : x)))} />)}
          {options.length < 12 ? <p><button type="button" class="bt" onClick={() => setOptions([...options, ''])}><Icon name="plus" /> {t('poll.more')}</button></p> : null}
        </fieldset>
        <div><Check label={t('poll.several')} checked={multiple} onChange={setMultiple} /><Check label={t('poll.anonymous')} hint={t('poll.anonymousHint')} checked={anonymous} onChange={setAnonymous} /></div>
        <Trouble problem={problem} />
        <div class="row end"><button type="button" class="bt" onClick={onClose}>{t('cancel')}</button><button class="bt pr" disabled={!question.trim() || filled.length < 2}>{t('poll.go')}</button></div>
      </form>
    </Dialog>
  );
}

/** Day and hour of a time, as the fields want them, in the zone of this computer. */
function fields(iso: string): [string, string] {
  const d = new Date(iso), two = (n: number) => String(n).padStart(2, '0');
  return [`${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`, `${two(d.getHours())}:${two(d.getMinutes())}`];
}

/** A new event, or with `e` new words for one of mine. */
export function MakeEvent({group, e: old, onClose}: {group: string; e?: CalendarEvent; onClose: () => void}) {
  const [d, h] = old ? fields(old.starts_at) : ['', '18:00'];
  const [title, setTitle] = useState(old?.title ?? '');
  const [day, setDay] = useState(d);
  const [hour, setHour] = useState(h);
  const [place, setPlace] = useState(old?.place ?? '');
  const [text, setText] = useState(old?.text ?? '');
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <Dialog title={old ? t('event.edit') : t('event.new')} onClose={onClose}>
      <form class="stack" onSubmit={(e) => {
        e.preventDefault();
        const starts = new Date(`${day}T${hour}`);
        const said = {title: title.trim(), starts_at: starts.toISOString(), place: place.trim(), text: text.trim(), time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone};
        (old ? patch(`/calendar/${old.id}`, said) : post(`/groups/${group}/calendar`, said))
          .then(onClose, (err: unknown) => err instanceof Refusal && setProblem(err.problem));
      }}>
        <div><label class="lbl" for="et">{t('event.title')}</label><input class="fld" id="et" dir="auto" required maxLength={120} value={title} onInput={(e) => setTitle(e.currentTarget.value)} /></div>
        <div class="row wrap"><div class="grow"><label class="lbl" for="ed">{t('event.day')}</label><input class="fld" id="ed" type="date" required value={day} onInput={(e) => setDay(e.currentTarget.value)} /></div>
          <div class="grow"><label class="lbl" for="eh">{t('event.time')}</label><input class="fld" id="eh" type="time" required value={hour} onInput={(e) => setHour(e.currentTarget.value)} /></div></div>
        <div><label class="lbl" for="ep">{t('event.place')} <span class="mu plain">{t('optional')}</span></label><input class="fld" id="ep" dir="auto" maxLength={200} value={place} onInput={(e) => setPlace(e.currentTarget.value)} /></div>
        <div><label class="lbl" for="ex">{t('event.text')} <span class="mu plain">{t('optional')}</span></label><textarea class="fld" id="ex" rows={2} dir="auto" maxLength={2000} value={text} onInput={(e) => setText(e.currentTarget.value)} /></div>
        <Trouble problem={problem} />
        <div class="row wrap end"><button type="button" class="bt" onClick={onClose}>{t('cancel')}</button>{old ? <button type="button" class="bt dg" onClick={() => void patch(`/calendar/${old.id}`, {cancelled: true}).then(onClose, (err: unknown) => err instanceof Refusal && setProblem(err.problem))}>{t('event.callOff')}</button> : null}<button class="bt pr" disabled={!title.trim() || !day}>{old ? t('save') : t('event.go')}</button></div>
      </form>
    </Dialog>
  );
}
