// Trades the one-time code in the fragment for a session. The fragment is taken
// out of the address first, so that it is in no history entry.
'use strict';
(async () => {
  const say = document.getElementById('say');
  const code = location.hash.slice(1);
  history.replaceState(null, '', '/login');
  const fail = (text) => {
    say.textContent = text;
    document.getElementById('how').hidden = false;
  };
  if (!code) {
    fail('There is no sign-in code in this address.');
    return;
  }
  try {
    const answer = await fetch('/api/v1/session', {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({code}),
    });
    const body = await answer.json();
    if (!answer.ok) {
      fail(body.detail || body.title);
      return;
    }
    localStorage.setItem('session', body.secret);
    location.replace('/');
  } catch {
    fail('The node does not answer.');
  }
})();
