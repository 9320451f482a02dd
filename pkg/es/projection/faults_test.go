package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

var errOutage = errors.New("connection lost")

// faults makes one call of the wrapped object fail: before it runs or, with lost, after it ran.
type faults struct {
	fail int // which one, from 1
	lost bool

	mu    sync.Mutex
	calls int
}

// failed reports whether the current call must fail.
func (f *faults) failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls >= f.fail
}

// call makes a call, unless it must fail.
func (f *faults) call(do func() error) error {
	f.mu.Lock()
	f.calls++
	now := f.calls == f.fail
	f.mu.Unlock()
	if !now {
		return do()
	}
	if f.lost {
		_ = do()
	}
	return errOutage
}

func (f *faults) view(v projection.View) projection.View          { return &faultyView{v, f} }
func (f *faults) catalog(c projection.Catalog) projection.Catalog { return &faultyCatalog{c, f} }
func (f *faults) reader(r es.Reader) es.Reader                    { return &faultyReader{r, f} }
func (f *faults) queue(q projection.Queue) projection.Queue       { return &faultyQueue{q, f} }

type faultyView struct {
	projection.View
	f *faults
}

func (v *faultyView) Checkpoints(
	ctx context.Context, g projection.Generation, s ...es.StreamID,
) (out map[es.StreamID]projection.Checkpoint, err error) {
	err = v.f.call(func() error { out, err = v.View.Checkpoints(ctx, g, s...); return err })
	return out, err
}

func (v *faultyView) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	return v.f.call(func() error { return v.View.Save(ctx, g, moves, rows) })
}

func (v *faultyView) Park(
	ctx context.Context, g projection.Generation, s es.StreamID, prev projection.Checkpoint, p projection.Parked,
) error {
	return v.f.call(func() error { return v.View.Park(ctx, g, s, prev, p) })
}

func (v *faultyView) Seen(ctx context.Context, g projection.Generation, s es.StreamID, version int64) error {
	return v.f.call(func() error { return v.View.Seen(ctx, g, s, version) })
}

func (v *faultyView) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (out map[projection.RowKey]projection.Row, err error) {
	err = v.f.call(func() error { out, err = v.View.Rows(ctx, g, keys...); return err })
	return out, err
}

func (v *faultyView) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return faultySeq(v.f, v.View.Parked(ctx, g))
}

func (v *faultyView) Keys(ctx context.Context, g projection.Generation) iter.Seq2[projection.RowKey, error] {
	return faultySeq(v.f, v.View.Keys(ctx, g))
}

func (v *faultyView) Drop(ctx context.Context, g projection.Generation) error {
	return v.f.call(func() error { return v.View.Drop(ctx, g) })
}

// faultySeq fails before its first element.
func faultySeq[T any](f *faults, seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := f.call(func() error { return nil }); err != nil {
			var none T
			yield(none, err)
			return
		}
		seq(yield)
	}
}

type faultyCatalog struct {
	projection.Catalog
	f *faults
}

func (c *faultyCatalog) Records(ctx context.Context) (out map[string]projection.Record, err error) {
	err = c.f.call(func() error { out, err = c.Catalog.Records(ctx); return err })
	return out, err
}

func (c *faultyCatalog) Replace(ctx context.Context, r projection.Record) error {
	return c.f.call(func() error { return c.Catalog.Replace(ctx, r) })
}

func (c *faultyCatalog) Positions(
	ctx context.Context, name string, g projection.Generation,
) (out map[int]es.Position, err error) {
	err = c.f.call(func() error { out, err = c.Catalog.Positions(ctx, name, g); return err })
	return out, err
}

func (c *faultyCatalog) Notes(
	ctx context.Context, name string, g projection.Generation,
) (out map[string]json.RawMessage, err error) {
	err = c.f.call(func() error { out, err = c.Catalog.Notes(ctx, name, g); return err })
	return out, err
}

func (c *faultyCatalog) SaveNote(
	ctx context.Context, name string, g projection.Generation, note string, text json.RawMessage,
) error {
	return c.f.call(func() error { return c.Catalog.SaveNote(ctx, name, g, note, text) })
}

func (c *faultyCatalog) SavePosition(
	ctx context.Context, name string, g projection.Generation, segment int, p es.Position,
) error {
	return c.f.call(func() error { return c.Catalog.SavePosition(ctx, name, g, segment, p) })
}

type faultyReader struct {
	es.Reader
	f *faults
}

func (r *faultyReader) Read(ctx context.Context, s es.StreamID, rng es.Range) iter.Seq2[es.Commit, error] {
	return faultySeq(r.f, r.Reader.Read(ctx, s, rng))
}

func (f *faults) starter(s projection.Starter) projection.Starter { return &faultyStarter{s, f} }

type faultyStarter struct {
	projection.Starter
	f *faults
}

func (s *faultyStarter) Start(ctx context.Context, name string, stage projection.Stage) error {
	return s.f.call(func() error { return s.Starter.Start(ctx, name, stage) })
}

type faultyQueue struct {
	projection.Queue
	f *faults
}

func (q *faultyQueue) Enqueue(ctx context.Context, delay time.Duration, jobs ...projection.Job) error {
	return q.f.call(func() error { return q.Queue.Enqueue(ctx, delay, jobs...) })
}
