// Who I am in one community: another name, picture and contacts in each.
import {useEffect, useState} from 'preact/hooks';
import {blob, del, patch, post, Refusal} from '../lib/api';
import {useData} from '../lib/data';
import {t} from '../lib/i18n';
import {go} from '../lib/router';
import {communityOf, forgetCommunity, refresh} from '../lib/state';
import {tidy} from '../lib/text';
import type {Contact, Problem} from '../lib/types';
import {Avatar, Icon, Note, Trouble} from '../parts/basic';
import {Confirm} from '../parts/dialog';
import {PageScreen, Shell} from '../parts/shell';
import {useTitle} from '../parts/stage';
import {Consent} from './insights';
import {Succession} from './succession';

interface CommunityMe {id: string; display_name: string; role: string; contacts: Contact[]; has_picture: boolean}

/** A picture behind the session, or the letters of the name. */
export function Picture({path, id, name}: {path: string; id: string; name: string | null}) {
  const [url, setUrl] = useState('');
  useEffect(() => {
    if (!path) {
      setUrl('');
      return undefined;
    }
    let made = '';
    blob(path).then((b) => setUrl((made = URL.createObjectURL(b))), () => {});
    return () => URL.revokeObjectURL(made);
  }, [path]);
  return url ? <img class="av l" src={url} alt="" /> : <Avatar id={id} name={name} size="l" />;
}

const side = 512; // of a picture of somebody, in points

/** A picture as large as it is shown: a photo of a telephone is more than a node takes. What cannot be read goes as it is, and the node says why not. */
async function shrunk(file: File): Promise<Blob> {
  try {
    const whole = await createImageBitmap(file);
    const by = Math.min(1, side / Math.max(whole.width, whole.height));
    if (by === 1) return file;
    const small = new OffscreenCanvas(Math.max(1, Math.round(whole.width * by)), Math.max(1, Math.round(whole.height * by)));
    const pen = small.getContext('2d')!;
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(whole, 0, 0, small.width, small.height);
    return await small.convertToBlob({type: file.type === 'image/png' ? 'image/png' : 'image/jpeg', quality: 0.88});
  } catch {
    return file;
  }
}

