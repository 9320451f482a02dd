package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es/projection"
)

// maxParked is the most streams that are listed.
const maxParked = 1000

// waiting is a parked stream.
type waiting struct {
	Projection string                `json:"projection"`
	Generation projection.Generation `json:"generation"`
	Stream     string                `json:"stream"`
	projection.Parked
	// Events is how many events are known to wait.
	Events int64 `json:"events"`
}

// parked answers with the parked streams.
func (c *Console) parked(w http.ResponseWriter, r *http.Request) {
	out := struct {
		Parked []waiting `json:"parked"`
		More   bool      `json:"more"`
		// Unread is why read models in other stores can't be read, "" if all were.
		Unread string `json:"unread,omitempty"`
	}{Parked: []waiting{}}
	for one, err := range c.operator.Parked(r.Context()) {
		if errors.As(err, new(*inspect.ApartError)) {
			out.Unread = err.Error()
			break
		}
		if err != nil {
			fail(w, err)
			return
		}
		if out.More = len(out.Parked) == maxParked; out.More {
			break
		}
		out.Parked = append(out.Parked, waiting{
			Projection: one.Projection, Generation: one.Generation, Stream: one.Stream.String(), Parked: one.Parked,
			Events: max(one.Seen-one.Version+1, 1),
		})
	}
	answer(w, http.StatusOK, out)
}

// retry retries a stream, and answers whether it is still parked.
func (c *Console) retry(w http.ResponseWriter, r *http.Request, o order) {
	stream, ok := streamOf(w, o.Stream)
	if !ok {
		return
	}
	// The retry continues if the page is closed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), c.cfg.Timeout)
	defer cancel()
	c.cfg.Log.InfoContext(ctx, "the console retries a stream", "projection", o.Projection, "stream", o.Stream)
	if err := c.operator.RetryStream(ctx, stream, o.Projection); err != nil {
		fail(w, err)
		return
	}
	out := struct {
		Waits bool   `json:"waits"`
		Error string `json:"error,omitempty"`
	}{}
	for one, err := range c.operator.Parked(ctx, o.Projection) {
		if err != nil {
			fail(w, err)
			return
		}
		if one.Stream == stream {
			out.Waits, out.Error = true, one.Error
		}
	}
	answer(w, http.StatusOK, out)
}
