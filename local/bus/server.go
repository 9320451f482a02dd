package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/annals-es/annals/local/endpoint"
)

// Server answers PutEvents of EventBridge's API, in the AWS JSON 1.1 protocol. It does not verify signatures.
type Server struct {
	*endpoint.Endpoint
	buses           map[string]*Bus // by name
	account, region string
	log             *slog.Logger

	// MayPut decides whether the signer of a request may put events on a bus, by its ARN. If nil, every request is
	// allowed. Set it before Serve.
	MayPut func(header http.Header, bus string) error
}

// apiError is an error in EventBridge's format.
type apiError struct {
	Code    string `json:"__type"`
	Message string `json:"message"`
}

func (e apiError) Error() string { return e.Code + ": " + e.Message }

// Listen opens a free port of the loopback interface. The caller closes the server.
func Listen(account, region string, log *slog.Logger) (*Server, error) {
	e, err := endpoint.Listen("EventBridge")
	if err != nil {
		return nil, err
	}
	return &Server{Endpoint: e, buses: map[string]*Bus{}, account: account, region: region, log: log}, nil
}

// Serve starts to answer requests for these buses.
func (s *Server) Serve(buses ...*Bus) {
	for _, b := range buses {
		s.buses[b.Name] = b
	}
	s.Answer(s)
}

// ServeHTTP answers one call: the action is in X-Amz-Target, its input in the body.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	output, err := s.call(r.Header, http.MaxBytesReader(w, r.Body, 16<<20))
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if err != nil {
		e, sender := errors.AsType[apiError](err)
		if !sender {
			s.log.ErrorContext(r.Context(), "put events on a bus", "error", err)
			e = apiError{"InternalException", err.Error()}
			w.WriteHeader(http.StatusInternalServerError)
		} else {
			w.WriteHeader(http.StatusBadRequest)
		}
		output = e
	}
	_ = json.NewEncoder(w).Encode(output)
}

func (s *Server) call(header http.Header, body io.Reader) (any, error) {
	if action := strings.TrimPrefix(header.Get("X-Amz-Target"), "AWSEvents."); action != "PutEvents" {
		return nil, apiError{"UnknownOperationException", fmt.Sprintf("%q is not supported locally: use PutEvents", action)}
	}
	var in putEvents
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields() // such as EndpointId: the server would ignore it
	if err := decoder.Decode(&in); err != nil {
		return nil, apiError{"SerializationException", "the input is not supported locally: " + err.Error()}
	}
	return s.put(header, in)
}
