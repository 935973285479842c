// Settings of this person on this device.
import {useEffect, useState} from 'preact/hooks';
import {del, patch, post, put, Refusal, secret} from '../lib/api';
import {useData, useList} from '../lib/data';
import {relative, shortDate, t} from '../lib/i18n';
import {languages, prefs, setPref, type Lang, type Prefs} from '../lib/prefs';
import {go} from '../lib/router';
import {me, phase, refresh} from '../lib/state';
import {tidy} from '../lib/text';
import type {Device, Me, Problem, Session, Version} from '../lib/types';
import {Check, Copy, Icon, Note, RadioCards, Segments, Trouble} from '../parts/basic';
import {Confirm} from '../parts/dialog';
import {PageScreen, Shell, Tabs} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {Blocks} from './blocks';
import {Developers} from './developers';
import {Keyboard} from './keyboard';
import {lockNode} from './lock';
import {NotificationSettings, Privacy} from './privacy';
import {StorageScreen} from './storage';

const tabs = ['profile', 'look', 'keyboard', 'notifications', 'privacy', 'blocks', 'devices', 'storage', 'recovery', 'developers', 'about'] as const;
type Tab = (typeof tabs)[number];
const icons: Record<Tab, string> = {profile: 'user', look: 'palette', keyboard: 'keyboard', notifications: 'bell', privacy: 'eye', blocks: 'eye-off', devices: 'smartphone', storage: 'drive', recovery: 'key-round', developers: 'code', about: 'info'};

export function Settings({tab}: {tab: string | undefined}) {
  const at: Tab = (tabs as readonly string[]).includes(tab ?? '') ? (tab as Tab) : 'profile';
  useTitle(t(`settings.${at}`));
  const list = (
    <nav class="list" aria-label={t('nav.settings')}>
      <div class="lh"><p class="nm">{t('nav.settings')}</p><p class="sm">{t('settings.device')}</p></div>
      <div class="gl"><ul>{tabs.map((x) => <li key={x}><a class="g one nv" href={`/settings/${x}`} aria-current={x === at ? 'page' : undefined}><span class="gi"><Icon name={icons[x]} /></span><span class="n">{t(`settings.${x}`)}</span></a></li>)}</ul></div>
    </nav>
  );
  return (
    <Shell list={list}>
      <PageScreen back="/" title={t(`settings.${at}`)}>
        <Tabs phone label={t('nav.settings')} at={at} tabs={tabs.map((x) => ({id: x, href: `/settings/${x}`, icon: icons[x], label: t(`settings.${x}`)}))} />
        {at === 'profile' ? <Profile /> : at === 'notifications' ? <NotificationSettings /> : at === 'privacy' ? <Privacy /> : at === 'look' ? <Look /> : at === 'keyboard' ? <Keyboard /> : at === 'blocks' ? <Blocks /> : at === 'devices' ? <Devices /> : at === 'storage' ? <StorageScreen /> : at === 'recovery' ? <RecoveryWords /> : at === 'developers' ? <Developers /> : <About />}
      </PageScreen>
    </Shell>
  );
}

function Profile() {
  const [name, setName] = useState(me.value?.display_name ?? '');
  const [saved, setSaved] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <form class="card stack" onSubmit={(e) => {
      e.preventDefault();
      patch<Me>('/me', {display_name: name.trim()}).then((m) => {
        me.value = m;
        setSaved(true);
      }, (err: unknown) => err instanceof Refusal && setProblem(err.problem));
    }}>
      <div><label class="lbl" for="pname">{t('me.name')}</label><input class="fld" id="pname" dir="auto" required maxLength={40} value={name} onInput={(e) => setName(e.currentTarget.value)} /></div>
      <p class="sm mu">{t('settings.nameHint')}</p>
      <Trouble problem={problem} />
      {saved ? <Note kind="ok" icon="check">{t('saved')}</Note> : null}
      <p><button class="bt pr" disabled={!name.trim()}>{t('save')}</button></p>
    </form>
  );
}

