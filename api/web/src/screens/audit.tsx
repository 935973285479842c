// What admins did, as the signed log says it.
import {useState} from 'preact/hooks';
import {useData, useList} from '../lib/data';
import {clock, dayName, t, tx} from '../lib/i18n';
import {communityOf, groups} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {Act, Member, Page} from '../lib/types';
import {Icon, Loading, Note} from '../parts/basic';
import {saveFile} from './admin';

const icons: Record<string, string> = {
  admit: 'user-check', revoke: 'user-minus', grant: 'shield-check', invite: 'link', revoke_invite: 'ban', create_group: 'talk', set: 'sliders', genesis: 'house', leave: 'log-out',
};

export function Audit({com}: {com: string}) {
  const c = communityOf(com)!;
  const [limit, setLimit] = useState(50);
  const list = useData<Page<Act>>(`/communities/${com}/audit?limit=${limit}`, [`member:${com}`, `group:${com}`, `invite:${com}`, `community:${com}`]);
  const members = useList<Member>(`/communities/${com}/members`, [`member:${com}`]);
  if (!list.value) return <Loading what={t('admin.audit')} />;
  const who = (id: string | null) => (id === c.me_id ? t('you') : nameOf(members.value?.find((m) => m.id === id)?.display_name));
  return (
    <section class="card">
      <div class="row wrap end">
        {(['csv', 'jsonl'] as const).map((f) => <button key={f} type="button" class="bt" onClick={() => void saveFile(`/communities/${com}/audit?format=${f}`, `audit.${f}`)}><Icon name="download" /> {t('saveAs', {name: f.toUpperCase()})}</button>)}
      </div>
      <ul class="tl">
        {list.value.items.map((a) => {
          const g = a.group_id ? groups.value.get(a.group_id) : undefined;
          if (g?.kind === 'dm') return null; // whom a direct message is with says its line in the list
          const key = a.kind === 'create_group' && !tidy(a.detail.name) ? 'act.direct' : `act.${icons[a.kind] ? a.kind : 'other'}`;
          return (
            <li key={a.id} class={a.effective ? '' : 'cut'}>
              <span class="mu"><Icon name={icons[a.kind] ?? 'key-round'} /></span>
              <div class="grow">
                <p>{tx(key, {who: <b><bdi>{who(a.actor_id)}</bdi></b>, whom: <b><bdi>{who(a.subject_id)}</bdi></b>, what: <b><bdi>{tidy(a.detail.name ?? a.detail.role ?? a.detail.key ?? '')}</bdi></b>})}{g ? <span class="mu"> · <bdi>{tidy(g.name)}</bdi></span> : null}</p>
                {a.effective ? null : <p class="sm mu">{t('act.cut')}</p>}
              </div>
              <span class="sm mu nw">{dayName(a.time)} {clock(a.time)}</span>
            </li>
          );
        })}
      </ul>
      {list.value.next_cursor && limit < 200 ? <p class="center"><button type="button" class="bt" onClick={() => setLimit(limit + 50)}>{t('announce.older')}</button></p> : null}
      <Note icon="verified">{t('act.signed')}</Note>
    </section>
  );
}
