package searchview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es/projection"
)

// writes is where documents of a generation are written: an alias of its index. Because writes require an alias, none
// makes an index anew that was dropped. Whether a collection of OpenSearch Serverless can require one is not
// documented; there, let only those processes create indexes that prepare generations, but do not feed them while
// they serve.
func (v *View) writes(g projection.Generation) string {
	if v.cfg.Serverless {
		return path(v.indexOf(g))
	}
	return path(v.indexOf(g) + "-writes")
}

// only is the parameter that requires an alias.
func (v *View) only() string {
	if v.cfg.Serverless {
		return ""
	}
	return "?require_alias=true"
}

// Prepare implements [projection.Preparing]: it makes the generation's index.
//
// Errors: one if the server refuses the declared fields, for instance because it does not know an analyzer.
func (v *View) Prepare(ctx context.Context, g projection.Generation) error {
	body := map[string]any{"mappings": v.mapping()}
	if !v.cfg.Serverless {
		body["settings"] = map[string]any{"refresh_interval": fmt.Sprintf("%dms", v.cfg.RefreshInterval.Milliseconds())}
		body["aliases"] = map[string]any{v.indexOf(g) + "-writes": struct{}{}}
	}
	err := v.call(ctx, http.MethodPut, path(v.indexOf(g)), marshal(body), nil)
	f := (*failure)(nil)
	switch {
	case errors.As(err, &f) && f.kind == indexExists:
		return nil
	case errors.As(err, &f) && f.status == http.StatusBadRequest:
		return fmt.Errorf("projection %s: the server refuses the fields of the index %s: %w", v.name, v.indexOf(g), err)
	}
	return v.fault(ctx, g, err)
}

// declaration is how the fields are stored with their generation.
type declaration struct {
	Fold   int             `json:"fold"`
	Fields json.RawMessage `json:"fields"`
}

// mapping is the generation's mapping. Fields that are not declared are not indexed.
func (v *View) mapping() map[string]any {
	typed := func(name string) map[string]any { return map[string]any{"type": name} }
	stored := map[string]any{"type": "object", "enabled": false}
	return map[string]any{
		"dynamic": false,
		"_meta":   map[string]any{"annals": declaration{v.fold, v.fields()}},
		"properties": map[string]any{
			"annals": map[string]any{"properties": map[string]any{
				"stream": typed("keyword"), "version": typed("long"), "shown": typed("boolean"), "parked": typed("boolean"),
				"record": stored,
			}},
			"doc":   map[string]any{"properties": v.properties()},
			"value": stored,
		},
	}
}

func (v *View) fields() json.RawMessage { return bytes.TrimSpace(marshal(v.index.Fields)) }

// properties are the declared fields as OpenSearch's mapping.
func (v *View) properties() map[string]any {
	root := map[string]any{}
	for _, f := range v.index.Fields {
		parts := strings.Split(f.Path, ".")
		at := root
		for _, part := range parts[:len(parts)-1] {
			at = child(child(at, part), "properties")
		}
		field := child(at, parts[len(parts)-1])
		if f.Type == "keyword" && field["type"] == "text" {
			child(field, "fields")["keyword"] = map[string]any{"type": f.Type}
			continue
		}
		if f.Type == "text" && field["type"] == "keyword" {
			child(field, "fields")["keyword"] = map[string]any{"type": "keyword"}
		}
		field["type"] = f.Type
		if f.Analyzer != "" {
			field["analyzer"] = f.Analyzer
		}
	}
	return root
}

// child is the object under a name, which it makes if it is missing.
func child(of map[string]any, name string) map[string]any {
	there, is := of[name].(map[string]any)
	if !is {
		there = map[string]any{}
		of[name] = there
	}
	return there
}

// about is what the server says of an index.
type about struct {
	Aliases  map[string]json.RawMessage `json:"aliases"`
	Mappings struct {
		Meta struct {
			Annals declaration `json:"annals"`
		} `json:"_meta"`
	} `json:"mappings"`
}

// indexes are the indexes that a name means, by their own names: that of an index, or an alias. None is no error.
func (v *View) indexes(ctx context.Context, name string) (map[string]about, error) {
	out := map[string]about{}
	err := v.call(ctx, http.MethodGet, path(name), nil, &out)
	if isMissing(err) {
		return nil, nil
	}
	return out, err
}

// Point implements [projection.Pointing]: it makes the alias for people name the index of a generation. They see no
// documents that are hidden.
//
// Errors: one if an index has the alias's name; one if the generation has other fields than this view, under the same
// fold version.
func (v *View) Point(ctx context.Context, g projection.Generation) error {
	index := v.indexOf(g)
	own, err := v.indexes(ctx, index)
	if err != nil {
		return v.fault(ctx, g, err)
	}
	now, there := own[index]
	if !there {
		return v.fault(ctx, g, &failure{kind: noIndex})
	}
	was := now.Mappings.Meta.Annals
	if was.Fields == nil { // made by a write, after it was deleted
		return v.fault(ctx, g, &failure{kind: noIndex})
	}
	if was.Fold == v.fold && !sameJSON(was.Fields, v.fields()) {
		return fmt.Errorf("projection %s: generation %d has other fields than the code: raise the fold version", v.name, g)
	}
	if _, points := now.Aliases[v.cfg.People]; points {
		return nil
	}
	named, err := v.indexes(ctx, v.cfg.People)
	if err != nil {
		return v.fault(ctx, g, err)
	}
	type target struct {
		Index  string `json:"index"`
		Alias  string `json:"alias"`
		Filter any    `json:"filter,omitempty"`
	}
	var actions []map[string]target
	for old, is := range named {
		if _, alias := is.Aliases[v.cfg.People]; !alias {
			return fmt.Errorf("projection %s: %s is an index, so it can't be the alias for people: name another in Config.People",
				v.name, old)
		}
		actions = append(actions, map[string]target{"remove": {Index: old, Alias: v.cfg.People}})
	}
	shown := map[string]any{"term": map[string]any{"annals.shown": true}}
	actions = append(actions, map[string]target{"add": {index, v.cfg.People, shown}})
	err = v.call(ctx, http.MethodPost, "/_aliases", marshal(map[string]any{"actions": actions}), nil)
	return v.fault(ctx, g, err)
}

// sameJSON reports whether two texts are equal as JSON values.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return slices.Equal(a, b)
	}
	return bytes.Equal(marshal(x), marshal(y))
}

// Drop implements [projection.View].
//
// Errors: one if people search the generation.
func (v *View) Drop(ctx context.Context, g projection.Generation) error {
	index := v.indexOf(g)
	own, err := v.indexes(ctx, index)
	if err != nil {
		return v.fault(ctx, g, err)
	}
	if _, points := own[index].Aliases[v.cfg.People]; points {
		return fmt.Errorf("projection %s: generation %d can't be dropped: the alias %s names it", v.name, g, v.cfg.People)
	}
	if _, there := own[index]; there {
		err = v.call(ctx, http.MethodDelete, path(index), nil, nil)
	}
	if isMissing(err) { // another process was faster
		err = nil
	}
	for _, at := range v.stored.Keys() {
		if at.generation == g {
			v.stored.Remove(at)
		}
	}
	return v.fault(ctx, g, err)
}
