// Asks those who let people in to look at a message or a person.
import {useState} from 'preact/hooks';
import {post, Refusal} from '../lib/api';
import {t} from '../lib/i18n';
import type {Problem} from '../lib/types';
import {Note, Trouble} from './basic';
import {Dialog} from './dialog';

export function ReportDialog({path, what, onClose}: {path: string; what: string; onClose: () => void}) {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [state, setState] = useState<'' | 'busy' | 'sent'>('');
  return (
    <Dialog title={t('report.title')} onClose={onClose}>
      {state === 'sent' ? (
        <>
          <Note kind="ok" icon="check">{t('report.sent')}</Note>
          <div class="row end"><button type="button" class="bt pr" onClick={onClose}>{t('done')}</button></div>
        </>
      ) : (
        <form class="stack" onSubmit={(e) => {
          e.preventDefault();
          setProblem(null);
          setState('busy');
          post(path, {reason: reason.trim()}).then(() => setState('sent'), (err: unknown) => {
            setState('');
            if (err instanceof Refusal) setProblem(err.problem);
          });
        }}>
          {what ? <blockquote class="cut-quote one" dir="auto">{what}</blockquote> : null}
          <p>{t('report.text')}</p>
          <div><label class="lbl" for="why">{t('report.why')} <span class="mu plain">{t('optional')}</span></label><textarea class="fld" id="why" rows={3} dir="auto" maxLength={250} value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></div>
          <Trouble problem={problem} />
          <div class="row wrap end"><button type="button" class="bt" onClick={onClose}>{t('cancel')}</button><button class="bt pr" disabled={state === 'busy'}>{t('report.go')}</button></div>
        </form>
      )}
    </Dialog>
  );
}
