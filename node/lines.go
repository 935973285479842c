package node

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Lines such as "Asha added Budi" are derived from the ops of a space when they are shown: nobody sends them and nothing stores them, so whatever
// makes an op count no longer takes its line away too. What is kept in memory is only which ops could be lines, in order. A line takes the place
// that its op's time gives it, which decides nothing. In a group its members are named; in the announcements, which a whole community reads, nobody.

// line is an op that may be shown. Whether it is is asked each time.
type line struct {
	id, log        op.ID // log: whose state says whether it counts
	at             op.Millis
	what           string
	actor, subject identity.UserID
	value          string
	turn           turn
	cap            bool  // it gave its subject a cap
	ends           op.ID // the one cap it ends
	by             op.ID // the cap it was done under
}

// turn is what a line says of its subject: two of the same after each other are one.
type turn uint8

const (
	other turn = iota
	comes
	goes
	ranks
)

// spaceLines are the lines of a space, by (time, id), and the same by whom they are about.
type spaceLines struct {
	all   []*line
	about map[identity.UserID][]*line
}

// lines is what was read of a community's logs. A log only grows, so each op is looked at once.
type lines struct {
	log  *acl.Log
	seen map[op.ID]int
	of   map[[20]byte]*spaceLines
}

func byTime(a, b *line) int {
	if a.at != b.at {
		return int(min(max(a.at-b.at, -1), 1))
	}
	return slices.Compare(a.id[:], b.id[:])
}

// linesOf reads what is new in the logs that a space's lines come from. Owner only.
func (r *room) linesOf(s op.ID) *spaceLines {
	l := r.c.Log()
	if r.lines == nil || r.lines.log != l {
		r.lines = &lines{log: l, seen: map[op.ID]int{}, of: map[[20]byte]*spaceLines{}}
	}
	fresh := map[*spaceLines][]*line{}
	for _, log := range []op.ID{r.id, s} {
		nodes := l.Graph().Nodes(log)
		for _, n := range nodes[min(r.lines.seen[log], len(nodes)):] {
			if o := l.Op(l.Graph().ID(n)); o != nil {
				if of, x := r.lineOf(o); x != nil {
					sp := r.lines.at(of)
					fresh[sp] = append(fresh[sp], x)
				}
			}
		}
		r.lines.seen[log] = len(nodes)
	}
	for sp, more := range fresh {
		sp.take(more)
	}
	return r.lines.at([20]byte(s[:20]))
}

func (ls *lines) at(of [20]byte) *spaceLines {
	sp := ls.of[of]
	if sp == nil {
		sp = &spaceLines{about: map[identity.UserID][]*line{}}
		ls.of[of] = sp
	}
	return sp
}

// lineOf reads what an op says to those of a space, by the first bytes of its id; nil for nothing. Owner only.
func (r *room) lineOf(o *op.Op) (of [20]byte, x *line) {
	l, home := r.c.Log(), o.Home()
	x = &line{id: o.ID(), log: home, at: o.Time, by: o.Cap}
	x.actor, _ = l.Author(o.ID())
	of = [20]byte(home[:20])
	say := func(what, value string) ([20]byte, *line) { x.what, x.value = what, value; return of, x }
	is := func(t turn, m identity.UserID) { x.turn, x.subject = t, m }
	if b, ok := o.Body.(op.SetBody); ok {
		if to, group := strings.CutPrefix(b.Key, "group/"); home == r.id && group {
			id, field, _ := strings.Cut(to, "/")
			raw, err := hex.DecodeString(id)
			if err != nil || len(raw) != len(of) {
				return of, nil
			}
			of = [20]byte(raw)
			return r.lineOfSet(x, "group", field, b.Value, of)
		}
		return r.lineOfSet(x, map[bool]string{true: "community", false: "group"}[home == r.id], b.Key, b.Value, of)
	}
	if _, ok := o.Body.(op.OwnerRotateBody); ok && home == r.id {
		return say("owner_changed", "")
	}
	if b, ok := o.Body.(op.CreateGroupBody); ok && b.WhoPosts <= 1 {
		id := o.ID()
		of, x.cap = [20]byte(id[:20]), true
		is(comes, x.actor)
		return say("group_created", "")
	}
	if home == r.id || l.Direct(home) {
		return of, nil
	}
	switch b := o.Body.(type) {
	case op.AdmitBody:
		c, _ := o.Certificate()
		x.cap = true
		is(comes, c.Member)
		if b.Invite != (op.ID{}) || c.Member == x.actor {
			return say("member_joined", "")
		}
		return say("member_added", "")
	case op.GrantBody:
		x.cap = true
		is(ranks, b.Member)
		return say("role_changed", roleName(b.Bits))
	case op.LeaveBody:
		is(goes, x.actor)
		return say("member_left", "")
	case op.RevokeBody:
		if b.Target == (op.ID{}) {
			is(goes, b.Member)
			return say("member_removed", "")
		}
		m, _ := l.Subject(b.Target)
		x.ends = b.Target
		if t := l.Op(b.Target); t != nil && t.Kind() == op.Grant && t.Home() == home {
			is(ranks, m)
			return say("role_changed", "member")
		}
		is(goes, m)
		return say("member_removed", "")
	}
	return of, nil
}

