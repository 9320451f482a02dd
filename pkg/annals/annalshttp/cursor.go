package annalshttp

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/internal/seal"
	"github.com/annals-es/annals/pkg/es/projection"
)

// paging is what every list is told.
type paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"The most items in an answer"`
	Cursor string `query:"cursor" minLength:"1" maxLength:"4000" doc:"What the page before gave as next"`
}

// purposeOf is what the cursors of a list are sealed for: its caller, the operation, what the path names, and what the
// list shows by its own parameters. So they tell nothing of rows, and go on nowhere else.
func (e *edge) purposeOf(ctx context.Context, o *annals.Operation, in *input) (seal.Purpose, error) {
	return e.seals.For(append([]string{e.caller(ctx).Subject(), o.ID}, in.list...)...)
}

// opened is the cursor that the caller gave, as the read model made it: it names the generation.
//
// Errors: [projection.ErrCursor] for a cursor that this list did not give to this caller.
func opened(purpose seal.Purpose, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	text, err := purpose.Open(cursor)
	if err != nil {
		return "", projection.ErrCursor
	}
	return text, nil
}

// sealed seals the cursor of a page, if there is one.
func sealed(purpose seal.Purpose, page annals.Paged) {
	if next := page.Cursor(); next != "" {
		page.SetCursor(purpose.Seal(next))
	}
}

// reported is the most keys in one entry of the log.
const reported = 20

// report logs which rows were left out of an answer: by their keys, once a request.
func (e *edge) report(ctx context.Context, o *annals.Operation, body any) {
	page, is := body.(annals.Paged)
	if !is {
		return
	}
	if left := page.Omitted(); len(left) > 0 {
		e.log(ctx, slog.LevelError, fmt.Sprintf("%d rows of %s can't be read and are left out", len(left), o.ID),
			fmt.Errorf("%+v", left[:min(reported, len(left))]))
	}
}
