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

// Problem says what was wrong with a request (RFC 9457). Its JSON also has the fields of Members.
type Problem struct { //nolint:errname // the document shows the name, as RFC 9457 has it
	Type          string       `json:"type" format:"uri" doc:"Identifies the kind of problem. It never changes"`
	Title         string       `json:"title" doc:"The kind of problem, for people"`
	Status        int          `json:"status" doc:"The HTTP status of the answer"`
	Detail        string       `json:"detail,omitempty" doc:"What was wrong with this request, for people. The words may change"`
	CorrelationID string       `json:"correlationId,omitempty" doc:"The correlation id of the request"`
	Errors        []FieldError `json:"errors,omitempty" doc:"Each malformed part of the request"`
	// Members is a struct with additional members of the problem, or nil: see [annals.Refusal].
	Members any `json:"-"`

	code       string
	fault      string // of the service, for the log
	retryAfter int    // seconds
	applied    string // Preference-Applied
	encodings  string // Accept-Encoding
}

// FieldError says what is wrong with one part of a request.
type FieldError struct {
	Field  string `json:"field" doc:"The part: body, path, query or header, and its name" example:"body.items[0].quantity"`
	Detail string `json:"detail" doc:"What is wrong with it"`
}

// newProblem returns the problem with a code in kebab case. Method of sets its type.
func newProblem(status int, code, detail string) *Problem {
	return &Problem{Title: title(strings.ReplaceAll(code, "-", " ")), Status: status, Detail: detail, code: code}
}

// internal returns the problem for an error that is neither the caller's fault nor transient.
func internal() *Problem {
	return newProblem(http.StatusInternalServerError, "internal",
		"the service failed: its log has the cause under the correlation id")
}

func tooLarge() *Problem {
	return newProblem(http.StatusRequestEntityTooLarge, "too-large",
		"the body must have at most "+strconv.Itoa(MaxBodyBytes)+" bytes")
}

// AnswerTooLarge returns the problem for an answer that is too large to send: Lambda sends at most 6 MB. The method is
// that of the request: after a command, the problem says that the command was stored.
func AnswerTooLarge(s *annals.Service, method, correlationID string) *Problem {
	p := newProblem(http.StatusInternalServerError, "answer-too-large",
		"the answer is too large to send: ask for fewer items")
	if method != http.MethodGet {
		p.Detail = "the command was stored, but its answer is too large to send: do not repeat it, query what it changed"
	}
	return p.of(s, correlationID)
}

// Text returns the problem as JSON.
func (p *Problem) Text() string {
	text, _ := json.Marshal(p) // can't fail: strings and numbers
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

// plainJSON encodes JSON without escapes for HTML.
func plainJSON(v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// invalidField returns the problem for one malformed part of a request.
func invalidField(field, detail string) *Problem {
	return invalid("", &huma.ErrorDetail{Location: field, Message: detail})
}

// invalid returns the problem for a malformed request. message is the detail where errs have none.
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

// of sets the problem's type, by the service, and its correlation id, and returns it.
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

// write answers with a problem outside of operations.
func (e *edge) write(w http.ResponseWriter, r *http.Request, p *Problem) {
	e.begin(w, r, p)
	_ = json.NewEncoder(w).Encode(p) // fails only if the caller has disconnected
}

// refused answers with a problem of an operation.
func (e *edge) refused(w http.ResponseWriter, r *http.Request, p *Problem) {
	text, err := plainJSON(e.tied(r.Context(), p))
	if err != nil { // of members
		e.log(r.Context(), slog.LevelError, "problem can't be encoded as JSON", err)
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
