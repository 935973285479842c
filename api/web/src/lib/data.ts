// A list or resource for a screen: read when it is shown, and again when something of its kind happens.
import {useSignal, useSignalEffect} from '@preact/signals';
import {useEffect} from 'preact/hooks';
import {get, Refusal} from './api';
import {beat} from './state';
import type {Page, Problem} from './types';

export interface Data<T> {value: T | null; problem: Problem | null; reload: () => void}

/** Reads a path. The topics are kinds of events ("member:com_1"); null as path reads nothing. */
export function useData<T>(path: string | null, topics: string[] = [], all = false): Data<T> {
  const value = useSignal<T | null>(null);
  const problem = useSignal<Problem | null>(null);
  const run = useSignal(0);
  useSignalEffect(() => {
    let n = run.value;
    for (const topic of topics) n += beat(topic).value;
    void n;
    if (path === null) return undefined;
    let live = true;
    const timer = setTimeout(() => {
      (all ? every(path) : get<unknown>(path)).then((v) => {
        if (!live) return;
        value.value = v as T;
        problem.value = null;
      }, (e: unknown) => {
        if (live && e instanceof Refusal) problem.value = e.problem;
      });
    }, value.peek() === null ? 0 : 250);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  });
  useEffect(() => {
    value.value = null;
    problem.value = null;
    run.value++;
  }, [path]);
  return {value: value.value, problem: problem.value, reload: () => run.value++};
}

/** All pages of a list, in order, up to 5,000 items. */
async function every(path: string): Promise<unknown[]> {
  const out: unknown[] = [];
  let cursor: string | null = '';
  while (cursor !== null && out.length < 5000) {
    const more: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const p: Page<unknown> = await get<Page<unknown>>(`${path}${path.includes('?') ? '&' : '?'}limit=200${more}`);
    out.push(...p.items);
    cursor = p.next_cursor;
  }
  return out;
}

export const useList = <T>(path: string | null, topics: string[] = []): Data<T[]> => useData<T[]>(path, topics, true);
