package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pandal-chat/pandal/api"
)

// How long and how much of past answers is kept.
const (
	keepAnswers    = 24 * time.Hour
	maxAnswers     = 20_000
	maxAnswerBytes = 32 << 20
)

// answers remembers what was answered to POSTs with an Idempotency-Key. What
// succeeded goes to the node's store too, a moment after the answer, so that a
// retry after a restart is known.
type answers struct {
	mu    sync.Mutex
	kept  map[[32]byte]*answer
	order []*answer // oldest first
	bytes int
	save  chan saved // nil: nothing is stored
}

// saved is a change for the store; a nil value deletes.
type saved struct {
	key   string
	value []byte
}

const answerPrefix = "answer/"

// stored is an answer in the store.
type stored struct {
	Request []byte
	At      time.Time
	Status  int
	Header  http.Header
	Body    []byte
}

type answer struct {
	key     [32]byte // of caller and Idempotency-Key
	request [32]byte // of method, path and body
	at      time.Time
	done    bool
	gone    bool
	status  int
	header  http.Header
	body    []byte
}

// once answers a POST with a known key from memory, and any other request by next.
func (a *answers) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, who := r.Header.Get("Idempotency-Key"), aboutOf(r.Context()).who
		if r.Method != http.MethodPost || key == "" || who == nil || secretAnswer(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if len(key) > 128 {
			writeProblem(w, r, api.NewProblem(api.CodeMalformed, "The Idempotency-Key is longer than 128 characters."))
			return
		}
		body, _ := io.ReadAll(r.Body) // in memory since the chain
		r.Body = io.NopCloser(bytes.NewReader(body))
		mine, old := a.begin(sum(who.id, key), sum(r.URL.RequestURI(), string(body)))
		switch {
		case mine != nil:
			rec := &recorder{ResponseWriter: w, status: http.StatusOK}
			defer func() { a.end(mine, rec) }()
			next.ServeHTTP(rec, r)
			rec.whole = true
		case !old.done:
			writeProblem(w, r, api.NewProblem(api.CodeIdempotencyBusy, ""))
		case old.request != sum(r.URL.RequestURI(), string(body)):
			writeProblem(w, r, api.NewProblem(api.CodeIdempotencyReused, ""))
		default:
			for name, values := range old.header {
				w.Header()[name] = values
			}
			w.Header().Set("Idempotent-Replayed", "true")
			w.WriteHeader(old.status)
			w.Write(old.body)
		}
	})
}

// secretAnswer: what is answered there is not kept, not even for a retry.
func secretAnswer(path string) bool {
	return path == api.Prefix+"/lock" || path == api.Prefix+"/unlock" || path == api.Prefix+"/me/recovery-words" || path == api.Prefix+"/devices/link-codes"
}

// sum hashes two strings so that none can be moved into the other.
func sum(a, b string) [32]byte {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return sha256.Sum256(append(x[:], y[:]...))
}

// begin claims a key, or returns a copy of what is known of it. The claimed
// answer belongs to the caller until end.
func (a *answers) begin(key, request [32]byte) (mine *answer, old answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	for len(a.order) > 0 {
		first := a.order[0]
		fresh := now.Sub(first.at) < keepAnswers && len(a.order) <= maxAnswers && a.bytes <= maxAnswerBytes
		if !first.gone && (fresh || !first.done) {
			break
		}
		a.forget(first)
		a.order = a.order[1:]
	}
	if k := a.kept[key]; k != nil {
		return nil, *k
	}
	mine = &answer{key: key, request: request, at: now}
	if a.kept == nil {
		a.kept = map[[32]byte]*answer{}
	}
	a.kept[key] = mine
	a.order = append(a.order, mine)
	return mine, old
}

// end keeps the answer, unless it says to try again or was not finished.
func (a *answers) end(mine *answer, rec *recorder) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !rec.whole || rec.status >= 500 || rec.status == http.StatusTooManyRequests || rec.body.Len() > maxBody {
		a.forget(mine)
		return
	}
	mine.done, mine.status, mine.body = true, rec.status, rec.body.Bytes()
	mine.header = http.Header{}
	for _, name := range []string{"Content-Type", "Etag", "Location"} {
		if v := rec.Header().Values(name); len(v) > 0 {
			mine.header[name] = v
		}
	}
	a.bytes += len(mine.body)
	if mine.status < 400 {
		if raw, err := json.Marshal(stored{mine.request[:], mine.at, mine.status, mine.header, mine.body}); err == nil {
			a.put(mine, raw)
		}
	}
}

func (a *answers) forget(k *answer) {
	if !k.gone {
		k.gone = true
		a.bytes -= len(k.body)
		delete(a.kept, k.key)
		if k.done && k.status < 400 {
			a.put(k, nil)
		}
	}
}

// put hands a change to the saver. When it cannot keep up the change is left
// out: then a retry after a restart is done again, as if there were no store.
func (a *answers) put(k *answer, value []byte) {
	if a.save == nil {
		return
	}
	select {
	case a.save <- saved{answerPrefix + hex.EncodeToString(k.key[:]), value}:
	default:
	}
}

// load takes over what an earlier run has answered.
func (a *answers) load(kept map[string][]byte) {
	for name, raw := range kept {
		k := &answer{done: true}
		key, err := hex.DecodeString(strings.TrimPrefix(name, answerPrefix))
		var v stored
		if err != nil || len(key) != 32 || json.Unmarshal(raw, &v) != nil || len(v.Request) != 32 {
			continue
		}
		k.key, k.request = [32]byte(key), [32]byte(v.Request)
		k.at, k.status, k.header, k.body = v.At, v.Status, v.Header, v.Body
		a.order = append(a.order, k)
		a.bytes += len(k.body)
	}
	slices.SortFunc(a.order, func(x, y *answer) int { return x.at.Compare(y.at) })
	a.kept = map[[32]byte]*answer{}
	for _, k := range a.order {
		a.kept[k.key] = k
	}
}

// keepAnswers writes answers to the store. Start starts it; Close ends it by
// closing the channel, after what is in it.
func (s *Server) keepAnswers(changes <-chan saved) {
	for c := range changes {
		if err := s.c.Node.Keep(context.Background(), c.key, c.value); err != nil {
			s.c.Log.Warn("an answer could not be kept", "err", err)
		}
	}
}

// recorder passes an answer on and keeps a copy.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	whole  bool
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}
