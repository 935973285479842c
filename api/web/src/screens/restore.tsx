// Bringing a person back on a new computer, with the recovery words and any invite of the community.
import {useState} from 'preact/hooks';
import {Refusal} from '../lib/api';
import {t} from '../lib/i18n';
import type {Problem} from '../lib/types';
import {Icon, Trouble} from '../parts/basic';
import {Stage, useTitle} from '../parts/stage';
import {findInvite} from './join';
import {restore} from './settings';

export function Restore() {
  useTitle(t('restore.title'));
  const [words, setWords] = useState('');
  const [link, setLink] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <Stage>
      <form class="wc card" onSubmit={(e) => {
        e.preventDefault();
        setBusy(true);
        setProblem(null);
        restore(words.trim().toLowerCase().replace(/\s+/g, ' '), findInvite(link)).catch((err: unknown) => {
          setBusy(false);
          if (err instanceof Refusal) setProblem(err.problem);
        });
      }}>
        <div class="row"><a class="bt ic" href="/welcome" aria-label={t('back')}><Icon name="back" /></a><h1 class="serif">{t('restore.title')}</h1></div>
        <p>{t('restore.text')}</p>
        <div><label class="lbl" for="rw">{t('restore.words')}</label><textarea class="fld" id="rw" rows={3} dir="ltr" spellcheck={false} autocomplete="off" value={words} onInput={(e) => setWords(e.currentTarget.value)} /></div>
        <div><label class="lbl" for="rl">{t('restore.link')}</label><textarea class="fld xs" id="rl" rows={2} dir="ltr" spellcheck={false} value={link} onInput={(e) => setLink(e.currentTarget.value)} /><p class="sm mu hint">{t('restore.linkHint')}</p></div>
        <Trouble problem={problem} />
        <button class="bt pr wide tall" disabled={busy || words.trim().split(/\s+/).length < 12 || !link.trim()}>{busy ? t('restore.busy') : t('restore.go')}</button>
      </form>
    </Stage>
  );
}
