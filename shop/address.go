package shop

import (
	"errors"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/shop/rule"
)

// Email is an e-mail address.
type Email string

// JSONSchema implements [annals.Described]. No format of JSON Schema describes what is accepted here: "email" and
// "idn-email" also permit quoted local parts and IP addresses.
func (Email) JSONSchema() annals.Schema {
	return annals.Schema{
		MinLength: rule.MinEmail, MaxLength: rule.MaxEmail, Pattern: rule.EmailPattern, PatternForm: rule.EmailForm,
		Examples: []any{"ada@example.com"},
	}
}

// Validate implements [annals.Validator]: it checks what the pattern can't.
func (e Email) Validate() error {
	if e == "" { // absent, or already refused by the schema
		return nil
	}
	var wrong *rule.Violation
	if err := rule.Email(string(e)); errors.As(err, &wrong) {
		return errors.New(wrong.Detail)
	}
	return nil
}
