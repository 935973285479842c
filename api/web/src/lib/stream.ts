// One event stream for all tabs of a browser. Over HTTP/1.1 a browser opens six connections to a host; a stream in each tab would
// starve every other request. The tab that gets the lock reads the stream and tells the others.
import {openStream, Refusal} from './api';
import type {StreamEvent} from './types';

export type Word = {kind: 'event'; event: StreamEvent} | {kind: 'up'} | {kind: 'down'} | {kind: 'resync'} | {kind: 'out'; code: string} | {kind: 'forgotten'; id: string};

type Listener = (w: Word) => void;

const retry = 2000;

/** The id of the last event this tab has seen, in any way. */
let cursor = '';
let listener: Listener = () => {};
let wake: () => void = () => {};
const channel = new BroadcastChannel('pandal-events');

/** Tells the other tabs of this browser. */
export const tellTabs = (w: Word) => channel.postMessage(w);

function tell(w: Word) {
  tellTabs(w);
  hear(w);
}

function hear(w: Word) {
  if (w.kind === 'event' && w.event.id) {
    if (cursor && BigInt(w.event.id) <= BigInt(cursor)) return; // seen in /start, or by two leaders in turn
    cursor = w.event.id;
  }
  listener(w);
}

/** Begins at a cursor from /start. Calling it again (after a resync) only moves the cursor forward. */
export function follow(from: string, f: Listener) {
  const begun = cursor !== '';
  if (!cursor || BigInt(from) > BigInt(cursor)) cursor = from;
  listener = f;
  if (begun) {
    wake();
    return;
  }
  channel.onmessage = (e: MessageEvent<Word>) => hear(e.data);
  void navigator.locks.request('pandal-events', lead);
}

/** Starts over behind a cursor that may be lower: another store answers now. */
export function restart(from: string) {
  cursor = from;
  wake();
}

/** Runs for as long as this tab lives. */
async function lead(): Promise<void> {
  for (;;) {
    try {
      await read();
    } catch (e) {
      if (e instanceof Refusal && e.code === 'cursor_expired') tell({kind: 'resync'});
      else if (e instanceof Refusal && ['unauthenticated', 'locked'].includes(e.code)) tell({kind: 'out', code: e.code});
      else tell({kind: 'down'});
    }
    await new Promise<void>((done) => {
      const timer = setTimeout(done, retry);
      wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}

async function read(): Promise<void> {
  const r = await openStream(cursor, new AbortController().signal);
  tell({kind: 'up'});
  const reader = r.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {done, value} = await reader.read();
    if (done) throw new Error('the stream ended');
    rest += value;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      frame(rest.slice(0, end));
      rest = rest.slice(end + 2);
    }
  }
}

function frame(text: string) {
  let id = '', data = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('data: ')) data += line.slice(6);
  }
  if (!data) {
    if (id && BigInt(id) > BigInt(cursor)) cursor = id;
    return;
  }
  const event = JSON.parse(data) as StreamEvent;
  if (event.type === 'resync') tell({kind: 'resync'});
  else tell({kind: 'event', event: id ? {...event, id} : event});
}
