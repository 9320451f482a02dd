package annals

import "github.com/annals-es/annals/pkg/annals/refusal"

// ID is the id of an aggregate, or of something else that a command names, in the input of an operation. The edge
// refuses an id that breaks the rule of [refusal.ID].
//
// In the input of a command that creates an aggregate, the field of type ID with the tag `annals:"id"` is the id of the
// aggregate. If it is optional and absent, the edge makes an id. There is at most one such field.
type ID string

// None is the input of an operation that takes none besides its path. The body may be absent or an empty object.
type None struct{}

// ByID is the input of a query that takes only the id in its path.
type ByID struct {
	ID ID `path:"id" json:"-"`
}

// Validator is implemented by types in the input of operations that have rules beyond their schema. The edge calls
// Validate on each value of the type that fits the schema. The caller is shown the text of the error, with the place of
// the value. The text says what is wrong, and does not cite the value.
type Validator interface{ Validate() error }

// Described is implemented by types in inputs and answers whose schema does not follow from the Go type.
type Described interface{ JSONSchema() Schema }

// Schema is the JSON schema of a text, or of another simple value.
type Schema struct {
	// Type is the JSON type. Default "string".
	Type string
	// Description says what the value is.
	Description string
	// MinLength and MaxLength are in characters. 0 = no limit.
	MinLength, MaxLength int
	// Pattern is a regular expression. PatternForm says it in words.
	Pattern, PatternForm string
	Examples             []any
}

// Documented is implemented by structs in inputs. It adds keywords of JSON schema to properties, by the property's
// name. They are in the OpenAPI document only: the edge does not check them, the decision does.
type Documented interface {
	DocumentedProperties() map[string]map[string]any
}

// JSONSchema implements [Described].
func (ID) JSONSchema() Schema {
	return Schema{MinLength: 1, MaxLength: refusal.MaxID, Pattern: refusal.IDPattern, PatternForm: refusal.IDForm}
}
