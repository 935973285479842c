// Settings of the keyboard: whether single letters do something, and which keys do what.
import {useState} from 'preact/hooks';
import {t} from '../lib/i18n';
import {anywhere, comboOf, fault, keysOf, onMessage, plainOf, setKeys, shown, type Act} from '../lib/keymap';
import {prefs, setPref} from '../lib/prefs';
import {Check, Icon, Note} from '../parts/basic';
import {showHelp} from '../parts/keys';

export const Keys = ({combo}: {combo: string}) => <span dir="ltr" class="combo">{shown(combo).map((k) => <kbd key={k}>{k === 'Shift' ? t('keys.shift') : k}</kbd>)}</span>;

export function Keyboard() {
  const [at, setAt] = useState<Act | ''>('');
  const [said, setSaid] = useState('');
  const take = (act: Act, e: KeyboardEvent) => {
    if (at !== act || e.key === 'Tab') return;
    e.preventDefault();
    e.stopPropagation();
    if (e.key === 'Escape') {
      setAt('');
      return;
    }
    const combo = comboOf(e);
    if (combo && set(act, combo)) setAt('');
  };
  /** Gives an act its keys, or says why not. */
  const set = (act: Act, combo: string): boolean => {
    const {why, by} = fault(act, combo);
    const keys = shown(combo).join(' ');
    setSaid(why === 'taken' ? t('keys.taken', {keys, what: t(`keys.${by!}`)}) : why ? t(`keys.fault.${why}`, {keys}) : '');
    if (!why) setKeys(act, combo);
    return !why;
  };
  const rows = (acts: object) => (Object.keys(acts) as Act[]).map((act) => {
    const name = t(`keys.${act}`), combo = keysOf(act);
    return (
      <li key={act}>
        <span class="grow">{name}</span>
        {at === act ? <span class="sm mu">{t('keys.press')}</span> : combo ? <Keys combo={combo} /> : <span class="sm mu">{t('keys.none')}</span>}
        <span class="row" key="do">{act === 'community' ? null : <button type="button" class="bt" aria-pressed={at === act} onKeyDown={(e) => take(act, e)} onBlur={() => at === act && setAt('')} onClick={() => {
          setSaid('');
          setAt(at === act ? '' : act);
        }}>{at === act ? t('cancel') : t('keys.change')}<span class="vh"> {name}</span></button>}
        {act === 'help' ? null : <button type="button" class="bt qt" onClick={() => (combo ? setKeys(act, '') : set(act, plainOf(act)))}>{combo ? t('keys.off') : t('keys.on')}<span class="vh"> {name}</span></button>}</span>
      </li>
    );
  });
  return (
    <>
      <section class="card stack">
        <Check label={t('look.keys')} hint={t('look.keysHint')} checked={prefs.value.keys} onChange={(v) => setPref('keys', v)} />
        <p class="row wrap"><button type="button" class="bt" onClick={showHelp}><Icon name="help" /> {t('keys.title')}</button>
          <button type="button" class="bt" onClick={() => setPref('map', {})}><Icon name="retry" /> {t('keys.reset')}</button></p>
      </section>
      <p class="mu">{t('keys.lead')}</p>
      <div role="status">{said ? <Note kind="wn" icon="warn">{said}</Note> : at ? <p class="vh">{t('keys.press')}</p> : null}</div>
      <section class="card"><h2>{t('keys.anywhere')}</h2><ul class="tl keyset">{rows(anywhere)}</ul></section>
      <section class="card"><h2>{t('keys.messages')}</h2><ul class="tl keyset">{rows(onMessage)}</ul></section>
    </>
  );
}
