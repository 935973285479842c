// What goes on in a community by day: a chart for who would rather look, its table for who would rather read, and how much both are made of.
import {useState} from 'preact/hooks';
import {useData} from '../lib/data';
import {joined, monthDay, num, shortDate, t} from '../lib/i18n';
import type {Community, InsightDay, Insights as Figures, Problem} from '../lib/types';
import {Check, Empty, Icon, Loading, Note, Segments, Trouble} from '../parts/basic';
import {put, Refusal} from '../lib/api';
import {saveFile} from './admin';

const tall = 144;
const dayText = (day: string) => {
  const {month, day: d} = monthDay(`${day}T12:00:00`);
  return `${d} ${month}`;
};

/** One figure a day, or of two the smaller before the larger. A day that is not shown has no bar. */
function Chart({what, days, of, more, violet}: {what: string; days: InsightDay[]; of: (d: InsightDay) => number | undefined; more?: (d: InsightDay) => number | undefined; violet?: boolean}) {
  const most = Math.max(1, ...days.map((d) => Math.max(of(d) ?? 0, more?.(d) ?? 0)));
  const top = days.reduce<InsightDay | null>((best, d) => (of(d) !== undefined && (!best || of(d)! > of(best)!) ? d : best), null);
  const step = 560 / days.length, wide = step * 0.6;
  const bar = (n: number | undefined, i: number, cls: string) => (n === undefined ? null
    : <rect class={cls} x={i * step + (step - wide) / 2} width={wide} y={tall - 1 - Math.max(1, (n / most) * (tall - 5))} height={Math.max(1, (n / most) * (tall - 5))} rx="2" />);
  return (
    <div class={violet ? 'chart vi' : 'chart'}>
      <span class="y max num" aria-hidden="true">{num(most)}</span>
      <svg viewBox={`0 0 560 ${tall}`} preserveAspectRatio="none" role="img" aria-label={top ? t('insight.most', {what, n: of(top)!, day: dayText(top.day)}) : what}>
        <path class="grid" d={`M0 .5H560M0 ${tall / 2}H560`} /><path class="floor" d={`M0 ${tall - 0.5}H560`} />
        {days.map((d, i) => <g key={d.day}>{more ? bar(more(d), i, 'bs of') : null}{bar(of(d), i, 'bs')}</g>)}
      </svg>
      <p class="ends" aria-hidden="true"><span>{dayText(days[0]!.day)}</span><span>{dayText(days.at(-1)!.day)}</span></p>
    </div>
  );
}

function Table({days, heads, cells}: {days: InsightDay[]; heads: string[]; cells: (d: InsightDay) => (number | undefined)[]}) {
  return (
    <details>
      <summary>{t('insight.table')} <span class="chev"><Icon name="down" /></span></summary>
      <div class="tw" tabIndex={0} role="group" aria-label={joined(heads)}>
        <table>
          <thead><tr><th scope="col">{t('insight.day')}</th>{heads.map((h) => <th scope="col" key={h}>{h}</th>)}</tr></thead>
          <tbody>{[...days].reverse().map((d) => <tr key={d.day}><th scope="row" class="nw">{shortDate(`${d.day}T12:00:00`)}</th>{cells(d).map((n, i) => <td class="num" key={i}>{n === undefined ? <span class="mu">{t('insight.hidden')}</span> : num(n)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </details>
  );
}

export function Insights({c}: {c: Community}) {
  const [span, setSpan] = useState('30');
  const from = new Date(Date.now() - (Number(span) - 1) * 86_400_000).toISOString().slice(0, 10);
  const path = `/communities/${c.id}/insights`;
  const got = useData<Figures>(`${path}?from=${from}`);
  const x = got.value;
  const days = x?.days ?? [];
  const any = (f: (d: InsightDay) => unknown) => days.some((d) => f(d) !== undefined);
  return (
    <>
      <div class="row wrap span">
        <div class="grow"><Segments legend={t('insight.span')} hideLegend name="span" value={span} onChange={setSpan} options={[14, 30, 90].map((n) => [String(n), t('invite.days', {n})] as [string, string])} /></div>
        <button type="button" class="bt" onClick={() => void saveFile(`${path}.csv?from=${from}`, 'insights.csv')}><Icon name="download" /> {t('saveAs', {name: 'CSV'})}</button>
      </div>
      {!x ? got.problem ? <Trouble problem={got.problem} /> : <Loading what={t('admin.insights')} rows={4} /> : (
        <>
          {any((d) => d.messages) ? (
            <section class="card stack">
              <h2>{t('insight.messages')}</h2>
              <Chart what={t('insight.messages')} days={days} of={(d) => d.messages} />
              <Table days={days} heads={[t('insight.messages'), t('insight.active'), t('menu.members')]} cells={(d) => [d.messages, d.active, d.members]} />
            </section>
          ) : null}
          {any((d) => d.reached) ? (
            <section class="card stack">
              <h2>{t('insight.reach')}</h2>
              <Chart violet what={t('insight.reached')} days={days} of={(d) => d.reached} more={(d) => d.expected} />
              <p class="sm keyline"><span class="swatch full" aria-hidden="true" />{t('insight.reached')}<span class="swatch" aria-hidden="true" />{t('insight.expected')}</p>
              <Table days={days.filter((d) => d.reached !== undefined)} heads={[t('insight.reached'), t('insight.expected')]} cells={(d) => [d.reached, d.expected]} />
            </section>
          ) : null}
          {any((d) => d.messages) || any((d) => d.reached) ? null : <div class="card"><Empty title={t('insight.none')} text={t('insight.noneText', {n: x.fewest_people})}><a class="bt" href={`/c/${c.id}/me`}>{t('menu.me')}</a></Empty></div>}
          <section class="card stack">
            <h2>{t('insight.made')}</h2>
            <dl class="facts">
              <dt>{t('insight.groups')}</dt><dd>{t('insight.of', {n: x.coverage.groups, of: x.coverage.of_groups})}</dd>
              {x.coverage.history_since ? <><dt>{t('insight.since')}</dt><dd>{shortDate(`${x.coverage.history_since}T12:00:00`)}</dd></> : null}
              <dt>{t('insight.opted')}</dt><dd>{x.coverage.opted_in === undefined ? t('insight.few', {n: x.fewest_people}) : num(x.coverage.opted_in)}</dd>
            </dl>
            <Note icon="eye-off">{t('insight.rule', {n: x.fewest_people})}</Note>
          </section>
        </>
      )}
    </>
  );
}

/** Whether what I do counts in the figures of a community. */
export function Consent({com}: {com: string}) {
  const now = useData<{on: boolean}>(`/communities/${com}/insights/consent`);
  const [on, setOn] = useState<boolean | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!now.value) return null;
  return (
    <section class="card stack">
      <h2>{t('admin.insights')}</h2>
      <Check label={t('insight.consent')} hint={t('insight.consentHint')} checked={on ?? now.value.on} onChange={(v) => {
        setProblem(null);
        put<{on: boolean}>(`/communities/${com}/insights/consent`, {on: v}).then((a) => setOn(a.on), (e: unknown) => {
          setOn(!v);
          if (e instanceof Refusal) setProblem(e.problem);
        });
      }} />
      <Trouble problem={problem} />
    </section>
  );
}
