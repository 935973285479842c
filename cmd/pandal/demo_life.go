package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pandal-chat/pandal/node"
)

// line is something that somebody does in the two weeks before today. id names what it makes, for later lines; of is what it is about.
type line struct {
	day    int    // 14: two weeks ago; 0: today
	at     string // hour and minute
	who    int    // whose
	do     string
	in     string // a group
	id, of string
	text   string
	more   []string
}

const (
	ashaIs = iota
	budiIs
	chitraIs
)

// life is what the demo's three people did, day by day.
var life = []line{
	{14, "08:05", ashaIs, "announce", "", "hello", "", "Good morning, neighbours! From today all news of Sunrise Street comes here. Ask back in General.", []string{"normal"}},
	{14, "08:20", budiIs, "react", "", "", "hello", "🎉", nil},
	{14, "08:31", chitraIs, "react", "", "", "hello", "🎉", nil},
	{14, "09:10", budiIs, "say", "General", "taps", "", "Morning! Does anybody else have brown water in the taps?", nil},
	{14, "09:12", chitraIs, "reply", "General", "", "taps", "Same on the third floor. I let it run for ten minutes and it cleared.", nil},
	{14, "09:40", ashaIs, "reply", "General", "", "taps", "They flushed the main last night. I asked: it is safe again after noon.", nil},
	{14, "09:41", budiIs, "say", "General", "", "", "Thanks! I'll wait with the laundry then.", nil},
	{13, "18:15", chitraIs, "say", "Kitchen", "", "", "I have 4 kg of tomatoes from my uncle. Who wants some?", nil},
	{13, "18:17", ashaIs, "say", "Kitchen", "", "", "Me! I'll trade for lemons 🍋", nil},
	{13, "18:18", chitraIs, "say", "Kitchen", "", "", "Deal. Come by after seven.", nil},
	{12, "07:55", ashaIs, "poll", "General", "lights", "", "When shall we hang the lights?", []string{"Saturday morning", "Saturday evening", "Sunday morning"}},
	{12, "08:30", budiIs, "vote", "General", "", "lights", "", []string{"Saturday evening"}},
	{12, "12:02", chitraIs, "vote", "General", "", "lights", "", []string{"Saturday evening"}},
	{12, "12:05", ashaIs, "vote", "General", "", "lights", "", []string{"Sunday morning"}},
	{12, "19:44", budiIs, "say", "General", "ladder", "", "I can bring the long ladder on Saturday, if somebody holds it.", nil},
	{12, "19:50", chitraIs, "react", "", "", "ladder", "💪", nil},
	{11, "10:30", ashaIs, "announce", "", "power", "", "Power cut on Thursday from 10:00 to 13:00, all of the street. The lift stops too: please look after the third floor.", []string{"important", "ack"}},
	{11, "10:41", chitraIs, "ack", "", "", "power", "", nil},
	{11, "11:15", budiIs, "ack", "", "", "power", "", nil},
	{11, "11:20", budiIs, "say", "General", "", "", "I carry Mrs Iyer's shopping up before ten. Anybody else need something?", nil},
	{11, "11:26", chitraIs, "say", "General", "", "", "Could you take a bag of rice to 3B? I'll pay you back in tomatoes.", nil},
	{10, "13:20", chitraIs, "say", "General", "", "", "Power is back, lift works ✅", nil},
	{10, "13:22", ashaIs, "say", "General", "", "", "Early for once!", nil},
	{9, "17:05", ashaIs, "event", "General", "festival", "", "Street festival", []string{"Sunrise Street, under the pandal", "Bring a dish and something to sit on. Music from six."}},
	{9, "17:20", budiIs, "rsvp", "General", "", "festival", "yes", nil},
	{9, "18:02", chitraIs, "rsvp", "General", "", "festival", "yes", nil},
	{9, "18:40", budiIs, "say", "Kitchen", "menu", "", "For the festival I cook the big pot of sambar. Who does rice?", nil},
	{9, "18:44", chitraIs, "reply", "Kitchen", "", "menu", "Rice and pickle from me.", nil},
	{9, "18:59", ashaIs, "reply", "Kitchen", "", "menu", "Then I make sweets: laddu for sixty 😅", nil},
	{9, "19:00", budiIs, "react", "", "", "menu", "😋", nil},
	{8, "08:12", chitraIs, "say", "Rooftop garden", "", "", "The first chillies are out! Water them in the evening, not at noon.", nil},
	{8, "08:30", budiIs, "say", "Rooftop garden", "", "", "On it. The tank up there is half full.", nil},
	{7, "16:05", ashaIs, "say", "General", "lightsup", "", "The lights hang! Thank you Budi for the ladder and Chitra for not letting go.", nil},
	{7, "16:06", budiIs, "react", "", "", "lightsup", "❤️", nil},
	{7, "16:09", chitraIs, "react", "", "", "lightsup", "❤️", nil},
	{7, "21:30", budiIs, "say", "General", "", "", "They look wonderful from across the pond.", nil},
	{6, "09:00", ashaIs, "announce", "", "school", "", "The school opens at 8:30 from Monday on, half an hour later than before.", []string{"normal"}},
	{6, "09:25", chitraIs, "say", "General", "", "", "So the school run leaves at 8:10? I can take four.", nil},
	{6, "09:31", budiIs, "say", "General", "", "", "8:10 at the gate. I take the ones from the corner house.", nil},
	{5, "20:14", chitraIs, "say", "General", "found", "", "Found: one small red shoe at the pond.", nil},
	{5, "20:52", ashaIs, "reply", "General", "", "found", "Ours! We have looked for it since Tuesday 🙏", nil},
	{4, "07:30", budiIs, "say", "Rooftop garden", "", "", "Somebody left the tap open. I closed it; please look twice.", nil},
	{4, "07:34", chitraIs, "say", "Rooftop garden", "", "", "That was me, sorry! I'll make a note at the door.", nil},
	{3, "18:00", ashaIs, "say", "General", "todo", "", "For Saturday: chairs (Budi), **extension cords** (Chitra), permits (me). Anything missing?", nil},
	{3, "18:07", chitraIs, "reply", "General", "", "todo", "Bins! And somebody should ask the temple about the drums.", nil},
	{3, "18:12", budiIs, "reply", "General", "", "todo", "I ask them tomorrow.", nil},
	{3, "18:20", ashaIs, "pin", "General", "", "todo", "", nil},
	{2, "12:40", budiIs, "say", "General", "", "", "The drummers come, five of them, if they get dinner.", nil},
	{2, "12:41", ashaIs, "say", "General", "", "", "They get laddu.", nil},
	{1, "19:30", ashaIs, "announce", "", "water", "", "No water tomorrow from 9:00 to noon. Fill your buckets tonight, and knock at 3B.", []string{"urgent", "ack"}},
	{1, "19:36", chitraIs, "ack", "", "", "water", "", nil},
	{1, "20:10", budiIs, "say", "General", "", "", "Buckets are full, 3B too.", nil},
	{0, "08:15", chitraIs, "say", "General", "", "", "Good morning! Chairs are at the gate already, well done Budi.", nil},
	{0, "08:21", budiIs, "say", "Kitchen", "", "", "Sambar is on the stove. Taste it before I add salt again.", nil},
}

