// The pages at /docs look as the person chose for the page: theme, size of text, contrast, motion. They need no other script.
try {
  const p = JSON.parse(localStorage.getItem('prefs') ?? '{}'), d = document.documentElement.dataset;
  if (p.theme && p.theme !== 'system') d.theme = p.theme;
  if (p.text) d.text = p.text;
  if (p.contrast) d.contrast = 'more';
  if (p.still) d.still = 'yes';
} catch {
  // Nothing was chosen, or nothing may be read: the system's own look it is.
}
