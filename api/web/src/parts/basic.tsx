// The smallest pieces.
import type {ComponentChildren} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import {t} from '../lib/i18n';
import type {Problem} from '../lib/types';
import {initials, pick} from '../lib/text';

const flips = new Set(['back', 'next', 'send', 'reply', 'forward', 'log-out']);

export function Icon({name}: {name: string}) {
  return <svg class={flips.has(name) ? 'i flip' : 'i'} aria-hidden="true"><use href={`/i.svg#${name}`} /></svg>;
}

export function Avatar({id, name, size = ''}: {id: string; name: string | null; size?: '' | 's' | 'l'}) {
  const tint = pick(id, 6);
  return <span class={`av ${tint ? `h${tint}` : ''} ${size}`} aria-hidden="true">{initials(name ?? '')}</span>;
}

export function Note({kind = '', icon, children, alert}: {kind?: '' | 'wn' | 'ok' | 'dg' | 'vi'; icon: string; children: ComponentChildren; alert?: boolean}) {
  return <div class={`note ${kind}`} role={alert ? 'alert' : undefined}><Icon name={icon} /><div class="grow">{children}</div></div>;
}

/** A problem in the page's own words where it has some, else in the node's. */
export function problemText(p: Problem): string {
  const key = `problem.${p.code}`;
  const own = t(key);
  const text = own === key ? p.detail || p.title : own;
  const field = p.errors?.[0];
  return field && own === key ? `${text} ${field.message}` : text;
}

export function Trouble({problem}: {problem: Problem | null}) {
  return problem ? <Note kind="dg" icon="alert" alert>{problemText(problem)}</Note> : null;
}

export function Empty({title, text, children}: {title: string; text: string; children?: ComponentChildren}) {
  return (
    <div class="em">
      <svg class="ill" aria-hidden="true"><use href="/i.svg#tent" /></svg>
      <h2 class="serif em-h">{title}</h2>
      <p class="mu">{text}</p>
      {children}
    </div>
  );
}

/** Grey shapes at once; words after three seconds. */
export function Loading({what, rows = 3}: {what: string; rows?: number}) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 3000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" class="stack loading">
      {Array.from({length: rows}, (_, i) => (
        <div class="row top-row" key={i}>
          <span class="sk round" />
          <div class="grow sk-lines"><span class="sk short" /><span class={`sk line w${i % 3}`} /></div>
        </div>
      ))}
      {late ? <p class="sm mu">{what}</p> : <span class="vh">{what}</span>}
    </div>
  );
}

export function Check({label, checked, onChange, hint, disabled}: {
  label: ComponentChildren; checked: boolean; onChange: (v: boolean) => void; hint?: string; disabled?: boolean;
}) {
  return (
    <label class="ck">
      <input type="checkbox" checked={checked} disabled={disabled} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span>{label}{hint ? <span class="mu sm block">{hint}</span> : null}</span>
    </label>
  );
}

/** Radios side by side. With hints, each says below what it does. */
export function Segments<T extends string>({legend, name, value, options, onChange, hideLegend, wide, hints}: {
  legend: ComponentChildren; name: string; value: T; options: [T, ComponentChildren, string?][]; onChange: (v: T) => void; hideLegend?: boolean; wide?: boolean; hints?: (v: T) => string;
}) {
  return (
    <fieldset>
      <legend class={hideLegend ? 'vh' : 'lbl'}>{legend}</legend>
      <div class={wide ? 'seg wide' : 'seg'}>
        {options.map(([v, label, spoken]) => (
          <label key={v}>
            <input type="radio" name={name} aria-label={spoken} aria-describedby={hints && `${name}-${v}`} checked={value === v} onChange={() => onChange(v)} />
            {spoken ? <span aria-hidden="true">{label}</span> : <span>{label}</span>}
          </label>
        ))}
      </div>
      {hints ? <dl class="hints">{options.map(([v, label]) => <div key={v} class={v === value ? 'on' : undefined}><dt>{label}</dt><dd id={`${name}-${v}`}>{hints(v)}</dd></div>)}</dl> : null}
    </fieldset>
  );
}

export function RadioCards<T extends string>({legend, name, value, options, onChange}: {
  legend: string; name: string; value: T; options: [T, string, string][]; onChange: (v: T) => void;
}) {
  return (
    <fieldset>
      <legend class="lbl">{legend}</legend>
      <div class="cards">
        {options.map(([v, label, hint]) => (
          <label class="radio" key={v}>
            <input type="radio" name={name} checked={value === v} onChange={() => onChange(v)} /><b>{label}</b><span class="mu">{hint}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Copies a text and says so. */
export function Copy({text, label, primary}: {text: string; label: string; primary?: boolean}) {
  const [done, setDone] = useState(false);
  return (
    <button type="button" class={primary ? 'bt pr' : 'bt'} onClick={() => {
      void navigator.clipboard.writeText(text).then(() => {
        setDone(true);
        setTimeout(() => setDone(false), 2500);
      });
    }}>
      <Icon name={done ? 'check' : 'copy'} /><span aria-live="polite">{done ? t('copied') : label}</span>
    </button>
  );
}
