package scaffold

import (
	"fmt"
	"slices"
	"strings"
)

// NewReadModel plans a read model of an aggregate, in the module in a folder: a file with a test beside the service's
// declaration, and a line in the declaration. by is the events' field for a list; without it, the read model has a
// document for each stream. It writes nothing: see [Plan.Write].
//
// Errors: those of [NewAggregate]; an aggregate or a field that does not exist; a field that is not a string.
func NewReadModel(root string, names Names, of, by string) (*Plan, error) {
	d, b, err := besideDeclaration(root, names, of)
	if err != nil {
		return nil, err
	}
	b.First = b.Of.events[0].Name
	if by == "" {
		b.Route = fmt.Sprintf("GET /%s/{id}/%s", b.OfThe.Kebabs, b.Kebab)
		line := fmt.Sprintf("annals.Document(%q, %s),", b.Route, b.Var)
		return b.plan(root, "readmodel", d, d.in(line))
	}
	if err := b.listedBy(by); err != nil {
		return nil, err
	}
	b.Route = fmt.Sprintf("GET /%s/{id}/%s", b.By.Kebabs, b.Kebab)
	line := fmt.Sprintf("annals.List(%q, %s, %s, annals.Operators),", b.Route, b.Var, b.List)
	if len(line) > 110 {
		line = fmt.Sprintf("annals.List(%q,\n%s, %s, annals.Operators),", b.Route, b.Var, b.List)
	}
	return b.plan(root, "readmodel-listed", d, d.in(line))
}

// listedBy finds the field that the list is by.
func (b *beside) listedBy(by string) error {
	same := func(name string) bool { return strings.EqualFold(name, strings.ReplaceAll(by, "-", "")) }
	var known []string
	for _, e := range b.Of.events {
		for _, f := range e.fields {
			known = append(known, f.Name)
			if same(f.Name) {
				b.ByField = f.Name
				b.From = append(b.From, from{Event: e.Name, Plain: f.Plain})
			}
		}
		if slices.ContainsFunc(e.others, same) {
			return fmt.Errorf("field %s of %s is not a string: choose a field of type string with --by", by, e.Name)
		}
	}
	slices.Sort(known)
	switch known = slices.Compact(known); {
	case b.ByField == "" && len(known) == 0:
		return fmt.Errorf("no event of %s has a field of type string", b.Of.Stream)
	case b.ByField == "":
		return fmt.Errorf("no event of %s has a string field %s; it has %s", b.Of.Stream, by, strings.Join(known, ", "))
	}
	b.First = b.From[0].Event
	words := goWords(b.ByField)
	b.ByName = strings.Join(words, "-")
	if n := len(words); n > 1 && words[n-1] == "id" {
		words = words[:n-1]
	}
	var err error
	if b.By, err = NamesOf(strings.Join(words, "-"), ""); err != nil {
		return fmt.Errorf("field %s: %w", b.ByField, err)
	}
	b.List, b.ByJSON = b.Var+"By"+b.ByField, jsonName(b.ByField)
	return nil
}
