// Writes public/i.svg: one symbol for each icon the page uses, from lucide (ISC licence), and our own marks.
// Left of the colon is what an icon means here, right of it lucide's name.
import {readFileSync, writeFileSync} from 'node:fs';

const icons = {
  alert: 'circle-alert', announce: 'megaphone', 'arrow-down': 'arrow-down', audit: 'scroll-text', back: 'chevron-left', bell: 'bell',
  'bell-off': 'bell-off', ban: 'ban', calendar: 'calendar', camera: 'camera', 'calendar-plus': 'calendar-plus', chart: 'chart-column', check: 'check', checks: 'check-check',
  clock: 'clock', code: 'code', copy: 'copy', down: 'chevron-down', download: 'download', drive: 'hard-drive', edit: 'pencil', eye: 'eye', 'eye-off': 'eye-off',
  flag: 'flag', forward: 'forward', gear: 'settings', help: 'circle-question-mark', hourglass: 'hourglass', house: 'house', info: 'info',
  'key-round': 'key-round', keyboard: 'keyboard', languages: 'languages', link: 'link', 'list-checks': 'list-checks', lock: 'lock', 'log-out': 'log-out',
  'map-pin': 'map-pin', moon: 'moon', more: 'ellipsis', next: 'chevron-right', overview: 'layout-dashboard', palette: 'palette', pin: 'pin',
  plus: 'plus', printer: 'printer', 'qr-code': 'qr-code', react: 'smile-plus', reply: 'reply', restore: 'archive-restore', retry: 'refresh-cw',
  search: 'search', send: 'send', 'shield-check': 'shield-check', siren: 'siren', sliders: 'sliders-horizontal', smartphone: 'smartphone',
  star: 'star', sun: 'sun', talk: 'message-circle', thread: 'messages-square', trash: 'trash-2', user: 'user', 'user-check': 'user-check',
  'user-minus': 'user-minus', 'user-plus': 'user-plus', users: 'users', verified: 'badge-check', warn: 'triangle-alert', waypoints: 'waypoints',
  wifi: 'wifi', 'wifi-off': 'wifi-off', x: 'x',
};

const here = (path) => new URL(`../${path}`, import.meta.url);
const symbols = Object.entries(icons).map(([ours, name]) => {
  const svg = readFileSync(here(`node_modules/lucide-static/icons/${name}.svg`), 'utf8');
  const inner = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>')).replace(/\s*\n\s*/g, '');
  return `<symbol id="${ours}" viewBox="0 0 24 24">${inner}</symbol>`;
});
const head = '<!-- Lucide icons, ISC licence, copyright Lucide Icons and Contributors -->';
const body = [...symbols, readFileSync(here('src/marks.svg'), 'utf8').trim()].join('\n');
writeFileSync(here('public/i.svg'), `${head}<svg xmlns="http://www.w3.org/2000/svg">\n${body}\n</svg>\n`);
