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
	at   string // the place in the body: ".items[0].quantity", "" for the whole body
	says string
}

// placeMark separates the message and the place in the text of a [malformed]. huma passes on only the text of an error.
const placeMark = "\x00"

func (m *malformed) Error() string { return m.says + placeMark + "body" + m.at }

// within adds an outer place to a [malformed].
func within(err error, place string) error {
	var m *malformed
	if errors.As(err, &m) {
		return &malformed{at: place + m.at, says: m.says}
	}
	return err
}

// syntax turns an error of jsontext into a [malformed]. Its place is relative to the value that was being parsed. nil
// stays nil.
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
		return &malformed{at: "." + wrong.JSONPointer.LastToken(), says: "the object has this name twice"}
	}
	says, _, _ := strings.Cut(wrong.Err.Error(), " `") // without the quoted characters, which are part of the value
	return &malformed{says: "this is not JSON: " + says}
}

// How many faults a problem lists, and how long the text of each may be.
const (
	maxFieldErrors = 100
	maxFieldText   = 300 // characters
)

// fieldError turns an error of huma, or of parsing the body, into one entry of a problem.
func fieldError(err error, otherwise string) FieldError {
	field := FieldError{Field: "body", Detail: otherwise}
	var detail *huma.ErrorDetail
	if errors.As(err, &detail) {
		field = FieldError{Field: detail.Location, Detail: detail.Message}
		switch detail.Value.(type) {
		case null:
			field.Detail = "must not be null: leave it out, or give it a value"
		case inexact:
			field.Detail = "the number is out of range, or has more digits than 64 bits hold"
		}
	}
	if says, place, marked := strings.Cut(field.Detail, placeMark); marked {
		field = FieldError{Field: place, Detail: says}
	}
	field.Field = strings.ReplaceAll(field.Field, caseMark, "")
	return FieldError{Field: shortened(field.Field), Detail: shortened(field.Detail)}
}

// shortened cuts a text to maxFieldText: it may contain member names, which the caller chooses.
func shortened(text string) string {
	if characters := []rune(text); len(characters) > maxFieldText {
		return string(characters[:maxFieldText]) + "…"
	}
	return text
}
