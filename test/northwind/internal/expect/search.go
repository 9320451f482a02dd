package expect

import (
	"regexp"
	"slices"
	"strings"

	"github.com/annals-es/annals/test/northwind/data"
)

// Search is a search with the orders that it must find.
type Search struct {
	Words  string
	Orders []Order // ascending by id
}

// searched is what an order is found by: the words of its customer and destination together, and those of each product.
type searched struct {
	order    Order
	together []string
	products [][]string
}

// searches are a search for each customer, recipient, city, country, pair of city and country, and product name.
func searches(nw data.Northwind, orders []Order) []Search {
	names := map[string]string{}
	for _, p := range nw.Products {
		names[p.ID] = p.Name
	}
	byID := map[string]Order{}
	for _, o := range orders {
		byID[o.ID] = o
	}
	var all []searched
	var texts []string
	for _, o := range nw.Orders {
		to := o.Ship
		s := searched{order: byID[o.ID], together: words(strings.Join([]string{o.CustomerID, to.Name, to.City, to.Country}, " "))}
		for _, l := range o.Lines {
			s.products = append(s.products, words(names[l.ProductID]))
			texts = append(texts, names[l.ProductID])
		}
		all = append(all, s)
		texts = append(texts, o.CustomerID, to.Name, to.City, to.Country, to.Country+" "+to.City)
	}
	slices.Sort(texts)
	var out []Search
	for _, text := range slices.Compact(texts) {
		search := Search{Words: text}
		for _, s := range all {
			if s.has(words(text)) {
				search.Orders = append(search.Orders, s.order)
			}
		}
		slices.SortFunc(search.Orders, func(a, b Order) int { return strings.Compare(a.ID, b.ID) })
		out = append(out, search)
	}
	return out
}

// has reports whether the order is found by words.
func (s searched) has(words []string) bool {
	in := func(text []string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(text, w) })
	}
	return in(s.together) || slices.ContainsFunc(s.products, in)
}

// word is a word as Unicode divides texts, as far as the files have such words: letters and digits, with a point or an
// apostrophe only between two letters.
//
// https://unicode.org/reports/tr29/#Word_Boundaries
var word = regexp.MustCompile(`[\p{L}\p{N}]+(?:['.’]\p{L}[\p{L}\p{N}]*)*`)

func words(text string) []string { return word.FindAllString(strings.ToLower(text), -1) }
