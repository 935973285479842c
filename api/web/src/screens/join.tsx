// Joining: the invite says where it leads before anybody is contacted, then each step of the way in is shown as it happens.
import {useEffect, useState} from 'preact/hooks';
import {get, post, Refusal, upload} from '../lib/api';
import {lang, relative, t, tx} from '../lib/i18n';
import {go, opened} from '../lib/router';
import {communityOf, jobs, me, mode, refresh} from '../lib/state';
import {tidy} from '../lib/text';
import type {Job, Preview, Problem} from '../lib/types';
import {Icon, Note, Trouble} from '../parts/basic';
import {Stage, useTitle} from '../parts/stage';
import {Camera, useCamera} from './camera';
import {chosenName, keepName, NameField} from './welcome';

/** An invite in what somebody pasted: in either form, with words around it or not. */
export function findInvite(text: string): string {
  return /(?:pandal:\/\/join\/|https?:\/\/\S*#)?PANDAL1[^\s"'<>]*|pandal:\/\/join\/[^\s"'<>]+/i.exec(text)?.[0] ?? text.trim();
}

export function Join() {
  useTitle(t('join.title'));
  const [text, setText] = useState(() => {
    const given = opened.hash && location.pathname === '/join' ? safeDecode(opened.hash) : '';
    opened.hash = '';
    return given;
  });
  const [preview, setPreview] = useState<Preview | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [name, setName] = useState(chosenName.value || me.value?.display_name || '');
  const [rename, setRename] = useState(!name);
  const [note, setNote] = useState('');
  const [jobId, setJobId] = useState('');
  const link = findInvite(text);

  useEffect(() => {
    setPreview(null);
    setProblem(null);
    if (link.length < 20) return undefined;
    let live = true;
    const timer = setTimeout(() => {
      post<Preview>('/invites/preview', {link}).then((p) => live && setPreview(p), (e: unknown) => {
        if (live && e instanceof Refusal) setProblem(e.problem);
      });
    }, 150);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [link]);

  const start = async (e: Event) => {
    e.preventDefault();
    setProblem(null);
    try {
      const j = await post<Job>('/invites/accept', {link, display_name: name.trim(), ...(note.trim() ? {note: note.trim()} : {})});
      keepName(name);
      jobs.value = new Map(jobs.value).set(j.id, j);
      setJobId(j.id);
    } catch (err) {
      if (err instanceof Refusal) setProblem(err.problem);
    }
  };

  const picture = async (file: File | undefined) => {
    if (!file) return;
    setProblem(null);
    try {
      setText((await upload<{link: string}>('/invites/decode', file)).link);
    } catch (err) {
      if (err instanceof Refusal) setProblem(err.problem);
    }
  };

  const camera = useCamera();
  const [filming, setFilming] = useState(false);
  const already = preview && communityOf(preview.community.id)?.state === 'active';
  return (
    <Stage wide>
      <div class="join">
        <div class="row head">
          <a class="bt ic" href="/welcome" aria-label={t('back')}><Icon name="back" /></a>
          <h1 class="serif">{t('join.title')}</h1>
        </div>
        {filming ? <Camera onClose={() => setFilming(false)} onFound={(l) => {
          setFilming(false);
          setText(l);
        }} /> : null}
        <div class="join-cols">
          <form class="stack" onSubmit={start} onDragOver={(e) => e.preventDefault()} onDrop={(e) => {
            e.preventDefault();
            void picture(e.dataTransfer?.files[0]);
          }} onPaste={(e) => {
            const file = e.clipboardData?.files[0];
            if (file) void picture(file);
          }}>
            {preview ? (
              <PreviewCard p={preview}>
                {already ? <a class="bt pr wide tall" href={`/c/${preview.community.id}`}>{t('join.open')}</a> : jobId ? null : (
                  <>
                    {rename ? <NameField value={name} onInput={setName} />
                      : <p class="sm mu center">{tx('join.as', {name: <b><bdi>{tidy(name)}</bdi></b>})} <button type="button" class="asLink" onClick={() => setRename(true)}>{t('join.otherName')}</button></p>}
                    {preview.needs_approval ? (
                      <div>
                        <label class="lbl" for="note">{t('join.note')} <span class="mu plain">{t('optional')}</span></label>
                        <input class="fld" id="note" dir="auto" maxLength={300} value={note} onInput={(e) => setNote(e.currentTarget.value)} />
                      </div>
                    ) : null}
                    <button class="bt pr wide tall" disabled={!name.trim()}>{t('join.go', {name: tidy(preview.community.name)})}</button>
                  </>
                )}
              </PreviewCard>
            ) : null}
            {jobId ? null : (
              <section class="card">
                <h2>{t('join.invite')}</h2>
                <label class="vh" for="inv">{t('join.paste')}</label>
                <textarea class="fld xs" id="inv" rows={3} dir="ltr" value={text} autofocus={!text} placeholder="pandal://join/…" spellcheck={false}
                  onInput={(e) => setText(e.currentTarget.value)} />
                <p class="sm mu hint">{t('join.pasteHint')}</p>
                <div class="row wrap gapt">
                  <label class="bt file-bt"><Icon name="qr-code" /> {t('join.picture')}
                    <input type="file" class="vh" accept="image/png,image/jpeg" onChange={(e) => void picture(e.currentTarget.files?.[0])} /></label>
                  {camera ? <button type="button" class="bt" onClick={() => setFilming(true)}><Icon name="camera" /> {t('join.camera')}</button> : null}
                </div>
                <Trouble problem={problem} />
              </section>
            )}
          </form>
          <section class="card">
            <h2>{t('join.way')}</h2>
            {jobId ? <WayIn id={jobId} /> : <Steps at={-1} state="" />}
          </section>
        </div>
      </div>
    </Stage>
  );
}

function safeDecode(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

function PreviewCard({p, children}: {p: Preview; children: preact.ComponentChildren}) {
  const c = p.community;
  return (
    <section class="card invite" aria-labelledby="pv">
      <div class="canopy">
        <p class="sm">{t('join.invitedTo')}</p>
        <h2 class="serif" id="pv"><bdi>{tidy(c.name) || t('name.community')}</bdi></h2>
      </div>
      <div class="stack body">
        {c.description ? <p dir="auto">{tidy(c.description)}</p> : null}
        <p class="sm">
          {p.invited_by ? <><b><bdi>{tidy(p.invited_by)}</bdi></b> {t('join.invitesYou')}<br /></> : null}
          <span class="mu">{t('members', {n: c.member_count})}{c.group_count ? ` · ${t('groups', {n: c.group_count})}` : ''}</span>
        </p>
        <ul class="row wrap">
          {p.needs_approval ? <li class="chip wn"><Icon name="user-check" /> {t('join.approval')}</li> : null}
          {p.expires_at ? <li class="chip"><Icon name="clock" /> {t('join.expires', {when: relative(p.expires_at)})}</li> : null}
          <li class="chip ok"><Icon name="wifi-off" /> {t('join.offline')}</li>
        </ul>
        <p class="note"><Icon name="lock" /><span>{t('join.nobody')}</span></p>
        {children}
      </div>
    </section>
  );
}

// The steps of a join job, in its order.
const steps = ['look', 'ask', 'keys'] as const;

function Steps({at, state, detail, failed}: {at: number; state: string; detail?: string; failed?: boolean}) {
  return (
    <ol class="steps">
      {steps.map((s, i) => (
        <li key={s} class={i < at ? 'dn' : i === at ? 'nw1' : ''} aria-current={i === at ? 'step' : undefined}>
          <span class="k">{i < at ? <Icon name="check" /> : i === at ? <Icon name={failed ? 'alert' : 'hourglass'} /> : i + 1}</span>
          <div>
            <b>{t(`join.step.${s}`)}</b>
            <p class="sm mu">{i === at && detail ? detail : t(i < at ? 'join.done' : `join.hint.${s}${i === at && state === 'waiting' ? 'Wait' : ''}`)}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}

/** The steps of a join under way. It goes on when this page is closed. */
function WayIn({id}: {id: string}) {
  const job = jobs.value.get(id);
  useEffect(() => {
    // The stream tells of progress; this covers a stream that is broken just now.
    const timer = setInterval(() => {
      get<Job>(`/jobs/${id}`).then((j) => (jobs.value = new Map(jobs.value).set(id, j)), () => {});
    }, 2000);
    return () => clearInterval(timer);
  }, [id]);
  const done = job?.state === 'done' ? job.result?.community_id : undefined;
  useEffect(() => {
    if (done) void refresh().then(() => go(`/c/${done}`));
  }, [done]);
  if (!job) return null;
  const now = job.steps.findIndex((s) => s.state !== 'done');
  const at = job.state === 'done' ? steps.length : Math.max(now, 0);
  const step = job.steps[at];
  return (
    <div aria-live="polite" class="stack">
      <Steps at={at} state={step?.state ?? job.state} failed={job.state === 'failed'} {...(mode.value === 'offline' && at === 0 ? {detail: t('join.chosen')} : step?.detail && lang() === 'en' ? {detail: step.detail} : {})} />
      {job.state === 'failed' && job.error ? (
        <>
          <Trouble problem={job.error} />
          <button type="button" class="bt" onClick={() => go('/welcome')}>{t('join.again')}</button>
        </>
      ) : job.state === 'done' ? <p class="note ok"><Icon name="check" />{t('join.in')}</p> : (
        <Note icon="info">{t('join.leaveOpen')}</Note>
      )}
    </div>
  );
}
