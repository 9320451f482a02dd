package httpapi

import "github.com/danielgtaylor/huma/v2"

// ID is the id of an aggregate, or of something else that commands name.
type ID string

// MaxIDLength is the longest ID, in characters.
const MaxIDLength = 128

// Schema implements [huma.SchemaProvider]. "." and ".." are no ids: they don't survive in a URL.
func (ID) Schema(huma.Registry) *huma.Schema {
	shortest, longest := 1, MaxIDLength
	return &huma.Schema{
		Type:               huma.TypeString,
		MinLength:          &shortest,
		MaxLength:          &longest,
		Pattern:            `^(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9._-]*$`,
		PatternDescription: `an id: letters A-Z a-z, digits, '.', '_' and '-', other than "." and ".."`,
	}
}