export function MeHere({com}: {com: string}) {
  const c = communityOf(com)!;
  useTitle(t('menu.me'));
  const mine = useData<CommunityMe>(`/communities/${com}/me`);
  const [name, setName] = useState<string | null>(null);
  const [contacts, setContacts] = useState<Contact[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saved, setSaved] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [forgetting, setForgetting] = useState(false);
  const [picture, setPicture] = useState(0);
  const [has, setHas] = useState<boolean | null>(null);
  const pictured = has ?? mine.value?.has_picture;
  const list = contacts ?? mine.value?.contacts ?? [];
  const shown = name ?? mine.value?.display_name ?? '';

  const save = async (change: Record<string, unknown>) => {
    setProblem(null);
    setSaved(false);
    try {
      if (change.picture === '') await del(`/me/avatar?community=${com}`);
      else await patch(`/communities/${com}/me`, change);
      setSaved(true);
      mine.reload();
      if ('picture' in change) setHas(!!change.picture);
      setPicture((n) => n + 1);
      void refresh();
    } catch (e) {
      if (e instanceof Refusal) setProblem(e.problem);
    }
  };
  const choose = async (file: File | undefined) => {
    if (!file) return;
    const bytes = new Uint8Array(await (await shrunk(file)).arrayBuffer());
    let s = '';
    for (let i = 0; i < bytes.length; i += 8192) s += String.fromCharCode(...bytes.subarray(i, i + 8192));
    await save({picture: btoa(s)});
  };
  const leave = async () => {
    try {
      await post(`/communities/${com}/leave`);
      forgetCommunity(com);
      await refresh();
      go('/');
    } catch (e) {
      setLeaving(false);
      if (e instanceof Refusal) setProblem(e.problem);
    }
  };
  const forget = async () => {
    try {
      await del(`/communities/${com}`);
      forgetCommunity(com, true);
      await refresh();
      go('/');
    } catch (e) {
      setForgetting(false);
      if (e instanceof Refusal) setProblem(e.problem);
    }
  };
  const row = (i: number, change: Partial<Contact>) => setContacts(list.map((k, n) => (n === i ? {...k, ...change} : k)));
  return (
    <Shell com={com}>
      <PageScreen back={`/c/${com}`} title={t('menu.me')} lead={c.state === 'active' ? t('me.lead') : ''}>
        {c.state !== 'active' ? (
          <section class="card stack">
            <h2>{t('danger.forget')}</h2><p class="mu">{t(`chat.${c.state}`)} {t('danger.forgetText')}</p>
            <Trouble problem={problem} />
            <p><button type="button" class="bt dg" onClick={() => setForgetting(true)}><Icon name="trash" /> {t('danger.forget')}</button></p>
          </section>
        ) : <form class="stack card" onSubmit={(e) => {
          e.preventDefault();
          void save({display_name: shown.trim(), contacts: list.filter((k) => k.kind.trim() && k.value.trim())});
        }}>
          <div class="row wrap">
            <Picture key={picture} path={pictured ? `/communities/${com}/members/${c.me_id}/picture` : ''} id={c.me_id} name={shown} />
            <label class="bt file-bt"><Icon name="user" /> {t('me.picture')}<input class="vh" type="file" accept="image/png,image/jpeg" onChange={(e) => void choose(e.currentTarget.files?.[0])} /></label>
            {pictured ? <button type="button" class="bt" onClick={() => void save({picture: ''})}>{t('me.noPicture')}</button> : null}
          </div>
          <div><label class="lbl" for="mename">{t('me.name')}</label><input class="fld" id="mename" dir="auto" required maxLength={40} value={shown} onInput={(e) => setName(e.currentTarget.value)} /></div>
          <fieldset class="stack">
            <legend class="lbl">{t('me.contacts')}</legend>
            <p class="sm mu">{t('me.contactsHint')}</p>
            {list.map((k, i) => (
              <div class="row wrap" key={i}>
                <input class="fld contact-kind" aria-label={t('me.kind')} placeholder={t('me.kind')} dir="auto" value={k.kind} maxLength={32} onInput={(e) => row(i, {kind: e.currentTarget.value})} />
                <input class="fld grow contact-value" aria-label={t('me.value')} placeholder={t('me.value')} dir="auto" value={k.value} maxLength={200} onInput={(e) => row(i, {value: e.currentTarget.value})} />
                <select class="fld auto" aria-label={t('me.visible')} value={k.visible ?? 'groups'} onChange={(e) => row(i, {visible: e.currentTarget.value})}>
                  <option value="groups">{t('me.groups')}</option><option value="admins">{t('me.admins')}</option>
                </select>
                <button type="button" class="bt ic" aria-label={t('delete')} onClick={() => setContacts(list.filter((_, n) => n !== i))}><Icon name="trash" /></button>
              </div>
            ))}
            {list.length < 8 ? <p><button type="button" class="bt" onClick={() => setContacts([...list, {kind: '', value: '', visible: 'groups'}])}><Icon name="plus" /> {t('me.add')}</button></p> : null}
          </fieldset>
          <Trouble problem={problem ?? mine.problem} />
          {saved ? <Note kind="ok" icon="check">{t('saved')}</Note> : null}
          <p><button class="bt pr" disabled={!shown.trim()}>{t('save')}</button></p>
        </form>}
        {forgetting ? <Confirm title={t('danger.forgetAsk', {name: tidy(c.name)})} text={t('danger.forgetText')} action={t('danger.forget')} onYes={() => void forget()} onClose={() => setForgetting(false)} /> : null}
        {c.state === 'active' ? <Consent com={com} /> : null}
        {c.state === 'active' ? <Succession c={c} /> : null}
        {c.state === 'active' && c.role !== 'owner' ? (
          <section class="card stack">
            <h2>{t('me.leaveTitle')}</h2><p class="mu">{t('me.leaveText')}</p>
            <p><button type="button" class="bt dg" onClick={() => setLeaving(true)}><Icon name="log-out" /> {t('me.leave')}</button></p>
          </section>
        ) : null}
        {leaving ? <Confirm title={t('me.leaveAsk', {name: tidy(c.name)})} text={t('me.leaveText')} action={t('me.leave')} onYes={() => void leave()} onClose={() => setLeaving(false)} /> : null}
      </PageScreen>
    </Shell>
  );
}
