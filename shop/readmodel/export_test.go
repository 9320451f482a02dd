package readmodel

import "github.com/annals-es/annals/pkg/es/projection/dynamoview"

// View is the table of a read model, for tests that write rows past its projection.
func (m *Models) View(name string) *dynamoview.View { return m.views[name] }

// SalesKey is the key of a product's sales; TopOf are the products that sold best, by what counters hold.
var (
	SalesKey = salesKey
	TopOf    = topOf
)
