package annals

import (
	"slices"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/searchindex"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
)

// DeclaredReadModel is a read model of a service. On DynamoDB, its read table has its name.
type DeclaredReadModel struct {
	projection.Subscription
	// Indexes is how many lists over an index its read table has room for, 0 to 2.
	Indexes int
	// Store is where its rows are. Tables are those in which people query it, if that is SQL.
	Store  Store
	Tables []sqltable.Table
	// Index are the fields that people search, if its rows are in OpenSearch.
	Index searchindex.Index
	// Replaced is true if another read model replaces it. It is fed and read until that one is filled.
	Replaced bool
}

// Name is the read model's name: the projection's.
func (m *DeclaredReadModel) Name() string { return m.Projection.Name() }

// ReadModelOption adjusts a read model.
type ReadModelOption interface{ addToReadModel(m *DeclaredReadModel) }

type readModelOption func(m *DeclaredReadModel)

func (o readModelOption) addToReadModel(m *DeclaredReadModel) { o(m) }

// Inline makes commands write the read model's rows, in the transaction of their events. See [projection.Subscription].
var Inline ReadModelOption = readModelOption(func(m *DeclaredReadModel) { m.Inline = true })

// WithoutIndexes means that the read table has no indexes, because it was created before the service had any. A table
// can get one index a deployment. Without them, the read model has no lists over an index.
var WithoutIndexes ReadModelOption = readModelOption(func(m *DeclaredReadModel) { m.Indexes = 0 })

// Former are the older folds of the read model. Keep the one that serves in the code until the new generation serves.
func Former(folds ...projection.Projection) ReadModelOption {
	return readModelOption(func(m *DeclaredReadModel) { m.Former = append(m.Former, folds...) })
}

// Replaces names the read models that this one replaces: they must be declared too. They are fed until this one is
// filled. Until then they are read through [UntilFilled].
func Replaces(readModels ...string) ReadModelOption {
	return readModelOption(func(m *DeclaredReadModel) { m.Replaces = append(m.Replaces, readModels...) })
}

// maxIndexes is how many indexes a read table has.
const maxIndexes = 2

type readModelPart struct {
	projection projection.Projection
	options    []ReadModelOption
}

// ReadModel declares a read model. A read model without options need not be declared: each query declares what it
// reads.
func ReadModel(p projection.Projection, options ...ReadModelOption) Part {
	return readModelPart{p, options}
}

func (p readModelPart) addTo(s *Service) {
	if isNil(p.projection) {
		s.wrong("annals.ReadModel: " + noProjection)
		return
	}
	m := &DeclaredReadModel{
		Subscription: projection.Subscription{Projection: p.projection}, Indexes: maxIndexes, Store: DynamoDB,
	}
	if err := p.projection.Check(); err != nil {
		s.wrong("%v", err)
	}
	for _, o := range p.options {
		if isNil(o) {
			s.wrong("read model %s: an option is nil: pass what a function of package annals returned", m.Name())
			continue
		}
		o.addToReadModel(m)
	}
	if m.Inline && m.Store != DynamoDB {
		s.wrong("read model %s can't be inline: commands write in transactions of DynamoDB, but it is in %s", m.Name(), m.Store)
	}
	for _, err := range []error{sqltable.Check(m.Tables...), m.Index.Check()} {
		if err != nil {
			s.wrong("read model %s: %v", m.Name(), err)
		}
	}
	if old := s.ReadModel(m.Name()); old != nil {
		s.wrong("read model %s is declared twice: remove one, a projection's name is unique", m.Name())
		return
	}
	s.ReadModels = append(s.ReadModels, m)
}

// reads declares a read model that an operation reads.
func (s *Service) reads(p projection.Projection) {
	m := s.ReadModel(p.Name())
	switch {
	case m == nil:
		readModelPart{projection: p}.addTo(s)
	case m.Projection != p:
		s.wrong("two projections have the name %s: a projection's name is unique", p.Name())
	}
}

// completeReadModels declares the read models that only operations name, and checks rules that concern several.
func (s *Service) completeReadModels() {
	for _, p := range s.reading {
		s.reads(p)
	}
	for _, m := range s.ReadModels {
		if !kebab(m.Name()) {
			s.wrong("read model %q: its name must be in kebab case, such as \"order-summary\"", m.Name())
		}
		for _, name := range m.Replaces {
			if replaced := s.ReadModel(name); replaced != nil {
				replaced.Replaced = true
				continue
			}
			s.wrong("read model %s replaces %s, which is not declared: its code has to stay until %s is filled",
				m.Name(), name, m.Name())
		}
		if !slices.ContainsFunc(s.Aggregates, func(a *DeclaredAggregate) bool { return m.Projection.Reads(a.StreamType) }) {
			s.wrong("read model %s reads no aggregate of the service: declare what it reads by annals.Aggregate", m.Name())
		}
	}
	s.sortReplaced()
	s.compareTables()
}

// declaredBy are the options that put a read model into a store.
var declaredBy = map[Store]string{SQL: "annals.InSQL", Search: "annals.InSearch"}

// compareTables checks that the tables for people have different names, and that the read models of queries are in the
// stores that can answer them.
func (s *Service) compareTables() {
	used := map[string]string{}
	for _, m := range s.ReadModels {
		for _, t := range m.Tables {
			if other, taken := used[t.Name]; taken && other != m.Name() {
				s.wrong("read models %s and %s both have a table %s: choose another name", other, m.Name(), t.Name)
			}
			used[t.Name] = m.Name()
		}
	}
	for _, o := range s.Operations {
		for _, r := range o.Readings {
			if m := s.ReadModel(r.Projection); r.Needs != "" && m != nil && m.Store != r.Needs {
				s.wrong("%s %s is answered by the store %s, but read model %s is in %s: declare it with %s", o.Method, o.Path,
					r.Needs, m.Name(), m.Store, declaredBy[r.Needs])
			}
		}
	}
}

// sortReplaced moves the replaced read models to the end.
func (s *Service) sortReplaced() {
	slices.SortStableFunc(s.ReadModels, func(a, b *DeclaredReadModel) int {
		switch {
		case a.Replaced == b.Replaced:
			return 0
		case a.Replaced:
			return 1
		}
		return -1
	})
}
