// Groups that members would like: asking for one, and deciding.
import {useState} from 'preact/hooks';
import {post, Refusal} from '../lib/api';
import {useList} from '../lib/data';
import {relative, t} from '../lib/i18n';
import {refresh} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {Problem, Suggestion} from '../lib/types';
import {Check, Icon, Note, Trouble} from '../parts/basic';
import {PageScreen, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';

export function Suggest({com}: {com: string}) {
  useTitle(t('suggest.title'));
  const [name, setName] = useState('');
  const [about, setAbout] = useState('');
  const [open, setOpen] = useState(true);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [sent, setSent] = useState(false);
  const list = useList<Suggestion>(`/communities/${com}/suggestions`, [`suggestion:${com}`, `group:${com}`, `member:${com}`]);
  const mine = (list.value ?? []).filter((s) => s.mine);
  return (
    <Shell com={com}>
      <PageScreen back={`/c/${com}`} title={t('suggest.title')} lead={t('suggest.lead')}>
        <form class="card stack" onSubmit={(e) => {
          e.preventDefault();
          setProblem(null);
          post(`/communities/${com}/suggestions`, {name: name.trim(), description: about.trim(), open}).then(() => {
            setSent(true);
            setName('');
            setAbout('');
            list.reload();
          }, (err: unknown) => err instanceof Refusal && setProblem(err.problem));
        }}>
          <div><label class="lbl" for="sgname">{t('group.name')}</label><input class="fld" id="sgname" dir="auto" required maxLength={40} autofocus value={name} onInput={(e) => setName(e.currentTarget.value)} /></div>
          <div><label class="lbl" for="sgabout">{t('group.what')} <span class="mu plain">{t('optional')}</span></label><input class="fld" id="sgabout" dir="auto" maxLength={300} value={about} onInput={(e) => setAbout(e.currentTarget.value)} /></div>
          <Check label={t('group.openCheck')} hint={t('group.openHint')} checked={open} onChange={setOpen} />
          <Trouble problem={problem ?? list.problem} />
          {sent ? <Note kind="ok" icon="check">{t('suggest.sent')}</Note> : null}
          <p><button class="bt pr" disabled={!name.trim()}>{t('suggest.go')}</button></p>
        </form>
        {mine.length ? <section class="card"><h2>{t('suggest.mine')}</h2><ul class="tl">{mine.map((s) => <li key={s.id}><div class="grow"><b><bdi>{tidy(s.name)}</bdi></b>{s.reason ? <p class="sm mu" dir="auto">{tidy(s.reason)}</p> : null}</div><span class={s.state === 'accepted' ? 'chip ok' : 'chip'}>{t(`suggest.${s.state}`)}</span></li>)}</ul></section> : null}
      </PageScreen>
    </Shell>
  );
}

/** For those who make groups: what was suggested and waits. */
export function Suggested({com}: {com: string}) {
  const list = useList<Suggestion>(`/communities/${com}/suggestions?state=pending`, [`suggestion:${com}`, `group:${com}`]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const decide = (s: Suggestion, yes: boolean) => post(`/suggestions/${s.id}/${yes ? 'accept' : 'decline'}`, {}).then(() => {
    list.reload();
    if (yes) void refresh();
  }, (e: unknown) => e instanceof Refusal && setProblem(e.problem));
  const waiting = (list.value ?? []).filter((s) => !s.mine);
  if (!waiting.length && !problem) return null;
  return (
    <section class="card">
      <h2>{t('suggest.waiting')}</h2>
      <ul class="tl">{waiting.map((s) => (
        <li key={s.id}><span class="gi"><Icon name="talk" /></span>
          <div class="grow"><b><bdi>{tidy(s.name)}</bdi></b>{s.description ? <p class="sm" dir="auto">{tidy(s.description)}</p> : null}<p class="sm mu"><bdi>{nameOf(s.display_name)}</bdi> · {relative(s.created_at)}</p></div>
          <button type="button" class="bt pr" onClick={() => void decide(s, true)}>{t('group.make')}<span class="vh"> <bdi>{tidy(s.name)}</bdi></span></button>
          <button type="button" class="bt" onClick={() => void decide(s, false)}>{t('requests.no')}<span class="vh"> <bdi>{tidy(s.name)}</bdi></span></button></li>
      ))}</ul>
      <Trouble problem={problem} />
    </section>
  );
}
