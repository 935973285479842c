// Messages that somebody keeps to find again.
import {useState} from 'preact/hooks';
import {del, Refusal} from '../lib/api';
import {useList} from '../lib/data';
import {t} from '../lib/i18n';
import type {Message, Problem} from '../lib/types';
import {Empty, Icon, Loading, Trouble} from '../parts/basic';
import {PageScreen, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {take} from '../parts/acts';
import {Found} from './search';

export function Stars({com}: {com: string}) {
  useTitle(t('stars.title'));
  const list = useList<Message>('/me/stars', ['message']);
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <Shell com={com}>
      <PageScreen back={`/c/${com}`} title={t('stars.title')} lead={t('stars.lead')}>
        <Trouble problem={problem ?? list.problem} />
        {!list.value ? <Loading what={t('stars.title')} /> : !list.value.length ? <div class="card"><Empty title={t('stars.none')} text={t('stars.noneText')} /></div> : (
          <ul class="stack">{list.value.map((m) => (
            <li key={m.id} class="row"><div class="grow"><Found h={{kind: 'message', message: m, ranges: []}} all /></div>
              <button type="button" class="bt ic" aria-label={t('msg.unstar')} onClick={() => del(`/me/stars/${m.id}`).then(() => {
                take({...m, starred: false});
                list.reload();
              }, (e: unknown) => e instanceof Refusal && setProblem(e.problem))}><Icon name="x" /></button></li>
          ))}</ul>
        )}
      </PageScreen>
    </Shell>
  );
}
