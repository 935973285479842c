package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/api"
)

// Filter says which events to hear of. Empty fields mean all.
type Filter struct {
	After     string // the last id seen; empty: from now on
	Types     string // comma-separated, message.* for all of a kind
	Community string
	Group     string
}

// maxEvent is the size of one line of the stream at most.
const maxEvent = 4 << 20

// Events yields what happens until ctx ends or the node stops answering. The
// first error ends it. An event "resync" says that some were missed.
func (c *Client) Events(ctx context.Context, f Filter) iter.Seq2[api.Event, error] {
	return func(yield func(api.Event, error) bool) {
		if f.After == "" { // fixed now, so that a broken connection leaves no gap
			st, err := Get[api.Status](ctx, c, "/status")
			if err != nil {
				yield(api.Event{}, err)
				return
			}
			f.After = st.EventCursor
		}
		for {
			stop, err := c.stream(ctx, &f, yield)
			if stop {
				return
			}
			var p *api.Problem
			if ctx.Err() != nil || errors.Is(err, ErrNotRunning) || errors.As(err, &p) {
				if ctx.Err() != nil {
					err = ctx.Err()
				}
				yield(api.Event{}, err)
				return
			}
			select {
			case <-time.After(retryAfter):
			case <-ctx.Done():
			}
		}
	}
}

// stream reads one connection and moves f.After along. It returns stop when
// the loop body has had enough.
func (c *Client) stream(ctx context.Context, f *Filter, yield func(api.Event, error) bool) (stop bool, err error) {
	q := url.Values{"after": {f.After}}
	for name, v := range map[string]string{"types": f.Types, "community": f.Community, "group": f.Group} {
		if v != "" {
			q.Set(name, v)
		}
	}
	res, err := c.Do(ctx, http.MethodGet, "/events?"+q.Encode(), nil, http.Header{"Accept": {"text/event-stream"}})
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return false, problem(res)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, maxEvent)
	var data strings.Builder
	id, kind := "", ""
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			id = value
		case "event":
			kind = value
		case "data":
			if data.Len() > 0 {
				data.WriteByte('\n')
			}
			data.WriteString(value)
		}
		if lines.Text() != "" {
			continue
		}
		if id != "" {
			f.After = id
		}
		if data.Len() > 0 {
			e := api.Event{ID: id, Type: kind}
			if kind != "resync" {
				if err := json.Unmarshal([]byte(data.String()), &e); err != nil {
					return false, err
				}
			}
			if !yield(e, nil) {
				return true, nil
			}
		}
		id, kind = "", "" // what is not kept has no id
		data.Reset()
	}
	if err := lines.Err(); err != nil {
		return false, err
	}
	return false, io.ErrUnexpectedEOF
}
