// Inviting people: a link with its limits, and its QR code.
import {useEffect, useState} from 'preact/hooks';
import {blob, post, Refusal} from '../lib/api';
import {relative, t} from '../lib/i18n';
import {communityOf, groupsOf} from '../lib/state';
import type {Invite, Problem} from '../lib/types';
import {Check, Copy, Icon, Note, Segments, Trouble} from '../parts/basic';
import {groupName, PageScreen, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';

const day = 86_400;

export function InviteScreen({com}: {com: string}) {
  const c = communityOf(com)!;
  useTitle(t('menu.invite'));
  const mine = groupsOf(com).filter((g) => g.kind === 'chat' && g.joined && !g.archived);
  const [groups, setGroups] = useState<string[]>(() => [...mine].sort((a, b) => b.member_count - a.member_count).slice(0, 1).map((g) => g.id));
  const [uses, setUses] = useState('50');
  const [ends, setEnds] = useState(String(7 * day));
  const [approve, setApprove] = useState(false);
  const [made, setMade] = useState<Invite | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const make = async (e: Event) => {
    e.preventDefault();
    setProblem(null);
    try {
      setMade(await post<Invite>(`/communities/${com}/invites`, {
        max_uses: Number(uses), ...(Number(ends) ? {expires_in: Number(ends)} : {}), ...(groups.length ? {groups} : {}), ...(approve ? {needs_approval: true} : {}),
      }));
    } catch (err) {
      if (err instanceof Refusal) setProblem(err.problem);
    }
  };
  return (
    <Shell com={com}>
      <PageScreen back={`/c/${com}`} title={t('menu.invite')} lead={t('invite.lead')}>
        {made ? <><InviteCard i={made} /><p><button type="button" class="bt" onClick={() => setMade(null)}><Icon name="plus" /> {t('invite.another')}</button></p></> : (
          <form class="card stack" onSubmit={make}>
            <Segments legend={t('invite.uses')} name="uses" value={uses} onChange={setUses} options={[['1', t('invite.one')], ['10', t('invite.upTo', {n: 10})], ['50', t('invite.upTo', {n: 50})], ['500', t('invite.upTo', {n: 500})]]} />
            <Segments legend={t('invite.ends')} name="ends" value={ends} onChange={setEnds} options={[[String(day), t('invite.days', {n: 1})], [String(7 * day), t('invite.days', {n: 7})], [String(30 * day), t('invite.days', {n: 30})], ['0', t('invite.never')]]} />
            {mine.length ? (
              <fieldset>
                <legend class="lbl">{t('invite.groups')}</legend>
                <p class="sm mu">{t('invite.groupsHint')}</p>
                {mine.map((g) => <Check key={g.id} label={<bdi>{groupName(g)}</bdi>} checked={groups.includes(g.id)} onChange={(v) => setGroups(v ? [...groups, g.id].slice(0, 16) : groups.filter((x) => x !== g.id))} />)}
              </fieldset>
            ) : null}
            <Check label={t('invite.approve')} hint={t('invite.approveHint')} checked={approve} onChange={setApprove} />
            <Trouble problem={problem} />
            <p><button class="bt pr"><Icon name="link" /> {t('invite.make')}</button></p>
          </form>
        )}
        {c.permissions.includes('invite') ? <p><a href={`/c/${com}/admin/invites`}>{t('invite.all')}</a></p> : null}
      </PageScreen>
    </Shell>
  );
}

export function Qr({id}: {id: string}) {
  const [url, setUrl] = useState('');
  useEffect(() => {
    let made = '';
    blob(`/invites/${id}/qr.png`).then((b) => setUrl((made = URL.createObjectURL(b))), () => {});
    return () => URL.revokeObjectURL(made);
  }, [id]);
  return url ? <img class="qr" src={url} alt={t('invite.qr')} width={240} height={240} /> : <span class="sk qr" />;
}

export function InviteCard({i}: {i: Invite}) {
  const message = i.link ?? '';
  return (
    <section class="card invite-made" aria-labelledby="made">
      <Qr id={i.id} />
      <div class="stack">
        <h2 id="made">{t('invite.ready')}</h2>
        <p class="mu">{[t('invite.left', {n: Math.max(i.max_uses - i.uses, 0)}), i.expires_at ? t('join.expires', {when: relative(i.expires_at)}) : t('invite.never'), i.needs_approval ? t('join.approval') : ''].filter(Boolean).join(' · ')}</p>
        {message ? (
          <>
            <label class="vh" for="link">{t('invite.link')}</label>
            <textarea class="fld xs" id="link" rows={3} readOnly dir="ltr" value={message} onFocus={(e) => e.currentTarget.select()} />
            <div class="row wrap"><Copy primary text={message} label={t('invite.copy')} /></div>
          </>
        ) : <Note icon="info">{t('invite.notHere')}</Note>}
        <p class="sm mu">{t('invite.how')}</p>
      </div>
    </section>
  );
}
