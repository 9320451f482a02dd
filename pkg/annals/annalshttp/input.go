package annalshttp

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// input is a request for an operation, parsed and validated.
type input struct {
	// told points to the parameters that the edge itself reads, of the type that fixedOf returns. own points to a value
	// of the operation's In.
	told, own any
	// target has the values of the path's parameters, in order. list also has those of the query parameters that the
	// operation itself declares.
	target, list []string
	// more has the names and values of the input's parameters that are not in the path. They are part of a command's
	// fingerprint, as the body is.
	more []string
	id   string // the value of {id}, "" if there is none
	body []byte
}

// bodyTimeout is how long reading a body may take.
const bodyTimeout = 5 * time.Second

// read parses and validates a whole request for an operation. It refuses unknown parameters and members.
func (e *edge) read(w http.ResponseWriter, r *http.Request, p *operation) (*input, *Problem) {
	var query url.Values
	if r.URL.RawQuery != "" {
		query = r.URL.Query()
	}
	if unknown := unknownParameters(query, p); len(unknown) > 0 {
		return nil, invalid("validation failed", unknown...)
	}
	told, own := reflect.New(p.fixed), reflect.New(p.In)
	in, found := &input{told: told.Interface(), own: own.Interface()}, &huma.ValidateResult{}
	at := huma.NewPathBuffer(make([]byte, 0, 64), 0)
	for _, q := range p.parameters {
		text := q.value(r, query)
		in.keep(q, text)
		if text == "" && !q.required {
			continue
		}
		var field reflect.Value
		switch q.of {
		case ofEdge:
			field = told.Elem().FieldByIndex(q.index)
		case ofInput:
			field = own.Elem().FieldByIndex(q.index)
		case ofPath:
			field = reflect.New(q.typ).Elem()
		}
		at.Reset()
		at.Push(q.in)
		at.Push(q.name)
		e.readParameter(q, text, field, at, found)
	}
	if p.body != nil {
		if refused := e.readBody(w, r, p, in, found); refused != nil {
			return nil, refused
		}
	}
	if p.body == nil && len(found.Errors) == 0 && p.rules != nil && p.rules.validator {
		validation{found: found, whole: true}.check(own.Elem(), nil, "query")
	}
	if len(found.Errors) > 0 {
		return nil, invalid("validation failed", found.Errors...)
	}
	return in, nil
}

// unknownParameters returns an error for each query parameter that the operation does not declare.
func unknownParameters(query map[string][]string, p *operation) (all []error) {
	for name := range query {
		if !slices.ContainsFunc(p.parameters, func(q *parameter) bool { return q.in == inQuery && q.name == name }) {
			all = append(all, &huma.ErrorDetail{Location: inQuery + "." + name, Message: "unknown query parameter"})
		}
	}
	slices.SortFunc(all, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return all
}

// keep records the text of a parameter in target, list, more and id.
func (in *input) keep(q *parameter, text string) {
	switch {
	case q.in == inPath:
		in.target, in.list = append(in.target, text), append(in.list, text)
		if q.name == "id" {
			in.id = text
		}
	case q.of == ofInput:
		in.list, in.more = append(in.list, text), append(in.more, q.in+"."+q.name, text)
	}
}

// readParameter parses and validates the text of a parameter, and stores it in a field.
func (e *edge) readParameter(
	q *parameter, text string, field reflect.Value, at *huma.PathBuffer, found *huma.ValidateResult,
) {
	if text == "" {
		found.Add(at, "", "required "+q.in+" parameter is missing")
		return
	}
	parsed, err := q.parse(text, field)
	if err != nil {
		found.Add(at, text, err.Error())
		return
	}
	before := len(found.Errors)
	huma.Validate(e.schemas, q.schema, at, huma.ModeWriteToServer, parsed, found)
	if len(found.Errors) == before && q.rules != nil {
		v := validation{found: found, whole: true}
		v.walk(q.rules, field, parsed, at.String())
	}
}

// readBody reads the body into the operation's input. It adds faults to found. It returns a problem if the answer is
// that problem, whatever else is wrong with the request.
func (e *edge) readBody(
	w http.ResponseWriter, r *http.Request, p *operation, in *input, found *huma.ValidateResult,
) *Problem {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // fails on servers without deadlines
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBodyBytes+1))
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	switch {
	case len(body) > MaxBodyBytes:
		return tooLarge()
	case err != nil:
		return e.refuse(r.Context(), fmt.Errorf("read the request body: %w", err))
	case len(body) == 0 && p.optional:
		return nil
	case len(body) == 0:
		return invalid("request body is required", found.Errors...)
	}
	in.body = body
	parsed, err := parseBody(body)
	if err != nil {
		found.Errors = append(found.Errors, &huma.ErrorDetail{Location: "body", Message: err.Error()})
		return nil
	}
	at := huma.NewPathBuffer(make([]byte, 0, 128), 0)
	at.Push("body")
	before := len(found.Errors)
	e.markCase(p.body, parsed)
	huma.Validate(e.schemas, p.body, at, huma.ModeWriteToServer, parsed, found)
	if len(found.Errors) >= maxFieldErrors {
		return nil // the answer has no room for more, so the rules need not be checked
	}
	v := validation{found: found, refused: slices.Clone(found.Errors[before:])}
	if v.whole = len(v.refused) == 0; v.whole {
		if err := decode(body, parsed, in.own); err != nil {
			found.Errors = append(found.Errors, &huma.ErrorDetail{Location: "body", Message: err.Error()})
			return nil
		}
	}
	v.walk(p.rules, reflect.ValueOf(in.own).Elem(), parsed, "body")
	return nil
}
