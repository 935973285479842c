// The Markdown that messages may have, straight to nodes: **bold**, *italic*, `code`, ``` blocks, links and @names.
// No string of markup exists at any point, and what is not understood stays the text it was.
import type {ComponentChild} from 'preact';
import {cleanText} from './text';

const inline = /(\*\*(?=\S)([^\n]+?)\*\*)|(`([^`\n]+)`)|((?<![\p{L}\p{N}*])\*(?=[^\s*])([^*\n]+?)\*(?![\p{L}\p{N}*]))|(https?:\/\/[^\s<>"']{1,2000})|((?<![\p{L}\p{M}\p{N}_])@[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_.'’\-\u00A0]{0,60}[\p{L}\p{M}\p{N}_])?)/gu;

function link(raw: string): {href: string; shown: string; rest: string} | null {
  const shown = raw.replace(/[.,;:!?)\]}»”’]+$/u, '');
  try {
    const u = new URL(shown);
    if (u.protocol !== 'http:' && u.protocol !== 'https:') return null;
    return {href: u.href, shown: u.username || u.password ? u.href : shown, rest: raw.slice(shown.length)};
  } catch {
    return null;
  }
}

function spans(text: string, depth: number): ComponentChild[] {
  const out: ComponentChild[] = [];
  let at = 0;
  for (const m of text.matchAll(inline)) {
    if (m.index > at) out.push(text.slice(at, m.index));
    at = m.index + m[0].length;
    if (m[2] !== undefined) out.push(<b>{depth > 2 ? m[2] : spans(m[2], depth + 1)}</b>);
    else if (m[4] !== undefined) out.push(<code dir="ltr">{m[4]}</code>);
    else if (m[6] !== undefined) out.push(<em>{depth > 2 ? m[6] : spans(m[6], depth + 1)}</em>);
    else if (m[7] !== undefined) {
      const l = link(m[7]);
      if (!l) out.push(m[7]);
      else out.push(<a href={l.href} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">{l.shown}</a>, l.rest);
    } else out.push(<span class="at">{m[0]}</span>);
  }
  if (at < text.length) out.push(text.slice(at));
  return out;
}

/** The nodes of a message. */
export function markdown(text: string): ComponentChild[] {
  const out: ComponentChild[] = [];
  cleanText(text).split(/```[a-z]*\n?/).forEach((block, i, all) => {
    if (i % 2 === 1 && i < all.length - 1) {
      out.push(<pre dir="ltr" tabIndex={0}>{block.replace(/\n$/, '')}</pre>);
      return;
    }
    const prefix = i % 2 === 1 ? '```' : '';
    for (const para of (prefix + block).split(/\n{2,}/)) {
      const lines = para.replace(/^\n+|\n+$/g, '').split('\n');
      if (lines.length === 1 && lines[0] === '') continue;
      out.push(<p class="txt" dir="auto">{lines.flatMap((l, n) => (n ? [<br />, ...spans(l, 0)] : spans(l, 0)))}</p>);
    }
  });
  return out;
}
