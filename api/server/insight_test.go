package server

import (
	"strings"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// TestInsightRoutes: one person alone is told of nobody, himself included; days are whole, and no other bucket, group or span is taken.
func TestInsightRoutes(t *testing.T) {
	w := newWorld(t)
	path := "/communities/" + w.com.ID + "/insights"
	w.do("POST", "/groups/"+w.general.ID+"/messages", `{"text":"hello"}`, 201, nil)
	var c api.InsightConsent
	if w.do("GET", path+"/consent", "", 200, &c); c.On || c.Since != nil {
		t.Errorf("consent without a word: %+v", c)
	}
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	if w.do("PUT", path+"/consent", `{"on":true}`, 200, &c); !c.On || c.Since == nil || *c.Since < tomorrow {
		t.Errorf("consent: %+v", c)
	}
	if w.do("PUT", path+"/consent", `{"on":false}`, 200, &c); c.On || c.Since == nil || *c.Since >= tomorrow && time.Now().UTC().Format(time.DateOnly) < tomorrow {
		t.Errorf("taken back: %+v", c)
	}
	w.problem("PUT", path+"/consent", `{}`, api.CodeInvalid)
	w.problem("PUT", path+"/consent", `{"on":"yes"}`, api.CodeInvalid)
	var x api.Insights
	w.do("GET", path, "", 200, &x)
	if len(x.Days) != 30 || x.Bucket != "day" || x.FewestPeople != 5 || x.Coverage.Groups != 1 || x.Coverage.OfGroups != 1 || x.Coverage.HistorySince == nil || x.Coverage.Members != nil || x.Coverage.OptedIn != nil ||
		!strings.HasPrefix(x.Coverage.Text, "This node is in 1 of 1 groups") {
		t.Errorf("%+v", x)
	}
	for _, d := range x.Days {
		if d.Members != nil || d.Active != nil || d.Messages != nil || d.Reached != nil {
			t.Errorf("one person is told of: %+v", d)
		}
	}
	last := x.Days[29]
	if last.Complete || last.Groups != 1 || last.OfGroups != 1 || x.Days[0].OfGroups != 0 || last.Day != x.To {
		t.Errorf("today: %+v", last)
	}
	res := w.do("GET", path+".csv?from=2026-01-01&to=2026-01-02", "", 200, nil)
	want := "day,complete,groups,of_groups,members,active,messages,reached,expected\n2026-01-01,true,0,0,,,,,\n2026-01-02,true,0,0,,,,,\n"
	if res.Body.String() != want || res.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%s: %q", res.Header().Get("Content-Type"), res.Body)
	}
	for _, q := range []string{"?bucket=hour", "?from=2026-01-01T00:00:00Z", "?to=yesterday", "?from=2026-01-02&to=2026-01-01", "?from=2024-01-01&to=2026-01-01"} {
		w.problem("GET", path+q, "", api.CodeInvalid)
		w.problem("GET", path+".csv"+q, "", api.CodeInvalid)
	}
	w.problem("GET", "/communities/com_nope/insights", "", api.CodeNotFound)
}

// TestInsightTable: what is shown is in its column, what is not leaves it empty.
func TestInsightTable(t *testing.T) {
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	x := renderInsights(node.Insights{From: day, To: day, Days: []node.InsightDay{{Day: day, Complete: true, Groups: 2, OfGroups: 3, Members: new(40), Active: new(12), Messages: new(60), Reached: new(37), Expected: new(39)},
		{Day: day, Members: new(41)}}, Coverage: node.Coverage{Members: 41, OptedIn: 20}})
	got, err := insightsAsCSV(x)
	if want := "day,complete,groups,of_groups,members,active,messages,reached,expected\n2026-11-24,true,2,3,40,12,60,37,39\n2026-11-24,false,0,0,41,,,,\n"; err != nil || string(got) != want {
		t.Errorf("%q %v", got, err)
	}
	if x.Coverage.OptedIn == nil || *x.Coverage.OptedIn != 20 || x.Coverage.Members == nil || *x.Coverage.Members != 41 || x.Coverage.HistorySince != nil {
		t.Errorf("%+v", x.Coverage)
	}
}
