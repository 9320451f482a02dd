package scaffold

import (
	"fmt"
	"go/token"
	"regexp"
	"strings"
)

// Names is what the new aggregate is called in each place.
type Names struct {
	// Annals is the path of Annals's module, Import that of the aggregate's package.
	Annals, Import string
	// Type and Types are the name as a Go type, and its plural: GiftCard, GiftCards.
	Type, Types string
	// Package is its package, Var and Vars the names of variables: giftcard, giftCard, giftCards.
	Package, Var, Vars string
	// Kebab and Kebabs are the names in routes and codes: gift-card, gift-cards.
	Kebab, Kebabs string
	// Words is the name in sentences, Many its plural, A its article: gift card, gift cards, a.
	Words, Many, A string
}

var (
	exported = regexp.MustCompile(`^([A-Z][a-z0-9]+)+$`)
	word     = regexp.MustCompile(`[A-Z][a-z0-9]+`)
)

// NamesOf derives the names of an aggregate from its type's. plural is that of the type, "" = by the rules of English.
//
// Errors: a name that can't be, with what it can be.
func NamesOf(typ, plural string) (Names, error) {
	if plural == "" {
		plural = pluralOf(typ)
	}
	for _, name := range []string{typ, plural} {
		if !exported.MatchString(name) {
			return Names{}, fmt.Errorf("%q is no name of an aggregate: it has capitalized words, such as Invoice or GiftCard (write abbreviations as words: Sku)", name)
		}
	}
	n := Names{
		Type: typ, Types: plural, Package: strings.ToLower(typ), Var: lower(typ), Vars: lower(plural),
		Kebab: strings.Join(words(typ), "-"), Kebabs: strings.Join(words(plural), "-"), Words: strings.Join(words(typ), " "), Many: strings.Join(words(plural), " "), A: "a",
	}
	if strings.ContainsAny(typ[:1], "AEIOU") {
		n.A = "an"
	}
	switch {
	case token.IsKeyword(n.Package), n.Package == "internal", n.Package == "vendor", n.Package == "main", n.Package == "testdata":
		return Names{}, fmt.Errorf("%s can't be a package of Go: choose another name than %s", n.Package, typ)
	case n.Types == n.Type:
		return Names{}, fmt.Errorf("%s is its own plural: say another one with --plural", typ)
	}
	return n, nil
}

// pluralOf is the plural as most nouns have it.
func pluralOf(noun string) string {
	switch {
	case strings.HasSuffix(noun, "y") && len(noun) > 1 && !strings.ContainsAny(noun[len(noun)-2:len(noun)-1], "aeiou"):
		return noun[:len(noun)-1] + "ies"
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "z"), strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "sh"):
		return noun + "es"
	}
	return noun + "s"
}

func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }

func words(name string) []string {
	all := word.FindAllString(name, -1)
	for i := range all {
		all[i] = strings.ToLower(all[i])
	}
	return all
}
