package annals

import (
	"net/http"
	"reflect"
)

// Refusal is an error of a decision or query that says how it is answered. A decision that breaks a rule of the domain
// returns a [github.com/annals-es/annals/pkg/annals/refusal.Violation] instead, which is answered with 422.
type Refusal struct { //nolint:errname // the word of the domain
	// Status is the HTTP status, from 400 to 499.
	Status int
	// Code names the problem, in kebab case. It is stable, and not empty.
	Code string
	// Detail says what was wrong, for people. It may change.
	Detail string
	// Members is a struct whose fields are added to the problem document, or nil. A pointer that is nil adds none. See
	// [Refusals].
	Members any
}

// Error implements error. A decision may return a nil *Refusal by mistake, as an error that is not nil.
func (r *Refusal) Error() string {
	if r == nil {
		return "nil *annals.Refusal"
	}
	return r.Code + ": " + r.Detail
}

// Forbid returns the refusal of something that the caller may not do. It is answered with 403.
func Forbid(code, detail string) *Refusal {
	return &Refusal{Status: http.StatusForbidden, Code: code, Detail: detail}
}

type refusals struct {
	of      func(error) *Refusal
	members reflect.Type
}

// Refusals declares how errors of decisions are answered: of returns nil for errors that it does not know. The Members
// of these refusals are values of M; its fields are added to the problem document.
func Refusals[M any](of func(error) *Refusal) Part { return refusals{of, reflect.TypeFor[M]()} }

func (r refusals) addTo(s *Service) {
	if r.of == nil {
		s.wrong("annals.Refusals: its function is nil")
		return
	}
	s.Refusals = append(s.Refusals, r.of)
	if r.members.Kind() != reflect.Struct {
		s.wrong("annals.Refusals: %v is not a struct: pass the struct whose fields are added to problem documents", r.members)
		return
	}
	s.Document.ProblemMembers = append(s.Document.ProblemMembers, r.members)
}

// DocumentConfig adjusts the OpenAPI document.
type DocumentConfig struct {
	// Shown are types that the document shows as other types: see [ShownAs].
	Shown map[reflect.Type]reflect.Type
	// Plain are the packages whose types are named without the package's name: see [PlainNames].
	Plain []string
	// ProblemMembers are structs whose fields may be in problem documents.
	ProblemMembers []reflect.Type
}

type shownAs struct{ is, shown reflect.Type }

// ShownAs makes the OpenAPI document show the type T as Shown, for example an amount that encodes itself.
func ShownAs[T, Shown any]() Part { return shownAs{reflect.TypeFor[T](), reflect.TypeFor[Shown]()} }

func (p shownAs) addTo(s *Service) {
	if s.Document.Shown == nil {
		s.Document.Shown = map[reflect.Type]reflect.Type{}
	}
	s.Document.Shown[p.is] = p.shown
}

type plainNames []string

// PlainNames are the packages whose types are named in the OpenAPI document without the name of their package. Types of
// all other packages are named with it, because aggregates have types of the same name.
func PlainNames(packages ...string) Part { return plainNames(packages) }

func (p plainNames) addTo(s *Service) { s.Document.Plain = append(s.Document.Plain, p...) }
