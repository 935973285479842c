// Native dialogs and menus: Esc closes, the focus comes back, and what is behind cannot be reached.
import type {ComponentChildren} from 'preact';
import {useId, useLayoutEffect, useRef} from 'preact/hooks';
import {t} from '../lib/i18n';
import {Icon} from './basic';

export function Dialog({title, onClose, children, wide, side}: {
  title: ComponentChildren; onClose: () => void; children: ComponentChildren; wide?: boolean; side?: boolean;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const outside = useRef(false); // began there too: words are marked from inside, past the edge
  const id = useId();
  useLayoutEffect(() => { // before the browser goes on: what is typed next is meant for the dialog
    const d = ref.current!;
    const before = document.activeElement as HTMLElement | null;
    if (!d.open) d.showModal();
    return () => {
      if (before?.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={ref} class={`dlg ${wide ? 'wide' : ''} ${side ? 'sheet-dlg' : ''}`} aria-labelledby={id} onClose={onClose}
      onPointerDown={(e) => {
        outside.current = e.target === ref.current;
      }} onClick={(e) => e.target === ref.current && outside.current && ref.current?.close()}>
      <div class="dlg-in">
        <header class="row">
          <h2 id={id} class="grow serif">{title}</h2>
          <button type="button" class="bt ic" aria-label={t('close')} onClick={() => ref.current!.close()}><Icon name="x" /></button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be undone. What is possible and what is not is in the text. */
export function Confirm({title, text, action, onYes, onClose, danger = true, busy, children}: {
  title: string; text: string; action: string; onYes: () => void; onClose: () => void; danger?: boolean; busy?: boolean; children?: ComponentChildren;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      {children}
      <div class="row wrap end">
        <button type="button" class="bt" onClick={onClose}>{t('cancel')}</button>
        <button type="button" class={danger ? 'bt dg solid' : 'bt pr'} disabled={busy} onClick={onYes}>{action}</button>
      </div>
    </Dialog>
  );
}

export interface MenuItem {icon: string; label: string; danger?: boolean; run?: () => void; href?: string}

/** A button with a menu in the top layer. Arrows move, Esc closes. */
export function Menu({label, icon = 'more', items, children, class: cls = 'bt ic', act}: {
  label: string; act?: string; icon?: string; items: MenuItem[]; children?: ComponentChildren; class?: string;
}) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const place = () => {
    const b = button.current!.getBoundingClientRect(), m = menu.current!;
    const height = m.offsetHeight, width = m.offsetWidth;
    const rtl = document.documentElement.dir === 'rtl';
    const top = b.bottom + 4 + height > innerHeight ? Math.max(8, b.top - height - 4) : b.bottom + 4;
    const left = rtl ? b.left : b.right - width;
    m.style.top = `${top}px`;
    m.style.left = `${Math.min(Math.max(8, left), innerWidth - width - 8)}px`;
  };
  const onKey = (e: KeyboardEvent) => {
    const all = [...menu.current!.querySelectorAll<HTMLElement>('[role=menuitem]')];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = ({ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1} as Record<string, number>)[e.key];
    if (to !== undefined) {
      e.preventDefault();
      all.at(to % all.length)?.focus();
    } else if (e.key === 'Tab') menu.current!.hidePopover();
  };
  if (!items.length) return null;
  return (
    <>
      <button ref={button} type="button" class={cls} aria-label={children ? undefined : label} aria-haspopup="menu" data-act={act} popovertarget={id}>
        {children ?? <Icon name={icon} />}
      </button>
      <div ref={menu} id={id} popover="auto" role="menu" aria-label={label} class="menu" onKeyDown={onKey}
        onToggle={(e) => {
          if ((e as unknown as ToggleEvent).newState === 'open') {
            place();
            menu.current!.querySelector<HTMLElement>('[role=menuitem]')?.focus();
          }
        }}>
        {items.map((i) => i.href
          ? <a key={i.label} role="menuitem" tabIndex={-1} href={i.href} onClick={() => menu.current!.hidePopover()}><Icon name={i.icon} />{i.label}</a>
          : <button key={i.label} type="button" role="menuitem" tabIndex={-1} class={i.danger ? 'dg' : ''} onClick={() => {
            menu.current!.hidePopover();
            button.current!.focus();
            i.run!();
          }}><Icon name={i.icon} />{i.label}</button>)}
      </div>
    </>
  );
}
