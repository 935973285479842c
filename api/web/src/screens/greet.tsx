// What newcomers are met with: written by those who look after a community, read on its home.
import {useState} from 'preact/hooks';
import {put, Refusal} from '../lib/api';
import {useData} from '../lib/data';
import {t} from '../lib/i18n';
import {markdown} from '../lib/markdown';
import {tidy} from '../lib/text';
import type {Community, Greeting, Problem} from '../lib/types';
import {Check, Note, Trouble} from '../parts/basic';

export function EditGreeting({c}: {c: Community}) {
  const now = useData<Greeting>(`/communities/${c.id}/welcome`);
  const [typed, setTyped] = useState<{message?: string; steps?: string}>({}); // what is not typed over is what is kept
  const message = typed.message ?? now.value?.message ?? '', steps = typed.steps ?? now.value?.steps.join('\n') ?? '';
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saved, setSaved] = useState(false);
  return (
    <form class="card stack" onSubmit={(e) => {
      e.preventDefault();
      setProblem(null);
      setSaved(false);
      put(`/communities/${c.id}/welcome`, {message: message.trim(), steps: steps.split('\n').map((s) => s.trim()).filter(Boolean)}).then(() => setSaved(true), (err: unknown) => err instanceof Refusal && setProblem(err.problem));
    }}>
      <h2>{t('greet.title')}</h2>
      <div><label class="lbl" for="gm">{t('greet.message')}</label><textarea class="fld" id="gm" rows={3} dir="auto" maxLength={4000} value={message} onInput={(e) => setTyped({...typed, message: e.currentTarget.value})} /></div>
      <div><label class="lbl" for="gs">{t('greet.steps')}</label><textarea class="fld" id="gs" rows={3} dir="auto" maxLength={1500} aria-describedby="gs-hint" value={steps} onInput={(e) => setTyped({...typed, steps: e.currentTarget.value})} /><p class="sm mu hint" id="gs-hint">{t('greet.stepsHint')}</p></div>
      <Trouble problem={problem ?? now.problem} />
      {saved ? <Note kind="ok" icon="check">{t('saved')}</Note> : null}
      <p><button class="bt pr" disabled={!now.value}>{t('save')}</button></p>
    </form>
  );
}

/** On the home of somebody who is new here, until they put it away. What is ticked stays in this browser. */
export function GreetingCard({c}: {c: Community}) {
  const key = `greeted:${c.id}`;
  const [done, setDone] = useState<string[]>(() => (localStorage.getItem(key) ?? '').split('\n').filter(Boolean));
  const w = useData<Greeting>(c.role === 'owner' || done.includes('*') ? null : `/communities/${c.id}/welcome`, [`community:${c.id}`]);
  const keep = (list: string[]) => {
    setDone(list);
    localStorage.setItem(key, list.join('\n'));
  };
  if (done.includes('*') || !w.value || !w.value.message && !w.value.steps.length) return null;
  return (
    <section class="card stack" aria-labelledby="gr-h">
      <h2 id="gr-h">{t('greet.hello')}</h2>
      {w.value.message ? <div>{markdown(w.value.message.slice(0, 8000))}</div> : null}
      {w.value.steps.length ? <fieldset><legend class="lbl">{t('greet.first')}</legend>{w.value.steps.map((s) => <Check key={s} label={<bdi>{tidy(s)}</bdi>} checked={done.includes(s)} onChange={(v) => keep(v ? [...done, s] : done.filter((x) => x !== s))} />)}</fieldset> : null}
      <p><button type="button" class="bt" onClick={() => keep(['*'])}>{t('greet.away')}</button></p>
    </section>
  );
}
