// A group: making one, who is in it, and its settings.
import {useState} from 'preact/hooks';
import {del, patch, post, put, Refusal} from '../lib/api';
import {useData, useList} from '../lib/data';
import {t} from '../lib/i18n';
import {go} from '../lib/router';
import {can, communities, communityOf, groups, putGroup} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {Community, Group, JoinRequest, Member, Problem} from '../lib/types';
import {Avatar, Check, Icon, Loading, Note, Trouble} from '../parts/basic';
import {Confirm, Dialog} from '../parts/dialog';
import {groupHref, groupName, PageScreen, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {way} from './chat';
import {PersonSheet} from './members';
import {RequestList} from './requests';
import {NotFound} from './states';

export function NewGroup({com}: {com: string}) {
  useTitle(t('group.new'));
  const [name, setName] = useState('');
  const [about, setAbout] = useState('');
  const [open, setOpen] = useState(true);
  const [only, setOnly] = useState(false);
  const [members, setMembers] = useState<string[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const list = useList<Member>(`/communities/${com}/members`);
  const known = (list.value ?? []).filter((m) => m.state === 'active' && !m.me && m.visible && m.display_name);
  const make = async (e: Event) => {
    e.preventDefault();
    try {
      const g = await post<Group>(`/communities/${com}/groups`, {name: name.trim(), description: about.trim(), open, who_posts: only ? 'moderators' : 'everyone', members});
      putGroup(g);
      go(`/c/${com}/g/${g.id}`);
    } catch (err) {
      if (err instanceof Refusal) setProblem(err.problem);
    }
  };
  return (
    <Shell com={com}>
      <PageScreen back={`/c/${com}`} title={t('group.new')} lead={t('group.newLead')}>
        <form class="card stack" onSubmit={make}>
          <div><label class="lbl" for="gname">{t('group.name')}</label><input class="fld" id="gname" dir="auto" required maxLength={40} autofocus value={name} onInput={(e) => setName(e.currentTarget.value)} /></div>
          <div><label class="lbl" for="gabout">{t('group.what')} <span class="mu plain">{t('optional')}</span></label><input class="fld" id="gabout" dir="auto" maxLength={300} value={about} onInput={(e) => setAbout(e.currentTarget.value)} /></div>
          <Check label={t('group.openCheck')} hint={t('group.openHint')} checked={open} onChange={setOpen} />
          <Check label={t('group.onlyCheck')} hint={t('group.onlyHint')} checked={only} onChange={setOnly} />
          {known.length ? (
            <fieldset>
              <legend class="lbl">{t('group.start')}</legend>
              <p class="sm mu">{t('group.startHint')}</p>
              <div class="scroll">{known.slice(0, 200).map((m) => <Check key={m.id} label={<bdi>{nameOf(m.display_name)}</bdi>} checked={members.includes(m.id)} onChange={(v) => setMembers(v ? [...members, m.id] : members.filter((x) => x !== m.id))} />)}</div>
            </fieldset>
          ) : null}
          <Trouble problem={problem} />
          <p><button class="bt pr" disabled={!name.trim()}>{t('group.make')}</button></p>
        </form>
      </PageScreen>
    </Shell>
  );
}

export function AboutGroup({com, id}: {com: string; id: string}) {
  const c = communityOf(com)!, g = groups.value.get(id);
  useTitle(g ? groupName(g) : '');
  const list = useList<Member>(g?.joined ? `/groups/${id}/members` : null, [`member:${id}`, `member:${com}`]);
  const [open, setOpen] = useState('');
  // The roles of a group are others than those of the community, which the sheet shows.
  const all = useData<Member>(open ? `/communities/${com}/members/${open}` : null, [`member:${com}`]);
  const mate = all.value?.id === open ? all.value : null;
  const me = list.value?.find((m) => m.me);
  const leads = can(c, 'groups') || !!me?.roles.some((r) => r === 'owner' || r === 'admin');
  const admits = leads || can(c, 'admit') || !!me?.roles.includes('moderator');
  const requests = useList<JoinRequest>(admits && g?.joined ? `/communities/${com}/join-requests?state=pending` : null, [`join_request:${com}`]);
  const [edit, setEdit] = useState(false);
  const [add, setAdd] = useState(false);
  const [ask, setAsk] = useState<'leave' | 'archive' | ''>('');
  const [moving, setMoving] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!g) return <Shell com={com}><NotFound back={`/c/${com}`} /></Shell>;
  const act = async (f: () => Promise<unknown>) => {
    setProblem(null);
    setAsk('');
    try {
      await f();
      list.reload();
    } catch (e) {
      if (e instanceof Refusal) setProblem(e.problem);
    }
  };
  const mine = (requests.value ?? []).filter((r) => r.group_id === id && !r.mine);
  return (
    <Shell com={com} group={id}>
      <PageScreen back={`/c/${com}/g/${id}`} title={<bdi>{groupName(g)}</bdi>} lead={g.description ? <bdi>{tidy(g.description)}</bdi> : g.joined ? t('members', {n: g.member_count}) : way(c, g)}
        actions={<a class="bt hide-p" href={`/c/${com}/g/${id}`}><Icon name="talk" /> {t('group.toChat')}</a>}>
        <Trouble problem={problem} />
        <ul class="row wrap">
          <li class="chip">{g.open ? t('group.openLong') : t('group.closedLong')}</li>
          <li class="chip">{g.who_posts === 'moderators' ? t('chat.moderatorsOnly') : t('group.allWrite')}</li>
          {g.disappearing_seconds ? <li class="chip"><Icon name="hourglass" /> {t('group.vanish', {n: Math.round(g.disappearing_seconds / 86_400)})}</li> : null}
          {g.archived ? <li class="chip wn">{t('groups.archived')}</li> : null}
        </ul>
        {mine.length ? <section class="card"><h2>{t('requests.title')}</h2><RequestList com={com} list={mine} onDone={requests.reload} /></section> : null}
        {g.joined ? (
          <section class="card">
            <div class="hd2"><h2>{t('members', {n: g.member_count})}</h2>{admits && !g.archived ? <button type="button" class="bt" onClick={() => setAdd(true)}><Icon name="user-plus" /> {t('group.add')}</button> : null}</div>
            {!list.value ? <Loading what={t('members.loading')} /> : (
              <ul class="tl">
                {list.value.filter((m) => m.state === 'active').slice(0, 300).map((m) => (
                  <li key={m.id}>
                    <Avatar id={m.id} name={m.display_name} />
                    <p class="grow">{m.me ? <><b><bdi>{nameOf(m.display_name)}</bdi></b><span class="mu"> ({t('you')})</span></> : <button type="button" class="asLink" onClick={() => setOpen(m.id)}><b><bdi>{nameOf(m.display_name)}</bdi></b></button>}</p>
                    {m.roles.filter((r) => r !== 'member').map((r) => <span class="tag" key={r}>{t(`role.${r}`)}</span>)}
                    {leads && !m.me && !m.roles.includes('owner') ? <button type="button" class="bt" onClick={() => void act(() => del(`/groups/${id}/members/${m.id}`))}>{t('group.takeOut')}<span class="vh"> <bdi>{nameOf(m.display_name)}</bdi></span></button> : null}
                  </li>
                ))}
              </ul>
            )}
          </section>
        ) : null}
        <div class="row wrap">
          {leads && !g.archived ? <button type="button" class="bt" onClick={() => setEdit(true)}><Icon name="edit" /> {t('group.edit')}</button> : null}
          {leads ? <button type="button" class="bt" onClick={() => (g.archived ? void act(async () => putGroup(await post<Group>(`/groups/${id}/unarchive`))) : setAsk('archive'))}><Icon name="restore" /> {g.archived ? t('group.unarchive') : t('group.archive')}</button> : null}
          {g.joined && leads && homes(c, g).length ? <button type="button" class="bt" onClick={() => setMoving(true)}><Icon name="forward" /> {t('move.do')}</button> : null}
          {g.joined ? <button type="button" class="bt dg" onClick={() => setAsk('leave')}><Icon name="log-out" /> {t('group.leave')}</button> : null}
        </div>
        {mate ? <PersonSheet c={c} m={mate} onClose={() => setOpen('')} onChange={all.reload} /> : null}
        {edit ? <EditGroup g={g} onClose={() => setEdit(false)} /> : null}
        {moving ? <MoveGroup c={c} g={g} onClose={() => setMoving(false)} /> : null}
        {add ? <AddPeople com={com} g={g} have={list.value ?? []} onClose={() => setAdd(false)} onAdd={(u) => void act(() => put(`/groups/${id}/members/${u}`, {roles: ['member']}))} /> : null}
        {ask ? (
          <Confirm title={t(`group.${ask}Ask`)} text={t(`group.${ask}Text`)} action={t(`group.${ask}`)} danger={ask === 'leave'} onClose={() => setAsk('')}
            onYes={() => void act(async () => {
              if (ask === 'archive') putGroup(await post<Group>(`/groups/${id}/archive`));
              else {
                await post(`/groups/${id}/leave`);
                putGroup({...g, joined: false});
                go(`/c/${com}`);
              }
            })} />
        ) : null}
      </PageScreen>
    </Shell>
  );
}

/** The other communities of this one's tree that I may start groups in; of a group that was moved the one where it is, for those who came after. A parent
 *  that I am not in is known by its id alone. */
function homes(c: Community, g: Group): Community[] {
  const top = (x: Community): string => {
    const up = x.parent_id ? communityOf(x.parent_id) : undefined;
    return up ? top(up) : x.parent_id || x.id;
  };
  if (g.archived && !g.moved_to) return [];
  return communities.value.filter((x) => x.id !== c.id && (!g.moved_to || x.id === g.moved_to.community_id) && x.state === 'active' && !x.archived && can(x, 'groups') && top(x) === top(c));
}

function MoveGroup({c, g, onClose}: {c: Community; g: Group; onClose: () => void}) {
  const [list] = useState(() => homes(c, g));
  const [to, setTo] = useState(list[0]?.id ?? '');
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<{group: Group; left_behind: string[]} | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const name = (id: string) => tidy(communityOf(id)?.name ?? '');
  return (
    <Dialog title={t('move.title', {name: groupName(g)})} onClose={onClose}>
      {done ? (
        <div class="stack">
          <p>{t('move.done', {name: name(to), n: done.group.member_count})}</p>
          {done.left_behind.length ? <Note icon="info">{t('move.behind', {n: done.left_behind.length, name: name(to)})}</Note> : null}
          <div class="row end"><a class="bt pr" href={groupHref(done.group)}>{t('move.open', {name: name(to)})}</a></div>
        </div>
      ) : (
        <form class="stack" onSubmit={(e) => {
          e.preventDefault();
          setBusy(true);
          post<{group: Group; left_behind: string[]}>(`/groups/${g.id}/move`, {community_id: to}).then((m) => {
            putGroup(m.group);
            setDone(m);
          }, (err: unknown) => {
            setBusy(false);
            if (err instanceof Refusal) setProblem(err.problem);
          });
        }}>
          <p>{t('move.text')}</p>
          <div><label class="lbl" for="mto">{t('move.to')}</label>
            <select class="fld" id="mto" value={to} onChange={(e) => setTo(e.currentTarget.value)}>{list.map((x) => <option key={x.id} value={x.id}>{tidy(x.name)}</option>)}</select></div>
          <Trouble problem={problem} />
          <div class="row end"><button type="button" class="bt" onClick={onClose}>{t('cancel')}</button><button class="bt pr" disabled={busy || !to}>{t('move.do')}</button></div>
        </form>
      )}
    </Dialog>
  );
}

function EditGroup({g, onClose}: {g: Group; onClose: () => void}) {
  const [name, setName] = useState(g.name);
  const [about, setAbout] = useState(g.description);
  const [only, setOnly] = useState(g.who_posts === 'moderators');
  const [keep, setKeep] = useState(g.disappearing_seconds ?? 0);
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <Dialog title={t('group.edit')} onClose={onClose}>
      <form class="stack" onSubmit={(e) => {
        e.preventDefault();
        patch<Group>(`/groups/${g.id}`, {name: name.trim(), description: about.trim(), who_posts: only ? 'moderators' : 'everyone', ...(keep === (g.disappearing_seconds ?? 0) ? {} : {disappearing_seconds: keep})}).then((n) => {
          putGroup(n);
          onClose();
        }, (err: unknown) => err instanceof Refusal && setProblem(err.problem));
      }}>
        <div><label class="lbl" for="ename">{t('group.name')}</label><input class="fld" id="ename" dir="auto" required maxLength={40} value={name} onInput={(e) => setName(e.currentTarget.value)} /></div>
        <div><label class="lbl" for="eabout">{t('group.what')}</label><input class="fld" id="eabout" dir="auto" maxLength={300} value={about} onInput={(e) => setAbout(e.currentTarget.value)} /></div>
        <Check label={t('group.onlyCheck')} hint={t('group.onlyHint')} checked={only} onChange={setOnly} />
        <div><label class="lbl" for="ekeep">{t('group.keep')}</label>
          <select class="fld" id="ekeep" aria-describedby="ekeep-hint" value={String(keep)} onChange={(e) => setKeep(Number(e.currentTarget.value))}>
            {[0, 1, 7, 30, 90].map((d) => <option key={d} value={String(d * 86_400)}>{d ? t('invite.days', {n: d}) : t('group.keepAll')}</option>)}
          </select><p class="sm mu hint" id="ekeep-hint">{t('group.keepHint')}</p></div>
        <Trouble problem={problem} />
        <div class="row end"><button type="button" class="bt" onClick={onClose}>{t('cancel')}</button><button class="bt pr" disabled={!name.trim()}>{t('save')}</button></div>
      </form>
    </Dialog>
  );
}

function AddPeople({com, g, have, onClose, onAdd}: {com: string; g: Group; have: Member[]; onClose: () => void; onAdd: (u: string) => void}) {
  const list = useList<Member>(`/communities/${com}/members`);
  const rest = (list.value ?? []).filter((m) => m.state === 'active' && m.display_name && !have.some((h) => h.id === m.id && h.state === 'active'));
  return (
    <Dialog title={t('group.add')} onClose={onClose}>
      {!list.value ? <Loading what={t('members.loading')} /> : !rest.length ? <Note icon="info">{t('group.addNone')}</Note> : (
        <ul class="tl">{rest.slice(0, 200).map((m) => <li key={m.id}><Avatar id={m.id} name={m.display_name} /><p class="grow"><bdi>{nameOf(m.display_name)}</bdi></p><button type="button" class="bt" aria-label={t('group.addOne', {name: nameOf(m.display_name)})} onClick={() => onAdd(m.id)}>{t('group.addGo')}</button></li>)}</ul>
      )}
      <p class="sm mu">{t('group.addHint', {name: groupName(g)})}</p>
    </Dialog>
  );
}
