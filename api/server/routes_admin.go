package server

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

func renderAct(a node.Act) api.Act {
	return api.Act{ID: a.ID, Kind: a.Kind, ActorID: optional(a.ActorID), SubjectID: optional(a.SubjectID), GroupID: optional(a.GroupID), Time: api.Time{Time: a.Time},
		Authority: a.Authority, Effective: a.Effective, Why: a.Why, Detail: a.Detail}
}

// adminRoutes are what those who run a community need every day.
func (s *Server) adminRoutes() {
	const tag = "Administration"
	add(s, route{method: "GET", path: "/communities/{c}/permissions", id: "listPermissions", summary: "What I may do, and who may do the rest", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			CommunityPath
			Paging
		}) (*reply[api.List[api.Permission]], error) {
			all, err := s.c.Node.Permissions(in.C)
			if err != nil {
				return nil, err
			}
			return page(each(all, func(p node.Permission) api.Permission { return api.Permission(p) }), func(p api.Permission) string { return p.Bit }, in.Paging)
		})
	type Audit struct {
		CommunityPath
		Paging
		Kind   string `query:"kind" maxLength:"32" doc:"Only acts of this kind." example:"revoke"`
		Actor  string `query:"actor" maxLength:"64" doc:"Only what this member did."`
		Group  string `query:"group" maxLength:"64" doc:"Only in this group's log."`
		Format string `query:"format" enum:"jsonl,csv" doc:"Export the whole log, key changes included: jsonl proves itself (pandal audit verify), csv is for people."`
	}
	addOwn(s, route{method: "GET", path: "/communities/{c}/audit", id: "listAudit", summary: "Every admin act, newest first; or the log as a file", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *Audit) (*huma.StreamResponse, error) {
			all, err := s.c.Node.Audit(in.C, node.AuditFilter{Kind: in.Kind, Actor: in.Actor, Group: in.Group, Whole: in.Format == "jsonl"})
			if err != nil {
				return nil, err
			}
			var body []byte
			kind := "application/json"
			switch in.Format {
			case "jsonl":
				body, err = actsAsLines(all)
				kind = "application/jsonl"
			case "csv":
				body, err = actsAsCSV(all)
				kind = "text/csv; charset=utf-8"
			default:
				var r *reply[api.List[api.Act]]
				if r, err = page(each(all, renderAct), func(a api.Act) string { return a.ID }, in.Paging); err == nil {
					body, err = json.Marshal(r.Body)
				}
			}
			if err != nil {
				return nil, err
			}
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				ctx.SetHeader("Content-Type", kind)
				if in.Format != "" {
					ctx.SetHeader("Content-Disposition", `attachment; filename="audit.`+in.Format+`"`)
				}
				ctx.BodyWriter().Write(body)
			}}, nil
		})
	add(s, route{method: "PATCH", path: "/communities/{c}", id: "patchCommunity", summary: "Change its name, description or settings", tag: tag,
		scope: api.ScopeCommunitiesAdmin, errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *struct {
			CommunityPath
			Conditions
			Body api.EditCommunity
		}) (*reply[api.Community], error) {
			c, err := s.c.Node.Community(in.C)
			if err != nil {
				return nil, err
			}
			if err := current(in.Conditions, c.ETag, renderCommunity(c)); err != nil {
				return nil, err
			}
			if c, err = s.c.Node.EditCommunity(ctx, in.C, node.Edit{Name: in.Body.Name, Description: in.Body.Description, Settings: in.Body.Settings}); err != nil {
				return nil, err
			}
			return show(Conditions{}, c.ETag, renderCommunity(c))
		})
	addBare(s, route{method: "POST", path: "/communities/{c}/rotate-keys", id: "rotateKeys", summary: "New keys in every space this node is in, as after a suspicion", tag: tag, scope: api.ScopeCommunitiesAdmin, status: 204},
		func(ctx context.Context, in *CommunityPath) (*none, error) {
			return nil, s.c.Node.RotateKeys(ctx, in.C)
		})
	type Group struct {
		GroupPath
		Conditions
		Body api.EditGroup
	}
	add(s, route{method: "PATCH", path: "/groups/{g}", id: "patchGroup", summary: "Change its name or description, or who posts", tag: tag,
		scope: api.ScopeCommunitiesAdmin, errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *Group) (*reply[api.Group], error) {
			g, err := s.c.Node.Group(in.G)
			if err != nil {
				return nil, err
			}
			if err := current(in.Conditions, g.ETag, renderGroup(g)); err != nil {
				return nil, err
			}
			edit := node.Edit{Name: in.Body.Name, Description: in.Body.Description, WhoPosts: in.Body.WhoPosts}
			if d := in.Body.DisappearingSeconds; d != nil {
				edit.Disappearing = new(time.Duration(*d) * time.Second)
			}
			if g, err = s.c.Node.EditGroup(ctx, in.G, edit); err != nil {
				return nil, err
			}
			return show(Conditions{}, g.ETag, renderGroup(g))
		})
	add(s, route{method: "POST", path: "/groups/{g}/move", id: "moveGroup", summary: "Let it go on in another community of the tree", tag: tag, scope: api.ScopeCommunitiesAdmin, errors: []int{409},
		description: "It begins there with its name, settings and roles, and those of its members who are in that community. Here it is archived and keeps what was said."},
		func(ctx context.Context, in *struct {
			GroupPath
			Body api.MoveGroup
		}) (*reply[api.MovedGroup], error) {
			m, err := s.c.Node.MoveGroup(ctx, in.G, in.Body.CommunityID)
			return renderOr(m, err, func(m node.Moved) api.MovedGroup {
				return api.MovedGroup{Group: renderGroup(m.Group), LeftBehind: list(m.LeftBehind)}
			})
		})
	for verb, archived := range map[string]bool{"archive": true, "unarchive": false} {
		add(s, route{method: "POST", path: "/communities/{c}/" + verb, id: verb + "Community", summary: map[bool]string{true: "Close it and its groups to new messages", false: "Open them again"}[archived], tag: tag,
			scope: api.ScopeCommunitiesAdmin},
			func(ctx context.Context, in *CommunityPath) (*reply[api.Community], error) {
				c, err := s.c.Node.ArchiveCommunity(ctx, in.C, archived)
				return renderOr(c, err, renderCommunity)
			})
		add(s, route{method: "POST", path: "/groups/{g}/" + verb, id: verb + "Group", summary: map[bool]string{true: "Close it to new messages", false: "Open it again"}[archived], tag: tag,
			scope: api.ScopeCommunitiesAdmin},
			func(ctx context.Context, in *GroupPath) (*reply[api.Group], error) {
				g, err := s.c.Node.ArchiveGroup(ctx, in.G, archived)
				return renderOr(g, err, renderGroup)
			})
	}
}

// actsAsLines writes the export that proves itself: one act a line, oldest first, each with its signed op.
func actsAsLines(all []node.Act) ([]byte, error) {
	var out bytes.Buffer
	for i := len(all) - 1; i >= 0; i-- {
		a := renderAct(all[i])
		a.Signed = all[i].Raw
		line, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		out.Write(append(line, '\n'))
	}
	return out.Bytes(), nil
}

// actsAsCSV writes a table for people. A field that a spreadsheet would take for a formula gets a quote in front.
func actsAsCSV(all []node.Act) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"time", "kind", "actor", "subject", "group", "effective", "detail", "id"}}
	for _, a := range all {
		detail, err := json.Marshal(a.Detail)
		if err != nil {
			return nil, err
		}
		stands := "no"
		if a.Effective {
			stands = "yes"
		}
		rows = append(rows, []string{a.Time.UTC().Format(time.RFC3339), a.Kind, a.ActorID, a.SubjectID, a.GroupID, stands, harmless(string(detail)), a.ID})
	}
	err := w.WriteAll(rows)
	return out.Bytes(), err
}

func harmless(s string) string {
	if s != "" && bytes.IndexByte([]byte("=+-@\t\r"), s[0]) >= 0 {
		return "'" + s
	}
	return s
}
