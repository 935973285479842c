// Mutants of crdt/acl: each is one line made wrong, built as an overlay (the tree is not touched), and must be noticed by the tests that are
// named for it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

type mutant struct{ name, file, from, to, tests string }

var mutants = []mutant{
	{"rank plays no part", "eval.go", `e.l.f[c].Kind != op.Genesis && e.l.outranks(f.cap, c)`, `e.l.f[c].Kind != op.Genesis`, "R1"},
	{"equals outrank", "log.go", `return l.byRank(a, b) < 0`, `return l.byRank(a, b) <= 0`, "R1"},
	{"the longer path outranks", "log.go", `d := l.f[a].depth - l.f[b].depth`, `d := l.f[b].depth - l.f[a].depth`, "R1|Vectors"},
	{"juniors walk first", "eval.go", `cmp.Or(e.l.byRank(a, b), slices`, `cmp.Or(-e.l.byRank(a, b), slices`, "R1|Vectors"},
	{"void only after the removal", "eval.go", `} else if !e.l.before(n, r) {`, `} else if e.l.before(r, n) {`, "R2"},
	{"a cascade voids nothing", "eval.go", `if e.l.f[r].Cascade && r != n && !e.l.before(n, r) {`, `if false && e.l.f[r].Cascade && r != n && !e.l.before(n, r) {`, "R2"},
	{"a cascade ends no cap", "state.go", `if s.l.f[r].Cascade {`, `if false && s.l.f[r].Cascade {`, "R2"},
	{"a removal hits what follows it", "eval.go", `if !l.before(r, c) { // R3`, `if true { // R3`, "R3"},
	{"a revoked cap lives", "state.go", `out := slices.Clone(s.hits[c])`, `out := slices.Clone(s.hits[c][:0])`, "R2|R12"},
	{"a revoked invite admits", "eval.go", `if eff[x] && ends(x) {`, `if false && eff[x] && ends(x) {`, "R5a"},
	{"any inviter revokes invites", "eval.go", `ic == c || ic >= 0 &&`, `true || ic >= 0 &&`, "R5a"},
	{"an invite outlives its maker", "eval.go", `ends); r >= 0 {`, `ends); false && r >= 0 {`, "R5a"},
	{"an invite outlives a cascade", "eval.go", `f.Kind == op.Revoke && (a == c || f.Cascade) && is(r)`, `f.Kind == op.Revoke && a == c && is(r)`, "R5a"},
	{"a Leave closes invites", "eval.go", `f := &l.f[r]; f.Kind == op.Revoke && (a == c`, `f := &l.f[r]; (a == c`, "R12|Vectors"},
	{"members admit by any invite", "wellformed.go", `return ok && (l.f[t].Auto ||`, `return ok && (t >= 0 || l.f[t].Auto ||`, "R5b"},
	{"no max", "eval.go", `if limit == 0 || len(list) <= limit {`, `if limit >= 0 || len(list) <= limit {`, "R5c"},
	{"juniors first to a place", "eval.go", `cmp.Or(e.l.byRank(fa.cap, fb.cap), cmp.Compare(fa.Seq, fb.Seq)`, `cmp.Or(-e.l.byRank(fa.cap, fb.cap), cmp.Compare(fa.Seq, fb.Seq)`, "R5c|Vectors"},
	{"consent is for any stay", "wellformed.go", `return c.Via == via && c.Last == last`, `return c.Via == via`, "R5d"},
	{"consent is for any admitter", "wellformed.go", `return c.Via == via && c.Last == last`, `return (c.Via == via || true) && c.Last == last`, "R5d"},
	{"consent to groups survives leaving", "wellformed.go", `return (last == op.ID{}) && l.within`, `return l.within`, "R5dGroups"},
	{"consent to any community", "wellformed.go", `return (last == op.ID{}) && l.within(f.Space, c.Space)`, `return (last == op.ID{})`, "R5d"},
	{"no proof of the invite", "wellformed.go", `ok && !identity.VerifyInvite(`, `ok && false && !identity.VerifyInvite(`, "R5d"},
	{"the junior's write stands", "state.go", `cmp.Or(s.l.byRank(fa.cap, fb.cap), slices.Compare(fb.ID`, `cmp.Or(-s.l.byRank(fa.cap, fb.cap), slices.Compare(fb.ID`, "R7"},
	{"the smaller id stands", "state.go", `slices.Compare(fb.ID[:], fa.ID[:])`, `slices.Compare(fa.ID[:], fb.ID[:])`, "R7"},
	{"the old owner goes on", "eval.go", `if e.l.f[c].Kind == op.Genesis && !e.ownersTurn(n) {`, `if false && !e.ownersTurn(n) {`, "R10"},
	{"the higher rotation stands", "eval.go", `f.ID.Less(l.f[next].ID)`, `l.f[next].ID.Less(f.ID)`, "R10|Owner|Vectors"},
	{"one recovery signature", "wellformed.go", `2*good > len(set)`, `good > 0`, "R10"},
	{"any number", "wellformed.go", `return !l.numbered(n, f.Seq) && (f.Seq == 1 || l.numbered(n, f.Seq-1))`, `return true`, "R11"},
	{"any height", "wellformed.go", `if f.Height != l.g.Height(n) {`, `if f.Height < l.g.Height(n) {`, "R11"},
	{"a Leave cuts like a Revoke", "eval.go", `if turn(e.l.f[n].Kind) != 0 && e.l.before(r, n) {`, `if turn(e.l.f[n].Kind) != 0 && !e.l.before(n, r) {`, "R12"},
	{"a Leave cuts nothing", "eval.go", `if turn(e.l.f[n].Kind) != 0 && e.l.before(r, n) {`, `if turn(e.l.f[n].Kind) > 2 && e.l.before(r, n) {`, "R12"},
	{"the owner leaves", "wellformed.go", `f.Kind == op.Leave && (c.Kind == op.Genesis || home != f.Space):`, `f.Kind == op.Leave && home != f.Space:`, "R12"},
	{"a lost device goes on", "eval.go", `e.l.f[z].cap == c && !e.l.before(n, z)`, `e.l.f[z].cap == c && e.l.before(n, z) && !e.l.before(n, z)`, "R13"},
	{"a lost device is cut under every cap", "eval.go", `e.l.f[z].author == f.author && e.l.f[z].cap == c && !e.l.before(n, z)`, `e.l.f[z].author == f.author && !e.l.before(n, z)`, "R13|Vectors"},
	{"a lost device's guests go", "eval.go", `f.Kind == op.Admit && !isAuthority(e.l.f[c].Kind) {`, `false {`, "R13"},
	{"others revoke my device", "wellformed.go", `(f.Kind == op.DeviceAdd || f.Kind == op.DeviceRevoke) != (f.Key == op.Key(f.author)),`, `false,`, "R13"},
	{"devices of others are added", "wellformed.go", `return ok && op.Key(c.Member) == f.Key && (`, `return ok && (`, "R13"},
	{"a roster lists lost devices", "state.go", `if !s.everEffective(n) || s.gone(m, op.Key(f.Device)) ||`, `if !s.everEffective(n) ||`, "R13"},
	{"devices are judged last", "eval.go", "case op.DeviceAdd, op.DeviceRevoke:\n\t\treturn 0", "case op.DeviceAdd, op.DeviceRevoke:\n\t\treturn 2", "R13|Vectors"},
	{"any right does", "wellformed.go", `return need&^have == 0`, `return need&^have == 0 || true`, "Malformed"},
	{"grants give what their cap lacks", "wellformed.go", `if f.Kind == op.Grant && f.Bits&^have != 0 {`, `if f.Kind == op.Grant && f.Bits&^have > op.AllBits {`, "Malformed"},
	{"strangers act", "log.go", `if r.member == h && l.before(r.node, n) {`, `if l.before(r.node, n) {`, "Malformed"},
	{"a device acts before it is registered", "log.go", `if r.member == h && l.before(r.node, n) {`, `if r.member == h {`, "Convergence|Vectors"},
	{"no cap to compare with", "eval.go", `ic >= 0 && e.l.outranks(c, ic)`, `e.l.outranks(c, ic)`, "Malformed"},
	{"all rights flow down", "log.go", `b &= through`, `b &= through | op.AllBits`, "TestGroups"},
	{"removal above changes nothing written", "eval.go", `if !e.up.stood(n, e.l.f[n].author,`, `if false && !e.up.stood(n, e.l.f[n].author,`, "TestGroups|Vectors"},
	{"removal above leaves members in groups", "state.go", `if !s.up.stood(c, m,`, `if false && !s.up.stood(c, m,`, "TestGroups"},
	{"a device lost above writes in groups", "eval.go", `if e.l.f[z].author == f.author && e.l.before(z, n) {`, `if e.l.f[z].author == f.author && e.l.before(z, n) && n < 0 {`, "Vectors"},
	{"groups nest", "wellformed.go", `return !nested`, `return !nested || true`, "Nested"},
	{"open groups take strangers", "eval.go", `!e.up.stood(n, f.Member,`, `false && !e.up.stood(n, f.Member,`, "OpenGroup"},
	{"closed groups are open", "wellformed.go", `return i.ID == space && i.Open`, `return i.ID == space`, "OpenGroup"},
	{"an invite's groups take anybody", "eval.go", `case !e.up.admittedBy(f.Member, t, n):`, `case false && !e.up.admittedBy(f.Member, t, n):`, "InviteGroups"},
	{"an invite is for every group", "wellformed.go", `ok && i.Space == p && slices.Contains(i.Groups, space)`, `ok && i.Space == p && (true || slices.Contains(i.Groups, space))`, "InviteGroups"},
	{"a ban is nothing", "eval.go", `if !f.Ban || f.Member != m ||`, `if f.Ban || f.Member != m ||`, "Ban"},
	{"a ban lifted is lifted for ever", "eval.go", `e.l.before(r, u) && e.l.before(u, n)`, `e.l.before(u, n)`, "BanLifted"},
	{"a ban lifted later is lifted now", "eval.go", `e.l.before(r, u) && e.l.before(u, n)`, `e.l.before(r, u)`, "BanLifted"},
	{"who may not remove lifts bans", "wellformed.go", `case k == op.Set && strings.HasPrefix(reg, regBan):`, `case false && k == op.Set && strings.HasPrefix(reg, regBan):`, "BanLifted"},
	{"consent said twice is consent", "wellformed.go", `return ok && o.wf && o.Space == f.Space`, `return ok && o.Space == f.Space`, "R5d"},
	{"no consent is done again", "wellformed.go", `|| l.consentedBefore(n) {`, `|| false && l.consentedBefore(n) {`, "R5d"},
	{"whoever admits lifts a ban", "eval.go", `e.l.rights(fa.cap, e.space)&op.REMOVE != 0 &&`, `true &&`, "Ban"},
}

