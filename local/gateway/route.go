package gateway

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// route is a Route whose key was parsed.
type route struct {
	Route
	method   string // ANY, or one
	segments []segment
}

type segment struct {
	kind segmentKind
	text string // the literal text, or the parameter's name
}

// segmentKind orders segments by how specific they are: the most specific has the smallest value.
type segmentKind int

const (
	literal segmentKind = iota
	parameter
	greedy // {name+}, which takes the rest of the path
)

func parse(r Route) (route, error) {
	if r.Key == "$default" {
		return route{Route: r, method: "ANY", segments: []segment{{greedy, ""}}}, nil
	}
	method, path, ok := strings.Cut(r.Key, " ")
	if !ok || !strings.HasPrefix(path, "/") {
		return route{}, fmt.Errorf("route key %q is neither \"METHOD /path\" nor \"$default\"", r.Key)
	}
	parsed := route{Route: r, method: method}
	texts := split(path)
	for i, text := range texts {
		s := segment{literal, text}
		if name, isParameter := strings.CutPrefix(text, "{"); isParameter {
			name = strings.TrimSuffix(name, "}")
			s = segment{parameter, name}
			if rest, isGreedy := strings.CutSuffix(name, "+"); isGreedy {
				if i != len(texts)-1 {
					return route{}, fmt.Errorf("route key %q: the greedy parameter {%s} has to come last", r.Key, name)
				}
				s = segment{greedy, rest}
			}
		}
		parsed.segments = append(parsed.segments, s)
	}
	return parsed, nil
}

func split(path string) []string { return strings.Split(strings.TrimPrefix(path, "/"), "/") }

// sortRoutes sorts routes from most to least specific, as API Gateway selects them. It compares segment by segment:
// literal, parameter, greedy. Then a method comes before ANY, and $default comes last.
func sortRoutes(routes []route) {
	slices.SortStableFunc(routes, func(a, b route) int {
		for i := range min(len(a.segments), len(b.segments)) {
			if order := cmp.Compare(a.segments[i].kind, b.segments[i].kind); order != 0 {
				return order
			}
		}
		return cmp.Or(
			cmp.Compare(len(b.segments), len(a.segments)),
			compareBool(a.method == "ANY", b.method == "ANY"),
			compareBool(a.Key == "$default", b.Key == "$default"),
		)
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// match returns the decoded parameters of a request's path. The path is given as encoded segments.
func (r *route) match(method string, path []string) (map[string]string, bool) {
	if r.method != "ANY" && r.method != method {
		return nil, false
	}
	parameters := map[string]string{}
	for i, s := range r.segments {
		if s.kind == greedy {
			return parameters, r.matchRest(s, path[min(i, len(path)):], parameters)
		}
		if i >= len(path) {
			return nil, false
		}
		text, err := url.PathUnescape(path[i])
		if err != nil {
			return nil, false
		}
		switch {
		case s.kind == literal && s.text != text, s.kind == parameter && text == "":
			return nil, false
		case s.kind == parameter:
			parameters[s.text] = text
		}
	}
	return parameters, len(path) == len(r.segments)
}

// matchRest takes the rest of a path as one parameter. Only $default matches an empty rest.
func (r *route) matchRest(s segment, path []string, parameters map[string]string) bool {
	if r.Key == "$default" {
		return true
	}
	rest, err := url.PathUnescape(strings.Join(path, "/"))
	parameters[s.text] = rest
	return err == nil && rest != ""
}
