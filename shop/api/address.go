package api

import (
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/shop/rule"
)

// Email is an e-mail address.
type Email string

// Schema implements [huma.SchemaProvider]. No format of JSON Schema says what is taken here: "email" and "idn-email"
// have quoted local parts and literals of addresses, too.
func (Email) Schema(huma.Registry) *huma.Schema {
	shortest, longest := rule.MinEmail, rule.MaxEmail
	return &huma.Schema{
		Type:               huma.TypeString,
		MinLength:          &shortest,
		MaxLength:          &longest,
		Pattern:            rule.EmailPattern,
		PatternDescription: rule.EmailForm,
		Examples:           []any{"ada@example.com"},
	}
}

// Resolve implements [huma.ResolverWithPath]: it refuses what the pattern can't tell.
func (e *Email) Resolve(_ huma.Context, at *huma.PathBuffer) []error {
	if *e == "" { // absent, or refused by the schema
		return nil
	}
	var wrong *rule.Violation
	if err := rule.Email(string(*e)); errors.As(err, &wrong) {
		return []error{&huma.ErrorDetail{Location: at.String(), Message: wrong.Detail}}
	}
	return nil
}
