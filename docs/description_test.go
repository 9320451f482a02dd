package docs_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestDescription: description.md names each member of a service's description, and none that does not exist.
func TestDescription(t *testing.T) {
	t.Parallel()
	members := map[string][]string{}
	membersOf(reflect.TypeFor[annalsaws.Description](), "", members)
	page := string(read(t, "description.md"))
	_, form, _ := strings.Cut(page, "## Form")
	form, _, _ = strings.Cut(form, "## What may change")
	quoted := regexp.MustCompile("`([^`]+)`")
	named := map[string][]string{} // by row of the table
	for line := range strings.SplitSeq(form, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		var words []string
		for _, word := range quoted.FindAllStringSubmatch(cells[2], -1) {
			words = append(words, word[1])
		}
		for _, path := range quoted.FindAllStringSubmatch(cells[1], -1) {
			if _, there := members[path[1]]; !there {
				t.Errorf("the page has the member %s, the description does not", path[1])
			}
			named[path[1]] = words
		}
	}
	for path, names := range members {
		if path == "" || path == "service" || path == "resources" {
			continue // their members have rows
		}
		words, there := named[path]
		parent, name := cut(path)
		if !there && !slices.Contains(named[parent], name) {
			t.Errorf("the page does not name the member %s", path)
		}
		if !there || len(names) == 0 {
			continue
		}
		for _, word := range words {
			if !slices.Contains(names, word) && !slices.Contains(values, word) {
				t.Errorf("the page names %s in %s, which has %v", word, path, names)
			}
		}
	}
}

// values are what the page quotes beside members.
var values = []string{"shop/query"}

// membersOf notes the members of each member of a type, by its path as the page writes it.
func membersOf(of reflect.Type, path string, members map[string][]string) {
	switch of.Kind() {
	case reflect.Slice:
		delete(members, path)
		members[path+"[]"] = nil
		membersOf(of.Elem(), path+"[]", members)
	case reflect.Map:
		members[path] = nil
		if of.Elem().Kind() == reflect.Slice {
			membersOf(of.Elem().Elem(), path, members)
		}
	case reflect.Struct:
		if _, there := members[path]; !there {
			members[path] = nil
		}
		for i := range of.NumField() {
			field := of.Field(i)
			if field.Anonymous {
				membersOf(field.Type, path, members)
				continue
			}
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			members[path] = append(members[path], name)
			below := strings.TrimPrefix(path+"."+name, ".")
			members[below] = nil
			membersOf(field.Type, below, members)
		}
	default: // it has no members
	}
}

// cut separates a path from its last member: service.readModels[] and name.
func cut(path string) (parent, name string) {
	at := strings.LastIndex(path, ".")
	return path[:max(at, 0)], strings.TrimSuffix(path[at+1:], "[]")
}
