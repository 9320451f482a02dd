package annals

import (
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Page is a part of a list, in the form of an answer.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the next page; absent on the last page.
	Next string `json:"next,omitempty"`
	// Unreadable is how many items are left out of this page because their rows can't be read.
	Unreadable int `json:"unreadable,omitempty" doc:"How many items are left out of this page since their rows can't be read"`

	omitted []LeftOut
}

// LeftOut is a row that was left out of its list. It may be logged: it contains nothing of the row.
type LeftOut struct {
	Key projection.Key
	// Why is the type of the error. The error itself may cite the row.
	Why string
}

// Leave leaves a row out of the page, because it can't be read.
func (p *Page[T]) Leave(key projection.Key, err error) {
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		err = cause
	}
	p.Unreadable++
	p.omitted = append(p.omitted, LeftOut{Key: key, Why: fmt.Sprintf("%T", err)})
}

// Omitted are the rows that were left out.
func (p *Page[T]) Omitted() []LeftOut { return p.omitted }

// Cursor is where the next page begins, "" on the last page.
func (p *Page[T]) Cursor() string { return p.Next }

// SetCursor replaces the cursor of the next page. An edge seals it.
func (p *Page[T]) SetCursor(cursor string) { p.Next = cursor }

// Paged is a Page of any type.
type Paged interface {
	Omitted() []LeftOut
	Cursor() string
	SetCursor(cursor string)
}

// Fit returns as many of items, from the first on, as one answer can hold: 5 MiB, and at least one item.
func Fit[T any](items []T) []T { return items[:payload.Fit(items, payload.JSONSize)] }
