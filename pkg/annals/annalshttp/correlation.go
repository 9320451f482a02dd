package annalshttp

import (
	"context"
	"net/http"
	"regexp"

	"github.com/google/uuid"
)

// CorrelationHeader is the header of the correlation id, in requests and answers.
const CorrelationHeader = "X-Correlation-Id"

// The headers of the API besides those of HTTP.
const (
	keyHeader        = "Idempotency-Key"
	occurredAtHeader = "Occurred-At"
	ifMatchHeader    = "If-Match"
	tokenHeader      = "Consistency-Token"
)

// correlated is the header that ties together what one request from outside causes.
type correlated struct {
	CorrelationID string `header:"X-Correlation-Id" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9._~:/+=@-]+$" doc:"Ties together all that the request causes; made where it is absent, and given back"`
}

var validCorrelation = regexp.MustCompile(`^[A-Za-z0-9._~:/+=@-]{1,128}$`)

type correlationKey struct{}

func correlationID(ctx context.Context) string {
	id, _ := ctx.Value(correlationKey{}).(string)
	return id
}

// correlated gives every request a correlation id, and every answer. One that is malformed is replaced here, and
// refused where the operation checks its headers.
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
