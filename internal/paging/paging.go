// Package paging is how long lists are read and answered: a part at a time.
package paging

import (
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Request says which part of a list is wanted.
type Request struct {
	// Limit is the most items, from 1.
	Limit int
	// Cursor is what the page before gave as Next, "" for the first page.
	Cursor string
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the page after this; absent on the last page.
	Next string `json:"next,omitempty"`
	// Unreadable is how many items are left out of this page since their rows can't be read.
	Unreadable int `json:"unreadable,omitempty" doc:"How many items are left out of this page since their rows can't be read"`
	// LeftOut are these rows.
	LeftOut []LeftOut `json:"-"`
}

// LeftOut is a row that is not in its list. It may be logged: it holds nothing of the row.
type LeftOut struct {
	Key projection.Key
	// Why is the type of the error. The error itself may cite the row.
	Why string
}

// Leave leaves a row out.
func (p *Page[T]) Leave(key projection.Key, err error) {
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		err = cause
	}
	p.Unreadable++
	p.LeftOut = append(p.LeftOut, LeftOut{Key: key, Why: fmt.Sprintf("%T", err)})
}
