package httpapi

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const (
	problemType = "application/problem+json"
	// problemBase is what all types of problems begin with; a code follows.
	problemBase = "https://annals-es.github.io/shop/problems/"
)

// Problem says what was wrong with a request: RFC 9457.
type Problem struct { //nolint:errname // the document shows the name, as RFC 9457 has it
	Type          string       `json:"type" format:"uri" doc:"Names the kind of problem; stable" example:"https://annals-es.github.io/shop/problems/insufficient-funds"`
	Title         string       `json:"title" doc:"The kind of problem, for people"`
	Status        int          `json:"status" doc:"The status of the answer"`
	Detail        string       `json:"detail,omitempty" doc:"What was wrong with this request, for people; may change"`
	CorrelationID string       `json:"correlationId,omitempty" doc:"The correlation id of the request"`
	Errors        []FieldError `json:"errors,omitempty" doc:"What is malformed, one by one"`
	ProductID     string       `json:"productId,omitempty" doc:"The product of unknown-product and price-changed"`
	CurrentPrice  *Amount      `json:"currentPrice,omitempty" doc:"What the product of price-changed costs now"`

	retryAfter int    // seconds
	applied    string // the preference that was followed
	encodings  string // that a body can have
}

// FieldError says what is wrong with one part of a request.
type FieldError struct {
	Field  string `json:"field" doc:"Where: body, path, query or header, and the name" example:"body.items[0].quantity"`
	Detail string `json:"detail" doc:"What is wrong with it"`
}

// NewProblem returns the problem of a code in kebab case.
func NewProblem(status int, code, detail string) *Problem {
	return &Problem{Type: problemBase + code, Title: title(strings.ReplaceAll(code, "-", " ")), Status: status, Detail: detail}
}

// internal is the problem of whatever is no fault of the caller, and none that may pass.
func internal() *Problem {
	return NewProblem(http.StatusInternalServerError, "internal", "something went wrong on our side; the log has it under the correlation id")
}

// AnswerTooLarge is the problem of an answer that is larger than Lambda sends.
func AnswerTooLarge(method, correlationID string) *Problem {
	p := NewProblem(http.StatusInternalServerError, "answer-too-large", "the answer is too large: ask for fewer items")
	if method != http.MethodGet {
		p.Detail = "the command was done, but its answer is too large: don't repeat it, ask for what it changed"
	}
	p.CorrelationID = correlationID
	return p
}

// Text is the problem as it is sent.
func (p *Problem) Text() string {
	text, _ := json.Marshal(p) // it is made of strings and numbers
	return string(text)
}

// invalidField is the problem of one malformed part of a request.
func invalidField(field, detail string) *Problem {
	return invalid(http.StatusBadRequest, "", &huma.ErrorDetail{Location: field, Message: detail})
}

// invalid is the problem of a request that huma refused.
func invalid(status int, message string, errs ...error) *Problem {
	var p *Problem
	switch status {
	case http.StatusRequestEntityTooLarge:
		return NewProblem(status, "too-large", "the body can have "+strconv.Itoa(MaxBodyBytes)+" bytes")
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		p = NewProblem(http.StatusBadRequest, "invalid-request", "the request is malformed")
	default:
		return internal()
	}
	for _, err := range errs[:min(len(errs), maxFieldErrors)] {
		p.Errors = append(p.Errors, fieldError(err, message))
	}
	if len(errs) == 0 && message != "" {
		p.Errors = []FieldError{{Field: "body", Detail: message}}
	}
	return p
}

// of ties the problem to a request.
func (p *Problem) of(ctx context.Context) *Problem {
	p.CorrelationID = correlationID(ctx)
	return p
}

func (p *Problem) Error() string { return strings.TrimPrefix(p.Type, problemBase) + ": " + p.Detail }

// GetStatus implements [huma.StatusError].
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements [huma.HeadersError].
func (p *Problem) GetHeaders() http.Header {
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

// ContentType implements [huma.ContentTypeFilter].
func (p *Problem) ContentType(string) string { return problemType }

// write answers with a problem where no operation does.
func (a *API) write(w http.ResponseWriter, r *http.Request, p *Problem) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p.of(r.Context())) // an answer that can't be sent has nobody to be told
}
