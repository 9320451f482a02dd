package integration_test

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// notes are keywords that have no effect on consumers.
var notes = []string{"description", "examples", "title", "$schema"}

// breaks are the differences between two versions of a schema that break consumers of the older one: all except new
// optional fields, and notes.
func breaks(path string, was, now object) (all []string) {
	required := func(s object) []any { list, _ := s["required"].([]any); return list }
	for key, before := range was {
		switch {
		case slices.Contains(notes, key):
		case key == "properties", key == "$defs":
			after, _ := now[key].(object)
			for name, inner := range before.(object) {
				still, there := after[name].(object)
				if !there {
					all = append(all, path+"/"+name+" is gone")
					continue
				}
				all = append(all, breaks(path+"/"+name, inner.(object), still)...)
			}
		case key == "required":
			for _, name := range required(was) {
				if !slices.Contains(required(now), name) {
					all = append(all, fmt.Sprintf("%s/%s may be missing", path, name))
				}
			}
		case key == "items":
			still, _ := now[key].(object)
			all = append(all, breaks(path+"/[]", before.(object), still)...)
		case !reflect.DeepEqual(before, now[key]):
			all = append(all, fmt.Sprintf("%s: %s was %v, is %v", path, key, before, now[key]))
		}
	}
	for _, name := range required(now) {
		if !slices.Contains(required(was), name) {
			all = append(all, fmt.Sprintf("%s/%s is required now: the events that are out lack it", path, name))
		}
	}
	for key := range now {
		if _, there := was[key]; !there && !slices.Contains(notes, key) && key != "properties" && key != "$defs" &&
			key != "required" {
			all = append(all, fmt.Sprintf("%s: %s is new", path, key))
		}
	}
	return all
}

func TestBreaks(t *testing.T) {
	t.Parallel()
	schema := func(change func(s, properties object)) object {
		s := object{
			"type": "object", "description": "d", "required": []any{"a", "list"},
			"properties": object{
				"a": object{"type": "string"}, "b": object{"type": "string"},
				"list": object{"type": "array", "items": object{"type": "string"}},
			},
		}
		change(s, s["properties"].(object))
		return s
	}
	same := schema(func(_, _ object) {})
	for name, test := range map[string]struct {
		change func(s, properties object)
		broken string
	}{
		"nothing":             {func(_, _ object) {}, ""},
		"another description": {func(s, _ object) { s["description"] = "e" }, ""},
		"an optional field":   {func(_, p object) { p["c"] = object{"type": "string"} }, ""},
		"a required field": {
			func(s, p object) { p["c"], s["required"] = object{}, []any{"a", "list", "c"} }, "/c is required now",
		},
		"a field is gone":    {func(_, p object) { delete(p, "b") }, "/b is gone"},
		"a field is renamed": {func(_, p object) { p["bb"] = p["b"]; delete(p, "b") }, "/b is gone"},
		"another type":       {func(_, p object) { p["b"] = object{"type": "integer"} }, "/b: type was string, is integer"},
		"another type in list": {
			func(_, p object) { p["list"].(object)["items"] = object{"type": "integer"} }, "/list/[]: type was string",
		},
		"optional now": {func(s, _ object) { s["required"] = []any{"a"} }, "/list may be missing"},
		"required now": {func(s, _ object) { s["required"] = []any{"a", "b", "list"} }, "/b is required now"},
		"a new limit":  {func(_, p object) { p["b"].(object)["maxLength"] = 3.0 }, "/b: maxLength is new"},
	} {
		broken := strings.Join(breaks("", same, schema(test.change)), "; ")
		if !strings.HasPrefix(broken, test.broken) || test.broken == "" && broken != "" {
			t.Errorf("%s: broken is %q, want %q", name, broken, test.broken)
		}
	}
}

// violations are the places where a value does not match a schema, for the keywords that our schemas use.
func violations(path string, root, schema object, value any) (all []string) {
	wrong := func(format string, args ...any) { all = append(all, path+": "+fmt.Sprintf(format, args...)) }
	for key, keyword := range schema {
		switch key {
		case "$ref":
			name := strings.TrimPrefix(keyword.(string), "#/$defs/")
			all = append(all, violations(path, root, root["$defs"].(object)[name].(object), value)...)
		case "type":
			is := map[reflect.Kind]string{
				reflect.Map: "object", reflect.String: "string", reflect.Float64: "integer", reflect.Slice: "array",
			}
			if got := is[reflect.ValueOf(value).Kind()]; got != keyword {
				wrong("%v is no %v", value, keyword)
			}
		case "const":
			if value != keyword {
				wrong("%v is not %v", value, keyword)
			}
		case "enum":
			if !slices.Contains(keyword.([]any), value) {
				wrong("%v is none of %v", value, keyword)
			}
		case "pattern":
			if text, ok := value.(string); !ok || !regexp.MustCompile(keyword.(string)).MatchString(text) {
				wrong("%v does not match %v", value, keyword)
			}
		case "format":
			if keyword == "date-time" {
				if _, err := time.Parse(time.RFC3339, value.(string)); err != nil {
					wrong("%v", err)
				}
			} else if keyword != "int64" {
				wrong("format %v is not known here", keyword)
			}
		case "minimum":
			if value.(float64) < keyword.(float64) {
				wrong("%v is less than %v", value, keyword)
			}
		case "required":
			for _, name := range keyword.([]any) {
				if _, there := value.(object)[name.(string)]; !there {
					wrong("%s is missing", name)
				}
			}
		case "properties":
			for name, inner := range value.(object) {
				declared, there := keyword.(object)[name]
				if !there {
					wrong("%s is not declared", name)
					continue
				}
				all = append(all, violations(path+"/"+name, root, declared.(object), inner)...)
			}
		case "items":
			for _, inner := range value.([]any) {
				all = append(all, violations(path+"/[]", root, keyword.(object), inner)...)
			}
		case "$schema", "$defs", "title", "description", "examples":
		default:
			wrong("the keyword %s is not known here", key)
		}
	}
	return all
}
