// The service worker: it shows this page where the node does not run. See public/sw.js.

const file = '/sw.js';
interface Policy {createScriptURL(url: string): string}
interface Factory {createPolicy(name: string, rules: Policy): Policy}

/** Registers the worker. Where the browser has none, the page works as it does; only a reload while the node is away shows the browser's words. */
export function keepShell() {
  if (!('serviceWorker' in navigator)) return;
  const types = (globalThis as {trustedTypes?: Factory}).trustedTypes;
  // The one address that the policy lets through.
  const policy = types?.createPolicy('pandal', {createScriptURL: (url) => {
    if (url !== file) throw new TypeError(url);
    return url;
  }});
  navigator.serviceWorker.register(policy?.createScriptURL(file) ?? file).catch(() => {});
}

/** The node answers again: where this page came from the shell of another version, it starts anew with that of the node. */
export async function freshShell(hash: string): Promise<void> {
  const kept = await caches.match('/app.js'), now = await fetch('/app.js', {method: 'HEAD'}).catch(() => null);
  if (!kept || !now?.ok || kept.headers.get('ETag') === now.headers.get('ETag')) return;
  if (hash) history.replaceState(null, '', `${location.pathname}${location.search}#${hash}`);
  location.reload();
}
