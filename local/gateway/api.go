package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/annals-es/annals/local/endpoint"
	"github.com/annals-es/annals/local/lambda"
)

// API answers requests in the way of an HTTP API of API Gateway.
type API struct {
	id, account string
	routes      []route
	authorizer  Authorizer
	limit       *rate.Limiter
	cors        *CORS
	log         *slog.Logger
	now         func() time.Time
	// patience is how long a client may take to send a body, and to receive a response.
	patience time.Duration
}

// New returns an API with the given routes.
func New(id, account string, routes []Route, o Options, log *slog.Logger) (*API, error) {
	a := &API{
		id: id, account: account, authorizer: o.Authorizer, limit: rate.NewLimiter(rate.Inf, 0), cors: o.CORS, log: log,
		now: time.Now, patience: patience,
	}
	if o.Rate > 0 {
		a.limit = rate.NewLimiter(rate.Limit(o.Rate), o.Burst)
	}
	for _, r := range routes {
		parsed, err := parse(r)
		if err != nil {
			return nil, err
		}
		a.routes = append(a.routes, parsed)
	}
	sortRoutes(a.routes)
	return a, nil
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	w.Header().Set("Apigw-Requestid", id)
	if a.cors != nil {
		w = corsWriter{w, a.cors, r}
	}
	if headerBytes(r) > maxHeaders {
		message(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
		return
	}
	found, parameters := a.find(r)
	if found == nil && a.cors != nil && preflight(r) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if found == nil {
		message(w, http.StatusNotFound, "Not Found")
		return
	}
	if !a.limit.AllowN(a.now(), 1) {
		message(w, http.StatusTooManyRequests, "Too Many Requests")
		return
	}
	who, admitted := a.admit(w, r, found)
	if !admitted {
		return
	}
	body, err := endpoint.ReadBody(w, r, maxBody, a.patience)
	if err != nil {
		refuseBody(w, err)
		return
	}
	e := a.newEvent(r, found.Key, parameters, body, id)
	e.RequestContext.Authorizer = who
	a.invoke(w, r, found, e)
}

// find returns the route of a request. Routes are sorted, so the first match is the right one.
func (a *API) find(r *http.Request) (*route, map[string]string) {
	path := split(r.URL.EscapedPath())
	for i := range a.routes {
		if parameters, ok := a.routes[i].match(r.Method, path); ok {
			return &a.routes[i], parameters
		}
	}
	return nil, nil
}

func (a *API) invoke(w http.ResponseWriter, r *http.Request, to *route, e event) {
	payload, err := json.Marshal(e)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	// As on API Gateway, a client that disconnects does not stop the function.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), to.Timeout)
	defer cancel()
	answer, err := to.Function.Invoke(ctx, payload)
	if err == nil {
		err = respond(w, answer, a.patience)
	}
	if err != nil {
		a.fail(w, r, err)
	}
}

// fail answers a request whose function gave no answer. As on API Gateway, the client does not learn why.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	a.log.WarnContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	switch {
	case errors.Is(err, lambda.ErrPayloadTooLarge):
		message(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, lambda.ErrClosed), errors.Is(err, lambda.ErrThrottled):
		message(w, http.StatusServiceUnavailable, "Service Unavailable")
	default:
		message(w, http.StatusInternalServerError, "Internal Server Error")
	}
}

// headerBytes is the size of the request line and all headers.
func headerBytes(r *http.Request) int {
	size := len(r.Method) + len(r.RequestURI) + len(r.Proto) + len("host") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	return size
}
