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

// Server answers Lambda's API: the REST-JSON protocol, Invoke. Signatures are not verified.
type Server struct {
	*endpoint.Endpoint
	functions map[string]Function // by name
	region    string
	account   string
	log       *slog.Logger
	sent      *sent

	// MayInvoke says whether the signer of a request may invoke a function, by its ARN. nil = all may. To be set before
	// Serve.
	MayInvoke func(header http.Header, function string) error
}

// Listen takes a free port of the loopback interface. Close it.
func Listen(account, region string, log *slog.Logger) (*Server, error) {
	e, err := endpoint.Listen("Lambda")
	if err != nil {
		return nil, err
	}
	return &Server{Endpoint: e, functions: map[string]Function{}, region: region, account: account, log: log, sent: newSent(log)}, nil
}

// Serve begins to answer for these functions.
func (s *Server) Serve(functions ...Function) {
	for _, f := range functions {
		s.functions[f.Name] = f
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", s.invoke)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, &apiError{http.StatusNotFound, "UnknownOperationException", r.Method + " " + r.URL.Path + " is not run here: Invoke is", ""})
	})
	s.Answer(mux)
}

// Close ends it, and forgets the events that are not done.
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

// answer invokes a function and answers as it does. A client that hangs up does not stop it, as on Lambda.
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
	_, _ = w.Write(payload) // the client has gone
}
