package queue

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strings"

	"github.com/annals-es/annals/local/endpoint"
)

// Server answers SendMessage and SendMessageBatch of SQS's API, in the AWS JSON 1.0 protocol. It does not verify
// signatures.
type Server struct {
	*endpoint.Endpoint
	queues map[string]*Queue // by name
	log    *slog.Logger

	// MaySend decides whether the signer of a request may send to a queue, by its ARN. If nil, every request is
	// allowed. Set it before Serve.
	MaySend func(header http.Header, queue string) error
}

// Listen opens a free port of the loopback interface. The caller closes the server.
func Listen(log *slog.Logger) (*Server, error) {
	e, err := endpoint.Listen("SQS")
	if err != nil {
		return nil, err
	}
	return &Server{Endpoint: e, log: log, queues: map[string]*Queue{}}, nil
}

// Serve starts to answer requests for these queues.
func (s *Server) Serve(queues ...*Queue) {
	for _, q := range queues {
		s.queues[q.Name] = q
	}
	s.Answer(s)
}

const contentType = "application/x-amz-json-1.0"

// ServeHTTP answers one call: the action is in X-Amz-Target, its input in the body.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	output, err := s.call(r.Header, http.MaxBytesReader(w, r.Body, 8<<20))
	w.Header().Set("Content-Type", contentType)
	if err != nil {
		e := asAPIError(err)
		if !e.sender() {
			s.log.ErrorContext(r.Context(), "send a message", "error", err)
		}
		w.WriteHeader(e.status())
		output = e
	}
	_ = json.NewEncoder(w).Encode(output)
}

func (s *Server) call(header http.Header, body io.Reader) (any, error) {
	action := strings.TrimPrefix(header.Get("X-Amz-Target"), "AmazonSQS.")
	switch action {
	case "SendMessage":
		var input sendMessage
		if err := decode(body, &input); err != nil {
			return nil, err
		}
		return s.send(header, input)
	case "SendMessageBatch":
		var input sendMessageBatch
		if err := decode(body, &input); err != nil {
			return nil, err
		}
		return s.sendBatch(header, input)
	}
	return nil, apiError{"UnsupportedOperation",
		fmt.Sprintf("%q is not supported locally: use SendMessage or SendMessageBatch", action)}
}

// decode reads an input. It refuses fields that the server would ignore, such as MessageAttributes.
func decode(body io.Reader, input any) error {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(input); err != nil {
		return apiError{"UnsupportedOperation", "the input is not supported locally: " + err.Error()}
	}
	return nil
}

// find returns the queue that a request sends to.
func (s *Server) find(header http.Header, url string) (*Queue, error) {
	q, ok := s.queues[path.Base(url)]
	if !ok {
		return nil, apiError{"QueueDoesNotExist", fmt.Sprintf("The specified queue does not exist: %s", url)}
	}
	if s.MaySend != nil {
		if err := s.MaySend(header, q.ARN); err != nil {
			return nil, apiError{accessDenied, err.Error()}
		}
	}
	return q, nil
}
