package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/api"
)

// ErrNotRunning says that no node answers: none was started, or it is elsewhere.
var ErrNotRunning = errors.New("no node is running")

// Options say where the node is. Without URL and Socket, Data/api.json tells.
type Options struct {
	Data      string
	Socket    string
	URL       string
	TokenFile string // for URL; empty: Data/api-token
}

// Client talks to one node. It may be used from many goroutines.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// Open finds the node. It does not connect yet.
func Open(o Options) (*Client, error) {
	if o.Socket == "" && o.URL == "" {
		raw, err := os.ReadFile(filepath.Join(o.Data, "api.json"))
		if errors.Is(err, os.ErrNotExist) {
			return nil, ErrNotRunning
		}
		var info api.Info
		if err == nil {
			err = json.Unmarshal(raw, &info)
		}
		if err != nil {
			return nil, fmt.Errorf("read api.json: %w", err)
		}
		o.Socket, o.URL = info.Socket, info.URL
		if o.TokenFile == "" {
			o.TokenFile = info.TokenFile
		}
	}
	if o.Socket != "" {
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", o.Socket)
		}
		return &Client{base: "http://" + api.SocketHost, http: &http.Client{Transport: &http.Transport{DialContext: dial}}}, nil
	}
	if o.TokenFile == "" {
		o.TokenFile = filepath.Join(o.Data, "api-token")
	}
	tok, err := os.ReadFile(o.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("read the token: %w", err)
	}
	if _, err := url.Parse(o.URL); err != nil {
		return nil, fmt.Errorf("read the URL: %w", err)
	}
	return &Client{base: strings.TrimSuffix(o.URL, "/"), token: strings.TrimSpace(string(tok)),
		http: &http.Client{Transport: &http.Transport{}}}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Do sends a request and returns the answer, whatever its status. path is below
// /api/v1, or starts with it. The caller closes the body.
func (c *Client) Do(ctx context.Context, method, path string, body []byte, head http.Header) (*http.Response, error) {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/openapi") {
		path = api.Prefix + path
	}
	key := ""
	if method == http.MethodPost {
		key = rand.Text()
	}
	var first error
	for try := 0; ; try++ {
		var r io.Reader
		if body != nil {
			r = bytes.NewReader(body)
		}
		req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
		if err != nil {
			return nil, fmt.Errorf("make the request: %w", err)
		}
		for name, values := range head {
			req.Header[name] = values
		}
		if body != nil && req.Header.Get("Content-Type") == "" {
			req.Header.Set("Content-Type", "application/json")
		}
		if key != "" && req.Header.Get("Idempotency-Key") == "" {
			req.Header.Set("Idempotency-Key", key)
		}
		if c.token != "" {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		res, err := c.http.Do(req)
		if err == nil {
			return res, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if first == nil {
			first = err
		}
		if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" || try > 0 {
			return nil, fmt.Errorf("%w (%w)", ErrNotRunning, first)
		}
	}
}

// Get reads one resource.
func Get[T any](ctx context.Context, c *Client, path string) (T, error) {
	return Send[T](ctx, c, http.MethodGet, path, nil)
}

// Send sends a request, with in as its JSON body unless it is nil, and reads
// the answer. A problem comes back as *api.Problem.
func Send[T any](ctx context.Context, c *Client, method, path string, in any) (out T, err error) {
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return out, fmt.Errorf("write the request: %w", err)
		}
	}
	return send[T](ctx, c, method, path, "application/json", body)
}

// SendPicture sends a PNG or JPEG, and reads the answer as Send does.
func SendPicture[T any](ctx context.Context, c *Client, method, path string, picture []byte) (out T, err error) {
	return send[T](ctx, c, method, path, http.DetectContentType(picture), picture)
}

func send[T any](ctx context.Context, c *Client, method, path, kind string, body []byte) (out T, err error) {
	head := http.Header{"Accept": {"application/json"}}
	if body != nil {
		head.Set("Content-Type", kind)
	}
	res, err := c.Do(ctx, method, path, body, head)
	if err != nil {
		return out, err
	}
	defer res.Body.Close()
	if res.StatusCode >= 400 {
		return out, problem(res)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return out, fmt.Errorf("read the answer: %w", err)
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			return out, fmt.Errorf("read the answer: %w", err)
		}
	}
	return out, nil
}

// Copy writes what a path answers, whatever it is, to w. A problem comes back as *api.Problem.
func (c *Client) Copy(ctx context.Context, path string, w io.Writer) error {
	res, err := c.Do(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 400 {
		return problem(res)
	}
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// problem reads a refusal. One that is no problem document came from something
// else than a node.
func problem(res *http.Response) error {
	var p api.Problem
	err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&p)
	if err != nil || p.Code == "" {
		return fmt.Errorf("the answer was %s", res.Status)
	}
	return &p
}

// Each goes through a list, page by page.
func Each[T any](ctx context.Context, c *Client, path string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for cursor := ""; ; {
			at := path
			if cursor != "" {
				at += sep(path) + "cursor=" + url.QueryEscape(cursor)
			}
			page, err := Get[api.List[T]](ctx, c, at)
			if err != nil {
				yield(none, err)
				return
			}
			for _, v := range page.Items {
				if !yield(v, nil) {
					return
				}
			}
			if page.NextCursor == nil {
				return
			}
			cursor = *page.NextCursor
		}
	}
}

func sep(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

// All reads a whole list.
func All[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	out := []T{}
	for v, err := range Each[T](ctx, c, path+sep(path)+"limit=200") {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Wait follows a job to its end, or until ctx ends; told hears of each change.
func (c *Client) Wait(ctx context.Context, job api.Job, told func(api.Job)) (api.Job, error) {
	st, err := Get[api.Status](ctx, c, "/status")
	if err != nil {
		return job, err
	}
	for cursor := st.EventCursor; ; { // first the cursor, then the job: what changes in between is not missed
		now, err := Get[api.Job](ctx, c, "/jobs/"+job.ID)
		if err != nil {
			return job, err
		}
		job = now
		if told != nil {
			told(job)
		}
		if job.State == "done" || job.State == "failed" {
			return job, nil
		}
		page, err := Get[api.List[api.Event]](ctx, c, "/events?types=job.*&wait=5&after="+cursor)
		if err != nil {
			return job, err
		}
		cursor = *page.NextCursor
	}
}

// retryAfter is how long to wait before a stream is opened again.
const retryAfter = time.Second
