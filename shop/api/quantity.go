package api

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/shop/rule"
)

// documentQuantity adds the bounds of a quantity to a schema, for the document alone: the rule itself answers 422.
func documentQuantity(s *huma.Schema) *huma.Schema {
	s.Properties["quantity"].Extensions = map[string]any{"minimum": 1, "maximum": rule.MaxQuantity}
	return s
}
