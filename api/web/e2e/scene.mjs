// A community with some life in it, and every screen of the page by its address.
import {Node, until} from './lib.mjs';

export async function scene() {
  const asha = await new Node('Asha Rao').start();
  const budi = await new Node('Budi Santoso').start();
  const com = await asha.community('Sunrise Ward', 'Asha Rao', 'Neighbours of Ward 12: water, food relief, school and street news.');
  const base = `/communities/${com.id}`;
  const food = await asha.api('POST', `${base}/groups`, {name: 'Food relief', description: 'Who cooks, who carries', open: true});
  await asha.api('POST', `${base}/groups`, {name: 'सामान्य', open: true});
  const quiet = await asha.api('POST', `${base}/groups`, {name: 'Quiet corner'});
  const invite = await asha.api('POST', `${base}/invites`, {groups: [com.general.id, food.id]});
  await budi.join(invite.link, 'Budi Santoso');
  const say = (n, text, g = food) => n.api('POST', `/groups/${g.id}/messages`, {text});
  await say(asha, 'The school kitchen can cook **120 packets** on Friday if we bring rice and dal by Thursday night.');
  await say(budi, 'They gave us 15 kg. @Asha can the school kitchen still cook on Friday? https://example.org/list');
  await say(budi, 'I can take 20 packets on my bicycle.');
  await say(asha, 'Yes, Carmen confirmed. Thank you Budi!\n\n```\nrice 30\ndal 15\n```');
  await say(asha, 'مرحبا بالجميع، نلتقي عند الساعة السادسة.');
  await asha.api('POST', `${base}/announcements`, {text: 'Water tanker comes at **5 pm** on **Lake Road**. Bring two cans each.', priority: 'urgent'});
  await asha.api('POST', `${base}/announcements`, {text: 'Free health camp on Saturday.\n\nSchool hall, ground floor, 10 to 14.'});
  const at = new Date(Date.now() + 3 * 86_400_000).toISOString();
  await asha.api('POST', `${base}/announcements/scheduled`, {text: 'The health camp is **tomorrow**. Bring the old papers.', at});
  const friend = await until(async () => (await asha.api('GET', `${base}/members`)).items.find((m) => !m.me && m.display_name), 'the name of Budi');
  const dm = await asha.api('POST', '/dms', {user_id: friend.id});
  await asha.api('POST', `/groups/${dm.id}/messages`, {text: 'Can you lend me the big pot on Friday?'});
  const kg = await until(async () => (await asha.api('GET', `/groups/${food.id}/messages`)).items.find((m) => m.text.includes('15 kg')), 'a message of Budi');
  await asha.api('POST', `/messages/${kg.id}/report`, {reason: 'The list behind the link asks for telephone numbers.'});
  const closed = await asha.api('POST', `${base}/invites`, {needs_approval: true, expires_in: 604800});
  const dalia = await new Node('Dalia').start();
  await dalia.api('POST', '/invites/accept', {link: closed.link, display_name: 'Dalia', note: 'I live in Lane 4.'});
  const c = `/c/${com.id}`;
  const screens = {
    welcome: '/welcome', new: '/new', below: `/new?parent=${com.id}`, join: '/join', restore: '/restore', home: c, announcements: `${c}/announcements`, chat: `${c}/g/${food.id}`,
    naming: `${c}/g/${food.id}`, whom: `${c}/g/${food.id}`, empty: `${c}/g/${quiet.id}`, dm: `${c}/g/${dm.id}`, about: `${c}/g/${food.id}/about`, 'new-group': `${c}/new-group`, members: `${c}/members`, invite: `${c}/invite`, me: `${c}/me`,
    network: `${c}/network`, search: `/search?community=${com.id}&q=rice`, 'search-none': '/search?q=zeppelin', overview: `${c}/admin/overview`, requests: `${c}/admin/requests`, reports: `${c}/admin/reports`, groups: `${c}/admin/groups`, roles: `${c}/admin/roles`,
    invites: `${c}/admin/invites`, insights: `${c}/admin/insights`, audit: `${c}/admin/audit`, danger: `${c}/admin/danger`, profile: '/settings/profile', look: '/settings/look', keyboard: '/settings/keyboard', notifications: '/settings/notifications', privacy: '/settings/privacy', blocks: '/settings/blocks', stars: `${c}/stars`, suggest: `${c}/suggest`,
    devices: '/settings/devices', storage: '/settings/storage', recovery: '/settings/recovery', developers: '/settings/developers', 'about-page': '/settings/about', nothing: '/c/com_none', jump: c, help: c,
  };
  return {asha, budi, dalia, com, food, quiet, dm, invite, screens, end: () => Promise.all([asha, budi, dalia].map((n) => n.end()))};
}
