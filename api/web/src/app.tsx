// Which screen an address shows.
import {useEffect} from 'preact/hooks';
import {t} from './lib/i18n';
import {go, parts, path} from './lib/router';
import {communities, communityOf, phase, streaming} from './lib/state';
import {Icon} from './parts/basic';
import {onKey, Overlay} from './parts/keys';
import {Shell} from './parts/shell';
import {Admin} from './screens/admin';
import {Announcements} from './screens/announcements';
import {Calendar} from './screens/calendar';
import {ChatScreen} from './screens/chat';
import {AboutGroup, NewGroup} from './screens/group';
import {Home} from './screens/home';
import {InviteScreen} from './screens/invite';
import {Join} from './screens/join';
import {Locked} from './screens/lock';
import {MeHere} from './screens/me';
import {Members} from './screens/members';
import {NetworkScreen} from './screens/network';
import {Restore} from './screens/restore';
import {Stars} from './screens/stars';
import {Suggest} from './screens/suggest';
import {SearchScreen} from './screens/search';
import {Settings} from './screens/settings';
import {Asking, NotFound, Out, Stopped} from './screens/states';
import {NewCommunity, Welcome} from './screens/welcome';

function community(com: string, rest: string[]) {
  if (!communityOf(com)) return <Shell><NotFound back="/" /></Shell>;
  const [what, id, more, msg] = rest;
  if (!what) return <Home com={com} />;
  if (what === 'g' && id && (!more || msg && ['m', 'thread'].includes(more))) return <ChatScreen com={com} id={id} {...(msg ? {at: msg} : {})} thread={more === 'thread'} />;
  if (what === 'g' && id && more === 'about') return <AboutGroup key={id} com={com} id={id} />;
  switch (what) {
    case 'announcements':
      return <Announcements key={com} com={com} {...(more ? {at: more} : {})} thread={id === 'thread'} />;
    case 'calendar':
      return <Calendar key={com} com={com} />;
    case 'members':
      return <Members key={com} com={com} />;
    case 'me':
      return <MeHere key={com} com={com} />;
    case 'invite':
      return <InviteScreen key={com} com={com} />;
    case 'network':
      return <NetworkScreen key={com} com={com} />;
    case 'new-group':
      return <NewGroup key={com} com={com} />;
    case 'stars':
      return <Stars key={com} com={com} />;
    case 'suggest':
      return <Suggest key={com} com={com} />;
    case 'admin':
      return <Admin key={com + id} com={com} tab={id ?? ''} />;
  }
  return <Shell com={com}><NotFound back={`/c/${com}`} /></Shell>;
}

function screen() {
  const [head, second, ...rest] = parts(path.value);
  switch (head) {
    case 'welcome':
      return <Welcome />;
    case 'join':
      return <Join />;
    case 'restore':
      return <Restore />;
    case 'search':
      return <SearchScreen />;
    case 'settings':
      return <Settings key={second} tab={second} />;
    case 'new':
      return <NewCommunity />;
    case 'c':
      if (second) return community(second, rest);
  }
  return <Shell><NotFound back="/" /></Shell>;
}

/** Where somebody lands who opened the bare address. */
function home(): string {
  const last = localStorage.getItem('last') ?? '';
  const id = parts(last)[1];
  if (id && communityOf(id)) return last;
  const c = communities.value[0];
  return c ? `/c/${c.id}` : '/welcome';
}

export function App() {
  const p = path.value, ph = phase.value;
  const bare = p === '/' || p === '/login';
  useEffect(() => {
    if (ph === 'in' && bare) go(home(), true);
    else if (ph === 'in' && p.startsWith('/c/')) localStorage.setItem('last', p);
  }, [p, ph]);
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  // A new screen starts at its title, for those who listen to it and those who scroll.
  useEffect(() => {
    // (The browser heeds autofocus only once in a document.)
    const first = document.querySelector<HTMLElement>('main [autofocus]');
    if (first) first.focus();
    else if (!document.activeElement || document.activeElement === document.body) document.getElementById('main')?.focus({preventScroll: true});
  }, [p]);
  if (ph === 'out') return <Out />;
  if (ph === 'locked') return <Locked />;
  if (ph === 'stopped' && !communities.value.length) return <Stopped />;
  if (ph === 'asking' || ph === 'in' && bare) return <Asking />;
  return (
    <>
      {ph === 'stopped' || !streaming.value ? <p class="banner" role="status"><Icon name="wifi-off" /> <b>{t('stopped.title')}</b> <span>{t('stopped.banner')}</span></p> : null}
      {screen()}
      <Overlay />
    </>
  );
}
