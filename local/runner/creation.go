package runner

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/annals"
)

// creation is an operation that creates an aggregate. Its example has the aggregate's id.
type creation struct {
	operation
	// member is the member of the example that holds the aggregate's id: "id", or a name made from the last part of the
	// path, such as "accountId" for /accounts.
	member, id string
}

// creations returns the operations whose example has the id of the aggregate that they create.
func creations(operations []operation) []creation {
	var all []creation
	for _, o := range operations {
		if o.Kind != annals.Creates || strings.Contains(o.Path, "{") {
			continue
		}
		var example map[string]any
		if json.Unmarshal(o.Example, &example) != nil {
			continue
		}
		for name, value := range example {
			if id, ok := value.(string); ok && id != "" && names(name, o.Path) {
				all = append(all, creation{o, name, id})
			}
		}
	}
	return all
}

// names reports whether a member of a body holds the id of the aggregate created at a path: giftCardId at /gift-cards.
func names(member, path string) bool {
	last := strings.ReplaceAll(path[strings.LastIndexByte(path, '/')+1:], "-", "")
	singular, ok := strings.CutSuffix(member, "Id")
	if !ok || len(singular) < 2 {
		return member == "id"
	}
	return strings.HasPrefix(last, strings.ToLower(singular[:len(singular)-1])) // categoryId at /categories
}

// inOrder returns the creations, sorted so that each comes after the ones whose aggregates its example names.
func inOrder(all []creation) []operation {
	var out []operation
	var add func(c creation, above []string)
	add = func(c creation, above []string) {
		if contains(out, c.operation) || slices.Contains(above, c.ID) {
			return
		}
		for _, other := range all {
			if other.ID != c.ID && other.member != "id" && strings.Contains(string(c.Example), `"`+other.member+`"`) {
				add(other, append(above, c.ID))
			}
		}
		if !contains(out, c.operation) {
			out = append(out, c.operation)
		}
	}
	for _, c := range all {
		add(c, nil)
	}
	return out
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// filled replaces the {id} in a path by a created aggregate's: /accounts/{id}/deposits gets the id from /accounts. It
// returns false if the value of a parameter is not known.
func filled(path string, all []creation) (string, bool) {
	for _, c := range all {
		if rest, ok := strings.CutPrefix(path, c.Path+"/{id}"); ok && (rest == "" || rest[0] == '/') {
			path = c.Path + "/" + url.PathEscape(c.id) + rest
		}
	}
	return path, !parameter.MatchString(path)
}
