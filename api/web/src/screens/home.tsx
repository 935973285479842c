// The home of a community: what needs somebody first, everything else quieter.
import {useList} from '../lib/data';
import {clock, dayName, monthDay, t, tx, weekdayTime} from '../lib/i18n';
import {alive, can, communityOf, groupsOf, me, mode} from '../lib/state';
import {nameOf, tidy} from '../lib/text';
import type {Community, Group, JoinRequest, Message} from '../lib/types';
import {Empty, Icon} from '../parts/basic';
import {canCreateGroups, canInvite, CommunityHead, directOf, groupHref, GroupMark, groupName, GroupRow, orderGroups, PageScreen, preview, reads, Shell, shut} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {useComing} from './calendar';
import {GreetingCard} from './greet';

function greeting(): string {
  const h = new Date().getHours();
  return h < 5 ? 'home.night' : h < 12 ? 'home.morning' : h < 18 ? 'home.day' : 'home.evening';
}

export function Home({com}: {com: string}) {
  const c = communityOf(com)!;
  useTitle(tidy(c.name));
  const all = groupsOf(com);
  const ann = all.find((g) => g.kind === 'announcements');
  const mine = orderGroups(all.filter((g) => g.kind === 'chat' && reads(g, c) && (c.archived || !g.archived)));
  const rest = all.filter((g) => g.kind === 'chat' && alive(c) && !g.joined && !g.archived);
  const requests = useList<JoinRequest>(can(c, 'admit') ? `/communities/${com}/join-requests?state=pending` : null, [`join_request:${com}`]);
  const coming = (useComing(com).value ?? []).filter((e) => !e.cancelled);
  const waiting = (requests.value ?? []).filter((r) => !r.mine);
  const words = me.value && !me.value.recovery_words_confirmed && me.value.first_device && Date.now() - Date.parse(c.created_at) > 86_400_000;
  const direct = directOf(com);
  const up = c.parent_id ? communityOf(c.parent_id) : undefined;
  const unread = [...mine, ...direct].filter((g) => (g.unread ?? 0) > 0).length;
  const needs = (waiting.length ? 1 : 0) + (words ? 1 : 0) + unread;
  return (
    <Shell com={com}>
      <PageScreen wide back="" title={tx(greeting(), {name: <bdi>{nameOf(c.display_name || me.value?.display_name)}</bdi>})}
        lead={needs ? t('home.needs', {n: needs}) : t('home.calm')} phoneTop={<PhoneTop c={c} ann={ann} />}>
        {c.state !== 'active' ? <p class="note wn call"><Icon name="info" /><span class="grow">{shut(c)}</span> <a href={`/c/${com}/me`}>{t('danger.forget')}</a></p> : c.archived ? <p class="note call"><Icon name="restore" /><span class="grow">{shut(c)}</span></p> : null}
        {waiting.length ? (
          <a class="note wn call" href={`/c/${com}/admin/requests`}>
            <Icon name="user-plus" />
            <span class="grow"><b>{t('home.wait', {n: waiting.length})}</b> {t('home.waiting', {name: nameOf(waiting[0]!.display_name)})}</span>
            <span class="nw"><b>{t('home.review')}</b> <Icon name="next" /></span>
          </a>
        ) : null}
        {words ? (
          <a class="note call" href="/settings/recovery">
            <Icon name="key-round" /><span class="grow"><b>{t('home.words')}</b> {t('home.wordsWhy')}</span><span class="nw"><b>{t('home.write')}</b> <Icon name="next" /></span>
          </a>
        ) : null}
        <GreetingCard key={com} c={c} />
        <div class="two">
          <div class="stack gap15">
            {ann?.last_message && !ann.last_message.deleted ? <Latest m={ann.last_message} c={c} /> : null}
            <section aria-labelledby="gr">
              <div class="hd2"><h2 id="gr">{t('groups.yours')}</h2></div>
              {mine.length ? (
                <ul class="cards">
                  {mine.slice(0, 12).map((g) => <li key={g.id}><Card g={g} c={c} /></li>)}
                </ul>
              ) : !alive(c) ? <p class="mu">{t('group.noneYet')}</p> : <div class="card"><Empty title={t('home.noGroups')} text={t('home.noGroupsText')}>{canCreateGroups(c) ? <a class="bt pr" href={`/c/${com}/new-group`}><Icon name="plus" /> {t('group.new')}</a> : null}</Empty></div>}
            </section>
            {direct.length ? (
              <section aria-labelledby="dm">
                <div class="hd2"><h2 id="dm">{t('dm.title')}</h2></div>
                <ul class="cards">{direct.slice(0, 12).map((g) => <li key={g.id}><Card g={g} c={c} /></li>)}</ul>
              </section>
            ) : null}
          </div>
          <div class="stack gap15">
            {c.member_count <= 1 && canInvite(c) ? (
              <section class="card">
                <h2>{t('home.inviteTitle')}</h2>
                <p class="mu">{t('home.inviteText')}</p>
                <p class="gapt"><a class="bt pr" href={`/c/${com}/invite`}><Icon name="user-plus" /> {t('menu.invite')}</a></p>
              </section>
            ) : null}
            {c.state === 'active' || c.description || up ? <section class="card">
              <h2>{t('home.about')}</h2>
              {c.description ? <p dir="auto">{tidy(c.description)}</p> : null}
              <ul class="tl">
                {up ? <li><Icon name="house" /><a class="grow" href={`/c/${up.id}`}>{t('below.up', {name: tidy(up.name)})}</a></li> : null}
                {c.state === 'active' ? <li><Icon name="users" /><a class="grow" href={`/c/${com}/members`}>{t('members', {n: c.member_count})}</a></li> : null}
                {c.member_count > 1 && canInvite(c) ? <li><Icon name="user-plus" /><a class="grow" href={`/c/${com}/invite`}>{t('menu.invite')}</a></li> : null}
                {c.state === 'active' ? <li><Icon name="waypoints" /><a class="grow" href={`/c/${com}/network`}>{mode.value === 'offline' ? t('pill.offline') : t('pill.online', {n: c.reachable})}</a></li> : null}
              </ul>
            </section> : null}
            {c.below?.length ? (
              <section class="card">
                <h2>{t('below.list')}</h2>
                <Below c={c} />
              </section>
            ) : null}
            {coming.length ? (
              <section class="card">
                <div class="hd2"><h2>{t('home.coming')}</h2><a class="bt qt" href={`/c/${com}/calendar`}>{t('calendar')}</a></div>
                <ul class="tl">
                  {coming.slice(0, 3).map((e) => {
                    const d = monthDay(e.starts_at);
                    return <li key={e.id}><div class="date" aria-hidden="true"><b>{d.month}</b><span>{d.day}</span></div><div class="grow"><b><bdi>{tidy(e.title)}</bdi></b><p class="sm mu">{weekdayTime(e.starts_at)}</p></div>{e.rsvps.mine ? <span class={e.rsvps.mine === 'yes' ? 'chip ok' : 'chip'}>{t(`event.${e.rsvps.mine}`)}</span> : null}</li>;
                  })}
                </ul>
              </section>
            ) : null}
            {rest.length ? (
              <section class="card">
                <h2>{t('groups.others')}</h2>
                <ul class="tl">
                  {rest.slice(0, 8).map((g) => (
                    <li key={g.id}><span class="gi"><Icon name="talk" /></span><div class="grow"><p><bdi>{groupName(g)}</bdi></p><p class="sm mu">{g.open ? t('group.openLong') : t('group.closedLong')}</p></div><a class="bt" href={groupHref(g)}>{t('home.look')}<span class="vh"> <bdi>{groupName(g)}</bdi></span></a></li>
                  ))}
                </ul>
              </section>
            ) : null}
          </div>
        </div>
      </PageScreen>
    </Shell>
  );
}