// village is the demo's people while their past is made: nodes in this process, whose clock is the past's.
type village struct {
	clock  atomic.Int64 // Unix milliseconds
	nodes  []*node.Node
	com    string
	groups map[string]string
	made   map[string]string // by id of a line
}

// live fills three data directories with two weeks of life. Nothing in it is pretended: nodes join, post and answer as they would, an hour in a blink.
func (d *demo) live(ctx context.Context) (err error) {
	v := &village{groups: map[string]string{}, made: map[string]string{}}
	today := time.Now()
	v.clock.Store(pastTime(today, 14, "07:30").UnixMilli())
	for _, act := range d.actors {
		n, err := node.Open(ctx, node.Config{Data: act.dir, Name: act.name, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: []string{"none"},
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return time.UnixMilli(v.clock.Load()) }})
		if err != nil {
			return err
		}
		defer func() {
			if e := n.Close(); err == nil {
				err = e
			}
		}()
		v.nodes = append(v.nodes, n)
	}
	if err := v.found(ctx); err != nil {
		return err
	}
	for _, l := range life {
		at := pastTime(today, l.day, l.at)
		if at.After(today) { // this morning has not come yet
			break
		}
		v.clock.Store(at.UnixMilli())
		if err := v.act(ctx, l); err != nil {
			return fmt.Errorf("day %d, %s: %w", l.day, l.at, err)
		}
	}
	return nil
}

func pastTime(today time.Time, day int, at string) time.Time {
	clock, _ := time.Parse("15:04", at)
	y, m, dd := today.AddDate(0, 0, -day).Date()
	return time.Date(y, m, dd, clock.Hour(), clock.Minute(), 0, 0, today.Location())
}

