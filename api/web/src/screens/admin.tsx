// What those who look after a community see: what needs them first, then the rest by subject.
import {useState} from 'preact/hooks';
import {blob, del, patch, post, put, Refusal} from '../lib/api';
import {useData, useList} from '../lib/data';
import {joined, t} from '../lib/i18n';
import {go} from '../lib/router';
import {can, communityOf, forgetCommunity, groupsOf, me, putCommunity, refresh} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {Community, Invite, JoinRequest, Member, Problem, Recovery, Report, Role} from '../lib/types';
import {Check, Empty, Icon, Loading, Note, Segments, Trouble} from '../parts/basic';
import {Confirm} from '../parts/dialog';
import {groupHref, groupName, isAdmin, orderGroups, PageScreen, Shell, Tabs} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {Below} from './home';
import {Audit} from './audit';
import {Insights} from './insights';
import {InviteCard} from './invite';
import {EditGreeting} from './greet';
import {openReports, Reports} from './reports';
import {RequestList} from './requests';
import {NotFound} from './states';
import {Suggested} from './suggest';

const tabs = ['overview', 'requests', 'reports', 'groups', 'roles', 'invites', 'insights', 'audit', 'danger'] as const;
type Tab = (typeof tabs)[number];
const icons: Record<Tab, string> = {overview: 'overview', requests: 'user-check', reports: 'flag', groups: 'talk', roles: 'shield-check', invites: 'link', insights: 'chart', audit: 'audit', danger: 'warn'};

function allowed(c: Community, tab: Tab): boolean {
  switch (tab) {
    case 'requests':
    case 'reports':
    case 'insights':
      return can(c, 'admit');
    case 'invites':
      return can(c, 'invite');
    case 'danger':
      return can(c, 'settings');
    default:
      return true;
  }
}

export function Admin({com, tab}: {com: string; tab: string}) {
  const c = communityOf(com)!;
  const at: Tab = (tabs as readonly string[]).includes(tab) && allowed(c, tab as Tab) ? (tab as Tab) : 'overview';
  useTitle(t(`admin.${at}`));
  if (!isAdmin(c)) return <Shell com={com}><NotFound back={`/c/${com}`} /></Shell>;
  return (
    <Shell com={com}>
      <PageScreen wide back={`/c/${com}`} title={t(`admin.${at}`)}>
        <Tabs label={t('menu.admin')} at={at} tabs={[...tabs.filter((x) => allowed(c, x)).map((x) => ({id: x, href: `/c/${com}/admin/${x}`, icon: icons[x], label: t(`admin.${x}`)})), {id: 'members', href: `/c/${com}/members`, icon: 'users', label: t('menu.members')}]} />
        {at === 'overview' ? <Overview c={c} /> : at === 'requests' ? <Requests com={com} /> : at === 'reports' ? <Reports c={c} /> : at === 'groups' ? <Groups c={c} /> : at === 'roles' ? <Roles com={com} />
          : at === 'invites' ? <Invites com={com} /> : at === 'insights' ? <Insights c={c} /> : at === 'audit' ? <Audit com={com} /> : <Danger c={c} />}
      </PageScreen>
    </Shell>
  );
}