/** The communities that stand under one, with a way into those I am in. */
export function Below({c}: {c: Community}) {
  return (
    <ul class="tl">
      {(c.below ?? []).map((b, i) => {
        const at = b.community_id ? communityOf(b.community_id) : undefined;
        return <li key={b.community_id ?? i}><Icon name="users" />{at ? <a class="grow" href={`/c/${at.id}`}><bdi>{tidy(at.name)}</bdi></a> : <p class="grow"><bdi>{tidy(b.name)}</bdi> <span class="sm mu block">{t('below.out')}</span></p>}</li>;
      })}
    </ul>
  );
}

/** On a phone there is no list beside this screen: the community's head and its announcements come first. */
function PhoneTop({c, ann}: {c: Community; ann: Group | undefined}) {
  return (
    <div class="only-ph phone-top">
      <CommunityHead c={c} phone />
      {ann ? <div class="phone-list"><GroupRow g={ann} current="" c={c} /></div> : null}
    </div>
  );
}

function Card({g, c}: {g: Group; c: Community}) {
  const n = g.unread ?? 0;
  return (
    <a class={`card g ${n ? 'un' : ''}`} href={groupHref(g)}>
      <GroupMark g={g} />
      <span class="n"><bdi>{groupName(g)}</bdi></span>
      <span class="c">{n ? <><span class="bd" aria-hidden="true">{n > 99 ? '99+' : n}</span><span class="vh">{t('group.unread', {n})}</span></> : null}</span>
      <span class="l" dir="auto">{preview(g.last_message, c, g.kind === 'dm')}</span>
    </a>
  );
}

/** The first line of an announcement is its title, where it is short. */
export function headline(text: string): {title: string; rest: string} {
  const m = /^(.{1,90}?)(?:\n+|[.!?।؟] +|[.!?।؟]?$)/su.exec(text.trim());
  if (!m || m[1]!.includes('\n')) return {title: '', rest: text};
  const title = tidy(m[1]!.replace(/[*_`]/g, ''));
  return {title, rest: text.trim().slice(m[0].length).trim()};
}

function Latest({m, c}: {m: Message; c: Community}) {
  const {title, rest} = headline(m.text);
  const mine = m.author_id === c.me_id;
  return (
    <section class="nt latest" aria-labelledby="la">
      <div class="bd1">
        <div class="row sm"><span class="gi vi small"><Icon name={m.priority === 'urgent' ? 'siren' : 'announce'} /></span><h2 class="sm" id="la">{t('home.latest')}</h2><time class="mu sp nw" dateTime={m.created_at}>{dayName(m.created_at)} {clock(m.created_at)}</time></div>
        {title ? <p class="serif em-h" dir="auto">{title}</p> : null}
        {rest ? <p dir="auto" class="clamp">{tidy(rest.slice(0, 400))}</p> : null}
        <div class="row wrap gapt"><a class="bt an" href={`/c/${c.id}/announcements`}>{t('home.open')}</a>{mine ? <span class="sm">{t('announce.reached', {n: m.delivery.reached, of: m.delivery.expected})}</span> : <span class="sm mu"><bdi>{nameOf(m.author_name)}</bdi></span>}</div>
      </div>
    </section>
  );
}
