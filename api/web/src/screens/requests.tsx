// People who wait to be let in.
import {useState} from 'preact/hooks';
import {post, Refusal} from '../lib/api';
import {relative, t} from '../lib/i18n';
import {nameOf, tidy} from '../lib/text';
import type {JoinRequest, Problem} from '../lib/types';
import {Avatar, Icon, Trouble} from '../parts/basic';

export function RequestList({com, list, onDone}: {com: string; list: JoinRequest[]; onDone: () => void}) {
  const [busy, setBusy] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const decide = async (ids: string[], yes: boolean) => {
    setBusy(ids.join());
    setProblem(null);
    try {
      const [only] = ids;
      if (ids.length === 1) await post(`/join-requests/${only}/${yes ? 'approve' : 'decline'}`, {});
      else {
        const r = await post<{failed: Record<string, Problem>}>(`/communities/${com}/join-requests/bulk`, {[yes ? 'approve' : 'decline']: ids});
        setProblem(Object.values(r.failed)[0] ?? null);
      }
      onDone();
    } catch (e) {
      if (e instanceof Refusal) setProblem(e.problem);
    }
    setBusy('');
  };
  return (
    <>
      {list.length > 1 ? <p class="gapb"><button type="button" class="bt" disabled={!!busy} onClick={() => void decide(list.slice(0, 200).map((r) => r.id), true)}><Icon name="checks" /> {t('requests.all', {n: Math.min(list.length, 200)})}</button></p> : null}
      <ul class="tl">
        {list.map((r) => (
          <li key={r.id}>
            <Avatar id={r.user_id} name={r.display_name} />
            <div class="grow">
              <p><b><bdi>{nameOf(r.display_name)}</bdi></b> <span class="sm mu">{relative(r.created_at)}</span></p>
              {r.note ? <p class="sm" dir="auto">“{tidy(r.note.slice(0, 300))}”</p> : <p class="sm mu">{t('requests.noNote')}</p>}
            </div>
            <span class="row"><button type="button" class="bt pr" disabled={!!busy} onClick={() => void decide([r.id], true)}>{t('requests.yes')}<span class="vh"> <bdi>{nameOf(r.display_name)}</bdi></span></button>
            <button type="button" class="bt" disabled={!!busy} onClick={() => void decide([r.id], false)}>{t('requests.no')}<span class="vh"> <bdi>{nameOf(r.display_name)}</bdi></span></button></span>
          </li>
        ))}
      </ul>
      <Trouble problem={problem} />
    </>
  );
}
