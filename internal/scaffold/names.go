package scaffold

import (
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// Names has the forms of a new part's name.
type Names struct {
	// Annals is the path of Annals's module, Import the import path of an aggregate's package.
	Annals, Import string
	// Type and Types are the name as a Go type, and its plural: GiftCard, GiftCards.
	Type, Types string
	// Package is the name as a package, Var and Vars as variables: giftcard, giftCard, giftCards.
	Package, Var, Vars string
	// Kebab and Kebabs are the names in routes and codes: gift-card, gift-cards.
	Kebab, Kebabs string
	// Words is the name in sentences, Many its plural, A its article: gift card, gift cards, a.
	Words, Many, A string
}

var (
	exported = regexp.MustCompile(`^([A-Z][a-z0-9]+)+$`)
	kebab    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$`)
	word     = regexp.MustCompile(`[A-Z]+[a-z0-9]*`)
)

// reserved names cannot be packages: Go reserves them, or generated files import or use them.
var reserved = []string{
	"internal", "vendor", "main", "testdata", "init",
	"annals", "annalshttp", "annalstest", "es", "estest", "projection", "refusal",
	"context", "flag", "http", "strings", "testing", "time",
	"functions", "infra", "build",
}

// NamesOf derives the names from a Go type's name (GiftCard) or one in kebab case (gift-card). plural has the same
// form. If it is "", English rules apply.
//
// Errors: one that says which names are valid.
func NamesOf(name, plural string) (Names, error) {
	typ, err := typeOf(name)
	if err != nil {
		return Names{}, err
	}
	types := pluralOf(typ)
	if plural != "" {
		if types, err = typeOf(plural); err != nil {
			return Names{}, err
		}
	}
	n := Names{
		Type: typ, Types: types, Package: strings.ToLower(typ), Var: lower(typ), Vars: lower(types),
		Kebab: strings.Join(goWords(typ), "-"), Kebabs: strings.Join(goWords(types), "-"),
		Words: strings.Join(goWords(typ), " "), Many: strings.Join(goWords(types), " "), A: "a",
	}
	if strings.ContainsAny(typ[:1], "AEIOU") {
		n.A = "an"
	}
	if n.Types == n.Type {
		return Names{}, fmt.Errorf("the plural of %s is the same word: set another one with --plural", typ)
	}
	return n, nil
}

// AggregateNamesOf is NamesOf for an aggregate, whose name is also that of a package.
func AggregateNamesOf(name, plural string) (Names, error) {
	n, err := NamesOf(name, plural)
	if err != nil {
		return Names{}, err
	}
	return n, packageName(n.Package, name)
}

// packageName returns an error if a name cannot be a package's, or if generated files use it.
func packageName(name, of string) error {
	if token.IsKeyword(name) || slices.Contains(reserved, name) {
		return fmt.Errorf("the name %q would make a Go package %s, which is reserved: choose another name", of, name)
	}
	return nil
}

// typeOf returns a name in the form of a Go type.
func typeOf(name string) (string, error) {
	typ := name
	if kebab.MatchString(name) {
		typ = ""
		for part := range strings.SplitSeq(name, "-") {
			typ += strings.ToUpper(part[:1]) + part[1:]
		}
	}
	if len(name) > maxName {
		return "", fmt.Errorf("the name %q has %d characters: use at most %d", name, len(name), maxName)
	}
	if !exported.MatchString(typ) || strings.HasSuffix(typ, "Test") {
		return "", fmt.Errorf(
			"the name %q is not valid: use capitalized words of two letters or more, such as GiftCard or Sku, or gift-card", name)
	}
	return typ, nil
}

// maxName is the longest name, in characters: names of AWS resources are derived from it.
const maxName = 40

// pluralOf returns the regular English plural.
func pluralOf(noun string) string {
	switch {
	case strings.HasSuffix(noun, "y") && len(noun) > 1 && !strings.ContainsAny(noun[len(noun)-2:len(noun)-1], "aeiou"):
		return noun[:len(noun)-1] + "ies"
	case hasAnySuffix(noun, "s", "x", "z", "ch", "sh"):
		return noun + "es"
	}
	return noun + "s"
}

// singularOf returns the regular singular of a noun in kebab case. A noun that is not a plural stays.
func singularOf(noun string) string {
	switch {
	case strings.HasSuffix(noun, "ies") && len(noun) > 4:
		return strings.TrimSuffix(noun, "ies") + "y"
	case hasAnySuffix(noun, "sses", "tuses", "xes", "zzes", "tches", "nches", "rches", "shes"):
		return strings.TrimSuffix(noun, "es")
	case strings.HasSuffix(noun, "s") && !hasAnySuffix(noun, "ss", "us", "is"):
		return strings.TrimSuffix(noun, "s")
	}
	return noun
}

func hasAnySuffix(s string, suffixes ...string) bool {
	return slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(s, suffix) })
}

func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// goWords returns the words of a Go name, in lower case: CustomerID is "customer", "id".
func goWords(name string) []string {
	all := word.FindAllString(name, -1)
	for i := range all {
		all[i] = strings.ToLower(all[i])
	}
	return all
}

// jsonName returns a Go name in the form of a JSON member: CustomerID is "customerId".
func jsonName(name string) string {
	var out strings.Builder
	for i, w := range goWords(name) {
		if i > 0 {
			w = strings.ToUpper(w[:1]) + w[1:]
		}
		out.WriteString(w)
	}
	return out.String()
}
