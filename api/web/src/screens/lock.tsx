// What is left to see of a locked node: nothing of its person, and the way back in.
import {useEffect, useRef, useState} from 'preact/hooks';
import {post, Refusal} from '../lib/api';
import {t} from '../lib/i18n';
import {go} from '../lib/router';
import {phase, refresh} from '../lib/state';
import type {Problem} from '../lib/types';
import {Icon, Trouble} from '../parts/basic';
import {Stage, useTitle} from '../parts/stage';

/** Locks the node. Without a passphrase there is nothing to lock with: then it shows where to set one. */
export async function lockNode(): Promise<void> {
  try {
    await post('/lock');
    phase.value = 'locked';
    location.reload(); // nothing that was read stays in this tab
  } catch (e) {
    if (e instanceof Refusal && e.code === 'no_passphrase') go('/settings/recovery');
  }
}

export function Locked() {
  const [passphrase, setPassphrase] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useTitle('');
  useEffect(() => field.current?.focus(), []);
  const unlock = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await post('/unlock', {passphrase});
      await refresh();
    } catch (err) {
      if (err instanceof Refusal) setProblem(err.problem);
      setPassphrase('');
      field.current?.focus();
    }
    setBusy(false);
  };
  return (
    <Stage locked>
      <form class="wc card lockcard" onSubmit={unlock}>
        <span class="seal"><Icon name="lock" /></span>
        <div><h1 class="serif">{t('lock.title')}</h1><p class="mu">{t('lock.text')}</p></div>
        <Trouble problem={problem} />
        <div class="wide">
          <label class="lbl" for="pw">{t('lock.passphrase')}</label>
          <div class="row"><input ref={field} class="fld" id="pw" type={(shown ? 'text' : 'password') as 'password'} autocomplete="current-password" value={passphrase} onInput={(e) => setPassphrase(e.currentTarget.value)} />
            <button type="button" class="bt ic" aria-pressed={shown} aria-label={t('lock.show')} onClick={() => setShown(!shown)}><Icon name="eye" /></button></div>
        </div>
        <button class="bt pr wide" disabled={busy || !passphrase}>{busy ? t('lock.opening') : t('lock.open')}</button>
      </form>
      <p class="sm mu">{t('lock.quick')} <kbd>Ctrl</kbd> <kbd>Shift</kbd> <kbd>L</kbd></p>
    </Stage>
  );
}