// found makes the community with its groups, and brings all into them.
func (v *village) found(ctx context.Context) error {
	asha := v.nodes[ashaIs]
	com, err := asha.CreateCommunity(ctx, node.NewCommunity{Name: "Sunrise Street", Description: "Neighbours between the pond and the school.", DisplayName: "Asha"})
	if err != nil {
		return err
	}
	v.com = com.ID
	for _, g := range [][2]string{{"Kitchen", "Who cooks, who shares."}, {"Rooftop garden", "Chillies, tomatoes and a tank."}} {
		if _, err := asha.CreateGroup(ctx, v.com, node.NewGroup{Name: g[0], Description: g[1], Open: true}); err != nil {
			return err
		}
	}
	list, err := asha.Groups(v.com)
	if err != nil {
		return err
	}
	var ids []string
	for _, g := range list {
		v.groups[g.Name] = g.ID
		if g.Kind == "chat" {
			ids = append(ids, g.ID)
		}
	}
	inv, err := asha.CreateInvite(ctx, v.com, node.NewInvite{Groups: ids})
	if err != nil {
		return err
	}
	for i, n := range v.nodes[1:] {
		if _, err := n.Accept(ctx, node.AcceptInvite{Link: inv.Link, DisplayName: []string{"Budi", "Chitra"}[i]}); err != nil {
			return err
		}
		if err := v.until(ctx, "joining", func(*node.Node) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { g, err := n.Group(id); return err != nil || !g.Joined })
		}); err != nil {
			return err
		}
	}
	_, err = asha.SetWelcome(ctx, v.com, node.Welcome{Message: "Welcome to Sunrise Street! Say hello in General.", Steps: []string{"Say which house you are in", "Look at the calendar"}})
	return err
}

// act does one line, and waits until everybody has seen it.
func (v *village) act(ctx context.Context, l line) (err error) {
	n, group, of := v.nodes[l.who], v.groups[l.in], v.made[l.of]
	if l.of != "" && of == "" {
		return fmt.Errorf("nothing is called %s", l.of)
	}
	var id string
	var m node.Message
	switch l.do {
	case "say", "reply":
		m, err = n.Post(ctx, group, node.NewMessage{Text: l.text, ReplyTo: of})
		id = m.ID
	case "announce":
		m, err = n.Announce(ctx, v.com, node.NewAnnouncement{Text: l.text, Priority: l.more[0], AckWanted: slices.Contains(l.more, "ack")})
		id = m.ID
	case "react":
		_, err = n.React(ctx, of, l.text, true)
	case "ack":
		_, err = n.Acknowledge(ctx, of)
	case "pin":
		_, err = n.Pin(ctx, group, of, true, time.Time{})
	case "poll":
		var p node.Poll
		p, err = n.CreatePoll(ctx, group, node.NewPoll{Question: l.text, Options: l.more})
		id, v.made["poll "+l.id] = p.MessageID, p.ID
	case "vote":
		var p node.Poll
		if p, err = n.Poll(v.made["poll "+l.of]); err == nil {
			var want []string
			for _, o := range p.Options {
				if slices.Contains(l.more, o.Text) {
					want = append(want, o.ID)
				}
			}
			_, err = n.Vote(ctx, p.ID, want)
		}
	case "event":
		starts := time.UnixMilli(v.clock.Load()).AddDate(0, 0, 11).Truncate(24 * time.Hour).Add(18 * time.Hour)
		var e node.CalendarEvent
		e, err = n.CreateEvent(ctx, group, node.NewEvent{Title: l.text, Place: l.more[0], Text: l.more[1], StartsAt: starts, EndsAt: starts.Add(4 * time.Hour)})
		id, v.made["event "+l.id] = e.MessageID, e.ID
	case "rsvp":
		_, err = n.Answer(ctx, v.made["event "+l.of], l.text, 0)
	default:
		err = fmt.Errorf("nobody knows how to %s", l.do)
	}
	if err != nil || id == "" {
		return err
	}
	if l.id != "" {
		v.made[l.id] = id
	}
	if group != "" { // who writes has read what was there
		if _, err := n.MarkRead(ctx, group, id); err != nil {
			return err
		}
	}
	return v.until(ctx, strings.TrimSpace(l.text), func(n *node.Node) bool { _, err := n.Message(id); return err == nil })
}

// until waits for all of them.
func (v *village) until(ctx context.Context, what string, ok func(*node.Node) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, n := range v.nodes {
		for {
			changed := n.Changed()
			if ok(n) {
				break
			}
			select {
			case <-changed:
			case <-time.After(50 * time.Millisecond): // what has no event of its own
			case <-ctx.Done():
				return fmt.Errorf("%s: %w", what, ctx.Err())
			}
		}
	}
	return nil
}
