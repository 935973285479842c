// Search in what this node has received. The question stands in the address, so that "back" finds it again.
import type {ComponentChild} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {get, Refusal, seg} from '../lib/api';
import {useList} from '../lib/data';
import {clock, dayName, t, tx} from '../lib/i18n';
import {ask, query} from '../lib/router';
import {communities, communityOf, groups, groupsOf} from '../lib/state';
import {cleanText, nameOf, tidy} from '../lib/text';
import type {Hit, Member, Message, Page, Problem} from '../lib/types';
import {Avatar, Check, Empty, Icon, Loading, Note, Segments, Trouble} from '../parts/basic';
import {Dialog} from '../parts/dialog';
import {groupName, orderGroups, PageScreen, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';

const fields = ['q', 'community', 'group', 'from', 'link', 'mention', 'after', 'before', 'order'] as const;
type Question = Record<(typeof fields)[number], string>;

function read(): Question {
  const p = new URLSearchParams(query.value);
  return Object.fromEntries(fields.map((f) => [f, p.get(f) ?? ''])) as Question;
}

function put(x: Question) {
  const p = new URLSearchParams(fields.filter((f) => x[f]).map((f) => [f, x[f]]));
  ask(p.toString());
}

/** Whether what fits the words best comes first; without words nothing fits better. */
const best = (x: Question) => x.order === 'best' && !!x.q.trim();

/** The address of what the API is asked, or nothing where there is nothing to ask. A day means the whole day, here. */
function route(x: Question): string {
  if (!x.q.trim() && !x.from && !x.link && !x.mention) return '';
  const p = new URLSearchParams();
  if (x.q.trim()) p.set('q', x.q.trim());
  for (const f of ['community', 'group', 'from'] as const) if (x[f]) p.set(f, x[f]);
  const has = [x.link && 'link', x.mention && 'mention'].filter(Boolean);
  if (has.length) p.set('has', has.join(','));
  const day = (d: string, more: number) => {
    const at = new Date(`${d}T00:00`);
    at.setDate(at.getDate() + more);
    return Number.isNaN(at.getTime()) ? '' : at.toISOString();
  };
  if (x.after && day(x.after, 0)) p.set('after', day(x.after, 0));
  if (x.before && day(x.before, 1)) p.set('before', day(x.before, 1));
  if (best(x)) p.set('order', 'best');
  return `/search?limit=30&${p}`;
}

/** Where a message stands: among its group's, among the announcements, or in a thread. */
export function placeOf(m: Message): string {
  const g = groups.value.get(m.group_id);
  const room = g?.kind === 'announcements' ? `/c/${m.community_id}/announcements` : `/c/${m.community_id}/g/${m.group_id}`;
  return m.thread_root ? `${room}/thread/${m.thread_root}` : `${room}/m/${m.id}`;
}

export function SearchScreen() {
  useTitle(t('search.title'));
  const x = read();
  const [hits, setHits] = useState<Hit[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [filters, setFilters] = useState(false);
  const [again, setAgain] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const path = route(x);
  const set = (change: Partial<Question>) => put({...read(), ...change});
  const filtered = fields.some((f) => !['q', 'community', 'order'].includes(f) && x[f]);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    setProblem(null);
    if (!path) {
      setHits(null);
      setNext(null);
      return undefined;
    }
    let live = true;
    const timer = setTimeout(() => get<Page<Hit>>(path).then((p) => {
      if (!live) return;
      setHits(p.items);
      setNext(p.next_cursor);
    }, (e: unknown) => {
      if (!live) return;
      setHits(null);
      if (e instanceof Refusal) setProblem(e.problem);
    }), 250);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [path, again]);
  const more = () => get<Page<Hit>>(`${path}&cursor=${seg(next ?? '')}`).then((p) => {
    setHits((h) => [...(h ?? []), ...p.items]);
    setNext(p.next_cursor);
  }, (e: unknown) => e instanceof Refusal && setProblem(e.problem));
  return (
    <Shell com={x.community} list={<div class="list" role="search" aria-label={t('search.filters')}><div class="lh"><p class="nm">{t('search.title')}</p></div><div class="gl filters"><Filters x={x} set={set} id="side" /></div></div>}>
      <PageScreen back={x.community ? `/c/${x.community}` : '/'} title={t('search.title')}>
        <form role="search" class="row" aria-label={t('search.title')} onSubmit={(e) => {
          e.preventDefault();
          setAgain(again + 1);
        }}>
          <div class="grow search-field"><label class="vh" for="q">{t('search.label')}</label><Icon name="search" />
            <input ref={field} class="fld big" id="q" type="search" dir="auto" maxLength={200} autocomplete="off" placeholder={t('search.label')} value={x.q} onInput={(e) => set({q: e.currentTarget.value})} /></div>
          <button type="button" class="bt only-ph" aria-label={t('search.filters')} onClick={() => setFilters(true)}><Icon name="sliders" /></button>
        </form>
        <Trouble problem={problem} />
        {problem ? <p><button type="button" class="bt" onClick={() => setAgain(again + 1)}><Icon name="retry" /> {t('msg.retry')}</button></p> : null}
        {!path ? <Empty title={t('search.startTitle')} text={t('search.startText')} /> : problem ? null : !hits ? <Loading what={t('search.loading')} /> : (
          <>
            <div class="row wrap">
              <p role="status" class={hits.length ? 'grow' : 'vh'}><b>{next ? t(best(x) ? 'search.best' : 'search.newest', {n: hits.length}) : t('search.found', {n: hits.length})}</b></p>
              {hits.length && x.q.trim() ? <Segments hideLegend legend={t('search.order')} name="order" value={best(x) ? 'best' : 'newest'} options={[['newest', t('search.byNew')], ['best', t('search.byBest')]]} onChange={(v) => set({order: v === 'best' ? v : ''})} /> : null}
            </div>
            {hits.length ? <ul class="stack">{hits.map((h) => <li key={h.message.id}><Found h={h} all={!x.community} /></li>)}</ul> : (
              <Empty title={t('search.none')} text={t('search.noneText')}>
                {filtered ? <button type="button" class="bt" onClick={() => set({group: '', from: '', link: '', mention: '', after: '', before: ''})}>{t('search.clear')}</button> : null}
              </Empty>
            )}
            {next ? <p><button type="button" class="bt" onClick={() => void more()}>{t('search.more')}</button></p> : null}
          </>
        )}
        <Note icon="info">{t('search.note')}</Note>
        {filters ? <Dialog title={t('search.filters')} onClose={() => setFilters(false)}><div class="filters"><Filters x={x} set={set} id="over" /></div><div class="row end"><button type="button" class="bt pr" onClick={() => setFilters(false)}>{t('done')}</button></div></Dialog> : null}
      </PageScreen>
    </Shell>
  );
}

function Filters({x, set, id}: {x: Question; set: (change: Partial<Question>) => void; id: string}) {
  const com = communityOf(x.community);
  const members = useList<Member>(com ? `/communities/${com.id}/members` : null);
  const known = (members.value ?? []).filter((m) => m.display_name).sort((a, b) => tidy(a.display_name).localeCompare(tidy(b.display_name)));
  const rooms = com ? orderGroups(groupsOf(com.id).filter((g) => g.joined || g.kind === 'announcements')) : [];
  return (
    <>
      <div><label class="lbl" for={`${id}c`}>{t('search.where')}</label>
        <select class="fld" id={`${id}c`} value={com?.id ?? ''} onChange={(e) => set({community: e.currentTarget.value, group: '', from: ''})}>
          <option value="">{t('search.all')}</option>{communities.value.map((c) => <option key={c.id} value={c.id}>{tidy(c.name) || t('name.community')}</option>)}
        </select></div>
      {com ? (
        <>
          <div><label class="lbl" for={`${id}g`}>{t('search.group')}</label>
            <select class="fld" id={`${id}g`} value={x.group} onChange={(e) => set({group: e.currentTarget.value})}>
              <option value="">{t('search.anyGroup')}</option>{rooms.map((g) => <option key={g.id} value={g.id}>{groupName(g)}</option>)}
            </select></div>
          <div><label class="lbl" for={`${id}f`}>{t('search.from')}</label>
            <select class="fld" id={`${id}f`} value={x.from} onChange={(e) => set({from: e.currentTarget.value})}>
              <option value="">{t('search.anyone')}</option>{known.map((m) => <option key={m.id} value={m.id}>{m.me ? t('you') : tidy(m.display_name)}</option>)}
            </select></div>
        </>
      ) : null}
      <fieldset><legend class="lbl">{t('search.has')}</legend>
        <Check label={t('search.link')} checked={!!x.link} onChange={(v) => set({link: v ? '1' : ''})} />
        <Check label={t('search.mention')} checked={!!x.mention} onChange={(v) => set({mention: v ? '1' : ''})} /></fieldset>
      <div><label class="lbl" for={`${id}a`}>{t('search.after')}</label><input class="fld" id={`${id}a`} type="date" value={x.after} onInput={(e) => set({after: e.currentTarget.value})} /></div>
      <div><label class="lbl" for={`${id}b`}>{t('search.before')}</label><input class="fld" id={`${id}b`} type="date" value={x.before} onInput={(e) => set({before: e.currentTarget.value})} /></div>
    </>
  );
}

const around = 80, shown = 320;

/** The part of a text where its first find stands, with the finds marked. Ranges count code points. */
export function marked(text: string, ranges: {start: number; end: number}[]): ComponentChild[] {
  const chars = [...text];
  const from = Math.max(0, (ranges[0]?.start ?? 0) - around), to = Math.min(chars.length, from + shown);
  const plain = (a: number, b: number) => cleanText(chars.slice(a, b).join('').replace(/[*`]+/g, '').replace(/\s+/g, ' '));
  const out: ComponentChild[] = [from > 0 ? '…' : ''];
  let at = from;
  for (const r of ranges) {
    const start = Math.max(r.start, at), end = Math.min(r.end, to);
    if (end <= start) continue;
    out.push(plain(at, start), <mark>{plain(start, end)}</mark>);
    at = end;
  }
  out.push(plain(at, to), to < chars.length ? '…' : '');
  return out;
}

export function Found({h, all}: {h: Hit; all: boolean}) {
  const m = h.message, g = groups.value.get(m.group_id), c = communityOf(m.community_id);
  const ann = m.kind === 'announcement';
  return (
    <a class="card hit" href={placeOf(m)}>
      {ann ? <span class="gi vi"><Icon name="announce" /></span> : <Avatar id={m.author_id} name={m.author_name} />}
      <div>
        <p class="w"><b><bdi>{m.author_id === c?.me_id ? t('you') : nameOf(m.author_name)}</bdi></b>
          <span class="sm mu">{tx('search.in', {group: <bdi>{g ? groupName(g) : t('name.group')}</bdi>})}{all && c ? <> · <bdi>{tidy(c.name)}</bdi></> : null}</span>
          <time class="sp nw" dateTime={m.created_at}>{dayName(m.created_at)} {clock(m.created_at)}</time></p>
        <p class="txt" dir="auto">{m.blocked ? t('block.folded') : marked(m.text || m.poll?.question || m.event?.title || '', h.ranges)}</p>
        {m.thread_root ? <p class="sm mu"><Icon name="thread" /> {t('search.inThread')}</p> : null}
      </div>
    </a>
  );
}
