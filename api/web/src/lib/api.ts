// Requests to this page's own node. Nothing here knows another address.
import type {Problem} from './types';

const prefix = '/api/v1';

/** What the node answered instead of doing what was asked, or that it did not answer (`code` "stopped"). */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
  get code(): string {
    return this.problem.code;
  }
}

/** The half of the session that is not a cookie. localStorage is per origin, so per port: no other local server sees it. */
export const secret = {
  get: (): string => localStorage.getItem('session') ?? '',
  set: (s: string) => localStorage.setItem('session', s),
  drop: () => localStorage.removeItem('session'),
};

let onOut: (r: Refusal) => void = () => {};
/** Says who is told when the node is gone, locked, or knows this page no longer. */
export function whenOut(f: (r: Refusal) => void) {
  onOut = f;
}

export function headers(accept = 'application/json'): Record<string, string> {
  return {'X-Pandal-Session': secret.get(), Accept: accept};
}

async function problemOf(r: Response): Promise<Refusal> {
  try {
    return new Refusal((await r.json()) as Problem);
  } catch {
    return new Refusal({title: r.statusText, status: r.status, code: 'internal'});
  }
}

/** Sends a request and returns the answer's body, or throws a Refusal. A POST has a key, so that it counts once; '' is for what may count twice. */
export async function ask<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const h = headers();
  if (body !== undefined) h['Content-Type'] = 'application/json';
  if (method === 'POST' && key !== '') h['Idempotency-Key'] = key ?? crypto.randomUUID();
  let r: Response;
  try {
    r = await fetch(prefix + path, {method, headers: h, body: body === undefined ? null : JSON.stringify(body)});
  } catch {
    const gone = new Refusal({title: 'The node does not answer', status: 0, code: 'stopped'});
    onOut(gone);
    throw gone;
  }
  if (!r.ok) {
    const p = await problemOf(r);
    if (['unauthenticated', 'locked', 'stopping'].includes(p.code)) onOut(p);
    throw p;
  }
  return (r.status === 204 ? undefined : await r.json()) as T;
}

export const get = <T>(path: string) => ask<T>('GET', path);
export const post = <T>(path: string, body?: unknown, key?: string) => ask<T>('POST', path, body, key);
export const put = <T>(path: string, body?: unknown) => ask<T>('PUT', path, body);
export const patch = <T>(path: string, body: unknown) => ask<T>('PATCH', path, body);
export const del = <T>(path: string) => ask<T>('DELETE', path);

/** A file behind the session header (a picture, an export): the caller revokes the URL it is shown by. */
export async function blob(path: string): Promise<Blob> {
  const r = await fetch(prefix + path, {headers: headers('*/*')}).catch(() => null);
  if (!r) throw new Refusal({title: 'The node does not answer', status: 0, code: 'stopped'});
  if (!r.ok) throw await problemOf(r);
  return r.blob();
}

/** Sends a file as it is. */
export async function upload<T>(path: string, file: Blob): Promise<T> {
  const h = {...headers(), 'Content-Type': file.type || 'application/octet-stream'};
  const r = await fetch(prefix + path, {method: 'POST', headers: h, body: file}).catch(() => null);
  if (!r) throw new Refusal({title: 'The node does not answer', status: 0, code: 'stopped'});
  if (!r.ok) throw await problemOf(r);
  return (await r.json()) as T;
}

/** Opens the event stream after a cursor. The caller reads the body. */
export async function openStream(after: string, signal: AbortSignal): Promise<Response> {
  const r = await fetch(`${prefix}/events?after=${encodeURIComponent(after)}`, {headers: headers('text/event-stream'), signal});
  if (!r.ok) throw await problemOf(r);
  return r;
}

export const seg = encodeURIComponent;
