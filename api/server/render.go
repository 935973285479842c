package server

import (
	"cmp"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// From what node says to what the API says. Empty becomes null or an empty
// list as the shapes demand.

func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, v := range in {
		out = append(out, f(v))
	}
	return out
}

func renderMe(m node.Me) api.Me {
	return api.Me{DisplayName: m.DisplayName, Devices: m.Devices, RecoveryWordsConfirmed: m.WordsConfirmed, First: m.First}
}

func renderCommunity(c node.Community) api.Community {
	settings := c.Settings
	if settings == nil {
		settings = map[string]string{}
	}
	return api.Community{ID: c.ID, Name: c.Name, Description: c.Description, Role: cmp.Or(c.Role, "none"), Permissions: list(c.Permissions),
		MemberCount: c.MemberCount, GroupCount: c.GroupCount, AnnouncementsGroupID: c.AnnouncementsID, MeID: c.MeID,
		DisplayName: c.DisplayName, ParentID: optional(c.ParentID), Below: each(c.Below, renderBelow), Settings: settings, Reachable: c.Reachable,
		CreatedAt: api.Time{Time: c.CreatedAt}, Archived: c.Archived, State: cmp.Or(c.State, "active")}
}

func renderStorage(u node.Storage) api.Storage {
	out := api.Storage{CommunityID: u.CommunityID, Bytes: u.Bytes, LogBytes: u.LogBytes, FileBytes: u.FileBytes, Groups: []api.GroupStorage{}}
	for _, g := range u.Groups {
		out.Groups = append(out.Groups, api.GroupStorage{GroupID: g.GroupID, Messages: g.Messages, Bytes: g.Bytes, OldestAt: api.At(g.Oldest)})
	}
	return out
}

func renderBelow(b node.Below) api.CommunityBelow {
	return api.CommunityBelow{CommunityID: optional(b.CommunityID), Name: b.Name, CreatedAt: api.Time{Time: b.CreatedAt}}
}

func renderGroup(g node.Group) api.Group {
	out := api.Group{ID: g.ID, CommunityID: g.CommunityID, Kind: g.Kind, Name: g.Name, Description: g.Description,
		MemberCount: g.MemberCount, Joined: g.Joined, Open: g.Open, WhoPosts: g.WhoPosts, Archived: g.Archived, UserID: optional(g.UserID)}
	if out.State = "active"; g.Ended {
		out.State = "ended"
	}
	out.MutedUntil, out.Notifications = api.At(g.MutedUntil), cmp.Or(g.Notify, "all")
	if g.Joined {
		out.Unread, out.Mentions, out.FirstUnreadID = &g.Unread, &g.Mentions, optional(g.FirstUnreadID)
	}
	if g.Disappearing > 0 {
		out.DisappearingSeconds = new(int(g.Disappearing.Seconds()))
	}
	if at := g.MovedTo; at.GroupID != "" {
		out.MovedTo = &api.GroupElsewhere{CommunityID: at.CommunityID, GroupID: at.GroupID}
	}
	if at := g.Continues; at.GroupID != "" {
		out.Continues = &api.GroupElsewhere{CommunityID: at.CommunityID, GroupID: at.GroupID}
	}
	if g.LastMessage != nil {
		out.LastMessage = new(renderMessage(*g.LastMessage))
	}
	return out
}

func renderMember(m node.Member) api.Member {
	return api.Member{ID: m.ID, DisplayName: optional(m.DisplayName), Visible: m.Visible, Roles: list(m.Roles), State: m.State,
		Tags: []string{}, JoinedAt: api.At(m.JoinedAt), Online: m.Online, Me: m.Me, Verified: m.Verified}
}

func renderInvite(i node.Invite) api.Invite {
	return api.Invite{ID: i.ID, CommunityID: i.CommunityID, Link: i.Link, Text: i.Text, GroupIDs: list(i.GroupIDs),
		NeedsApproval: i.NeedsApproval, MaxUses: i.MaxUses, Uses: i.Uses, ExpiresAt: api.At(i.ExpiresAt), Revoked: i.Revoked, CreatedBy: i.CreatedBy}
}

func renderPreview(p node.Preview) api.InvitePreview {
	return api.InvitePreview{InvitedBy: p.InvitedBy, NeedsApproval: p.NeedsApproval, ExpiresAt: api.At(p.ExpiresAt),
		Community: api.PreviewCommunity{ID: p.CommunityID, Name: p.Name, Description: p.Description, MemberCount: p.MemberCount, GroupCount: p.GroupCount}}
}