function Overview({c}: {c: Community}) {
  const requests = useList<JoinRequest>(can(c, 'admit') ? `/communities/${c.id}/join-requests?state=pending` : null, [`join_request:${c.id}`]);
  const members = useList<Member>(`/communities/${c.id}/members`, [`member:${c.id}`, `peer:${c.id}`]);
  const recovery = useData<Recovery>(`/communities/${c.id}/recovery`, [`community:${c.id}`]);
  const reports = useList<Report>(can(c, 'admit') ? openReports(c.id) : null, [`report:${c.id}`]);
  const waiting = (requests.value ?? []).filter((r) => !r.mine).length, reported = (reports.value ?? []).length;
  const active = (members.value ?? []).filter((m) => m.state === 'active');
  const week = active.filter((m) => m.joined_at && Date.now() - Date.parse(m.joined_at) < 7 * 86_400_000).length;
  const alone = recovery.value?.members.length === 0 && c.role === 'owner';
  const chats = groupsOf(c.id).filter((g) => g.kind === 'chat' && !g.archived);
  return (
    <>
      <section class="card" aria-labelledby="needs">
        <h2 id="needs">{t('admin.needs')}</h2>
        {!waiting && !alone && !reported ? <p class="mu">{t('admin.calm')}</p> : (
          <ul class="tl">
            {waiting ? <li><span class="gi"><Icon name="user-plus" /></span><p class="grow"><b>{t('home.wait', {n: waiting})}</b></p><a class="bt pr" href={`/c/${c.id}/admin/requests`}>{t('home.review')}</a></li> : null}
            {reported ? <li><span class="gi"><Icon name="flag" /></span><p class="grow"><b>{t('report.open', {n: reported})}</b></p><a class="bt" href={`/c/${c.id}/admin/reports`}>{t('home.look')}</a></li> : null}
            {alone ? <li><span class="gi"><Icon name="shield-check" /></span><div class="grow"><b>{t('admin.alone')}</b><p class="sm mu">{t('admin.aloneText')}</p></div><a class="bt" href={`/c/${c.id}/admin/danger`}>{t('admin.choose')}</a></li> : null}
          </ul>
        )}
      </section>
      <ul class="cards tiles">
        <li class="card tile"><p class="sm mu">{t('menu.members')}</p><p class="v num">{c.member_count}</p><p class="sm">{t('admin.week', {n: week})}</p></li>
        <li class="card tile"><p class="sm mu">{t('admin.now')}</p><p class="v num">{c.reachable}</p><p class="xs mu">{t('admin.nowHint')}</p></li>
        <li class="card tile"><p class="sm mu">{t('admin.groups')}</p><p class="v num">{chats.length}</p><p class="xs mu">{t('admin.groupsHint')}</p></li>
      </ul>
      {can(c, 'settings') ? <><Settings key={c.id} c={c} /><EditGreeting key={`g${c.id}`} c={c} /></> : null}
    </>
  );
}

function Settings({c}: {c: Community}) {
  const [name, setName] = useState(c.name);
  const [about, setAbout] = useState(c.description);
  const [set, setSet] = useState(c.settings);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saved, setSaved] = useState(false);
  const save = async (e: Event) => {
    e.preventDefault();
    setProblem(null);
    setSaved(false);
    const settings = Object.fromEntries(Object.entries(set).filter(([k, v]) => c.settings[k] !== v));
    const change = {...(name.trim() === c.name ? {} : {name: name.trim()}), ...(about.trim() === c.description ? {} : {description: about.trim()}), ...(Object.keys(settings).length ? {settings} : {})};
    try {
      if (Object.keys(change).length) putCommunity(await patch<Community>(`/communities/${c.id}`, change));
      setSaved(true);
    } catch (err) {
      if (err instanceof Refusal) setProblem(err.problem);
    }
  };
  return (
    <form class="card stack" onSubmit={save}>
      <h2>{t('admin.settings')}</h2>
      <div><label class="lbl" for="sname">{t('admin.name')}</label><input class="fld" id="sname" dir="auto" required maxLength={40} value={name} onInput={(e) => setName(e.currentTarget.value)} /></div>
      <div><label class="lbl" for="sabout">{t('new.about')}</label><textarea class="fld" id="sabout" rows={2} dir="auto" maxLength={1000} value={about} onInput={(e) => setAbout(e.currentTarget.value)} /></div>
      <Segments legend={t('admin.history')} name="hist" value={set.history ?? '30d'} onChange={(v) => setSet({...set, history: v})} options={[['none', t('admin.historyNone')], ['7d', t('invite.days', {n: 7})], ['30d', t('invite.days', {n: 30})], ['all', t('admin.historyAll')]]} />
      <Segments legend={t('admin.whoGroups')} name="who1" value={set.who_creates_groups ?? 'admins'} onChange={(v) => setSet({...set, who_creates_groups: v})} options={[['admins', t('me.admins')], ['members', t('admin.everybody')]]} />
      <Segments legend={t('admin.whoInvites')} name="who2" value={set.who_invites ?? 'admins'} onChange={(v) => setSet({...set, who_invites: v})} options={[['admins', t('me.admins')], ['members', t('admin.everybody')]]} />
      <Trouble problem={problem} />
      {saved ? <Note kind="ok" icon="check">{t('saved')}</Note> : null}
      <p><button class="bt pr" disabled={!name.trim()}>{t('save')}</button></p>
    </form>
  );
}

