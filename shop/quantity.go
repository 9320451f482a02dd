package shop

import "github.com/annals-es/annals/shop/rule"

// quantityBounds are the bounds of a quantity, for the document alone: the rule itself answers 422.
func quantityBounds() map[string]map[string]any {
	return map[string]map[string]any{"quantity": {"minimum": 1, "maximum": rule.MaxQuantity}}
}