// lineOfSet reads what a register says, if it is one that concerns those who read.
func (r *room) lineOfSet(x *line, what, key string, value []byte, of [20]byte) ([20]byte, *line) {
	switch key {
	case "name":
		x.what, x.value = what+"_renamed", string(value)
		if checkName(x.value) != nil {
			return of, nil
		}
	case "description":
		x.what = what + "_described"
	case acl.RegArchived:
		x.what = what + map[bool]string{true: "_archived", false: "_unarchived"}[acl.Archived(value)]
		if com, _, ok := crdt.MovedTo(value); ok && what == "group" {
			x.what, x.value = "group_moved", comID(com)
		}
	case crdt.RegContinues:
		com, _, ok := crdt.Continues(value)
		if !ok || what != "group" {
			return of, nil
		}
		x.what, x.value = "group_continues", comID(com)
	case crdt.RegHistory:
		x.what, x.value = "history_set", string(value)
		if what == "group" || !slices.Contains(settings["history"].values, x.value) {
			return of, nil
		}
	case crdt.RegDisappearing:
		n, err := strconv.ParseInt(string(value), 10, 64)
		if x.what = "disappearing_set"; what != "group" || err != nil || !slices.Contains(crdt.Retentions, op.Millis(n)*1000) {
			n = 0
		}
		x.value = strconv.FormatInt(n, 10)
	case crdt.RegWhoPosts:
		x.what, x.value = "who_posts_set", "everyone"
		if string(value) == "moderators" {
			x.value = "moderators"
		}
	default:
		return of, nil
	}
	return of, x
}

func roleName(b op.Bits) string {
	for _, name := range roleNames {
		if b&roles[name] == roles[name] {
			return name
		}
	}
	return "member"
}

// linesFrom is since when a person is shown the lines of a space: as far back as history is given to who came when he did. False: he never was in.
// Owner only.
func (r *room) linesFrom(s op.ID, sp *spaceLines) (op.Millis, bool) {
	me := r.fixed.Member
	came, ever := op.Millis(0), false
	if s == r.id {
		if st := r.c.State(s); st != nil {
			for _, c := range st.Members.Of(me).Caps {
				if o := r.c.Log().Op(c); o != nil && (!ever || o.Time < came) {
					came, ever = o.Time, true
				}
			}
		}
	} else if i := slices.IndexFunc(sp.about[me], func(x *line) bool { return x.turn == comes && r.lineCounts(x) }); i >= 0 {
		came, ever = sp.about[me][i].at, true
	}
	switch r.settingOf("history") {
	case "all":
		came = 0
	case "7d":
		came -= 7 * 86_400_000
	case "30d":
		came -= 30 * 86_400_000
	}
	return came, ever
}

func (r *room) lineCounts(x *line) bool {
	st := r.c.State(x.log)
	return st != nil && st.Effective(x.id)
}

// stands reports whether a line is to be shown. Owner only.
func (r *room) stands(sp *spaceLines, x *line) bool {
	if !r.lineCounts(x) || x.at > r.n.now()+aheadOfClock {
		return false
	}
	if x.turn == other {
		return true
	}
	about := sp.about[x.subject]
	at, _ := slices.BinarySearchFunc(about, x, byTime)
	if !r.hits(about, x) {
		return false
	}
	if x.turn == ranks { // what is taken and given at once is one change
		for _, y := range about[max(0, at-lookBack):min(len(about), at+lookBack)] {
			if y != x && y.turn == ranks && y.at == x.at && y.actor == x.actor && r.lineCounts(y) && (y.cap && !x.cap || y.cap == x.cap && byTime(y, x) < 0) {
				return false
			}
		}
		return true
	}
	for _, y := range slices.Backward(about[max(0, at-lookBack):at]) {
		if y.turn != ranks && r.lineCounts(y) && r.hits(about, y) {
			return x.turn != y.turn // in or out already: the same again is no news
		}
	}
	return x.turn == comes
}

