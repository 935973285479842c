// Where a message is written. Enter sends, Shift+Enter makes a line; a setting swaps them. What is unfinished is kept for each group.
import type {ComponentChildren} from 'preact';
import {useLayoutEffect, useRef, useState} from 'preact/hooks';
import {t} from '../lib/i18n';
import {prefs} from '../lib/prefs';
import {Icon} from './basic';
import {OfferList, useCompletion} from './complete';

const longest = 16_000;
const draftKey = (id: string) => `draft:${id}`;

export function Composer({id, com, label, place, onSend, button, violet, above, start, focusOn, onUp, initial, onEsc, onWrite, word, people}: {
  id: string; com: string; label: string; place: string; onSend: (text: string, mentions: string[]) => void | Promise<boolean>; button: string; violet?: boolean; above?: ComponentChildren; word?: string;
  start?: ComponentChildren; focusOn?: unknown; onUp?: () => boolean; initial?: string; /** Whether there was something to leave. */ onEsc?: () => boolean; onWrite?: () => void;
  /** Where those are who can be named with @. */ people?: string | undefined;
}) {
  const [text, setText] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  // Both before the browser goes on: a quick hand types at once.
  useLayoutEffect(() => setText(initial ?? localStorage.getItem(draftKey(id)) ?? ''), [id, initial]);
  useLayoutEffect(() => {
    if (focusOn) box.current?.focus();
  }, [focusOn]);
  const change = (v: string) => {
    setText(v);
    if (initial !== undefined) return; // new words for an old message are no draft
    if (v) localStorage.setItem(draftKey(id), v);
    else localStorage.removeItem(draftKey(id));
  };
  const offer = useCompletion(com, people, box, change, initial);
  const submit = () => {
    const v = text.trim();
    if (!v) return;
    const done = onSend(v, offer.of(v));
    offer.close();
    box.current?.focus();
    if (!done) return change('');
    void done.then((taken) => taken && change('')); // what the node refuses stays to be mended
  };
  return (
    <form class="cp" onSubmit={(e) => {
      e.preventDefault();
      submit();
    }}>
      {above}
      <div class="cpb">
        <OfferList n={offer} />
        {start}
        <label class="vh" for={`t-${id}`}>{label}</label>
        <textarea ref={box} class="fld" id={`t-${id}`} rows={1} dir="auto" enterkeyhint={prefs.value.enter ? 'send' : 'enter'} placeholder={place} value={text} maxLength={longest}
          aria-autocomplete="list" {...(offer.list.length ? {'aria-controls': offer.id, 'aria-activedescendant': `${offer.id}-${offer.at}`} : {})}
          onBlur={offer.close} onClick={offer.look}
          onInput={(e) => {
            change(e.currentTarget.value);
            offer.look();
            if (e.currentTarget.value.trim()) onWrite?.();
          }}
          onKeyDown={(e) => {
            if (e.isComposing || offer.key(e)) return;
            if (e.key === 'Enter' && (prefs.value.enter ? !e.shiftKey : e.ctrlKey || e.metaKey)) {
              e.preventDefault();
              submit();
            } else if (e.key === 'Escape' && onEsc?.() || e.key === 'ArrowUp' && !text && onUp?.()) e.preventDefault();
          }} />
        <button class={violet ? 'bt an' : 'bt pr'} aria-label={button}><Icon name={violet ? 'announce' : 'send'} /><span class="lb">{word ?? (violet ? t('announce.go') : t('send'))}</span></button>
      </div>
    </form>
  );
}
