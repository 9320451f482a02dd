// Package searchindex declares what people can search in a projection's documents: the fields of an index of
// OpenSearch. Package searchview stores them. This package links no client, so declarations may stand beside the
// projections. Start with [Documents].
package searchindex

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/annals-es/annals/pkg/es/projection/internal/jsonpath"
)

// Index are the fields of the documents in which people search. All that it exports is plain data. What is not declared
// is stored, but can't be searched.
type Index struct {
	Fields []Field `json:"fields"`

	mistakes []error
}

// Field is a field of a document.
type Field struct {
	// Path leads to the value in the document's JSON, such as "shipTo.city". A path through a list means all elements.
	Path string `json:"path"`
	// Type is the field's type in OpenSearch.
	Type string `json:"type"`
	// Analyzer divides texts into words. If empty, it is OpenSearch's "standard".
	Analyzer string `json:"analyzer,omitempty"`
}

// Text is a field for words: a search finds those that contain some of its words.
func Text(path string) Field { return Field{Path: path, Type: "text"} }

// Keyword is a field for a whole value, such as an id or a name: a search finds the equal ones, and can sort and count
// them. A value of over 32,766 bytes parks its stream.
func Keyword(path string) Field { return Field{Path: path, Type: "keyword"} }

// Integer is a field for a whole number of 64 bits.
func Integer(path string) Field { return Field{Path: path, Type: "long"} }

// Number is a field for a number with about 15 digits.
func Number(path string) Field { return Field{Path: path, Type: "double"} }

// Boolean is a field for true or false.
func Boolean(path string) Field { return Field{Path: path, Type: "boolean"} }

// Instant is a field for an instant, which JSON has in the form of RFC 3339.
func Instant(path string) Field { return Field{Path: path, Type: "date"} }

// By returns a text field with another analyzer than "standard", such as "english". The server must know it.
//
// https://docs.opensearch.org/latest/analyzers/
func (f Field) By(analyzer string) Field {
	f.Analyzer = analyzer
	return f
}

// Documents declares the fields of documents of a type. The same path may be both a [Text] and a [Keyword]: the keyword
// is then searched as the path followed by ".keyword".
func Documents[S any](fields ...Field) Index {
	x := Index{Fields: fields}
	declared := map[[2]string]bool{}
	for _, f := range fields {
		if err := jsonpath.Check(reflect.TypeFor[S](), f.Path, jsonpath.Through); err != nil {
			x.mistakes = append(x.mistakes, fmt.Errorf("a %s field: %w", f.Type, err))
		}
		kind := f.Type
		if kind != keyword && kind != text {
			kind = "other"
		}
		switch at := func(kind string) bool { return declared[[2]string{f.Path, kind}] }; {
		case f.Path == "":
			x.mistakes = append(x.mistakes, fmt.Errorf("a %s field has no path in the document's JSON", f.Type))
		case at(kind), kind == "other" && (at(text) || at(keyword)), kind != "other" && at("other"):
			x.mistakes = append(x.mistakes, fmt.Errorf("field %s is declared twice", f.Path))
		case f.Analyzer != "" && f.Type != text:
			x.mistakes = append(x.mistakes, fmt.Errorf("field %s: an analyzer is for text, not for %s", f.Path, f.Type))
		}
		declared[[2]string{f.Path, kind}] = true
	}
	return x
}

const text, keyword = "text", "keyword"

// Check returns an error that names all mistakes in the declaration.
func (x Index) Check() error { return errors.Join(x.mistakes...) }