function Look() {
  const p = prefs.value;
  return (
    <div class="two">
      <div class="stack gap15">
        {Object.keys(languages).length > 1 ? (
          <div><label class="lbl" for="lang">{t('look.language')}</label>
            <select class="fld" id="lang" value={p.lang} onChange={(e) => setPref('lang', e.currentTarget.value as Lang)}>{Object.entries(languages).map(([k, v]) => <option key={k} value={k} lang={k}>{v}</option>)}</select></div>
        ) : null}
        <Segments wide legend={t('look.text')} name="sz" value={p.text} onChange={(v) => setPref('text', v)} options={(['100', '115', '130', '150'] as Prefs['text'][]).map((v) => [v, `${v} %`] as [Prefs['text'], string])} />
        <RadioCards legend={t('look.theme')} name="th" value={p.theme} onChange={(v) => setPref('theme', v)} options={[['light', t('look.light'), t('look.lightHint')], ['dark', t('look.dark'), t('look.darkHint')], ['system', t('look.system'), t('look.systemHint')]]} />
        <fieldset>
          <legend class="lbl">{t('look.easier')}</legend>
          <Check label={t('look.contrast')} checked={p.contrast} onChange={(v) => setPref('contrast', v)} />
          <Check label={t('look.still')} checked={p.still} onChange={(v) => setPref('still', v)} />
          <Check label={t('look.labels')} checked={p.labels} onChange={(v) => setPref('labels', v)} />
          <Check label={t('look.compact')} hint={t('look.compactHint')} checked={p.compact} onChange={(v) => setPref('compact', v)} />
          <Check label={t('look.simple')} hint={t('look.simpleHint')} checked={p.simple} onChange={(v) => setPref('simple', v)} />
        </fieldset>
        <Check label={t('look.enter')} hint={t('look.enterHint')} checked={p.enter} onChange={(v) => setPref('enter', v)} />
      </div>
      <section aria-labelledby="pvw">
        <h2 id="pvw">{t('look.preview')}</h2>
        <div class="card invite sample">
          <div class="canopy"><p class="serif em-h">Pandal</p></div>
          <div class="body stack"><div class="b"><p><b><bdi>Budi</bdi></b></p><p>{t('look.sample1')}</p></div><div class="m me"><div class="b"><p>{t('look.sample2')}</p><p class="st ok"><Icon name="checks" />{t('msg.delivered', {n: 34, of: 38})}</p></div></div></div>
        </div>
      </section>
    </div>
  );
}

function Devices() {
  const devices = useList<Device>('/devices', ['device']);
  const sessions = useList<Session>('/sessions');
  const [code, setCode] = useState<{code: string; expires_at: string} | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [revoking, setRevoking] = useState<Device | null>(null);
  const fail = (e: unknown) => e instanceof Refusal && setProblem(e.problem);
  return (
    <>
      <Trouble problem={problem} />
      <section class="card">
        <h2>{t('devices.title')}</h2>
        <ul class="tl">
          {(devices.value ?? []).map((d) => (
            <li key={d.id}><Icon name="smartphone" /><div class="grow"><b><bdi>{d.this ? t('devices.this') : tidy(d.name) || t('devices.other')}</bdi></b><p class="sm mu">{d.first ? t('devices.first') : ''} {d.added_at ? shortDate(d.added_at) : ''}</p></div>
              {!d.this && me.value?.first_device ? <button type="button" class="bt dg" onClick={() => setRevoking(d)}>{t('devices.revoke')}</button> : null}</li>
          ))}
        </ul>
        {me.value?.first_device ? (code ? (
          <div class="stack"><p>{t('devices.code')}</p><p class="cmd" dir="ltr"><code>pandal device link {code.code}</code></p><p><Copy text={code.code} label={t('copy')} /></p><p class="sm mu">{t('join.expires', {when: relative(code.expires_at)})}</p></div>
        ) : <p><button type="button" class="bt" onClick={() => post<{code: string; expires_at: string}>('/devices/link-codes').then(setCode, fail)}><Icon name="plus" /> {t('devices.add')}</button></p>) : <Note icon="info">{t('problem.not_first_device')}</Note>}
      </section>
      <section class="card">
        <h2>{t('devices.pages')}</h2>
        <ul class="tl">
          {(sessions.value ?? []).map((s) => (
            <li key={s.id}><Icon name={s.current ? 'check' : 'eye'} /><div class="grow"><b>{s.current ? t('devices.thisPage') : t('devices.page')}</b><p class="sm mu">{relative(s.last_used_at)}</p></div>
              <button type="button" class="bt" onClick={() => del(s.current ? '/session' : `/sessions/${s.id}`).then(() => {
                if (s.current) {
                  secret.drop();
                  phase.value = 'out';
                } else sessions.reload();
              }, fail)}>{t('devices.out')}</button></li>
          ))}
        </ul>
      </section>
      <Service />
      {revoking ? <Confirm title={t('devices.revokeAsk', {name: tidy(revoking.name)})} text={t('devices.revokeText')} action={t('devices.revoke')} onClose={() => setRevoking(null)}
        onYes={() => void post(`/devices/${revoking.id}/revoke`, {}).then(() => devices.reload(), fail).then(() => setRevoking(null))} /> : null}
    </>
  );
}

/** How Pandal keeps running. The page may start no programs: it says what to type. */
function Service() {
  const lines = ['pandal down', 'pandal service install'];
  return (
    <section class="card stack">
      <h2>{t('service.title')}</h2>
      <p>{t('service.text')}</p>
      {lines.map((l) => <p class="cmd" dir="ltr" key={l}><code>{l}</code></p>)}
      <p><Copy text={lines.join('\n') + '\n'} label={t('service.copy')} /></p>
      <p class="sm mu">{t('service.after')} <code dir="ltr">pandal service uninstall</code> · <code dir="ltr">pandal service status</code></p>
      <p><a class="bt" href="/docs/start"><Icon name="help" /> {t('service.help')}</a></p>
    </section>
  );
}

