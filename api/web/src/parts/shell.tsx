// The frame around every screen of somebody who is in: communities, the groups of one, and what is open.
import type {ComponentChildren} from 'preact';
import {useEffect, useLayoutEffect, useRef} from 'preact/hooks';
import {lang, shortWhen, t} from '../lib/i18n';
import {path, parts} from '../lib/router';
import {alive, can, communities, communityOf, groupsOf, mode, muted, streaming, unreadTotal} from '../lib/state';
import {initials, nameOf, oneLine, pick, tidy} from '../lib/text';
import type {Community, Group, Message} from '../lib/types';
import {Avatar, Icon} from './basic';
import {Menu, type MenuItem} from './dialog';

const cloths = [undefined, 'brick', 'river'] as const;
export const clothOf = (c: Community) => cloths[pick(c.id, 3)];

function Rail({current}: {current: string}) {
  return (
    <nav class="rail" aria-label={t('nav.communities')}>
      <ul>
        {communities.value.map((c) => {
          const un = groupsOf(c.id).some((g) => (g.mentions ?? 0) > 0);
          return (
            <li key={c.id}>
              <a class={c.id === current ? 'cm on' : 'cm'} data-cloth={clothOf(c)} href={`/c/${c.id}`} aria-current={c.id === current ? 'true' : undefined} title={tidy(c.name)}>
                <span aria-hidden="true">{initials(c.name)}</span><span class="vh"><bdi>{tidy(c.name)}</bdi>{un ? `, ${t('nav.mentioned')}` : ''}</span>
                {un ? <i class="dot" aria-hidden="true" /> : null}
              </a>
            </li>
          );
        })}
        <li><a class="cm ql" href="/welcome" title={t('nav.more')}><Icon name="plus" /><span class="vh">{t('nav.more')}</span></a></li>
      </ul>
      <ul>
        <li><RailLink to={current ? `/search?community=${current}` : '/search'} icon="search" label={t('search.title')} on="search" /></li>
        <li><RailLink to="/docs/" icon="help" label={t('nav.help')} on="docs" /></li>
        <li><RailLink to="/settings/profile" icon="gear" label={t('nav.settings')} on="settings" /></li>
      </ul>
    </nav>
  );
}

function RailLink({to, icon, label, on}: {to: string; icon: string; label: string; on: string}) {
  const here = parts(path.value)[0] === on;
  return <a class="cm ql" href={to} aria-current={here ? 'page' : undefined} title={label}><Icon name={icon} /><span class="vh">{label}</span></a>;
}

export function Pill({c}: {c: Community}) {
  let icon = 'wifi', text = t('pill.online', {n: c.reachable});
  if (!streaming.value) [icon, text] = ['retry', t('pill.trying')];
  else if (c.state !== 'active') [icon, text] = ['user-minus', t(`pill.${c.state}`)];
  else if (mode.value === 'offline') [icon, text] = ['wifi-off', t('pill.offline')];
  else if (c.member_count <= 1) [icon, text] = ['users', t('pill.alone')];
  else if (c.reachable === 0) [icon, text] = ['wifi-off', t('pill.nobody')];
  else if (mode.value === 'lan_only') text = t('pill.lan', {n: c.reachable});
  return <a class="pill" href={`/c/${c.id}/network`} aria-current={path.value === `/c/${c.id}/network` ? 'page' : undefined}><Icon name={icon} /><span>{text}</span></a>;
}

export function communityMenu(c: Community): MenuItem[] {
  const items: MenuItem[] = [];
  if (canInvite(c)) items.push({icon: 'user-plus', label: t('menu.invite'), href: `/c/${c.id}/invite`});
  items.push({icon: 'search', label: t('search.title'), href: `/search?community=${c.id}`}, {icon: 'star', label: t('stars.title'), href: `/c/${c.id}/stars`}, {icon: 'calendar', label: t('calendar'), href: `/c/${c.id}/calendar`});
  if (c.state === 'active') items.push({icon: 'users', label: t('menu.members'), href: `/c/${c.id}/members`});
  if (c.state === 'active' && isAdmin(c)) items.push({icon: 'overview', label: t('menu.admin'), href: `/c/${c.id}/admin/overview`});
  items.push({icon: 'user', label: t('menu.me'), href: `/c/${c.id}/me`});
  if (c.state === 'active') items.push({icon: 'waypoints', label: t('menu.network'), href: `/c/${c.id}/network`});
  return items;
}

/** Who sees the admin screens: whoever has a right that they serve. */
export const isAdmin = (c: Community) => ['admit', 'remove', 'grant', 'settings', 'groups'].some((b) => can(c, b));
/** Why nothing more is said or done in a community, or nothing. */
export const shut = (c: Community): string => (alive(c) ? '' : t(c.state === 'active' ? 'chat.archived' : `chat.${c.state}`));
export const canInvite = (c: Community) => alive(c) && (can(c, 'invite') || c.settings.who_invites === 'members');
export const canCreateGroups = (c: Community) => alive(c) && (can(c, 'groups') || c.settings.who_creates_groups === 'members');

