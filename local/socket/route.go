package socket

import (
	"encoding/json"
	"strings"
)

// route returns the route that a message selects: the one named at the selection's place, or $default.
func (a *API) route(text []byte) (Route, bool) {
	var value any
	if json.Unmarshal(text, &value) == nil {
		for name := range strings.SplitSeq(strings.TrimPrefix(a.cfg.Selection, "$request.body."), ".") {
			object, _ := value.(map[string]any)
			value = object[name]
		}
	}
	// A message cannot select $connect, $disconnect or $default.
	if key, ok := value.(string); ok && !strings.HasPrefix(key, "$") {
		if route, ok := a.routes[key]; ok {
			return route, true
		}
	}
	route, ok := a.routes["$default"]
	return route, ok
}
