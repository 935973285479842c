// What all this takes on this computer and on its way here, and what can be done about it.
import {useEffect, useState} from 'preact/hooks';
import {get, Refusal} from '../lib/api';
import {useData} from '../lib/data';
import {shortDate, size, t} from '../lib/i18n';
import {communities, groups} from '../lib/state';
import {tidy} from '../lib/text';
import type {Community, Group, Network, Problem, Storage} from '../lib/types';
import {Empty, Icon, Loading, Note, Trouble} from '../parts/basic';
import {NetworkMode} from '../parts/mode';
import {groupHref, groupName, isAdmin} from '../parts/shell';

export function StorageScreen() {
  const [list, setList] = useState<Storage[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const net = useData<Network>('/network', ['network']);
  const here = communities.value.map((c) => c.id).join();
  useEffect(() => {
    let live = true;
    void Promise.all(here.split(',').filter(Boolean).map((id) => get<Storage>(`/communities/${id}/storage`))).then((all) => {
      if (live) setList(all.sort((a, b) => b.bytes - a.bytes));
    }, (e: unknown) => {
      if (live && e instanceof Refusal) setProblem(e.problem);
    });
    return () => void (live = false);
  }, [here]);
  return (
    <>
      <Trouble problem={problem} />
      {!list ? (problem ? null : <Loading what={t('storage.loading')} />) : !list.length ? <section class="card"><Empty title={t('storage.none')} text={t('storage.noneText')} /></section> : (
        <>
          <section class="card stack">
            <h2>{t('storage.all', {size: size(list[0]!.file_bytes)})}</h2>
            <p class="mu measure">{t('storage.allText')}</p>
          </section>
          {list.map((s) => {
            const c = communities.value.find((x) => x.id === s.community_id);
            return c ? <Share key={c.id} c={c} s={s} /> : null;
          })}
          <Note icon="hourglass"><b>{t('storage.room')}</b><p>{t('storage.roomText')}</p></Note>
        </>
      )}
      <NetworkMode />
      {net.value ? <p class="mu">{t('storage.traffic', {in: size(net.value.bytes_in), out: size(net.value.bytes_out)})}</p> : null}
    </>
  );
}

/** One community: its groups, the largest first, each leading to where its messages are kept for shorter. */
function Share({c, s}: {c: Community; s: Storage}) {
  const active = c.state === 'active';
  return (
    <section class="card stack" aria-labelledby={`h-${c.id}`}>
      <h2 id={`h-${c.id}`}>{t('storage.of', {name: tidy(c.name), size: size(s.bytes)})}</h2>
      <ul class="tl">
        {[...s.groups].sort((a, b) => b.bytes - a.bytes).map((x) => <Row key={x.group_id} g={groups.value.get(x.group_id)} x={x} />)}
        <li><Icon name="users" /><p class="grow">{t('storage.log')}</p><span class="sm mu nw">{size(s.log_bytes)}</span></li>
      </ul>
      <p><a class="bt" href={active && isAdmin(c) ? `/c/${c.id}/admin/danger` : `/c/${c.id}/me`}>{active && !isAdmin(c) ? t('me.leave') : t('danger.forget')}</a></p>
    </section>
  );
}

function Row({g, x}: {g: Group | undefined; x: Storage['groups'][number]}) {
  return (
    <li>
      <Icon name={g?.kind === 'announcements' ? 'announce' : g?.kind === 'dm' ? 'user' : 'talk'} />
      <div class="grow">
        {g ? <a href={groupHref(g) + (g.kind === 'chat' ? '/about' : '')}><bdi>{groupName(g)}</bdi></a> : <p>{t('storage.gone')}</p>}
        <p class="sm mu">{t('storage.messages', {n: x.messages})}{x.messages && x.oldest_at ? ` · ${t('storage.since', {day: shortDate(x.oldest_at)})}` : ''}{g?.disappearing_seconds ? ` · ${t('group.vanish', {n: Math.round(g.disappearing_seconds / 86_400)})}` : ''}</p>
      </div>
      <span class="sm mu nw">{size(x.bytes)}</span>
    </li>
  );
}