/** On a phone the rail is away: its ways are in this menu. */
function railItems(c: Community): MenuItem[] {
  return [
    ...communities.value.filter((o) => o.id !== c.id).map((o) => ({icon: 'house', label: tidy(o.name), href: `/c/${o.id}`})),
    {icon: 'plus', label: t('nav.more'), href: '/welcome'}, {icon: 'help', label: t('nav.help'), href: '/docs/'}, {icon: 'gear', label: t('nav.settings'), href: '/settings/profile'},
  ];
}

export function CommunityHead({c, phone}: {c: Community; phone?: boolean}) {
  return (
    <div class="canopy" data-cloth={clothOf(c)}>
      <div class="row">
        <p class="nm grow"><a href={`/c/${c.id}`}><bdi>{tidy(c.name) || t('name.community')}</bdi></a></p>
        <Menu label={t('menu.community')} items={phone ? [...communityMenu(c), ...railItems(c)] : communityMenu(c)} />
      </div>
      <Pill c={c} />
    </div>
  );
}

export const groupName = (g: Group) => (g.kind === 'announcements' ? t('announcements') : g.kind === 'dm' ? nameOf(g.name) : tidy(g.name) || t('name.group'));
export const groupHref = (g: Group) => (g.kind === 'announcements' ? `/c/${g.community_id}/announcements` : `/c/${g.community_id}/g/${g.id}`);

export function preview(m: Message | null, c: Community | undefined, dm = false): string {
  if (!m) return t('group.noneYet');
  if (m.deleted) return t('msg.deletedShort');
  if (m.blocked) return t('block.folded');
  const text = m.kind === 'poll' ? m.poll?.question ?? m.text : m.kind === 'event' ? m.event?.title ?? m.text : m.text;
  const shown = oneLine(text.slice(0, 300)) || t('msg.unknownShort');
  return m.kind === 'announcement' || dm && m.author_id !== c?.me_id ? shown : t('group.says', {who: m.author_id === c?.me_id ? t('you') : nameOf(m.author_name), what: shown});
}

function Count({g}: {g: Group}) {
  const n = g.unread ?? 0, at = g.mentions ?? 0;
  if (!n) return muted(g) ? <span class="c mu"><Icon name="bell-off" /><span class="vh">{t('group.muted')}</span></span> : null;
  return (
    <span class="c">
      {at ? <span class="bd at" aria-hidden="true">@</span> : null}
      <span class="bd"><span aria-hidden="true">{n > 99 ? '99+' : n}</span><span class="vh">{at ? t('group.unreadAt', {n, at}) : t('group.unread', {n})}</span></span>
    </span>
  );
}

/** What stands for a group in a list: of a direct message, the other one. */
export function GroupMark({g, hide}: {g: Group; hide?: boolean}) {
  const ann = g.kind === 'announcements', more = hide ? ' hide-p' : '';
  if (g.kind === 'dm') return <span class={`gi plain-gi${more}`}><Avatar id={g.user_id ?? g.id} name={g.name} /></span>;
  return <span class={(ann ? 'gi vi' : 'gi') + more}><Icon name={ann ? 'announce' : g.archived ? 'restore' : 'talk'} /></span>;
}

export function GroupRow({g, current, c}: {g: Group; current: string; c: Community}) {
  const ann = g.kind === 'announcements', un = (g.unread ?? 0) > 0 && !muted(g);
  const inside = reads(g, c) || ann;
  return (
    <a class={`g ${ann ? 'ann' : ''} ${un ? 'un' : ''} ${inside ? '' : 'one'}`} href={groupHref(g)} aria-current={g.id === current ? 'page' : undefined}>
      <GroupMark g={g} />
      <span class="n">{ann ? groupName(g) : <bdi>{groupName(g)}</bdi>}</span>
      {inside ? (
        <>
          <span class="t">{g.last_message ? <time dateTime={g.last_message.created_at}>{shortWhen(g.last_message.created_at)}</time> : null}</span>
          <span class="l" dir="auto">{preview(g.last_message, c, g.kind === 'dm')}</span>
          {g.state === 'ended' && !g.unread ? <span class="c mu sm">{t('dm.endedShort')}</span> : <Count g={g} />}
        </>
      ) : <span class="c mu sm">{g.open ? t('group.open') : <><Icon name="lock" /><span class="vh">{t('group.closed')}</span></>}</span>}
    </a>
  );
}

/** Groups whose messages are mine to read: those that I am in, and in a community that I am out of those that I have something of. */
export function reads(g: Group, c: Community): boolean {
  return g.joined || c.state !== 'active' && !!g.last_message;
}

/** Groups in the order people look for them: what was written last comes first. */
export function orderGroups(list: Group[]): Group[] {
  const at = (g: Group) => g.last_message?.created_at ?? '';
  return [...list].sort((a, b) => (at(a) < at(b) ? 1 : at(a) > at(b) ? -1 : tidy(a.name).localeCompare(tidy(b.name), lang())));
}

