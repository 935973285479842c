// The first screen: a name, and what to do with it.
import {signal} from '@preact/signals';
import {useState} from 'preact/hooks';
import {patch, post, Refusal} from '../lib/api';
import {t} from '../lib/i18n';
import {go, query} from '../lib/router';
import {communities, communityOf, me, putCommunity, refresh} from '../lib/state';
import {tidy} from '../lib/text';
import type {Community, Problem} from '../lib/types';
import {Icon, Trouble} from '../parts/basic';
import {Stage, useTitle} from '../parts/stage';

/** The name typed here, for the screens that follow. */
export const chosenName = signal('');

/** The first name somebody gives becomes the one that later communities start from. */
export function keepName(name: string) {
  if (!me.value?.display_name && name.trim()) patch('/me', {display_name: name.trim()}).catch(() => {});
}

const longest = 40;

export function NameField({value, onInput, big, autoFocus}: {value: string; onInput: (v: string) => void; big?: boolean; autoFocus?: boolean}) {
  return (
    <div>
      <label class={big ? 'vh' : 'lbl'} for="name">{t('welcome.nameLabel')}</label>
      <input class={big ? 'fld big' : 'fld'} id="name" name="name" value={value} autocomplete="nickname" maxLength={longest} dir="auto" required
        autofocus={autoFocus} aria-describedby="name-hint" onInput={(e) => onInput(e.currentTarget.value)} />
      <p class="sm mu hint" id="name-hint">{t('welcome.nameHint')}</p>
    </div>
  );
}

export function Welcome() {
  useTitle(t('welcome.title'));
  const [name, setName] = useState(chosenName.value || me.value?.display_name || '');
  const [asked, setAsked] = useState(false);
  const on = (to: string) => {
    if (!name.trim()) {
      setAsked(true);
      document.getElementById('name')?.focus();
      return;
    }
    chosenName.value = name.trim();
    go(to);
  };
  return (
    <Stage>
      <form class="wc card" onSubmit={(e) => {
        e.preventDefault();
        on('/join');
      }} noValidate>
        <div>
          <p class="sm mu">{t('welcome.lead')}</p>
          <h1 class="serif">{t('welcome.ask')}</h1>
        </div>
        <NameField big autoFocus value={name} onInput={setName} />
        {asked && !name.trim() ? <p class="note wn" role="alert"><Icon name="info" />{t('welcome.needName')}</p> : null}
        <div class="stack">
          <button class="choice">
            <span class="gi"><Icon name="link" /></span>
            <span><b>{t('welcome.join')}</b><span class="mu">{t('welcome.joinHint')}</span></span>
            <Icon name="next" />
          </button>
          <button class="choice" type="button" onClick={() => on('/new')}>
            <span class="gi"><Icon name="users" /></span>
            <span><b>{t('welcome.start')}</b><span class="mu">{t('welcome.startHint')}</span></span>
            <Icon name="next" />
          </button>
        </div>
        <p class="center"><a class="bt qt" href="/restore"><Icon name="restore" /> {t('welcome.restore')}</a></p>
        {communities.value.length ? <p class="center"><a href={`/c/${communities.value[0]!.id}`}>{t('welcome.back')}</a></p> : null}
      </form>
      <ul class="row wrap sm promises">
        {['welcome.noPhone', 'welcome.noCompany', 'welcome.sealed'].map((k) => (
          <li class="row" key={k}><span class="okc"><Icon name="check" /></span>{t(k)}</li>
        ))}
      </ul>
    </Stage>
  );
}

/** Starts a community: its name is enough. */
export function NewCommunity() {
  const parent = communityOf(new URLSearchParams(query.value).get('parent') ?? '');
  const title = parent ? t('below.title', {name: tidy(parent.name)}) : t('new.title');
  useTitle(title);
  const [name, setName] = useState('');
  const [about, setAbout] = useState('');
  const [mine, setMine] = useState(parent?.display_name || chosenName.value || me.value?.display_name || '');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const known = !!chosenName.value;
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      const c = await post<Community>('/communities', {name: name.trim(), description: about.trim(), display_name: mine.trim(), ...(parent ? {parent_id: parent.id} : {})});
      if (!parent) keepName(mine);
      putCommunity(c);
      await refresh();
      go(`/c/${c.id}`);
    } catch (err) {
      if (err instanceof Refusal) setProblem(err.problem);
      setBusy(false);
    }
  };
  return (
    <Stage>
      <form class="wc card" onSubmit={submit}>
        <div class="row">
          <a class="bt ic" href={parent ? `/c/${parent.id}/admin/groups` : '/welcome'} aria-label={t('back')}><Icon name="back" /></a>
          <h1 class="serif">{title}</h1>
        </div>
        {parent ? <p>{t('below.text', {name: tidy(parent.name)})}</p> : null}
        <div>
          <label class="lbl" for="cname">{t('new.name')}</label>
          <input class="fld big" id="cname" value={name} maxLength={40} dir="auto" required autofocus placeholder={t('new.namePlace')}
            onInput={(e) => setName(e.currentTarget.value)} />
        </div>
        <div>
          <label class="lbl" for="cabout">{t('new.about')} <span class="mu plain">{t('optional')}</span></label>
          <textarea class="fld" id="cabout" rows={2} maxLength={300} dir="auto" value={about} onInput={(e) => setAbout(e.currentTarget.value)} />
        </div>
        {known ? <p class="sm mu">{t('new.as', {name: mine})} <a href="/welcome">{t('new.otherName')}</a></p> : <NameField value={mine} onInput={setMine} />}
        <Trouble problem={problem} />
        <button class="bt pr wide tall" disabled={busy || !name.trim() || !mine.trim()}>{busy ? t('new.busy') : t('new.go')}</button>
        <p class="sm mu">{t('new.what')}</p>
      </form>
    </Stage>
  );
}
