// What others learn of me, and what may call me: both hold for this device.
import {useEffect, useState} from 'preact/hooks';
import {patch, Refusal} from '../lib/api';
import {useData} from '../lib/data';
import {t} from '../lib/i18n';
import {communities, groupsOf} from '../lib/state';
import {tidy} from '../lib/text';
import {privacy} from '../lib/typing';
import type {Privacy as Answer, Problem} from '../lib/types';
import {Check, Empty, Loading, Note, Trouble} from '../parts/basic';
import {Levels} from '../parts/private';
import {GroupMark, groupName, orderGroups} from '../parts/shell';

export function Privacy() {
  const now = useData<Answer>('/me/privacy');
  const [set, setSet] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const shown = set ?? now.value;
  useEffect(() => {
    if (shown) privacy.value = shown; // others are told of my writing as it stands here
  }, [shown]);
  if (!shown) return now.problem ? <Trouble problem={now.problem} /> : <Loading what={t('settings.privacy')} rows={1} />;
  const change = (what: Partial<Answer>) => {
    setProblem(null);
    patch<Answer>('/me/privacy', what).then((now) => {
      privacy.value = now; // also where this screen was left meanwhile
      setSet(now);
    }, (e: unknown) => {
      setSet({...shown});
      if (e instanceof Refusal) setProblem(e.problem);
    });
  };
  return (
    <section class="card stack">
      <h2>{t('privacy.title')}</h2>
      <Check label={t('privacy.receipts')} hint={t('privacy.receiptsHint')} checked={shown.read_receipts} onChange={(v) => change({read_receipts: v})} />
      <Check label={t('privacy.typing')} hint={t('privacy.typingHint')} checked={shown.typing} onChange={(v) => change({typing: v})} />
      <Trouble problem={problem} />
      <p class="sm mu">{t('privacy.rest')}</p>
    </section>
  );
}

export function NotificationSettings() {
  const [problem, setProblem] = useState<Problem | null>(null);
  const all = communities.value.map((c) => ({c, list: orderGroups(groupsOf(c.id).filter((g) => g.joined && !g.archived))})).filter((x) => x.list.length);
  return (
    <>
      <Note icon="info">{t('level.desktop')} <code dir="ltr">pandal up --notify text</code></Note>
      <Trouble problem={problem} />
      {all.length ? all.map(({c, list}) => (
        <section class="card" key={c.id}>
          <h2><bdi>{tidy(c.name)}</bdi></h2>
          <ul class="tl">{list.map((g) => <li key={g.id}><GroupMark g={g} /><p class="grow"><b><bdi>{groupName(g)}</bdi></b></p><Levels g={g} onFail={setProblem} hideLegend /></li>)}</ul>
        </section>
      )) : <div class="card"><Empty title={t('nothing.title')} text={t('level.empty')} /></div>}
    </>
  );
}
