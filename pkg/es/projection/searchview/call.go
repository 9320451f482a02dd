package searchview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// failure is an answer that is no success. Its text cites no document.
type failure struct {
	status int
	kind   string // the server's type of the error, such as "index_not_found_exception"
	reason string
}

func (f *failure) Error() string {
	text := fmt.Sprintf("OpenSearch answered with status %d", f.status)
	if f.kind != "" {
		text += ", " + f.kind
	}
	if f.reason != "" {
		text += ": " + f.reason
	}
	return text
}

// The types of errors that are handled here.
const (
	noIndex     = "index_not_found_exception"
	noAlias     = "aliases_not_found_exception"
	indexExists = "resource_already_exists_exception"
)

// isMissing reports whether an index does not exist.
func isMissing(err error) bool {
	f := (*failure)(nil)
	return errors.As(err, &f) && (f.kind == noIndex || f.kind == noAlias)
}

// maxAnswer limits what is read of an answer that is no success, in bytes.
const maxAnswer = 64 << 10

// call sends a request, and decodes the answer into out unless that is nil.
//
// Errors: a failure; the client's.
func (v *View) call(ctx context.Context, method, path string, body []byte, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := v.client.Stream(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusMultipleChoices {
		text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		return errors.Join(failureOf(answer.StatusCode, text), err)
	}
	if out == nil {
		_, err = io.Copy(io.Discard, answer.Body) // so that the connection is used again
		return err
	}
	if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
		return fmt.Errorf("the answer of OpenSearch to %s %s: %w", method, path, err)
	}
	return nil
}

// failureOf reads the answer of a server, or of a proxy before it.
func failureOf(status int, text []byte) *failure {
	var answer struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	f := &failure{status: status}
	if json.Unmarshal(text, &answer) != nil {
		return f
	}
	var cause struct{ Type, Reason string }
	if json.Unmarshal(answer.Error, &cause) == nil {
		f.kind, f.reason = cause.Type, cause.Reason
	} else {
		f.reason = answer.Message // of IAM, for instance
	}
	if status == http.StatusBadRequest { // the reason may cite a document
		f.reason = ""
	}
	return f
}

// Unavailable reports whether an error of a call with a context says that the server can't be reached, or can't serve
// now. The same call may succeed later.
func Unavailable(ctx context.Context, err error) bool {
	if f := (*failure)(nil); errors.As(err, &f) {
		return f.status == http.StatusTooManyRequests || f.status >= http.StatusInternalServerError
	}
	return err != nil && ctx.Err() == nil
}

// fault is what an error means for the engine. Everything that no other call can avoid is an outage of this store: it
// must not hold up other projections.
func (v *View) fault(ctx context.Context, g projection.Generation, err error) error {
	switch {
	case err == nil:
		return nil
	case isMissing(err):
		return fmt.Errorf("%w: there is no index %s", projection.ErrLost, v.indexOf(g))
	case ctx.Err() != nil, errors.Is(err, projection.ErrStale), errors.Is(err, projection.ErrRefused),
		errors.Is(err, projection.ErrLost), errors.Is(err, projection.ErrTooLarge):
		return err
	}
	return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
}

// marshal is JSON in one line that keeps what is JSON already.
func marshal(value any) []byte {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil { // only types of this package, and JSON
		panic("searchview: " + err.Error())
	}
	return text.Bytes()
}

// path is the path of a request.
func path(parts ...string) string { return "/" + strings.Join(parts, "/") }
