// A list or resource for a screen: read when it is shown, and again when something of its kind happens.
import {effect, useSignal} from '@preact/signals';
import {useEffect} from 'preact/hooks';
import {get, Refusal} from './api';
import {beat} from './state';
import type {Page, Problem} from './types';

export interface Data<T> {value: T | null; problem: Problem | null; reload: () => void}

/** Reads a path: once when it is shown, then at most four times a second. The topics are kinds of events ("member:com_1"); null as path reads nothing. */
export function useData<T>(path: string | null, topics: string[] = [], all = false): Data<T> {
  const value = useSignal<T | null>(null);
  const problem = useSignal<Problem | null>(null);
  const run = useSignal(0);
  useEffect(() => {
    value.value = null;
    problem.value = null;
    if (path === null) return undefined;
    let live = true, timer = 0, asked = 0, shown = 0;
    const read = () => {
      timer = 0;
      const n = ++asked;
      (all ? every(path) : get<unknown>(path)).then((v) => {
        if (!live || n < shown) return;
        shown = n;
        value.value = v as T;
        problem.value = null;
      }, (e: unknown) => {
        if (live && n === asked && e instanceof Refusal) problem.value = e.problem;
      });
    };
    const stop = effect(() => {
      void run.value;
      for (const topic of topics) void beat(topic).value;
      timer ||= setTimeout(read, asked ? 250 : 0);
    });
    return () => {
      live = false;
      clearTimeout(timer);
      stop();
    };
  }, [path, topics.join()]);
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
