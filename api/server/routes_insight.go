package server

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// fewest is package insight's Few, as the contract says it.
const fewest = 5

type insightQuery struct {
	CommunityPath
	From   string `query:"from" doc:"First day, UTC; absent: 29 days before the last." example:"2026-11-01"`
	To     string `query:"to" doc:"Last day; absent: today. At most 366 days at once." example:"2026-11-30"`
	Bucket string `query:"bucket" enum:"day" default:"day"`
}

func (s *Server) insightsOf(ctx context.Context, in *insightQuery) (node.Insights, error) {
	var at [2]time.Time
	for i, v := range []string{in.From, in.To} {
		if v == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, v)
		if err != nil {
			return node.Insights{}, fieldProblem("query."+[]string{"from", "to"}[i], "is no day like 2026-11-24")
		}
		at[i] = t
	}
	return s.c.Node.Insights(ctx, in.C, at[0], at[1])
}

// insightRoutes are figures of a community, and whether one counts in them.
func (s *Server) insightRoutes() {
	const tag = "Insights"
	const what = "By day of UTC, counted on this node from what it holds; `coverage` says how much that is. A figure about fewer than 5 people is absent. What a person does counts only on days of which that person " +
		"had agreed to it before they began; figures are of whole days alone, each by itself, so that two questions do not tell by their difference what one does not. For those who may admit."
	add(s, route{method: "GET", path: "/communities/{c}/insights", id: "getInsights", summary: "Members, who is active, messages and reach, by day", tag: tag, scope: api.ScopeMembersAdmin, errors: []int{422}, description: what},
		func(ctx context.Context, in *insightQuery) (*reply[api.Insights], error) {
			x, err := s.insightsOf(ctx, in)
			return renderOr(x, err, renderInsights)
		})
	addOwn(s, route{method: "GET", path: "/communities/{c}/insights.csv", id: "getInsightsTable", summary: "The same as a table", tag: tag, scope: api.ScopeMembersAdmin, errors: []int{422}, description: what},
		func(ctx context.Context, in *insightQuery) (*huma.StreamResponse, error) {
			x, err := s.insightsOf(ctx, in)
			if err != nil {
				return nil, err
			}
			body, err := insightsAsCSV(renderInsights(x))
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				ctx.SetHeader("Content-Type", "text/csv; charset=utf-8")
				ctx.SetHeader("Content-Disposition", `attachment; filename="insights.csv"`)
				ctx.BodyWriter().Write(body)
			}}, err
		})
	add(s, route{method: "GET", path: "/communities/{c}/insights/consent", id: "getInsightConsent", summary: "Does what I do count in its figures?", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *CommunityPath) (*reply[api.InsightConsent], error) {
			c, err := s.c.Node.InsightConsent(in.C)
			return renderOr(c, err, renderConsent)
		})
	add(s, route{method: "PUT", path: "/communities/{c}/insights/consent", id: "putInsightConsent", summary: "Let what I do count, or no more", tag: tag, scope: api.ScopeNodeAdmin,
		description: "Without it nothing of mine counts. It counts from the next day on, and from the day that it is taken back no more; days before stay as they are. Only those who may admit are told; figures never say who counts."},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body api.SetInsightConsent
		}) (*reply[api.InsightConsent], error) {
			c, err := s.c.Node.SetInsightConsent(ctx, in.C, in.Body.On)
			return renderOr(c, err, renderConsent)
		})
}

func dateOf(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Format(time.DateOnly))
}

func renderConsent(c node.Consent) api.InsightConsent {
	return api.InsightConsent{CommunityID: c.CommunityID, On: c.On, Since: dateOf(c.Since)}
}

func renderInsights(x node.Insights) api.Insights {
	c := x.Coverage
	out := api.Insights{CommunityID: x.CommunityID, Bucket: "day", From: *dateOf(x.From), To: *dateOf(x.To), FewestPeople: fewest,
		Coverage: api.Coverage{Groups: c.Groups, OfGroups: c.OfGroups, HistorySince: dateOf(c.HistorySince), Text: c.Text}}
	if c.Members >= fewest {
		out.Coverage.Members = &c.Members
	}
	if c.OptedIn > 0 {
		out.Coverage.OptedIn = &c.OptedIn
	}
	out.Days = each(x.Days, func(d node.InsightDay) api.InsightDay {
		return api.InsightDay{Day: *dateOf(d.Day), Complete: d.Complete, Groups: d.Groups, OfGroups: d.OfGroups, Members: d.Members, Active: d.Active, Messages: d.Messages,
			Reached: d.Reached, Expected: d.Expected}
	})
	return out
}

// insightsAsCSV writes a line a day. An empty cell is a figure that is not shown.
func insightsAsCSV(x api.Insights) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"day", "complete", "groups", "of_groups", "members", "active", "messages", "reached", "expected"}}
	for _, d := range x.Days {
		row := []string{d.Day, strconv.FormatBool(d.Complete), strconv.Itoa(d.Groups), strconv.Itoa(d.OfGroups)}
		for _, n := range []*int{d.Members, d.Active, d.Messages, d.Reached, d.Expected} {
			cell := ""
			if n != nil {
				cell = strconv.Itoa(*n)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	err := w.WriteAll(rows)
	return out.Bytes(), err
}
