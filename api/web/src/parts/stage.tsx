// The first run and all that stands under the cloth: one card, and the language, text size and theme always at the foot.
import type {ComponentChildren} from 'preact';
import {useEffect} from 'preact/hooks';
import {t} from '../lib/i18n';
import {languages, prefs, setPref, type Lang} from '../lib/prefs';
import {Icon, Segments} from './basic';

export function useTitle(title: string) {
  useEffect(() => {
    document.title = title ? `${title} · Pandal` : 'Pandal';
  }, [title]);
}

export function LookFoot() {
  const p = prefs.value;
  const dark = p.theme === 'dark' || (p.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  return (
    <footer class="ft">
      {Object.keys(languages).length > 1 ? <label class="row">
        <Icon name="languages" /><span class="vh">{t('look.language')}</span>
        <select class="fld auto" value={p.lang} onChange={(e) => setPref('lang', e.currentTarget.value as Lang)}>
          {Object.entries(languages).map(([k, v]) => <option key={k} value={k} lang={k}>{v}</option>)}
        </select>
      </label> : null}
      <Segments legend={t('look.text')} name="foot-text" hideLegend value={p.text === '115' ? '100' : p.text} onChange={(v) => setPref('text', v)} options={[
        ['100', <span class="a1">A</span>, t('look.textPercent', {n: 100})],
        ['130', <span class="a2">A</span>, t('look.textPercent', {n: 130})],
        ['150', <span class="a3">A</span>, t('look.textPercent', {n: 150})],
      ]} />
      <button type="button" class="bt" onClick={() => setPref('theme', dark ? 'light' : 'dark')}>
        <Icon name={dark ? 'sun' : 'moon'} /> {dark ? t('look.light') : t('look.dark')}
      </button>
      <a class="bt" href="/docs/"><Icon name="help" /> {t('nav.help')}</a>
    </footer>
  );
}

export function Stage({children, wide, locked}: {children: ComponentChildren; wide?: boolean; locked?: boolean}) {
  return (
    <>
      <a class="skip" href="#main">{t('skip')}</a>
      <div class={locked ? 'stage lk' : 'stage'}>
        <header class="top">
          <svg class="cloth" aria-hidden="true"><use href={locked ? '/i.svg#drawn' : '/i.svg#cloth'} /></svg>
          <div class="brand"><svg aria-hidden="true"><use href="/i.svg#logo" /></svg>{locked ? null : <span>Pandal</span>}</div>
        </header>
        <main class={wide ? 'mid w2' : 'mid'} id="main" tabIndex={-1}>{children}</main>
        <LookFoot />
      </div>
    </>
  );
}
