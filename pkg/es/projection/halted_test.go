package projection_test

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es/projection"
)

// errHalted is the error of a halted process's call. The call may run later.
var errHalted = errors.New("the process is halted")

// halting is the view of a process that is halted sometimes, before it appends rows or before it saves. The halted call
// runs when the process is resumed, and nothing after it.
type halting struct {
	projection.View
	// halt reports whether to halt the process before a call: "append", "save".
	halt func(call string) bool

	mu   sync.Mutex
	late []lateCall
}

type lateCall struct {
	call string
	do   func(ctx context.Context) error
}

// before reports whether the process is halted before a call, and keeps the call for later.
func (v *halting) before(call string, late func(ctx context.Context) error) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.halt == nil || !v.halt(call) {
		return false
	}
	v.late = append(v.late, lateCall{call, late})
	return true
}

func (v *halting) Append(ctx context.Context, g projection.Generation, rows ...projection.AppendRow) error {
	if v.before("append", func(ctx context.Context) error { return v.View.Append(ctx, g, rows...) }) {
		return errHalted
	}
	return v.View.Append(ctx, g, rows...)
}

func (v *halting) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if v.before("save", func(ctx context.Context) error { return v.View.Save(ctx, g, moves, rows) }) {
		return errHalted
	}
	return v.View.Save(ctx, g, moves, rows)
}

// resume makes the halted calls, in the order in which they were halted, and returns their errors.
func (v *halting) resume(ctx context.Context, calls ...string) (errs []error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.late = slices.DeleteFunc(v.late, func(late lateCall) bool {
		if !slices.Contains(calls, late.call) {
			return false
		}
		errs = append(errs, late.do(ctx))
		return true
	})
	return errs
}
