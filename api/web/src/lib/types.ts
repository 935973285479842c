// The shapes of api.md 5a, as far as the page reads them. Fields that a node may not send are optional.

export interface Me {display_name: string; devices: number; recovery_words_confirmed: boolean; first_device: boolean}

export interface Community {
  id: string; name: string; description: string; role: string; permissions: string[]; member_count: number; group_count: number;
  announcements_group_id: string; me_id: string; display_name?: string; settings: Record<string, string>; reachable: number;
  created_at: string; archived: boolean; state: 'active' | 'removed' | 'left' | 'revoked'; parent_id?: string | null;
  below?: {community_id: string | null; name: string}[];
}

export type Level = 'all' | 'mentions' | 'none';

export interface Group {
  id: string; community_id: string; kind: 'announcements' | 'chat' | 'dm'; name: string; description: string; member_count: number;
  joined: boolean; open: boolean; who_posts: string; disappearing_seconds: number | null; unread?: number | null; mentions?: number | null;
  first_unread_id?: string | null; muted_until: string | null; last_message: Message | null; archived: boolean; /** ended: one of the two has left a direct message. */ state: 'active' | 'ended'; user_id?: string | null;
  notifications: Level; moved_to?: Elsewhere; continues?: Elsewhere;
}

/** A group of another community of the tree. */
export interface Elsewhere {community_id: string; group_id: string}

export interface Delivery {state: 'waiting' | 'sent' | 'delivered'; reached: number; expected: number; read: number | null}
export interface Receiver {user_id: string; display_name: string | null; state: 'waiting' | 'delivered' | 'read'}
export interface DeliveryTo extends Delivery {people: Receiver[] | null}
export interface Reaction {emoji: string; count: number; mine: boolean}
export interface Audience {all?: boolean; groups?: string[]}

export interface Message {
  id: string; group_id: string; community_id: string; author_id: string; author_name: string | null; kind: string; text: string;
  mentions: string[]; reply_to: string | null; thread_root: string | null; thread_count: number; reactions: Reaction[];
  edited_at: string | null; deleted: {by: string; reason: string; hidden?: boolean} | null; pinned?: boolean; pinned_until: string | null; created_at: string;
  order: string; after_removal?: boolean; delivery: Delivery; hidden?: unknown;
  audience?: Audience; priority?: string; ack_wanted?: boolean; acks?: number; acked?: boolean; replies?: string;
  system?: {what: string; subject_id: string | null; subject_name: string | null; value: string};
  poll?: Poll; event?: CalendarEvent; starred?: boolean; blocked?: boolean;
}

/** What a search found; the ranges count code points of the text. */
export interface Hit {kind: 'message'; message: Message; ranges: {start: number; end: number}[]}

export interface Poll {
  id: string; message_id: string; group_id: string; question: string; options: {id: string; text: string; votes: number; mine: boolean}[];
  multiple: boolean; anonymous: boolean; results: string; closes_at: string | null; closed: boolean; voters: number;
}

export interface CalendarEvent {
  id: string; message_id: string; group_id: string; title: string; text: string; starts_at: string; ends_at: string | null;
  place: string; capacity: number | null; rsvps: {yes: number; no: number; maybe: number; waiting: number; mine: string | null; i_wait: boolean}; cancelled: boolean; mine?: boolean;
}

export interface Member {
  id: string; display_name: string | null; visible: boolean; roles: string[]; state: 'active' | 'removed' | 'banned' | 'left';
  joined_at: string | null; verified: boolean; online: boolean; me: boolean;
}

export interface Contact {kind: string; value: string; visible?: string}
export interface Profile {id: string; display_name: string | null; visible: boolean; contacts: Contact[]; has_picture: boolean}

export interface Invite {
  id: string; community_id: string; link?: string; text?: string; group_ids: string[]; needs_approval: boolean; max_uses: number;
  uses: number; expires_at: string | null; revoked: boolean; created_by?: string;
}

export interface Preview {
  community: {id: string; name: string; description: string; member_count: number; group_count: number};
  invited_by: string; needs_approval: boolean; expires_at: string | null;
}

