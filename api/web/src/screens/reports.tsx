// What members reported and nobody has decided yet.
import {useState} from 'preact/hooks';
import {post, put, Refusal} from '../lib/api';
import {useList} from '../lib/data';
import {relative, t, tx} from '../lib/i18n';
import {can, groups} from '../lib/state';
import {cleanText, nameOf} from '../lib/text';
import type {Community, Message, Problem, Report} from '../lib/types';
import {take} from '../parts/acts';
import {Avatar, Empty, Icon, Loading, Note, Trouble} from '../parts/basic';
import {groupHref, groupName} from '../parts/shell';

export const openReports = (com: string) => `/communities/${com}/reports?state=open`;

export function Reports({c}: {c: Community}) {
  const list = useList<Report>(openReports(c.id), [`report:${c.id}`]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState('');
  if (!list.value) return list.problem ? <Trouble problem={list.problem} /> : <Loading what={t('admin.reports')} />;
  const decide = async (r: Report, how: 'hide' | 'resolve' | 'dismiss') => {
    setBusy(r.id);
    setProblem(null);
    try {
      if (how === 'hide') take(await put<Message>(`/messages/${r.message_id}/hidden`, {}));
      await post(`/reports/${r.id}/${how === 'dismiss' ? 'dismiss' : 'resolve'}`, {});
      list.reload();
    } catch (e) {
      if (e instanceof Refusal) setProblem(e.problem);
    }
    setBusy('');
  };
  return (
    <>
      <Trouble problem={problem} />
      {!list.value.length ? <div class="card"><Empty title={t('report.none')} text={t('report.noneText')} /></div> : list.value.map((r) => {
        const g = r.group_id ? groups.value.get(r.group_id) : undefined;
        const who = nameOf(r.display_name);
        return (
          <article class="card stack" key={r.id} aria-label={t('report.about', {name: who})}>
            <div class="row top-row"><Avatar id={r.user_id} name={r.display_name} />
              <div class="grow"><p>{tx(`report.${r.mine ? 'mine' : 'by'}${r.message_id ? 'Message' : 'Person'}`, {name: <b><bdi>{who}</bdi></b>, by: <bdi>{nameOf(r.by_name)}</bdi>})}</p>
                <p class="sm mu">{relative(r.created_at)}{g ? <> · <bdi>{groupName(g)}</bdi></> : null}</p></div></div>
            {r.excerpt ? <blockquote class="cut-quote" dir="auto">{cleanText(r.excerpt)}</blockquote> : null}
            {r.reason ? <p><b>{t('report.reason')}</b> <bdi>{cleanText(r.reason)}</bdi></p> : <p class="sm mu">{t('report.noReason')}</p>}
            {r.message_id && !r.held ? <Note icon="info">{t('report.notHeld')}</Note> : null}
            <div class="row wrap">
              {r.message_id && r.held && g?.joined ? <a class="bt" href={`${groupHref(g)}/m/${r.message_id}`}><Icon name="eye" /> {t('msg.look')}</a> : null}
              {r.message_id ? null : <a class="bt" href={`/c/${c.id}/members`}><Icon name="users" /> {t('menu.members')}</a>}
              {r.message_id && r.held && g && g.kind !== 'dm' && can(c, 'moderate') ? <button type="button" class="bt dg" disabled={!!busy} onClick={() => void decide(r, 'hide')}><Icon name="eye-off" /> {t('report.hide')}</button> : null}
              <button type="button" class="bt" disabled={!!busy} onClick={() => void decide(r, 'resolve')}><Icon name="check" /> {t('report.resolve')}</button>
              <button type="button" class="bt" disabled={!!busy} onClick={() => void decide(r, 'dismiss')}>{t('report.dismiss')}</button>
            </div>
          </article>
        );
      })}
      <p class="sm mu">{t('report.told')}</p>
    </>
  );
}
