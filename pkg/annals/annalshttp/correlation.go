package annalshttp

import (
	"context"
	"net/http"
	"regexp"

	"github.com/google/uuid"
)

// CorrelationHeader is the header of the correlation id, in requests and answers.
const CorrelationHeader = "X-Correlation-Id"

// Request and response headers that are not standard in net/http.
const (
	keyHeader        = "Idempotency-Key"
	occurredAtHeader = "Occurred-At"
	ifMatchHeader    = "If-Match"
	tokenHeader      = "Consistency-Token"
)

// correlated has the correlation id, which is stored with every event that the request causes.
type correlated struct {
	CorrelationID string `header:"X-Correlation-Id" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9._~:/+=@-]+$" doc:"An id that is stored with every event that the request causes, and logged. If absent, the service makes one. The answer has it"`
}

var validCorrelation = regexp.MustCompile(`^[A-Za-z0-9._~:/+=@-]{1,128}$`)

type correlationKey struct{}

func correlationID(ctx context.Context) string {
	id, _ := ctx.Value(correlationKey{}).(string)
	return id
}

// correlated puts a correlation id into the context of every request and into every answer. It replaces a malformed id;
// the operation refuses such a request later, when it checks its headers.
func (e *edge) correlated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(CorrelationHeader)
		if !validCorrelation.MatchString(id) {
			id = uuid.NewString()
		}
		w.Header().Set(CorrelationHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), correlationKey{}, id)))
	})
}
