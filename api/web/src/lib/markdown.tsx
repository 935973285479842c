// The Markdown that messages may have, straight to nodes: **bold**, *italic*, `code`, ``` blocks, links, @names and #groups.
// No string of markup exists at any point, and what is not understood stays the text it was.
import type {ComponentChild} from 'preact';
import {groupsOf} from './state';
import {cleanText, tidy} from './text';
import type {Group} from './types';

const inline = /(\*\*(?=\S)([^\n]+?)\*\*)|(`([^`\n]+)`)|((?<![\p{L}\p{N}*])\*(?=[^\s*])([^*\n]+?)\*(?![\p{L}\p{N}*]))|(https?:\/\/[^\s<>"']{1,2000})|((?<![\p{L}\p{M}\p{N}_])@[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_.'’\-\u00A0]{0,60}[\p{L}\p{M}\p{N}_])?)|((?<![\p{L}\p{M}\p{N}_&#/])#(?=\S))/gu;

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

const plain = (s: string) => s.replaceAll('\u00A0', ' ').toLocaleLowerCase();

/** The group of a community that is named at a place of a text, by the longest name: of two of one name the one that I am in. Only what I can see is known here. */
function groupAt(text: string, at: number, com: string): {g: Group; end: number} | undefined {
  const here = groupsOf(com).filter((g) => {
    const name = tidy(g.name), end = at + name.length;
    return g.kind === 'chat' && name && plain(text.slice(at, end)) === plain(name) && !/[\p{L}\p{M}\p{N}_]/u.test(text[end] ?? '');
  });
  const size = Math.max(0, ...here.map((g) => tidy(g.name).length)), all = here.filter((g) => tidy(g.name).length === size), mine = all.filter((g) => g.joined);
  const g = mine.length ? mine : all;
  return g.length === 1 ? {g: g[0]!, end: at + size} : undefined;
}

function spans(text: string, depth: number, com: string): ComponentChild[] {
  const out: ComponentChild[] = [];
  let at = 0;
  for (const m of text.matchAll(inline)) {
    if (m.index < at) continue; // it is part of a name
    if (m.index > at) out.push(text.slice(at, m.index));
    at = m.index + m[0].length;
    if (m[2] !== undefined) out.push(<b>{depth > 2 ? m[2] : spans(m[2], depth + 1, com)}</b>);
    else if (m[4] !== undefined) out.push(<code dir="ltr">{m[4]}</code>);
    else if (m[6] !== undefined) out.push(<em>{depth > 2 ? m[6] : spans(m[6], depth + 1, com)}</em>);
    else if (m[7] !== undefined) {
      const l = link(m[7]);
      if (!l) out.push(m[7]);
      else out.push(<a href={l.href} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">{l.shown}</a>, l.rest);
    } else if (m[8] !== undefined) out.push(<span class="at">{m[8]}</span>);
    else {
      const found = com ? groupAt(text, at, com) : undefined;
      if (found) at = found.end;
      const shown = text.slice(m.index, at);
      out.push(found ? <a href={`/c/${com}/g/${found.g.id}`}>{shown}</a> : shown);
    }
  }
  if (at < text.length) out.push(text.slice(at));
  return out;
}

/** The nodes of a message; in a community the groups that it names lead there. */
export function markdown(text: string, com = ''): ComponentChild[] {
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
      out.push(<p class="txt" dir="auto">{lines.flatMap((l, n) => (n ? [<br />, ...spans(l, 0, com)] : spans(l, 0, com)))}</p>);
    }
  });
  return out;
}
