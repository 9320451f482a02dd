package console

import (
	"bytes"
	"fmt"
	"net/http"
)

// live sends server-sent events: history (the last pulses), commit (first the newest stored ones), opened (the search
// for those has ended), pulse, missed (messages were dropped), trouble. A pulse comes every second, which keeps proxies
// from closing the connection.
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	control := http.NewResponseController(w)
	p, first := c.hub.join() //nolint:contextcheck // following serves all pages, and outlives this one
	defer c.hub.leave(p)
	send := func(messages ...message) error {
		var b bytes.Buffer
		for _, m := range messages {
			fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", m.event, m.data) // JSON has no line breaks
		}
		if _, err := w.Write(b.Bytes()); err != nil {
			return err
		}
		return control.Flush()
	}
	err := send(first...)
	for err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-c.hub.context.Done():
			return
		case m := <-p.messages:
			err = send(m)
		}
	}
}
