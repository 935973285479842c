// Which keys do what. Each can be changed, and those of one letter can be off (WCAG 2.1.4). "Mod" is Ctrl, on a Mac ⌘.
import {prefs, setPref} from './prefs';

export const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Keys that work anywhere, by what they do. Those of the communities are nine: all of them or none. */
export const anywhere = {
  jump: 'Mod+K', groupUp: 'Alt+ArrowUp', groupDown: 'Alt+ArrowDown', unreadUp: 'Alt+Shift+ArrowUp', unreadDown: 'Alt+Shift+ArrowDown', community: 'Mod+1…9', search: 'Mod+F', searchAll: 'Mod+Shift+F',
  region: 'F6', regionBack: 'Shift+F6', lock: mac ? 'Ctrl+Shift+L' : 'Mod+Shift+L', help: 'Mod+/',
} as const;
/** Keys of the message that has the focus. */
export const onMessage = {reply: 'R', edit: 'E', thread: 'T', react: '+', delete: 'Delete', more: '.'} as const;

export type Anywhere = keyof typeof anywhere;
export type OnMessage = keyof typeof onMessage;
export type Act = Anywhere | OnMessage;
const plain: Record<Act, string> = {...anywhere, ...onMessage};

/** The keys of an act; '' where it has none. */
export const keysOf = (act: Act): string => prefs.value.map[act] ?? plain[act];
/** The keys that an act has where nobody chose others. */
export const plainOf = (act: Act): string => plain[act];

export function setKeys(act: Act, keys: string) {
  const {[act]: _, ...rest} = prefs.value.map;
  setPref('map', keys === plain[act] ? rest : {...rest, [act]: keys});
}

/** A key press by its name ("Mod+Shift+F"); '' while only Ctrl and the like are down. A letter is that of the keyboard, or of its place where that has none. */
export function comboOf(e: KeyboardEvent): string {
  if (['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'Dead', 'Process', 'Unidentified', 'CapsLock', 'Compose'].includes(e.key)) return '';
  const held = e.ctrlKey || e.metaKey || e.altKey;
  const place = /^Key([A-Z])$/.exec(e.code)?.[1] ?? (held && !e.shiftKey ? /^Digit(\d)$/.exec(e.code)?.[1] : undefined);
  const key = /^[a-z]$/i.test(e.key) ? e.key.toUpperCase() : e.key === ' ' ? 'Space' : place ?? e.key;
  const out: string[] = [];
  if (mac ? e.metaKey : e.ctrlKey) out.push('Mod');
  if (mac && e.ctrlKey) out.push('Ctrl');
  if (!mac && e.metaKey) return '';
  if (e.altKey) out.push('Alt');
  if (e.shiftKey && (key.length > 1 || /^[A-Z]$/.test(key))) out.push('Shift'); // of a sign, Shift is how it is typed
  return [...out, key].join('+');
}

const find = (acts: object, combo: string) => (combo ? Object.keys(acts).find((a) => keysOf(a as Act) === combo) : undefined);
export const actAnywhere = (combo: string) => find(anywhere, combo) as Anywhere | undefined;
/** What a key does to the message that has the focus. */
export const actOnMessage = (combo: string) => (prefs.value.keys || /^(Mod|Ctrl|Alt)\+/.test(combo) ? (find(onMessage, combo) as OnMessage | undefined) : undefined);

const names: Record<string, string> = {Mod: mac ? '⌘' : 'Ctrl', Alt: mac ? '⌥' : 'Alt', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Delete: 'Del'};
/** The keys as they stand on a keyboard. */
export const shown = (combo: string): string[] => (combo.endsWith('++') ? [...combo.slice(0, -2).split('+'), '+'] : combo === '+' ? ['+'] : combo.split('+')).map((k) => names[k] ?? k);

// What moves, types or leaves must go on doing so.
const kept = /^(Shift\+)?(Tab|Enter|Escape|Space|Home|End|PageUp|PageDown|Arrow\w+|Backspace)$|^Mod\+(Shift\+)?[CVXAZYTWNRQ]$|^Mod\+[1-9]$|^Mod\+(Enter|Tab|Arrow\w+)$|^Alt\+(F4|ArrowLeft|ArrowRight|Tab)$/;

/** Why keys cannot be taken for an act, as the end of the name of a text; '' where they can. With whose they are. */
export function fault(act: Act, combo: string): {why: '' | 'kept' | 'needs' | 'taken'; by?: Act} {
  if (kept.test(combo)) return {why: 'kept'};
  if (act in anywhere && !/^(Mod|Ctrl|Alt)\+|^(Shift\+)?F\d+$/.test(combo)) return {why: 'needs'};
  const by = (Object.keys(plain) as Act[]).find((a) => a !== act && keysOf(a) === combo);
  return by ? {why: 'taken', by} : {why: ''};
}
