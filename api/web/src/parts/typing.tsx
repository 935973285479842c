// The line above the composer that says who is writing. Its place is there when it is empty, so that nothing moves.
import {useEffect, useRef, useState} from 'preact/hooks';
import {t} from '../lib/i18n';
import {nameOf} from '../lib/text';
import {typists} from '../lib/typing';

const quiet = 30_000; // a screen reader hears of it at most this often

export function Typing({group}: {group: string}) {
  const who = typists.value.get(group) ?? [];
  const [a, b] = who.map((w) => nameOf(w.name));
  const words = who.length > 2 ? t('typing.many', {n: who.length}) : b ? t('typing.two', {a: a!, b}) : a ? t('typing.one', {a}) : '';
  const [spoken, setSpoken] = useState('');
  const last = useRef(0);
  useEffect(() => {
    if (!words) setSpoken('');
    else if (Date.now() - last.current >= quiet) {
      last.current = Date.now();
      setSpoken(words);
    }
  }, [words]);
  return (
    <>
      <p class="typ">{words ? <><span class="dots" aria-hidden="true"><i /><i /><i /></span><span class="one">{words}</span></> : null}</p>
      <p class="vh" role="status">{spoken}</p>
    </>
  );
}