export interface JobStep {name: string; state: string; detail: string}
export interface Job {
  id: string; kind: string; state: 'queued' | 'running' | 'waiting' | 'done' | 'failed'; steps: JobStep[]; progress: number;
  result: {community_id?: string} | null; error: Problem | null;
}

export interface JoinRequest {
  id: string; community_id: string; group_id: string | null; user_id: string; display_name: string; note: string; created_at: string;
  state: 'pending' | 'approved' | 'declined'; reason?: string; mine: boolean;
}

export interface Problem {
  title: string; status: number; code: string; detail?: string; hint?: string; bit?: string; who?: string[];
  errors?: {location: string; message: string}[];
}

/** How the node uses the network, in the order in which one chooses. */
export const modes = ['normal', 'low_data', 'lan_only', 'offline'] as const;
export type Mode = (typeof modes)[number];
export interface Start {me: Me; communities: Community[]; groups: Group[]; event_cursor: string; mode: Mode}
export interface Page<T> {items: T[]; next_cursor: string | null}

export interface StreamEvent {id?: string; type: string; time: string; community_id?: string; group_id?: string; actor_id?: string; data: unknown}

export interface Device {id: string; name: string; this: boolean; first: boolean; communities: string[]; added_at: string | null}
export interface Session {id: string; created_at: string; last_used_at: string; current: boolean; secret?: string}
export interface Token {
  id: string; name: string; scopes: string[]; group_ids: string[]; created_at: string; expires_at: string | null; last_used_at: string | null; token?: string;
}
export interface NetworkHost {
  community_id: string; peer_id: string; addresses: string[]; reachability: string; peers: number; dht: boolean; lan: boolean; bytes_in: number; bytes_out: number;
}
export interface Network {mode: Mode; reachability: string; peers: number; bytes_in: number; bytes_out: number; hosts: NetworkHost[]}
export interface Storage {
  community_id: string; bytes: number; log_bytes: number; file_bytes: number; groups: {group_id: string; messages: number; bytes: number; oldest_at: string | null}[];
}
export interface Peer {
  id: string; community_id: string; member_id: string | null; role: string; addresses: string[]; direction: string; latency_seconds?: number; since: string | null;
}
export interface Role {name: string; permissions: string[]}
export interface Act {
  id: string; kind: string; actor_id: string | null; subject_id: string | null; group_id: string | null; time: string; effective: boolean;
  why?: string; detail: Record<string, string>;
}
export interface Recovery {members: string[]; need: number; mine: boolean; owner_id: string}
export interface MessageVersion {at: string; text: string}
export interface Voter {user_id: string; display_name: string | null; options: string[]}
export interface Guest {user_id: string; display_name: string | null; status: string; guests: number; waiting: boolean}
export interface Report {
  id: string; community_id: string; group_id: string | null; message_id: string | null; user_id: string; display_name: string | null; by: string;
  by_name: string | null; reason: string; excerpt: string; held: boolean; created_at: string; state: 'open' | 'resolved' | 'dismissed'; mine: boolean;
}
export interface Scheduled {id: string; at: string; text: string; audience: Audience | null; priority: string; ack_wanted: boolean; replies: string; error: string | null}
export interface Privacy {read_receipts: boolean; typing: boolean}
export interface Block {user_id: string; blocked: boolean}
export interface Greeting {message: string; steps: string[]}
export interface Suggestion {
  id: string; name: string; description: string; open: boolean; display_name: string | null; created_at: string; state: 'pending' | 'accepted' | 'declined';
  reason?: string; mine: boolean; group_id: string | null;
}
export interface InsightDay {day: string; complete: boolean; members?: number; active?: number; messages?: number; reached?: number; expected?: number}
export interface Insights {
  fewest_people: number; coverage: {groups: number; of_groups: number; history_since: string | null; opted_in?: number}; days: InsightDay[];
}
export interface Version {version: string; revision?: string; go: string; os: string; arch: string}

export interface MessageDeliveryData extends Delivery {message_id: string}
