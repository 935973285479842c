// Announcements that wait on this node for their time.
import {useState} from 'preact/hooks';
import {del, Refusal} from '../lib/api';
import {useList, type Data} from '../lib/data';
import {t, weekdayTime} from '../lib/i18n';
import {oneLine} from '../lib/text';
import type {Community, Problem, Scheduled} from '../lib/types';
import {Icon, Note, Trouble} from '../parts/basic';
import {Dialog} from '../parts/dialog';

export const useScheduled = (c: Community, may: boolean): Data<Scheduled[]> => useList<Scheduled>(may ? `/communities/${c.id}/announcements/scheduled` : null, [`message:${c.id}`, `announcement:${c.id}`]);

/** A time as <input type="datetime-local"> writes it: this computer's own. */
function local(d: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** Chooses when an announcement goes out; no time is at once. */
export function WhenDialog({at, onSet, onClose}: {at: string; onSet: (at: string) => void; onClose: () => void}) {
  const tomorrow = new Date();
  tomorrow.setDate(tomorrow.getDate() + 1);
  tomorrow.setHours(9, 0, 0, 0);
  const [when, setWhen] = useState(at ? local(new Date(at)) : local(tomorrow));
  const past = !when || Date.parse(when) <= Date.now();
  return (
    <Dialog title={t('later.title')} onClose={onClose}>
      <form class="stack" onSubmit={(e) => {
        e.preventDefault();
        onSet(new Date(when).toISOString());
        onClose();
      }}>
        <div><label class="lbl" for="when">{t('later.when')}</label><input class="fld" id="when" type="datetime-local" required value={when} onInput={(e) => setWhen(e.currentTarget.value)} /></div>
        {past ? <Note kind="wn" icon="warn" alert>{t('later.past')}</Note> : <Note icon="clock">{t('later.runs')}</Note>}
        <div class="row wrap end">
          {at ? <button type="button" class="bt" onClick={() => {
            onSet('');
            onClose();
          }}>{t('later.now')}</button> : <button type="button" class="bt" onClick={onClose}>{t('cancel')}</button>}
          <button class="bt pr" disabled={past}>{t('later.set')}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function ScheduledList({c, list}: {c: Community; list: Data<Scheduled[]>}) {
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!list.value?.length) return <Trouble problem={problem} />;
  return (
    <section class="card" aria-labelledby="sch">
      <h2 id="sch">{t('later.list')}</h2>
      <p class="sm mu">{t('later.runs')}</p>
      <ul class="tl">
        {list.value.map((s) => (
          <li key={s.id}><span class="gi"><Icon name={s.error ? 'alert' : 'clock'} /></span>
            <div class="grow"><p><b>{weekdayTime(s.at)}</b>{s.priority === 'urgent' ? <> <span class="chip vi">{t('announce.urgent')}</span></> : null}</p>
              <p dir="auto" class="clamp">{oneLine(s.text.slice(0, 400))}</p>
              {s.error ? <p class="sm bad-text"><b>{t('later.failed')}</b> {s.error}</p> : null}</div>
            <button type="button" class="bt" onClick={() => del(`/communities/${c.id}/announcements/scheduled/${s.id}`).then(list.reload, (e: unknown) => {
              if (e instanceof Refusal) setProblem(e.problem);
              list.reload();
            })}>{t('later.cancel')}<span class="vh"> {weekdayTime(s.at)}</span></button></li>
        ))}
      </ul>
      <Trouble problem={problem} />
    </section>
  );
}
