// The address bar as a signal. Links are plain <a href>: one listener keeps those to our own pages inside this document.
import {signal} from '@preact/signals';

export const path = signal(location.pathname);
/** What stands behind ? in the address: the question of the search screen. */
export const query = signal(location.search);

/** What stood behind # when the page was opened, taken out of the address at once: it can be a login code or an invite. */
export const opened = {hash: location.hash.slice(1)};
if (opened.hash) history.replaceState(null, '', location.pathname + location.search);

export function go(to: string, replace = false) {
  if (to === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  read();
}

/** Puts another question into the address of this screen. */
export function ask(question: string) {
  history.replaceState(null, '', location.pathname + (question && `?${question}`));
  query.value = location.search;
}

function read() {
  query.value = location.search;
  path.value = location.pathname;
}
addEventListener('popstate', read);
addEventListener('hashchange', () => {
  // Somebody pasted another link into this tab.
  opened.hash = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  path.value = '';
  path.value = location.pathname;
});

document.addEventListener('click', (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  const a = (e.target as Element).closest?.('a');
  if (!a || a.target || a.hasAttribute('download') || a.origin !== location.origin || a.pathname.startsWith('/docs/') || a.pathname === '/openapi.json') return;
  e.preventDefault();
  if (a.hash && a.pathname === location.pathname) {
    document.getElementById(a.hash.slice(1))?.focus();
    return;
  }
  go(a.pathname + a.search);
});

/** The parts of a path: /c/com_1/g/grp_2 → ['c', 'com_1', 'g', 'grp_2']. */
export const parts = (p: string) => p.split('/').filter(Boolean).map((s) => {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
});
