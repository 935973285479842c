// What the page says when there is nothing to show: not signed in, the node stopped, locked, nothing at this address.
import {t} from '../lib/i18n';
import {outWhy} from '../lib/state';
import {Empty, Icon, Loading} from '../parts/basic';
import {Stage, useTitle} from '../parts/stage';

export function Out() {
  useTitle(t('out.title'));
  return (
    <Stage>
      <section class="wc card">
        <h1 class="serif">{t('out.title')}</h1>
        <p>{t('out.text')}</p>
        {outWhy.value ? <p class="note wn"><Icon name="info" />{t('out.used')}</p> : null}
        <p class="cmd" dir="ltr"><code>pandal ui</code></p>
        <p class="sm mu">{t('out.why')}</p>
      </section>
    </Stage>
  );
}

export function Stopped() {
  useTitle(t('stopped.title'));
  return (
    <Stage>
      <section class="wc card" role="status">
        <h1 class="serif">{t('stopped.title')}</h1>
        <p>{t('stopped.text')}</p>
        <p class="cmd" dir="ltr"><code>pandal</code></p>
        <p class="sm mu"><Icon name="hourglass" /> {t('stopped.waits')}</p>
      </section>
    </Stage>
  );
}

export function Asking() {
  return <Stage><section class="wc card"><h1 class="vh">Pandal</h1><Loading what={t('asking')} /></section></Stage>;
}

export function NotFound({back}: {back: string}) {
  useTitle(t('nothing.title'));
  return (
    <main class="page" id="main" tabIndex={-1}>
      <div class="in"><h1 class="vh">{t('nothing.title')}</h1><Empty title={t('nothing.title')} text={t('nothing.text')}><a class="bt pr" href={back}>{t('nothing.back')}</a></Empty></div>
    </main>
  );
}
