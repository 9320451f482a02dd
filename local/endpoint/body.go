package endpoint

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// ReadBody reads the body of a request, of so many bytes at most and within a time: a client that sends it drop by drop
// holds up nothing for longer.
//
// Errors: [*http.MaxBytesError]; [os.ErrDeadlineExceeded]; the connection's own.
func ReadBody(w http.ResponseWriter, r *http.Request, most int64, within time.Duration) ([]byte, error) {
	connection := http.NewResponseController(w)
	// What has no connection, such as a test's recorder, has no deadline.
	_ = connection.SetReadDeadline(time.Now().Add(within))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		return nil, fmt.Errorf("read the body of %s %s: %w", r.Method, r.URL.Path, err)
	}
	_ = connection.SetReadDeadline(time.Time{}) // or the request's context would end at that time
	return body, nil
}
