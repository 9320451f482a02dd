package console

import (
	"bytes"
	"fmt"
	"net/http"
)

// live sends what happens, as it does, as server-sent events: history (the last pulses), commit (first the newest that are
// there), opened (they were looked for), pulse, missed, trouble. A
// pulse comes every second, so nobody between takes the connection for dead.
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	control := http.NewResponseController(w)
	p, first := c.hub.join() //nolint:contextcheck // following serves all pages, and goes on after this one
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
