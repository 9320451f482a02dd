package httpapi

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/annals-es/annals/internal/httpapi/route"
	"github.com/annals-es/annals/internal/paging"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Turn reads one page of a list. Cursors leave and come back sealed for who got them, the route, and what its path names: they
// tell nothing of rows, and go on nowhere else. What is inside is the read model's own and names its generation.
//
// Errors: [projection.ErrCursor] for a cursor that this list did not give to this caller; those of read.
func Turn[T any](
	ctx context.Context, a *API, in Paging, route route.Route, target []string,
	read func(paging.Request) (*Found[paging.Page[T]], error),
) (*Found[paging.Page[T]], error) {
	purpose, err := a.seals.For(append([]string{principal(ctx), route.ID}, target...)...)
	if err != nil {
		return nil, err
	}
	page := paging.Request{Limit: in.Limit}
	if in.Cursor != "" {
		if page.Cursor, err = purpose.Open(in.Cursor); err != nil {
			return nil, projection.ErrCursor
		}
	}
	out, err := read(page)
	if err == nil && out.Body.Next != "" {
		out.Body.Next = purpose.Seal(out.Body.Next)
	}
	return Report(ctx, a, route, out, err)
}

// reported is the most keys in one entry of the log.
const reported = 20

// Report logs which rows were left out of a page: by their keys, once a request.
func Report[T any](
	ctx context.Context, a *API, route route.Route, out *Found[paging.Page[T]], err error,
) (*Found[paging.Page[T]], error) {
	if err == nil && out.Body.Unreadable > 0 {
		left := out.Body.LeftOut
		a.Log(ctx, slog.LevelError, fmt.Sprintf("%d rows of %s can't be read and are left out", len(left), route.ID),
			fmt.Errorf("%+v", left[:min(reported, len(left))]))
	}
	return out, err
}
