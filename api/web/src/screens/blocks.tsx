// People whose words somebody does not want to see.
import {useEffect, useState} from 'preact/hooks';
import {del, get, put, Refusal} from '../lib/api';
import {setBlocked} from '../lib/chat';
import {useData, useList} from '../lib/data';
import {t} from '../lib/i18n';
import {communities} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {Block, Member, Page, Problem} from '../lib/types';
import {Avatar, Empty, Icon, Loading, Trouble} from '../parts/basic';

async function block(user: string, yes: boolean): Promise<void> {
  await (yes ? put(`/me/blocks/${user}`) : del(`/me/blocks/${user}`));
  setBlocked(user, yes);
}

/** On somebody's sheet. */
export function BlockButton({user}: {user: string}) {
  const now = useData<Block>(`/me/blocks/${user}`);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!now.value) return null;
  const on = now.value.blocked;
  return (
    <section class="stack">
      <p><button type="button" class="bt" aria-pressed={on} onClick={() => void block(user, !on).then(now.reload, (e: unknown) => e instanceof Refusal && setProblem(e.problem))}><Icon name="eye-off" /> {on ? t('block.off') : t('block.on')}</button></p>
      <p class="sm mu">{t('block.text')}</p>
      <Trouble problem={problem} />
    </section>
  );
}

export function Blocks() {
  const list = useList<Block>('/me/blocks');
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <section class="card">
      <Trouble problem={problem ?? list.problem} />
      {!list.value ? <Loading what={t('settings.blocks')} rows={1} /> : !list.value.length ? <Empty title={t('block.none')} text={t('block.noneText')} /> : (
        <ul class="tl">{list.value.map((x) => <Row key={x.user_id} user={x.user_id} onOff={() => void block(x.user_id, false).then(list.reload, (e: unknown) => e instanceof Refusal && setProblem(e.problem))} />)}</ul>
      )}
    </section>
  );
}

/** A member is of one community: the first that knows the id has the name. */
function Row({user, onOff}: {user: string; onOff: () => void}) {
  const [found, setFound] = useState<{m: Member; where: string} | null>(null);
  useEffect(() => {
    void (async () => {
      // By a list, which may be empty: most communities do not know somebody.
      for (const state of ['active', 'removed', 'banned', 'left']) {
        for (const c of communities.value) {
          const p = await get<Page<Member>>(`/communities/${c.id}/members?state=${state}&q=${user}`).catch(() => null);
          const m = p?.items.find((x) => x.id === user);
          if (m) return setFound({m, where: c.name});
        }
      }
    })();
  }, [user]);
  const name = nameOf(found?.m.display_name);
  return <li><Avatar id={user} name={found?.m.display_name ?? null} /><p class="grow"><b><bdi>{name}</bdi></b> <span class="sm mu"><bdi>{tidy(found?.where)}</bdi></span></p><button type="button" class="bt" onClick={onOff}>{t('block.off')}<span class="vh"> <bdi>{name}</bdi></span></button></li>;
}
