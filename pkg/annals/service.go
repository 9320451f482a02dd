package annals

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Service is the declaration of a service. It is safe for concurrent use once it is made.
type Service struct {
	// Name is the service's name, in kebab case. Scopes begin with it.
	Name string
	// API describes the HTTP API in its OpenAPI document.
	API API
	// Scopes says what each scope allows.
	Scopes Scopes
	// Aggregates, ReadModels, Operations, Reactions and Public are the parts, each in the order of their declaration.
	Aggregates []*DeclaredAggregate
	ReadModels []*DeclaredReadModel
	Operations []*Operation
	Reactions  []*DeclaredReaction
	Public     []publish.Public
	// PublicPrefix begins the types of public events: see [PublicPrefix].
	PublicPrefix string
	// Recurring is the recurring work: see [Recurring].
	Recurring []*DeclaredRecurrence
	// Settings are the settings that each stage may set: see [Setting].
	Settings []*DurationSetting
	// Secrets are the values that the command function needs in its environment.
	Secrets []*SecretValue
	// Clients are the clients of other systems that the command function and the reactor function open.
	Clients []*DeclaredClient
	// Refusals turn errors of decisions into answers: see [Refusals].
	Refusals []func(error) *Refusal
	// Starts are the checks that the command function makes before its first command: see [BeforeCommands].
	Starts []Start
	// Document adjusts the OpenAPI document.
	Document DocumentConfig

	faults []string
	// reading are the projections that operations read.
	reading []projection.Projection
}

// Part is a part of a declaration. The functions of this package return parts.
type Part interface{ addTo(s *Service) }

// New returns the service that the parts declare. It never panics. [Service.Check] returns the mistakes in the
// declaration, and so does everything that is made from it.
func New(name string, parts ...Part) *Service {
	s := &Service{Name: name}
	if !kebab(name) {
		s.wrong("the service's name is %q: it must be in kebab case, such as \"shop\"", name)
	}
	for _, part := range parts {
		s.add(part)
	}
	s.complete()
	return s
}

func (s *Service) add(part Part) {
	if isNil(part) {
		s.wrong("a part is nil: pass what a function of package annals returned")
		return
	}
	part.addTo(s)
}

// isNil reports whether a value is nil, or an interface that holds a nil pointer or function.
func isNil(v any) bool {
	of := reflect.ValueOf(v)
	switch of.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func:
		return of.IsNil()
	default:
		return false
	}
}

// Check returns all mistakes in the declaration, one line each, or nil.
func (s *Service) Check() error {
	if len(s.faults) == 0 {
		return nil
	}
	lines := make([]error, len(s.faults))
	for i, fault := range s.faults {
		lines[i] = errors.New(fault)
	}
	return fmt.Errorf("service %q: %w", s.Name, errors.Join(lines...))
}

func (s *Service) wrong(format string, args ...any) {
	if fault := fmt.Sprintf(format, args...); !slices.Contains(s.faults, fault) {
		s.faults = append(s.faults, fault)
	}
}

// mistake is a part that can't be made.
type mistake string

func (m mistake) addTo(s *Service) { s.wrong("%s", string(m)) }

// parts are several parts as one.
type parts []Part

func (all parts) addTo(s *Service) {
	for _, part := range all {
		s.add(part)
	}
}

// Parts groups parts, for example those of one aggregate, so that they can be declared in the aggregate's own package.
func Parts(all ...Part) Part { return parts(all) }

// API holds the title, the description and the license of the OpenAPI document. It is a part of a service.
type API struct {
	// Title and Description begin the OpenAPI document. The default title is the service's name.
	Title, Description string
	// License is the API's, the zero License if it has none.
	License License
	// Problems is the prefix of the types of problems, such as "https://example.org/problems/". The code of the problem
	// follows. Default "urn:problem:<name>:". Clients may depend on it: choose it before the first deployment.
	Problems string
}

// License is the license of an API.
type License struct {
	// Name is the name for people. Identifier is the SPDX identifier: "Apache-2.0".
	Name, Identifier string
}

func (a API) addTo(s *Service) { s.API = a }

// Scopes describes what each of the service's three scopes allows, for administrators who grant them. It is a part of a
// service. An empty text has a default.
type Scopes struct{ Command, Query, Operate string }

func (t Scopes) addTo(s *Service) { s.Scopes = t }