function RecoveryWords() {
  const [words, setWords] = useState('');
  const [check, setCheck] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [pass, setPass] = useState({old: '', next: ''});
  const [done, setDone] = useState(false);
  const fail = (e: unknown) => e instanceof Refusal && setProblem(e.problem);
  useEffect(() => () => setWords(''), []);
  return (
    <>
      <Trouble problem={problem} />
      <section class="card stack">
        <h2>{t('words.title')}</h2>
        <p>{t('words.text')}</p>
        {me.value?.recovery_words_confirmed ? <Note kind="ok" icon="check">{t('words.confirmed')}</Note> : null}
        {!me.value?.first_device ? <Note icon="info">{t('problem.not_first_device')}</Note> : !words ? <p><button type="button" class="bt pr" onClick={() => post<{words: string}>('/me/recovery-words').then((w) => setWords(w.words), fail)}><Icon name="eye" /> {t('words.show')}</button></p> : (
          <>
            <ol class="words four" dir="ltr" lang="en">{words.split(' ').map((w, i) => <li key={i}><small>{i + 1}</small><span>{w}</span></li>)}</ol>
            <Note kind="wn" icon="warn">{t('words.paper')}</Note>
            <form class="stack" onSubmit={(e) => {
              e.preventDefault();
              setProblem(null);
              post<Me>('/me/recovery-words/confirm', {words: check.trim().toLowerCase().replace(/\s+/g, ' ')}).then((m) => {
                me.value = m;
                setWords('');
                setCheck('');
              }, fail);
            }}>
              <label class="lbl" for="again">{t('words.again')}</label>
              <textarea class="fld" id="again" rows={3} dir="ltr" spellcheck={false} autocomplete="off" value={check} onInput={(e) => setCheck(e.currentTarget.value)} />
              <p class="row wrap"><button class="bt pr" disabled={check.trim().split(/\s+/).length < 12}>{t('words.confirm')}</button><button type="button" class="bt" onClick={() => setWords('')}>{t('words.hide')}</button></p>
            </form>
          </>
        )}
      </section>
      <form class="card stack" onSubmit={(e) => {
        e.preventDefault();
        setProblem(null);
        setDone(false);
        put('/passphrase', {...(pass.old ? {old: pass.old} : {}), new: pass.next}).then(() => {
          setDone(true);
          setPass({old: '', next: ''});
        }, fail);
      }}>
        <h2>{t('pass.title')}</h2>
        <p>{t('pass.text')}</p>
        <div><label class="lbl" for="old">{t('pass.old')} <span class="mu plain">{t('pass.oldHint')}</span></label><input class="fld" id="old" type="password" autocomplete="current-password" value={pass.old} onInput={(e) => setPass({...pass, old: e.currentTarget.value})} /></div>
        <div><label class="lbl" for="new">{t('pass.new')}</label><input class="fld" id="new" type="password" autocomplete="new-password" minLength={8} value={pass.next} onInput={(e) => setPass({...pass, next: e.currentTarget.value})} /></div>
        {done ? <Note kind="ok" icon="check">{t('saved')}</Note> : null}
        <p><button class="bt" disabled={pass.next.length < 8}>{t('pass.set')}</button></p>
      </form>
      <section class="card stack">
        <h2>{t('lock.title')}</h2>
        <p>{t('lock.nowText')} <kbd>Ctrl</kbd> <kbd>Shift</kbd> <kbd>L</kbd></p>
        <p><button type="button" class="bt" onClick={() => void lockNode().catch(fail)}><Icon name="lock" /> {t('lock.now')}</button></p>
      </section>
    </>
  );
}

function About() {
  const v = useData<Version>('/version');
  return (
    <section class="card stack">
      <p>{t('about.text')}</p>
      <p class="mu">{t('help.what')}</p>
      <p><a class="bt" href="/docs/"><Icon name="help" /> {t('help.open')}</a></p>
      {v.value ? <dl class="facts"><dt>{t('about.version')}</dt><dd dir="ltr">{v.value.version} {v.value.revision?.slice(0, 12) ?? ''}</dd><dt>{t('about.system')}</dt><dd dir="ltr">{v.value.os}/{v.value.arch}, {v.value.go}</dd></dl> : null}
      <p class="sm mu">{t('about.licences')}</p>
    </section>
  );
}

/** Bringing a person back with the words. */
export async function restore(words: string, link: string): Promise<void> {
  const c = await post<{id: string}>('/me/restore', {words, link});
  await refresh();
  go(`/c/${c.id}`);
}
