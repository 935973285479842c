// A community whose owner is lost: those whom the owner named for that agree on who is next, by texts that they pass to each other by any way they have.
import {useState} from 'preact/hooks';
import {post, Refusal} from '../lib/api';
import {useData, useList} from '../lib/data';
import {joined, t} from '../lib/i18n';
import {putCommunity} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {Community, Member, Problem, Recovery} from '../lib/types';
import {Copy, Icon, Note, Trouble} from '../parts/basic';

export function Succession({c}: {c: Community}) {
  const set = useData<Recovery>(`/communities/${c.id}/recovery`, [`community:${c.id}`]);
  const members = useList<Member>(set.value?.members.length ? `/communities/${c.id}/members?state=active` : null, [`member:${c.id}`]);
  const name = (id: string) => nameOf(members.value?.find((m) => m.id === id)?.display_name);
  if (!set.value?.members.length) return null;
  return (
    <section class="card stack" aria-labelledby="hand">
      <h2 id="hand">{t('hand.title')}</h2>
      <p class="mu">{t('hand.text')}</p>
      <p>{t('recovery.have', {n: set.value.need, of: set.value.members.length})} <bdi>{joined(set.value.members.map(name))}</bdi></p>
      {set.value.mine ? <Agree c={c} name={name} /> : null}
      {set.value.owner_id === c.me_id ? null : <Become c={c} mine={set.value.mine} />}
    </section>
  );
}

/** One of those who were named says yes to somebody, after it is told to whom. */
function Agree({c, name}: {c: Community; name: (id: string) => string}) {
  const [request, setRequest] = useState('');
  const [who, setWho] = useState('');
  const [answer, setAnswer] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const ask = (preview: boolean) => {
    setProblem(null);
    post<{signature: string; new_owner_id: string}>(`/communities/${c.id}/recovery/sign`, {request: request.trim(), preview}).then((a) => {
      setWho(a.new_owner_id);
      setAnswer(a.signature);
    }, (e: unknown) => e instanceof Refusal && setProblem(e.problem));
  };
  return (
    <details>
      <summary>{t('hand.asked')} <Icon name="down" /></summary>
      <form class="stack" onSubmit={(e) => {
        e.preventDefault();
        ask(true);
      }}>
        <label class="lbl" for="hreq">{t('hand.request')}</label>
        <textarea class="fld xs" id="hreq" dir="ltr" rows={3} spellcheck={false} placeholder="PANDALOWNER1…" value={request} onInput={(e) => {
          setRequest(e.currentTarget.value);
          setWho('');
          setAnswer('');
        }} />
        <Trouble problem={problem} />
        {!who ? <p><button class="bt" disabled={!request.trim()}>{t('hand.who')}</button></p> : !answer ? (
          <>
            <Note kind="wn" icon="warn">{t('hand.says', {name: name(who), com: tidy(c.name)})}</Note>
            <p><button type="button" class="bt pr" onClick={() => ask(false)}>{t('hand.agree')}</button></p>
          </>
        ) : <Passed label={t('hand.agreed', {name: name(who)})} text={answer} />}
      </form>
    </details>
  );
}

/** Somebody asks those who were named, and with their answers becomes the owner; whoever is one of them agrees with it. What the others sent is kept here
 *  until then: it may take days. */
function Become({c, mine}: {c: Community; mine: boolean}) {
  const draft = `hand:${c.id}`;
  const [request, setRequest] = useState('');
  const [answers, setAnswers] = useState(localStorage.getItem(draft) ?? '');
  const [done, setDone] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const refused = (e: unknown) => e instanceof Refusal && setProblem(e.problem);
  const to = `/communities/${c.id}/recovery/rotate-owner`;
  const take = async () => {
    const signatures = answers.split(/\s+/).filter(Boolean);
    const {request} = await post<{request: string}>(to); // the same as was signed: it is made of who I am and whose turn it is
    if (mine) signatures.push((await post<{signature: string}>(`/communities/${c.id}/recovery/sign`, {request})).signature);
    return post<{community: Community}>(to, {request, signatures});
  };
  if (done) return <Note kind="ok" icon="check">{t('hand.done')}</Note>;
  return (
    <details open={!!answers}>
      <summary>{t('hand.mine')} <Icon name="down" /></summary>
      <form class="stack" onSubmit={(e) => {
        e.preventDefault();
        setProblem(null);
        void take().then((r) => {
          localStorage.removeItem(draft);
          setDone(true);
          putCommunity(r.community);
        }, refused);
      }}>
        {request ? <Passed label={t('hand.send')} text={request} /> : <p><button type="button" class="bt" onClick={() => void post<{request: string}>(to).then((r) => setRequest(r.request), refused)}>{t('hand.ask')}</button></p>}
        <label class="lbl" for="hans">{t('hand.answers')}</label>
        <textarea class="fld xs" id="hans" dir="ltr" rows={3} spellcheck={false} placeholder="PANDALSIGN1…" value={answers} onInput={(e) => {
          setAnswers(e.currentTarget.value);
          localStorage.setItem(draft, e.currentTarget.value);
        }} />
        <Trouble problem={problem} />
        <p><button class="bt pr" disabled={!answers.trim() && !mine}>{t('hand.take')}</button></p>
      </form>
    </details>
  );
}

/** A text to hand to somebody. */
function Passed({label, text}: {label: string; text: string}) {
  return (
    <div class="stack">
      <p>{label}</p>
      <pre class="sm break" dir="ltr" tabIndex={0}><code>{text}</code></pre>
      <p><Copy text={text} label={t('copy')} primary /></p>
    </div>
  );
}
