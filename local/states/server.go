package states

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/annals-es/annals/local/endpoint"
)

// Server answers StartExecution and DescribeExecution of Step Functions' API, in the AWS JSON 1.0 protocol. It does not
// verify signatures.
type Server struct {
	*endpoint.Endpoint
	machines []*Machine
	log      *slog.Logger

	// MayDo decides whether the signer of a request may do an action on a machine or an execution, by its ARN. If nil,
	// every request is allowed. Set it before Serve.
	MayDo func(header http.Header, action, resource string) error
}

// Listen opens a free port of the loopback interface. The caller closes the server.
func Listen(log *slog.Logger) (*Server, error) {
	e, err := endpoint.Listen("Step Functions")
	if err != nil {
		return nil, err
	}
	return &Server{Endpoint: e, log: log}, nil
}

// Serve starts to answer requests for these machines, and resumes their executions.
func (s *Server) Serve(machines ...*Machine) {
	s.machines = machines
	for _, m := range machines {
		m.Resume()
	}
	s.Answer(s)
}

// Close closes the server and interrupts the machines.
func (s *Server) Close() {
	s.Endpoint.Close()
	for _, m := range s.machines {
		m.Close()
	}
}

// apiError is an error in Step Functions' format.
type apiError struct {
	Code    string `json:"__type"`
	Message string `json:"message"`
}

func (e apiError) Error() string { return e.Code + ": " + e.Message }

// ServeHTTP answers one call: the action is in X-Amz-Target, its input in the body.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	output, err := s.call(r.Header, http.MaxBytesReader(w, r.Body, 1<<20))
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if err != nil {
		e, known := errors.AsType[apiError](err)
		status := http.StatusBadRequest
		if !known {
			s.log.ErrorContext(r.Context(), "answer a request to Step Functions", "error", err)
			e, status = apiError{"InternalFailure", err.Error()}, http.StatusInternalServerError
		}
		w.WriteHeader(status)
		output = e
	}
	_ = json.NewEncoder(w).Encode(output)
}

func (s *Server) call(header http.Header, body io.Reader) (any, error) {
	action := strings.TrimPrefix(header.Get("X-Amz-Target"), "AWSStepFunctions.")
	switch action {
	case "StartExecution":
		var in struct{ StateMachineARN, Name, Input string }
		if err := strictlyAPI(body, &in); err != nil {
			return nil, err
		}
		if err := s.allowed(header, action, in.StateMachineARN); err != nil {
			return nil, err
		}
		return s.start(in.StateMachineARN, in.Name, in.Input)
	case "DescribeExecution":
		var in struct{ ExecutionARN string }
		if err := strictlyAPI(body, &in); err != nil {
			return nil, err
		}
		if err := s.allowed(header, action, in.ExecutionARN); err != nil {
			return nil, err
		}
		return s.describe(in.ExecutionARN)
	}
	return nil, apiError{"UnsupportedOperation",
		fmt.Sprintf("%q is not supported locally: use StartExecution or DescribeExecution", action)}
}

func (s *Server) allowed(header http.Header, action, resource string) error {
	if s.MayDo == nil {
		return nil
	}
	if err := s.MayDo(header, "states:"+action, resource); err != nil {
		return apiError{"AccessDeniedException", err.Error()}
	}
	return nil
}

func strictlyAPI(body io.Reader, into any) error {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return apiError{"UnsupportedOperation", "the input is not supported locally: " + err.Error()}
	}
	return nil
}

// names are valid execution names. They are also file names, so fewer characters are valid than in Step Functions:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html.
var names = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func (s *Server) start(arn, name, input string) (any, error) {
	if name == "" {
		name = uuid.NewString()
	}
	if input == "" {
		input = "{}"
	}
	switch {
	case !names.MatchString(name):
		return nil, apiError{"InvalidName", fmt.Sprintf("Invalid Name: '%s'", name)}
	case !json.Valid([]byte(input)):
		return nil, apiError{"InvalidExecutionInput", "Invalid State Machine Execution Input"}
	}
	for _, m := range s.machines {
		if m.ARN != arn {
			continue
		}
		e, err := m.Start(name, json.RawMessage(input))
		if err != nil {
			return nil, err
		}
		return map[string]any{"executionArn": m.executionARN(name), "startDate": seconds(e.Started)}, nil
	}
	return nil, apiError{"StateMachineDoesNotExist", fmt.Sprintf("State Machine Does Not Exist: '%s'", arn)}
}

func (s *Server) describe(arn string) (any, error) {
	for _, m := range s.machines {
		name, ours := strings.CutPrefix(arn, m.executionARN(""))
		e, there := m.Describe(name)
		if !ours || !there {
			continue
		}
		out := map[string]any{
			"executionArn": arn, "stateMachineArn": m.ARN, "name": e.Name, "status": e.Status, "startDate": seconds(e.Started),
			"input": string(e.Input),
		}
		if e.Status != Running {
			out["stopDate"] = seconds(e.Stopped)
		}
		if e.Status == Succeeded {
			out["output"] = string(e.Output)
		}
		if e.Status == Failed {
			out["error"], out["cause"] = e.Error, e.Cause
		}
		return out, nil
	}
	return nil, apiError{"ExecutionDoesNotExist", fmt.Sprintf("Execution Does Not Exist: '%s'", arn)}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