function Requests({com}: {com: string}) {
  const list = useList<JoinRequest>(`/communities/${com}/join-requests?state=pending`, [`join_request:${com}`]);
  const mine = list.value?.filter((r) => !r.mine);
  if (!mine) return list.problem ? <Trouble problem={list.problem} /> : <Loading what={t('requests.title')} />;
  return mine.length ? <section class="card"><RequestList com={com} list={mine} onDone={list.reload} /></section> : <div class="card"><Empty title={t('requests.none')} text={t('requests.noneText')} /></div>;
}

function Groups({c}: {c: Community}) {
  const all = orderGroups(groupsOf(c.id).filter((g) => g.kind === 'chat'));
  return (
    <>
    {can(c, 'groups') ? <Suggested com={c.id} /> : null}
    <section class="card">
      <ul class="tl">
        {all.map((g) => (
          <li key={g.id}><span class="gi"><Icon name={g.archived ? 'restore' : 'talk'} /></span>
            <div class="grow"><b><bdi>{groupName(g)}</bdi></b><p class="sm mu">{g.joined ? t('members', {n: g.member_count}) : t('admin.notIn')} · {g.archived ? t('groups.archived') : g.open ? t('group.openLong') : t('group.closedLong')}</p></div>
            <a class="bt" href={g.joined ? `/c/${c.id}/g/${g.id}/about` : groupHref(g)}>{t('home.look')}<span class="vh"> <bdi>{groupName(g)}</bdi></span></a></li>
        ))}
      </ul>
      {can(c, 'groups') ? <p class="gapt"><a class="bt" href={`/c/${c.id}/new-group`}><Icon name="plus" /> {t('group.new')}</a></p> : null}
    </section>
    {c.below?.length || can(c, 'groups') ? (
      <section class="card">
        <h2>{t('below.list')}</h2>
        <p class="mu">{t('below.hint')}</p>
        <Below c={c} />
        {can(c, 'groups') && me.value?.first_device ? <p class="gapt"><a class="bt" href={`/new?parent=${c.id}`}><Icon name="plus" /> {t('below.new')}</a></p> : null}
      </section>
    ) : null}
    </>
  );
}

