package invoke

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/annals-es/annals/local/endpoint"
	"github.com/annals-es/annals/local/lambda"
)

// bodyTime is how long a client may take to send an event.
const bodyTime = 30 * time.Second

// Server answers Invoke of Lambda's API. It does not verify signatures.
type Server struct {
	*endpoint.Endpoint
	functions map[string]Function // by name
	region    string
	account   string
	log       *slog.Logger
	sent      *sent

	// MayInvoke decides whether the signer of a request may invoke a function, by its ARN. If nil, every request is
	// allowed. Set it before Serve.
	MayInvoke func(header http.Header, function string) error
}

// Listen opens a free port of the loopback interface. The caller closes the server.
func Listen(account, region string, log *slog.Logger) (*Server, error) {
	e, err := endpoint.Listen("Lambda")
	if err != nil {
		return nil, err
	}
	return &Server{
		Endpoint: e, functions: map[string]Function{}, region: region, account: account, log: log, sent: newSent(log),
	}, nil
}

// Serve starts to answer requests for these functions.
func (s *Server) Serve(functions ...Function) {
	for _, f := range functions {
		s.functions[f.Name] = f
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", s.invoke)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, &apiError{http.StatusNotFound, "UnknownOperationException",
			r.Method + " " + r.URL.Path + " is not supported locally: use Invoke", ""})
	})
	s.Answer(mux)
}

// Close closes the server. Events that are not processed yet are lost.
func (s *Server) Close() {
	s.Endpoint.Close()
	s.sent.close()
}

func (s *Server) invoke(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	f, err := s.find(r)
	if err != nil {
		refuse(w, err)
		return
	}
	kind := cmp.Or(r.Header.Get("X-Amz-Invocation-Type"), "RequestResponse")
	most := int64(maxEvent)
	switch kind {
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return
	case "RequestResponse":
	case "Event":
		most = maxSentEvent
	default:
		refuse(w, &apiError{http.StatusBadRequest, "InvalidParameterValueException",
			"the invocation type is " + kind + ": it must be RequestResponse, Event or DryRun", ""})
		return
	}
	event, err := readEvent(w, r, most)
	if err != nil {
		refuse(w, err)
		return
	}
	if kind == "Event" {
		s.sent.add(f, event)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	s.answer(w, r, f, event)
}

// answer invokes a function and passes on its answer. As on Lambda, a client that disconnects does not stop the
// function.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, f Function, event []byte) {
	payload, err := f.Invoke(context.WithoutCancel(r.Context()), event)
	if failed, ok := errors.AsType[*lambda.FunctionError](err); ok {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		payload, err = json.Marshal(map[string]string{"errorType": failed.Type, "errorMessage": failed.Message})
	}
	if err != nil {
		refuse(w, failure(f, err))
		return
	}
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(payload) // fails only if the client disconnected
}
