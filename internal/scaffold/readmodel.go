package scaffold

import (
	"fmt"
	"slices"
	"strings"
)

// NewReadModel plans a read model of an aggregate, in the module that is in a folder: a file with a test beside the
// declaration of the service, and a line of the declaration. by is the field of events that a list is by; without it
// the read model has a document for each stream. Nothing is written yet.
//
// Errors: those of [NewAggregate]; an aggregate or a field that does not exist; a field that holds no text.
func NewReadModel(root string, names Names, of, by string) (*Plan, error) {
	d, b, err := besideDeclaration(root, names, of)
	if err != nil {
		return nil, err
	}
	b.First = b.Of.events[0].Name
	if by == "" {
		b.Route = fmt.Sprintf("GET /%s/{id}/%s", b.OfThe.Kebabs, b.Kebab)
		line := fmt.Sprintf("annals.Document(%q, %s),", b.Route, b.Var)
		return b.plan(root, "readmodel", d, d.in(line), b.Type, b.Var, "Test"+b.Type)
	}
	if err := b.listedBy(by); err != nil {
		return nil, err
	}
	b.Route = fmt.Sprintf("GET /%s/{id}/%s", b.By.Kebabs, b.Kebab)
	line := fmt.Sprintf("annals.List(%q, %s, %s, annals.Operators),", b.Route, b.Var, b.List)
	if len(line) > 110 {
		line = fmt.Sprintf("annals.List(%q,\n%s, %s, annals.Operators),", b.Route, b.Var, b.List)
	}
	return b.plan(root, "readmodel-listed", d, d.in(line), b.Type, b.Var, b.List, "Test"+b.Type)
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
			return fmt.Errorf("field %s of %s is no text: --by takes a field of type string", by, e.Name)
		}
	}
	slices.Sort(known)
	switch known = slices.Compact(known); {
	case b.ByField == "" && len(known) == 0:
		return fmt.Errorf("no event of %s has a field that holds a text", b.Of.Stream)
	case b.ByField == "":
		return fmt.Errorf("no event of %s has a text field %s; there are %s", b.Of.Stream, by, strings.Join(known, ", "))
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
