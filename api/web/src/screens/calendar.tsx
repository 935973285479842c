// What is coming up in all groups somebody is in.
import {useList} from '../lib/data';
import {t} from '../lib/i18n';
import {communityOf, groups} from '../lib/state';
import type {CalendarEvent} from '../lib/types';
import {Empty, Icon, Loading, Trouble} from '../parts/basic';
import {EventCard} from '../parts/cards';
import {groupHref, groupName, PageScreen, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';

export function useComing(com: string) {
  const from = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 6 * 3_600_000).toISOString();
  return useList<CalendarEvent>(`/communities/${com}/calendar?from=${encodeURIComponent(from)}`, [`event:${com}`]);
}

export function Calendar({com}: {com: string}) {
  const c = communityOf(com)!;
  useTitle(t('calendar'));
  const list = useComing(com);
  return (
    <Shell com={com}>
      <PageScreen back={`/c/${com}`} title={t('calendar')} lead={t('calendar.lead')}>
        <Trouble problem={list.problem} />
        {!list.value ? <Loading what={t('calendar')} /> : !list.value.length ? <div class="card"><Empty title={t('calendar.none')} text={t('calendar.noneText')} /></div> : list.value.map((e) => {
          const g = groups.value.get(e.group_id);
          return <section class="card" key={e.id}><EventCard e={e} c={c} />{g ? <p class="sm gapt"><Icon name="talk" /> <a href={groupHref(g)}><bdi>{groupName(g)}</bdi></a></p> : null}</section>;
        })}
      </PageScreen>
    </Shell>
  );
}
