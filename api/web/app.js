// The status page: what this node holds and how it is doing, kept fresh by the
// event stream. Text goes in as text nodes only.
'use strict';
(() => {
  const api = '/api/v1';
  const secret = localStorage.getItem('session');
  const say = document.getElementById('say');
  const place = document.getElementById('node');

  const call = (path, accept) => fetch(api + path, {
    headers: {'X-Pandal-Session': secret ?? '', 'Accept': accept ?? 'application/json'},
  });
  const make = (tag, text, kind) => {
    const e = document.createElement(tag);
    e.textContent = text;
    if (kind) e.className = kind;
    return e;
  };
  const time = (t) => new Date(t).toLocaleString();

  const groupLine = async (g) => {
    const line = make('li', '');
    const facts = g.kind === 'announcements' ? 'announcements' : g.joined ? g.member_count + ' members' : 'not joined';
    line.append(make('strong', g.name || 'Announcements'), ' ', make('span', facts, 'muted'));
    if (g.joined || g.kind === 'announcements') {
      const answer = await call('/groups/' + encodeURIComponent(g.id) + '/messages?limit=5');
      if (answer.ok) {
        const list = await answer.json();
        for (const m of list.items.toReversed()) {
          const p = make('p', '');
          p.append(make('span', (m.author_name ?? 'somebody') + ', ' + time(m.created_at), 'muted'), document.createElement('br'), m.text);
          line.append(p);
        }
        if (list.items.length === 0) line.append(make('p', 'No messages yet.', 'muted'));
      }
    }
    return line;
  };

  const draw = async () => {
    const answer = await call('/start');
    if (answer.status === 401) {
      say.textContent = 'This page is not signed in. Open it from the app: type “pandal ui”.';
      place.replaceChildren();
      return null;
    }
    if (!answer.ok) throw new Error(answer.status);
    const start = await answer.json();
    const parts = [];
    for (const c of start.communities) {
      const box = make('section', '');
      box.append(make('h2', c.name), make('p', `${c.member_count} members, ${c.reachable} connected. You are ${c.role}.`, 'muted'));
      if (c.description) box.append(make('p', c.description));
      const list = make('ul', '');
      for (const g of start.groups.filter((g) => g.community_id === c.id)) list.append(await groupLine(g));
      box.append(list);
      parts.push(box);
    }
    if (parts.length === 0) parts.push(make('p', 'No community yet. Start one with “pandal community create”, or join with “pandal invite accept <link>”.'));
    place.replaceChildren(...parts);
    say.textContent = `The node runs. ${start.communities.length} communities, drawn at ${new Date().toLocaleTimeString()}.`;
    return start.event_cursor;
  };

  const follow = async () => {
    for (;;) {
      try {
        let cursor = await draw();
        while (cursor !== null) {
          const answer = await call(`/events?after=${cursor}&wait=30`);
          if (answer.status === 410) break;
          if (!answer.ok) throw new Error(answer.status);
          const page = await answer.json();
          cursor = page.items.length > 0 ? await draw() : page.next_cursor;
        }
        if (cursor === null) return;
      } catch {
        say.textContent = 'The node does not answer. Trying again …';
        await new Promise((done) => setTimeout(done, 2000));
      }
    }
  };
  follow();
})();
