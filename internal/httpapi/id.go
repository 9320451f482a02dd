package httpapi

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals/refusal"
)

// ID is the id of an aggregate, or of something else that commands name.
type ID string

// Schema implements [huma.SchemaProvider].
func (ID) Schema(huma.Registry) *huma.Schema {
	shortest, longest := 1, refusal.MaxID
	return &huma.Schema{
		Type:               huma.TypeString,
		MinLength:          &shortest,
		MaxLength:          &longest,
		Pattern:            refusal.IDPattern,
		PatternDescription: refusal.IDForm,
	}
}