// lookBack bounds how many lines about a person are looked at to judge one: nobody makes a page slow by putting somebody in and out.
const lookBack = 64

// hits reports whether an op that ends something ends a cap of its subject here: that it counts does not say that it outranks what it names.
func (r *room) hits(about []*line, x *line) bool {
	if x.cap || x.what == "member_left" {
		return true
	}
	l := r.c.Log()
	outranks := func(c op.ID) bool { _, ok := l.IsAuthority(x.by, x.log); return ok && l.Rank(x.by, c) < 0 }
	if x.ends != (op.ID{}) {
		return outranks(x.ends)
	}
	return slices.ContainsFunc(about[:min(len(about), lookBack)], func(y *line) bool { return y.cap && r.lineCounts(y) && outranks(y.id) })
}

// aheadOfClock is how far ahead of my clock something may be dated and still be shown.
const aheadOfClock = 10 * 60_000

// System says what a line is about, for those who put it into words of their own.
type System struct{ What, SubjectID, SubjectName, Value string }

// showLine puts a line into words. Owner only.
func (r *room) showLine(s op.ID, x *line, names map[identity.UserID]string) Message {
	out := Message{ID: msgID(x.id), GroupID: grpID(s), CommunityID: r.name(), AuthorID: x.actor.String(), AuthorName: names[x.actor], Kind: "system", Mentions: []string{},
		Reactions: []Reaction{}, CreatedAt: timeOf(x.at), Order: orderName(x.order()), Delivery: Delivery{State: "delivered"}, System: &System{What: x.what, Value: x.value}}
	if x.turn != other {
		out.System.SubjectID, out.System.SubjectName = x.subject.String(), names[x.subject]
	}
	out.Text = out.System.sentence(out.AuthorName)
	return out
}

func (y *System) sentence(actor string) string {
	who := func(name, otherwise string) string {
		if name == "" || !utf8.ValidString(name) {
			return otherwise
		}
		return name
	}
	by, whom := who(actor, "Somebody"), who(y.SubjectName, "somebody")
	switch y.What {
	case "group_created":
		return by + " created the group"
	case "member_added":
		return by + " added " + whom
	case "member_joined":
		return who(y.SubjectName, "Somebody") + " joined"
	case "member_left":
		return who(y.SubjectName, "Somebody") + " left"
	case "member_removed":
		return by + " removed " + whom
	case "role_changed":
		if y.Value == "admin" || y.Value == "announcer" {
			return by + " made " + whom + " an " + y.Value
		}
		return by + " made " + whom + " a " + y.Value
	case "group_renamed":
		return by + " named the group " + y.Value
	case "group_described":
		return by + " changed the description of the group"
	case "group_archived":
		return by + " archived the group"
	case "group_unarchived":
		return by + " opened the group again"
	case "group_moved":
		return by + " moved the group to another community"
	case "group_continues":
		return by + " moved the group here from another community"
	case "who_posts_set":
		return by + map[bool]string{true: " lets moderators alone post", false: " lets everyone post"}[y.Value == "moderators"]
	case "disappearing_set":
		n, _ := strconv.Atoi(y.Value)
		if n == 0 {
			return by + " lets messages stay"
		}
		return by + " lets messages disappear after " + map[bool]string{true: "a day", false: strconv.Itoa(n/86_400) + " days"}[n == 86_400]
	case "community_renamed":
		return "The community is now called " + y.Value
	case "community_described":
		return "The description of the community was changed"
	case "community_archived":
		return "The community was archived"
	case "community_unarchived":
		return "The community was opened again"
	case "owner_changed":
		return "The community has a new owner"
	case "history_set":
		return "Newcomers may now read back: " + y.Value
	}
	return ""
}

// changedBy makes events of ops of others that change what a group or the community is called and how it works; of my own ops whoever writes them tells.
func (r *room) changedBy(ops []crdt.StoredOpBytes) (out []store.Event) {
	told := map[string]bool{}
	for _, b := range ops {
		if op.KindOf(b.Bytes) != op.Set {
			continue
		}
		o := r.c.Log().Op(b.ID)
		if o == nil || o.Key == op.Key(r.device.ID()) {
			continue
		}
		of, x := r.lineOf(o)
		if x == nil || !r.lineCounts(x) {
			continue
		}
		for _, s := range r.c.Spaces() {
			typ := map[bool]string{true: "community.changed", false: "group.changed"}[s == r.id]
			if [20]byte(s[:20]) != of || told[typ+string(s[:])] {
				continue
			}
			told[typ+string(s[:])] = true
			out = append(out, r.eventOf(crdt.Event{Type: typ, Space: s, Ref: s}))
		}
	}
	return out
}
