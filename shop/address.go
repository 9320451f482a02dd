package shop

import (
	"errors"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/shop/rule"
)

// Email is an e-mail address.
type Email string

// JSONSchema implements [annals.Described]. No format of JSON Schema says what is taken here: "email" and "idn-email"
// have quoted local parts and literals of addresses, too.
func (Email) JSONSchema() annals.Schema {
	return annals.Schema{
		MinLength: rule.MinEmail, MaxLength: rule.MaxEmail, Pattern: rule.EmailPattern, PatternForm: rule.EmailForm,
		Examples: []any{"ada@example.com"},
	}
}

// Validate implements [annals.Validator]: it refuses what the pattern can't tell.
func (e Email) Validate() error {
	if e == "" { // absent, or refused by the schema
		return nil
	}
	var wrong *rule.Violation
	if err := rule.Email(string(e)); errors.As(err, &wrong) {
		return errors.New(wrong.Detail)
	}
	return nil
}
