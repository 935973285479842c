// For people who write programs: tokens, the events as they come, and lines to paste.
import {useEffect, useState} from 'preact/hooks';
import {del, post, Refusal} from '../lib/api';
import {useList} from '../lib/data';
import {clock, shortDate, t} from '../lib/i18n';
import {tidy} from '../lib/text';
import type {Problem, Token} from '../lib/types';
import {Check, Copy, Icon, Note, Trouble} from '../parts/basic';

const scopes = ['read', 'messages:write', 'members:admin', 'communities:admin', 'node:admin', 'export'];

interface Seen {id: string; type: string; at: string}

export function Developers() {
  const tokens = useList<Token>('/tokens');
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState(['read']);
  const [made, setMade] = useState<Token | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [seen, setSeen] = useState<Seen[]>([]);
  useEffect(() => {
    // The stream belongs to one tab; its channel tells the others, and this list.
    const hear = (e: Event) => {
      const {event} = (e as CustomEvent<{event: {id?: string; type: string; time: string}}>).detail;
      setSeen((old) => [{id: event.id ?? '', type: event.type, at: event.time}, ...old].slice(0, 50));
    };
    addEventListener('pandal-event', hear);
    return () => removeEventListener('pandal-event', hear);
  }, []);
  const base = location.origin;
  const lines = `T=$(cat "$(pandal path token)"); A=${base}/api/v1\ncurl -sH "Authorization: Bearer $T" $A/communities\ncurl -NsH "Authorization: Bearer $T" -H 'Accept: text/event-stream' "$A/events"`;
  return (
    <>
      <section class="card stack">
        <h2>{t('dev.tokens')}</h2>
        <p class="mu">{t('dev.tokensText')}</p>
        <Trouble problem={problem} />
        {made?.token ? <><Note kind="ok" icon="check">{t('dev.once')}</Note><p class="cmd" dir="ltr"><code class="break">{made.token}</code></p><p><Copy primary text={made.token} label={t('copy')} /></p></> : null}
        <form class="stack" onSubmit={(e) => {
          e.preventDefault();
          post<Token>('/tokens', {name: name.trim(), scopes: chosen}).then((k) => {
            setMade(k);
            setName('');
            tokens.reload();
          }, (err: unknown) => err instanceof Refusal && setProblem(err.problem));
        }}>
          <div><label class="lbl" for="tname">{t('dev.name')}</label><input class="fld" id="tname" dir="auto" maxLength={40} value={name} onInput={(e) => setName(e.currentTarget.value)} /></div>
          <fieldset><legend class="lbl">{t('dev.scopes')}</legend>{scopes.map((s) => <Check key={s} label={<code dir="ltr">{s}</code>} checked={chosen.includes(s)} onChange={(v) => setChosen(v ? [...chosen, s] : chosen.filter((x) => x !== s))} />)}</fieldset>
          <p><button class="bt" disabled={!name.trim() || !chosen.length}><Icon name="plus" /> {t('dev.make')}</button></p>
        </form>
        <ul class="tl">
          {(tokens.value ?? []).map((k) => (
            <li key={k.id}><Icon name="key-round" /><div class="grow"><b><bdi>{tidy(k.name)}</bdi></b><p class="sm mu"><span dir="ltr">{k.scopes.join(' ')}</span> · {shortDate(k.created_at)}</p></div><button type="button" class="bt dg" onClick={() => del(`/tokens/${k.id}`).then(tokens.reload, () => {})}>{t('invite.revoke')}</button></li>
          ))}
        </ul>
      </section>
      <section class="card stack"><h2>{t('dev.lines')}</h2><pre dir="ltr" tabIndex={0}>{lines}</pre><p class="row wrap"><Copy text={lines} label={t('copy')} /><a class="bt" href="/docs/program">{t('dev.start')}</a><a class="bt" href="/docs/api">{t('dev.all')}</a><a class="bt" href="/openapi.json"><code>openapi.json</code></a><a class="bt" href="/docs/problems/">{t('dev.problems')}</a></p></section>
      <section class="card stack"><h2>{t('dev.events')}</h2>{seen.length ? <ul class="tl">{seen.map((s, i) => <li key={s.id || `live-${seen.length - i}`}><code dir="ltr" class="grow">{s.type}</code><span class="sm mu num">{s.id} · {clock(s.at)}</span></li>)}</ul> : <p class="mu">{t('dev.noEvents')}</p>}</section>
    </>
  );
}
