package scaffold

import (
	"fmt"
	"slices"
	"strings"
)

// NewReaction plans a reaction to an event of an aggregate, in the module in a folder: a file with a test beside the
// service's declaration, and a line in the declaration. on is the event; if it is "", the first that the aggregate
// registers. It writes nothing: see [Plan.Write].
//
// Errors: those of [NewAggregate]; an aggregate or an event that does not exist.
func NewReaction(root string, names Names, of, on string) (*Plan, error) {
	d, b, err := besideDeclaration(root, names, of)
	if err != nil {
		return nil, err
	}
	known := make([]string, len(b.Of.events))
	for i, e := range b.Of.events {
		known[i] = e.Name
	}
	b.First = known[0]
	if on != "" {
		at := slices.IndexFunc(known, func(name string) bool { return strings.EqualFold(name, on) })
		if at < 0 {
			return nil, fmt.Errorf("%s has no event %s; it has %s", b.Of.Stream, on, strings.Join(known, ", "))
		}
		b.First = known[at]
	}
	line := fmt.Sprintf("annals.React(%q, %s%s, %s, %s%s(%s%s{})),",
		b.Kebab, b.Q, b.Of.Var, b.Var, b.Q, b.Of.Event, b.Q, b.First)
	return b.plan(root, "reaction", d, d.in(line))
}
