// A dot on the icon of the tab while something is unread: seen where there is no room for the title.
import {effect} from '@preact/signals';
import {phase, unreadTotal} from './state';

const plain = '/icon.svg';
const dot = '<circle cx="48" cy="16" r="13" fill="#FFF" stroke="#06251F" stroke-width="5"/>';

export function badge() {
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')!;
  let marked = '';
  effect(() => {
    const unread = phase.value === 'in' && unreadTotal.value > 0;
    if (!unread) {
      if (!link.href.endsWith(plain)) link.href = plain;
      return;
    }
    void (async () => {
      marked ||= `data:image/svg+xml,${encodeURIComponent((await (await fetch(plain)).text()).replace('</svg>', `${dot}</svg>`))}`;
      if (phase.value === 'in' && unreadTotal.value > 0 && link.href !== marked) link.href = marked;
    })().catch(() => {}); // without the node the icon stays as it is
  });
}