function Roles({com}: {com: string}) {
  const roles = useList<Role>(`/communities/${com}/roles`);
  if (!roles.value) return <Loading what={t('admin.roles')} />;
  const bits = roles.value[0]?.permissions ?? [];
  return (
    <>
      <div class="tw" tabIndex={0} role="group" aria-label={t('admin.roles')}>
        <table class="matrix">
          <thead><tr><th scope="col">{t('admin.right')}</th>{roles.value.map((r) => <th scope="col" key={r.name}>{t(`role.${r.name}`)}</th>)}</tr></thead>
          <tbody>
            {bits.map((b) => (
              <tr key={b}><th scope="row">{t(`right.${b}`)}</th>
                {roles.value!.map((r) => <td key={r.name}>{r.permissions.includes(b) ? <span class="okc"><Icon name="check" /><span class="vh">{t('yes')}</span></span> : <span class="mu">–<span class="vh">{t('no')}</span></span>}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      <Note icon="info">{t('admin.rolesText')} <a href={`/c/${com}/members`}>{t('menu.members')}</a></Note>
    </>
  );
}

function Invites({com}: {com: string}) {
  const list = useList<Invite>(`/communities/${com}/invites`, [`invite:${com}`, `member:${com}`]);
  const [open, setOpen] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!list.value) return <Loading what={t('admin.invites')} />;
  const live = list.value.filter((i) => !i.revoked && (!i.expires_at || Date.parse(i.expires_at) > Date.now()) && i.uses < i.max_uses);
  return (
    <>
      <p><a class="bt pr" href={`/c/${com}/invite`}><Icon name="plus" /> {t('menu.invite')}</a></p>
      <Trouble problem={problem} />
      {!live.length ? <div class="card"><Empty title={t('invite.none')} text={t('invite.noneText')} /></div> : live.map((i) => (
        <div key={i.id} class="stack">
          {open === i.id ? <InviteCard i={i} /> : null}
          <div class="card row wrap">
            <Icon name="link" /><p class="grow">{t('invite.used', {n: i.uses, of: i.max_uses})}{i.needs_approval ? ` · ${t('join.approval')}` : ''}</p>
            <button type="button" class="bt" aria-expanded={open === i.id} onClick={() => setOpen(open === i.id ? '' : i.id)}><Icon name="qr-code" /> {open === i.id ? t('close') : t('invite.show')}</button>
            <button type="button" class="bt dg" onClick={() => del(`/invites/${i.id}`).then(list.reload, (e: unknown) => e instanceof Refusal && setProblem(e.problem))}>{t('invite.revoke')}</button>
          </div>
        </div>
      ))}
    </>
  );
}

function Danger({c}: {c: Community}) {
  const recovery = useData<Recovery>(`/communities/${c.id}/recovery`, [`community:${c.id}`]);
  const members = useList<Member>(`/communities/${c.id}/members?state=active`);
  const [set, setSet] = useState<string[]>([]);
  const [ask, setAsk] = useState<'keys' | 'archive' | 'forget' | ''>('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [done, setDone] = useState('');
  const act = async () => {
    setProblem(null);
    try {
      if (ask === 'keys') await post(`/communities/${c.id}/rotate-keys`);
      else if (ask === 'archive') putCommunity(await post<Community>(`/communities/${c.id}/${c.archived ? 'unarchive' : 'archive'}`));
      else {
        await del(`/communities/${c.id}`);
        forgetCommunity(c.id, true);
        await refresh();
        go('/');
        return;
      }
      setDone(t(`danger.${ask}Done`));
    } catch (e) {
      if (e instanceof Refusal) setProblem(e.problem);
    }
    setAsk('');
  };
  const people = (members.value ?? []).filter((m) => !m.me && m.display_name);
  const word = (a: string) => (a === 'archive' && c.archived ? 'danger.unarchive' : `danger.${a}`);
  return (
    <>
      <Trouble problem={problem} />
      {done ? <Note kind="ok" icon="check">{done}</Note> : null}
      <section class="card stack">
        <h2>{t('recovery.title')}</h2><p class="mu">{t('recovery.text')}</p>
        {recovery.value?.members.length ? (
          <p>{t('recovery.have', {n: recovery.value.need, of: recovery.value.members.length})} <bdi>{joined(recovery.value.members.map((id) => nameOf(members.value?.find((m) => m.id === id)?.display_name)))}</bdi></p>
        ) : c.role === 'owner' ? (people.length ? (
          <>
            <div class="scroll">{people.slice(0, 200).map((m) => <Check key={m.id} label={<bdi>{tidy(m.display_name)}</bdi>} checked={set.includes(m.id)} onChange={(v) => setSet(v ? [...set, m.id].slice(0, 32) : set.filter((x) => x !== m.id))} />)}</div>
            <p><button type="button" class="bt" disabled={set.length < 2} onClick={() => put(`/communities/${c.id}/recovery`, {members: set}).then(recovery.reload, (e: unknown) => e instanceof Refusal && setProblem(e.problem))}>{t('recovery.set')}</button></p>
            <p class="sm mu">{t('recovery.once')}</p>
          </>
        ) : <p class="sm mu">{t('recovery.nobody')}</p>) : <p class="sm mu">{t('recovery.none')}</p>}
      </section>
      {(['keys', 'archive', 'forget'] as const).map((a) => (
        <section class="card row wrap span" key={a}>
          <div class="grow"><h2>{t(word(a))}</h2><p class="mu">{t(`danger.${a}Text`)}</p></div>
          <button type="button" class={a === 'keys' ? 'bt' : 'bt dg'} onClick={() => setAsk(a)}>{t(word(a))}</button>
        </section>
      ))}
      {ask ? <Confirm title={t(`danger.${ask}Ask`, {name: tidy(c.name)})} text={t(`danger.${ask}Text`)} action={t(word(ask))} danger={ask !== 'keys'} onYes={() => void act()} onClose={() => setAsk('')} /> : null}
    </>
  );
}

/** Saves a file that the node made. */
export async function saveFile(path: string, name: string) {
  const url = URL.createObjectURL(await blob(path));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
