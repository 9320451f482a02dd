package endpoint

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// ReadBody reads the body of a request, with a limit for its size and for the time that a slow client may take.
//
// Errors: [*http.MaxBytesError]; [os.ErrDeadlineExceeded]; errors of the connection.
func ReadBody(w http.ResponseWriter, r *http.Request, most int64, within time.Duration) ([]byte, error) {
	connection := http.NewResponseController(w)
	// A ResponseWriter without a connection, such as a test's recorder, has no deadline.
	_ = connection.SetReadDeadline(time.Now().Add(within))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		return nil, fmt.Errorf("read the body of %s %s: %w", r.Method, r.URL.Path, err)
	}
	_ = connection.SetReadDeadline(time.Time{}) // otherwise the request's context would end at the deadline
	return body, nil
}
