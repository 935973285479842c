// A thread: the message it began with and what was answered, beside the group or over it where there is no room.
import {useEffect, useMemo, useState} from 'preact/hooks';
import {pending, send, threadOf} from '../lib/chat';
import {t} from '../lib/i18n';
import {nameOf} from '../lib/text';
import type {Community, Group, Message} from '../lib/types';
import {failText, Reactions, Tools} from '../parts/acts';
import {Icon, Loading, problemText, Note} from '../parts/basic';
import {onScreenKeys} from '../lib/prefs';
import {Composer} from '../parts/composer';
import {Dialog} from '../parts/dialog';
import {MessageRow, PendingRow} from '../parts/message';

const roomy = () => innerWidth / parseFloat(getComputedStyle(document.documentElement).fontSize) >= 70;

export function ThreadPanel({root, c, g, may, onClose}: {root: Message; c: Community; g: Group; may: boolean; onClose: () => void}) {
  const [wide] = useState(roomy);
  const inside = <ThreadBody root={root} c={c} g={g} may={may} />;
  if (!wide) return <Dialog title={t('msg.threadTitle')} side onClose={onClose}>{inside}</Dialog>;
  return (
    <aside class="side" aria-label={t('msg.threadTitle')} onKeyDown={(e) => {
      if (e.key !== 'Escape') return;
      e.preventDefault();
      onClose();
    }}>
      <header><div class="grow"><h2>{t('msg.threadTitle')}</h2><p class="sm mu"><bdi>{nameOf(root.author_name)}</bdi></p></div>
        <button type="button" class="bt ic" aria-label={t('close')} onClick={onClose}><Icon name="x" /></button></header>
      {inside}
    </aside>
  );
}

function ThreadBody({root, c, g, may}: {root: Message; c: Community; g: Group; may: boolean}) {
  const chat = useMemo(() => threadOf(root.id), [root.id]);
  const [failed, setFailed] = useState('');
  useEffect(() => void chat.load(), [chat]);
  const fail = (e: unknown) => {
    const p = failText(e);
    if (p) setFailed(problemText(p));
  };
  const mine = pending.value.filter((p) => p.path === `/messages/${root.id}/thread`);
  const row = (m: Message) => (
    <MessageRow key={m.id} m={m} c={c} place={{mine: m.author_id === c.me_id, cont: false}} tabIndex={0}
      tools={<Tools m={m} c={c} g={g} acts={{}} onFail={fail} may={may} />} below={<Reactions m={m} onFail={fail} may={may} />} />
  );
  return (
    <>
      <div class="bd2 thread" role="log" aria-live="off" aria-label={t('msg.threadTitle')} tabIndex={0}>
        {row(root)}
        <p class="day">{t('msg.replies', {n: Math.max(root.thread_count, chat.items.value.length)})}</p>
        {!chat.loaded.value ? <Loading what={t('chat.loading')} rows={2} /> : null}
        {chat.older.value ? <button type="button" class="bt" onClick={() => void chat.loadOlder()}>{t('chat.older')}</button> : null}
        {chat.items.value.map(row)}
        {mine.map((p) => <PendingRow key={p.key} p={p} />)}
        {failed ? <Note kind="dg" icon="alert" alert>{failed}</Note> : null}
      </div>
      {may ? <Composer id={root.id} com={c.id} label={t('msg.replyIn')} place={t('msg.replyIn')} button={t('send')} focusOn={onScreenKeys() ? '' : root.id} people={g.kind === 'chat' ? `/groups/${g.id}/members` : undefined} onSend={(text, mentions) => void send(root.group_id, `/messages/${root.id}/thread`, {text, ...(mentions.length ? {mentions} : {})})} /> : null}
    </>
  );
}
