// Who is here, and what may be done about it.
import {useState} from 'preact/hooks';
import {useData, useList} from '../lib/data';
import {del, post, put, Refusal} from '../lib/api';
import {joined, relative, shortDate, t} from '../lib/i18n';
import {go} from '../lib/router';
import {can, communityOf, putGroup} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {Community, Group, Member, Problem, Profile, Role} from '../lib/types';
import {Avatar, Check, Empty, Icon, Loading, Note, Trouble} from '../parts/basic';
import {Confirm, Dialog} from '../parts/dialog';
import {ReportDialog} from '../parts/report';
import {canInvite, groupHref, PageScreen, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {BlockButton} from './blocks';
import {Picture} from './me';

type Filter = 'all' | 'online' | 'lead' | 'gone';

export function Members({com}: {com: string}) {
  const c = communityOf(com)!;
  useTitle(t('menu.members'));
  const [q, setQ] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [open, setOpen] = useState('');
  const list = useList<Member>(`/communities/${com}/members`, [`member:${com}`, `peer:${com}`]);
  const active = list.value ?? [];
  // Who is out by now concerns those who take people out, who may lift a ban.
  const out = (state: string) => (can(c, 'remove') ? `/communities/${com}/members?state=${state}` : null);
  const removed = useList<Member>(out('removed'), [`member:${com}`]), banned = useList<Member>(out('banned'), [`member:${com}`]), left = useList<Member>(out('left'), [`member:${com}`]);
  const gone = [removed, banned, left].flatMap((l) => l.value ?? []);
  const lead = active.filter((m) => m.roles.some((r) => ['owner', 'admin', 'moderator', 'announcer'].includes(r)));
  const pool = filter === 'gone' ? gone : filter === 'online' ? active.filter((m) => m.online) : filter === 'lead' ? lead : active;
  const needle = q.trim().toLocaleLowerCase();
  const shown = pool.filter((m) => !needle || tidy(m.display_name).toLocaleLowerCase().includes(needle)).sort(order);
  const member = [...active, ...gone].find((m) => m.id === open);
  const unseen = active.filter((m) => !m.visible).length;
  const filters: [Filter, string][] = [['all', t('members.all', {n: active.length})], ['online', t('members.online')], ['lead', t('members.lead')]];
  if (gone.length) filters.push(['gone', t('members.gone')]);
  return (
    <Shell com={com}>
      <PageScreen back={`/c/${com}`} title={t('menu.members')} lead={t('members.lead2')}
        actions={canInvite(c) ? <a class="bt pr" href={`/c/${com}/invite`}><Icon name="user-plus" /> {t('menu.invite')}</a> : null}>
        <div class="row wrap">
          <div class="grow find"><label class="vh" for="find">{t('members.find')}</label><input class="fld" id="find" type="search" placeholder={t('members.find')} dir="auto" value={q} onInput={(e) => setQ(e.currentTarget.value)} /></div>
          <div class="fchips" role="group" aria-label={t('members.filter')}>
            {filters.map(([f, label]) => <button key={f} type="button" aria-pressed={filter === f} onClick={() => setFilter(f)}>{label}</button>)}
          </div>
        </div>
        {unseen && filter !== 'gone' ? <Note icon="eye-off">{t('members.unseen', {n: unseen})}</Note> : null}
        <Trouble problem={list.problem} />
        {!list.value ? <Loading what={t('members.loading')} /> : !shown.length ? <Empty title={t('members.none')} text={t('members.noneText')} /> : (
          <ul class="people">
            {shown.slice(0, 400).map((m) => (
              <li key={m.id}>
                <button type="button" class="person" onClick={() => setOpen(m.id)}>
                  <Avatar id={m.id} name={m.display_name} />
                  <span class="grow"><b><bdi>{nameOf(m.display_name)}</bdi></b>{m.me ? <span class="mu"> ({t('you')})</span> : null}
                    <span class="sm mu block">{m.online ? t('members.here') : m.joined_at ? t('members.since', {date: shortDate(m.joined_at)}) : ''}</span></span>
                  {m.state !== 'active' ? <span class="chip wn">{t(`member.${m.state}`)}</span> : null}
                  {m.verified ? <span class="chip ok"><Icon name="verified" /> {t('member.verified')}</span> : null}
                  {m.roles.filter((r) => r !== 'member').map((r) => <span class="tag" key={r}>{t(`role.${r}`)}</span>)}
                </button>
              </li>
            ))}
          </ul>
        )}
      </PageScreen>
      {member ? <PersonSheet c={c} m={member} onClose={() => setOpen('')} onChange={() => [list, removed, banned, left].forEach((l) => l.reload())} /> : null}
    </Shell>
  );
}

const rank = (m: Member) => ['owner', 'admin', 'moderator', 'announcer'].findIndex((r) => m.roles.includes(r));
function order(a: Member, b: Member): number {
  const ra = rank(a) < 0 ? 9 : rank(a), rb = rank(b) < 0 ? 9 : rank(b);
  return ra - rb || Number(b.visible) - Number(a.visible) || tidy(a.display_name).localeCompare(tidy(b.display_name));
}

/** One person: who it is, the words to compare, and roles. */
export function PersonSheet({c, m, onClose, onChange}: {c: Community; m: Member; onClose: () => void; onChange: () => void}) {
  const base = `/communities/${c.id}/members/${m.id}`;
  const profile = useData<Profile>(`${base}/profile`);
  const words = useData<{words: string[]}>(m.me || m.state !== 'active' ? null : `${base}/safety-words`);
  const roles = useList<Role>(can(c, 'grant') && !m.me && !m.roles.includes('owner') && m.state === 'active' ? `/communities/${c.id}/roles` : null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [ask, setAsk] = useState<'remove' | 'ban' | ''>('');
  const [reporting, setReporting] = useState(false);
  const [busy, setBusy] = useState(false);
  const act = async (f: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await f();
      setAsk('');
      onChange();
    } catch (e) {
      if (e instanceof Refusal) setProblem(e.problem);
      setAsk('');
    }
    setBusy(false);
  };
  const name = nameOf(m.display_name);
  const mayRemove = can(c, 'remove') && !m.me && !m.roles.includes('owner') && c.state === 'active';
  return (
    <Dialog title={<bdi>{name}</bdi>} onClose={onClose} side>
      <div class="row"><Picture path={profile.value?.has_picture ? `${base}/picture` : ''} id={m.id} name={m.display_name} />
        <p class="sm mu">{joined(m.roles.map((r) => t(`role.${r}`)))}{m.joined_at ? <><br />{t('members.since', {date: shortDate(m.joined_at)})} ({relative(m.joined_at)})</> : null}</p></div>
      {!m.me && m.state === 'active' && c.state === 'active' && (m.display_name || m.roles.some((r) => !['member', 'follower'].includes(r))) ? (
        <p><button type="button" class="bt pr" disabled={busy} onClick={() => void act(async () => {
          const g = await post<Group>('/dms', {user_id: m.id});
          putGroup(g);
          onClose();
          go(groupHref(g));
        })}><Icon name="talk" /> {t('dm.write')}</button></p>
      ) : null}
      {!m.visible ? <Note icon="eye-off">{t('member.unseen')}</Note> : null}
      {profile.value?.contacts.length ? (
        <section class="card"><h3>{t('member.contacts')}</h3><ul>{profile.value.contacts.map((k) => <li key={k.kind + k.value}><bdi class="mu">{tidy(k.kind)}</bdi> <bdi>{tidy(k.value)}</bdi></li>)}</ul></section>
      ) : null}
      {words.value ? (
        <section class="card stack">
          <h3>{t('safety.title')}</h3>
          <p class="sm mu">{t('safety.text', {name})}</p>
          <ol class="words" dir="ltr" lang="en">{words.value.words.map((w, i) => <li key={i}><small>{i + 1}</small><span>{w}</span></li>)}</ol>
          <Check label={t('safety.same')} checked={m.verified} onChange={(v) => void act(() => put(`${base}/verified`, {verified: v}))} />
        </section>
      ) : null}
      {roles.value ? (
        <section class="card">
          <h3>{t('member.roles')}</h3>
          {roles.value.filter((r) => r.name !== 'follower' && r.name !== 'member').map((r) => (
            <Check key={r.name} disabled={busy} label={t(`role.${r.name}`)} hint={t(`role.${r.name}Hint`)} checked={m.roles.includes(r.name)}
              onChange={(v) => void act(() => (v ? put(`${base}/roles/${r.name}`) : del(`${base}/roles/${r.name}`)))} />
          ))}
        </section>
      ) : null}
      {m.me ? null : <BlockButton user={m.id} />}
      {m.me || c.state !== 'active' ? null : <p><button type="button" class="bt" onClick={() => setReporting(true)}><Icon name="flag" /> {t('report.person')}</button></p>}
      {reporting ? <ReportDialog path={`${base}/report`} what={name} onClose={() => setReporting(false)} /> : null}
      <Trouble problem={problem} />
      {m.state === 'banned' && mayRemove ? <button type="button" class="bt" onClick={() => void act(() => del(`${base}/ban`))}>{t('member.unban')}</button> : null}
      {m.state === 'active' && mayRemove ? (
        <div class="row wrap">
          <button type="button" class="bt dg" onClick={() => setAsk('remove')}><Icon name="user-minus" /> {t('member.remove')}</button>
          <button type="button" class="bt dg" onClick={() => setAsk('ban')}><Icon name="ban" /> {t('member.ban')}</button>
        </div>
      ) : null}
      {ask ? (
        <Confirm title={t(`member.${ask}Ask`, {name})} text={t(`member.${ask}Text`)} action={t(`member.${ask}`)} busy={busy} onClose={() => setAsk('')}
          onYes={() => void act(() => post(`${base}/remove`, {ban: ask === 'ban'}))} />
      ) : null}
    </Dialog>
  );
}