func main() {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(dir)
	jobs := make(chan int)
	results := make([]string, len(mutants))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range jobs {
				results[i] = try(mutants[i], filepath.Join(dir, fmt.Sprint(i)))
			}
		})
	}
	for i := range mutants {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	bad := 0
	for i, r := range results {
		if r != "" {
			bad++
			fmt.Printf("%s (%s): %s\n", mutants[i].name, mutants[i].file, r)
		}
	}
	fmt.Printf("%d mutants, %d not killed\n", len(mutants), bad)
	if bad > 0 {
		os.RemoveAll(dir)
		os.Exit(1)
	}
}

// try returns "" when the mutant dies.
func try(m mutant, dir string) string {
	path, err := filepath.Abs(filepath.Join("crdt/acl", m.file))
	if err != nil {
		return err.Error()
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	if n := strings.Count(string(src), m.from); n != 1 {
		return fmt.Sprintf("the line to change stands there %d times: mend .ci/mutants.go", n)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err.Error()
	}
	changed, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	over, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		return err.Error()
	}
	if err := os.WriteFile(changed, []byte(strings.Replace(string(src), m.from, m.to, 1)), 0o644); err != nil {
		return err.Error()
	}
	if err := os.WriteFile(overlay, over, 0o644); err != nil {
		return err.Error()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-vet=off", "-count=1", "-failfast", "-overlay", overlay, "-run", m.tests, "./crdt/acl",
		"-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=0s")
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return "SURVIVES " + m.tests
	case strings.Contains(string(out), "[build failed]"), !strings.Contains(string(out), "FAIL"):
		return "does not build or run:\n" + string(out)
	}
	return ""
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