// complete checks the rules that concern several parts, and fills in defaults.
func (s *Service) complete() {
	if s.API.Title == "" {
		s.API.Title = s.Name
	}
	if s.API.Problems == "" {
		s.API.Problems = "urn:problem:" + s.Name + ":"
	}
	s.Scopes.Command = cmp.Or(s.Scopes.Command, "Change your own data")
	s.Scopes.Query = cmp.Or(s.Scopes.Query, "Read your own data")
	s.Scopes.Operate = cmp.Or(s.Scopes.Operate, "Act on the data of all users")
	s.PublicPrefix = cmp.Or(s.PublicPrefix, s.Name+".")
	s.completeSubjects()
	s.completeReadModels()
	s.completeOperations()
	s.completeReactions()
	s.completeTables()
	s.completeClients()
	s.completeSettings()
	if len(s.Aggregates) == 0 {
		s.wrong("there is no aggregate: add annals.Aggregate(...)")
	}
}

// ownTables are the names of the tables that every service has.
var ownTables = []string{"events", "snapshots", "projections", "connections", publish.Name}

// completeTables checks the names of read models and reactions, which are names of tables.
func (s *Service) completeTables() {
	type user struct{ name, is string }
	used := map[string]user{}
	for _, name := range ownTables {
		used[logicalID(name)] = user{name, "a table of every service"}
	}
	take := func(name, by string) {
		other, taken := used[logicalID(name)]
		switch {
		case taken && other.name == name:
			s.wrong("%s has the name of %s: choose another, each has a table of its name", by, other.is)
		case taken:
			s.wrong("%s would have the same logical id in the template as %s, because logical ids have no hyphens: "+
				"choose another name", by, other.is)
		}
		used[logicalID(name)] = user{name, by}
	}
	for _, m := range s.ReadModels {
		take(m.Name(), "read model "+m.Name())
	}
	for _, r := range s.Reactions {
		take(r.Name, "reaction "+r.Name)
	}
}

// HasDeadlines reports whether the service has timers: see [Deadlines].
func (s *Service) HasDeadlines() bool {
	return slices.ContainsFunc(s.Reactions, func(r *DeclaredReaction) bool { return r.Deadlines })
}

// completeSettings checks the variables of settings, and the names of recurring work, which are actors as reactions
// are.
func (s *Service) completeSettings() {
	for _, d := range s.Settings {
		for _, v := range s.Secrets {
			if v.Env == d.Env() {
				s.wrong("setting %s and a secret have the environment variable %s: choose another name", d.Name, v.Env)
			}
		}
		for _, prefix := range ownPrefixes {
			if strings.HasPrefix(d.Env(), prefix) {
				s.wrong("setting %s: environment variables that begin with %s belong to AWS Lambda or to the kit: "+
					"choose another name", d.Name, prefix)
			}
		}
	}
	for _, w := range s.Recurring {
		for _, r := range s.Reactions {
			if r.Name == w.Name {
				s.wrong("recurring work %s has the name of a reaction: choose another, the audit trail names both", w.Name)
			}
		}
	}
}

// HasPersonal reports whether events of the service have personal data, so that it needs keys: see package personal.
func (s *Service) HasPersonal() bool {
	return slices.ContainsFunc(s.Aggregates, func(a *DeclaredAggregate) bool { return a.Personal })
}

// Aggregate returns the aggregate whose streams have a type, or nil.
func (s *Service) Aggregate(streamType string) *DeclaredAggregate {
	for _, a := range s.Aggregates {
		if a.StreamType == streamType {
			return a
		}
	}
	return nil
}

// ReadModel returns the read model with a name, or nil.
func (s *Service) ReadModel(name string) *DeclaredReadModel {
	for _, m := range s.ReadModels {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

// ScopeOf is the full name of a scope: "shop/command".
func (s *Service) ScopeOf(scope Scope) string { return s.Name + "/" + string(scope) }

// Subscriptions are the read models as subscriptions of an engine. on returns the view for a read model's name.
func (s *Service) Subscriptions(on func(readModel string) projection.View) []projection.Subscription {
	all := make([]projection.Subscription, len(s.ReadModels))
	for i, m := range s.ReadModels {
		all[i] = m.Subscription
		all[i].View = on(m.Name())
	}
	return all
}

// logicalID returns the same text for names in kebab case that have the same logical id in the template of a stack.
// There a word begins with a capital letter instead of a hyphen. A word that begins with a digit joins the one before
// it.
func logicalID(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word == "" {
			continue
		}
		if word[0] < '0' || word[0] > '9' {
			b.WriteByte('-')
		}
		b.WriteString(word)
	}
	return b.String()
}

// kebab reports whether a name is in kebab case: it begins with a letter, and has small letters, digits and single
// hyphens.
func kebab(name string) bool {
	for word := range strings.SplitSeq(name, "-") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return name[0] < '0' || name[0] > '9'
}