/** Direct messages that I am in or keep, the last written first, and those that the other one ended after them. */
export function directOf(com: string): Group[] {
  const c = communityOf(com);
  const all = orderGroups(groupsOf(com).filter((g) => g.kind === 'dm' && c && reads(g, c)));
  return [...all.filter((g) => g.state !== 'ended'), ...all.filter((g) => g.state === 'ended')];
}

function List({c, current}: {c: Community; current: string}) {
  const all = groupsOf(c.id);
  const ann = all.find((g) => g.kind === 'announcements');
  const mine = orderGroups(all.filter((g) => g.kind === 'chat' && reads(g, c) && !g.archived));
  const direct = directOf(c.id);
  const rest = all.filter((g) => g.kind === 'chat' && alive(c) && !g.joined && !g.archived);
  const old = all.filter((g) => g.kind === 'chat' && g.archived && reads(g, c));
  const section = (title: string, list: Group[]) => list.length ? (
    <>
      <h2 class="hd">{title}</h2>
      <ul>{list.map((g) => <li key={g.id}><GroupRow g={g} current={current} c={c} /></li>)}</ul>
    </>
  ) : null;
  return (
    <nav class="list" aria-label={tidy(c.name)}>
      <CommunityHead c={c} />
      <div class="gl">
        <ul>
          <li><a class="g one" href={`/c/${c.id}`} aria-current={path.value === `/c/${c.id}` ? 'page' : undefined}><span class="gi"><Icon name="house" /></span><span class="n">{t('nav.home')}</span></a></li>
          <li><a class="g one" href={`/c/${c.id}/calendar`} aria-current={path.value === `/c/${c.id}/calendar` ? 'page' : undefined}><span class="gi"><Icon name="calendar" /></span><span class="n">{t('calendar')}</span></a></li>
          {ann ? <li><GroupRow g={ann} current={current} c={c} /></li> : null}
        </ul>
        {section(t('groups.yours'), mine)}
        {section(t('dm.title'), direct)}
        {section(t('groups.others'), rest)}
        {section(t('groups.archived'), old)}
      </div>
      {canCreateGroups(c) ? <div class="foot"><a class="bt wide" href={`/c/${c.id}/new-group`}><Icon name="plus" />{t('group.new')}</a></div> : alive(c) ? <div class="foot"><a class="bt wide" href={`/c/${c.id}/suggest`}><Icon name="plus" />{t('suggest.title')}</a></div> : null}
    </nav>
  );
}

/** The frame. `list` replaces the list of groups (settings have their own). */
export function Shell({com, group = '', side, list, children, target = '#main'}: {
  com?: string; group?: string; side?: boolean; list?: ComponentChildren; children: ComponentChildren; target?: string;
}) {
  const c = com ? communityOf(com) : undefined;
  const n = unreadTotal.value;
  useEffect(() => {
    const base = document.title.replace(/^\(\d+\+?\) /, '');
    document.title = n ? `(${n > 99 ? '99+' : n}) ${base}` : base;
  });
  return (
    <>
      <a class="skip" href={target}>{t('skip')}</a>
      <div class={side ? 'app may-side' : 'app'}>
        <Rail current={com ?? ''} />
        {list ?? (c ? <List c={c} current={group} /> : null)}
        {children}
      </div>
    </>
  );
}

/** A screen in one column, with its title and the way back on a phone. */
export function PageScreen({title, back, lead, actions, children, wide, phoneTop}: {
  title: ComponentChildren; back: string; lead?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren; wide?: boolean; phoneTop?: ComponentChildren;
}) {
  return (
    <main class="page" id="main" tabIndex={-1}>
      {phoneTop}
      <div class={wide ? 'in wide' : 'in'}>
        <header>
          <div class="row wrap">
            {back ? <a class="bt ic back" href={back} aria-label={t('back')}><Icon name="back" /></a> : null}
            <h1 class="serif grow">{title}</h1>
            {actions}
          </div>
          {lead ? <p class="lede">{lead}</p> : null}
        </header>
        {children}
      </div>
    </main>
  );
}

/** The parts of a screen. On a phone they are one row that scrolls, with the open one in sight. */
export function Tabs({label, tabs, at, phone}: {label: string; tabs: {id: string; href: string; icon: string; label: string}[]; at: string; phone?: boolean}) {
  const row = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const r = row.current!, on = r.querySelector<HTMLElement>('[aria-current]');
    if (on) r.scrollLeft += on.getBoundingClientRect().left + on.offsetWidth / 2 - r.getBoundingClientRect().left - r.clientWidth / 2;
  }, [at]);
  return (
    <nav ref={row} class={`fchips links tabs ${phone ? 'phone-tabs' : ''}`} aria-label={label}>
      {tabs.map((x) => <a key={x.id} href={x.href} aria-current={x.id === at ? 'page' : undefined}><Icon name={x.icon} />{x.label}</a>)}
    </nav>
  );
}
