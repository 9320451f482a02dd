package shop

import "github.com/annals-es/annals/shop/rule"

// quantityBounds are the limits of a quantity, only for the document: the decision refuses others, with 422.
func quantityBounds() map[string]map[string]any {
	return map[string]map[string]any{"quantity": {"minimum": 1, "maximum": rule.MaxQuantity}}
}
