package annalshttp

import (
	"errors"
	"io"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"
)

// malformed says what is wrong with the text of a body, and where.
type malformed struct {
	at   string // in the body: ".items[0].quantity", "" = as a whole
	says string
}

// placeMark is between what a [malformed] says and where. huma hands on the text of an error alone.
const placeMark = "\x00"

func (m *malformed) Error() string { return m.says + placeMark + "body" + m.at }

// within puts a place before that of a [malformed].
func within(err error, place string) error {
	var m *malformed
	if errors.As(err, &m) {
		return &malformed{at: place + m.at, says: m.says}
	}
	return err
}

// syntax is what jsontext refuses, as a [malformed] whose place begins at the value that is read. nil stays nil.
func syntax(err error) error {
	var wrong *jsontext.SyntacticError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &malformed{says: "the JSON text ends too early"}
	case !errors.As(err, &wrong) || wrong.Err == nil:
		return err
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &malformed{at: "." + wrong.JSONPointer.LastToken(), says: "the name stands twice in its object"}
	}
	says, _, _ := strings.Cut(wrong.Err.Error(), " `") // what follows are characters of the value
	return &malformed{says: "this is not JSON: " + says}
}

// The most that a problem says of a request that is malformed in many places, and of one place.
const (
	maxFieldErrors = 100
	maxFieldText   = 300 // characters
)

// fieldError is what huma, or what reads bodies, says of one part of a request.
func fieldError(err error, otherwise string) FieldError {
	field := FieldError{Field: "body", Detail: otherwise}
	var detail *huma.ErrorDetail
	if errors.As(err, &detail) {
		field = FieldError{Field: detail.Location, Detail: detail.Message}
		switch detail.Value.(type) {
		case null:
			field.Detail = "must not be null: leave it out, or give it a value"
		case inexact:
			field.Detail = "must be a number that 64 bits hold as it is written"
		}
	}
	if says, place, marked := strings.Cut(field.Detail, placeMark); marked {
		field = FieldError{Field: place, Detail: says}
	}
	field.Field = strings.ReplaceAll(field.Field, caseMark, "")
	return FieldError{Field: shortened(field.Field), Detail: shortened(field.Detail)}
}

// shortened ends a text that is too long for a problem: names of members come from the caller.
func shortened(text string) string {
	if characters := []rune(text); len(characters) > maxFieldText {
		return string(characters[:maxFieldText]) + "…"
	}
	return text
}
