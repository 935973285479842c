// How this node uses the network: chosen here, for all communities and all tabs at once.
import {useRef, useState} from 'preact/hooks';
import {put, Refusal} from '../lib/api';
import {t} from '../lib/i18n';
import {mode} from '../lib/state';
import {modes, type Mode, type Network, type Problem} from '../lib/types';
import {Icon, Segments, Trouble} from './basic';

export function NetworkMode() {
  // Arrow keys pass through the modes between: the node is asked for one at a time, and the last wish is the one that stays.
  const [wish, setWish] = useState<Mode | null>(null);
  const last = useRef<Mode | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const choose = async (m: Mode) => {
    const busy = last.current !== null;
    last.current = m;
    setWish(m);
    setProblem(null);
    if (busy) return;
    for (let asked: Mode | null = null; asked !== last.current;) {
      asked = last.current;
      try {
        mode.value = (await put<Network>('/network/mode', {mode: asked})).mode;
      } catch (e) {
        if (e instanceof Refusal) setProblem(e.problem);
      }
    }
    last.current = null;
    setWish(null);
  };
  return (
    <section class="card stack" aria-busy={wish !== null}>
      <Segments wide legend={t('mode.title')} name="mode" value={wish ?? mode.value} onChange={(m) => void choose(m)} options={modes.map((m) => [m, t(`mode.${m}`)] as [Mode, string])} hints={(m) => t(`mode.hint.${m}`)} />
      <div role="status">{wish ? <p class="mu"><Icon name="hourglass" /> {t('mode.switching')}</p> : null}</div>
      <Trouble problem={problem} />
    </section>
  );
}
