package server

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pandal-chat/pandal/api"
)

const (
	tokenFile   = "api-token"         // the full token, in plain, mode 0600
	sessionFile = "api-sessions.json" // sessions: hashes and times
	tokenPrefix = "token/"            // further tokens, in the node's store

	sessionIdle   = 30 * 24 * time.Hour
	loginFor      = 5 * time.Minute
	maxLogins     = 32
	maxSessions   = 64
	maxTokens     = 256
	saveUsedAfter = time.Hour // how stale "last used" may be on disk
)

// access knows who may come in. Sessions live outside the store, so that a
// locked node still knows its pages; what a person called a token, and for
// which groups it is, is in the store.
type access struct {
	mu       sync.Mutex
	dir      string
	keep     func(key string, value []byte) error // into the store; nil deletes
	main     digest                               // of the token in tokenFile
	tokens   []*token
	sessions []*session
	logins   []login
}

// digest is the SHA-256 of a secret of 256 random bits.
type digest [32]byte

func (d digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

func (d *digest) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(d) {
		return errors.New("digest of another size")
	}
	_, err := hex.Decode(d[:], b)
	return err
}

func hashed(secret string) digest { return sha256.Sum256([]byte(secret)) }

// is compares in constant time.
func (d digest) is(secret string) bool {
	h := hashed(secret)
	return subtle.ConstantTimeCompare(d[:], h[:]) == 1
}

// secret makes 256 random bits to hand out.
func secret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func newID(prefix string) string { return prefix + strings.ToLower(rand.Text())[:16] }

type token struct {
	ID      string
	Name    string
	Scopes  []string
	Groups  []string
	Created time.Time
	Expires time.Time
	Used    time.Time
	Hash    digest
}

type session struct {
	ID      string
	Created time.Time
	Used    time.Time
	Cookie  digest
	Header  digest
}

type login struct {
	code    digest
	expires time.Time
}

// openAccess reads what is known without the store, and makes the full token where there is none.
func openAccess(dir string) (*access, error) {
	a := &access{dir: dir}
	a.drop()
	raw, err := os.ReadFile(filepath.Join(dir, tokenFile))
	full := strings.TrimSpace(string(raw))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(full) < 32 {
		full = "pdl_" + secret()
		err = writeFile(filepath.Join(dir, tokenFile), []byte(full+"\n"))
	}
	if err != nil {
		return nil, fmt.Errorf("read the API token: %w", pathless(err))
	}
	a.main = hashed(full)
	raw, err = os.ReadFile(filepath.Join(dir, sessionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", pathless(err))
	}
	if err := json.Unmarshal(raw, &a.sessions); err != nil {
		return nil, fmt.Errorf("read sessions: %s is damaged; delete it to sign every page out: %w", sessionFile, err)
	}
	a.sessions = slices.DeleteFunc(a.sessions, func(s *session) bool { return s == nil })
	return a, nil
}

// enter takes over the tokens that a store has kept, and where to keep others.
func (a *access) enter(kept map[string][]byte, keep func(string, []byte) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens, a.keep = nil, keep
	for _, raw := range kept {
		t := &token{}
		if err := json.Unmarshal(raw, t); err != nil {
			return fmt.Errorf("read tokens: %w", err)
		}
		a.tokens = append(a.tokens, t)
	}
	slices.SortFunc(a.tokens, func(x, y *token) int { return x.Created.Compare(y.Created) })
	return nil
}

// drop forgets what the store knows.
func (a *access) drop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens, a.keep = nil, func(string, []byte) error { return nil }
}

// saveSessions writes the sessions. The caller holds mu.
func (a *access) saveSessions() error {
	raw, err := json.MarshalIndent(a.sessions, "", " ")
	if err == nil {
		err = writeFile(filepath.Join(a.dir, sessionFile), raw)
	}
	return pathless(err)
}

// saveToken stores a token. The caller holds mu.
func (a *access) saveToken(t *token) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return a.keep(tokenPrefix+t.ID, raw)
}

// caller finds who sent a request: the bearer of a token, or a page with both
// halves of a session. A cookie alone is worth nothing, since every server on
// this machine gets it.
func (a *access) caller(r *http.Request, cookie string) *caller {
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, tok, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil
		}
		return a.byToken(strings.TrimSpace(tok))
	}
	c, err := r.Cookie(cookie)
	if err != nil || r.Header.Get(api.SessionHeader) == "" {
		return nil
	}
	return a.bySession(c.Value, r.Header.Get(api.SessionHeader))
}

