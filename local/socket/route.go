package socket

import (
	"encoding/json"
	"strings"
)

// route is the one that a message selects: by the text at the selection's place, $default otherwise.
func (a *API) route(text []byte) (Route, bool) {
	var value any
	if json.Unmarshal(text, &value) == nil {
		for name := range strings.SplitSeq(strings.TrimPrefix(a.cfg.Selection, "$request.body."), ".") {
			object, _ := value.(map[string]any)
			value = object[name]
		}
	}
	// Nobody selects $connect and its like by a message.
	if key, ok := value.(string); ok && !strings.HasPrefix(key, "$") {
		if route, ok := a.routes[key]; ok {
			return route, true
		}
	}
	route, ok := a.routes["$default"]
	return route, ok
}
