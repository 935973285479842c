// The code of an invite before a camera: frames go to this page's own node, which reads them, until one holds an invite.
import {useEffect, useRef, useState} from 'preact/hooks';
import {Refusal, upload} from '../lib/api';
import {t} from '../lib/i18n';
import type {Problem} from '../lib/types';
import {Icon, Note, Trouble} from '../parts/basic';
import {Dialog} from '../parts/dialog';

const longest = 960; // points of the longer side of a frame: enough for a code that fills a third of it
const pause = 250; // milliseconds between an answer and the next frame

/** Whether there is a camera to ask for. */
export function useCamera(): boolean {
  const [there, setThere] = useState(false);
  useEffect(() => {
    void navigator.mediaDevices?.enumerateDevices().then((all) => setThere(all.some((d) => d.kind === 'videoinput')), () => {});
  }, []);
  return there;
}

/** Resolves with the next frame as JPEG; null where there is none yet. */
async function frame(v: HTMLVideoElement): Promise<Blob | null> {
  if (!v.videoWidth) return null;
  const by = Math.min(1, longest / Math.max(v.videoWidth, v.videoHeight));
  const c = new OffscreenCanvas(Math.round(v.videoWidth * by), Math.round(v.videoHeight * by));
  c.getContext('2d')!.drawImage(v, 0, 0, c.width, c.height);
  return c.convertToBlob({type: 'image/jpeg', quality: 0.9});
}

export function Camera({onFound, onClose}: {onFound: (link: string) => void; onClose: () => void}) {
  const video = useRef<HTMLVideoElement>(null);
  const [not, setNot] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let live = true, stream: MediaStream | undefined;
    const look = async () => {
      while (live) {
        const shot = await frame(video.current!);
        if (shot && live) {
          const {link} = await upload<{link: string}>('/invites/decode?frame=true', shot);
          if (link && live) return onFound(link);
        }
        await new Promise((done) => setTimeout(done, pause));
      }
    };
    void (async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: 'environment', width: {ideal: 1280}}});
        if (!live) return stream.getTracks().forEach((x) => x.stop());
        video.current!.srcObject = stream;
        await video.current!.play();
      } catch {
        return live && setNot(true);
      }
      await look().catch((e: unknown) => live && e instanceof Refusal && setProblem(e.problem));
    })();
    return () => {
      live = false;
      stream?.getTracks().forEach((x) => x.stop());
    };
  }, []);
  return (
    <Dialog title={t('join.camera')} onClose={onClose}>
      {not ? <Note kind="wn" icon="warn" alert>{t('join.cameraNot')}</Note> : (
        <>
          <p>{t('join.cameraText')}</p>
          <video ref={video} class="cam" muted playsInline aria-label={t('join.camera')} />
          <p class="mu" role="status"><Icon name="hourglass" /> {t('join.cameraLooking')}</p>
        </>
      )}
      <Trouble problem={problem} />
    </Dialog>
  );
}