func renderMessage(m node.Message) api.Message {
	out := api.Message{ID: m.ID, GroupID: m.GroupID, CommunityID: m.CommunityID, AuthorID: m.AuthorID, AuthorName: optional(m.AuthorName),
		Kind: m.Kind, Text: m.Text, Mentions: list(m.Mentions), ReplyTo: optional(m.ReplyTo), ThreadRoot: optional(m.ThreadRoot),
		Attachments: []any{}, Reactions: []api.Reaction{}, CreatedAt: api.Time{Time: m.CreatedAt}, Order: m.Order,
		AfterRemoval: m.Doubtful, Starred: m.Starred, Blocked: m.Blocked, Delivery: renderDelivery(m.Delivery)}
	if a := m.Announcement; a != nil {
		out.Audience = &api.Audience{All: len(a.Groups) == 0, Groups: a.Groups}
		out.Priority, out.Replies = cmp.Or(a.Priority, "normal"), cmp.Or(a.Replies, "off")
		out.AckWanted, out.Acked, out.Acks = &a.AckWanted, &a.Acked, &a.Acks
		out.Delivery.Reached = max(out.Delivery.Reached, a.Reached)
	}
	out.ThreadCount = m.ThreadCount
	out.Reactions = each(m.Reactions, func(r node.Reaction) api.Reaction { return api.Reaction(r) })
	out.EditedAt, out.PinnedUntil = timeOrNull(m.EditedAt), timeOrNull(m.PinnedUntil)
	if d := m.Deleted; d != nil {
		out.Deleted = &api.Deleted{By: d.By, Reason: d.Reason, Hidden: d.Hidden}
	}
	if y := m.System; y != nil {
		out.System = &api.System{What: y.What, SubjectID: optional(y.SubjectID), SubjectName: optional(y.SubjectName), Value: y.Value}
	}
	if m.Poll != nil {
		out.Poll = new(renderPoll(*m.Poll))
	}
	if m.Event != nil {
		out.Event = new(renderCalendarEvent(*m.Event))
	}
	return out
}

func renderDelivery(d node.Delivery) api.Delivery {
	return api.Delivery{State: cmp.Or(d.State, "waiting"), Reached: d.Reached, Expected: d.Expected, Read: d.Read}
}

func renderDeliveryTo(d node.Delivery) api.DeliveryTo {
	out := api.DeliveryTo{Delivery: renderDelivery(d)}
	if d.People != nil {
		out.People = each(d.People, func(p node.Receiver) api.Receiver {
			return api.Receiver{UserID: p.ID, DisplayName: optional(p.Name), State: p.State}
		})
	}
	return out
}

func renderPeer(p node.Peer) api.Peer {
	return api.Peer{ID: p.ID, CommunityID: p.CommunityID, MemberID: optional(p.MemberID), Role: p.Role, Addresses: list(p.Addrs),
		Direction: p.Direction, LatencySeconds: p.Latency.Round(time.Microsecond).Seconds(), Since: api.At(p.Since)}
}

func renderNetwork(mode string, hosts []node.Network) api.Network {
	out := api.Network{Mode: mode, Reachability: "unknown", Hosts: []api.NetworkHost{}}
	worth := map[string]int{"private": 1, "public": 2}
	for _, h := range hosts {
		reach := cmp.Or(h.Reachability, "unknown")
		if worth[reach] > worth[out.Reachability] {
			out.Reachability = reach
		}
		out.Peers, out.BytesIn, out.BytesOut = out.Peers+h.Members, out.BytesIn+h.BytesIn, out.BytesOut+h.BytesOut
		out.Hosts = append(out.Hosts, api.NetworkHost{CommunityID: h.CommunityID, PeerID: h.PeerID, Addresses: list(h.Addrs),
			Reachability: reach, Peers: h.Members, DHT: h.DHT, LAN: h.MDNS, Syncs: h.Syncs, BytesIn: h.BytesIn, BytesOut: h.BytesOut})
	}
	return out
}

func renderJob(j node.Job) api.Job {
	out := api.Job{ID: j.ID, Kind: j.Kind, State: j.State, Progress: j.Progress, CreatedAt: api.At(j.CreatedAt),
		Steps: each(j.Steps, func(s node.JobStep) api.JobStep { return api.JobStep(s) })}
	if j.State == "done" {
		out.Result = &api.JobResult{CommunityID: j.CommunityID}
	}
	if j.Err != nil {
		p := problemOf(j.Err)
		out.Error = complete(p, &about{})
	}
	return out
}
