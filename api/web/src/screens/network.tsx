// Who can be reached, and how.
import {useState} from 'preact/hooks';
import {get, post, Refusal} from '../lib/api';
import {useData, useList} from '../lib/data';
import {has, t} from '../lib/i18n';
import {communityOf, mode} from '../lib/state';
import {nameOf} from '../lib/text';
import type {Member, Network, Peer, Problem} from '../lib/types';
import {Copy, Icon, Note, Trouble} from '../parts/basic';
import {NetworkMode} from '../parts/mode';
import {PageScreen, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';

const mostDots = 212, fewDots = 5; // fewer are a speck, and the sentence says them

/** A dot for each person, filled for those who are reachable; the words beside say the same. */
function Dots({n, of}: {n: number; of: number}) {
  const shown = Math.min(of, mostDots), on = of > mostDots ? Math.round((n / of) * mostDots) : n;
  const wide = 53, rows = Math.ceil(shown / wide);
  return (
    <svg class="dots-map" viewBox={`0 0 530 ${rows * 10}`} role="img" aria-label={t('net.dots', {n, of})}>
      {Array.from({length: shown}, (_, i) => <circle key={i} cx={5 + (i % wide) * 10} cy={5 + Math.floor(i / wide) * 10} r="3.4" class={i < on ? 'on' : ''} />)}
    </svg>
  );
}

export function NetworkScreen({com}: {com: string}) {
  const c = communityOf(com)!;
  useTitle(t('menu.network'));
  const net = useData<Network>('/network', ['peer', 'network']);
  const peers = useList<Peer>('/peers', ['peer', 'network']);
  const members = useList<Member>(`/communities/${com}/members?state=active`, [`member:${com}`]);
  const nameFor = (id: string | null) => nameOf(members.value?.find((m) => m.id === id)?.display_name);
  const [addr, setAddr] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [ok, setOk] = useState(false);
  const host = net.value?.hosts.find((h) => h.community_id === com);
  const mine = (peers.value ?? []).filter((p) => p.community_id === com && p.role === 'member');
  const off = mode.value === 'offline', out = c.state !== 'active';
  const others = Math.max(c.member_count - 1, 0);
  const n = Math.min(c.reachable, others); // one may be connected by two devices
  const connect = async (e: Event) => {
    e.preventDefault();
    setProblem(null);
    setOk(false);
    try {
      await post('/peers/connect', {addr: addr.trim()});
      setOk(true);
      setAddr('');
    } catch (err) {
      if (err instanceof Refusal) setProblem(err.problem);
    }
  };
  return (
    <Shell com={com}>
      <PageScreen back={`/c/${com}`} title={out ? t(`pill.${c.state}`) : off ? t('net.offline') : others === 0 ? t('pill.alone') : n === 0 ? t('net.nobody') : n === others ? t('net.all', {n}) : t('net.title', {n, of: others})}>
        {others >= fewDots && !off && !out ? <Dots n={n} of={others} /> : null}
        <p class="mu measure">{out ? t(`chat.${c.state}`) : off ? t('net.offlineText') : n > 0 ? t(n === others ? 'net.allText' : 'net.enough') : others > 0 ? t('net.none') : t('net.alone')}</p>
        <NetworkMode />
        {mine.length ? (
          <section class="card">
            <h2>{t('net.connected')}</h2>
            <ul class="tl">
              {mine.map((p) => (
                <li key={p.id}><Icon name="wifi" /><p class="grow"><b><bdi>{nameFor(p.member_id)}</bdi></b><span class="block sm mu break"><bdi dir="ltr">{p.addresses[0] ?? p.id}</bdi></span></p>
                  <span class="sm mu num">{p.latency_seconds ? t('net.ms', {n: Math.round(p.latency_seconds * 1000)}) : ''}</span></li>
              ))}
            </ul>
          </section>
        ) : null}
        {off || out ? null : <form class="card stack" onSubmit={connect}>
          <h2>{t('net.connect')}</h2>
          <p class="mu">{t('net.connectText')}</p>
          <label class="lbl" for="addr">{t('net.address')}</label>
          <input class="fld" id="addr" dir="ltr" value={addr} spellcheck={false} placeholder="/ip4/192.168.1.5/tcp/4001/p2p/12D3Koo…" onInput={(e) => setAddr(e.currentTarget.value)} />
          <Trouble problem={problem} />
          {ok ? <Note kind="ok" icon="check">{t('net.ok')}</Note> : null}
          <p><button class="bt" disabled={!addr.trim()}>{t('net.go')}</button></p>
        </form>}
        {host ? (
          <details class="card">
            <summary>{t('net.details')} <Icon name="down" /></summary>
            <dl class="facts">
              <dt>{t('net.device')}</dt><dd dir="ltr">{host.peer_id.replace('peer_', '')}</dd>
              <dt>{t('net.addresses')}</dt><dd dir="ltr">{host.addresses.map((a) => <div key={a}>{a}</div>)}{host.addresses[0] ? <Copy text={host.addresses[0]} label={t('copy')} /> : null}</dd>
              <dt>{t('net.reach')}</dt><dd>{t(`net.${host.reachability}`)}</dd>
              <dt>{t('net.lan')}</dt><dd>{host.lan ? t('yes') : t('no')}</dd>
              <dt>{t('net.dht')}</dt><dd>{host.dht ? t('yes') : t('no')}</dd>
            </dl>
          </details>
        ) : null}
        <Trouble problem={net.problem} />
        <Doctor />
      </PageScreen>
    </Shell>
  );
}

interface Finding {check: string; state: 'ok' | 'warn' | 'fail'; text: string; do?: string}
interface Report {state: 'ok' | 'warn' | 'fail'; findings: Finding[]}

/** One thing that is wrong: what it means and what to do, in the reader's language; and in the node's own words for somebody who helps. */
function Found({f}: {f: Finding}) {
  const key = `finding.${f.check}.${f.state}`, own = <div lang="en" dir="ltr" class="sm mu"><p>{f.text}</p>{f.do ? <p class="break">{f.do}</p> : null}</div>;
  if (!has(key)) return <div class="grow">{own}</div>;
  return (
    <div class="grow">
      <p>{t(key)}</p>
      {has(`${key}.do`) ? <p class="sm mu">{t(`${key}.do`)}</p> : null}
      {f.check === 'recovery' ? <p><a href="/settings/recovery">{t('home.words')}</a></p> : null}
      <details><summary class="sm">{t('net.details')} <Icon name="down" /></summary>{own}</details>
    </div>
  );
}

/** What may be wrong with this node, and what to do about it. */
function Doctor() {
  const [report, setReport] = useState<Report | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = (ask: Promise<Report>) => {
    setBusy(true);
    setProblem(null);
    ask.then(setReport, (e: unknown) => e instanceof Refusal && setProblem(e.problem)).finally(() => setBusy(false));
  };
  const bad = report?.findings.filter((f) => f.state !== 'ok') ?? [], well = (report?.findings.length ?? 0) - bad.length;
  return (
    <section class="card stack" aria-labelledby="doctor">
      <h2 id="doctor">{t('net.checks')}</h2>
      <p class="mu">{t('net.checksText')}</p>
      <div role="status" class="stack">
        {busy ? <p class="mu"><Icon name="hourglass" /> {t('net.looking')}</p> : report ? (
          <>
            <Note kind={report.state === 'ok' ? 'ok' : report.state === 'warn' ? 'wn' : 'dg'} icon={report.state === 'ok' ? 'check' : report.state === 'warn' ? 'info' : 'warn'}>{t(`net.state.${report.state}`)}</Note>
            {bad.length ? (
              <ul class="tl">{bad.map((f, i) => <li key={i}><Icon name={f.state === 'fail' ? 'warn' : 'info'} /><Found f={f} /></li>)}</ul>
            ) : null}
            <p class="sm mu">{t('net.rest', {n: well})}</p>
          </>
        ) : null}
      </div>
      <Trouble problem={problem} />
      <p class="row wrap"><button type="button" class="bt" disabled={busy} onClick={() => run(get<Report>('/doctor'))}><Icon name="shield-check" /> {t('net.look')}</button>
        {bad.some((f) => f.state === 'fail') && !busy ? <button type="button" class="bt" onClick={() => run(post<Report>('/doctor/fix'))}>{t('net.mend')}</button> : null}</p>
    </section>
  );
}
