package annalshttp

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals"
)

const problemType = "application/problem+json"

// Problem says what was wrong with a request: RFC 9457. Its JSON has the fields of Members, too.
type Problem struct { //nolint:errname // the document shows the name, as RFC 9457 has it
	Type          string       `json:"type" format:"uri" doc:"Names the kind of problem; stable"`
	Title         string       `json:"title" doc:"The kind of problem, for people"`
	Status        int          `json:"status" doc:"The status of the answer"`
	Detail        string       `json:"detail,omitempty" doc:"What was wrong with this request, for people; may change"`
	CorrelationID string       `json:"correlationId,omitempty" doc:"The correlation id of the request"`
	Errors        []FieldError `json:"errors,omitempty" doc:"What is malformed, one by one"`
	// Members is a struct whose fields the problem has besides, or nil: see [annals.Refusal].
	Members any `json:"-"`

	code       string
	fault      string // of the service, for the log
	retryAfter int    // seconds
	applied    string // the preference that was followed
	encodings  string // that a body can have
}

// FieldError says what is wrong with one part of a request.
type FieldError struct {
	Field  string `json:"field" doc:"Where: body, path, query or header, and the name" example:"body.items[0].quantity"`
	Detail string `json:"detail" doc:"What is wrong with it"`
}

// newProblem returns the problem of a code in kebab case. Its type is made when it is tied to a request.
func newProblem(status int, code, detail string) *Problem {
	return &Problem{Title: title(strings.ReplaceAll(code, "-", " ")), Status: status, Detail: detail, code: code}
}

// internal is the problem of whatever is no fault of the caller, and none that may pass.
func internal() *Problem {
	return newProblem(http.StatusInternalServerError, "internal",
		"something went wrong on our side; the log has it under the correlation id")
}

func tooLarge() *Problem {
	return newProblem(http.StatusRequestEntityTooLarge, "too-large",
		"the body can have "+strconv.Itoa(MaxBodyBytes)+" bytes")
}

// AnswerTooLarge is the problem of an answer to a request with a method that is larger than what serves the service can
// send: Lambda sends 6 MB.
func AnswerTooLarge(s *annals.Service, method, correlationID string) *Problem {
	p := newProblem(http.StatusInternalServerError, "answer-too-large", "the answer is too large: ask for fewer items")
	if method != http.MethodGet {
		p.Detail = "the command was done, but its answer is too large: don't repeat it, ask for what it changed"
	}
	return p.of(s, correlationID)
}

// Text is the problem as JSON.
func (p *Problem) Text() string {
	text, _ := json.Marshal(p) // it is made of strings and numbers
	return string(text)
}

// MarshalJSON implements [json.Marshaler].
func (p *Problem) MarshalJSON() ([]byte, error) {
	type own Problem // without this method
	text, err := plainJSON((*own)(p))
	if err != nil || p.Members == nil {
		return text, err
	}
	members, err := plainJSON(p.Members)
	if err != nil || len(members) <= len("{}") {
		return text, err
	}
	return append(append(text[:len(text)-1], ','), members[1:]...), nil
}

// plainJSON is JSON whose strings have no escapes that JSON does not need.
func plainJSON(v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// invalidField is the problem of one malformed part of a request.
func invalidField(field, detail string) *Problem {
	return invalid("", &huma.ErrorDetail{Location: field, Message: detail})
}

// invalid is the problem of a request that is malformed. message is what is said where errs say nothing.
func invalid(message string, errs ...error) *Problem {
	p := newProblem(http.StatusBadRequest, "invalid-request", "the request is malformed")
	for _, err := range errs[:min(len(errs), maxFieldErrors)] {
		p.Errors = append(p.Errors, fieldError(err, message))
	}
	if len(errs) == 0 && message != "" {
		p.Errors = []FieldError{{Field: "body", Detail: message}}
	}
	return p
}

// of ties the problem to a service and a request.
func (p *Problem) of(s *annals.Service, correlationID string) *Problem {
	if p.code != "" {
		p.Type = s.API.Problems + p.code
	}
	p.CorrelationID = correlationID
	return p
}

// Error implements error.
func (p *Problem) Error() string { return p.code + ": " + p.Detail }

func (p *Problem) headers() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.applied != "" {
		h.Set("Preference-Applied", p.applied)
	}
	if p.encodings != "" {
		h.Set("Accept-Encoding", p.encodings)
	}
	return h
}

// write answers with a problem where no operation does.
func (e *edge) write(w http.ResponseWriter, r *http.Request, p *Problem) {
	e.begin(w, r, p)
	_ = json.NewEncoder(w).Encode(p) // an answer that can't be sent has nobody to be told
}

// refused answers with a problem of an operation.
func (e *edge) refused(w http.ResponseWriter, r *http.Request, p *Problem) {
	text, err := plainJSON(e.tied(r.Context(), p))
	if err != nil { // of members
		e.log(r.Context(), slog.LevelError, "a problem can't be written", err)
		p = internal()
		text, _ = plainJSON(e.tied(r.Context(), p))
	}
	e.begin(w, r, p)
	_, _ = w.Write(append(text, '\n'))
}

func (e *edge) tied(ctx context.Context, p *Problem) *Problem {
	return p.of(e.service, correlationID(ctx))
}

// begin sends the headers of a problem.
func (e *edge) begin(w http.ResponseWriter, r *http.Request, p *Problem) {
	p = e.tied(r.Context(), p)
	maps.Copy(w.Header(), p.headers())
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
}