func (a *access) byToken(tok string) *caller {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.main.is(tok) {
		return &caller{id: "main", scopes: api.Scopes}
	}
	now := time.Now()
	for _, t := range a.tokens {
		if t.Hash.is(tok) && (t.Expires.IsZero() || now.Before(t.Expires)) {
			if now.Sub(t.Used) > saveUsedAfter {
				defer a.saveToken(t) // a failure waits for the next time
			}
			t.Used = now
			return &caller{id: t.ID, scopes: t.Scopes, groups: t.Groups}
		}
	}
	return nil
}

func (a *access) bySession(cookie, header string) *caller {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	for _, s := range a.sessions {
		both := s.Cookie.is(cookie)
		both = s.Header.is(header) && both
		if both && now.Sub(s.Used) < sessionIdle {
			if now.Sub(s.Used) > saveUsedAfter {
				defer a.saveSessions() // a failure waits for the next time
			}
			s.Used = now
			return &caller{id: s.ID, scopes: api.Scopes, ses: s.ID}
		}
	}
	return nil
}

// login makes a code that opens one session.
func (a *access) login() (code string, expires time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	a.logins = slices.DeleteFunc(a.logins, func(l login) bool { return !now.Before(l.expires) })
	if len(a.logins) >= maxLogins {
		a.logins = a.logins[1:]
	}
	code, expires = secret(), now.Add(loginFor)
	a.logins = append(a.logins, login{hashed(code), expires})
	return code, expires
}

// redeem trades a code for a session; a code works once.
func (a *access) redeem(code string) (s session, cookie, header string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	found := -1
	for i, l := range a.logins {
		if l.code.is(code) && now.Before(l.expires) {
			found = i
		}
	}
	if found < 0 {
		return s, "", "", api.NewProblem(api.CodeUnauthenticated, "The link was used before or is older than five minutes.")
	}
	a.logins = slices.Delete(a.logins, found, found+1)
	a.sessions = slices.DeleteFunc(a.sessions, func(s *session) bool { return now.Sub(s.Used) >= sessionIdle })
	if len(a.sessions) >= maxSessions {
		oldest := slices.MinFunc(a.sessions, func(x, y *session) int { return x.Used.Compare(y.Used) })
		a.sessions = slices.DeleteFunc(a.sessions, func(s *session) bool { return s == oldest })
	}
	cookie, header = secret(), secret()
	made := &session{ID: newID("ses_"), Created: now, Used: now, Cookie: hashed(cookie), Header: hashed(header)}
	a.sessions = append(a.sessions, made)
	return *made, cookie, header, a.saveSessions()
}

func (a *access) endSession(id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.sessions)
	if a.sessions = slices.DeleteFunc(a.sessions, func(s *session) bool { return s.ID == id }); len(a.sessions) == n {
		return api.NewProblem(api.CodeNotFound, "")
	}
	return a.saveSessions()
}

func (a *access) listSessions() (out []session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.sessions {
		if time.Since(s.Used) < sessionIdle {
			out = append(out, *s)
		}
	}
	return out
}

// mint makes a token and returns its secret, which is kept nowhere.
func (a *access) mint(r api.NewToken) (t token, plain string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.tokens) >= maxTokens {
		return t, "", api.NewProblem(api.CodeConflict, "There are too many tokens; revoke some.")
	}
	plain = "pdl_" + secret()
	t = token{ID: newID("tok_"), Name: r.Name, Scopes: r.Scopes, Groups: r.GroupIDs, Created: time.Now(), Hash: hashed(plain)}
	if r.ExpiresIn > 0 {
		t.Expires = t.Created.Add(time.Duration(r.ExpiresIn) * time.Second)
	}
	if err := a.saveToken(&t); err != nil {
		return t, "", err
	}
	a.tokens = append(a.tokens, &t)
	return t, plain, nil
}

func (a *access) revoke(id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.tokens)
	if a.tokens = slices.DeleteFunc(a.tokens, func(t *token) bool { return t.ID == id }); len(a.tokens) == n {
		return api.NewProblem(api.CodeNotFound, "")
	}
	return a.keep(tokenPrefix+id, nil)
}

func (a *access) listTokens() (out []token) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.tokens {
		out = append(out, *t)
	}
	return out
}

// writeFile puts data at path, mode 0600, whole or not at all.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// pathless takes the path out of a file error: problems show none.
func pathless(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	if l := (*os.LinkError)(nil); errors.As(err, &l) {
		return l.Err
	}
	return err
}
