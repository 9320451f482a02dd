package annalshttp

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/internal/seal"
	"github.com/annals-es/annals/pkg/es/projection"
)

// paging has the parameters of every list.
type paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"The maximum number of items in the answer"`
	Cursor string `query:"cursor" minLength:"1" maxLength:"4000" doc:"The member next of the previous page"`
}

// purposeOf returns what the cursors of a list are encrypted for: the caller, the operation, the path's parameters and
// the list's own parameters. So a cursor reveals nothing of the rows, and works only in the list that it came from.
func (e *edge) purposeOf(ctx context.Context, o *annals.Operation, in *input) (seal.Purpose, error) {
	return e.seals.For(append([]string{e.caller(ctx).Subject(), o.ID}, in.list...)...)
}

// opened decrypts the caller's cursor. The result is the cursor of the read model, which also names the generation.
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

// sealed encrypts the cursor of a page, if there is one.
func sealed(purpose seal.Purpose, page annals.Paged) {
	if next := page.Cursor(); next != "" {
		page.SetCursor(purpose.Seal(next))
	}
}

// reported is the maximum number of keys in one log entry.
const reported = 20

// report logs the keys of rows that can't be decoded and so are missing in the answer, in one log entry.
func (e *edge) report(ctx context.Context, o *annals.Operation, body any) {
	page, is := body.(annals.Paged)
	if !is {
		return
	}
	if left := page.Omitted(); len(left) > 0 {
		e.log(ctx, slog.LevelError,
			fmt.Sprintf("%d rows of %s can't be decoded and are missing in the answer", len(left), o.ID),
			fmt.Errorf("%+v", left[:min(reported, len(left))]))
	}
}
